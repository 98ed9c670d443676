"""The random numbers of noisy SGD: start, batches, group elements and noise of one repetition.

A repetition has one key. Step ``t`` uses ``fold_in(key, t)`` with a stream for each purpose, so
every scheme of a repetition sees the same batch, group elements and noise (the experiments are
*coupled*), whichever path computes it, in however many pieces, on however many workers.

All draws are float32 whatever the precision of the run: a float64 run follows the same random
path as its float32 twin. Letters: B batch, d inputs, N particles, D = parameter dimension, ``n = |G|``.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

INPUTS, ELEMENTS, NOISE, ROWS = 0, 1, 2, 3


class Draw(NamedTuple):
    """What one step needs: inputs ``x`` (B, d), noise ``xi`` (N, D), float32; elements ``g`` (B,), int32."""

    x: Array
    g: Array
    xi: Array


def draw(key: Array, step: int, *, batch: int, d: int, order: int, N: int, D: int) -> Draw:
    """Return the standard normal inputs (B, d), noise (N, D) and uniform group elements (B,) of one step.

    ``g = bits mod n`` departs from the uniform law by less than ``n / 2^32``.
    """
    key = jax.random.fold_in(key, step)
    bits = jax.random.bits(jax.random.fold_in(key, ELEMENTS), (batch,), jnp.uint32)
    return Draw(
        x=jax.random.normal(jax.random.fold_in(key, INPUTS), (batch, d), jnp.float32),
        g=(bits % jnp.uint32(order)).astype(jnp.int32),
        # coordinate-major, so that the compiled path fills its (D, N) noise with consecutive counters
        xi=jax.random.normal(jax.random.fold_in(key, NOISE), (D, N), jnp.float32).T,
    )


def draw_rows(key: Array, step: int, *, batch: int, count: int) -> Array:
    """Return the rows (B,) of a sample of ``count`` pairs that make the batch of one step.

    ``row = bits mod count`` departs from the uniform law by less than ``count / 2^32``.
    """
    stream = jax.random.fold_in(jax.random.fold_in(key, step), ROWS)
    return jax.random.bits(stream, (batch,), jnp.uint32) % jnp.uint32(count)
