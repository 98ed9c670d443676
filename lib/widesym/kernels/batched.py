r"""The decomposition by offsets in plain JAX, many pairs at once: the path for a GPU.

The recursion of :mod:`widesym.kernels.reference`, in another order of loops: blocks of images outside, then
offsets, then layers, and every step on a batch of pairs. So each step is a few fused loops over
:math:`b_1b_2HW` numbers, large enough to fill a GPU, and memory is that of one batch whatever the number of
images.

**Run so far on CPUs only**; ``benchmarks/kernels_gpu.py`` finds the fastest batch on a GPU.

Letters: blocks of b1 and b2 images, H x W pixels, C channels, L layers.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.architectures import Architecture
from widesym.kernels import activations
from widesym.kernels.images import Images
from widesym.kernels.offsets import offsets
from widesym.kernels.readout import Kernels, readout

PIXELS = 1 << 21  # of a batch: pairs times pixels; some 100 MB of float32 with all that is alive

_Block = Callable[[Images, Images], tuple[Array, Array]]  # mean distance and NTK, (b1, b2) each


def kernels(one: Images, other: Images | None, *, pixels: int = PIXELS) -> Kernels:
    """Return the kernels in the images' precision, (n1, n2); as :func:`widesym.kernels.reference.kernels`.

    Args:
        one: prepared images.
        other: prepared images, or None for ``one`` against itself, at half the cost.
        pixels: pairs times pixels of a batch, which bounds memory.

    Raises:
        ValueError: no pixels.
    """
    if pixels < 1:
        raise ValueError(f"pixels={pixels} must be at least 1, such as {PIXELS}")
    side = max(1, int((pixels / one.variances[0, 0].size) ** 0.5))
    return assemble(one, other, side, _block)


def assemble(one: Images, other: Images | None, side: int, block: _Block) -> Kernels:
    """Return the kernels of two sets of images from those of blocks of at most side x side pairs.

    Every block has the same shape, the last ones by repeating images, so that each is compiled once. Results
    are fetched one block behind, while the next is computed.
    """
    second = one if other is None else other
    rows, columns = min(side, len(one)), min(side, len(second))
    parts = np.empty((2, len(one), len(second)), np.float64)
    waiting: list = []

    def fetch() -> None:
        i, j, found = waiting.pop(0)
        for part, values in zip(parts, found, strict=True):
            area = part[i : i + rows, j : j + columns]
            area[:] = np.asarray(values, np.float64)[: area.shape[0], : area.shape[1]]

    for i in range(0, len(one), rows):
        for j in range(0, len(second), columns):
            if other is None and j + columns <= i:
                continue  # below the diagonal: mirrored
            waiting.append((i, j, block(_filled(one, i, rows), _filled(second, j, columns))))
            if len(waiting) > 1:
                fetch()
    while waiting:
        fetch()
    covariance = (one.last[:, None] + second.last[None, :]) / 2 - parts[0]
    with np.errstate(over="ignore", invalid="ignore"):  # refused by the caller
        found = Kernels(
            *(k.astype(one.pixels.dtype) for k in readout(one.architecture, covariance, parts[1]))
        )
    if other is None:
        found = Kernels(*(np.triu(kernel) + np.triu(kernel, 1).T for kernel in found))
    return found


def _filled(images: Images, first: int, count: int) -> Images:
    part = images[first : first + count]
    if len(part) == count:
        return part
    index = np.resize(np.arange(len(part)), count)
    return Images(part.architecture, part.pixels[index], part.variances[index], part.last[index])


def _block(one: Images, other: Images) -> tuple[Array, Array]:
    return _pooled(one.architecture, one.side, one.pixels, one.variances, other.pixels, other.variances)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _pooled(
    architecture: Architecture, side: int, x1: Array, q1: Array, x2: Array, q2: Array
) -> tuple[Array, Array]:
    """Mean distance and NTK over pairs of pixels in one window, (b1, b2)."""
    height, width = x1.shape[1:3]
    places = offsets(architecture, height, width)
    rows, columns, in_rows, in_columns = places
    i, j = (index.ravel() for index in np.indices((len(rows), len(columns))))
    w = architecture.weight_variance
    # pairs (b1, b2, H, W) broadcast from (b1, 1, ...) and (1, b2, ...); two periods: a shift is a slice
    first = x1[:, None], jnp.moveaxis(q1, 1, 0)[:, :, None]
    second = _twice(x2)[None], jnp.moveaxis(_twice(q2, 2), 1, 0)[:, None]

    def layer(state, variances):
        delta, theta = state
        q, other = jnp.broadcast_arrays(*variances)
        delta = w * _means(delta, side)
        theta = w * _means(theta, side) + (q + other) / 2 - delta
        delta, slope = activations.covariances(architecture.activation, delta, q, other)
        return (delta, slope * theta), None

    def add(total, offset):
        dy, dx, in_row, in_column = offset
        # second[0] is (1, b2, 2H, 2W, C), second[1] is (L, 1, b2, 2H, 2W)
        x = _slice(second[0], (2, dy, height), (3, dx, width))
        q = _slice(second[1], (3, dy, height), (4, dx, width))
        delta = jnp.mean((first[0] - x) ** 2, axis=-1) / 2
        state = (delta, jnp.zeros_like(delta))
        found = jax.lax.scan(layer, state, (first[1], q), unroll=architecture.depth)[0]
        weights = (in_row[:, None] & in_column[None, :]).astype(delta.dtype)[None, None]
        return tuple(t + jnp.sum(k * weights, (-2, -1)) for t, k in zip(total, found, strict=True)), None

    zeros = jnp.zeros((len(x1), len(x2)), x1.dtype)
    total = jax.lax.scan(add, (zeros, zeros), (rows[i], columns[j], in_rows[i], in_columns[j]))[0]
    return total[0] / places.pairs, total[1] / places.pairs


def _twice(a: Array, axis: int = 1) -> Array:
    """Maps (..., H, W, ...) repeated once along both axes from ``axis`` on."""
    a = jnp.concatenate([a, a], axis)
    return jnp.concatenate([a, a], axis + 1)


def _slice(a: Array, *places: tuple[int, Array, int]) -> Array:
    for axis, start, size in places:
        a = jax.lax.dynamic_slice_in_dim(a, start, size, axis)
    return a


def _means(a: Array, side: int) -> Array:
    """The mean over side x side windows, circular, of maps (..., H, W)."""
    shifts = range(-(side // 2), side // 2 + 1)
    for axis in (-2, -1):
        a = sum(jnp.roll(a, shift, axis) for shift in shifts)
    return a / side**2
