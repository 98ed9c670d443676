"""Groups and representations that the tests of this folder draw from."""

import numpy as np
from hypothesis import strategies as st

from widesym.groups import (
    Representation,
    cyclic,
    cyclic_permutation,
    cyclic_rotation,
    determinant,
    dihedral,
    dihedral_plane,
    dihedral_polygon,
    direct_sum,
    external_sum,
    external_tensor,
    hom,
    product,
    regular,
    sign,
    swap,
    symmetric,
    symmetric_permutation,
    tensor,
    trivial,
    trivial_group,
)

# Exact algebra in float64, on matrices of a few dozen rows with entries of order one.
EXACT = 1e-12

GROUPS = [
    trivial_group(),
    *(cyclic(n) for n in (1, 2, 3, 4, 7, 12)),
    *(dihedral(n) for n in (1, 2, 3, 4, 5)),
    *(symmetric(n) for n in (1, 2, 3, 4)),
    product(cyclic(2), cyclic(2)),
    product(cyclic(3), dihedral(3)),
    product(product(cyclic(2), cyclic(2)), symmetric(3)),
]

# Each row: representations of one group, of dimension at most 8.
FAMILIES = [
    [trivial(trivial_group()), trivial(trivial_group(), 3)],
    [swap(), sign(), sign(2), trivial(cyclic(2), 2), regular(cyclic(2)), cyclic_rotation(2)],
    [cyclic_rotation(3), cyclic_permutation(3), trivial(cyclic(3)), regular(cyclic(3))],
    [cyclic_rotation(6), cyclic_rotation(6, 2), cyclic_rotation(6, -5), cyclic_permutation(6)],
    [dihedral_plane(1), dihedral_polygon(1), trivial(dihedral(1))],
    [dihedral_plane(2), dihedral_polygon(2), regular(dihedral(2))],
    [dihedral_plane(4), dihedral_polygon(4), determinant(dihedral_plane(4)), regular(dihedral(4))],
    [dihedral_plane(5), dihedral_polygon(5), determinant(dihedral_polygon(5))],
    [symmetric_permutation(3), determinant(symmetric_permutation(3)), regular(symmetric(3))],
    [symmetric_permutation(4), determinant(symmetric_permutation(4)), trivial(symmetric(4), 2)],
    [
        external_sum(swap(), cyclic_permutation(3)),
        external_tensor(swap(), cyclic_rotation(3)),
        regular(product(cyclic(2), cyclic(3))),
    ],
    [external_tensor(sign(), dihedral_plane(3)), external_sum(sign(), dihedral_polygon(3))],
]


def orthogonal(seed: int, d: int) -> np.ndarray:
    """A random orthogonal matrix."""
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]


def in_basis(rep: Representation, basis: np.ndarray) -> Representation:
    """The same action in another orthonormal basis."""
    return Representation(rep.group, basis @ rep.matrices @ basis.T, f"{rep.name} in another basis")


@st.composite
def representations(draw):
    """An atom, a sum, a tensor product or a hom of two atoms, in the standard or a random basis."""
    family = draw(st.sampled_from(FAMILIES))
    first, second = draw(st.sampled_from(family)), draw(st.sampled_from(family))
    build = draw(st.sampled_from([lambda a, b: a, direct_sum, tensor, hom]))
    rep = build(first, second)
    if draw(st.booleans()):
        rep = in_basis(rep, orthogonal(draw(st.integers(0, 1000)), rep.dim))
    return rep
