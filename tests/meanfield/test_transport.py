"""Distances: closed forms, metric properties, projections, and the range of the relative distance."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from widesym.groups import hom, invariant_subspace, subspace, swap
from widesym.meanfield import transport as distances
from widesym.meanfield.laws import project
from widesym.meanfield.plans import transport
from widesym.meanfield.transport import (
    rmd,
    rmd_squared,
    rmd_squared_to_projection,
    second_moment,
    wasserstein2,
    wasserstein2_squared,
    wasserstein2_squared_to_projection,
)

ROUNDING = 1e-12  # sums over a few hundred particles of order one
ROOT = 1e-6  # distances are square roots: of rounding, near 0
CLOUD = arrays(float, (6, 3), elements=st.floats(-3, 3, width=32))
# Another size, which has no small common multiple with 6.
OTHER = arrays(float, (5, 3), elements=st.floats(-3, 3, width=32))
SPANS = [np.zeros((4, 0)), np.array([[1.0, 0, 0, 1]]).T, np.eye(4)[:, :2], np.eye(4)]
SPACES = [invariant_subspace(hom(swap(), swap())), *map(subspace, SPANS)]


def cloud(size, dim=4, seed=0):
    return np.random.default_rng(seed).normal(size=(size, dim))


def test_line_is_sorting():
    x, y = cloud(50, 1), cloud(50, 1, seed=1) ** 3
    expected = np.mean((np.sort(x[:, 0]) - np.sort(y[:, 0])) ** 2)
    assert wasserstein2_squared(x, y) == pytest.approx(expected, rel=ROUNDING)


def test_line_needs_no_plan(monkeypatch):
    monkeypatch.setattr(distances, "transport", None)
    assert wasserstein2_squared(cloud(9, 1), cloud(9, 1) + 2) == pytest.approx(4)


@pytest.mark.parametrize(("n", "m"), [(40, 40), (40, 20), (37, 23)])
def test_line_agrees_with_the_general_solve(n, m):
    x, y = cloud(n, 1), cloud(m, 1, seed=1) ** 2
    flat_x, flat_y = (np.concatenate([c, np.zeros_like(c)], axis=1) for c in (x, y))
    assert wasserstein2_squared(x, y) == pytest.approx(transport(flat_x, flat_y).squared, rel=1e-10)


def test_line_with_weights():
    x, y = np.array([[0.0], [1.0]]), np.array([[0.0], [3.0]])
    # A quarter moves from 1 to 0, a half from 1 to 3.
    assert wasserstein2_squared(x, y, weights_x=[0.25, 0.75], weights_y=[0.5, 0.5]) == pytest.approx(
        0.25 * 1 + 0.5 * 4
    )


@pytest.mark.parametrize("dim", [1, 4])
def test_two_points(dim):
    x, y = np.zeros((2, dim)), np.zeros((2, dim))
    x[1, 0], y[0, 0], y[1, 0] = 1, 5, 1  # 0 to 1 and 1 to 5
    assert wasserstein2_squared(x, y) == pytest.approx((1 + 16) / 2)
    assert wasserstein2(x, y) == pytest.approx(math.sqrt(8.5))


@pytest.mark.parametrize("size", [1, 30, 200])
def test_translation(size):
    x, shift = cloud(size), np.array([3.0, -1.0, 0.5, 100.0])
    assert wasserstein2_squared(x, x + shift) == pytest.approx(shift @ shift, rel=ROUNDING)


def test_translation_adds_the_squared_shift_of_the_means():
    x, y = cloud(60), cloud(60, seed=1)
    x, y = x - x.mean(0), y - y.mean(0)
    shift = np.array([1.0, 2.0, 0.0, -0.5])
    expected = wasserstein2_squared(x, y) + shift @ shift
    assert wasserstein2_squared(x, y + shift) == pytest.approx(expected, rel=ROUNDING)


def test_order_of_particles_does_not_matter():
    x, y = cloud(80), cloud(80, seed=1)
    expected = wasserstein2_squared(x, y)
    shuffled = np.random.default_rng(3).permutation(80)
    assert wasserstein2_squared(x[shuffled], y) == pytest.approx(expected, rel=ROUNDING)
    assert wasserstein2_squared(x, x[shuffled]) == 0


def test_orthogonal_maps_keep_the_distance():
    x, y = cloud(50), cloud(50, seed=1)
    rotation = np.linalg.qr(cloud(4, seed=2))[0]
    assert wasserstein2_squared(x @ rotation, y @ rotation) == pytest.approx(wasserstein2_squared(x, y))


@given(CLOUD, CLOUD, OTHER)
def test_metric(x, y, z):
    xy, xz, zy = wasserstein2(x, y), wasserstein2(x, z), wasserstein2(z, y)
    assert xy == pytest.approx(wasserstein2(y, x), abs=ROOT)
    assert xz == pytest.approx(wasserstein2(z, x), abs=ROOT)
    assert wasserstein2(x, x) <= ROOT
    assert xy <= xz + zy + ROOT


@given(CLOUD, OTHER)
def test_relative_distance_is_in_the_unit_interval(x, y):
    assert 0 <= rmd_squared(x, y) <= 1 + ROUNDING
    assert 0 <= rmd_squared(x, x[::-1] + 1) <= 1 + ROUNDING
    assert rmd(x, y) == math.sqrt(rmd_squared(x, y))


def test_relative_distance_at_its_ends():
    x = np.array([[1.0, 2.0, 0.0, 0.0]])
    assert rmd_squared(x, -x) == pytest.approx(1)  # W2^2 = 4 |x|^2 = M2 + M2
    assert rmd_squared(x, 0 * x) == pytest.approx(1 / 2)
    assert rmd_squared(x, x) == 0
    assert rmd_squared(0 * x, 0 * x) == 0
    assert rmd_squared_to_projection(0 * x, SPACES[0]) == 0


def test_relative_distance_has_no_unit():
    x, y = cloud(30), cloud(30, seed=1)
    assert rmd_squared(1e-9 * x, 1e-9 * y) == pytest.approx(rmd_squared(x, y), rel=ROUNDING)


def test_relative_distance_has_the_factor_two():
    x, y = cloud(30), cloud(30, seed=1)
    expected = wasserstein2_squared(x, y) / (2 * np.mean(np.sum(x**2, 1)) + 2 * np.mean(np.sum(y**2, 1)))
    assert rmd_squared(x, y) == pytest.approx(expected)


def test_second_moment():
    x = np.array([[3.0, 4.0], [0.0, 1.0]])
    assert second_moment(x) == 13
    assert second_moment(x, weights=[0.25, 0.75]) == pytest.approx(25 / 4 + 3 / 4)


@pytest.mark.parametrize("space", SPACES, ids=lambda s: f"dim{s.dim}")
@pytest.mark.parametrize("size", [1, 7, 150])
def test_projection_is_the_nearest_cloud_in_the_subspace(space, size):
    x = cloud(size)
    closed = wasserstein2_squared_to_projection(x, space)
    assert closed == pytest.approx(wasserstein2_squared(x, project(x, space)), rel=ROUNDING, abs=ROUNDING)
    other = project(x, space) + project(0.3 * cloud(size, seed=1), space)
    assert wasserstein2_squared(x, other) >= closed - ROUNDING


@pytest.mark.parametrize("space", SPACES, ids=lambda s: f"dim{s.dim}")
def test_relative_distance_to_the_projection(space):
    x = cloud(90)
    value = rmd_squared_to_projection(x, space)
    assert value == pytest.approx(rmd_squared(x, project(x, space)), rel=ROUNDING, abs=ROUNDING)
    assert 0 <= value <= 1 / 2 + ROUNDING
    assert rmd_squared_to_projection(project(x, space), space) <= ROUNDING


def test_float32_is_computed_in_float64():
    x, y = cloud(100).astype(np.float32), cloud(100, seed=1).astype(np.float32)
    expected = wasserstein2_squared(x.astype(float), y.astype(float))
    assert wasserstein2_squared(x, y) == expected
    assert rmd_squared_to_projection(x, SPACES[0]) == rmd_squared_to_projection(x.astype(float), SPACES[0])


def test_measured_value_is_the_expected_one_for_a_known_law():
    """Gaussian laws with commuting covariances have W2^2 = sum (s - t)^2; clouds come close, from above."""
    s, t = np.array([0.5, 1.0]), np.array([1.5, 0.25])
    found = wasserstein2_squared(cloud(1500, 2) * s, cloud(1500, 2, seed=1) * t)
    # Sampling: 1500 particles in the plane, about N^-1 log N, and N^-1/2 in the second moments.
    assert np.sum((s - t) ** 2) == pytest.approx(found, rel=0.1)


@pytest.mark.parametrize("function", [wasserstein2_squared_to_projection, rmd_squared_to_projection])
@pytest.mark.parametrize(
    ("theta", "match"),
    [
        (np.ones((3, 2)), "must agree"),
        (np.ones((0, 4)), "not empty"),
        (np.full((3, 4), np.nan), "holds nan"),
        (np.ones(4), "must be \\(N, D\\)"),
    ],
)
def test_bad_input_to_projections(function, theta, match):
    with pytest.raises(ValueError, match=match):
        function(theta, SPACES[0])


@pytest.mark.parametrize("function", [wasserstein2, wasserstein2_squared, rmd, rmd_squared])
def test_bad_input_to_distances(function):
    cases = ((np.ones((0, 1)), "not empty"), (np.array([[np.nan]]), "holds nan"), (np.ones(3), "N, D"))
    for bad, match in cases:
        with pytest.raises(ValueError, match=match):
            function(np.ones((3, 1)), bad)
    with pytest.raises(ValueError, match="dimensions must agree"):
        function(np.ones((3, 1)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="probabilities"):
        second_moment(np.ones((2, 1)), weights=[1.0, 1.0])
