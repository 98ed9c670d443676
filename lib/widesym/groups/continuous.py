r"""Orthogonal representations of compact groups, as functions of the group's matrices.

A representation of :math:`G \subset O(n)` is a map :math:`g \mapsto M(g) \in O(D)` with
:math:`M(gh) = M(g) M(h)`. Its Lie algebra image is the derivative at the identity,

.. math:: \mathrm dM(A) = \frac{d}{dt}\Big|_{t=0} M(e^{tA}),

computed exactly by forward differentiation. When the entries of :math:`M(g)` are polynomials of degree
:math:`p` in those of :math:`g`, an exact rule of degree :math:`p` averages :math:`M` exactly.

Shapes: ``n`` size of the group's matrices, ``D`` dimension of the representation, ``k`` dimension of the
group, ``m`` generators of its components, ``Q`` elements. float64.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from widesym import numerics
from widesym.groups.checks import checked_order, real_array
from widesym.groups.compact import CompactGroup, compact_product, same_compact_group
from widesym.groups.representations import ROUNDING

numerics.enable()  # derivatives in float64, whoever imports this first

_TESTED = 6  # random pairs on which the product rule is tested
_SEED = 20240519  # of these pairs


@dataclass(frozen=True, eq=False)
class CompactRepresentation:
    r"""An orthogonal representation :math:`g \mapsto M(g)` of a compact group, checked.

    Orthogonality and the product rule are tested on random elements of all components, so a map that breaks
    them on an open set of pairs is found.

    Attributes:
        group: The group, matrices ``(n, n)``.
        of: ``(n, n) -> (D, D)``, written in jax.numpy; defined and smooth near the group.
        name: What messages and figures call the representation.
        degree: Degree of the entries of :math:`M(g)` as polynomials in those of :math:`g`; None when it is
            not known or they are no polynomials (averages are then sampled).

    Raises:
        ValueError: ``of`` fails or returns another shape, :math:`M(I) \ne I`, matrices that are not
            orthogonal to 1e-9 or break the product rule by more, a degree that is no integer ``>= 0``.
    """

    group: CompactGroup
    of: Callable[[Array], Array] = field(repr=False)
    name: str = "representation"
    degree: int | None = None

    def __post_init__(self) -> None:
        """Test the map on the identity and on random elements."""
        degree = self.degree
        if degree is not None and (isinstance(degree, bool) or not isinstance(degree, int) or degree < 0):
            raise ValueError(
                f"degree={degree!r} of {self.name!r}: must be an integer >= 0, or None (unknown)"
            )
        try:
            shape = jax.eval_shape(self.of, jax.ShapeDtypeStruct((self.group.n,) * 2, np.float64)).shape
        except (TypeError, ValueError, IndexError) as error:
            raise ValueError(
                f"{self.name!r} fails on a matrix of shape ({self.group.n}, {self.group.n}): {error}"
            ) from error
        if len(shape) != 2 or shape[0] != shape[1] or shape[0] == 0:
            raise ValueError(
                f"{self.name!r} returns shape {shape}: must be (D, D) with D >= 1; remedy: return one square "
                "matrix for one matrix of the group"
            )
        self._check_homomorphism()

    def _check_homomorphism(self) -> None:
        g = np.concatenate([self.group.components, self.group.sample(_SEED, _TESTED)])
        h = g[::-1]
        identity = np.eye(self.group.n)[None]
        image = self.at(np.concatenate([identity, g, g @ h]))
        one, of_g, of_gh = image[0], image[1 : 1 + len(g)], image[1 + len(g) :]
        eye = np.eye(len(one))
        for deviation, rule, remedy in (
            (one - eye, "M(I) differs from I", "return the identity matrix at the identity"),
            (
                of_g @ of_g.transpose(0, 2, 1) - eye,
                "M(g) M(g)^T differs from I",
                "change to a basis in which the action is orthogonal",
            ),
            (of_g @ of_g[::-1] - of_gh, "M(g) M(h) differs from M(gh)", "check the order of factors"),
        ):
            worst = np.abs(deviation).max()
            if not worst <= ROUNDING:
                raise ValueError(
                    f"{self.name!r} is no orthogonal representation of {self.group.name!r}: {rule} by "
                    f"{worst:.2e} (allowed {ROUNDING:g}); remedy: {remedy}"
                )

    @functools.cached_property
    def dim(self) -> int:
        """The dimension ``D``."""
        return jax.eval_shape(self.of, jax.ShapeDtypeStruct((self.group.n,) * 2, np.float64)).shape[0]

    @functools.cached_property
    def _each(self) -> Callable[[Array], Array]:
        return jax.jit(jax.vmap(self.of))

    def at(self, matrices: ArrayLike) -> np.ndarray:
        r"""Evaluate :math:`M(g)` for a stack of matrices ``(Q, n, n)`` of the group; float64 ``(Q, D, D)``.

        Raises:
            ValueError: Wrong shape, or entries that are no finite real numbers.
        """
        matrices = real_array(matrices, f"matrices of {self.group.name!r}")
        n = self.group.n
        if matrices.ndim != 3 or matrices.shape[1:] != (n, n):
            raise ValueError(
                f"matrices of {self.group.name!r} have shape {matrices.shape}: must be (Q, {n}, {n}); "
                "remedy: give one element as matrix[None]"
            )
        # a representation may first be looked at while something else is being traced
        with jax.ensure_compile_time_eval():
            return np.asarray(self._each(matrices), np.float64)

    @functools.cached_property
    def algebra(self) -> np.ndarray:
        r"""The images :math:`\mathrm dM(A)` of the basis of the Lie algebra, ``(k, D, D)``, by exact jvp."""
        if not self.group.dim:
            return np.zeros((0, self.dim, self.dim))
        identity = np.eye(self.group.n)
        with jax.ensure_compile_time_eval():
            along = jax.jit(jax.vmap(lambda direction: jax.jvp(self.of, (identity,), (direction,))[1]))
            return np.asarray(along(self.group.algebra), np.float64)

    @functools.cached_property
    def components(self) -> np.ndarray:
        """The images of the representatives of components, ``(m, D, D)``."""
        if not len(self.group.components):
            return np.zeros((0, self.dim, self.dim))
        return self.at(self.group.components)


def natural(group: CompactGroup) -> CompactRepresentation:
    r"""Make the defining representation of a group, by its own matrices: :math:`M(g) = g`."""
    return CompactRepresentation(group, lambda g: g, f"natural({group.name})", 1)


def trivial_of(group: CompactGroup, dim: int = 1) -> CompactRepresentation:
    r"""Make the trivial representation :math:`M(g) = I` of a compact group, ``(dim, dim)``."""
    dim = checked_order(dim, "dim")
    return CompactRepresentation(group, lambda g: jnp.eye(dim, dtype=g.dtype), f"trivial({dim})", 0)


def determinant_of(rep: CompactRepresentation) -> CompactRepresentation:
    r"""Make the representation :math:`g \mapsto \det M(g) \in \{\pm1\}`, ``(1, 1)``."""
    degree = None if rep.degree is None else rep.degree * rep.dim
    return CompactRepresentation(
        rep.group, lambda g: jnp.linalg.det(rep.of(g))[None, None], f"det({rep.name})", degree
    )


def sum_of(*reps: CompactRepresentation) -> CompactRepresentation:
    r"""Stack representations of one compact group along the diagonal, :math:`M^1(g) \oplus \dots`."""
    group = _one_group(reps)
    degrees = [rep.degree for rep in reps]
    return CompactRepresentation(
        group,
        lambda g: jax.scipy.linalg.block_diag(*(rep.of(g) for rep in reps)),
        " + ".join(rep.name for rep in reps),
        None if None in degrees else max(degrees),
    )


def tensor_of(
    first: CompactRepresentation, second: CompactRepresentation, name: str | None = None
) -> CompactRepresentation:
    r"""Make the tensor product :math:`\rho(g) \otimes \sigma(g)`, on matrices flattened row by row."""
    group = _one_group((first, second))
    known = first.degree is not None and second.degree is not None
    return CompactRepresentation(
        group,
        lambda g: jnp.kron(first.of(g), second.of(g)),
        name or f"({first.name}) x ({second.name})",
        first.degree + second.degree if known else None,
    )


def hom_of(rho_in: CompactRepresentation, rho_out: CompactRepresentation) -> CompactRepresentation:
    r"""Make the action on linear maps, :math:`z \mapsto \hat\rho(g)\, z\, \rho(g)^\top`, rows flattened."""
    return tensor_of(rho_out, rho_in, f"hom({rho_in.name}, {rho_out.name})")


def pullback_of(
    rep: CompactRepresentation,
    group: CompactGroup,
    homomorphism: Callable[[Array], Array],
    degree: int | None = 1,
) -> CompactRepresentation:
    r"""Let another compact group act through a homomorphism, :math:`M'(k) = M(\varphi(k))`.

    Args:
        rep: Representation of :math:`G`.
        group: :math:`K`, matrices ``(m, m)``.
        homomorphism: ``(m, m) -> (n, n)``, written in jax.numpy.
        degree: Degree of its entries as polynomials; None when unknown.

    Raises:
        ValueError: It is not callable, or the composed map is no representation.
    """
    if not callable(homomorphism):
        raise ValueError(
            f"homomorphism {homomorphism!r} into {rep.group.name!r}: must be a function of a matrix of "
            f"{group.name!r}; remedy: for a block, lambda g: g[:{rep.group.n}, :{rep.group.n}]"
        )
    known = degree is not None and rep.degree is not None
    return CompactRepresentation(
        group, lambda k: rep.of(homomorphism(k)), rep.name, rep.degree * degree if known else None
    )


def lifted(
    first: CompactRepresentation, second: CompactRepresentation
) -> tuple[CompactRepresentation, CompactRepresentation]:
    """Lift representations of two groups to their direct product (block diagonal matrices)."""
    group, n = compact_product(first.group, second.group), first.group.n
    return (
        pullback_of(first, group, lambda g: g[:n, :n]),
        pullback_of(second, group, lambda g: g[n:, n:]),
    )


def _one_group(reps: tuple[CompactRepresentation, ...]) -> CompactGroup:
    first = reps[0]
    for other in reps[1:]:
        if not same_compact_group(first.group, other.group):
            raise ValueError(
                f"{first.name!r} is of the group {first.group.name!r} and {other.name!r} of "
                f"{other.group.name!r}: must be of one group; remedy: bring both to one with pullback"
            )
    return first.group
