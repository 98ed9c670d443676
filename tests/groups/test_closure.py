"""Closing generators under products: the same set as brute force, whatever the rounding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widesym.groups import closure as closures
from widesym.groups.closure import close, multiplication_table

from .group_cases import orthogonal


def compose(s, block):
    return s[block]


def brute_force(generators):
    """All products of tuples, until nothing is new."""
    seen = {tuple(range(len(generators[0])))}
    while True:
        grown = seen | {tuple(s[i] for i in p) for s in generators for p in seen}
        if grown == seen:
            return seen
        seen = grown


permutation_sets = st.integers(1, 5).flatmap(
    lambda d: st.lists(st.permutations(range(d)), min_size=1, max_size=3)
)


@given(permutation_sets)
def test_permutations_as_brute_force(generators):
    found = close(np.arange(len(generators[0])), [np.array(p) for p in generators], compose, 120)
    elements = [tuple(p) for p in found.elements.tolist()]
    assert len(set(elements)) == len(elements)
    assert set(elements) == brute_force(generators)


@given(permutation_sets)
def test_left_and_table_are_products(generators):
    arrays = [np.array(p) for p in generators]
    found = close(np.arange(len(generators[0])), arrays, compose, 120)
    for i, s in enumerate(arrays):
        assert np.array_equal(found.elements[found.left[i]], s[found.elements])
    table = multiplication_table(found)
    for g, p in enumerate(found.elements):
        assert np.array_equal(found.elements[table[g]], p[found.elements])


@settings(max_examples=30, deadline=None)
@given(permutation_sets, st.integers(0, 10_000))
def test_matrices_in_any_basis_close_to_the_same_order(generators, seed):
    """In a random basis no entry is exact, so equal elements are recognised through rounding only."""
    d = len(generators[0])
    basis = orthogonal(seed, d)
    matrices = [basis @ np.eye(d)[:, p] @ basis.T for p in generators]
    found = close(np.eye(d), matrices, lambda s, block: s @ block, 120)
    assert len(found.elements) == len(brute_force(generators))


@pytest.mark.parametrize(("identity", "drift"), [(1.0, 1 - 1e-10), (1.0 - 1e-12, 1 + 1e-10)])
def test_elements_on_a_bin_border_are_recognised(identity, drift):
    """An element that rounding moves across the border of its bin, down or up, is still the same element."""
    # one entry, so the number that an element is looked up by is the entry: 1 is on a border
    signs = close(np.array([[identity]]), [np.array([[-1.0]])], lambda s, block: drift * (s @ block), 10)
    assert len(signs.elements) == 2


def test_order_of_elements_is_reproducible():
    generators = [np.array([1, 0, 2, 3]), np.array([1, 2, 3, 0])]
    first, second = (close(np.arange(4), generators, compose, 24).elements for _ in range(2))
    assert np.array_equal(first, second)
    assert first[0].tolist() == [0, 1, 2, 3] and first[1].tolist() == [1, 0, 2, 3]


@pytest.mark.parametrize("max_order", [0, -3, 2.5, True, None])
def test_wrong_max_order_is_refused(max_order):
    with pytest.raises(ValueError, match="max_order=.*must be an integer >= 1"):
        close(np.arange(2), [np.array([1, 0])], compose, max_order)


def test_max_order_is_the_largest_order_allowed():
    cycle = np.array([1, 2, 3, 4, 0])
    assert len(close(np.arange(5), [cycle], compose, 5).elements) == 5
    with pytest.raises(ValueError, match="more than max_order=4 elements: not a finite group of order <= 4"):
        close(np.arange(5), [cycle], compose, 4)


def test_memory_is_refused_before_it_is_taken(monkeypatch):
    monkeypatch.setattr(closures, "MAX_ENTRIES", 24)
    cycle = np.array([1, 2, 3, 4, 0])
    with pytest.raises(ValueError, match="5 elements of shape .* need more than 24 entries"):
        close(np.arange(5), [cycle], compose, 5)
