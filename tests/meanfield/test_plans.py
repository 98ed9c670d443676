"""Plans: certificates hold for optimal plans, fail for others, and agree with SciPy and POT."""

import numpy as np
import ot
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from widesym.meanfield import plans
from widesym.meanfield.plans import certified, dual_value, transport

ROUNDING = 1e-13  # sums of a few hundred terms of order one in another order
SOLVER = 1e-9  # POT's default tolerances, on costs of order one


def clouds(n, m, dim=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, dim)) * 0.5 + 2, rng.normal(size=(m, dim))


def emd(x, y, a=None, b=None):
    a = np.full(len(x), 1 / len(x)) if a is None else a
    b = np.full(len(y), 1 / len(y)) if b is None else b
    return ot.emd2(a, b, cdist(x, y, "sqeuclidean"), numItermax=10**7)


def test_sizes_below_reach_both_solvers(monkeypatch):
    used = []
    for name in ("_by_assignment", "_by_network_simplex"):
        solver = getattr(plans, name)
        monkeypatch.setattr(plans, name, lambda *a, s=solver, n=name: (used.append(n), s(*a))[1])
    for n, m in ((40, 40), (20, 40), (37, 41)):
        transport(*clouds(n, m))
    assert used == ["_by_assignment", "_by_assignment", "_by_network_simplex"]


@pytest.mark.parametrize(("n", "m"), [(1, 1), (40, 40), (20, 40), (40, 20), (37, 41), (1, 9), (9, 1)])
def test_agrees_with_pot(n, m):
    x, y = clouds(n, m)
    plan = transport(x, y)
    assert plan.squared == pytest.approx(emd(x, y), rel=SOLVER)
    assert abs(plan.gap) <= ROUNDING * 10
    np.testing.assert_allclose(np.bincount(plan.source, plan.mass), 1 / n, atol=ROUNDING)
    np.testing.assert_allclose(np.bincount(plan.target, plan.mass), 1 / m, atol=ROUNDING)


def test_agrees_with_pot_for_weights_some_zero():
    x, y = clouds(30, 50)
    rng = np.random.default_rng(2)
    a, b = rng.exponential(size=30), rng.exponential(size=50)
    a[:4] = 0
    b[10:30] = 0
    a, b = a / a.sum(), b / b.sum()
    plan = transport(x, y, weights_x=a, weights_y=b)
    assert plan.squared == pytest.approx(emd(x, y, a, b), rel=SOLVER)
    assert abs(plan.gap) <= ROUNDING * 10
    assert not set(plan.source) & set(range(4))


def test_weights_kept_in_float32():
    """Their sums differ from 1, and from each other, by more than a plan may miss a weight."""
    x, y = clouds(30, 50)
    rng = np.random.default_rng(4)
    a, b = (rng.exponential(size=n) for n in (30, 50))
    a, b = (w / w.sum() for w in (a, b))
    exact = transport(x, y, weights_x=a, weights_y=b).squared
    rounded = transport(x, y, weights_x=a.astype(np.float32), weights_y=b.astype(np.float32) * 1.0000003)
    assert rounded.squared == pytest.approx(exact, rel=1e-6)


def test_weights_are_the_law_of_repeated_particles():
    x, y = clouds(12, 20)
    copies = np.array([3, 1, 2, 4, 1, 1, 2, 2, 1, 1, 1, 1])
    repeated = transport(np.repeat(x, copies, axis=0), y).squared
    assert transport(x, y, weights_x=copies / 20).squared == pytest.approx(repeated, rel=ROUNDING)


@pytest.mark.parametrize("scale", [1e-80, 1e-6, 1.0, 1e6, 1e80])
@pytest.mark.parametrize("m", [25, 31])
def test_any_unit_of_length(scale, m):
    x, y = clouds(25, m)
    assert transport(scale * x, scale * y).squared == pytest.approx(
        scale**2 * transport(x, y).squared, rel=1e-11
    )


@given(
    arrays(float, (7, 2), elements=st.floats(-2, 2, width=16)),
    arrays(float, (7, 2), elements=st.floats(-2, 2, width=16)),
    st.integers(4, 7),
)
def test_any_clouds_ties_included(x, y, m):
    plan = transport(x, y[:m])
    assert plan.squared == pytest.approx(emd(x, y[:m]), rel=SOLVER, abs=SOLVER)
    assert plan.gap <= 100 * ROUNDING


def test_any_prices_prove_a_lower_bound():
    x, y = clouds(40, 40)
    best, a = transport(x, y), np.full(40, 1 / 40)
    assert dual_value(x, y, best.price, a, a) == pytest.approx(best.squared, rel=ROUNDING * 10)
    for seed in range(5):
        noise = np.random.default_rng(seed).normal(size=40)
        assert dual_value(x, y, best.price + noise, a, a) < best.squared - 1e-3


def test_bound_is_the_same_in_blocks(monkeypatch):
    x, y = clouds(40, 50)
    plan, a, b = transport(x, y), np.full(40, 1 / 40), np.full(50, 1 / 50)
    whole = dual_value(x, y, plan.price, a, b)
    monkeypatch.setattr(plans, "BLOCK", 120)  # two rows at a time
    assert dual_value(x, y, plan.price, a, b) == pytest.approx(whole, rel=ROUNDING)


def test_certificate_refuses_a_worse_plan():
    x, y = clouds(40, 40)
    best = transport(x, y)
    worse = best.target.copy()
    worse[[0, 1]] = worse[[1, 0]]
    with pytest.raises(RuntimeError, match="not optimal"):
        certified(x, y, best.source, worse, best.mass, best.price)


def test_certificate_refuses_prices_that_prove_less():
    x, y = clouds(40, 40)
    best = transport(x, y)
    price = best.price + np.linspace(0, 1, 40)
    with pytest.raises(RuntimeError, match="not optimal"):
        certified(x, y, best.source, best.target, best.mass, price)


def test_certificate_refuses_what_is_no_plan():
    x, y = clouds(4, 4)
    best = transport(x, y)
    everything = {"source": best.source, "target": best.target, "mass": best.mass, "price": best.price}

    def refused(match, **change):
        with pytest.raises(ValueError, match=match):
            certified(x, y, *(everything | change).values())

    refused("differs from its weight", target=np.array([0, 0, 1, 2]))
    refused("differs from its weight", mass=best.mass * 0.99)
    refused("differs from its weight", mass=best.mass * np.nan)
    refused("indices in", source=best.source + 1)
    refused("one shape", source=best.source.astype(float))
    refused("one shape", mass=best.mass[:3])
    refused("price has shape", price=best.price[:3])
    refused("price holds nan", price=best.price * np.nan)
    # Masses that add up, but not with a sign each.
    signed = {"source": np.repeat(np.arange(4), 4), "target": np.tile(np.arange(4), 4)}
    mass = np.full((4, 4), 1 / 16) + 0.25 * np.outer([1, -1, 0, 0], [1, -1, 0, 0])
    refused("must not be negative", **signed, mass=mass.ravel())


def test_solver_that_fails_is_caught(monkeypatch):
    """The certificate shares no code with the solver: a wrong permutation does not pass."""
    solve = plans.assign

    def wrong(x, y):
        partner, price = solve(x, y)
        return np.roll(partner, 1), price

    monkeypatch.setattr(plans, "assign", wrong)
    with pytest.raises(RuntimeError, match="not optimal"):
        transport(*clouds(40, 40))


def test_sharpening_is_needed(monkeypatch):
    """Without it the prices of POT prove less than rounding allows, on clouds of a few hundred particles."""
    x, y = clouds(400, 333, dim=8)
    assert abs(transport(x, y).gap) <= ROUNDING
    monkeypatch.setattr(plans, "_sharpened", lambda x, y, source, target, price: price)
    assert transport(x, y).gap > 5 * ROUNDING


X = np.ones((3, 2))


@pytest.mark.parametrize(
    ("x", "y", "options", "match"),
    [
        (np.ones((0, 2)), X, {}, "not empty"),
        (np.ones((3, 0)), np.ones((3, 0)), {}, "not empty"),
        (np.ones(3), X, {}, "must be \\(N, D\\)"),
        (X, np.ones((3, 4)), {}, "dimensions must agree"),
        (X, np.full((3, 2), np.nan), {}, "y holds nan"),
        (np.full((3, 2), np.inf), X, {}, "x holds inf"),
        (X * 1e200, X, {}, "overflow"),
        (X * 1j, X, {}, "complex"),
        (X, X, {"weights_x": np.ones(2) / 2}, "weights_x has shape"),
        (X, X, {"weights_x": [0.5, 0.6, -0.1]}, "probabilities"),
        (X, X, {"weights_y": [0.5, 0.6, 0.1]}, "probabilities"),
        (X, X, {"weights_y": [0.5, 0.5, np.nan]}, "weights_y holds nan"),
    ],
)
def test_bad_input(x, y, options, match):
    with pytest.raises(ValueError, match=match):
        transport(x, y, **options)
