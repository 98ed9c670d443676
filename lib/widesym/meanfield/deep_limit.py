r"""The mean ODE that residual networks tend to as they deepen, and the symmetry of their layers.

If the particles of all layers are drawn from one law :math:`\mu`, then as L grows

.. math:: \Phi_\theta(x)\to h(1),\qquad \dot h=a\int\sigma_*(h,z)\,\mu(dz),\qquad h(0)=x,

with two errors: fluctuations of the LM draws, of order :math:`(LM)^{-1/2}`, and those of Euler's scheme, of
order 1/L. Letters as in :mod:`widesym.meanfield.deep`.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from widesym.groups import Representation, orbit
from widesym.meanfield.deep import ResidualNetwork


def limit_outputs(model: ResidualNetwork, atoms: ArrayLike, x: ArrayLike, *, steps: int = 64) -> Array:
    r"""Return h(1) of :math:`\dot h=\frac aK\sum_k\sigma_*(h,z_k)` by the Runge-Kutta scheme of order 4.

    Args:
        model: gives the unit and a.
        atoms: the law, (K, D), with equal weights.
        x: starts h(0), (B, d).
        steps: of equal length.

    Returns:
        (B, d) float64.
    """
    atoms, x = jnp.asarray(atoms, jnp.float64), jnp.asarray(x, jnp.float64)
    per_atom = jax.vmap(model.unit.apply, in_axes=(None, 0))
    velocity = jax.vmap(lambda h: model.a * per_atom(h, atoms).mean(axis=0))

    def step(h: Array, _: None) -> tuple[Array, None]:
        k1 = velocity(h)
        k2 = velocity(h + k1 / (2 * steps))
        k3 = velocity(h + k2 / (2 * steps))
        k4 = velocity(h + k3 / steps)
        return h + (k1 + 2 * k2 + 2 * k3 + k4) / (6 * steps), None

    return jax.lax.scan(step, x, None, length=steps)[0]


def symmetrise_layers(theta: ArrayLike, action: Representation) -> np.ndarray:
    r"""Return the network (L, nM, D) whose layers carry :math:`\nu_l^G`: a layer's particles' images."""
    moved = orbit(action, theta)  # (n, L, M, D)
    return moved.swapaxes(0, 1).reshape(moved.shape[1], -1, moved.shape[3])


def layer_deviations(model: ResidualNetwork, theta: ArrayLike, x: ArrayLike) -> np.ndarray:
    r"""Return how far each hidden state is from equivariant.

    .. math:: \max_{g,b}\|h_l(\rho_gx_b)-\rho_gh_l(x_b)\|_\infty,\qquad l=1,\dots,L .

    Args:
        model: the residual network.
        theta: its particles, (L, M, D).
        x: points, (B, d).

    Returns:
        (L,), float64: zero up to rounding iff the layers up to l commute with the group on these points.
    """
    theta, x = jnp.asarray(theta, jnp.float64), jnp.asarray(x, jnp.float64)
    rho = jnp.asarray(model.rho_in.matrices)
    states = model.states(theta, x)

    def deviation(matrix: Array) -> Array:
        moved = model.states(theta, x @ matrix.T) - states @ matrix.T
        return jnp.abs(moved).max(axis=(1, 2))

    return np.asarray(jax.lax.map(deviation, rho).max(axis=0))[1:]


def averaged_outputs(model: ResidualNetwork, theta: ArrayLike, x: ArrayLike) -> Array:
    r"""Return :math:`(Q_G\Phi_\theta)(x)=\frac1n\sum_g\rho_g^{-1}\Phi_\theta(\rho_gx)` at points, (B, d)."""
    theta, x = jnp.asarray(theta, jnp.float64), jnp.asarray(x, jnp.float64)
    rho = jnp.asarray(model.rho_in.matrices)
    return jax.lax.map(lambda matrix: model.outputs(theta, x @ matrix.T) @ matrix, rho).mean(axis=0)
