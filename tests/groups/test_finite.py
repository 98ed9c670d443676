"""Groups as tables: the axioms hold for every family, and nothing else is accepted."""

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widesym.groups import (
    FiniteGroup,
    cyclic,
    dihedral,
    finite,
    permutation_group,
    product,
    same_group,
    symmetric,
    trivial_group,
)

from .group_cases import GROUPS

# A latin square with identity in which every element is its own inverse: order 5 has no such group.
LOOP_OF_ORDER_5 = [[0, 1, 2, 3, 4], [1, 0, 3, 4, 2], [2, 4, 0, 1, 3], [3, 2, 4, 0, 1], [4, 3, 1, 2, 0]]


def associative(table):
    """Brute force over all triples."""
    table = np.asarray(table)
    return np.array_equal(table[table], table[:, table])


@pytest.mark.parametrize("group", GROUPS, ids=lambda g: g.name)
def test_group_axioms(group):
    every = np.arange(group.order)
    assert associative(group.table)
    assert np.array_equal(group.table[0], every) and np.array_equal(group.table[:, 0], every)
    assert not group.table[every, group.inverse].any() and not group.table[group.inverse, every].any()


@pytest.mark.parametrize("group", GROUPS, ids=lambda g: g.name)
def test_generators_generate(group):
    reached = {0}
    for _ in range(group.order):
        reached |= {int(group.table[s, h]) for s in group.generators for h in reached}
    assert reached == set(range(group.order))


@pytest.mark.parametrize("group", GROUPS, ids=lambda g: g.name)
def test_generators_are_found_when_none_are_given(group):
    found = FiniteGroup("found", group.table).generators
    # each new generator at least doubles the subgroup
    assert len(found) <= math.log2(group.order)
    assert FiniteGroup("again", group.table, found).generators == found


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_orders(n):
    assert (cyclic(n).order, dihedral(n).order, symmetric(n).order) == (n, 2 * n, math.factorial(n))
    assert trivial_group().order == 1 and trivial_group().generators == ()


def test_cyclic_is_addition():
    assert all(cyclic(7).table[g, h] == (g + h) % 7 for g in range(7) for h in range(7))


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_dihedral_relations(n):
    t = dihedral(n).table
    r, s = 1 % n, n
    power = 0
    for _ in range(n):
        power = t[r, power]
    assert power == 0 and t[s, s] == 0
    assert t[t[s, r], s] == dihedral(n).inverse[r]


def test_only_small_families_commute():
    def commutes(group):
        return np.array_equal(group.table, group.table.T)

    assert commutes(cyclic(6)) and commutes(dihedral(2)) and commutes(symmetric(2))
    assert not commutes(dihedral(3)) and not commutes(symmetric(3))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_symmetric_is_all_permutations(n):
    turn = [*range(1, n), 0]
    flip = [1, 0, *range(2, n)] if n > 1 else [0]
    group, rows = permutation_group([flip, turn])
    assert {tuple(p) for p in rows.tolist()} == set(itertools.permutations(range(n)))
    assert same_group(group, symmetric(n))
    for g, h in itertools.product(range(min(group.order, 12)), repeat=2):
        assert np.array_equal(rows[group.table[g, h]], rows[g][rows[h]])


def test_product_law():
    g, h = dihedral(3), cyclic(4)
    both = product(g, h)
    assert both.order == 24
    for a, b, c, d in itertools.product(range(6), range(4), range(6), range(4)):
        assert both.table[a * 4 + b, c * 4 + d] == g.table[a, c] * 4 + h.table[b, d]


def test_same_group_compares_tables():
    assert same_group(cyclic(4), cyclic(4)) and cyclic(4) is not cyclic(4)
    assert same_group(cyclic(1), trivial_group())
    assert not same_group(cyclic(4), product(cyclic(2), cyclic(2)))
    assert not same_group(cyclic(4), cyclic(5))


def test_table_is_a_frozen_copy():
    table = np.array([[0, 1], [1, 0]], dtype=np.int32)
    group = FiniteGroup("C2", table)
    table[0, 0] = 1
    assert group.table[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        group.table[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        group.inverse[0] = 1


@given(st.sampled_from([product(cyclic(2), cyclic(4)), dihedral(4), cyclic(6), dihedral(5)]), st.data())
def test_accepted_exactly_when_associative(group, data):
    """Turning a 2 x 2 sub-square keeps a latin square with identity; associativity decides."""
    n = group.order
    row, other = data.draw(st.lists(st.integers(1, n - 1), min_size=2, max_size=2, unique=True))
    table = np.array(group.table)
    squares = [
        (c, d)
        for c in range(1, n)
        for d in range(1, n)
        if c != d and table[row, c] == table[other, d] and table[row, d] == table[other, c]
    ]
    if squares:
        columns = list(data.draw(st.sampled_from(squares)))
        table[row, columns], table[other, columns] = table[other, columns], table[row, columns]
    if associative(table):
        assert FiniteGroup("turned", table).order == n
    else:
        with pytest.raises(ValueError, match="not associative"):
            FiniteGroup("turned", table)


def test_a_table_is_tested_in_blocks_to_its_last_row(monkeypatch):
    """Large tables are compared a block of rows at a time; the triple named is a counterexample."""
    monkeypatch.setattr(finite, "_BLOCK_ENTRIES", 5)
    table = np.array(LOOP_OF_ORDER_5)
    with pytest.raises(ValueError, match="not associative") as refused:
        FiniteGroup("loop", table, (1, 2))
    g, s, h = map(int, re.search(r"\((\d)\*(\d)\)\*(\d)", str(refused.value)).groups())
    assert g > 0 and table[table[g, s], h] != table[g, table[s, h]]
    assert FiniteGroup("C5", cyclic(5).table).order == 5


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (LOOP_OF_ORDER_5, "not associative"),
        ([[0, 1], [1, 1]], "no latin square: row 1"),
        ([[0, 1, 2], [1, 2, 0], [1, 2, 0]], "no latin square: column 0"),
        ([[1, 0], [0, 1]], "element 0 is not the identity"),
        ([[0, 1, 2], [2, 0, 1], [1, 2, 0]], "element 0 is not the identity"),
        ([[0, 2, 1], [1, 0, 2], [2, 1, 0]], "element 0 is not the identity"),
        ([[0, 1], [1]], "ragged"),
        ([[0, 1], [1, 2]], "holds 2: entries must be indices 0..1"),
        ([[0, -1], [-1, 0]], "holds -1"),
        ([[0, 1, 2], [1, 2, 0]], r"shape \(2, 3\): must be square"),
        ([0, 1], r"shape \(2,\)"),
        (np.zeros((0, 0), dtype=int), r"shape \(0, 0\)"),
        (3, r"shape \(\)"),
        ([[0.0, 1.0], [1.0, 0.0]], "must hold integers"),
        ([[False, True], [True, False]], "must hold integers"),
    ],
)
def test_a_table_that_is_no_group_is_refused(table, message):
    with pytest.raises(ValueError, match=message) as refused:
        FiniteGroup("wrong", table)
    assert "'wrong'" in str(refused.value) and "remedy" in str(refused.value)


@pytest.mark.parametrize(
    ("generators", "message"),
    [
        ((2,), "reach 3 of 6"),
        ((0,), "reach 1 of 6"),
        ((6,), "generator 6"),
        ((-1,), "generator -1"),
        ((1.0,), "generator 1.0"),
        ((True,), "generator True"),
    ],
)
def test_wrong_generators_are_refused(generators, message):
    with pytest.raises(ValueError, match=message):
        FiniteGroup("C6", cyclic(6).table, generators)


@pytest.mark.parametrize("family", [cyclic, dihedral, symmetric])
@pytest.mark.parametrize("n", [0, -1, 2.0, "3", True, None, 10_001])
def test_wrong_orders_are_refused(family, n):
    with pytest.raises(ValueError, match="must be an integer from 1 to"):
        family(n)


def test_too_large_a_product_is_refused():
    with pytest.raises(ValueError, match="order of C101 x C100=10100"):
        product(cyclic(101), cyclic(100))


@pytest.mark.parametrize(
    ("permutations", "message"),
    [
        ([], "no generators"),
        ([[0, 0]], r"is \[0, 0\]: must hold each of 0..1 once"),
        ([[1, 2]], r"is \[1, 2\]"),
        ([[1.0, 0.0]], "must be integers"),
        ([[[0], [1, 0]]], "generator 0 is ragged"),
        ([[[1, 0]]], "with 1 axes"),
        ([[1, 0], [0, 2, 1]], r"permute \[2, 3\] points"),
        ([[]], "at least one point"),
    ],
)
def test_wrong_permutations_are_refused(permutations, message):
    with pytest.raises(ValueError, match=message):
        permutation_group(permutations)


def test_a_permutation_group_beyond_max_order_is_refused():
    with pytest.raises(ValueError, match="more than max_order=23"):
        permutation_group([[1, 0, 2, 3], [1, 2, 3, 0]], max_order=23)
    assert permutation_group([[1, 0, 2, 3], [1, 2, 3, 0]], max_order=24)[0].order == 24
