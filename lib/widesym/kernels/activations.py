r"""What an activation does to a kernel: closed forms for ReLU and erf, accurate where inputs coincide.

For Gaussian pre-activations (z, z') with variances q, q' and covariance k, a layer needs the variance
and the covariance of :math:`\phi(z), \phi(z')` and that of :math:`\phi'(z), \phi'(z')`. They are
written here by the *distance* :math:`\Delta=\tfrac12E(z-z')^2=\tfrac12(q+q')-k` in place of k. It tells
inputs apart that nearly coincide, where :math:`\arccos(k/\sqrt{qq'})` has an infinite slope and k has
lost the digits: an error :math:`\epsilon` in k is one of :math:`\sqrt{2\epsilon}` in the angle.

Both activations see z, z' through the angle :math:`\vartheta` of two vectors with
:math:`r^2=q+o,\ r'^2=q'+o` and inner product k, with o = 0 for ReLU and 1/2 for erf:

.. math:: r r'-k = \Delta+o-\tfrac12(r-r')^2,\qquad r r'+k=\tfrac12(r+r')^2-o-\Delta,\qquad
    \tan^2\tfrac\vartheta2=\frac{rr'-k}{rr'+k}.

ReLU (Cho and Saul 2009):

.. math:: E\phi\phi' = \frac{rr'}{2\pi}\big(\sin\vartheta+(\pi-\vartheta)\cos\vartheta\big),\qquad
    E\dot\phi\dot\phi' = \frac{\pi-\vartheta}{2\pi}.

erf (Williams 1997):

.. math:: E\phi\phi' = \frac2\pi\arcsin\frac{k}{rr'} = 1-\frac{2\vartheta}\pi,\qquad
    E\dot\phi\dot\phi' = \frac2\pi\frac1{\sqrt{(rr'-k)(rr'+k)}}.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.architectures import Architecture

OFFSET = {"relu": 0.0, "erf": 0.5}


def check(architecture: Architecture) -> None:
    """Refuse what has no closed form here.

    Raises:
        NotImplementedError: an activation or a parametrisation without one.
    """
    if architecture.activation not in OFFSET:
        raise NotImplementedError(
            f"no closed form for the activation {architecture.activation!r}; known: {', '.join(OFFSET)}"
        )
    if architecture.parametrisation != "ntk":
        raise NotImplementedError(
            f"the infinite network has no kernel of its own in the {architecture.parametrisation!r} "
            "parametrisation; use 'ntk'"
        )


def variance(activation: str, q: np.ndarray) -> np.ndarray:
    r"""Return :math:`E\phi(z)^2` for :math:`z\sim\mathcal N(0,q)`: q/2 for ReLU, NumPy, any shape."""
    if activation == "relu":
        return q / 2
    return 2 / np.pi * np.arcsin(q / (q + 0.5))


def covariances(activation: str, delta: Array, q1: Array, q2: Array) -> tuple[Array, Array]:
    r"""Return the distance of the activations and the covariance of their slopes.

    Args:
        activation: ``"relu"`` or ``"erf"``.
        delta: distance :math:`\Delta` of the pre-activations, any shape.
        q1: their variances in the one network's input, the same shape.
        q2: and in the other.

    Returns:
        :math:`\tfrac12E(\phi-\phi')^2` and :math:`E\dot\phi\dot\phi'`, of the same shape and dtype.
    """
    offset = OFFSET[activation]
    r1, r2 = jnp.sqrt(q1 + offset), jnp.sqrt(q2 + offset)
    less = delta + offset - (r1 - r2) ** 2 / 2  # r r' - k
    more = (r1 + r2) ** 2 / 2 - offset - delta  # r r' + k
    # rounding may leave the range; with erf neither is ever below 1/2
    less, more = jnp.maximum(less, offset), jnp.maximum(more, offset)
    if activation == "erf":
        root = jnp.sqrt(less * more)
        h1, h2 = jnp.arcsin(q1 / (q1 + 0.5)), jnp.arcsin(q2 / (q2 + 0.5))
        return (h1 + h2) / np.pi - 2 / np.pi * jnp.arctan2((more - less) / 2, root), 2 / (np.pi * root)
    angle = 2 * jnp.arctan2(jnp.sqrt(less), jnp.sqrt(more))
    excess = r1 * r2 * (jnp.sin(angle) - angle * jnp.cos(angle)) / np.pi  # 2 E phi phi' - k
    return (delta - excess) / 2, 0.5 - angle / (2 * np.pi)
