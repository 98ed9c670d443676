r"""Orthogonal representations of finite groups.

A representation of :math:`G` on :math:`\mathbb R^d` is a map :math:`g \mapsto M_g` into the orthogonal
matrices with

.. math:: M_{gh} = M_g M_h, \qquad M_e = I .

These are the :math:`\rho_g` (inputs), :math:`\hat\rho_g` (outputs) and :math:`M_g` (parameters of a unit) of
Maass Martinez and Fontbona (2024), section 2. Orthogonality and the product rule are checked when a
:class:`Representation` is made.

Shapes: ``n`` group order, ``k`` generators, ``d`` dimension. float64 throughout.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from widesym.groups.checks import checked_order, checked_permutations, full_array, real_array
from widesym.groups.closure import MAX_ENTRIES, close
from widesym.groups.finite import MAX_ORDER, FiniteGroup, group_of_closure, permutation_group, spanning_tree

# Allowed deviation from orthogonality and from the product rule, in any entry: matrices typed from double
# precision formulas are good to 1e-15, and products of 10,000 of them to 1e-11.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Representation:
    r"""An orthogonal representation :math:`g \mapsto M_g`, checked.

    The product rule is tested as :math:`M_{sh} = M_s M_h` for the generators :math:`s` and all :math:`h`,
    which implies it for all pairs.

    Attributes:
        group: The group, order ``n``.
        matrices: ``(n, d, d)``, ``matrices[g]`` is :math:`M_g`. Kept as a read-only float64 copy.
        name: What messages and figures call the representation.

    Raises:
        ValueError: Wrong shape, entries that are no finite real numbers, matrices that are not orthogonal to
            1e-9, or that break the product rule by more than 1e-9.
    """

    group: FiniteGroup
    matrices: np.ndarray = field(repr=False)
    name: str = "representation"

    def __post_init__(self) -> None:
        """Check the matrices and freeze them."""
        matrices = real_array(self.matrices, f"matrices of {self.name!r}")
        n = self.group.order
        shape = matrices.shape
        if len(shape) != 3 or shape[0] != n or shape[1] != shape[2] or shape[1] == 0:
            raise ValueError(
                f"matrices of {self.name!r} have shape {shape}: must be ({n}, d, d), d >= 1, for the group "
                f"{self.group.name!r} of order {n}; remedy: give one square matrix for each element"
            )
        _check_orthogonal(matrices, self.name)
        _check_product_rule(self.group, matrices, self.name)
        matrices.setflags(write=False)
        object.__setattr__(self, "matrices", matrices)

    @property
    def dim(self) -> int:
        """The dimension ``d``."""
        return self.matrices.shape[1]


def _check_orthogonal(matrices: np.ndarray, name: str) -> None:
    identity = np.eye(matrices.shape[1])
    deviation = np.abs(matrices @ matrices.transpose(0, 2, 1) - identity).max(axis=(1, 2))
    g = int(deviation.argmax())
    if deviation[g] > ROUNDING:
        raise ValueError(
            f"matrix {g} of {name!r} is not orthogonal: M M^T differs from I by {deviation[g]:.2e} "
            f"(allowed {ROUNDING:g}); remedy: change to a basis in which the action is orthogonal"
        )


def _check_product_rule(group: FiniteGroup, matrices: np.ndarray, name: str) -> None:
    def refuse(rule: str, deviation: float) -> None:
        raise ValueError(
            f"{name!r} is no homomorphism of {group.name!r}: {rule} by {deviation:.2e} "
            f"(allowed {ROUNDING:g}); remedy: order as group.table, or use representation_from_generators"
        )

    deviation = np.abs(matrices[0] - np.eye(matrices.shape[1])).max()
    if deviation > ROUNDING:
        refuse("M[0] differs from I", deviation)
    for s in group.generators:
        deviations = np.abs(matrices[s] @ matrices - matrices[group.table[s]]).max(axis=(1, 2))
        h = int(deviations.argmax())
        if deviations[h] > ROUNDING:
            refuse(f"M[{s}] M[{h}] differs from M[{group.table[s, h]}]", deviations[h])


def check_size(n: int, d: int, name: str) -> None:
    """Refuse a representation that is too large, before it is allocated.

    Args:
        n: Group order.
        d: Dimension.
        name: What the message calls the representation.

    Raises:
        ValueError: The matrices ``(n, d, d)`` would take more than 1 GiB.
    """
    if n * d * d > MAX_ENTRIES:
        raise ValueError(
            f"{name!r} would hold {n} matrices of size {d} x {d}, more than {MAX_ENTRIES} entries (1 GiB); "
            "remedy: take a smaller group or a representation of smaller dimension"
        )


def _square_stack(values: Sequence[ArrayLike], labels: Sequence[str]) -> np.ndarray:
    matrices = [real_array(value, label) for value, label in zip(values, labels, strict=True)]
    for matrix, label in zip(matrices, labels, strict=True):
        if matrix.ndim != 2 or matrix.shape != (len(matrices[0]),) * 2 or not matrix.size:
            raise ValueError(
                f"{label} has shape {matrix.shape}: all must be square, of one size; "
                "remedy: give matrices (d, d)"
            )
    return np.stack(matrices)


def from_generators(
    generators: Sequence[ArrayLike], *, name: str = "G", max_order: int = MAX_ORDER
) -> Representation:
    r"""Close a set of orthogonal matrices, or of permutations, under products.

    .. math:: G = \{\, s_{i_1} \cdots s_{i_m} : m \ge 0 \,\} \subset O(d).

    Args:
        generators: ``k >= 1`` orthogonal matrices ``(d, d)``, or ``k`` permutations ``(d,)`` of integers,
            which stand for the matrices with :math:`M e_i = e_{p_i}`.
        name: Name of the group and of the representation.
        max_order: Largest order to allow.

    Returns:
        The representation of the group made, ``(n, d, d)``; ``matrices[group.generators[i]]`` is the ``i``-th
        distinct generator other than the identity.

    Raises:
        ValueError: No generator; one that is not square, not finite, not orthogonal, of another size than the
            first, or no permutation; more than ``max_order`` elements; products that return to an element
            only roughly (between 1e-9 and 1e-7), so that the matrices given are not accurate.
    """
    if not len(generators):
        raise ValueError("no generators: the dimension is unknown; remedy: give at least the identity matrix")
    if full_array(generators[0], f"generator 0 of {name!r}").ndim == 1:
        return permutation(*permutation_group(generators, name=name, max_order=max_order), name=name)
    stack = _square_stack(generators, [f"generator {i} of {name!r}" for i in range(len(generators))])
    _check_orthogonal(stack, name)
    closure = close(np.eye(stack.shape[1]), stack, lambda s, block: s @ block, max_order)
    for i, matrix in enumerate(stack):
        deviation = np.abs(matrix @ closure.elements - closure.elements[closure.left[i]]).max()
        if deviation > ROUNDING:
            raise ValueError(
                f"products with generator {i} of {name!r} return to an element only up to {deviation:.2e} "
                f"(allowed {ROUNDING:g}); remedy: give the matrices in full double precision"
            )
    return Representation(group_of_closure(closure, name), closure.elements, name)


def representation_from_generators(
    group: FiniteGroup, images: Mapping[int, ArrayLike], *, name: str = "representation"
) -> Representation:
    r"""Extend matrices given for generators to the whole group.

    .. math:: M_{s_{i_1} \cdots s_{i_m}} = M_{s_{i_1}} \cdots M_{s_{i_m}}.

    Args:
        group: The group, order ``n``.
        images: For each index of a generating set (``group.generators``, or another), its matrix ``(d, d)``.
        name: Name of the representation.

    Returns:
        The representation ``(n, d, d)``.

    Raises:
        ValueError: No image; a key that is no element; keys that do not generate; matrices that are not
            square, of different sizes, not orthogonal, or that break a relation of the group (no
            homomorphism).
    """
    if not images:
        raise ValueError(
            f"no images for {name!r}: the dimension is unknown; "
            "remedy: use trivial(group, dim) for the trivial action"
        )
    for key in images:
        if isinstance(key, bool) or not isinstance(key, (int, np.integer)) or not 0 <= key < group.order:
            raise ValueError(
                f"key {key!r} of {name!r}: must be an element 0..{group.order - 1} of {group.name!r}; "
                "remedy: use the indices in group.generators"
            )
    keys = list(images)
    labels = [f"image of element {key} in {name!r}" for key in keys]
    matrices = _square_stack([images[key] for key in keys], labels)
    tree = spanning_tree(group.table, keys)
    if len(tree) < group.order:
        raise ValueError(
            f"elements {keys} reach {len(tree)} of the {group.order} elements of {group.name!r}; "
            f"remedy: give the images of a generating set, such as {group.generators}"
        )
    d = matrices.shape[1]
    check_size(group.order, d, name)
    extended = np.empty((group.order, d, d))
    extended[0] = np.eye(d)
    for g, i, h in tree[1:]:
        extended[g] = matrices[i] @ extended[h]
    # An image of the identity is not used above, but must not be dropped in silence when it is wrong.
    if 0 in images:
        extended[0] = matrices[keys.index(0)]
    return Representation(group, extended, name)


def trivial(group: FiniteGroup, dim: int = 1) -> Representation:
    r"""Make the trivial representation :math:`M_g = I`.

    Args:
        group: The group, order ``n``.
        dim: Dimension ``d >= 1``.

    Returns:
        The representation ``(n, d, d)``.

    Raises:
        ValueError: ``dim`` is no integer ``>= 1``, or the matrices would take more than 1 GiB.
    """
    dim = checked_order(dim, "dim")
    name = f"trivial({dim})"
    check_size(group.order, dim, name)
    return Representation(group, np.broadcast_to(np.eye(dim), (group.order, dim, dim)), name)


def permutation(group: FiniteGroup, permutations: ArrayLike, *, name: str = "permutation") -> Representation:
    r"""Make the representation that permutes the coordinates.

    .. math:: M_g e_i = e_{p_g(i)}, \qquad (M_g x)_{p_g(i)} = x_i, \qquad p_{gh} = p_g \circ p_h.

    Args:
        group: The group, order ``n``.
        permutations: Integers ``(n, d)``; row ``g`` is :math:`p_g`.
        name: Name of the representation.

    Returns:
        The representation ``(n, d, d)``.

    Raises:
        ValueError: Wrong shape, a row that is no permutation, rows that break the product rule, or matrices
            that would take more than 1 GiB.
    """
    p = checked_permutations(permutations, f"permutations of {name!r}", ndim=2)
    n, d = p.shape
    if n != group.order:
        raise ValueError(
            f"permutations of {name!r} have {n} rows: must be {group.order}, one for each element of "
            f"{group.name!r}; remedy: make them with permutation_group"
        )
    check_size(n, d, name)
    matrices = np.zeros((n, d, d))
    matrices[np.arange(n)[:, None], p, np.arange(d)] = 1.0
    return Representation(group, matrices, name)


def regular(group: FiniteGroup) -> Representation:
    r"""Make the regular representation, on functions on the group.

    .. math:: M_g e_h = e_{gh}.

    Args:
        group: The group, order ``n``.

    Returns:
        The representation ``(n, n, n)``.

    Raises:
        ValueError: The matrices would take more than 1 GiB (order above 512).
    """
    return permutation(group, group.table, name=f"regular({group.name})")


def determinant(representation: Representation) -> Representation:
    r"""Make the one-dimensional representation :math:`g \mapsto \det M_g \in \{\pm 1\}`.

    Args:
        representation: ``(n, d, d)``.

    Returns:
        The representation ``(n, 1, 1)``; for permutation matrices, the sign.
    """
    signs = np.rint(np.linalg.det(representation.matrices))
    return Representation(representation.group, signs[:, None, None], f"det({representation.name})")
