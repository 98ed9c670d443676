"""Risks against slow sums in NumPy, weights and masses, orbit-closed samples, and the names."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.groups import average, dihedral_plane, dihedral_polygon, swap
from widesym.meanfield.laws import symmetrise
from widesym.meanfield.losses import LOSSES
from widesym.meanfield.risks import (
    RISKS,
    averaged_model,
    by_name,
    gap,
    model,
    orbit_closed,
    orbit_outputs,
    projected_law,
    symmetrised_law,
)
from widesym.meanfield.samples import Sample
from widesym.meanfield.units import matrix_unit, network, neuron_unit
from widesym.oracles import particles

EXACT = 1e-12
UNITS = {
    "sigmoid-matrix": matrix_unit(dihedral_plane(3), dihedral_polygon(3)),
    "neuron": neuron_unit(swap(), swap()),
}
both = pytest.mark.parametrize("name", list(UNITS))
SCHEMES = dict(zip(RISKS, ("vanilla", "da-orbit", "fa", "ea"), strict=True))


def setting(unit, seed=0, N=4, M=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, unit.D)), rng.normal(size=(M, unit.d)), rng.normal(size=(M, unit.c))


def invariant_projector(unit):
    return average(unit.action, np.eye(unit.D))


@both
@pytest.mark.parametrize("risk", RISKS)
def test_quadratic_risks_are_those_of_the_oracle(name, risk):
    unit = UNITS[name]
    theta, x, y = setting(unit)
    slow = particles.losses(
        theta, x, y, np.zeros(len(x), int), unit=name, rho_in=unit.rho_in.matrices,
        rho_out=unit.rho_out.matrices, projector=invariant_projector(unit), scheme=SCHEMES[risk],
    )  # fmt: skip
    found = by_name(risk)(unit, LOSSES["quadratic"], jnp.asarray(theta), x, y)
    np.testing.assert_allclose(found, slow.mean(), rtol=EXACT)
    masses = np.array([0.5, 0.2, 0.3])
    found = by_name(risk)(unit, LOSSES["quadratic"], jnp.asarray(theta), x, y, masses=jnp.asarray(masses))
    np.testing.assert_allclose(found, slow @ masses, rtol=EXACT)


@pytest.mark.parametrize("risk", RISKS)
def test_the_loss_is_used(risk):
    unit = UNITS["neuron"]
    theta, x, y = map(jnp.asarray, setting(unit))
    values = {name: float(by_name(risk)(unit, loss, theta, x, y)) for name, loss in LOSSES.items()}
    assert len({round(value, 9) for value in values.values()}) == len(LOSSES)


@both
def test_weights_count_particles(name):
    unit = UNITS[name]
    theta, x, _ = setting(unit)
    weights = jnp.array([0.5, 0.25, 0.25, 0.0])
    repeated = theta[[0, 0, 1, 2]]
    np.testing.assert_allclose(
        model(unit, jnp.asarray(theta), x, weights), network(unit, jnp.asarray(repeated), x), rtol=EXACT
    )
    np.testing.assert_allclose(model(unit, theta, x), network(unit, theta, x), rtol=EXACT)


@both
def test_averaged_model_by_hand(name):
    unit = UNITS[name]
    theta, x, _ = setting(unit)
    slow = np.zeros((len(x), unit.c))
    for rho, out in zip(unit.rho_in.matrices, unit.rho_out.matrices, strict=True):
        slow += np.linalg.inv(out).dot(np.asarray(network(unit, theta, x @ rho.T)).T).T / len(
            unit.rho_in.matrices
        )
    np.testing.assert_allclose(averaged_model(unit, theta, x), slow, rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(orbit_outputs(unit, theta, x)[0], network(unit, theta, x), rtol=EXACT)


@both
def test_laws_are_those_of_the_laws_module(name):
    unit = UNITS[name]
    theta, _, _ = setting(unit)
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    moved, mass = symmetrised_law(unit.action, theta, weights)
    np.testing.assert_allclose(moved, symmetrise(theta, unit.action), rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(np.asarray(mass).reshape(-1, 4).sum(axis=0), weights, rtol=EXACT)
    assert symmetrised_law(unit.action, theta)[1] is None
    np.testing.assert_allclose(
        projected_law(unit.action, theta), theta @ invariant_projector(unit), rtol=EXACT, atol=EXACT
    )


@both
def test_orbit_closed_sample_is_equivariant_and_a_plain_one_is_not(name):
    unit = UNITS[name]
    _, x, y = setting(unit)
    sample = Sample("some", unit, x, y)
    closed = orbit_closed(sample)
    assert len(closed.x) == len(x) * unit.rho_in.group.order
    np.testing.assert_array_equal(closed.x[: len(x)], x)

    def same_law(sample, g):
        pairs = np.hstack([sample.x, sample.y])
        moved = np.hstack([sample.x @ unit.rho_in.matrices[g].T, sample.y @ unit.rho_out.matrices[g].T])
        distance = np.abs(pairs[:, None] - moved[None]).max(axis=2)
        return distance.min(axis=0).max() <= EXACT and distance.min(axis=1).max() <= EXACT

    for g in range(1, unit.rho_in.group.order):
        assert same_law(closed, g) and not same_law(sample, g)


@both
def test_gap_is_the_variance_over_the_group(name):
    unit = UNITS[name]
    theta, x, _ = setting(unit)
    closed = orbit_closed(Sample("some", unit, x, np.zeros((len(x), unit.c))))
    difference = network(unit, theta, closed.x) - averaged_model(unit, theta, closed.x)
    expected = np.sum(np.asarray(difference) ** 2, axis=1).mean()
    np.testing.assert_allclose(gap(unit, theta, x), expected, rtol=EXACT)
    np.testing.assert_allclose(gap(unit, theta, x, masses=jnp.full(len(x), 1 / len(x))), expected, rtol=EXACT)
    assert gap(unit, symmetrise(theta, unit.action), x) < EXACT < 1e-3 < expected


def test_gradients_and_compilation():
    unit = UNITS["neuron"]
    theta, x, y = map(jnp.asarray, setting(unit))

    def fa(cloud):
        return by_name("fa")(unit, LOSSES["pseudo-huber"], cloud, x, y)

    slope = jax.jit(jax.grad(fa))(theta)
    bump = 1e-6 * jnp.asarray(np.random.default_rng(3).normal(size=theta.shape))
    np.testing.assert_allclose((slope * bump).sum(), (fa(theta + bump) - fa(theta - bump)) / 2, rtol=1e-6)


def test_unknown_risk_is_named():
    with pytest.raises(ValueError, match="unknown risk 'pa'; valid: vanilla, da, fa, ea"):
        by_name("pa")
