"""The slow residual step: Jacobians by finite differences, a step by hand, one layer as a shallow network."""

import math

import numpy as np
import pytest

from widesym.oracles import particles
from widesym.oracles.residual import states, step, value_and_jacobians

DIFFERENCES = 1e-8  # central differences with steps of 1e-5
EXACT = 1e-13  # float64 algebra of order one


@pytest.mark.parametrize(("unit", "D"), [("sigmoid-matrix", 9), ("neuron", 6)])
def test_jacobians_are_the_derivatives(unit, D):
    rng = np.random.default_rng(0)
    h, z, small = rng.normal(size=3), rng.normal(size=D), 1e-5
    _, by_state, by_parameter = value_and_jacobians(unit, h, z)

    def value(h, z):
        return value_and_jacobians(unit, h, z)[0]

    for k, e in enumerate(small * np.eye(3)):
        found = (value(h + e, z) - value(h - e, z)) / (2 * small)
        assert np.abs(by_state[:, k] - found).max() < DIFFERENCES
    for k, e in enumerate(small * np.eye(D)):
        found = (value(h, z + e) - value(h, z - e)) / (2 * small)
        assert np.abs(by_parameter[:, k] - found).max() < DIFFERENCES


def test_an_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="sigmoid-matrix, neuron"):
        value_and_jacobians("relu", np.ones(1), np.ones(1))


def test_states_by_hand():
    """z = 0 on R: every unit is 1/2, each of two layers adds a/2 times a half."""
    found = states("sigmoid-matrix", np.zeros((2, 3, 1)), np.array([1.0]), 4.0)
    np.testing.assert_allclose(np.concatenate(found), [1.0, 2.0, 3.0])


def test_a_step_by_hand():
    """L = M = 1 on R at z = 0, x = 3, a = 2: output 3 + 1, target 3, force 2, slope 1/4: 2 (1/4) 3 2 = 3."""
    one = np.ones((1, 1, 1))
    found = step(
        np.zeros((1, 1, 1)), np.array([[3.0]]), np.array([[3.0]]), np.array([0]), np.array([[[2.0]]]),
        unit="sigmoid-matrix", rho=one, projector=np.eye(1), scheme="vanilla", a=2.0, alpha=0.1, tau=5.0,
        beta=0.05, n=1,
    )  # fmt: skip
    assert found.item() == pytest.approx(-0.1 * 3 + math.sqrt(0.01) * 2.0)


@pytest.mark.parametrize("scheme", particles.SCHEMES)
@pytest.mark.parametrize(("unit", "D"), [("sigmoid-matrix", 4), ("neuron", 4)])
def test_one_layer_is_the_shallow_step_for_the_shifted_target(scheme, unit, D):
    """With L = 1, a = 1 the output is x + Phi(x): the same residual as Phi against y - x."""
    rng = np.random.default_rng(1)
    swap = np.stack([np.eye(2), np.eye(2)[::-1]])
    projector = np.eye(D) if unit == "neuron" else np.ones((4, 4)) / 4
    theta, xi = rng.normal(size=(2, 5, D))
    x, y, g = rng.normal(size=(3, 2)), rng.normal(size=(3, 2)), np.array([0, 1, 1])
    shared = {"unit": unit, "projector": projector, "scheme": scheme, "alpha": 0.7, "tau": 0.1, "beta": 0.2}
    deep = step(theta[None], x, y, g, xi[None], rho=swap, a=1.0, n=5, **shared)
    shallow = particles.step(theta, x, y - x, g, xi, rho_in=swap, rho_out=swap, **shared)
    assert np.abs(deep[0] - shallow).max() < EXACT
