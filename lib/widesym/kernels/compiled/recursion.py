r"""The recursion of images against groups of others, one a lane, over all offsets a readout needs.

Maps of a group are flat, (H W V,): number ``(h W + w) V + j`` is pixel (h, w) of image j. Maps of the
state, at an offset (dy, dx), are flat too: number ``(h W + w) V + j`` belongs to pixel (h, w) of the one
image and, circularly, pixel (h + dy, w + dx) of image j. A layer reads the two maps of the state and
writes two others; sums over the 3 x 3 window slide along a row.

``one`` and ``groups`` are :class:`.tables.Tables` with flat arrays.

Letters: n images, G groups, C channels, L layers, H x W pixels, V lanes, R x S offsets.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from .steps import erf_first, erf_next, options, relu_first, relu_next
from .vectors import accumulate, constant, fma, lanes, load, repeat, splat, splats, store


class Network(NamedTuple):
    """What the recursion needs to know of a network.

    ``side`` of the convolution's window, 1 or 3; ``constants`` of :mod:`.steps`; every ``period`` layers the
    state is multiplied by ``rescale``; the rest is :class:`widesym.kernels.offsets.Offsets`.
    """

    side: int
    channels: int
    depth: int
    constants: tuple[tuple, tuple]
    period: int
    rescale: float
    rows: np.ndarray
    columns: np.ndarray
    in_rows: np.ndarray
    in_columns: np.ndarray


_FEW = 8  # channels up to which one sum is enough
_BLOCK = 64  # channels summed in the working precision before they join the total


@njit(**options)
def _wrapped(place, size):
    """``place`` modulo ``size``, from -size to 2 size - 1: a division would take longer than a pixel."""
    if place < 0:
        return place + size
    return place - size if place >= size else place


@njit(**options)
def _add_square(a, total):
    return fma(a, a, total)


@njit(**options)
def _distance(x1, at, x2, there, first, last, pixels):
    """``sum_c (x_c - x'_c)^2`` over a range of channels, of ``x1[at]`` and number ``there`` of ``x2``."""
    step = pixels * lanes(x2)
    total = constant(0, load(x2, there))
    for channel in range(first, last):
        total = _add_square(repeat(x1, at + channel * pixels) - load(x2, there + channel * step), total)
    return total


@njit(**options)
def _long_distance(x1, at, x2, there, channels, pixels):
    """The same over many channels: by blocks, for precision, and in four sums, as one waits for itself."""
    step = pixels * lanes(x2)
    total = constant(0, load(x2, there))
    for first in range(0, channels, _BLOCK):
        last = min(first + _BLOCK, channels)
        whole = last - (last - first) % 4
        a = _distance(x1, at, x2, there, whole, last, pixels)
        b = constant(0, a)
        c, d = b, b
        for channel in range(first, whole, 4):
            p, q = at + channel * pixels, there + channel * step
            a = _add_square(repeat(x1, p) - load(x2, q), a)
            b = _add_square(repeat(x1, p + pixels) - load(x2, q + step), b)
            c = _add_square(repeat(x1, p + 2 * pixels) - load(x2, q + 2 * step), c)
            d = _add_square(repeat(x1, p + 3 * pixels) - load(x2, q + 3 * step), d)
        total = total + ((a + b) + (c + d))
    return total


@njit(**options)
def _distances(x1, at, x2, base, channels, height, width, dy, dx, out):
    """Fill ``out`` with the distances of the inputs, which start at ``x1[at]`` and ``x2[base]``."""
    size, pixels = lanes(x2), height * width
    for h in range(height):
        start = base + _wrapped(h + dy, height) * width * size
        there = start + dx * size
        for w in range(width):
            here = h * width + w
            if channels <= _FEW:
                distance = _distance(x1, at + here, x2, there, 0, channels, pixels)
            else:
                distance = _long_distance(x1, at + here, x2, there, channels, pixels)
            store(out, here * size, distance)
            there += size
            if there == start + width * size:
                there = start


@njit(**options)
def _four_distances(x1, n, last, x2, at, channels, out):
    """Fill ``out`` with the distances of images n to n + 3, of one pixel each: one reading of the group.

    It starts at ``x2[at]``. From image ``last`` on there are none; their place gets those of the one before.
    """
    size = lanes(x2)
    p, q = n * channels, min(n + 1, last - 1) * channels
    r, s = min(n + 2, last - 1) * channels, min(n + 3, last - 1) * channels
    zero = constant(0, load(x2, 0))
    to_p, to_q, to_r, to_s = zero, zero, zero, zero
    for first in range(0, channels, _BLOCK):
        stop = min(first + _BLOCK, channels)
        whole = stop - (stop - first) % 2
        a, b, c, d = zero, zero, zero, zero
        e, f, g, h = zero, zero, zero, zero
        for channel in range(first, whole, 2):
            x, y = load(x2, at + channel * size), load(x2, at + (channel + 1) * size)
            a, e = (
                _add_square(repeat(x1, p + channel) - x, a),
                _add_square(repeat(x1, p + channel + 1) - y, e),
            )
            b, f = (
                _add_square(repeat(x1, q + channel) - x, b),
                _add_square(repeat(x1, q + channel + 1) - y, f),
            )
            c, g = (
                _add_square(repeat(x1, r + channel) - x, c),
                _add_square(repeat(x1, r + channel + 1) - y, g),
            )
            d, h = (
                _add_square(repeat(x1, s + channel) - x, d),
                _add_square(repeat(x1, s + channel + 1) - y, h),
            )
        if whole < stop:
            x = load(x2, at + whole * size)
            a, b = _add_square(repeat(x1, p + whole) - x, a), _add_square(repeat(x1, q + whole) - x, b)
            c, d = _add_square(repeat(x1, r + whole) - x, c), _add_square(repeat(x1, s + whole) - x, d)
        to_p, to_q, to_r, to_s = to_p + (a + e), to_q + (b + f), to_r + (c + g), to_s + (d + h)
    store(out, 0, to_p)
    store(out, size, to_q)
    store(out, 2 * size, to_r)
    store(out, 3 * size, to_s)


@njit(**options)
def _column(a, up, middle, down, w):
    return load(a, up + w) + load(a, middle + w) + load(a, down + w)


@njit(**options)
def _layer(step, a, b, one, at, groups, base, height, width, dy, dx, constants, to_a, to_b):
    """A layer with a 3 x 3 window: from the state ``a``, ``b`` to the state ``to_a``, ``to_b``.

    The layer's tables start at ``at`` in those of ``one`` and at ``base`` in those of ``groups``.
    """
    size = lanes(a)
    row = width * size
    constants = splats(constants[0]), splats(constants[1])
    for h in range(height):
        up, middle, down = _wrapped(h - 1, height) * row, h * row, _wrapped(h + 1, height) * row
        start = base + _wrapped(h + dy, height) * row
        there, p = start + dx * size, at + h * width
        left_a, left_b = _column(a, up, middle, down, row - size), _column(b, up, middle, down, row - size)
        here_a, here_b = _column(a, up, middle, down, 0), _column(b, up, middle, down, 0)
        for w in range(width):
            right = (w + 1) * size if w + 1 < width else 0
            right_a, right_b = _column(a, up, middle, down, right), _column(b, up, middle, down, right)
            new_a, new_b = step(
                left_a + here_a + right_a, left_b + here_b + right_b,
                repeat(one.r, p + w), repeat(one.inverse, p + w),
                load(groups.r, there), load(groups.inverse, there), constants,
            )  # fmt: skip
            store(to_a, middle + w * size, new_a)
            store(to_b, middle + w * size, new_b)
            left_a, left_b, here_a, here_b = here_a, here_b, right_a, right_b
            there += size
            if there == start + row:
                there = start


@njit(**options)
def _pointwise(step, a, b, one, at, groups, base, height, width, dy, dx, constants, to_a, to_b):
    """The same with a window of one pixel."""
    size = lanes(a)
    constants = splats(constants[0]), splats(constants[1])
    for h in range(height):
        start = base + _wrapped(h + dy, height) * width * size
        for w in range(width):
            p = h * width + w
            there = start + _wrapped(w + dx, width) * size
            new_a, new_b = step(
                load(a, p * size), load(b, p * size),
                repeat(one.r, at + p), repeat(one.inverse, at + p),
                load(groups.r, there), load(groups.inverse, there), constants,
            )  # fmt: skip
            store(to_a, p * size, new_a)
            store(to_b, p * size, new_b)


@njit(**options)
def _rescale(a, numbers, factor):
    for i in range(0, numbers, lanes(a)):
        store(a, i, load(a, i) * splat(factor))


@njit(**options)
def _pool(a, b, in_row, in_column, out, place):
    """Add the sums of two maps over the pixels in both masks to ``out[place : place + 2 V]``."""
    size, width = lanes(a), in_column.size
    for h in range(in_row.size):
        if in_row[h]:
            sum_a = sum_b = constant(0, load(a, 0))
            for w in range(width):
                if in_column[w]:
                    sum_a = sum_a + load(a, (h * width + w) * size)
                    sum_b = sum_b + load(b, (h * width + w) * size)
            accumulate(out, place, sum_a)
            accumulate(out, place + size, sum_b)


@njit(**options)
def _image(layer, first, later, network, one, n, groups, g, i, near, scratch, out, place):
    """Image n against group g, all offsets in row i; ``near`` are their distances if of one pixel."""
    height, width = network.in_rows.shape[1], network.in_columns.shape[1]
    pixels, size, constants = height * width, lanes(one.x), network.constants
    numbers, depth, dy = pixels * size, network.depth, network.rows[i]
    a, b, c, d = scratch[0], scratch[1], scratch[2], scratch[3]
    for j in range(network.columns.size):
        dx = network.columns[j]
        at, base = n * network.channels * pixels, g * network.channels * numbers
        if pixels == 1:
            store(c, 0, load(scratch[4], near))
        else:
            _distances(one.x, at, groups.x, base, network.channels, height, width, dy, dx, c)
        at, base = n * depth * pixels, g * depth * numbers
        layer(first, c, c, one, at, groups, base, height, width, dy, dx, constants, a, b)
        for l in range(1, depth):  # noqa: E741
            if l % network.period == 0:
                _rescale(a, numbers, network.rescale)
                _rescale(b, numbers, network.rescale)
            at += pixels
            base += numbers
            layer(later, a, b, one, at, groups, base, height, width, dy, dx, constants, c, d)
            a, b, c, d = c, d, a, b
        _pool(a, b, network.in_rows[i], network.in_columns[j], out, place)


@njit(**options)
def _run(first, later, network, one, images, groups, which, triangle, rows, scratch, out):
    size, place = lanes(one.x), 0
    single = network.in_rows.shape[1] * network.in_columns.shape[1] == 1
    for g in range(which[0], which[1]):
        last = min(images[1], (g + 1) * size) if triangle else images[1]
        for n in range(images[0], images[1]):
            near = (n - images[0]) % 4 * size
            if single and near == 0 and n < last:
                start = g * network.channels * size
                _four_distances(one.x, n, last, groups.x, start, network.channels, scratch[4])
            for i in range(rows[0], rows[1]):
                if n < last and network.side == 3:
                    _image(_layer, first, later, network, one, n, groups, g, i, near, scratch, out, place)
                elif n < last:
                    _image(_pointwise, first, later, network, one, n, groups, g, i, near, scratch, out, place)
                place += 2 * size


@njit(nogil=True, cache=True, error_model="numpy")
def relu(network, one, images, groups, which, triangle, rows, scratch, out):
    """Sum the state after the last ReLU over pairs of pixels in one window.

    Args:
        network: a :class:`Network`.
        one: tables of images.
        images: (first, last) of them.
        groups: tables of groups.
        which: (first, last) of them.
        triangle: whether images from a group's last on are left out.
        rows: (first, last) of the network's rows of offsets.
        scratch: (5, max(H W, 4) V), overwritten.
        out: zeros, flat float64 (G, n, R, 2, V): receives the sums of both maps.
    """
    _run(relu_first, relu_next, network, one, images, groups, which, triangle, rows, scratch, out)


@njit(nogil=True, cache=True, error_model="numpy")
def erf(network, one, images, groups, which, triangle, rows, scratch, out):
    """Do the same for erf."""
    _run(erf_first, erf_next, network, one, images, groups, which, triangle, rows, scratch, out)
