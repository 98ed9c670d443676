"""The particle flow against the oracle's step and a closed solution; what it keeps; what it refuses."""

import jax.numpy as jnp
import numpy as np
import pytest

from widesym.groups import average, swap
from widesym.meanfield.flow import flow, velocity
from widesym.meanfield.laws import symmetrise
from widesym.meanfield.losses import LOSSES
from widesym.meanfield.risks import RISKS, by_name, orbit_closed
from widesym.meanfield.samples import Sample
from widesym.meanfield.units import matrix_unit
from widesym.oracles import particles

UNIT = matrix_unit(swap(), swap())
EXACT = 1e-12
SCHEMES = dict(zip(RISKS, ("vanilla", "da-orbit", "fa", "ea"), strict=True))
RNG = np.random.default_rng(5)
X, Y, THETA = RNG.normal(size=(6, 2)), RNG.normal(size=(6, 2)), RNG.normal(size=(3, 4))


def risk_of(name, x=X, y=Y, loss="quadratic"):
    return lambda cloud: by_name(name)(UNIT, LOSSES[loss], cloud, jnp.asarray(x), jnp.asarray(y))


@pytest.mark.parametrize("name", RISKS)
def test_a_step_is_the_oracles(name):
    """Step h of the flow is a step of SGD with alpha = h N, the whole sample as its batch; noise included."""
    P = average(UNIT.action, np.eye(4))
    start = THETA @ P if name == "ea" else THETA
    h, tau, beta = 0.07, 0.02, 0.03
    xi = RNG.normal(size=(1, *THETA.shape))
    xi = xi @ P if name == "ea" else xi
    slow = particles.step(
        start, X, Y, np.zeros(len(X), int), xi[0], unit="sigmoid-matrix", rho_in=UNIT.rho_in.matrices,
        rho_out=UNIT.rho_out.matrices, projector=P, scheme=SCHEMES[name], alpha=h * len(THETA), tau=tau,
        beta=beta,
    )  # fmt: skip
    path = flow(risk_of(name), jnp.asarray(start), step=h, count=1, tau=tau, beta=beta, noise=jnp.asarray(xi))
    np.testing.assert_array_equal(path[0], start)
    np.testing.assert_allclose(path[1], slow, rtol=EXACT, atol=EXACT)


def test_velocity_does_not_depend_on_how_a_law_is_written():
    twice = jnp.concatenate([jnp.asarray(THETA)] * 2)
    once = velocity(risk_of("vanilla"), jnp.asarray(THETA))
    np.testing.assert_allclose(velocity(risk_of("vanilla"), twice), jnp.concatenate([once] * 2), rtol=EXACT)


def test_a_penalty_alone_shrinks_by_the_known_factor():
    path = flow(lambda cloud: 0.0 * cloud.sum(), jnp.asarray(THETA), step=0.1, count=3, tau=0.5)
    np.testing.assert_allclose(path[3], 0.9**3 * THETA, rtol=EXACT)


def test_symmetric_clouds_stay_and_the_controls_leave():
    closed = orbit_closed(Sample("pairs", UNIT, X, Y))
    weak = jnp.asarray(symmetrise(THETA, UNIT.action))
    swapped = np.kron(swap().matrices[1], swap().matrices[1])

    def asymmetry(risk):
        end = np.asarray(flow(risk, weak, step=0.1, count=30))[-1]
        return np.abs(end[3:] - end[:3] @ swapped.T).max()

    assert asymmetry(risk_of("vanilla", closed.x, closed.y)) < EXACT
    assert asymmetry(risk_of("da")) < EXACT and asymmetry(risk_of("fa")) < EXACT
    assert asymmetry(risk_of("vanilla")) > 1e-2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0}, "count >= 1"),
        ({"step": 0.0}, "step > 0"),
        ({"noise": jnp.zeros((2, 3, 4))}, r"noise must have shape \(3, 3, 4\).*got \(2, 3, 4\)"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        flow(risk_of("vanilla"), jnp.asarray(THETA), **{"step": 0.1, "count": 3, **change})
