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
from .units import MATRIX, fast, forward, pull_back

ALONE, SAMPLED, WHOLE = 0, 1, 2  # the orbit of a datum that a scheme sees
_BLOCK = 512  # particles a block: measured best of 512, 1024, 2048; coordinates stay in the first-level cache

_u = np.uint32
_options = {**fast, "forceinline": True}


@njit(**_options)
def _predict(unit, cloud, count, x, kept, predictions):
    """Fill ``predictions`` (P, c) with the outputs of ``cloud`` (blocks, D, W), of ``count`` particles."""
    width = cloud.shape[2]
    predictions[:] = 0
    for block in range(cloud.shape[0]):
        forward(unit, cloud[block], min(width, count - block * width), x, kept[block], predictions)
    for p in range(predictions.shape[0]):
        for j in range(predictions.shape[1]):
            predictions[p, j] /= count


@njit(**_options)
def _cotangents(predictions, targets, element, rho_out, batch, copies, average, cotangent):
    """Turn predictions (K B, c) into the derivative of the batch's mean loss by them."""
    c = targets.shape[1]
    weight = 2.0 / (batch * copies)
    cotangent[:] = 0
    for b in range(batch):
        for k in range(copies):
            rho = rho_out[element[k * batch + b]]
            for j in range(c):
                if average:
                    value = -targets[b, j]
                    for other in range(copies):
                        q = other * batch + b
                        for m in range(c):
                            value += rho_out[element[q], m, j] * predictions[q, m] / copies
                    for m in range(c):
                        cotangent[k * batch + b, m] += weight * rho[m, j] * value
                else:
                    value = predictions[k * batch + b, j]
                    for m in range(c):
                        value -= rho[j, m] * targets[b, m]
                    cotangent[k * batch + b, j] = weight * value


@njit(**_options)
def _project(projector, columns, scratch):
    """Replace ``columns`` (D, W) by the projector (D, D) times it; ``scratch`` is (D, W)."""
    dimension, width = columns.shape
    scratch[:] = 0
    for r in range(dimension):
        for m in range(dimension):
            weight = projector[r, m]
            if weight != 0:
                for i in range(width):
                    scratch[r, i] += weight * columns[m, i]
    columns[:] = scratch


@njit(**_options)
def _update(unit, cloud, count, x, kept, cotangent, noise, rate, decay, gradient, projector, project):
    """Block by block: gradient, step, projection. Return ``sum z^2``, NaN or inf on divergence."""
    blocks, dimension, width = cloud.shape
    total = cloud.dtype.type(0)
    for block in range(blocks):
        theta, xi = cloud[block], noise[block]
        gradient[:] = 0
        pull_back(unit, theta, min(width, count - block * width), x, kept[block], cotangent, gradient)
        for r in range(dimension):
            for i in range(width):
                theta[r, i] = decay * theta[r, i] - rate * gradient[r, i] + xi[r, i]
        if project:
            _project(projector, theta, gradient)
        for r in range(dimension):
            for i in range(width):
                total += theta[r, i] * theta[r, i]
    return total


@njit(**_options)
def _in_blocks(columns, out):
    """Copy ``columns`` (D, N) to ``out`` (blocks, D, W); what fills the last block up is zero and stays."""
    width = out.shape[2]
    out[:] = 0
    for block in range(out.shape[0]):
        part = columns[:, block * width : (block + 1) * width]
        out[block, :, : part.shape[1]] = part


@njit(**_options)
def _draw_noise(k0, k1, amplitude, flat, count, noise, projector, project, scratch):
    """Fill ``noise`` (blocks, D, W) with a step's kicks: draw ``r N + i`` for coordinate r of particle i."""
    blocks, dimension, width = noise.shape
    normals(k0, k1, amplitude, flat)
    for block in range(blocks):
        low = block * width
        for r in range(dimension):
            part = flat[r * count + low : r * count + min(low + width, count)]
            for i in range(part.size):
                noise[block, r, i] = part[i]
        if project:
            _project(projector, noise[block], scratch)


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
    width = min(count, _BLOCK)
    blocks = (count + width - 1) // width
    most = batch * group
    normal = np.empty(batch * d, np.float32)
    flat_noise = np.empty(dimension * count, np.float32)
    noise = np.zeros((blocks, dimension, width), clouds.dtype)
    inputs = np.empty((batch, d), clouds.dtype)
    targets = np.empty((batch, c), clouds.dtype)
    sampled = np.empty(batch, np.int64)
    teachers = teacher.shape[1]
    teacher_cloud = np.ascontiguousarray(teacher).reshape((1, dimension, teachers))
    teacher_kept = np.empty((1, batch + 1, features, teachers), clouds.dtype)
    kept = np.empty((blocks, most + 1, features, width), clouds.dtype)
    x = np.empty((most, d), clouds.dtype)
    element = np.empty(most, np.int64)
    predictions = np.empty((most, c), clouds.dtype)
    cotangent = np.empty((most, c), clouds.dtype)
    gradient = np.empty((dimension, width), clouds.dtype)
    cloud = np.empty((schemes, blocks, dimension, width), clouds.dtype)
    for scheme in range(schemes):
        _in_blocks(clouds[scheme], cloud[scheme])
    rate, decay = real(alpha / count), real(1 - 2 * tau * alpha / count)
    amplitude = np.float32(math.sqrt(2 * beta * alpha / count))
    failed = (-1, -1)

    for step in range(first, last):
        s0, s1 = threefry(key[0], key[1], _u(0), _u(step))
        k0, k1 = threefry(s0, s1, _u(0), _u(0))
        normals(k0, k1, np.float32(scale), normal)
        for b in range(batch):
            for m in range(d):
                inputs[b, m] = normal[b * d + m]
        _predict(unit, teacher_cloud, teachers, inputs, teacher_kept, targets)
        k0, k1 = threefry(s0, s1, _u(0), _u(1))
        for b in range(batch):
            sampled[b] = bits(k0, k1, b) % group
        if beta > 0:
            k0, k1 = threefry(s0, s1, _u(0), _u(2))
            _draw_noise(k0, k1, amplitude, flat_noise, count, noise, projector, project_noise, gradient)

        for scheme in range(schemes):
            copies = group if orbits[scheme] == WHOLE else 1
            points = batch * copies
            for k in range(copies):
                for b in range(batch):
                    g = k if orbits[scheme] == WHOLE else (sampled[b] if orbits[scheme] == SAMPLED else 0)
                    element[k * batch + b] = g
                    for j in range(d):
                        value = real(0)
                        for m in range(d):
                            value += rho_in[g, j, m] * inputs[b, m]
                        x[k * batch + b, j] = value
            _predict(unit, cloud[scheme], count, x[:points], kept, predictions[:points])
            _cotangents(
                predictions, targets, element, rho_out, batch, copies, averages[scheme], cotangent[:points]
            )
            total = _update(
                unit, cloud[scheme], count, x[:points], kept, cotangent[:points], noise,
                rate, decay, gradient, projector, projects[scheme],
            )  # fmt: skip
            if not math.isfinite(total):
                failed = (step, scheme)
                break
        if failed[0] >= 0:
            break

    for scheme in range(schemes):
        for block in range(blocks):
            part = clouds[scheme, :, block * width : (block + 1) * width]
            part[:] = cloud[scheme, block, :, : part.shape[1]]
    return failed
