r"""The smallest set that holds given transformations and is closed under products.

For generators :math:`s_1,\dots,s_k` (orthogonal matrices or permutations) the closure is

.. math:: \langle s_1,\dots,s_k\rangle = \{\, s_{i_1} s_{i_2} \cdots s_{i_m} : m \ge 0 \,\},

found layer by layer in the word length :math:`m`. When it is finite it is a group. The walk also
records where left multiplication by each generator sends each element, which is all that the
multiplication table needs: no product of two matrices is formed beyond ``k`` for each element.

Shapes: ``n`` group order, ``k`` generators, ``d`` dimension or number of points; an element has shape
``(d, d)`` (matrix) or ``(d,)`` (permutation).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from widesym.groups.checks import checked_order

# Two matrices this close in every entry are one element. Elements of an orthogonal group of order
# 10,000 are at least about 1e-4 apart, and rounding after 10,000 products stays below 1e-11.
SAME_ELEMENT = 1e-7
# Width of the bins in which elements are looked up; wider than SAME_ELEMENT, so that two bins suffice.
_BIN = 1e-6
# Largest number of float64 entries in one stack of matrices (1 GiB): beyond it, refuse before allocating.
MAX_ENTRIES = 2**27


@dataclass(frozen=True, eq=False)
class Closure:
    """The closure of a set of generators, with its walk.

    Attributes:
        elements: Stack ``(n, ...)``; element 0 is the identity.
        left: Integers ``(k, n)``; ``left[i, h]`` is the index of generator ``i`` times element ``h``.
        tree: ``n`` pairs ``(i, h)``: element ``g`` was found as generator ``i`` times element ``h < g``
            (the pair of the identity has no meaning).
    """

    elements: np.ndarray
    left: np.ndarray
    tree: tuple[tuple[int, int], ...]


def close(
    identity: np.ndarray,
    generators: Sequence[np.ndarray],
    multiply: Callable[[np.ndarray, np.ndarray], np.ndarray],
    max_order: int,
) -> Closure:
    r"""Close generators under products, breadth first.

    .. math:: S_0 = \{e\}, \qquad S_{m+1} = S_m \cup \{ s_i h : h \in S_m,\ i \le k \}.

    Args:
        identity: The neutral element, shape ``(d, d)`` or ``(d,)``.
        generators: ``k`` elements of the same shape.
        multiply: ``multiply(s, block)`` gives the products ``s h`` for the stack ``block`` ``(m, ...)``.
        max_order: Largest number of elements to allow, at least 1.

    Returns:
        The closure; elements in the order in which they are found, so the same input gives the same order.

    Raises:
        ValueError: ``max_order`` is no positive integer, the closure has more than ``max_order``
            elements, or holding it would take more than 1 GiB.
    """
    checked_order(max_order, "max_order")
    # One number for each element, to look it up by. Any weights give a right answer, because a match is
    # confirmed on the whole element; generic ones (no rational relation) make each bin hold about one.
    weights = np.cos(np.arange(1, identity.size + 1, dtype=np.float64) ** 2)
    weights /= np.abs(weights).sum()

    elements: list[np.ndarray] = []
    bins: dict[int, list[int]] = {}
    tree: list[tuple[int, int]] = []
    left: list[list[int]] = [[] for _ in generators]

    def add(element: np.ndarray, code: float, origin: tuple[int, int]) -> int:
        index = len(elements)
        if index >= max_order:
            raise ValueError(
                f"the {len(generators)} generators make more than max_order={max_order} elements: not a "
                f"finite group of order <= {max_order}; remedy: check the generators (an angle that is no "
                "rational multiple of pi never closes), or raise max_order"
            )
        if (index + 1) * identity.size > MAX_ENTRIES:
            raise ValueError(
                f"{index + 1} elements of shape {identity.shape} need more than {MAX_ENTRIES} entries; "
                "remedy: lower max_order, or give the group by permutations of fewer points"
            )
        elements.append(element)
        bins.setdefault(int(np.floor(code / _BIN)), []).append(index)
        tree.append(origin)
        return index

    def find(element: np.ndarray, candidates: set[int]) -> int | None:
        for bin_number in candidates:
            for index in bins.get(bin_number, ()):
                if np.abs(elements[index] - element).max() <= SAME_ELEMENT:
                    return index
        return None

    add(identity, float(identity.ravel() @ weights), (0, 0))
    frontier = range(1)
    while frontier:
        block = np.stack([elements[h] for h in frontier])
        for i, generator in enumerate(generators):
            products = multiply(generator, block)
            codes = products.reshape(len(block), -1) @ weights
            # An equal element was put into the bin below or above a border that rounding may have crossed.
            low = np.floor((codes - SAME_ELEMENT) / _BIN).astype(np.int64).tolist()
            high = np.floor((codes + SAME_ELEMENT) / _BIN).astype(np.int64).tolist()
            for position, h in enumerate(frontier):
                found = find(products[position], {low[position], high[position]})
                if found is None:
                    found = add(products[position], float(codes[position]), (i, h))
                left[i].append(found)
        frontier = range(frontier.stop, len(elements))
    return Closure(
        elements=np.stack(elements),
        left=np.asarray(left, dtype=np.int32).reshape(len(generators), len(elements)),
        tree=tuple(tree),
    )


def multiplication_table(closure: Closure) -> np.ndarray:
    r"""Fill the multiplication table from the walk.

    If :math:`g = s h` was found with generator :math:`s`, then row :math:`g` is row :math:`h` followed by
    left multiplication with :math:`s`:

    .. math:: g x = s (h x).

    Args:
        closure: A finite closure of order ``n``.

    Returns:
        Integers ``(n, n)``, int32; entry ``(g, h)`` is the index of ``g h``.
    """
    n = len(closure.tree)
    table = np.empty((n, n), dtype=np.int32)
    table[0] = np.arange(n)
    for g in range(1, n):
        i, h = closure.tree[g]
        table[g] = closure.left[i][table[h]]
    return table
