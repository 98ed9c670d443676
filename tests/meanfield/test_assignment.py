"""Assignments: optimal against SciPy, prices that prove it, and clouds that are hard for auctions."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from widesym.meanfield import assignment

# Sums of at most 300 squares of order one, in another order.
ROUNDING = 1e-13


def random_clouds(rng, size, dim):
    return rng.normal(size=(size, dim)), rng.normal(size=(size, dim)) * np.linspace(0.3, 1.5, dim)


def on_few_points(rng, size, dim):
    return rng.integers(0, 3, (size, dim)).astype(float), rng.integers(0, 2, (size, dim)).astype(float)


def on_a_line(rng, size, dim):
    return rng.normal(size=(size, 1)) * np.ones(dim), rng.exponential(size=(size, 1)) * np.ones(dim)


def in_unbalanced_clusters(rng, size, dim):
    first, second = np.arange(size) < size // 2, np.arange(size) < size // 2 + size // 10
    return tuple(0.1 * rng.normal(size=(size, dim)) + 10 * cluster[:, None] for cluster in (first, second))


def heavy_tailed(rng, size, dim):
    return rng.standard_t(1.5, (size, dim)), rng.standard_t(1.5, (size, dim))


def coupled(rng, size, dim):
    x = rng.normal(size=(size, dim))
    return x, x + 0.2 * rng.normal(size=(size, dim))


def coinciding(rng, size, dim):
    return np.ones((size, dim)), np.ones((size, dim))


SHAPES = (
    random_clouds, on_few_points, on_a_line, in_unbalanced_clusters, heavy_tailed, coupled, coinciding
)  # fmt: skip


def prepared(x, y):
    x, y = x - x.mean(0), y - y.mean(0)
    scale = max(np.abs(x).max(), np.abs(y).max()) or 1.0
    return x / scale, y / scale


@pytest.mark.parametrize("size", [1, 2, 3, 24, 25, 300])
@pytest.mark.parametrize("shape", SHAPES)
def test_optimal_and_proven(shape, size):
    x, y = prepared(*shape(np.random.default_rng(size), size, 4))
    partner, price = assignment.assign(x, y)
    costs = cdist(x, y, "sqeuclidean")
    assert sorted(partner) == list(range(size))
    value = costs[np.arange(size), partner].sum()
    rows, columns = linear_sum_assignment(costs)
    assert value == pytest.approx(costs[rows, columns].sum(), rel=ROUNDING, abs=size * ROUNDING)
    assert (costs - price).min(1).sum() + price.sum() == pytest.approx(value, abs=size * ROUNDING)


@pytest.mark.parametrize(
    "change", [{"PARTNERS": 2}, {"BIDS": 0}, {"FEW_CONFLICTS": 1.0}, {"FIRST": 10.0, "RATIO": 1e3}], ids=str
)
def test_settings_move_the_time_never_the_result(monkeypatch, change):
    x, y = prepared(*random_clouds(np.random.default_rng(5), 120, 3))
    costs = cdist(x, y, "sqeuclidean")
    best = costs[linear_sum_assignment(costs)].sum()
    for name, value in change.items():
        monkeypatch.setattr(assignment, name, value)
    partner, price = assignment.assign(x, y)
    assert costs[np.arange(120), partner].sum() == pytest.approx(best, rel=ROUNDING)
    assert (costs - price).min(1).sum() + price.sum() == pytest.approx(best, rel=ROUNDING)


def test_linear_maps_need_no_auction(monkeypatch):
    """A symmetric positive linear map is optimal, and the starting prices are its own."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 4))
    matrix = np.array([[1.3, 0.4, 0, 0], [0.4, 0.9, 0, 0], [0, 0, 2.0, 0.1], [0, 0, 0.1, 0.2]])
    x, y = prepared(x, x @ matrix)

    def forbidden(*arguments):
        raise AssertionError("the auction ran")

    monkeypatch.setattr(assignment, "_auction", forbidden)
    partner, _ = assignment.assign(x, y)
    assert (partner == np.arange(200)).all()
