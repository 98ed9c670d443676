"""Noisy SGD of one repetition: all schemes side by side, sharing start, batches and noise.

One step, for every scheme, with ``s = alpha / N`` and the quadratic loss ``|yhat - y|^2``:

    points      X_kb = rho_k x_b            k over the scheme's orbit of b: {1}, {g_b} or all of G
    predictions p_kb = 1/N sum_i sigma(X_kb, z_i)
    residuals   r_kb = 2 (p_kb - rho'_k y_b)                             (average=False)
                r_kb = 2 rho'_k (1/n sum_l rho'_l^T p_lb - y_b)          (average=True)
    update      z_i <- z_i - s (1/(B K) sum_kb r_kb . d sigma(X_kb, z_i)/dz + 2 tau z_i) + sqrt(2 beta s) xi_i
    projection  z_i <- P z_i                                             (project=True)

The random numbers of step ``t`` come from ``fold_in(key, t)``, streams 0 (inputs), 1 (group
elements) and 2 (noise), exactly as in :mod:`widesym.meanfield.draws`.
"""

import math

import numpy as np
from numba import njit

from .threefry import bits, normals, threefry
from .units import MATRIX, fast, forward, inlined, label, pull_back

ALONE, SAMPLED, WHOLE = 0, 1, 2  # the orbit of a datum that a scheme sees
_BLOCK = 512  # particles a block: measured best of 512, 1024, 2048; coordinates stay in the first-level cache
_TILE = 32  # data of a batch at a time: what the forward pass keeps of them stays in the cache
_LINE = 64  # bytes: rows begin where lines of the cache do, else each vector is read and written twice

_u = np.uint32


@njit(**inlined)
def _lines(length, like):
    """Return zeros (length,) of the type of an array, from the beginning of a line of the cache on."""
    spare = np.zeros(length + _LINE // like.itemsize, like.dtype)
    first = (-spare.ctypes.data % _LINE) // like.itemsize
    return spare[first : first + length]


@njit(**inlined)
def _predict(unit, cloud, count, x, kept, predictions):
    """Fill ``predictions`` (P, c) with the outputs of ``cloud`` (blocks, D, W), of ``count`` particles."""
    points, outputs = x.shape[0], predictions.shape[1]
    for p in range(points):
        for j in range(outputs):
            predictions[p, j] = 0
    width = cloud.shape[2]
    for block in range(cloud.shape[0]):
        forward(unit, cloud[block], min(width, count - block * width), x, kept[block], predictions)
    for p in range(points):
        for j in range(outputs):
            predictions[p, j] /= count


@njit(**inlined)
def _cotangents(predictions, targets, low, batch, element, rho_out, copies, average, weight, cotangent):
    """Turn predictions (K B, c) of data from ``low`` on into ``weight`` times their losses' derivative."""
    c = predictions.shape[1]
    for p in range(batch * copies):
        for j in range(c):
            cotangent[p, j] = 0
    for b in range(batch):
        for k in range(copies):
            g = element[k * batch + b]
            for j in range(c):
                if average:
                    value = -targets[j, low + b]
                    for other in range(copies):
                        q = other * batch + b
                        for m in range(c):
                            value += rho_out[element[q], m, j] * predictions[q, m] / copies
                    for m in range(c):
                        cotangent[k * batch + b, m] += weight * rho_out[g, m, j] * value
                else:
                    value = predictions[k * batch + b, j]
                    for m in range(c):
                        value -= rho_out[g, j, m] * targets[m, low + b]
                    cotangent[k * batch + b, j] = weight * value


@njit(**inlined)
def _project(projector, columns, scratch):
    """Replace ``columns`` (D, W) by the projector (D, D) times it; ``scratch`` is (D, W)."""
    dimension, width = columns.shape
    for r in range(dimension):
        for i in range(width):
            scratch[r, i] = 0
        for m in range(dimension):
            weight = projector[r, m]
            if weight != 0:
                for i in range(width):
                    scratch[r, i] += weight * columns[m, i]
    for r in range(dimension):
        for i in range(width):
            columns[r, i] = scratch[r, i]


@njit(**inlined)
def _orbits(inputs, low, batch, sampled, orbit, copies, rho_in, element, x):
    """Fill ``x`` (K B, d) with what a scheme sees of data from ``low`` on, and elements that moved them."""
    d = inputs.shape[0]
    for k in range(copies):
        for b in range(batch):
            g = k if orbit == WHOLE else (sampled[low + b] if orbit == SAMPLED else 0)
            element[k * batch + b] = g
            for j in range(d):
                value = inputs.dtype.type(0)
                for m in range(d):
                    value += rho_in[g, j, m] * inputs[m, low + b]
                x[k * batch + b, j] = value


@njit(nogil=True, cache=True, **fast)
def run(
    unit, clouds, key, first, last, teacher, scale, rho_in, rho_out, projector,
    orbits, averages, projects, project_noise, alpha, tau, beta, batch,
):  # fmt: skip
    """Advance ``clouds`` (S, D, N) in place from step ``first`` to ``last``.

    Returns ``(step, scheme)`` at which a cloud stopped being finite, or ``(-1, -1)``.
    """
    schemes, dimension, count = clouds.shape
    group, d = rho_in.shape[0], rho_in.shape[1]
    c = rho_out.shape[1]
    real = clouds.dtype.type
    features = c if unit == MATRIX else 1
    lanes = 8 if clouds.itemsize == 8 else 64  # what one pass of the vectorised loops takes: no scalar rest
    width = min((count + lanes - 1) // lanes * lanes, _BLOCK)
    blocks = (count + width - 1) // width
    tile = min(batch, _TILE)
    most = tile * group
    normal = np.empty(batch * d, np.float32)
    flat_noise = np.empty(dimension * count, np.float32)
    sampled = np.zeros(batch, np.int64)
    element = np.empty(most, np.int64)
    inputs, targets = np.empty((d, batch), clouds.dtype), np.empty((c, batch), clouds.dtype)
    x, row = np.empty((most, d), clouds.dtype), np.empty(batch, clouds.dtype)
    predictions, cotangent = np.empty((most, c), clouds.dtype), np.empty((most, c), clouds.dtype)
    size = blocks * dimension * width
    kept = _lines(blocks * (most + 1) * features * width, clouds).reshape((blocks, most + 1, features, width))
    noise = _lines(size, clouds).reshape((blocks, dimension, width))
    gradient = _lines(size, clouds).reshape((blocks, dimension, width))
    cloud = _lines(schemes * size, clouds).reshape((schemes, blocks, dimension, width))
    for scheme in range(schemes):  # what fills the last block up is zero and stays
        for i in range(count):
            for r in range(dimension):
                cloud[scheme, i // width, r, i % width] = clouds[scheme, r, i]
    rate, decay = real(alpha / count), real(1 - 2 * tau * alpha / count)
    amplitude = np.float32(math.sqrt(2 * beta * alpha / count))
    failed = (-1, -1)

    for step in range(first, last):
        s0, s1 = threefry(key[0], key[1], _u(0), _u(step))
        for stream in range(3):
            k0, k1 = threefry(s0, s1, _u(0), _u(stream))
            if stream == 1:
                for b in range(batch):
                    sampled[b] = bits(k0, k1, b) % group
            elif stream == 0 or beta > 0:
                drawn = normal if stream == 0 else flat_noise
                normals(k0, k1, np.float32(scale) if stream == 0 else amplitude, drawn)
        for b in range(batch):
            for m in range(d):
                inputs[m, b] = normal[b * d + m]
        label(unit, teacher, inputs, row, targets)
        if beta > 0:  # draw r N + i is coordinate r of particle i
            for block in range(blocks):
                low = block * width
                for r in range(dimension):
                    for i in range(min(width, count - low)):
                        noise[block, r, i] = flat_noise[r * count + low + i]
                if project_noise:
                    _project(projector, noise[block], gradient[block])

        for scheme in range(schemes):
            copies = group if orbits[scheme] == WHOLE else 1
            for block in range(blocks):
                for r in range(dimension):
                    for i in range(width):
                        gradient[block, r, i] = 0
            for low in range(0, batch, tile):
                data = min(tile, batch - low)
                points = data * copies
                _orbits(inputs, low, data, sampled, orbits[scheme], copies, rho_in, element, x)
                _predict(unit, cloud[scheme], count, x[:points], kept, predictions)
                _cotangents(
                    predictions, targets, low, data, element, rho_out, copies, averages[scheme],
                    2.0 / (batch * copies), cotangent,
                )  # fmt: skip
                for block in range(blocks):
                    pull_back(unit, cloud[scheme, block], x[:points], kept[block], cotangent, gradient[block])
            total = real(0)
            for block in range(blocks):
                theta = cloud[scheme, block]
                for r in range(dimension):
                    for i in range(width):
                        theta[r, i] = decay * theta[r, i] - rate * gradient[block, r, i] + noise[block, r, i]
                    for i in range(count - block * width, width):
                        theta[r, i] = 0
                if projects[scheme]:
                    _project(projector, theta, gradient[block])
                for r in range(dimension):
                    for i in range(width):
                        total += theta[r, i] * theta[r, i]
            if not math.isfinite(total):
                failed = (step, scheme)
                break
        if failed[0] >= 0:
            break

    for scheme in range(schemes):
        for i in range(count):
            for r in range(dimension):
                clouds[scheme, r, i] = cloud[scheme, i // width, r, i % width]
    return failed
