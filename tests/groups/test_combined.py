"""Sums, tensor products, hom and pullbacks act as their formulas say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widesym.groups import (
    cyclic,
    cyclic_permutation,
    cyclic_rotation,
    dihedral,
    dihedral_plane,
    direct_sum,
    external_sum,
    external_tensor,
    hom,
    product,
    pullback,
    representations,
    same_group,
    swap,
    symmetric_permutation,
    tensor,
    trivial,
)

from .group_cases import EXACT, FAMILIES

pairs = st.sampled_from(FAMILIES).flatmap(lambda f: st.tuples(st.sampled_from(f), st.sampled_from(f)))
seeds = st.integers(0, 1000)


@given(pairs, seeds)
def test_direct_sum_acts_on_each_part(pair, seed):
    a, b = pair
    rep = direct_sum(a, b, b)
    rng = np.random.default_rng(seed)
    x, y, z = (rng.normal(size=r.dim) for r in (a, b, b))
    for g in range(rep.group.order):
        parts = [a.matrices[g] @ x, b.matrices[g] @ y, b.matrices[g] @ z]
        assert np.abs(rep.matrices[g] @ np.concatenate([x, y, z]) - np.concatenate(parts)).max() < EXACT


def test_direct_sum_of_one_is_itself():
    assert np.array_equal(direct_sum(swap()).matrices, swap().matrices)


@given(pairs, seeds)
def test_tensor_acts_on_products(pair, seed):
    a, b = pair
    rep = tensor(a, b)
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=a.dim), rng.normal(size=b.dim)
    for g in range(rep.group.order):
        moved = np.kron(a.matrices[g] @ x, b.matrices[g] @ y)
        assert np.abs(rep.matrices[g] @ np.kron(x, y) - moved).max() < EXACT


@given(pairs)
def test_characters_of_sum_and_product(pair):
    def character(rep):
        return np.trace(rep.matrices, axis1=1, axis2=2)

    a, b = pair
    assert np.abs(character(direct_sum(a, b)) - character(a) - character(b)).max() < EXACT
    assert np.abs(character(tensor(a, b)) - character(a) * character(b)).max() < EXACT


@given(pairs, seeds)
def test_hom_acts_on_flattened_matrices(pair, seed):
    rho_in, rho_out = pair
    rep = hom(rho_in, rho_out)
    z = np.random.default_rng(seed).normal(size=(rho_out.dim, rho_in.dim))
    for g in range(rep.group.order):
        moved = rho_out.matrices[g] @ z @ rho_in.matrices[g].T
        assert np.abs(rep.matrices[g] @ z.reshape(-1) - moved.reshape(-1)).max() < EXACT


def test_hom_of_the_swap_is_conjugation():
    z = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert (hom(swap(), swap()).matrices[1] @ z.reshape(-1)).tolist() == [4.0, 3.0, 2.0, 1.0]


def test_hom_is_not_symmetric_in_its_arguments():
    """Input and output spaces of different dimensions: the order of the two matters."""
    rep = hom(swap(), trivial(cyclic(2), 3))
    z = np.arange(6.0).reshape(3, 2)
    assert (rep.matrices[1] @ z.reshape(-1)).reshape(3, 2).tolist() == z[:, ::-1].tolist()


def test_pullback_restricts_to_a_subgroup():
    rotations = pullback(dihedral_plane(5), cyclic(5), range(5))
    assert np.abs(rotations.matrices - cyclic_rotation(5).matrices).max() < EXACT


def test_external_sum_and_tensor_act_factor_by_factor():
    a, b = cyclic_rotation(3), dihedral_plane(4)
    added, multiplied = external_sum(a, b), external_tensor(a, b)
    assert same_group(added.group, product(cyclic(3), dihedral(4)))
    assert same_group(added.group, multiplied.group)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=2), rng.normal(size=2)
    for g in range(3):
        for h in range(8):
            moved = a.matrices[g] @ x, b.matrices[h] @ y
            both = g * 8 + h
            assert np.abs(added.matrices[both] @ np.concatenate([x, y]) - np.concatenate(moved)).max() < EXACT
            assert np.abs(multiplied.matrices[both] @ np.kron(x, y) - np.kron(*moved)).max() < EXACT


@pytest.mark.parametrize("build", [direct_sum, tensor, hom])
def test_representations_of_different_groups_are_refused(build):
    with pytest.raises(ValueError, match="of the group .* must be of one group") as refused:
        build(swap(), cyclic_permutation(4))
    assert all(name in str(refused.value) for name in ("'swap'", "'C2'", "'shift(C4)'", "'C4'"))
    # one order, another group
    with pytest.raises(ValueError, match="must be of one group"):
        build(cyclic_rotation(6), symmetric_permutation(3))


def test_an_empty_sum_is_refused():
    with pytest.raises(ValueError, match="no representations"):
        direct_sum()


@pytest.mark.parametrize(
    ("homomorphism", "message"),
    [
        ([0, 1], r"shape \(2,\)"),
        ([[0], [1, 2], [3]], "homomorphism is ragged"),
        ([0.0, 1.0, 2.0], "must be 3 integers"),
        ([0, 1, 10], "holds 0 to 10: must be elements 0..9 of 'D5'"),
        ([0, 1, -1], "holds -1 to 1"),
        ([0, 1, 2], "no homomorphism of 'C3'"),
    ],
)
def test_wrong_homomorphisms_are_refused(homomorphism, message):
    with pytest.raises(ValueError, match=message):
        pullback(dihedral_plane(5), cyclic(3), homomorphism)


@pytest.mark.parametrize("build", [direct_sum, tensor])
def test_too_large_a_combination_is_refused(build, monkeypatch):
    parts = trivial(cyclic(2), 4), swap()
    monkeypatch.setattr(representations, "MAX_ENTRIES", 71)
    assert direct_sum(swap(), swap()).dim == 4
    with pytest.raises(ValueError, match="would hold 2 matrices of size"):
        build(*parts)


def test_too_large_a_pullback_is_refused(monkeypatch):
    monkeypatch.setattr(representations, "MAX_ENTRIES", 71)
    with pytest.raises(ValueError, match="would hold 18 matrices of size 2 x 2"):
        pullback(swap(), cyclic(18), np.arange(18) % 2)
