r"""The groups, representations and units of the gallery (A-X1).

For each group one defining representation ``V``, and from it others by name (:data:`CONSTRUCTIONS`), whose
characters are known functions of that of ``V``: so the character formula can be evaluated without the
matrices that it judges. Then the cases in which students are trained: a unit for each, whose invariant
subspace is neither :math:`\{0\}` nor everything.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from widesym.groups import (
    CompactRepresentation,
    NodeRepresentation,
    Representation,
    at_nodes,
    circle_nodes,
    compact_from_finite,
    cyclic_rotation,
    determinant,
    dihedral_plane,
    direct_sum,
    every_element,
    external_sum,
    external_tensor,
    from_generators,
    haar_nodes,
    hom,
    icosahedral,
    natural,
    octahedral,
    orthogonal,
    polyhedral_nodes,
    product,
    regular,
    special_orthogonal,
    swap,
    symmetric_permutation,
    tensor,
    tetrahedral,
    trivial,
)
from widesym.meanfield.units import Unit, matrix_unit, neuron_unit

V, HOM, CUBE, SUM, REGULAR = "V", "Hom(V, V)", "V ⊗ V ⊗ V", "1 + V + det V", "regular"


def quaternions() -> Representation:
    """Return the quaternion group of order 8, multiplying quaternions from the left, ``(8, 4, 4)``."""
    i = np.array([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 1, 0]])
    j = np.array([[0, 0, -1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, -1, 0, 0]])
    return from_generators([i, j], name="Q8")


@dataclasses.dataclass(frozen=True)
class Family:
    """A group by its defining representation, and the names of what is made from it."""

    defining: Callable[[], Representation | CompactRepresentation]
    made: tuple[str, ...]


_FINITE = (V, HOM, CUBE, SUM, REGULAR)
_COMPACT = (V, HOM, CUBE, SUM)
FAMILIES: dict[str, Family] = {
    "C2": Family(swap, _FINITE),
    "C3": Family(lambda: cyclic_rotation(3), _FINITE),
    "C4": Family(lambda: cyclic_rotation(4), _FINITE),
    "C5": Family(lambda: cyclic_rotation(5), _FINITE),
    "C6": Family(lambda: cyclic_rotation(6), _FINITE),
    "D3": Family(lambda: dihedral_plane(3), _FINITE),
    "D4": Family(lambda: dihedral_plane(4), _FINITE),
    "D5": Family(lambda: dihedral_plane(5), _FINITE),
    "D6": Family(lambda: dihedral_plane(6), _FINITE),
    "S3": Family(lambda: symmetric_permutation(3), _FINITE),
    "S4": Family(lambda: symmetric_permutation(4), _FINITE),
    "S5": Family(lambda: symmetric_permutation(5), (V, HOM, CUBE, SUM)),
    "C2 x C2": Family(lambda: external_tensor(swap(), swap()), _FINITE),
    "C3 x D3": Family(lambda: external_sum(cyclic_rotation(3), dihedral_plane(3)), _FINITE),
    "Q8": Family(quaternions, _FINITE),
    "T": Family(tetrahedral, _FINITE),
    "O": Family(octahedral, _FINITE),
    "I": Family(icosahedral, _FINITE),
    "SO(2)": Family(lambda: natural(special_orthogonal(2)), _COMPACT),
    "O(2)": Family(lambda: natural(orthogonal(2)), _COMPACT),
    "SO(3)": Family(lambda: natural(special_orthogonal(3)), _COMPACT),
    "O(3)": Family(lambda: natural(orthogonal(3)), _COMPACT),
    "SO(4)": Family(lambda: natural(special_orthogonal(4)), _COMPACT),
    "O(4)": Family(lambda: natural(orthogonal(4)), _COMPACT),
    "O(5)": Family(lambda: natural(orthogonal(5)), (V, HOM, CUBE)),
    "SO(2) x C2": Family(
        lambda: natural(product(special_orthogonal(2), compact_from_finite(swap()))), _COMPACT
    ),
    "SO(2) x SO(2)": Family(lambda: natural(product(special_orthogonal(2), special_orthogonal(2))), _COMPACT),
    "SO(2) x SO(3)": Family(lambda: natural(product(special_orthogonal(2), special_orthogonal(3))), _COMPACT),
    "O(2) x S3": Family(
        lambda: natural(product(orthogonal(2), compact_from_finite(symmetric_permutation(3)))), _COMPACT
    ),
}  # fmt: skip
FINITE = tuple(name for name, family in FAMILIES.items() if REGULAR in family.made or name == "S5")
PAIRS = tuple((name, made) for name, family in FAMILIES.items() for made in family.made)

CONSTRUCTIONS: dict[str, Callable] = {
    V: lambda v: v,
    HOM: lambda v: hom(v, v),
    CUBE: lambda v: tensor(tensor(v, v), v),
    SUM: lambda v: direct_sum(trivial(v.group, 1), v, determinant(v)),
    REGULAR: lambda v: regular(v.group),
}
# characters, from the trace and the determinant of the defining matrices (element 0 is the identity)
CHARACTERS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    V: lambda trace, det: trace,
    HOM: lambda trace, det: trace**2,
    CUBE: lambda trace, det: trace**3,
    SUM: lambda trace, det: 1 + trace + det,
    REGULAR: lambda trace, det: np.where(np.arange(len(trace)) == 0, float(len(trace)), 0.0),
}


@dataclasses.dataclass(frozen=True)
class Case:
    """A unit to train.

    Attributes:
        group: what figures call the group.
        space: what it acts on.
        unit: makes the unit from a number of nodes (ignored by finite groups).
        nodes: that number; 0 for a finite group.
        exact: whether the nodes average the action on parameters exactly.
    """

    group: str
    space: str
    unit: Callable[[int], Unit]
    nodes: int = 0
    exact: bool = True


def _with_fixed(rep: Representation | NodeRepresentation) -> Representation | NodeRepresentation:
    return direct_sum(trivial(rep.group, 1), rep)


def _scalar(rep: Representation | NodeRepresentation) -> Unit:
    """A neuron on one fixed coordinate and those of ``rep``, with an invariant output."""
    return neuron_unit(_with_fixed(rep), trivial(rep.group, 1))


def _bare(rep: Representation) -> Unit:
    """A neuron on the coordinates of ``rep`` alone, with an invariant output."""
    return neuron_unit(rep, trivial(rep.group, 1))


def _vector(rep: Representation | NodeRepresentation) -> Unit:
    """A neuron from one fixed coordinate and those of ``rep`` to the same."""
    return neuron_unit(_with_fixed(rep), _with_fixed(rep))


def _matrix(rep: Representation) -> Unit:
    return matrix_unit(rep, rep)


def _circle(n_components: int, count: int) -> NodeRepresentation:
    group = special_orthogonal(2) if n_components == 1 else orthogonal(2)
    return at_nodes(natural(group), circle_nodes(group, count))


def _space(count: int) -> NodeRepresentation:
    group = special_orthogonal(3)
    return at_nodes(natural(group), polyhedral_nodes(group, count))


def _four(count: int) -> NodeRepresentation:
    group = orthogonal(4)
    return at_nodes(natural(group), haar_nodes(group, count, seed=4))


def _turns_and_swap(count: int) -> Unit:
    exchange = compact_from_finite(swap())
    both = external_sum(_circle(1, count), at_nodes(natural(exchange), every_element(exchange)))
    return neuron_unit(both, trivial(both.group, 1))


CASES: dict[str, Case] = {
    "c3": Case("C3", "1 + plane", lambda _: _scalar(cyclic_rotation(3))),
    "d3": Case("D3", "1 + plane", lambda _: _scalar(dihedral_plane(3))),
    "c4": Case("C4", "1 + plane to 1 + plane", lambda _: _vector(cyclic_rotation(4))),
    "s3": Case("S3", "points to points", lambda _: _matrix(symmetric_permutation(3))),
    "c2c2": Case("C2 x C2", "points to points", lambda _: _matrix(external_tensor(swap(), swap()))),
    "o": Case("O (cube)", "1 + space", lambda _: _scalar(octahedral())),
    "so2": Case("SO(2)", "1 + plane", lambda count: _scalar(_circle(1, count)), nodes=16),
    "o2": Case("O(2)", "1 + plane to 1 + plane", lambda count: _vector(_circle(2, count)), nodes=16),
    "so2c2": Case("SO(2) x C2", "plane + swapped pair", _turns_and_swap, nodes=16),
    "so3": Case("SO(3)", "1 + space", lambda count: _scalar(_space(count)), nodes=60),
    "c3-free": Case("C3", "plane, nothing fixed", lambda _: _bare(cyclic_rotation(3))),
    "o4": Case(
        "O(4)", "1 + 4-space, random nodes", lambda count: _scalar(_four(count)), nodes=64, exact=False
    ),
}  # fmt: skip
