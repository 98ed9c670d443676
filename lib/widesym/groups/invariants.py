r"""Averages, orbits and the subspace of invariant vectors.

For a representation :math:`g \mapsto M_g` on :math:`\mathbb R^D` the invariant vectors are

.. math:: \mathcal E^G = \{ z : M_g z = z \ \forall g \},

with the orthogonal projector :math:`P_{\mathcal E^G} = \frac1n \sum_g M_g` (the Haar average). The same space
is the common null space of :math:`M_s - I` over the generators :math:`s`. Both ways are computed and must
agree; its dimension is also :math:`\frac1n \sum_g \operatorname{tr} M_g`. See Maass Martinez and
Fontbona (2024), section 2.

Shapes: ``n`` group order, ``D`` dimension, ``k`` dimension of a subspace, ``...`` any batch axes. float64.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from widesym.groups.checks import real_array
from widesym.groups.representations import ROUNDING, Representation

# Singular values of the stacked M_s - I below this count as zero. True ones are at least about 2 pi / order:
# 6e-4 at order 10,000.
_NULL = 1e-8
# Singular values of spanning columns below this fraction of the largest count as zero.
_DEPENDENT = 1e-10
# The projectors of the two ways may differ by this much in any entry: exact algebra in float64.
AGREEMENT = 1e-12


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


def orbit(representation: Representation, vectors: ArrayLike) -> np.ndarray:
    r"""Move vectors by every element of the group.

    .. math:: (M_g v)_{g \in G}.

    Args:
        representation: ``(n, D, D)``.
        vectors: ``(..., D)``, real.

    Returns:
        float64 ``(n, ..., D)``; entry ``g`` is :math:`M_g v`, entry 0 is ``v``. Repetitions are kept, so the
        uniform law on the entries is the orbit's law under the Haar law.

    Raises:
        ValueError: The last axis is not ``D``, or entries are no finite real numbers.
    """
    vectors = _vectors(representation, vectors)
    moved = vectors.reshape(-1, representation.dim) @ representation.matrices.transpose(0, 2, 1)
    return moved.reshape(representation.group.order, *vectors.shape)


def average(representation: Representation, vectors: ArrayLike) -> np.ndarray:
    r"""Average vectors over the group, which projects them onto the invariant vectors.

    .. math:: \frac1n \sum_g M_g v = P_{\mathcal E^G} v .

    Args:
        representation: ``(n, D, D)``.
        vectors: ``(..., D)``, real.

    Returns:
        float64 ``(..., D)``.

    Raises:
        ValueError: The last axis is not ``D``, or entries are no finite real numbers.
    """
    return _vectors(representation, vectors) @ projector_by_averaging(representation)


def _vectors(representation: Representation, vectors: ArrayLike) -> np.ndarray:
    array = real_array(vectors, "vectors")
    if array.ndim == 0 or array.shape[-1] != representation.dim:
        raise ValueError(
            f"vectors have shape {array.shape}: the last axis must be {representation.dim}, the dimension of "
            f"{representation.name!r}; remedy: flatten each vector, matrices row by row"
        )
    return array


def projector_by_averaging(representation: Representation) -> np.ndarray:
    r"""Compute the projector onto the invariant vectors as the Haar average.

    .. math:: P_{\mathcal E^G} = \frac1n \sum_g M_g .

    Args:
        representation: ``(n, D, D)``.

    Returns:
        float64 ``(D, D)``, exactly symmetric.
    """
    mean = representation.matrices.mean(axis=0)
    # Symmetric because M_g^T = M_{g^-1}; the mean alone is so only up to rounding.
    return (mean + mean.T) / 2


def basis_by_null_space(representation: Representation) -> np.ndarray:
    r"""Compute an orthonormal basis of the invariant vectors as a null space.

    .. math:: \mathcal E^G = \ker \begin{pmatrix} M_{s_1} - I \\ \vdots \\ M_{s_k} - I \end{pmatrix},
        \qquad s_1,\dots,s_k \text{ the generators},

    from a singular value decomposition; the averages are not used.

    Args:
        representation: ``(n, D, D)``.

    Returns:
        float64 ``(D, k)``, orthonormal columns; ``(D, 0)`` when only 0 is invariant.
    """
    identity = np.eye(representation.dim)
    generators = list(representation.group.generators)
    if not generators:
        return identity
    stacked = (representation.matrices[generators] - identity).reshape(-1, representation.dim)
    _, values, rows = np.linalg.svd(stacked, full_matrices=False)
    return rows[values <= _NULL].T


def dimension_by_character(representation: Representation) -> int:
    r"""Compute the dimension of the invariant vectors from the character.

    .. math:: \dim \mathcal E^G = \frac1n \sum_g \operatorname{tr} M_g .

    Args:
        representation: ``(n, D, D)``.

    Returns:
        The dimension, from 0 to ``D``.
    """
    return round(float(np.trace(representation.matrices, axis1=1, axis2=2).mean()))


def invariant_subspace(representation: Representation) -> Subspace:
    r"""Compute the invariant vectors :math:`\mathcal E^G`, by null space and by averaging.

    Args:
        representation: ``(n, D, D)``.

    Returns:
        The subspace; its basis is the one of :func:`basis_by_null_space`.

    Raises:
        RuntimeError: The projectors of the two ways differ by more than 1e-12 in some entry, because the
            matrices are accurate to less than that.
    """
    found = Subspace(basis_by_null_space(representation))
    deviation = np.abs(found.projector - projector_by_averaging(representation)).max()
    if deviation > AGREEMENT:
        raise RuntimeError(
            f"invariant vectors of {representation.name!r}: projectors by averaging and by null space differ "
            f"by {deviation:.2e} (allowed {AGREEMENT:g}); remedy: give the matrices in full double precision"
        )
    return found
