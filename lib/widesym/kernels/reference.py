r"""The recursion in plain JAX, any convolution's window, on any device: the reference path.

At each offset (:mod:`widesym.kernels.offsets`), with :math:`\Delta` the distance, :math:`\Theta` the
NTK, :math:`\mathcal A` the mean over the convolution's window, and q, q' the variances of the layer:

.. math::
    \Delta^0 &= \tfrac1{2C}\textstyle\sum_c(x_c-x'_c)^2, & \Theta^0 &= 0,\\
    \Delta &\leftarrow \sigma_w^2\mathcal A\Delta, &
    \Theta &\leftarrow \sigma_w^2\mathcal A\Theta + \tfrac12(q+q')-\Delta,\\
    \Delta &\leftarrow \tfrac12E(\phi-\phi')^2, & \Theta &\leftarrow \Theta\;E\dot\phi\dot\phi'.

The distance needs no biases: they are in q. Source: [SS], equations (7) and (8).
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.architectures import Architecture
from widesym.kernels import activations
from widesym.kernels.images import Images
from widesym.kernels.offsets import offsets
from widesym.kernels.readout import Kernels, readout


def _means(a: Array, side: int) -> Array:
    """The mean over side x side windows, circular, of a map (H, W)."""
    shifts = range(-(side // 2), side // 2 + 1)
    a = sum(jnp.roll(a, shift, 0) for shift in shifts)
    return sum(jnp.roll(a, shift, 1) for shift in shifts) / side**2


def _at_offset(architecture, side, x1, q1, x2, q2) -> tuple[Array, Array]:
    """Distance and NTK after the last activation, (H, W), of x (H, W, C), q (L, H, W), x' moved already."""
    w = architecture.weight_variance

    def layer(state, variances):
        delta, theta = state
        q, other = variances
        delta = w * _means(delta, side)
        theta = w * _means(theta, side) + (q + other) / 2 - delta
        delta, slope = activations.covariances(architecture.activation, delta, q, other)
        return (delta, slope * theta), None

    delta = jnp.mean((x1 - x2) ** 2, axis=-1) / 2
    return jax.lax.scan(layer, (delta, jnp.zeros_like(delta)), (q1, q2))[0]


@functools.partial(jax.jit, static_argnums=(0, 1))
def _pooled(architecture: Architecture, side: int, one, other) -> tuple[Array, Array]:
    """Mean distance and NTK over pairs of pixels in one window, (n1, n2); ``one``: (pixels, variances)."""
    height, width = one[0].shape[1:3]
    places = offsets(architecture, height, width)
    rows, columns, in_rows, in_columns = places
    i, j = (index.ravel() for index in np.indices((len(rows), len(columns))))

    def pair(x1, q1, x2, q2, dy, dx, weights):
        x2, q2 = jnp.roll(x2, (-dy, -dx), (0, 1)), jnp.roll(q2, (-dy, -dx), (1, 2))
        delta, theta = _at_offset(architecture, side, x1, q1, x2, q2)
        return jnp.sum(weights * delta), jnp.sum(weights * theta)

    def add(total, offset):
        dy, dx, in_row, in_column = offset
        weights = (in_row[:, None] & in_column[None, :]).astype(one[0].dtype)
        against = jax.vmap(pair, (None, None, 0, 0, None, None, None))
        row = jax.lax.map(lambda a: against(*a, *other, dy, dx, weights), one)
        return jax.tree.map(jnp.add, total, row), None

    start = (jnp.zeros((len(one[0]), len(other[0])), one[0].dtype),) * 2
    total = jax.lax.scan(add, start, (rows[i], columns[j], in_rows[i], in_columns[j]))[0]
    return total[0] / places.pairs, total[1] / places.pairs


def kernels(one: Images, other: Images | None) -> Kernels:
    """Return the kernels in the images' precision, (n1, n2); with ``other=None`` of one set, symmetric."""
    second = one if other is None else other
    delta, theta = _pooled(
        one.architecture, one.side, (one.pixels, one.variances), (second.pixels, second.variances)
    )
    covariance = (one.last[:, None] + second.last) / 2 - np.asarray(delta, np.float64)
    with np.errstate(over="ignore"):  # refused by the caller
        found = Kernels(
            *(k.astype(one.pixels.dtype) for k in readout(one.architecture, covariance, np.asarray(theta)))
        )
    if other is None:
        found = Kernels(*(np.triu(kernel) + np.triu(kernel, 1).T for kernel in found))
    return found
