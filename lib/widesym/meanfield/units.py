r"""Units: what one particle computes, and how a group moves its parameter.

A unit is a function :math:`\sigma_*:\mathbb R^d\times Z\to\mathbb R^c` with three orthogonal
representations of one group: :math:`\rho` on inputs, :math:`\hat\rho` on outputs, :math:`M` on
parameters. It is *jointly equivariant* when
:math:`\sigma_*(\rho_g x, M_g z)=\hat\rho_g\,\sigma_*(x,z)` for all g, x, z ([MF], Section 2). A
shallow network is the mean :math:`\Phi_\theta(x)=\frac1N\sum_i\sigma_*(x,\theta_i)`.

Letters: N particles, D = dim Z (parameters are flattened), d inputs, c outputs, B points, ``n = |G|``.
"""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from widesym.groups import (
    NodeRepresentation,
    Representation,
    cyclic_permutation,
    direct_sum,
    hom,
    same_group,
    trivial,
)

Action = Representation | NodeRepresentation  # of a finite group, or of a compact one at nodes

EQUIVARIANCE_TOLERANCE = 1e-10  # float64 rounding of a few products of order one, with room


@dataclasses.dataclass(frozen=True, eq=False)
class Unit:
    r"""A unit :math:`\sigma_*` with the group's actions on its inputs, outputs and parameters.

    Args:
        name: what the unit computes, for messages and provenance.
        apply: ``(x (d,), z (D,)) -> (c,)``, written in jax.numpy for one input and one parameter.
        rho_in, rho_out, action: representations of one group on R^d, R^c and Z = R^D; of a compact group,
            at one node set.
        compiled: ``"matrix"``, ``"neuron"`` or ``"bump"`` if the CPU fast path knows the unit, else None.

    Raises:
        ValueError: the representations are not of one group, or ``apply`` does not map
            shapes ``(d,), (D,)`` to ``(c,)``.
    """

    name: str
    apply: Callable[[Array, Array], Array]
    rho_in: Action
    rho_out: Action
    action: Action
    compiled: str | None = None

    def __post_init__(self) -> None:
        """Check that the three representations and the function fit together."""
        for which, other in (("rho_out", self.rho_out), ("action", self.action)):
            if not same_group(self.rho_in.group, other.group):
                raise ValueError(
                    f"unit {self.name!r}: {which} represents {other.group.name}, rho_in represents "
                    f"{self.rho_in.group.name}; build all three from one group"
                )
        x, z = (jax.ShapeDtypeStruct((rep.dim,), np.float64) for rep in (self.rho_in, self.action))
        try:
            shape = jax.eval_shape(self.apply, x, z).shape
        except (TypeError, ValueError, IndexError) as error:
            raise ValueError(
                f"unit {self.name!r}: apply fails on x of shape ({self.d},) and z of shape ({self.D},): "
                f"{error}"
            ) from error
        if shape != (self.c,):
            raise ValueError(
                f"unit {self.name!r}: apply returns shape {shape}, but rho_out acts on R^{self.c}; "
                f"it must return shape ({self.c},)"
            )

    @property
    def d(self) -> int:
        """Dimension of the inputs."""
        return self.rho_in.dim

    @property
    def c(self) -> int:
        """Dimension of the outputs."""
        return self.rho_out.dim

    @property
    def D(self) -> int:
        """Dimension of the parameter of one particle."""
        return self.action.dim


def network(unit: Unit, theta: Array, x: Array) -> Array:
    r"""Return the outputs :math:`\Phi_\theta(x_b)=\frac1N\sum_i\sigma_*(x_b,\theta_i)`.

    Args:
        unit: the unit.
        theta: the cloud, (N, D).
        x: points, (B, d).

    Returns:
        (B, c), in the common dtype of ``theta`` and ``x``. Source: [MF], Section 2.
    """
    per_particle = jax.vmap(unit.apply, in_axes=(None, 0))
    return jax.vmap(lambda point: per_particle(point, theta).mean(axis=0))(x)


def matrix_unit(rho_in: Action, rho_out: Action) -> Unit:
    r"""Return :math:`\sigma_*(x,z)=\mathrm{sigmoid}(zx)`, :math:`M_g z=\hat\rho_g z\rho_g^\top`.

    Jointly equivariant when every :math:`\hat\rho_g` commutes with the coordinatewise sigmoid, that
    is, when it permutes coordinates. Parameters are c x d matrices flattened by rows, D = cd.

    Raises:
        ValueError: if ``rho_out`` is not a permutation representation.
        Source: [MF], Section 4.
    """
    if not np.allclose(rho_out.matrices, np.round(np.abs(rho_out.matrices)), atol=EQUIVARIANCE_TOLERANCE):
        raise ValueError(
            f"the matrix unit needs outputs that are permuted, but {rho_out.name} is not a permutation "
            "representation: the sigmoid acts on each coordinate; use neuron_unit for other actions"
        )
    d, c = rho_in.dim, rho_out.dim

    def apply(x: Array, z: Array) -> Array:
        return jax.nn.sigmoid(z.reshape(c, d) @ x)

    return Unit("sigmoid(zx)", apply, rho_in, rho_out, hom(rho_in, rho_out), compiled="matrix")


def neuron_unit(
    rho_in: Action, rho_out: Action, activation: Callable[[Array], Array] = jax.nn.sigmoid
) -> Unit:
    r"""Return :math:`\sigma_*(x,(u,v))=v\,\sigma(u\cdot x)`, :math:`M_g(u,v)=(\rho_g u,\hat\rho_g v)`.

    Jointly equivariant for every pair of orthogonal representations and activation of any shape; D = d + c.
    Source: [MF], Section 2 (A-X1 of the book).
    """
    d = rho_in.dim

    def apply(x: Array, z: Array) -> Array:
        return z[d:] * activation(z[:d] @ x)

    compiled = "neuron" if activation is jax.nn.sigmoid else None
    name = f"v {activation.__name__}(u.x)"
    return Unit(name, apply, rho_in, rho_out, direct_sum(rho_in, rho_out), compiled=compiled)


def gaussian_unit() -> Unit:
    r"""Return :math:`\sigma_*(x,z)=e^{-z^2x^2}` on R, with :math:`\pm1` acting by sign on x and on z.

    The example in which the best strongly invariant law is strictly worse than the best weakly
    invariant one (A-S4): :math:`\mathcal E^G=\{0\}`. Source: [MF], Section 3.
    """
    swap = cyclic_permutation(2)
    flip = Representation(swap.group, np.array([[[1.0]], [[-1.0]]]), name="sign")

    def apply(x: Array, z: Array) -> Array:
        return jnp.exp(-(z**2) * x**2)

    return Unit("exp(-z^2 x^2)", apply, flip, trivial(swap.group, 1), flip)


def equivariance_deviation(unit: Unit, x: ArrayLike, z: ArrayLike) -> tuple[float, int]:
    r"""Return the worst violation of joint equivariance on given points, and the element where it is.

    .. math:: \max_{g,x,z}\|\sigma_*(\rho_gx,M_gz)-\hat\rho_g\sigma_*(x,z)\|_\infty

    Args:
        unit: the unit to test.
        x: points, (B, d).
        z: parameters, (N, D); every pair is tried, in float64.

    Returns:
        The deviation (0 up to rounding iff the unit is jointly equivariant on these points) and the
        index of the group element where it is reached.

    Raises:
        ValueError: wrong shapes. Source: [MF], Section 2.
    """
    x, z = jnp.asarray(x, jnp.float64), jnp.asarray(z, jnp.float64)
    if x.ndim != 2 or x.shape[1] != unit.d or z.ndim != 2 or z.shape[1] != unit.D:
        raise ValueError(
            f"unit {unit.name!r} takes points (B, {unit.d}) and parameters (N, {unit.D}), "
            f"got {x.shape} and {z.shape}"
        )
    pairs = jax.vmap(jax.vmap(unit.apply, in_axes=(None, 0)), in_axes=(0, None))  # -> (B, N, c)
    plain = pairs(x, z)

    def deviation(rho: Array, action: Array, rho_out: Array) -> Array:
        return jnp.max(jnp.abs(pairs(x @ rho.T, z @ action.T) - plain @ rho_out.T))

    worst = jax.vmap(deviation)(unit.rho_in.matrices, unit.action.matrices, unit.rho_out.matrices)
    return float(jnp.max(worst)), int(jnp.argmax(worst))


def check_equivariance(unit: Unit, key: Array, *, scale: float = 1.0, points: int = 32) -> float:
    """Check joint equivariance at random Gaussian points and parameters; return the worst deviation.

    Args:
        unit: the unit to test.
        key: randomness.
        scale: standard deviation of points and parameters.
        points: how many of each; all pairs are tried.

    Raises:
        ValueError: if the deviation exceeds :data:`EQUIVARIANCE_TOLERANCE`; names it and the element.
    """
    key_x, key_z = jax.random.split(key)
    x = scale * jax.random.normal(key_x, (points, unit.d), jnp.float64)
    z = scale * jax.random.normal(key_z, (points, unit.D), jnp.float64)
    worst, element = equivariance_deviation(unit, x, z)
    if not worst <= EQUIVARIANCE_TOLERANCE:
        raise ValueError(
            f"unit {unit.name!r} is not jointly equivariant: |sigma(rho_g x, M_g z) - rho'_g sigma(x, z)| "
            f"reaches {worst:.3g} at element {element} of {unit.rho_in.group.name} "
            f"(allowed {EQUIVARIANCE_TOLERANCE}); choose representations that the activation commutes with"
        )
    return worst
