r"""Residual networks in the mean-ODE scaling: clouds of particles, one for each layer.

With L layers of M particles, hidden states in :math:`\mathbb R^d` and one unit for all layers,

.. math:: h_0=x,\qquad h_l=h_{l-1}+\frac a{LM}\sum_{i=1}^M\sigma_*(h_{l-1},z^{i,l}),
    \qquad \Phi_\theta(x)=h_L .

A layer is a shallow network: its empirical law :math:`\nu_l` is the object of [MF], and as L grows the
network follows the mean ODE :math:`\dot h=a\int\sigma_*(h,z)\,\mu_t(dz)` on [0, 1]
(:mod:`widesym.meanfield.deep_limit`). The group acts on inputs, hidden states and outputs by the same
:math:`\rho`. If :math:`\sigma_*` is jointly equivariant and every :math:`\nu_l` is weakly invariant (SI
laws are), every layer, and so the network, commutes with :math:`\rho`.

Letters: L layers, M particles a layer, D = dim Z, d = dimension of a hidden state, B points, ``n = |G|``.
Source: [MF], Section 5 names deep networks as future work; the choices here are the book's (A-X2).
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

from widesym.groups import Representation, invariant_subspace, orbit
from widesym.groups.invariants import Subspace
from widesym.meanfield.units import Unit


@dataclasses.dataclass(frozen=True, eq=False)
class ResidualNetwork:
    r"""The map :math:`(\theta,x)\mapsto\Phi_\theta(x)`: which unit, and how far a network moves its input.

    It has the parts of a unit whose one parameter is the whole network ``(L, M, D)``, so that
    :func:`widesym.meanfield.dynamics.loss_gradient` trains it.

    Args:
        unit: of all layers; outputs as inputs.
        a: the factor before the mean, positive.

    Raises:
        ValueError: inputs and outputs that the group does not move alike, or ``a`` not positive.
    """

    unit: Unit
    a: float = 1.0

    def __post_init__(self) -> None:
        """Check that layers can be stacked."""
        rho, rho_out = self.unit.rho_in.matrices, self.unit.rho_out.matrices
        if rho.shape != rho_out.shape or not np.array_equal(rho, rho_out):
            raise ValueError(
                f"unit {self.unit.name!r} maps R^{self.unit.d} with {self.unit.rho_in.name} to "
                f"R^{self.unit.c} with {self.unit.rho_out.name}; a residual layer needs "
                "one action on inputs and outputs: "
                "give the same representation twice"
            )
        if not (np.isfinite(self.a) and self.a > 0):
            raise ValueError(f"a must be positive, got {self.a}; 1 moves a hidden state by one mean unit")

    @property
    def rho_in(self) -> Representation:
        """The action on inputs, hidden states and outputs."""
        return self.unit.rho_in

    @property
    def rho_out(self) -> Representation:
        """The same."""
        return self.unit.rho_out

    @property
    def d(self) -> int:
        """Dimension of inputs, hidden states and outputs."""
        return self.unit.d

    @property
    def c(self) -> int:
        """The same."""
        return self.unit.d

    def apply(self, x: Array, theta: Array) -> Array:
        """Return the output (d,) at one input (d,) of one network (L, M, D)."""
        return self._through(x, theta, keep=False)[0]

    def states(self, theta: Array, x: Array) -> Array:
        """Return all hidden states (L + 1, B, d) of a network (L, M, D) at inputs (B, d), the input first."""
        return jax.vmap(
            lambda point: jnp.concatenate([point[None], self._through(point, theta, keep=True)[1]]),
            out_axes=1,
        )(x)

    def outputs(self, theta: Array, x: Array) -> Array:
        """Return the outputs (B, d) of a network (L, M, D) at inputs (B, d)."""
        return jax.vmap(self.apply, in_axes=(0, None))(x, theta)

    def _through(self, x: Array, theta: Array, *, keep: bool) -> tuple[Array, Array | None]:
        scale = self.a / theta.shape[0]

        def layer(h: Array, cloud: Array) -> tuple[Array, Array | None]:
            moved = h + h.dtype.type(scale) * jax.vmap(self.unit.apply, in_axes=(None, 0))(h, cloud).mean(
                axis=0
            )
            return moved, moved if keep else None

        return jax.lax.scan(layer, x, theta)


@dataclasses.dataclass(frozen=True, eq=False)
class DeepTeacher:
    r"""The data law :math:`X\sim\mathcal N(0,s^2I_d)`, :math:`Y=\Phi_{\theta_*}(X)`, without noise.

    Args:
        name: for messages and legends.
        model: the residual network of teacher and students.
        theta: the teacher's particles, (L, M, D) float64; depth and width may differ from a student's.
        scale: the standard deviation s of the inputs.

    Raises:
        ValueError: another shape, entries that are not finite, s not positive.
    """

    name: str
    model: ResidualNetwork
    theta: np.ndarray
    scale: float

    def __post_init__(self) -> None:
        """Check the network and the scale."""
        theta = np.asarray(self.theta, np.float64)
        D = self.model.unit.D
        if theta.ndim != 3 or theta.shape[2] != D or 0 in theta.shape or not np.isfinite(theta).all():
            raise ValueError(
                f"teacher {self.name!r} needs finite particles of shape (L >= 1, M >= 1, {D}), "
                f"got {theta.shape}"
            )
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"teacher {self.name!r}: the inputs' scale must be positive, got {self.scale}")
        object.__setattr__(self, "theta", theta)

    def label(self, x: Array) -> Array:
        """Return ``f(x)`` (B, d) for points (B, d), in the dtype of ``x``."""
        return self.model.outputs(jnp.asarray(self.theta, x.dtype), x)


def deep_teacher(
    name: str, model: ResidualNetwork, particles: ArrayLike, *, depth: int, scale: float
) -> DeepTeacher:
    r"""Return a teacher with one cloud in every layer: an Euler scheme of :math:`\dot h=a\Phi_{\theta_*}(h)`.

    Args:
        name: ``arbitrary`` (the particles as they are), ``WI`` (with all their images: n M a layer) or ``SI``
            (projected on :math:`\mathcal E^G`).
        model: the residual network.
        particles: (M, D), one layer's.
        depth: layers of the teacher.
        scale: standard deviation of the inputs.

    Raises:
        ValueError: an unknown name, depth below 1, particles of another shape.
    """
    particles = np.asarray(particles, np.float64)
    if depth < 1:
        raise ValueError(f"a teacher needs at least one layer, got depth {depth}")
    if name == "WI":
        particles = orbit(model.unit.action, particles).reshape(-1, model.unit.D)
    elif name == "SI":
        particles = particles @ invariant_subspace(model.unit.action).projector
    elif name != "arbitrary":
        raise ValueError(f"unknown teacher {name!r}; valid: arbitrary, WI, SI")
    return DeepTeacher(name, model, np.repeat(particles[None], depth, axis=0), scale)


def start_layers(
    key: Array, L: int, M: int, model: ResidualNetwork, *, spread: float = 0.25, invariant: bool = True
) -> np.ndarray:
    r"""Return a start (L, M, D) float64: entries :math:`\mathcal N(0,\text{spread}^2)`.

    The law of every layer is weakly invariant. With ``invariant`` every particle is projected to
    :math:`\mathcal E^G`, and every layer is strongly invariant.
    """
    theta = spread * np.asarray(jax.random.normal(key, (L, M, model.unit.D), jnp.float32), np.float64)
    return theta @ invariant_subspace(model.unit.action).projector if invariant else theta


def layer_rmd_squared_to_projection(theta: ArrayLike, subspace: Subspace) -> np.ndarray:
    r"""Return, for each layer's cloud, the squared relative distance to its projection.

    .. math:: \mathrm{RMD}^2(\nu_l,P_E\#\nu_l)=\frac{\sum_i\|z^{i,l}-P_Ez^{i,l}\|^2}
        {2\sum_i(\|z^{i,l}\|^2+\|P_Ez^{i,l}\|^2)}\in[0,\tfrac12] .

    Args:
        theta: (..., M, D): clouds of M particles, one for each place of the leading axes.
        subspace: E, of ambient dimension D.

    Returns:
        (...), 0 for a cloud at the origin. Source: [MF], Appendix F.
    """
    theta = np.asarray(theta, np.float64)
    inside = theta @ subspace.projector
    away = ((theta - inside) ** 2).sum(axis=(-2, -1))
    total = 2 * ((theta**2).sum(axis=(-2, -1)) + (inside**2).sum(axis=(-2, -1)))
    return np.divide(away, total, out=np.zeros_like(away), where=total > 0)


def layered_rmd_squared(theta: ArrayLike, other: ArrayLike) -> float:
    r"""Return the squared relative distance of two networks, layer by layer.

    .. math:: \frac{\sum_lW_2^2(\nu_l,\nu'_l)}{\sum_l(M_2(\nu_l)+M_2(\nu'_l))}\in[0,1],

    with exact transport in every layer: particles move within their layer. It is at least the distance of
    the two clouds of all LM particles, which forgets layers.

    Args:
        theta: (L, M, D).
        other: (L, M, D).

    Raises:
        ValueError: shapes that differ. Source: [MF], Appendix F, applied to each layer.
    """
    theta, other = np.asarray(theta, np.float64), np.asarray(other, np.float64)
    if theta.shape != other.shape or theta.ndim != 3:
        raise ValueError(f"need two networks of one shape (L, M, D), got {theta.shape} and {other.shape}")
    cost = ((theta[:, :, None] - other[:, None]) ** 2).sum(-1)  # (L, M, M)
    squared = sum(layer[linear_sum_assignment(layer)].sum() for layer in cost)
    total = 2 * ((theta**2).sum() + (other**2).sum())
    return float(squared / total) if total > 0 else 0.0
