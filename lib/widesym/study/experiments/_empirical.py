"""Empirical NNGP and NTK of many draws of one network, for the experiments that compare laws."""

import functools

import jax
import jax.numpy as jnp
from jax import Array

from widesym.networks.empirical import nngp, ntk
from widesym.networks.models import Network, Parameters


@functools.partial(jax.jit, static_argnums=0)
def both(net: Network, parameters: Parameters, images: Array) -> Array:
    """Return both kernels of images (n, H, W, C) with themselves, (2, n, n), in the parameters' dtype."""
    return jnp.stack([nngp(net, parameters, images, images), ntk(net, parameters, images, images)])


@functools.partial(jax.jit, static_argnums=0)
def drawn(net: Network, keys: Array, stacks: Array) -> Array:
    """Return both kernels of many draws, each of several stacks of images with the same weights.

    Args:
        net: the network.
        keys: one for each draw.
        stacks: (s, n, H, W, C), float32. An argument, not a constant: XLA would fold it for seconds.

    Returns:
        (draws, s, 2, n, n), float32.
    """

    def of_draw(key: Array) -> Array:
        parameters = net.init(key)
        return jax.lax.map(lambda images: both(net, parameters, images), stacks)

    return jax.lax.map(of_draw, keys)
