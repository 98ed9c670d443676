r"""One group that acts on several spaces, given by matching generators.

A user knows a group by what it does: generators :math:`\rho_{s_1},\dots,\rho_{s_k}` on one space and, in the
same order, what the same transformations do on another, :math:`\hat\rho_{s_1},\dots,\hat\rho_{s_k}`. These
belong to one group only if every relation of the first holds for the second,

.. math:: \rho_{s_{i_1}} \cdots \rho_{s_{i_m}} = I \quad\Longrightarrow\quad
    \hat\rho_{s_{i_1}} \cdots \hat\rho_{s_{i_m}} = I .

Elements are spelled by words in the generators, ``s1`` the first: ``s1^2 s2`` is :math:`s_1 s_1 s_2`.

Shapes: ``n`` group order, ``k`` generators, ``d`` dimension. float64.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from widesym.groups.checks import checked_permutations, real_array
from widesym.groups.closure import Closure, close
from widesym.groups.finite import FiniteGroup, group_of_closure
from widesym.groups.representations import Representation

# Entries typed in full double precision are orthogonal to 1e-15; those with some digits cut off are not, and
# would only fail later, where the two projectors on the invariant vectors must agree to 1e-12.
ORTHOGONAL = 1e-12
# Two products that agree to this are one element: rounding of words of up to a thousand letters.
_SAME = 1e-9


def generator_matrices(
    values: Sequence[Any], what: str, *, number: Callable[[str], float] = float
) -> np.ndarray:
    """Read generators given as matrices or as permutations.

    Args:
        values: ``k`` orthogonal matrices ``(d, d)`` of numbers or texts, or ``k`` permutations ``(d,)``.
        what: the space they act on, for messages, such as ``inputs``.
        number: reads an entry that is a text.

    Returns:
        float64 ``(k, d, d)``.

    Raises:
        ValueError: none given, a shape that fits neither, no permutation, not orthogonal to 1e-12.
    """
    if not isinstance(values, list | tuple | np.ndarray) or not len(values):
        raise ValueError(
            f"no generators on {what}: the group and the dimension are unknown; give a list of orthogonal "
            f"matrices or of permutations, such as [[[0, -1], [1, 0]]] or [[1, 2, 0]]"
        )
    matrices = [_matrix(value, f"generator {i} on {what}", number) for i, value in enumerate(values, 1)]
    sizes = [len(matrix) for matrix in matrices]
    if len(set(sizes)) > 1:
        raise ValueError(
            f"the generators on {what} have dimensions {', '.join(map(str, sizes))}: all act on one space; "
            "give matrices of one size"
        )
    return np.stack(matrices)


def _matrix(value: Any, what: str, number: Callable[[str], float]) -> np.ndarray:
    if not isinstance(value, list | tuple | np.ndarray) or not len(value):
        raise ValueError(f"{what} is {value!r}: must be a matrix or a permutation, as a list")
    if not isinstance(value[0], list | tuple | np.ndarray):  # a row of numbers: a permutation
        try:
            p = checked_permutations(value, what, ndim=1)
        except ValueError:
            raise ValueError(
                f"{what} is the list {_spell(value)}: a permutation of {len(value)} points holds each of "
                f"0 to {len(value) - 1} once; a matrix is a list of rows, generators are a list of matrices"
            ) from None
        matrix = np.zeros((len(p), len(p)))
        matrix[p, np.arange(len(p))] = 1.0  # M e_i = e_{p_i}
        return matrix
    matrix = _entries(value, what, number)
    deviation = np.abs(matrix @ matrix.T - np.eye(len(matrix))).max()
    if deviation > ORTHOGONAL:
        raise ValueError(
            f"{what} is not orthogonal: M M^T differs from I by {deviation:.2g} (allowed {ORTHOGONAL:g}); "
            "choose a basis in which the action is orthogonal, and write entries in full precision, "
            "as the text 'sqrt(3)/2'"
        )
    return matrix


def _entries(value: Sequence[Any], what: str, number: Callable[[str], float]) -> np.ndarray:
    """Read a square matrix of numbers and texts."""
    rows = [list(row) if isinstance(row, list | tuple | np.ndarray) else [row] for row in value]
    if any(len(row) != len(rows) for row in rows):
        raise ValueError(
            f"{what} has {len(rows)} rows of lengths {', '.join(str(len(row)) for row in rows)}: "
            "must be a square matrix"
        )
    try:
        entries = [[number(entry) if isinstance(entry, str) else entry for entry in row] for row in rows]
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None
    return real_array(entries, what)


def lie_matrices(values: Sequence[Any], what: str, *, number: Callable[[str], float] = float) -> np.ndarray:
    """Read Lie algebra elements on one space: ``k`` skew matrices ``(d, d)`` of numbers or texts.

    Raises:
        ValueError: none given, a shape that does not fit, not skew to 1e-12.
    """
    if not isinstance(values, list | tuple | np.ndarray) or not len(values):
        raise ValueError(
            f"no Lie algebra elements on {what}: give one skew matrix for each on inputs, "
            "[[[0]]] for one that does not move a single coordinate"
        )
    matrices = []
    for i, value in enumerate(values, 1):
        label = f"Lie algebra element {i} on {what}"
        if not isinstance(value, list | tuple | np.ndarray) or not len(value):
            raise ValueError(f"{label} is {value!r}: must be a matrix, as a list of rows")
        matrix = _entries(value, label, number)
        deviation = np.abs(matrix + matrix.T).max()
        if deviation > ORTHOGONAL:
            raise ValueError(
                f"{label} is not skew: A + A^T reaches {deviation:.2g} (allowed {ORTHOGONAL:g}); give the "
                "derivative at 0 of a path of orthogonal matrices, such as [[0, -1], [1, 0]]"
            )
        matrices.append(matrix)
    if len({len(matrix) for matrix in matrices}) > 1:
        raise ValueError(
            f"the Lie algebra elements on {what} have dimensions "
            f"{', '.join(str(len(matrix)) for matrix in matrices)}: all act on one space"
        )
    return np.stack(matrices)


def _spell(value: Any) -> str:
    return repr(value.tolist() if isinstance(value, np.ndarray) else list(value))


def close_matrices(generators: np.ndarray, what: str, max_order: int) -> Closure:
    """Close matrices ``(k, d, d)`` under products.

    Raises:
        ValueError: more than ``max_order`` elements, or more than 1 GiB of them; names limit and remedy.
    """
    try:
        return close(np.eye(generators.shape[1]), generators, lambda s, block: s @ block, max_order)
    except ValueError:
        raise ValueError(
            f"the generators on {what} make more than max_order={max_order} elements, too many to enumerate: "
            "check that each angle is a rational multiple of pi, raise max_order, or give a continuous group "
            "by its Lie algebra"
        ) from None


def image(closure: Closure, generators: np.ndarray, source: str, what: str) -> np.ndarray:
    r"""Extend matrices given for the generators to all elements, if they keep the relations.

    .. math:: \hat\rho_{s_{i_1} \cdots s_{i_m}} = \hat\rho_{s_{i_1}} \cdots \hat\rho_{s_{i_m}} .

    Args:
        closure: the group made by the generators on the space ``source``, order ``n``.
        generators: the same generators on the space ``what``, ``(k, c, c)``.
        source: name of the first space, for the message.
        what: name of the second space.

    Returns:
        float64 ``(n, c, c)``.

    Raises:
        ValueError: another number of generators, or a relation that is broken; names the two products.
    """
    k, n = closure.left.shape
    if len(generators) != k:
        raise ValueError(
            f"{k} generators on {source} and {len(generators)} on {what}: they must match one by one; give "
            f"the identity for one that does not move {what}"
        )
    matrices = np.empty((n, *generators.shape[1:]))
    matrices[0] = np.eye(generators.shape[1])
    for g, (i, h) in enumerate(closure.tree[1:], 1):
        matrices[g] = generators[i] @ matrices[h]
    for h, i in itertools.product(range(n), range(k)):  # short words first
        g = closure.left[i, h]
        deviation = np.abs(generators[i] @ matrices[h] - matrices[g]).max()
        if deviation > _SAME:
            spelled = [word(closure, h, first=i), word(closure, g)]
            raise ValueError(
                f"the generators on {what} do not match those on {source}: {spelled[0]} = {spelled[1]} on "
                f"{source}, but not on {what}, where the two differ by {deviation:.2g}; give on {what} what "
                "the same transformations do there, in the same order"
            )
    return matrices


def word(closure: Closure, element: int, *, first: int | None = None) -> str:
    """Spell an element as a product of generators, ``1`` for the identity; ``first`` multiplies it."""
    letters = [] if first is None else [first]
    while element:
        i, element = closure.tree[element]
        letters.append(i)
    return spell_word(letters)


def spell_word(letters: Sequence[int]) -> str:
    """Spell a product of generators (numbers from 0): ``[0, 0, 1]`` is ``s1^2 s2``."""
    runs = [(letter, len(list(run))) for letter, run in itertools.groupby(letters)]
    return " ".join(f"s{i + 1}" + (f"^{times}" if times > 1 else "") for i, times in runs) or "1"


def matching_representations(
    faithful: dict[str, np.ndarray], images: dict[str, np.ndarray], *, max_order: int, name: str = "G"
) -> tuple[dict[str, Representation], tuple[str, ...]]:
    r"""Make the group that matching generators make together, with its representation on each space.

    The group is the one of the matrices :math:`\rho_s \oplus \dots` on all ``faithful`` spaces; the relations
    on the first of them alone must already hold for ``images``.

    Args:
        faithful: generators ``(k, d, d)`` by name of the space; an element is what it does there.
        images: generators on further spaces, on which an element of the group may be trivial.
        max_order: largest order to enumerate.
        name: name of the group.

    Returns:
        The representations of one group by name of the space, and a word for each element.

    Raises:
        ValueError: numbers of generators that differ, a group too large, a broken relation, matrices that are
            accurate to less than 1e-9.
    """
    (source, first), *others = faithful.items()
    alone = close_matrices(first, source, max_order)
    for what, generators in images.items():
        image(alone, generators, source, what)
    for what, generators in others:
        if len(generators) != len(first):
            raise ValueError(
                f"{len(first)} generators on {source} and {len(generators)} on {what}: they must match one "
                "by one"
            )
    joint = close_matrices(block_diagonal_of(list(faithful.values())), " and ".join(faithful), max_order)
    group: FiniteGroup = group_of_closure(joint, name)
    ends = np.cumsum([0, *(generators.shape[1] for generators in faithful.values())])
    found = {}
    for what, start, end in zip(faithful, ends[:-1], ends[1:], strict=True):
        found[what] = Representation(group, joint.elements[:, start:end, start:end], what)
    for what, generators in images.items():
        found[what] = Representation(group, image(joint, generators, source, what), what)
    return found, tuple(word(joint, g) for g in range(group.order))


def block_diagonal_of(stacks: Sequence[np.ndarray]) -> np.ndarray:
    """Return the block diagonal matrices ``(k, D, D)`` of stacks ``(k, d_j, d_j)``, D the sum of the d_j."""
    ends = np.cumsum([0, *(stack.shape[1] for stack in stacks)])
    joined = np.zeros((len(stacks[0]), ends[-1], ends[-1]))
    for stack, start, end in zip(stacks, ends[:-1], ends[1:], strict=True):
        joined[:, start:end, start:end] = stack
    return joined
