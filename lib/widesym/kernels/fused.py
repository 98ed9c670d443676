r"""The decomposition by offsets as one fused GPU kernel, in Pallas (Triton): the path for many pairs.

One program computes one pair of images, all offsets and layers; nothing but two numbers leaves it. The maps
:math:`\Delta,\Theta` of one offset live in registers, in a tile of 32 x 32; where images are smaller, a tile
holds :math:`32^2/HW` offsets side by side. The mean over 3 x 3 pixels, circular in every image of a tile, is

.. math:: \mathcal A\Delta=\tfrac19\,B_H\,\Delta\,B_W,\qquad B\in\{0,1\}^{32\times32}
    \text{ circulant in blocks,}

two products on the tensor cores. They take bfloat16, so :math:`\Delta=\Delta_1+\Delta_2+\Delta_3` is split
in three of 8 bits each: the products with 0 and 1 are exact and are summed in float32. The angle of the
arc-cosine kernel is a polynomial in :math:`\tan\frac\vartheta2` or its inverse, whichever is at most 1.

**Run so far in Pallas's interpret mode on CPUs, and lowered for CUDA, never on a GPU**; whether it is faster
than :mod:`widesym.kernels.batched` there, ``benchmarks/kernels_gpu.py`` measures. Float32, ReLU, images whose
sides divide 32, 3 x 3 windows: for the rest :func:`kernels` falls back to the batched path.

Letters: n1 and n2 images of a block, H x W pixels, C channels, L layers, G tiles of offsets.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton

from widesym.architectures import Architecture
from widesym.kernels import batched
from widesym.kernels.images import Images
from widesym.kernels.offsets import offsets
from widesym.kernels.readout import Kernels

TILE = 32  # sides of a tile: tensor cores take no less than 16
BLOCK = 256  # images a side of one call
WARPS = 4

# atan(t) = t P(t^2) on [0, 1] to 2e-8 relative, by least squares at Chebyshev nodes, constant first
_DEGREE = 9


def can(images: Images) -> bool:
    """Tell whether the fused kernel knows these images."""
    height, width = images.pixels.shape[1:3]
    return (
        images.architecture.activation == "relu"
        and images.pixels.dtype == np.float32
        and images.side == 3
        and all(TILE % size == 0 and size >= 3 for size in (height, width))
    )


def kernels(
    one: Images,
    other: Images | None,
    *,
    block: int = BLOCK,
    warps: int = WARPS,
    interpret: bool = False,
) -> Kernels:
    """Return the kernels in the images' precision, (n1, n2); as :func:`widesym.kernels.reference.kernels`.

    Args:
        one: prepared images.
        other: prepared images, or None for ``one`` against itself, at half the cost.
        block: images a side of one call on the device.
        warps: of 32 threads, for each pair of images.
        interpret: run without a GPU, slowly, for tests.

    Raises:
        ValueError: a block without images.
    """
    if block < 1:
        raise ValueError(f"block={block} must be at least 1 image, such as {BLOCK}")
    if not can(one):
        return batched.kernels(one, other)

    def pooled(first: Images, second: Images) -> tuple[Array, Array]:
        return _pooled(one.architecture, warps, interpret, *_of(first), *_of(second))

    return batched.assemble(one, other, block, pooled)


def _of(images: Images) -> tuple[np.ndarray, np.ndarray]:
    """Pixels with the colours first, (n, C, H, W), and deviations, (n, L, H, W)."""
    return np.ascontiguousarray(np.moveaxis(images.pixels, -1, 1)), np.sqrt(images.variances)


class Plan(NamedTuple):
    """Where the numbers of the tiles are.

    ``row`` and ``column`` in the image, (32, 32); ``dy`` and ``dx``, the offset, and ``counts``, 1 where the
    pair of pixels counts, (G, 32, 32); ``down`` and ``across``, :math:`B_H` and :math:`B_W`, (32, 32).
    """

    row: np.ndarray
    column: np.ndarray
    dy: np.ndarray
    dx: np.ndarray
    counts: np.ndarray
    down: np.ndarray
    across: np.ndarray


@functools.lru_cache(maxsize=32)
def plan(architecture: Architecture, height: int, width: int) -> Plan:
    """Lay the offsets that an architecture needs out in tiles of 32 x 32."""
    places = offsets(architecture, height, width)
    i, j = (index.ravel() for index in np.indices((len(places.rows), len(places.columns))))
    down, across = TILE // height, TILE // width
    each = down * across
    tiles = -(-len(i) // each)
    row, column = np.indices((TILE, TILE))
    # which offset of a tile a place belongs to, and of all
    number = np.arange(tiles)[:, None, None] * each + (row // height * across + column // width)[None]
    exists = number < len(i)
    number = np.minimum(number, len(i) - 1)
    row, column = row % height, column % width
    counts = (
        exists
        & places.in_rows[i[number], np.broadcast_to(row[None], number.shape)]
        & places.in_columns[j[number], np.broadcast_to(column[None], number.shape)]
    )
    return Plan(
        row.astype(np.int32), column.astype(np.int32), places.rows[i][number].astype(np.int32),
        places.columns[j][number].astype(np.int32), counts.astype(np.float32), _circulant(height),
        _circulant(width),
    )  # fmt: skip


def _circulant(size: int) -> np.ndarray:
    """Return B: 1 where two places of a tile are neighbours or equal, round the same image of ``size``."""
    place = np.arange(TILE)
    apart = (place[:, None] - place[None, :]) % size
    near = (apart <= 1) | (apart == size - 1)
    return (near & (place[:, None] // size == place[None, :] // size)).astype(np.float32)


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _pooled(
    architecture: Architecture, warps: int, interpret: bool, x1: Array, r1: Array, x2: Array, r2: Array
) -> tuple[Array, Array]:
    """Mean distance and NTK over pairs of pixels in one window, (n1, n2)."""
    height, width = x1.shape[2:]
    layout = plan(architecture, height, width)
    shape = jax.ShapeDtypeStruct((len(x1), len(x2)), jnp.float32)
    found = pl.pallas_call(
        functools.partial(_program, architecture, height, width),
        (shape, shape),
        grid=shape.shape,
        compiler_params=triton.CompilerParams(num_warps=warps, num_stages=1),
        interpret=interpret,
        name="widesym_pair",
    )(x1, r1, x2, r2, *layout)
    pairs = offsets(architecture, height, width).pairs
    return found[0] / pairs, found[1] / pairs


def _program(architecture: Architecture, height: int, width: int, *refs) -> None:
    """Compute one pair, all offsets and layers; refs are those of `_pooled`'s call, then the two outputs."""
    x1, r1, x2, r2, row, column, dys, dxs, counts, down, across, deltas, thetas = refs
    i, j = pl.program_id(0), pl.program_id(1)
    row, column = row[...], column[...]
    left, right = down[...].astype(jnp.bfloat16), across[...].astype(jnp.bfloat16)
    scale = architecture.weight_variance / 9

    def tile(g, total):
        other_row, other_column = (row + dys[g]) & (height - 1), (column + dxs[g]) & (width - 1)
        delta = jnp.zeros((TILE, TILE), jnp.float32)
        for c in range(x1.shape[1]):
            delta += (x1[i, c, row, column] - x2[j, c, other_row, other_column]) ** 2
        delta = delta / (2 * x1.shape[1])
        theta = jnp.zeros_like(delta)

        def layer(k, state):
            delta, theta = state
            a, b = r1[i, k, row, column], r2[j, k, other_row, other_column]
            delta = scale * _sums(delta, left, right)
            theta = scale * _sums(theta, left, right) + (a * a + b * b) / 2 - delta
            delta, slope = arc_cosine(delta, a, b)
            return delta, slope * theta

        delta, theta = jax.lax.fori_loop(0, architecture.depth, layer, (delta, theta))
        weights = counts[g]
        return total[0] + weights * delta, total[1] + weights * theta

    zero = jnp.zeros((TILE, TILE), jnp.float32)
    delta, theta = jax.lax.fori_loop(0, dys.shape[0], tile, (zero, zero))
    deltas[i, j], thetas[i, j] = jnp.sum(delta), jnp.sum(theta)


def _sums(a: Array, left: Array, right: Array) -> Array:
    """Sums over 3 x 3 neighbours, :math:`B_H a B_W`, exact in the products."""
    a = sum(jnp.dot(part, right, preferred_element_type=jnp.float32) for part in split(a))
    return sum(jnp.dot(left, part, preferred_element_type=jnp.float32) for part in split(a))


def split(a: Array) -> tuple[Array, Array, Array]:
    """Return three bfloat16 arrays whose sum is a float32 array of any shape, but for its last bit."""
    first = a.astype(jnp.bfloat16)
    a = a - first.astype(jnp.float32)
    second = a.astype(jnp.bfloat16)
    return first, second, (a - second.astype(jnp.float32)).astype(jnp.bfloat16)


def arc_cosine(delta: Array, a: Array, b: Array) -> tuple[Array, Array]:
    r"""Return distance and covariance of slopes of ReLU, from the distance and the deviations before it.

    As :func:`widesym.kernels.activations.covariances`, with
    :math:`\sin\vartheta\,ab=\sqrt{(ab-k)(ab+k)}` and the angle by :func:`arc_tangent`.
    """
    less = jnp.maximum(delta - (a - b) ** 2 / 2, 0)  # a b - k
    more = jnp.maximum((a + b) ** 2 / 2 - delta, 0)  # a b + k
    small, large = jnp.minimum(less, more), jnp.maximum(less, more)
    half = arc_tangent(jnp.sqrt(small / jnp.maximum(large, 1e-30)))
    angle = jnp.where(less <= more, 2 * half, np.pi - 2 * half)
    excess = (jnp.sqrt(less * more) - angle * (more - less) / 2) / np.pi
    return (delta - excess) / 2, 0.5 - angle / (2 * np.pi)


def arc_tangent(t: Array) -> Array:
    """Return atan on [0, 1], any shape, to 3e-8 of itself in exact arithmetic."""
    square = t * t
    value = jnp.full_like(t, _COEFFICIENTS[-1])
    for coefficient in _COEFFICIENTS[-2::-1]:
        value = value * square + coefficient
    return t * value


def _coefficients() -> tuple[float, ...]:
    nodes = (1 - np.cos(np.pi * (np.arange(400) + 0.5) / 400)) / 2  # of t^2
    values = np.arctan(np.sqrt(nodes)) / np.sqrt(nodes)
    fit = np.polynomial.Chebyshev.fit(nodes, values, _DEGREE, domain=(0, 1))
    return tuple(float(c) for c in fit.convert(kind=np.polynomial.Polynomial).coef)


_COEFFICIENTS = _coefficients()
