"""The mean ODE against SciPy's integrator, and the symmetry of layers."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from widesym.groups import cyclic_permutation, dihedral_polygon
from widesym.meanfield.deep import ResidualNetwork, start_layers
from widesym.meanfield.deep_limit import averaged_outputs, layer_deviations, limit_outputs, symmetrise_layers
from widesym.meanfield.laws import symmetrise
from widesym.meanfield.teachers import paper_unit
from widesym.meanfield.units import neuron_unit
from widesym.oracles.residual import value_and_jacobians

EXACT = 1e-12  # float64: tens of layers, states of order ten


def test_the_limit_is_scipys():
    rng = np.random.default_rng(0)
    atoms, x = rng.normal(size=(5, 4)), rng.normal(size=(3, 2))
    found = np.asarray(limit_outputs(ResidualNetwork(paper_unit(), 4.0), atoms, x))

    def velocity(t, h):
        return 4.0 * np.mean([value_and_jacobians("sigmoid-matrix", h, z)[0] for z in atoms], axis=0)

    for start, end in zip(x, found, strict=True):
        expected = solve_ivp(velocity, (0, 1), start, rtol=1e-11, atol=1e-12).y[:, -1]
        assert np.abs(end - expected).max() < 1e-8


def test_deeper_networks_of_one_cloud_approach_it():
    rng = np.random.default_rng(1)
    model, cloud, x = ResidualNetwork(paper_unit(), 4.0), rng.normal(size=(5, 4)), rng.normal(size=(6, 2))
    limit = np.asarray(limit_outputs(model, cloud, x))
    errors = [
        np.abs(np.asarray(model.outputs(np.repeat(cloud[None], L, 0), x)) - limit).max() for L in (20, 80)
    ]
    assert 3.5 < errors[0] / errors[1] < 4.5


@pytest.mark.parametrize("rho", [cyclic_permutation(3), dihedral_polygon(3)], ids=lambda rho: rho.name)
def test_symmetric_layers_are_equivariant_and_others_are_not(rho, key):
    model = ResidualNetwork(neuron_unit(rho, rho), 4.0)
    loose = start_layers(key, 12, 3, model, spread=1.0, invariant=False)
    x = 2 * np.random.default_rng(2).normal(size=(8, 3))
    for layers in (start_layers(key, 12, 3, model, spread=1.0), symmetrise_layers(loose, model.unit.action)):
        assert layer_deviations(model, layers, x).shape == (12,)
        assert layer_deviations(model, layers, x).max() < EXACT
    assert layer_deviations(model, loose, x).min() > 1e-3
    spoiled = start_layers(key, 12, 3, model, spread=1.0)
    spoiled[7] = loose[7]  # one layer breaks what follows, not what precedes
    found = layer_deviations(model, spoiled, x)
    assert found[:7].max() < EXACT and found[7:].min() > 1e-4


def test_layers_are_symmetrised_one_by_one(key):
    model = ResidualNetwork(paper_unit())
    loose = start_layers(key, 4, 3, model, invariant=False)
    for closed, layer in zip(symmetrise_layers(loose, model.unit.action), loose, strict=True):
        np.testing.assert_array_equal(closed, symmetrise(layer, model.unit.action))


def test_averaging_makes_a_network_equivariant_by_hand():
    model = ResidualNetwork(paper_unit(), 2.0)
    rng = np.random.default_rng(3)
    theta, x = rng.normal(size=(3, 4, 4)), rng.normal(size=(5, 2))
    found = np.asarray(averaged_outputs(model, theta, x))
    plain, swapped = np.asarray(model.outputs(theta, x)), np.asarray(model.outputs(theta, x[:, ::-1]))
    assert np.abs(found - (plain + swapped[:, ::-1]) / 2).max() < EXACT
    turned = np.asarray(averaged_outputs(model, theta, x[:, ::-1].copy()))
    assert np.abs(turned - found[:, ::-1]).max() < EXACT
