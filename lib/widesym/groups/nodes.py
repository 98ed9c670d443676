r"""Finite sets of group elements that stand for the Haar law, and how wrong they are.

Data augmentation and feature averaging need :math:`\int f(g)\,d\lambda(g)`. A *node set* replaces it by an
equal-weight mean over ``K`` elements,

.. math:: \int f\,d\lambda \approx \frac1K\sum_{k=0}^{K-1} f(g_k), \qquad g_0 = I .

A :class:`NodeRepresentation` is a representation of a compact group seen at the nodes. It has the
``matrices``, ``group`` (with ``order`` ``K``), ``dim`` and ``name`` of a representation of a finite group, so
units and training take either; its invariant vectors are those of the whole group.

- :func:`circle_nodes`: ``K`` equal turns, for SO(2) and O(2): exact to degree ``K - 1`` (``K/2 - 1``);
- :func:`polyhedral_nodes`: the icosahedral rotations turned at random, for SO(3) and O(3): exact to degree 5;
- :func:`haar_nodes`: independent samples, for any group, with
  :math:`E\|\frac1K\sum_k M_{g_k} - P\|_F^2 = (D - \dim\mathcal E^G)/K`;
- :func:`product_nodes`: all pairs, for direct products.

Shapes: ``K`` nodes, ``n`` size of the group's matrices, ``D`` dimension, ``B`` points. float64.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from widesym.groups.averages import projector_of
from widesym.groups.checks import checked_order, real_array
from widesym.groups.compact import CompactGroup, Seed, compact_product, same_compact_group
from widesym.groups.continuous import CompactRepresentation
from widesym.groups.haar import block_diagonal, rotation
from widesym.groups.polyhedral import icosahedral
from widesym.groups.representations import ROUNDING, check_size


@dataclass(frozen=True, eq=False)
class NodeSet:
    """Elements of a compact group with equal weights; the first is the identity.

    Attributes:
        group: The group that the nodes stand for.
        matrices: ``(K, n, n)``, elements of it. Kept as a read-only float64 copy.
        name: What messages and figures call the nodes.

    Raises:
        ValueError: Wrong shape, matrices that are not orthogonal, or a first one that is not the identity.
    """

    group: CompactGroup
    matrices: np.ndarray = field(repr=False)
    name: str = "nodes"

    def __post_init__(self) -> None:
        """Check the nodes and freeze them."""
        matrices = real_array(self.matrices, f"nodes {self.name!r}")
        n = self.group.n
        if matrices.ndim != 3 or matrices.shape[1:] != (n, n) or not len(matrices):
            raise ValueError(
                f"nodes {self.name!r} have shape {matrices.shape}: must be (K, {n}, {n}), K >= 1, for "
                f"{self.group.name!r}; remedy: give one matrix of the group for each node"
            )
        off = np.abs(matrices @ matrices.transpose(0, 2, 1) - np.eye(n)).max()
        if off > ROUNDING or np.abs(matrices[0] - np.eye(n)).max() > ROUNDING:
            raise ValueError(
                f"nodes {self.name!r}: must be orthogonal (off by {off:.2e}) and begin with the identity; "
                "remedy: put the identity first, since schemes read node 0 as 'the datum as it is'"
            )
        matrices.setflags(write=False)
        object.__setattr__(self, "matrices", matrices)

    @property
    def order(self) -> int:
        """The number of nodes ``K``."""
        return len(self.matrices)


@dataclass(frozen=True, eq=False)
class NodeRepresentation:
    r"""A representation of a compact group at the nodes of a node set.

    Attributes:
        nodes: The nodes :math:`g_k`.
        representation: :math:`g \mapsto M(g)`, of the nodes' group.

    Raises:
        ValueError: The groups differ, or the matrices would take more than 1 GiB.
    """

    nodes: NodeSet
    representation: CompactRepresentation

    def __post_init__(self) -> None:
        """Check that both are of one group."""
        if not same_compact_group(self.nodes.group, self.representation.group):
            raise ValueError(
                f"{self.representation.name!r} is of the group {self.representation.group.name!r}, the nodes "
                f"{self.nodes.name!r} of {self.nodes.group.name!r}: must be of one; remedy: make nodes of "
                "the representation's group"
            )
        check_size(self.nodes.order, self.representation.dim, self.representation.name)

    @functools.cached_property
    def matrices(self) -> np.ndarray:
        r"""``(K, D, D)``: :math:`M(g_k)`."""
        matrices = self.representation.at(self.nodes.matrices)
        matrices.setflags(write=False)
        return matrices

    @property
    def group(self) -> NodeSet:
        """The nodes, in the place of a finite group: they have ``order`` and ``name``."""
        return self.nodes

    @property
    def dim(self) -> int:
        """The dimension ``D``."""
        return self.representation.dim

    @property
    def name(self) -> str:
        """The name of the representation."""
        return self.representation.name


def same_nodes(first: NodeSet, second: NodeSet) -> bool:
    """Tell whether two node sets are the same elements, in the same order, of the same group."""
    return first is second or (
        same_compact_group(first.group, second.group) and np.array_equal(first.matrices, second.matrices)
    )


def circle_nodes(group: CompactGroup, count: int) -> NodeSet:
    r"""Return equal turns of the plane: a cyclic group in SO(2), a dihedral one in O(2).

    Args:
        group: SO(2) or O(2).
        count: ``K``; even for O(2).

    Raises:
        ValueError: Another group, or a count that it does not allow.
    """
    count = checked_order(count, "count")
    parts = 1 + len(group.components)
    if group.n != 2 or group.dim != 1 or parts > 2:
        raise ValueError(f"circle nodes are for SO(2) and O(2), not {group.name!r}; remedy: use haar_nodes")
    if count % parts:
        raise ValueError(f"count={count} nodes of {group.name!r}: must be even; remedy: take {count + 1}")
    turns = rotation(2, 0, 1, 2 * np.pi * np.arange(count // parts) / (count // parts))
    matrices = turns if parts == 1 else np.concatenate([turns, turns @ group.components[0]])
    return NodeSet(group, matrices, f"{count} turns of {group.name}")


def polyhedral_nodes(group: CompactGroup, count: int, seed: Seed = 0) -> NodeSet:
    r"""Return the icosahedral rotations, and turned copies of them, for SO(3) and O(3).

    .. math:: \{ R_r\,h : r < K/60,\ h \in I \}, \qquad R_0 = I, \quad R_r \text{ Haar},

    each copy exact for polynomials of degree 5, since the icosahedral group has no invariants of degree 1 to
    5; with :math:`-1` for O(3).

    Args:
        group: SO(3) or O(3).
        count: ``K``, a multiple of 60 (of 120 for O(3)).
        seed: Of the turns.

    Raises:
        ValueError: Another group, or a count that it does not allow.
    """
    parts = 1 + len(group.components)
    if group.n != 3 or group.dim != 3 or parts > 2:
        raise ValueError(
            f"polyhedral nodes are for SO(3) and O(3), not {group.name!r}; remedy: use haar_nodes"
        )
    count = checked_order(count, "count")
    if count % (60 * parts):
        raise ValueError(
            f"count={count} nodes of {group.name!r}: must be a multiple of {60 * parts}; "
            f"remedy: take {60 * parts * (count // (60 * parts) + 1)}"
        )
    copies = count // (60 * parts)
    turns = (
        np.concatenate([np.eye(3)[None], group.sample(seed, copies)[1:]]) if copies > 1 else np.eye(3)[None]
    )
    matrices = (turns[:, None] @ icosahedral().matrices).reshape(-1, 3, 3)
    if parts == 2:
        matrices = np.concatenate([matrices, -matrices])
    return NodeSet(group, matrices, f"{copies} x 60 turns of {group.name}")


def haar_nodes(group: CompactGroup, count: int, seed: Seed) -> NodeSet:
    """Return the identity and ``count - 1`` independent Haar samples, of any group.

    Raises:
        ValueError: ``count`` or the seed is no integer in range.
    """
    count = checked_order(count, "count")
    matrices = np.eye(group.n)[None]
    if count > 1:
        matrices = np.concatenate([matrices, group.sample(seed, count - 1)])
    return NodeSet(group, matrices, f"{count} samples of {group.name}")


def every_element(group: CompactGroup) -> NodeSet:
    """Return all elements of a finite group as nodes: no error at all.

    Raises:
        ValueError: The group is not finite, or has no exact rule.
    """
    if group.dim or group.rule is None:
        raise ValueError(f"{group.name!r} is not finite: has no list of elements; remedy: use haar_nodes")
    return NodeSet(group, group.rule(0).nodes, f"all of {group.name}")


def product_nodes(first: NodeSet, second: NodeSet) -> NodeSet:
    """Return all pairs of nodes of two groups, nodes of their direct product; first factor outermost."""
    matrices = block_diagonal(
        np.repeat(first.matrices, second.order, axis=0), np.tile(second.matrices, (first.order, 1, 1))
    )
    return NodeSet(compact_product(first.group, second.group), matrices, f"{first.name}, {second.name}")


def node_error(rep: NodeRepresentation) -> float:
    r"""Return how far the nodes are from the Haar average in a representation.

    .. math:: \Big\|\frac1K\sum_k M(g_k) - P_{\mathcal E^G}\Big\|_2 \quad\text{(largest singular value)}.
    """
    return float(np.linalg.norm(rep.matrices.mean(axis=0) - projector_of(rep.representation), 2))


def node_mean(
    model: Callable[[np.ndarray], np.ndarray],
    rho_in: NodeRepresentation,
    rho_out: NodeRepresentation,
    x: np.ndarray,
) -> np.ndarray:
    r"""Average a model over the nodes.

    .. math:: (Q_K f)(x) = \frac1K\sum_k \hat\rho(g_k)^\top f(\rho(g_k)\,x)

    Args:
        model: :math:`f`, points ``(B, d)`` to outputs ``(B, c)``.
        rho_in: On inputs, dimension ``d``.
        rho_out: On outputs, dimension ``c``, at the same nodes.
        x: Points ``(B, d)``.

    Returns:
        float64 ``(B, c)``.

    Raises:
        ValueError: Different nodes, or points of another dimension.
    """
    x = real_array(x, "x")
    if rho_in.matrices.shape[0] != rho_out.matrices.shape[0] or x.ndim != 2 or x.shape[1] != rho_in.dim:
        raise ValueError(
            f"points of shape {x.shape} with {len(rho_in.matrices)} and {len(rho_out.matrices)} nodes: must "
            f"be (B, {rho_in.dim}) and the same nodes; remedy: see both representations at one node set"
        )
    moved = np.einsum("kij,bj->kbi", rho_in.matrices, x).reshape(-1, rho_in.dim)
    outputs = np.asarray(model(moved), np.float64).reshape(len(rho_in.matrices), len(x), rho_out.dim)
    return np.einsum("kji,kbj->bi", rho_out.matrices, outputs) / len(outputs)


def model_error(
    model: Callable[[np.ndarray], np.ndarray],
    coarse: tuple[NodeRepresentation, NodeRepresentation],
    fine: tuple[NodeRepresentation, NodeRepresentation],
    x: np.ndarray,
) -> float:
    r"""Return how far a model's average over nodes is from that over finer nodes.

    .. math:: \max_b \|(Q_K f)(x_b) - (Q_{2K} f)(x_b)\|_\infty

    Args:
        model: :math:`f`, points ``(B, d)`` to outputs ``(B, c)``.
        coarse: On inputs and outputs, at ``K`` nodes.
        fine: The same at more nodes, such as ``2 K``.
        x: Points ``(B, d)``.
    """
    return float(np.abs(node_mean(model, *coarse, x) - node_mean(model, *fine, x)).max())
