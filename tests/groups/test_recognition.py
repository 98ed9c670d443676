"""Names of small groups, from tables that do not know them."""

import numpy as np
import pytest

from widesym.groups import (
    FiniteGroup,
    cyclic,
    dihedral,
    from_generators,
    permutation_group,
    product,
    symmetric,
    trivial_group,
)
from widesym.groups.recognition import element_orders, recognised

I_UNIT = np.array([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 1, 0]])
J_UNIT = np.array([[0, 0, -1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, -1, 0, 0]])

A4 = permutation_group([[1, 2, 0, 3], [1, 0, 3, 2]])[0]
A5 = permutation_group([[1, 2, 3, 4, 0], [1, 2, 0, 3, 4]])[0]


def shuffled(group):
    """The same group with its elements renumbered, and no hint of its generators."""
    order = np.concatenate([[0], 1 + np.random.default_rng(3).permutation(group.order - 1)])
    back = np.argsort(order)
    return FiniteGroup("?", back[group.table[np.ix_(order, order)]])


@pytest.mark.parametrize(
    ("group", "name"),
    [
        (trivial_group(), "trivial group"),
        (cyclic(2), "C2"),
        (cyclic(12), "C12"),
        (product(cyclic(3), cyclic(4)), "C12"),
        (product(cyclic(2), cyclic(2)), "C2 x C2"),
        (product(cyclic(4), cyclic(6)), "C2 x C12"),
        (product(cyclic(9), cyclic(3)), "C3 x C9"),
        (product(product(cyclic(2), cyclic(2)), cyclic(4)), "C2 x C2 x C4"),
        (product(cyclic(4), product(cyclic(9), cyclic(3))), "C3 x C36"),
        (dihedral(2), "C2 x C2"),
        (symmetric(3), "S3"),
        (dihedral(4), "D4"),
        (dihedral(9), "D9"),
        (product(dihedral(3), cyclic(2)), "D6"),
        (from_generators([I_UNIT, J_UNIT]).group, "Q8"),
        (A4, "A4"),
        (symmetric(4), "S4"),
        (A5, "A5"),
        (symmetric(5), "S5"),
        (product(dihedral(3), cyclic(3)), "non-abelian group of order 18"),
        (product(A4, cyclic(2)), "non-abelian group of order 24"),
        (product(A5, cyclic(2)), "non-abelian group of order 120"),
    ],
)  # fmt: skip
def test_groups_are_known_by_their_tables(group, name):
    assert recognised(group) == name
    assert recognised(shuffled(group)) == name


def test_orders_of_elements():
    assert sorted(element_orders(symmetric(3))) == [1, 2, 2, 2, 3, 3]
    assert list(element_orders(cyclic(6))) == [1, 6, 3, 2, 3, 6]
