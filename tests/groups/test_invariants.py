"""Averages, orbits and invariant subspaces: three ways to one subspace, and its defining properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widesym.groups import (
    Representation,
    Subspace,
    average,
    basis_by_null_space,
    cyclic,
    cyclic_rotation,
    dihedral_plane,
    dimension_by_character,
    direct_sum,
    hom,
    invariant_subspace,
    orbit,
    projector_by_averaging,
    regular,
    sign,
    subspace,
    swap,
    symmetric_permutation,
    tensor,
    trivial,
)

from .group_cases import EXACT, GROUPS, in_basis, orthogonal, representations

shapes = st.sampled_from([(), (1,), (5,), (2, 3), (0,)])


@settings(deadline=None)
@given(representations())
def test_projector_is_idempotent_symmetric_and_fixed_by_the_group(rep):
    p = projector_by_averaging(rep)
    assert np.abs(p @ p - p).max() < EXACT
    assert np.array_equal(p, p.T)
    assert np.abs(rep.matrices @ p - p).max() < EXACT
    assert np.abs(p @ rep.matrices - p).max() < EXACT


@settings(deadline=None)
@given(representations())
def test_null_space_average_and_character_agree(rep):
    """Three ways: singular vectors of the generators, Haar average, traces."""
    basis = basis_by_null_space(rep)
    assert np.abs(basis @ basis.T - projector_by_averaging(rep)).max(initial=0.0) < EXACT
    assert basis.shape == (rep.dim, dimension_by_character(rep))
    found = invariant_subspace(rep)
    assert np.array_equal(found.basis, basis) and found.ambient == rep.dim


@settings(deadline=None)
@given(representations())
def test_invariant_vectors_are_fixed_and_no_others(rep):
    found = invariant_subspace(rep)
    assert np.abs(rep.matrices @ found.basis - found.basis).max(initial=0.0) < EXACT
    # every vector of the complement is moved by some element
    rest = np.eye(rep.dim) - found.projector
    values, vectors = np.linalg.eigh(rest)
    for v in vectors[:, values > 0.5].T:
        assert np.linalg.norm(rep.matrices @ v - v, axis=1).max() > 0.1


@settings(deadline=None)
@given(representations(), shapes, st.integers(0, 1000))
def test_orbit_and_average_are_loops_over_the_group(rep, shape, seed):
    v = np.random.default_rng(seed).normal(size=(*shape, rep.dim))
    moved = orbit(rep, v)
    assert moved.shape == (rep.group.order, *v.shape) and average(rep, v).shape == v.shape
    for g in range(rep.group.order):
        for index in np.ndindex(shape):
            assert np.abs(moved[(g, *index)] - rep.matrices[g] @ v[index]).max() < EXACT
    assert np.abs(average(rep, v) - moved.mean(axis=0)).max(initial=0.0) < EXACT


@settings(deadline=None)
@given(representations(), st.integers(0, 1000))
def test_average_is_invariant_and_constant_on_orbits(rep, seed):
    v = np.random.default_rng(seed).normal(size=rep.dim)
    mean = average(rep, v)
    assert np.abs(orbit(rep, mean) - mean).max() < EXACT
    assert np.abs(average(rep, orbit(rep, v)) - mean).max() < EXACT
    assert np.abs(average(rep, mean) - mean).max() < EXACT


def test_the_paper_case():
    """hom(swap, swap): the matrices [[a, b], [b, a]], dimension 2 of 4."""
    found = invariant_subspace(hom(swap(), swap()))
    assert (found.dim, found.ambient) == (2, 4)
    for z in found.basis.T.reshape(2, 2, 2):
        assert abs(z[0, 0] - z[1, 1]) < EXACT and abs(z[0, 1] - z[1, 0]) < EXACT
    both = subspace([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    assert np.abs(both.projector - found.projector).max() < EXACT


@pytest.mark.parametrize(
    ("rep", "dim"),
    [
        (trivial(cyclic(5), 3), 3),
        (sign(2), 0),
        (cyclic_rotation(4), 0),
        (symmetric_permutation(5), 1),
        (hom(symmetric_permutation(4), symmetric_permutation(4)), 2),  # a I + b 11^T
        (hom(cyclic_rotation(5), cyclic_rotation(5)), 2),  # complex multiplication
        (hom(dihedral_plane(5), dihedral_plane(5)), 1),  # Schur: absolutely irreducible
        (tensor(cyclic_rotation(6), cyclic_rotation(6, 2)), 0),  # no common frequency
        (direct_sum(swap(), sign(), swap()), 2),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_known_dimensions(rep, dim):
    assert invariant_subspace(rep).dim == dim == dimension_by_character(rep)


@pytest.mark.parametrize("group", GROUPS, ids=lambda g: g.name)
def test_regular_fixes_the_constants_only(group):
    found = invariant_subspace(regular(group))
    assert np.abs(found.projector - 1 / group.order).max() < EXACT and found.dim == 1


def test_small_angles_are_no_fixed_vectors():
    """A large cyclic group in a general basis: M - I has singular values of 3e-3."""
    rep = in_basis(direct_sum(cyclic_rotation(2000), trivial(cyclic(2000))), orthogonal(3, 3))
    assert invariant_subspace(rep).dim == 1


def test_ways_that_disagree_are_reported():
    """Accurate to 1e-10 only: accepted as a representation, but not good enough to agree to 1e-12."""
    tilt = np.array([[1.0, -1e-10], [1e-10, 1.0]])
    matrices = np.array(symmetric_permutation(3).matrices)
    matrices[5, :2, :2] = tilt @ matrices[5, :2, :2]
    with pytest.raises(RuntimeError, match="averaging and by null space differ by .*double precision"):
        invariant_subspace(Representation(symmetric_permutation(3).group, matrices, "tilted"))


@pytest.mark.parametrize("act", [orbit, average])
@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.ones(3), r"shape \(3,\): the last axis must be 2, the dimension of 'swap'"),
        (np.ones((2, 3)), r"shape \(2, 3\)"),
        (1.0, r"shape \(\)"),
        ([1.0, np.nan], "holds nan"),
        ([1.0, 1j], "must be real"),
        ([[1.0, 2.0], [3.0]], "ragged"),
    ],
)
def test_wrong_vectors_are_refused(act, vectors, message):
    with pytest.raises(ValueError, match=message):
        act(swap(), vectors)


# subspaces


@given(st.integers(1, 6), st.integers(0, 8), st.integers(0, 6), st.integers(0, 1000))
def test_subspace_is_the_span(ambient, columns, rank, seed):
    rng = np.random.default_rng(seed)
    rank = min(rank, ambient, columns)
    spanning = rng.normal(size=(ambient, rank)) @ rng.normal(size=(rank, columns))
    found = subspace(spanning)
    assert (found.dim, found.ambient) == (rank, ambient)
    p = found.projector
    assert np.abs(p @ spanning - spanning).max(initial=0.0) < 1e-10  # products of normal matrices
    assert np.abs(p @ p - p).max() < EXACT and abs(np.trace(p) - rank) < EXACT


def test_subspace_does_not_depend_on_the_scale():
    assert subspace(np.diag([1e-30, 1e-33, 0.0])).dim == 2
    assert subspace(np.diag([1.0, 1e-12])).dim == 1


def test_zero_and_whole_space():
    for nothing in (np.zeros((4, 0)), np.zeros((4, 2))):
        zero = subspace(nothing)
        assert (zero.dim, zero.ambient) == (0, 4) and not zero.projector.any()
        assert zero.projector.shape == (4, 4)
    assert np.array_equal(Subspace(np.eye(3)).projector, np.eye(3))
    assert repr(Subspace(np.eye(3))) == "Subspace(dim=3, ambient=3)"


def test_basis_is_a_frozen_copy():
    basis = np.eye(2)
    space = Subspace(basis)
    basis[0, 0] = 5
    assert space.basis[0, 0] == 1.0
    for array in (space.basis, space.projector):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 5


@pytest.mark.parametrize(
    ("basis", "message"),
    [
        (np.ones(3), r"shape \(3,\): must be \(D, k\)"),
        (np.ones((2, 3)), r"shape \(2, 3\): must be \(D, k\) with k <= D"),
        (np.ones((0, 0)), r"shape \(0, 0\)"),
        ([[1.0, 1.0], [0.0, 0.0]], "not orthonormal: B.T B differs from I by 1"),
        ([[2.0], [0.0]], "not orthonormal"),
        ([[np.nan], [0.0]], "holds nan"),
    ],
)
def test_wrong_bases_are_refused(basis, message):
    with pytest.raises(ValueError, match=message):
        Subspace(basis)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (np.ones(3), r"shape \(3,\): must be \(D, m\)"),
        (np.ones((0, 2)), r"shape \(0, 2\)"),
        ([[np.inf], [0.0]], "holds inf"),
    ],
)
def test_wrong_columns_are_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        subspace(columns)
