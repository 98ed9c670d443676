"""The best law: by hand, against a general solver, its certificate, and what has none."""

import numpy as np
import pytest
from scipy.optimize import minimize

from widesym.meanfield.losses import LOSSES
from widesym.meanfield.optimum import best_law, certified, simplex_least_squares

RNG = np.random.default_rng(7)
OUTPUTS, Y = RNG.normal(size=(9, 5, 2)), RNG.normal(size=(5, 2))
CONVEX = ("quadratic", "pseudo-huber", "logistic")
LOSS = {
    "quadratic": lambda p: ((p - Y) ** 2).sum(axis=1).mean(),
    "pseudo-huber": lambda p: 2 * (np.sqrt(1 + ((p - Y) ** 2).sum(axis=1)) - 1).mean(),
    "logistic": lambda p: np.logaddexp(0, -2 * (p * Y).sum(axis=1)).mean(),
}


def test_two_particles_by_hand():
    """Outputs 0 and 1, target 0.3: weights 0.7 and 0.3; target 2: all on the second."""
    outputs = np.array([0.0, 1.0])[:, None, None]
    found = best_law(LOSSES["quadratic"], outputs, np.array([[0.3]]))
    np.testing.assert_allclose(found.weights, [0.7, 0.3], atol=1e-12)
    found = best_law(LOSSES["quadratic"], outputs, np.array([[2.0]]))
    np.testing.assert_allclose(found.weights, [0, 1], atol=1e-12)
    np.testing.assert_allclose([found.risk, found.bound], 1.0, rtol=1e-12)


@pytest.mark.parametrize("name", CONVEX)
def test_it_is_what_a_general_solver_finds(name):
    found = best_law(LOSSES[name], OUTPUTS, Y)
    assert found.weights.min() >= 0 and abs(found.weights.sum() - 1) < 1e-12
    assert abs(found.risk - found.bound) <= 1e-9 * found.risk
    general = minimize(
        lambda w: LOSS[name](np.einsum("kmc,k->mc", OUTPUTS, w)), np.full(9, 1 / 9), bounds=[(0, 1)] * 9,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, method="SLSQP", options={"ftol": 1e-13},
    )  # fmt: skip
    np.testing.assert_allclose(found.risk, general.fun, rtol=1e-7)


@pytest.mark.parametrize("name", CONVEX)
def test_the_bound_is_below_every_law_and_the_risk_is_right(name):
    for _ in range(20):
        law = certified(LOSSES[name], OUTPUTS, Y, RNG.dirichlet(np.full(9, 0.3)))
        np.testing.assert_allclose(
            law.risk, LOSS[name](np.einsum("kmc,k->mc", OUTPUTS, law.weights)), rtol=1e-12
        )
        others = [LOSS[name](np.einsum("kmc,k->mc", OUTPUTS, w)) for w in RNG.dirichlet(np.full(9, 0.3), 200)]
        assert law.bound <= min(others) and law.bound <= law.risk
        assert law.risk - law.bound > 1e-3  # negative control: a random law proves no optimum


def test_least_squares_on_the_simplex_ignores_nothing():
    columns, target = RNG.normal(size=(6, 4)), RNG.normal(size=6)
    weights = simplex_least_squares(columns, target)
    best = np.linalg.norm(columns @ weights - target)
    tried = RNG.dirichlet(np.ones(4), 5000)
    assert best <= np.linalg.norm(tried @ columns.T - target, axis=1).min() + 1e-12


def test_a_loss_that_is_not_convex_has_no_certificate():
    with pytest.raises(ValueError, match="'saturating' is not convex"):
        best_law(LOSSES["saturating"], OUTPUTS, Y)
