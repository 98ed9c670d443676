"""The well-known representations, each against what it is known for."""

import numpy as np
import pytest

from widesym.groups import (
    cyclic,
    cyclic_permutation,
    cyclic_rotation,
    dihedral,
    dihedral_plane,
    dihedral_polygon,
    invariant_subspace,
    same_group,
    sign,
    swap,
    symmetric,
    symmetric_permutation,
)

from .group_cases import EXACT


@pytest.mark.parametrize("n", [1, 2, 3, 8, 1000])
def test_rotation_turns_the_complex_plane(n):
    rep = cyclic_rotation(n)
    assert same_group(rep.group, cyclic(n))
    turned = rep.matrices @ [0.6, 0.8]
    assert np.abs(turned @ [1, 1j] - (0.6 + 0.8j) * np.exp(2j * np.pi * np.arange(n) / n)).max() < EXACT


@pytest.mark.parametrize("frequency", [0, 2, -1, 7, 10**30 + 1])
def test_frequency_is_counted_modulo_the_order(frequency):
    powers = cyclic_rotation(5).matrices[np.arange(5) * (frequency % 5) % 5]
    assert np.array_equal(cyclic_rotation(5, frequency).matrices, powers)


@pytest.mark.parametrize("frequency", [0.5, "1", True])
def test_a_frequency_that_is_no_integer_is_refused(frequency):
    with pytest.raises(ValueError, match="frequency=.*must be an integer"):
        cyclic_rotation(5, frequency)


def test_shift_moves_to_the_next_point():
    x = np.array([1.0, 2.0, 3.0, 4.0])
    rep = cyclic_permutation(4)
    assert same_group(rep.group, cyclic(4))
    assert [(m @ x).tolist() for m in rep.matrices] == [np.roll(x, k).tolist() for k in range(4)]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 9])
def test_dihedral_plane_moves_the_polygon_as_its_vertices(n):
    """M on the plane takes vertex i to vertex p(i), p the permutation of the other representation."""
    plane, polygon = dihedral_plane(n), dihedral_polygon(n)
    assert same_group(plane.group, dihedral(n)) and same_group(polygon.group, dihedral(n))
    angle = 2 * np.pi * np.arange(n) / n
    vertices = np.stack([np.cos(angle), np.sin(angle)])
    assert np.abs(plane.matrices @ vertices - vertices @ polygon.matrices).max() < EXACT


def test_dihedral_plane_turns_then_reflects():
    determinants = np.linalg.det(dihedral_plane(6).matrices)
    assert np.abs(determinants - np.repeat([1.0, -1.0], 6)).max() < EXACT
    assert np.array_equal(dihedral_plane(6).matrices[6], np.diag([1.0, -1.0]))


def test_symmetric_permutes_all_coordinates():
    rep = symmetric_permutation(4)
    assert same_group(rep.group, symmetric(4))
    images = {tuple(m @ [1.0, 2.0, 3.0, 4.0]) for m in rep.matrices}
    assert len(images) == 24 and all(sorted(v) == [1.0, 2.0, 3.0, 4.0] for v in images)


def test_swap_swaps():
    assert same_group(swap().group, cyclic(2))
    assert (swap().matrices @ [1.0, 2.0]).tolist() == [[1.0, 2.0], [2.0, 1.0]]


@pytest.mark.parametrize("dim", [1, 3])
def test_sign_leaves_only_zero(dim):
    assert same_group(sign().group, cyclic(2))
    assert np.array_equal(sign(dim).matrices[1], -np.eye(dim))
    assert invariant_subspace(sign(dim)).dim == 0


@pytest.mark.parametrize("dim", [0, 1.0, True])
def test_a_wrong_dimension_is_refused(dim):
    with pytest.raises(ValueError, match="dim=.*must be an integer >= 1"):
        sign(dim)


def test_too_many_points_are_refused():
    with pytest.raises(ValueError, match="would hold 513 matrices"):
        cyclic_permutation(513)
    with pytest.raises(ValueError, match="would hold 814 matrices"):
        dihedral_polygon(407)
