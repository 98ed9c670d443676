"""Residual networks: hidden states, teachers and starts by hand, distances, and what is refused."""

import jax
import numpy as np
import pytest

from widesym.groups import cyclic_permutation, dihedral_polygon, invariant_subspace, swap
from widesym.meanfield.deep import (
    DeepTeacher,
    ResidualNetwork,
    deep_teacher,
    layer_rmd_squared_to_projection,
    layered_rmd_squared,
    start_layers,
)
from widesym.meanfield.teachers import paper_teacher, paper_unit
from widesym.meanfield.transport import rmd_squared, rmd_squared_to_projection
from widesym.meanfield.units import gaussian_unit, matrix_unit, network, neuron_unit
from widesym.oracles import residual

EXACT = 1e-13  # float64 algebra of order one
MODELS = {
    "matrix C2": (lambda: paper_unit(), "sigmoid-matrix"),
    "neuron C3": (lambda: neuron_unit(cyclic_permutation(3), cyclic_permutation(3)), "neuron"),
}


@pytest.fixture(params=MODELS)
def case(request):
    make, oracle = MODELS[request.param]
    return ResidualNetwork(make(), a=3.0), oracle


def test_hidden_states_are_the_oracles(case):
    model, oracle = case
    rng = np.random.default_rng(0)
    theta, x = rng.normal(size=(4, 3, model.unit.D)), rng.normal(size=(5, model.d))
    found = np.asarray(model.states(theta, x))
    assert found.shape == (5, 5, model.d)
    for b, point in enumerate(x):
        expected = np.stack(residual.states(oracle, theta, point, 3.0))
        assert np.abs(found[:, b] - expected).max() < EXACT
    np.testing.assert_array_equal(np.asarray(model.outputs(theta, x)), found[-1])


def test_one_layer_is_the_shallow_network_added_to_the_input(case):
    model, _ = case
    rng = np.random.default_rng(1)
    theta, x = rng.normal(size=(7, model.unit.D)), rng.normal(size=(5, model.d))
    expected = x + 3.0 * np.asarray(network(model.unit, theta, x))
    assert np.abs(np.asarray(model.outputs(theta[None], x)) - expected).max() < EXACT


def test_teachers_have_the_laws_of_their_names():
    model = ResidualNetwork(paper_unit(), 2.0)
    particles = paper_teacher("arbitrary").theta
    made = {n: deep_teacher(n, model, particles, depth=3, scale=1.5) for n in ("arbitrary", "WI", "SI")}
    assert {n: t.theta.shape for n, t in made.items()} == {
        "arbitrary": (3, 5, 4), "WI": (3, 10, 4), "SI": (3, 5, 4),
    }  # fmt: skip
    np.testing.assert_array_equal(made["arbitrary"].theta[2], particles)
    np.testing.assert_allclose(made["WI"].theta[1], paper_teacher("WI").theta)
    fixed = invariant_subspace(model.unit.action)
    assert layer_rmd_squared_to_projection(made["SI"].theta, fixed).max() < 1e-30
    assert layer_rmd_squared_to_projection(made["arbitrary"].theta, fixed).min() > 1e-2
    x = np.random.default_rng(2).normal(size=(4, 2))
    np.testing.assert_array_equal(made["WI"].label(x), model.outputs(made["WI"].theta, x))


def test_a_start_is_invariant_where_asked_and_the_same_before_projection(key):
    model = ResidualNetwork(matrix_unit(dihedral_polygon(3), dihedral_polygon(3)))
    loose = start_layers(key, 200, 4, model, spread=0.5, invariant=False)
    inside = start_layers(key, 200, 4, model, spread=0.5)
    assert loose.shape == (200, 4, 9) and loose.std() == pytest.approx(0.5, rel=0.03)
    np.testing.assert_array_equal(inside, loose @ invariant_subspace(model.unit.action).projector)


def test_the_escape_of_each_layer_is_that_of_its_cloud():
    fixed = invariant_subspace(paper_unit().action)
    theta = np.random.default_rng(3).normal(size=(2, 6, 5, 4))
    theta[0, 2] = 0.0
    found = layer_rmd_squared_to_projection(theta, fixed)
    expected = [[rmd_squared_to_projection(cloud, fixed) for cloud in net] for net in theta]
    np.testing.assert_allclose(found, expected, atol=1e-15)
    assert found[0, 2] == 0


def test_the_distance_between_networks_is_transport_within_layers():
    rng = np.random.default_rng(4)
    theta, other = rng.normal(size=(2, 3, 5, 4))
    # one layer: exactly the distance of the two clouds
    assert layered_rmd_squared(theta[:1], other[:1]) == pytest.approx(
        rmd_squared(theta[0], other[0]), rel=1e-12
    )
    # the order of particles in a layer does not matter, that of layers does
    assert layered_rmd_squared(theta, theta[:, ::-1]) == 0
    assert layered_rmd_squared(theta, theta[::-1]) > 0.1
    assert rmd_squared(theta.reshape(-1, 4), theta[::-1].reshape(-1, 4)) == pytest.approx(0, abs=1e-15)
    assert layered_rmd_squared(np.zeros((2, 3, 4)), np.zeros((2, 3, 4))) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ResidualNetwork(gaussian_unit()), "one action on inputs and outputs"),
        (lambda: ResidualNetwork(neuron_unit(swap(), cyclic_permutation(2)), a=0.0), "a must be positive"),
        (lambda: deep_teacher("wi", network_(), np.ones((5, 4)), depth=2, scale=1.0), "arbitrary, WI, SI"),
        (lambda: deep_teacher("SI", network_(), np.ones((5, 4)), depth=0, scale=1.0), "at least one layer"),
        (lambda: DeepTeacher("t", network_(), np.ones((5, 4)), 1.0), "L >= 1"),
        (lambda: DeepTeacher("t", network_(), np.full((2, 5, 4), np.nan), 1.0), "finite"),
        (lambda: DeepTeacher("t", network_(), np.ones((2, 5, 4)), 0.0), "scale must be positive"),
        (lambda: layered_rmd_squared(np.ones((2, 3, 4)), np.ones((2, 2, 4))), "one shape"),
    ],
)
def test_what_defines_nothing_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def network_():
    return ResidualNetwork(paper_unit())


def test_the_teacher_answers_in_the_precision_of_its_points():
    teacher = deep_teacher("SI", network_(), np.ones((5, 4)), depth=2, scale=1.0)
    assert teacher.label(jax.numpy.ones((3, 2), jax.numpy.float32)).dtype == np.float32
