r"""One name for each construction, whatever the kind of group.

The constructions of :mod:`widesym.groups.combined` and :mod:`widesym.groups.representations` (finite groups),
of :mod:`widesym.groups.continuous` (compact groups), and the latter at nodes: the first argument decides,
and all arguments must be of one kind.
"""

from collections.abc import Callable
from typing import Any

from widesym.groups import combined, representations
from widesym.groups import continuous as compact_functors
from widesym.groups.compact import CompactGroup, compact_product, same_compact_group
from widesym.groups.continuous import CompactRepresentation
from widesym.groups.finite import FiniteGroup
from widesym.groups.finite import product as finite_product
from widesym.groups.finite import same_group as same_finite_group
from widesym.groups.nodes import NodeRepresentation, NodeSet, product_nodes, same_nodes
from widesym.groups.representations import Representation

AnyRepresentation = Representation | CompactRepresentation | NodeRepresentation
AnyGroup = FiniteGroup | CompactGroup | NodeSet

_KINDS = {
    Representation: "a representation of a finite group",
    CompactRepresentation: "a representation of a compact group",
    NodeRepresentation: "a representation at nodes",
}


def _apply(
    name: str, finite: Callable, compact: Callable, reps: tuple[AnyRepresentation, ...]
) -> AnyRepresentation:
    for rep in reps:
        if type(rep) is not type(reps[0]) or type(rep) not in _KINDS:
            kinds = [_KINDS.get(type(r), type(r).__name__) for r in reps]
            raise ValueError(
                f"{name} of {' and '.join(kinds)}: must be of one kind; remedy: see all of them at one "
                "node set (at_nodes), or make a finite group compact (compact_from_finite)"
            )
    if not reps or isinstance(reps[0], Representation):
        return finite(*reps)
    if isinstance(reps[0], CompactRepresentation):
        return compact(*reps)
    for rep in reps[1:]:
        if not same_nodes(reps[0].nodes, rep.nodes):
            raise ValueError(
                f"{name}: {reps[0].name!r} is at the nodes {reps[0].nodes.name!r}, {rep.name!r} at "
                f"{rep.nodes.name!r}: must be the same nodes; remedy: make one node set and use it for both"
            )
    return NodeRepresentation(reps[0].nodes, compact(*(rep.representation for rep in reps)))


def at_nodes(representation: CompactRepresentation, nodes: NodeSet) -> NodeRepresentation:
    """See a representation of a compact group at nodes of it, ``(K, D, D)``.

    Raises:
        ValueError: The groups differ.
    """
    return NodeRepresentation(nodes, representation)


def trivial(group: AnyGroup, dim: int = 1) -> AnyRepresentation:
    """Make the trivial representation of a group of any kind; see :func:`representations.trivial`."""
    if isinstance(group, FiniteGroup):
        return representations.trivial(group, dim)
    if isinstance(group, CompactGroup):
        return compact_functors.trivial_of(group, dim)
    return NodeRepresentation(group, compact_functors.trivial_of(group.group, dim))


def determinant(representation: AnyRepresentation) -> AnyRepresentation:
    """Make the determinant of a representation of any kind; see :func:`representations.determinant`."""
    return _apply(
        "determinant", representations.determinant, compact_functors.determinant_of, (representation,)
    )


def direct_sum(*reps: AnyRepresentation) -> AnyRepresentation:
    """Stack representations of one group, of any kind; see :func:`combined.direct_sum`."""
    return _apply("direct_sum", combined.direct_sum, compact_functors.sum_of, reps)


def tensor(first: AnyRepresentation, second: AnyRepresentation) -> AnyRepresentation:
    """Make the tensor product of representations of any kind; see :func:`combined.tensor`."""
    return _apply("tensor", combined.tensor, compact_functors.tensor_of, (first, second))


def hom(rho_in: AnyRepresentation, rho_out: AnyRepresentation) -> AnyRepresentation:
    """Make the action on linear maps between representations of any kind; see :func:`combined.hom`."""
    return _apply("hom", combined.hom, compact_functors.hom_of, (rho_in, rho_out))


def pullback(
    representation: Representation | CompactRepresentation,
    group: FiniteGroup | CompactGroup,
    homomorphism: Any,
    **options: Any,
) -> Representation | CompactRepresentation:
    """Let another group act through a homomorphism: element indices (finite) or a function of matrices.

    See :func:`combined.pullback` and :func:`continuous.pullback_of`.
    """
    if isinstance(representation, Representation):
        return combined.pullback(representation, group, homomorphism, **options)
    return compact_functors.pullback_of(representation, group, homomorphism, **options)


def external_sum(first: AnyRepresentation, second: AnyRepresentation) -> AnyRepresentation:
    """Let a product of groups act on a sum of spaces; see :func:`combined.external_sum`."""
    if isinstance(first, Representation) and isinstance(second, Representation):
        return combined.external_sum(first, second)
    return direct_sum(*_lifted("external_sum", first, second))


def external_tensor(first: AnyRepresentation, second: AnyRepresentation) -> AnyRepresentation:
    """Let a product of groups act on a tensor product of spaces; see :func:`combined.external_tensor`."""
    if isinstance(first, Representation) and isinstance(second, Representation):
        return combined.external_tensor(first, second)
    return tensor(*_lifted("external_tensor", first, second))


def _lifted(
    name: str, first: AnyRepresentation, second: AnyRepresentation
) -> tuple[AnyRepresentation, AnyRepresentation]:
    if isinstance(first, NodeRepresentation) and isinstance(second, NodeRepresentation):
        nodes = product_nodes(first.nodes, second.nodes)
        lifted = compact_functors.lifted(first.representation, second.representation)
        return NodeRepresentation(nodes, lifted[0]), NodeRepresentation(nodes, lifted[1])
    if isinstance(first, CompactRepresentation) and isinstance(second, CompactRepresentation):
        return compact_functors.lifted(first, second)
    kinds = [_KINDS.get(type(rep), type(rep).__name__) for rep in (first, second)]
    raise ValueError(
        f"{name} of {' and '.join(kinds)}: must be of one kind; remedy: make a finite group compact "
        "(compact_from_finite)"
    )


def product(first: AnyGroup, second: AnyGroup) -> AnyGroup:
    """Make the direct product of two groups of one kind, or of two node sets.

    Raises:
        ValueError: The kinds differ; otherwise as :func:`finite.product`.
    """
    for kind, make in (
        (FiniteGroup, finite_product),
        (CompactGroup, compact_product),
        (NodeSet, product_nodes),
    ):
        if isinstance(first, kind) and isinstance(second, kind):
            return make(first, second)
    raise ValueError(
        f"product of {type(first).__name__} and {type(second).__name__}: must be of one kind; remedy: make a "
        "finite group compact (compact_from_finite)"
    )


def same_group(first: AnyGroup, second: AnyGroup) -> bool:
    """Tell whether two groups are the same element by element (names aside); of two kinds they are not."""
    for kind, same in (
        (FiniteGroup, same_finite_group),
        (CompactGroup, same_compact_group),
        (NodeSet, same_nodes),
    ):
        if isinstance(first, kind) and isinstance(second, kind):
            return same(first, second)
    return False
