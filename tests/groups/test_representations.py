"""Representations: homomorphism and orthogonality of everything built, refusal of everything else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widesym.groups import (
    FiniteGroup,
    Representation,
    cyclic,
    cyclic_rotation,
    determinant,
    dihedral,
    dihedral_plane,
    from_generators,
    permutation,
    permutation_group,
    product,
    regular,
    representation_from_generators,
    same_group,
    swap,
    symmetric,
    symmetric_permutation,
    trivial,
    trivial_group,
)

from .group_cases import EXACT, GROUPS, in_basis, orthogonal, representations


def rotation(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@settings(deadline=None)
@given(representations())
def test_homomorphism_on_all_pairs(rep):
    """The constructor tests generators only; here every pair, by brute force."""
    m = rep.matrices
    for g in range(rep.group.order):
        assert np.abs(m[g] @ m - m[rep.group.table[g]]).max() < EXACT
    assert np.array_equal(m[0], np.eye(rep.dim)) or np.abs(m[0] - np.eye(rep.dim)).max() < EXACT


@settings(deadline=None)
@given(representations())
def test_inverse_is_transpose(rep):
    assert np.abs(rep.matrices[rep.group.inverse] - rep.matrices.transpose(0, 2, 1)).max() < EXACT
    assert rep.matrices.shape == (rep.group.order, rep.dim, rep.dim)


@settings(deadline=None)
@given(representations())
def test_rebuilt_from_its_generators(rep):
    images = {s: rep.matrices[s] for s in rep.group.generators} or {0: rep.matrices[0]}
    rebuilt = representation_from_generators(rep.group, images, name="rebuilt")
    assert np.abs(rebuilt.matrices - rep.matrices).max() < EXACT


@pytest.mark.parametrize("group", GROUPS, ids=lambda g: g.name)
def test_regular_moves_group_elements(group):
    rep = regular(group)
    for g in range(group.order):
        for h in range(group.order):
            assert rep.matrices[g, group.table[g, h], h] == 1.0
    # faithful and without fixed points: the character is n at the identity and 0 elsewhere
    assert np.trace(rep.matrices, axis1=1, axis2=2).tolist() == [group.order] + [0.0] * (group.order - 1)


@pytest.mark.parametrize("dim", [1, 3])
def test_trivial_moves_nothing(dim):
    rep = trivial(dihedral(3), dim)
    assert rep.dim == dim and all(np.array_equal(m, np.eye(dim)) for m in rep.matrices)


@given(st.permutations(range(5)), st.permutations(range(5)), st.integers(0, 100))
def test_permutation_moves_coordinates(p, q, seed):
    group, rows = permutation_group([p, q])
    rep = permutation(group, rows)
    x = np.random.default_rng(seed).normal(size=5)
    for g in (0, group.order // 2, group.order - 1):
        assert np.array_equal((rep.matrices[g] @ x)[rows[g]], x)


def test_determinant_is_the_sign():
    rep = symmetric_permutation(4)
    images = rep.matrices.argmax(axis=1)
    signs = [(-1.0) ** sum(p[i] > p[j] for i in range(4) for j in range(i, 4)) for p in images]
    assert determinant(rep).matrices.ravel().tolist() == signs
    assert determinant(cyclic_rotation(5)).matrices.ravel().tolist() == [1.0] * 5


def test_representations_from_another_generating_set():
    plane = dihedral_plane(4)
    reflections = {4: plane.matrices[4], 5: plane.matrices[5]}
    extended = representation_from_generators(dihedral(4), reflections)
    assert np.abs(extended.matrices - plane.matrices).max() < EXACT


# from_generators


@settings(deadline=None)
@given(representations())
def test_from_generators_makes_the_image(rep):
    """The group made is the set of the matrices, each once."""
    made = from_generators([rep.matrices[s] for s in rep.group.generators] or [rep.matrices[0]], name="made")
    distance = np.abs(made.matrices[:, None] - rep.matrices[None]).max(axis=(2, 3))
    assert (distance.min(axis=0) < EXACT).all() and (distance.min(axis=1) < EXACT).all()
    apart = np.abs(made.matrices[:, None] - made.matrices[None]).max(axis=(2, 3)) + np.eye(made.group.order)
    assert apart.min() > 1e-2


def test_from_generators_finds_the_known_orders():
    flip = np.diag([1.0, -1.0])
    assert from_generators([rotation(2 * np.pi / 7)]).group.order == 7
    assert from_generators([rotation(2 * np.pi / 7), flip]).group.order == 14
    cube = [[[0, -1, 0], [1, 0, 0], [0, 0, 1]], [[0, 0, 1], [1, 0, 0], [0, 1, 0]]]
    assert from_generators(cube).group.order == 24
    assert from_generators([-np.eye(3)], max_order=2).group.order == 2


def test_from_generators_of_the_identity():
    made = from_generators([np.eye(3), np.eye(3)])
    assert (made.group.order, made.dim, made.group.generators) == (1, 3, ())


def test_from_generators_keeps_distinct_generators():
    flip, turn = np.diag([1.0, -1.0]), rotation(np.pi / 2)
    made = from_generators([flip, np.eye(2), flip, turn])
    assert len(made.group.generators) == 2
    assert np.array_equal(made.matrices[list(made.group.generators)], [flip, turn])


def test_from_permutations_as_from_their_matrices():
    p, q = [1, 0, 2, 3], [1, 2, 3, 0]
    made = from_generators([p, q], name="S4")
    as_matrices = from_generators([np.eye(4)[:, p], np.eye(4)[:, q]], name="S4")
    assert same_group(made.group, as_matrices.group) and same_group(made.group, symmetric(4))
    assert np.array_equal(made.matrices, as_matrices.matrices)
    assert made.name == made.group.name == "S4"


def test_from_generators_of_a_large_group_in_a_general_basis():
    """Order 5040; sin and cos of every angle, no entry exact."""
    s7 = symmetric_permutation(7)
    basis = orthogonal(0, 7)
    made = from_generators([basis @ s7.matrices[s] @ basis.T for s in s7.group.generators])
    assert same_group(made.group, s7.group)
    assert np.abs(made.matrices - in_basis(s7, basis).matrices).max() < EXACT


@pytest.mark.parametrize(
    ("generators", "message"),
    [
        ([], "no generators"),
        ([[[1.0, 0.0]]], r"generator 0 of 'X' has shape \(1, 2\): all must be square"),
        ([np.eye(2), np.eye(3)], r"generator 1 of 'X' has shape \(3, 3\)"),
        ([np.eye(2), [1, 0]], r"generator 1 of 'X' has shape \(2,\)"),
        ([np.zeros((0, 0))], r"shape \(0, 0\)"),
        ([np.zeros((2, 2, 2))], r"shape \(2, 2, 2\)"),
        ([2 * np.eye(2)], "matrix 0 of 'X' is not orthogonal: M M.T differs from I by 3.00e"),
        ([np.eye(2), [[1.0, 1.0], [0.0, 1.0]]], "matrix 1 of 'X' is not orthogonal"),
        ([[[1.0, np.nan], [0.0, 1.0]]], "holds nan: must be finite"),
        ([[[1.0, 0.0], [0.0, np.inf]]], "holds inf"),
        ([[[1j, 0], [0, 1]]], "must be real"),
        ([[["a", "b"], ["c", "d"]]], "must be real"),
        ([[2, 0]], r"is \[2, 0\]"),
        ([1.0], r"shape \(\)"),
    ],
)
def test_wrong_generators_are_refused(generators, message):
    with pytest.raises(ValueError, match=message):
        from_generators(generators, name="X")


def test_ragged_matrices_are_refused():
    with pytest.raises(ValueError, match="generator 1 of 'X' is ragged"):
        from_generators([np.eye(2), [[1.0, 0.0], [0.0]]], name="X")
    with pytest.raises(ValueError, match="generator 0 of 'X' is ragged"):
        from_generators([[[1.0, 0.0], [0.0]]], name="X")


def test_an_infinite_group_is_refused():
    with pytest.raises(ValueError, match="more than max_order=500 .* not a finite group of order <= 500"):
        from_generators([rotation(1.0)], max_order=500)
    flip = np.diag([1.0, -1.0])
    with pytest.raises(ValueError, match="more than max_order=1000"):  # each of order 2, infinite together
        from_generators([flip, rotation(1) @ flip @ rotation(-1)], max_order=1000)


@pytest.mark.parametrize("angle", [1e-8, 2 * np.pi / 3 + 1e-8])
def test_a_group_up_to_single_precision_is_refused(angle):
    """Near the identity, or nearly closing: neither a finite group nor far from one."""
    with pytest.raises(ValueError, match="return to an element only up to .*double precision"):
        from_generators([rotation(angle)])


# the constructor


def test_matrices_are_a_frozen_copy():
    matrices = np.array(swap().matrices)
    rep = Representation(cyclic(2), matrices, "swap")
    matrices[1] = 0
    assert rep.matrices[1, 0, 1] == 1.0 and rep.matrices.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        rep.matrices[0] = 0
    # integers are taken as the reals they are
    assert Representation(cyclic(2), [[[1]], [[-1]]]).matrices.dtype == np.float64


@pytest.mark.parametrize(
    ("matrices", "message"),
    [
        (np.eye(2), r"shape \(2, 2\): must be \(2, d, d\)"),
        (np.ones((3, 1, 1)), r"shape \(3, 1, 1\): must be \(2, d, d\)"),
        (np.ones((2, 1, 2)), r"shape \(2, 1, 2\)"),
        (np.ones((2, 0, 0)), r"shape \(2, 0, 0\)"),
        ([np.eye(2), 2 * np.eye(2)], "matrix 1 of 'X' is not orthogonal"),
        ([np.eye(2), [[1.0, 1e-6], [0.0, 1.0]]], "matrix 1 of 'X' is not orthogonal"),
        ([-np.eye(2), np.eye(2)], r"no homomorphism of 'C2': M\[0\] differs from I by 2"),
        ([np.eye(2), rotation(2 * np.pi / 3)], r"M\[1\] M\[1\] differs from M\[0\] by 1.5"),
        ([np.eye(2), np.full((2, 2), np.nan)], "holds nan"),
        ([np.eye(2), 1j * np.eye(2)], "must be real"),
    ],
)
def test_what_is_no_representation_is_refused(matrices, message):
    with pytest.raises(ValueError, match=message) as refused:
        Representation(cyclic(2), matrices, "X")
    assert "remedy" in str(refused.value)


@pytest.mark.parametrize("g", range(1, 6))
def test_one_wrong_matrix_anywhere_is_refused(g):
    """Orthogonal, but not the image of its element."""
    matrices = np.array(dihedral_plane(3).matrices)
    matrices[g] = matrices[g] @ rotation(1e-6)
    with pytest.raises(ValueError, match="no homomorphism of 'D3'"):
        Representation(dihedral(3), matrices, "X")


def test_the_trivial_group_has_the_identity_only():
    with pytest.raises(ValueError, match=r"M\[0\] differs from I"):
        Representation(trivial_group(), [[[-1.0]]])


def test_an_antihomomorphism_is_refused():
    """g -> M_g^T reverses products: a homomorphism only where the group commutes."""
    rep = symmetric_permutation(3)
    with pytest.raises(ValueError, match="no homomorphism"):
        Representation(rep.group, rep.matrices.transpose(0, 2, 1))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ({}, "use trivial"),
        ({7: np.eye(2)}, "key 7 .*must be an element 0..5 of 'D3'"),
        ({"r": np.eye(2)}, "key 'r'"),
        ({True: np.eye(2)}, "key True"),
        ({1: rotation(2 * np.pi / 3)}, r"elements \[1\] reach 3 of the 6"),
        ({1: np.eye(2), 3: np.eye(3)}, r"image of element 3 .*shape \(3, 3\)"),
        ({1: [[1.0, 0.0]], 3: np.eye(2)}, r"image of element 1 .*shape \(1, 2\)"),
        ({1: 2 * np.eye(2), 3: np.eye(2)}, "not orthogonal"),
        ({1: rotation(2 * np.pi / 5), 3: np.diag([1, -1.0])}, "no homomorphism"),  # r^3 != 1
        ({1: rotation(2 * np.pi / 3), 3: np.eye(2)}, "no homomorphism"),  # s r s != r^-1
        ({0: -np.eye(2), 1: np.eye(2), 3: np.eye(2)}, r"M\[0\] differs from I"),
    ],
)
def test_wrong_images_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        representation_from_generators(dihedral(3), images, name="X")


@pytest.mark.parametrize(
    ("permutations", "message"),
    [
        ([[0, 1]], "have 1 rows: must be 2"),
        ([[0, 1], [1, 1]], r"is \[1, 1\]"),
        ([[0, 1], [0.5, 1]], "must be integers"),
        ([0, 1], "with 2 axes"),
        ([[0, 1, 2], [1, 2, 0]], "no homomorphism"),
        ([[1, 0], [0, 1]], r"M\[0\] differs from I"),
    ],
)
def test_wrong_permutations_are_refused(permutations, message):
    with pytest.raises(ValueError, match=message):
        permutation(cyclic(2), permutations)


@pytest.mark.parametrize("dim", [0, -1, 1.5, True])
def test_wrong_dimension_is_refused(dim):
    with pytest.raises(ValueError, match="dim=.*must be an integer >= 1"):
        trivial(cyclic(2), dim)


def test_too_large_a_representation_is_refused_before_it_is_made():
    """Each of these would take the machine down if it were allocated."""
    with pytest.raises(ValueError, match="'regular.S6.' would hold 720 matrices of size 720 x 720"):
        regular(symmetric(6))
    with pytest.raises(ValueError, match="would hold"):
        trivial(cyclic(2), 100_000)
    with pytest.raises(ValueError, match="would hold"):
        representation_from_generators(cyclic(2000), {1: np.eye(300)})


def test_a_group_with_found_generators_serves_as_well():
    """Tables of outside origin, without generators."""
    klein = FiniteGroup("V", product(cyclic(2), cyclic(2)).table)
    rep = representation_from_generators(klein, {1: [[-1.0]], 2: [[1.0]]})
    assert rep.matrices.ravel().tolist() == [1.0, -1.0, 1.0, -1.0]
