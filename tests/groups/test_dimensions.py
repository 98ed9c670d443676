"""Dimensions of groups of matrices, counted against groups whose Lie algebras are known by heart."""

import numpy as np
import pytest
from scipy.linalg import expm

from widesym.groups.dimensions import commuting, logarithms, rank

RNG = np.random.default_rng(0)


def skew(n, count=1):
    a = RNG.normal(size=(count, n, n))
    return a - a.transpose(0, 2, 1)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_nothing_to_commute_with_leaves_all_skew_matrices(n):
    basis = commuting(np.zeros((0, n, n)))
    assert len(basis) == n * (n - 1) // 2
    np.testing.assert_allclose(basis, -basis.transpose(0, 2, 1), atol=1e-14)
    np.testing.assert_allclose(np.einsum("aij,bij->ab", basis, basis), np.eye(len(basis)), atol=1e-13)


def test_commuting_with_a_complex_structure_leaves_the_unitary_group():
    n = 3
    J = np.kron(np.array([[0.0, -1.0], [1.0, 0.0]]), np.eye(n))
    basis = commuting(J[None])
    assert len(basis) == n * n  # u(n)
    np.testing.assert_allclose(basis @ J, J @ basis, atol=1e-13)


def test_commuting_with_a_projector_leaves_blocks():
    P = np.diag([1.0, 1, 0, 0, 0])
    assert len(commuting(P[None])) == 1 + 3  # so(2) + so(3)


def test_commuting_uses_the_matrices_as_they_stand_not_transposed():
    # a shift of coordinates is not symmetric: its commutant are the circulant matrices
    shift = np.roll(np.eye(5), 1, axis=0)
    basis = commuting(shift[None])
    assert len(basis) == 2
    np.testing.assert_allclose(basis @ shift, shift @ basis, atol=1e-13)


def test_logarithms_of_squares_are_those_of_exponentials():
    a = skew(4, 3)
    a *= 0.7 / np.linalg.norm(a, 2, axis=(1, 2))[:, None, None]  # so that twice of it is principal
    np.testing.assert_allclose(logarithms(np.array([expm(x) for x in a])), 2 * a, atol=1e-13)


def test_logarithms_do_not_see_a_reflection_that_is_its_own_inverse():
    reflection = np.diag([-1.0, 1, 1])
    np.testing.assert_allclose(logarithms(reflection[None]), 0, atol=1e-15)


def test_logarithms_where_eigenvalues_repeat():
    a = np.kron(np.eye(3), [[0.0, -0.4], [0.4, 0.0]])
    np.testing.assert_allclose(logarithms(expm(a)[None])[0], 2 * a, atol=1e-13)


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, 1), (4, 4)])
def test_rank_of_independent_matrices(count, expected):
    found = rank(skew(4, count))
    assert found == expected


def test_rank_of_dependent_and_of_zero_matrices():
    a = skew(4, 2)
    assert rank(np.concatenate([a, a @ np.eye(4) * 3, a[:1] - a[1:]])) == 2
    assert rank(np.zeros((3, 4, 4))) == 0


@pytest.mark.parametrize("function", [commuting, logarithms, rank])
def test_no_stack_of_square_matrices_is_refused(function):
    with pytest.raises(ValueError, match=r"must be \(m, n, n\)"):
        function(np.zeros((3, 4)))
    with pytest.raises(ValueError, match=r"must be \(m, n, n\)"):
        function(np.zeros((2, 3, 4)))
    with pytest.raises(ValueError, match="finite"):
        function(np.full((1, 2, 2), np.nan))
