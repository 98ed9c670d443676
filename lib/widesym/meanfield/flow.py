r"""The particle gradient flow: full batch, no sampling, explicit Euler in the time of the mean-field limit.

For a risk R of laws, a penalty :math:`\tau\|z\|^2` and, if given, noise increments :math:`\xi`:

.. math::
    \theta_i\leftarrow\theta_i-h\Big(N\frac{\partial}{\partial\theta_i}R(\nu_\theta)
    +2\tau\theta_i\Big)+\sqrt{2\beta h}\,\xi_i ,
    \qquad N\,\partial_{\theta_i}R(\nu_\theta)=D_\mu R(\nu_\theta,\theta_i) .

As :math:`h\to0` without noise, :math:`\nu_\theta` solves the Wasserstein gradient flow
:math:`\partial_t\mu=\mathrm{div}((D_\mu R+\tau\nabla r)\mu)` exactly, at every N: a cloud is a law. So what
the flow keeps, the particles keep; for each statement here that is true at every h, to rounding.

Letters: N particles, D = dim Z, K steps. Source: [MF], Section 2 and equation (5).
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array


def velocity(risk: Callable[[Array], Array], theta: Array) -> Array:
    r"""Return :math:`D_\mu R(\nu_\theta,\theta_i)=N\,\partial_{\theta_i}R(\nu_\theta)` for all i, (N, D)."""
    return len(theta) * jax.grad(risk)(theta)


def flow(
    risk: Callable[[Array], Array],
    theta: Array,
    *,
    step: float,
    count: int,
    tau: float = 0.0,
    beta: float = 0.0,
    noise: Array | None = None,
) -> Array:
    """Follow the particle flow of a risk and return the whole path.

    Pure, for ``jit`` and ``vmap``; nothing random inside.

    Args:
        risk: a scalar function of a cloud (N, D), from :mod:`widesym.meanfield.risks`.
        theta: the start, (N, D).
        step: h, in mean-field time.
        count: K, the number of steps.
        tau: weight of the penalty.
        beta: temperature; with ``noise`` None nothing is added whatever beta.
        noise: standard normal increments, (K, N, D), projected by the caller if they shall be.

    Returns:
        (K + 1, N, D), the start first.

    Raises:
        ValueError: a count or step that is not positive, noise of another shape.
    """
    if count < 1 or not step > 0:
        raise ValueError(f"the flow needs count >= 1 and step > 0, got count={count}, step={step}")
    if noise is not None and noise.shape != (count, *theta.shape):
        raise ValueError(
            f"noise must have shape {(count, *theta.shape)}, one increment a step and particle, "
            f"got {noise.shape}"
        )

    def advance(theta: Array, kick: Array | None) -> tuple[Array, Array]:
        moved = theta - step * (velocity(risk, theta) + 2 * tau * theta)
        if kick is not None:
            moved = moved + jnp.sqrt(2 * beta * step) * kick
        return moved, moved

    _, path = jax.lax.scan(advance, theta, noise, length=count)
    return jnp.concatenate([theta[None], path])
