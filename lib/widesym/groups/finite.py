r"""Finite groups, given by their multiplication tables.

A finite group of order :math:`n` is the set :math:`\{0,\dots,n-1\}` with a product
:math:`(g, h) \mapsto gh` such that

.. math:: (gh)k = g(hk), \qquad 0\,g = g\,0 = g, \qquad \forall g\ \exists h:\ gh = 0.

Element 0 is the identity. All of it is checked when a :class:`FiniteGroup` is made, so that a
representation, an average or a projector built on one never meets a set that is no group. Its Haar law
is the uniform law on the ``n`` elements.

Shapes: ``n`` group order, ``k`` generators, ``d`` permuted points.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from widesym.groups.checks import checked_order, checked_permutations, full_array
from widesym.groups.closure import Closure, close, multiplication_table

# Orders beyond this need tables of more than 400 MB.
MAX_ORDER = 10_000
# Rows of the table compared at once in the associativity test, in entries: 16 MB of int32.
_BLOCK_ENTRIES = 2**22


@dataclass(frozen=True, eq=False)
class FiniteGroup:
    r"""A finite group: a checked multiplication table with a generating set.

    Associativity is tested by Light's method: the elements :math:`s` with :math:`(gs)h = g(sh)` for all
    :math:`g, h` are closed under products, so testing the generators is enough.

    Groups are compared by identity (they serve as static constants); :func:`same_group` compares tables.

    Attributes:
        name: What messages and figures call the group.
        table: Integers ``(n, n)``; ``table[g, h]`` is the index of :math:`gh`; element 0 is the identity.
            Kept as a read-only int32 copy.
        generators: Indices of elements whose products are the whole group. When empty, a generating set
            is found (it stays empty for the trivial group).

    Raises:
        ValueError: The table is not square, not of integers in ``0..n-1``, not a latin square, has another
            identity than element 0, is not associative, or the generators do not generate.
    """

    name: str
    table: np.ndarray = field(repr=False)
    generators: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check the group axioms and freeze the table."""
        table = _checked_table(self.name, self.table)
        generators = _checked_generators(self.name, table, self.generators)
        _check_associative(self.name, table, generators)
        table.setflags(write=False)
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "generators", generators)

    @property
    def order(self) -> int:
        """The number of elements ``n``."""
        return len(self.table)

    @cached_property
    def inverse(self) -> np.ndarray:
        r"""Indices of the inverses, integers ``(n,)``: :math:`g\,g^{-1} = 0`."""
        inverse = np.argmin(self.table, axis=1)
        inverse.setflags(write=False)
        return inverse


def _checked_table(name: str, table: np.ndarray) -> np.ndarray:
    raw = full_array(table, f"table of group {name!r}")
    n = len(raw) if raw.ndim else 0
    if raw.ndim != 2 or n == 0 or raw.shape != (n, n):
        raise ValueError(
            f"table of group {name!r} has shape {raw.shape}: must be square, (n, n) with n >= 1; "
            "remedy: give one row and one column for each element"
        )
    if not np.issubdtype(raw.dtype, np.integer):
        raise ValueError(
            f"table of group {name!r} has dtype {raw.dtype}: must hold integers; remedy: give element indices"
        )
    outside = (raw < 0) | (raw >= n)
    if outside.any():
        raise ValueError(
            f"table of group {name!r} holds {raw[outside][0]}: entries must be indices 0..{n - 1}; "
            "remedy: number the elements from 0"
        )
    table = raw.astype(np.int32)
    every = np.arange(n)
    for axis, line in enumerate(("row", "column")):
        seen = np.zeros((n, n), dtype=bool)
        rows = table if axis == 0 else table.T
        seen[every[:, None], rows] = True
        if not seen.all():
            bad = int(np.flatnonzero(~seen.all(axis=1))[0])
            raise ValueError(
                f"table of group {name!r} is no latin square: {line} {bad} repeats an element, so there "
                "is no cancellation; remedy: give the table of a group (from_generators makes one)"
            )
    if (table[0] != every).any() or (table[:, 0] != every).any():
        raise ValueError(
            f"table of group {name!r}: element 0 is not the identity (row 0 and column 0 must be "
            f"0..{n - 1}); remedy: number the elements so that the identity comes first"
        )
    return table


def _checked_generators(name: str, table: np.ndarray, generators: Sequence[int]) -> tuple[int, ...]:
    n = len(table)
    for s in generators:
        if isinstance(s, bool) or not isinstance(s, (int, np.integer)) or not 0 <= s < n:
            raise ValueError(
                f"generator {s!r} of group {name!r}: must be an element index 0..{n - 1}; "
                "remedy: give indices of rows of the table"
            )
    chosen = tuple(int(s) for s in generators)
    if not chosen:
        while len(reached := {g for g, _, _ in spanning_tree(table, chosen)}) < n:
            chosen += (next(g for g in range(n) if g not in reached),)
    size = len(spanning_tree(table, chosen))
    if size < n:
        raise ValueError(
            f"generators {chosen} of group {name!r} reach {size} of {n} elements; "
            "remedy: add generators, or give none to have them found"
        )
    return chosen


def _check_associative(name: str, table: np.ndarray, generators: tuple[int, ...]) -> None:
    n = len(table)
    rows = max(1, _BLOCK_ENTRIES // n)
    for s in generators:
        right_first = table[s]  # h -> s h
        for start in range(0, n, rows):
            block = slice(start, start + rows)
            differs = table[table[block, s]] != table[block][:, right_first]
            if differs.any():
                g, h = (int(i) for i in np.argwhere(differs)[0])
                raise ValueError(
                    f"table of group {name!r} is not associative: ({g + start}*{s})*{h} != "
                    f"{g + start}*({s}*{h}); remedy: give the table of a group (from_generators makes one)"
                )


def spanning_tree(table: np.ndarray, generators: Sequence[int]) -> list[tuple[int, int, int]]:
    r"""List the elements that generators reach, each with how it is reached.

    Breadth first from the identity by :math:`h \mapsto sh`.

    Args:
        table: Integers ``(n, n)``, the multiplication table.
        generators: Element indices.

    Returns:
        Triples ``(g, i, h)`` in the order reached: :math:`g = s_i h` with ``h`` listed before; the first is
        the identity, ``(0, 0, 0)``. The list has ``n`` entries exactly when the generators generate.
    """
    rows = [table[s].tolist() for s in generators]
    tree = [(0, 0, 0)]
    reached = {0}
    for h, _, _ in tree:  # the list grows while it is walked: a queue
        for i, row in enumerate(rows):
            if row[h] not in reached:
                reached.add(row[h])
                tree.append((row[h], i, h))
    return tree


def same_group(first: FiniteGroup, second: FiniteGroup) -> bool:
    """Tell whether two groups have the same table, element by element (names and generators aside).

    Args:
        first: A group of order ``n``.
        second: A group of order ``m``.

    Returns:
        True when the tables are equal.
    """
    return first is second or np.array_equal(first.table, second.table)


def permutation_group(
    permutations: Sequence[Sequence[int]], *, name: str = "G", max_order: int = MAX_ORDER
) -> tuple[FiniteGroup, np.ndarray]:
    r"""Make the group that permutations generate, with the permutation of each element.

    A permutation is :math:`p: i \mapsto p_i`, and :math:`(pq)_i = p_{q_i}`.

    Args:
        permutations: One or more integer sequences ``(d,)``, each holding ``0..d-1`` once.
        name: Name of the group.
        max_order: Largest order to allow.

    Returns:
        The group of order ``n`` and the integer array ``(n, d)`` of its permutations; row 0 is the identity.

    Raises:
        ValueError: No permutation is given, lengths differ, one is no permutation, or the group has more
            than ``max_order`` elements.
    """
    rows = [checked_permutations(p, f"generator {i}", ndim=1) for i, p in enumerate(permutations)]
    if not rows:
        raise ValueError("no generators: the number of points is unknown; remedy: give at least the identity")
    if len({len(p) for p in rows}) > 1:
        raise ValueError(
            f"generators permute {[len(p) for p in rows]} points: must be one number; "
            "remedy: list the points that stay as well"
        )
    closure = close(np.arange(len(rows[0])), rows, lambda s, block: s[block], max_order)
    return group_of_closure(closure, name), closure.elements


def group_of_closure(closure: Closure, name: str) -> FiniteGroup:
    """Make the group of a finite closure, generated by the generators that are not the identity.

    Args:
        closure: Closure of order ``n``.
        name: Name of the group.

    Returns:
        The group, elements in the order of the closure.

    Raises:
        ValueError: The recorded products are no group (impossible for exact elements).
    """
    moved = dict.fromkeys(int(s) for s in closure.left[:, 0] if s != 0)
    return FiniteGroup(name, multiplication_table(closure), tuple(moved))


def trivial_group() -> FiniteGroup:
    r"""Make the group :math:`\{e\}` of order 1."""
    return FiniteGroup("1", np.zeros((1, 1), dtype=np.int32))


def cyclic(n: int) -> FiniteGroup:
    r"""Make the cyclic group :math:`C_n`.

    .. math:: gh = (g + h) \bmod n.

    Args:
        n: Order, from 1 to 10,000. Element ``k`` is the ``k``-th power of the generator, element 1.

    Returns:
        The group.

    Raises:
        ValueError: ``n`` is no such integer.
    """
    n = checked_order(n, "n", MAX_ORDER)
    k = np.arange(n, dtype=np.int32)
    return FiniteGroup(f"C{n}", (k[:, None] + k) % n, (1,) if n > 1 else ())


def dihedral(n: int) -> FiniteGroup:
    r"""Make the dihedral group :math:`D_n` of order :math:`2n`.

    Element :math:`k + nf` is :math:`r^k s^f` with :math:`r^n = s^2 = e` and :math:`s r = r^{-1} s`, so

    .. math:: (r^a s^f)(r^b s^e) = r^{a + (-1)^f b}\, s^{f+e}.

    Args:
        n: Number of rotations, from 1 to 5,000.

    Returns:
        The group, generated by :math:`r` (element 1) and :math:`s` (element ``n``).

    Raises:
        ValueError: ``n`` is no such integer.
    """
    n = checked_order(n, "n", MAX_ORDER // 2)
    turn, flip = np.tile(np.arange(n), 2), np.repeat([0, 1], n)
    turns = (turn[:, None] + (1 - 2 * flip[:, None]) * turn) % n
    return FiniteGroup(f"D{n}", turns + n * (flip[:, None] ^ flip), (1, n) if n > 1 else (1,))


def symmetric(n: int) -> FiniteGroup:
    r"""Make the symmetric group :math:`S_n` of all permutations of ``n`` points, of order :math:`n!`.

    Args:
        n: Number of points, from 1 to 7 (:math:`8! = 40320` elements would need a table of 6 GB).

    Returns:
        The group, generated by the swap of the first two points and the turn of all of them. Elements are
        ordered as the matrices of :func:`widesym.groups.symmetric_permutation`.

    Raises:
        ValueError: ``n`` is no such integer.
    """
    return symmetric_with_permutations(n)[0]


def symmetric_with_permutations(n: int) -> tuple[FiniteGroup, np.ndarray]:
    """Make the symmetric group together with the permutation that each element is.

    Args:
        n: Number of points, from 1 to 7.

    Returns:
        The group and the integer array ``(n!, n)``; row 0 is the identity.

    Raises:
        ValueError: ``n`` is no such integer.
    """
    n = checked_order(n, "n", 7)
    points = np.arange(n)
    swapped = points.copy()
    swapped[:2] = swapped[:2][::-1]
    return permutation_group([swapped, np.roll(points, -1)], name=f"S{n}")


def product(first: FiniteGroup, second: FiniteGroup) -> FiniteGroup:
    r"""Make the direct product :math:`G \times H`.

    .. math:: (g, h)(g', h') = (gg', hh'); \qquad (g, h) \text{ has the index } g\,|H| + h.

    Args:
        first: :math:`G`, order ``n``.
        second: :math:`H`, order ``m``.

    Returns:
        The group of order ``n m``, generated by the generators of both factors.

    Raises:
        ValueError: ``n m`` exceeds 10,000.
    """
    n, m = first.order, second.order
    checked_order(n * m, f"order of {first.name} x {second.name}", MAX_ORDER)
    table = first.table[:, None, :, None] * m + second.table[None, :, None, :]
    generators = (*(g * m for g in first.generators), *second.generators)
    return FiniteGroup(f"{first.name} x {second.name}", table.reshape(n * m, n * m), generators)
