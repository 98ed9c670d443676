r"""Averages, orbits and the subspace of invariant vectors.

For a representation :math:`g \mapsto M_g` on :math:`\mathbb R^D` the invariant vectors are

.. math:: \mathcal E^G = \{ z : M_g z = z \ \forall g \},

with the orthogonal projector :math:`P_{\mathcal E^G} = \frac1n \sum_g M_g` (the Haar average). The same space
is the common null space of :math:`M_s - I` over the generators :math:`s`. Both ways are computed and must
agree; its dimension is also :math:`\frac1n \sum_g \operatorname{tr} M_g`. See Maass Martinez and
Fontbona (2024), section 2. Compact groups take the same functions: their null space is that of the Lie
algebra and of components, their average a Haar integral (:mod:`widesym.groups.averages`). A representation
at nodes has the invariant vectors of its whole group, and orbits and averages over the nodes.

Shapes: ``n`` group order, ``D`` dimension, ``k`` dimension of a subspace, ``...`` any batch axes. float64.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from widesym.groups.averages import (
    character_dimension,
    conditions,
    exact_average,
    null_space,
    sampled_average,
)
from widesym.groups.checks import real_array
from widesym.groups.continuous import CompactRepresentation
from widesym.groups.functors import AnyRepresentation
from widesym.groups.nodes import NodeRepresentation
from widesym.groups.representations import ROUNDING, Representation

# Singular values of spanning columns below this fraction of the largest count as zero.
_DEPENDENT = 1e-10
# The projectors of the two ways may differ by this much in any entry: exact algebra in float64.
AGREEMENT = 1e-12
# Samples of the check where no exact rule is known, and standard errors allowed there: 1e-9 for one entry,
# so about 1e-5 for the largest of some thousand.
_SAMPLES = 4096
_STANDARD_ERRORS = 6.0


@dataclass(frozen=True, eq=False)
class Subspace:
    r"""A linear subspace :math:`E \subset \mathbb R^D`, of any dimension from 0 to ``D``.

    Attributes:
        basis: ``(D, k)``, orthonormal columns; ``(D, 0)`` for :math:`\{0\}`. Kept as a read-only
            float64 copy.

    Raises:
        ValueError: Wrong shape, entries that are no finite real numbers, or columns that are not orthonormal
            to 1e-9.
    """

    basis: np.ndarray = field(repr=False)

    def __post_init__(self) -> None:
        """Check the basis and freeze it."""
        basis = real_array(self.basis, "basis")
        if basis.ndim != 2 or basis.shape[0] == 0 or basis.shape[1] > basis.shape[0]:
            raise ValueError(
                f"basis has shape {basis.shape}: must be (D, k) with k <= D and D >= 1; "
                "remedy: give the basis vectors as columns, or use subspace(columns)"
            )
        deviation = np.abs(basis.T @ basis - np.eye(basis.shape[1])).max(initial=0.0)
        if deviation > ROUNDING:
            raise ValueError(
                f"basis is not orthonormal: B^T B differs from I by {deviation:.2e} (allowed {ROUNDING:g}); "
                "remedy: use subspace(columns), which orthonormalises"
            )
        basis.setflags(write=False)
        object.__setattr__(self, "basis", basis)

    def __repr__(self) -> str:
        """Name the dimensions."""
        return f"Subspace(dim={self.dim}, ambient={self.ambient})"

    @property
    def dim(self) -> int:
        """The dimension ``k``."""
        return self.basis.shape[1]

    @property
    def ambient(self) -> int:
        """The dimension ``D`` of the space around."""
        return self.basis.shape[0]

    @cached_property
    def projector(self) -> np.ndarray:
        r"""The orthogonal projector :math:`P_E = B B^\top`, ``(D, D)``."""
        projector = self.basis @ self.basis.T
        projector.setflags(write=False)
        return projector


def subspace(columns: ArrayLike) -> Subspace:
    r"""Make the span of columns.

    Columns that depend on the others (to 1e-10 of the largest singular value) add nothing; no columns, or
    columns of zeros, give :math:`\{0\}`.

    Args:
        columns: ``(D, m)``, real, any ``m >= 0``.

    Returns:
        The subspace, with an orthonormal basis ``(D, k)``, ``k <= m``.

    Raises:
        ValueError: Wrong shape, or entries that are no finite real numbers.
    """
    columns = real_array(columns, "columns")
    if columns.ndim != 2 or columns.shape[0] == 0:
        raise ValueError(
            f"columns has shape {columns.shape}: must be (D, m) with D >= 1; "
            "remedy: give one vector as vector[:, None]"
        )
    if columns.shape[1] == 0:
        return Subspace(columns)
    vectors, values, _ = np.linalg.svd(columns, full_matrices=False)
    return Subspace(vectors[:, values > _DEPENDENT * values[0]])


def orbit(representation: Representation | NodeRepresentation, vectors: ArrayLike) -> np.ndarray:
    r"""Move vectors by every element of the group, or by every node.

    .. math:: (M_g v)_{g \in G}.

    Args:
        representation: ``(n, D, D)``.
        vectors: ``(..., D)``, real.

    Returns:
        float64 ``(n, ..., D)``; entry ``g`` is :math:`M_g v`, entry 0 is ``v``. Repetitions are kept, so the
        uniform law on the entries is the orbit's law under the Haar law.

    Raises:
        ValueError: The last axis is not ``D``, entries are no finite real numbers, or the group is compact
            and seen at no nodes.
    """
    _check_listed(representation)
    vectors = _vectors(representation, vectors)
    moved = vectors.reshape(-1, representation.dim) @ representation.matrices.transpose(0, 2, 1)
    return moved.reshape(representation.group.order, *vectors.shape)


def average(representation: AnyRepresentation, vectors: ArrayLike) -> np.ndarray:
    r"""Average vectors over the group, which projects them onto the invariant vectors.

    .. math:: \frac1n \sum_g M_g v = P_{\mathcal E^G} v .

    At nodes it is the mean over the nodes, which is near that.

    Args:
        representation: ``(n, D, D)``, or of a compact group.
        vectors: ``(..., D)``, real.

    Returns:
        float64 ``(..., D)``.

    Raises:
        ValueError: The last axis is not ``D``, entries are no finite real numbers, or no exact average is
            known.
    """
    vectors = _vectors(representation, vectors)
    if isinstance(representation, NodeRepresentation):
        return vectors @ representation.matrices.mean(axis=0).T
    return vectors @ projector_by_averaging(representation)


def _check_listed(representation: AnyRepresentation) -> None:
    if isinstance(representation, CompactRepresentation):
        raise ValueError(
            f"{representation.name!r} is of the compact group {representation.group.name!r}, whose elements "
            "cannot be listed; remedy: see it at nodes (at_nodes)"
        )


def _vectors(representation: AnyRepresentation, vectors: ArrayLike) -> np.ndarray:
    array = real_array(vectors, "vectors")
    if array.ndim == 0 or array.shape[-1] != representation.dim:
        raise ValueError(
            f"vectors have shape {array.shape}: the last axis must be {representation.dim}, the dimension of "
            f"{representation.name!r}; remedy: flatten each vector, matrices row by row"
        )
    return array


def _whole(representation: AnyRepresentation) -> Representation | CompactRepresentation:
    at_nodes = isinstance(representation, NodeRepresentation)
    return representation.representation if at_nodes else representation


def projector_by_averaging(representation: AnyRepresentation) -> np.ndarray:
    r"""Compute the projector onto the invariant vectors as the Haar average.

    .. math:: P_{\mathcal E^G} = \frac1n \sum_g M_g = \int M_g\,d\lambda(g) .

    Args:
        representation: ``(n, D, D)``, or of a compact group (at nodes: of the whole group).

    Returns:
        float64 ``(D, D)``, exactly symmetric.

    Raises:
        ValueError: The group is compact and no exact rule is known for the representation.
    """
    whole = _whole(representation)
    mean = whole.matrices.mean(axis=0) if isinstance(whole, Representation) else exact_average(whole)
    if mean is None:
        raise ValueError(_no_rule(whole, "average", "sampled_average"))
    # Symmetric because M_g^T = M_{g^-1}; the mean alone is so only up to rounding.
    return (mean + mean.T) / 2


def _no_rule(representation: CompactRepresentation, what: str, remedy: str) -> str:
    return (
        f"no exact {what} of {representation.name!r}: {representation.group.name!r} has no rule for its "
        f"degree {representation.degree}; remedy: state the degree of its entries as polynomials, or "
        f"use {remedy}, which gives its error"
    )


def basis_by_null_space(representation: AnyRepresentation) -> np.ndarray:
    r"""Compute an orthonormal basis of the invariant vectors as a null space.

    .. math:: \mathcal E^G =
        \ker \begin{pmatrix} \mathrm dM(A_1) \\ \vdots \\ M_{s_1} - I \\ \vdots \end{pmatrix},
        \qquad A_i \text{ the Lie algebra},\ s_j \text{ generators (of components)},

    from a singular value decomposition; the averages are not used.

    Args:
        representation: ``(n, D, D)``, or of a compact group (at nodes: of the whole group).

    Returns:
        float64 ``(D, k)``, orthonormal columns; ``(D, 0)`` when only 0 is invariant.
    """
    whole = _whole(representation)
    if isinstance(whole, CompactRepresentation):
        return null_space(conditions(whole))
    return null_space(whole.matrices[list(whole.group.generators)] - np.eye(whole.dim))


def dimension_by_character(representation: AnyRepresentation) -> int:
    r"""Compute the dimension of the invariant vectors from the character.

    .. math:: \dim \mathcal E^G = \frac1n \sum_g \operatorname{tr} M_g
        = \int \operatorname{tr} M_g\,d\lambda(g),

    the integral by Weyl's formula.

    Args:
        representation: ``(n, D, D)``, or of a compact group (at nodes: of the whole group).

    Returns:
        The dimension, from 0 to ``D``.

    Raises:
        ValueError: The group is compact and no exact rule is known for the representation.
    """
    whole = _whole(representation)
    if isinstance(whole, Representation):
        return round(float(np.trace(whole.matrices, axis1=1, axis2=2).mean()))
    dimension = character_dimension(whole)
    if dimension is None:
        raise ValueError(_no_rule(whole, "character integral", "sampled_average"))
    return round(dimension)


def invariant_subspace(representation: AnyRepresentation) -> Subspace:
    r"""Compute the invariant vectors :math:`\mathcal E^G`, by null space and by averaging.

    Where a compact group has no exact average, the null space is checked against samples: each must fix it,
    and the mean must agree with its projector within six standard errors.

    Args:
        representation: ``(n, D, D)``, or of a compact group; at nodes, the invariant vectors of the whole
            group are meant.

    Returns:
        The subspace; its basis is the one of :func:`basis_by_null_space`.

    Raises:
        RuntimeError: The projectors of the two ways differ by more than 1e-12 in some entry, because the
            matrices are accurate to less than that; or by more than samples allow.
    """
    whole = _whole(representation)
    found = Subspace(basis_by_null_space(whole))
    mean = whole.matrices.mean(axis=0) if isinstance(whole, Representation) else exact_average(whole)
    if mean is None:
        _check_by_samples(whole, found)
        return found
    deviation = np.abs(found.projector - mean).max()
    if deviation > AGREEMENT:
        raise RuntimeError(
            f"invariant vectors of {whole.name!r}: projectors by averaging and by null space differ "
            f"by {deviation:.2e} (allowed {AGREEMENT:g}); remedy: give the matrices in full double precision"
        )
    return found


def _check_by_samples(representation: CompactRepresentation, found: Subspace) -> None:
    sampled = sampled_average(representation, 0, _SAMPLES)
    excess = np.abs(sampled.mean - found.projector) - _STANDARD_ERRORS * sampled.standard_error
    if excess.max() > ROUNDING:
        raise RuntimeError(
            f"invariant vectors of {representation.name!r}: the mean over {_SAMPLES} samples differs from "
            f"the projector by null space by {excess.max():.2e} more than {_STANDARD_ERRORS:g} standard "
            "errors; remedy: check that the sampler draws from the group of this Lie algebra and components"
        )
