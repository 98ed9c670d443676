"""Laws: symmetrisation and projection, and the two deviations that vanish on WI and on SI laws only."""

import numpy as np
import pytest

from widesym.groups import (
    average,
    dihedral_plane,
    hom,
    invariant_subspace,
    subspace,
    swap,
    symmetric_permutation,
)
from widesym.meanfield.laws import (
    is_strongly_invariant,
    is_weakly_invariant,
    project,
    strong_deviation,
    symmetrise,
    weak_deviation,
)
from widesym.meanfield.transport import rmd_squared, rmd_squared_to_projection, wasserstein2_squared

ROUNDING = 1e-12  # exact algebra in float64
ACTIONS = [hom(swap(), swap()), symmetric_permutation(3), hom(dihedral_plane(4), dihedral_plane(4))]
parametrize = pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)


def cloud(size, action, seed=0):
    return np.random.default_rng(seed).normal(size=(size, action.dim)) + 0.3


def moved(theta, action, g):
    return theta @ action.matrices[g].T


def test_symmetrised_cloud_of_the_swap_by_hand():
    """M_g z = g z g^T exchanges both rows and both columns."""
    theta = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
    expected = [[1, 2, 3, 4], [5, 6, 7, 8], [4, 3, 2, 1], [8, 7, 6, 5]]
    np.testing.assert_array_equal(symmetrise(theta, ACTIONS[0]), expected)


@parametrize
def test_symmetrised_cloud_is_weakly_invariant(action):
    theta = symmetrise(cloud(5, action), action)
    assert len(theta) == 5 * action.group.order
    for g in range(action.group.order):
        assert wasserstein2_squared(theta, moved(theta, action, g)) <= ROUNDING
    assert weak_deviation(theta, action) <= ROUNDING
    assert is_weakly_invariant(theta, action)
    assert is_weakly_invariant(theta.astype(np.float32), action)
    # Symmetrising again changes the number of particles, not the law.
    assert rmd_squared(symmetrise(theta, action), theta) <= ROUNDING


@parametrize
def test_weakly_invariant_is_not_strongly_invariant(action):
    theta = symmetrise(cloud(5, action), action)
    assert strong_deviation(theta, action) > 1e-2
    assert not is_strongly_invariant(theta, action)


@parametrize
def test_generic_cloud_is_neither(action):
    theta = cloud(5, action)
    assert weak_deviation(theta, action) > 1e-3
    assert not is_weakly_invariant(theta, action)
    assert strong_deviation(theta, action) > 1e-2
    assert not is_strongly_invariant(theta, action)


@parametrize
def test_projected_cloud_is_strongly_and_weakly_invariant(action):
    theta = project(cloud(6, action), invariant_subspace(action))
    assert strong_deviation(theta, action) <= ROUNDING
    assert is_strongly_invariant(theta, action)
    assert is_strongly_invariant(theta.astype(np.float32), action)
    assert is_weakly_invariant(theta, action)
    np.testing.assert_allclose(average(action, theta), theta, atol=ROUNDING)


@parametrize
def test_one_particle_moved_breaks_both(action):
    start = project(cloud(6, action), invariant_subspace(action))
    theta = start.copy()
    theta[2] += 0.1 * np.arange(1, action.dim + 1)
    assert not is_weakly_invariant(theta, action)
    assert not is_strongly_invariant(theta, action)
    assert is_strongly_invariant(theta, action, tol=1.0)
    assert is_weakly_invariant(theta, action, tol=1.0)


@parametrize
def test_tolerance_is_of_the_relative_distance_not_squared(action):
    theta = project(cloud(6, action), invariant_subspace(action))
    theta += 1e-3 * cloud(6, action, seed=1)
    pairs = ((is_weakly_invariant, weak_deviation), (is_strongly_invariant, strong_deviation))
    for decide, deviation in pairs:
        distance = np.sqrt(deviation(theta, action))
        assert decide(theta, action, tol=1.01 * distance)
        assert not decide(theta, action, tol=0.99 * distance)


@parametrize
def test_projection_and_symmetrisation_have_one_mean_and_commute(action):
    theta, space = cloud(4, action), invariant_subspace(action)
    symmetrised, projected = symmetrise(theta, action), project(theta, space)
    np.testing.assert_allclose(symmetrised.mean(0), projected.mean(0), atol=ROUNDING)
    both = project(symmetrised, space)
    np.testing.assert_allclose(both, np.tile(projected, (action.group.order, 1)), atol=ROUNDING)


@parametrize
def test_symmetrised_cloud_is_nearer_than_the_projection_times_two(action):
    """Both deviations are distances to the named cloud; by the triangle W2(mu, mu^G) <= 2 W2(mu, P mu)."""
    theta, space = cloud(7, action), invariant_subspace(action)
    assert weak_deviation(theta, action) == rmd_squared(theta, symmetrise(theta, action))
    assert strong_deviation(theta, action) == rmd_squared_to_projection(theta, space)
    to_symmetrised = wasserstein2_squared(theta, symmetrise(theta, action))
    assert to_symmetrised <= 4 * wasserstein2_squared(theta, project(theta, space)) + ROUNDING


@pytest.mark.parametrize("function", [symmetrise, weak_deviation, strong_deviation, is_weakly_invariant])
def test_bad_clouds(function):
    for theta, match in (
        (np.ones((0, 4)), "not empty"),
        (np.ones(4), "must be \\(N, D\\)"),
        (np.full((2, 4), np.nan), "holds nan"),
        (np.ones((2, 5)), "4|must agree"),
    ):
        with pytest.raises(ValueError, match=match):
            function(theta, ACTIONS[0])


def test_bad_projection():
    with pytest.raises(ValueError, match="must agree"):
        project(np.ones((2, 3)), subspace(np.eye(4)[:, :1]))
    with pytest.raises(ValueError, match="holds inf"):
        project(np.full((2, 4), np.inf), subspace(np.eye(4)[:, :1]))
