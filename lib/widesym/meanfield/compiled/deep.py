"""Noisy SGD of one residual network in the mean-ODE scaling: all schemes side by side, one core.

    h_0 = X,   h_l = h_{l-1} + a/(L M) sum_i sigma(h_{l-1}, z_il),   Phi(X) = h_L

The pull-back is the adjoint recursion: with ``p_L`` the derivative of the loss by ``h_L``,

    dz_il   = a/(L M) p_l . d sigma(h_{l-1}, z_il)/dz,
    p_{l-1} = p_l + a/(L M) sum_i p_l . d sigma(h_{l-1}, z_il)/dh.

Letters: S schemes, L layers, M particles a layer, D = parameter dimension, d = inputs = outputs, B batch,
T steps, P points (K B: the batch, once for each of the K orbit points that the scheme sees), F features of
a particle (d sigmoids for the matrix unit, one for the neuron). Units as in :mod:`.units`.

Inner loops run over points. The sigmoids of a layer are one loop over a contiguous row of M F P numbers,
in place: fused with the loops around it, LLVM cannot prove that arrays are disjoint and does not vectorise
it (six times slower).
"""

import math

import numpy as np
from numba import njit

from .sgd import SAMPLED, WHOLE
from .sigmoid import half_tanh
from .units import MATRIX, NEURON, fast, inlined


@njit(**inlined)
def _forward_layer(unit, theta, layer, step, h, kept, features, points):
    """Fill ``h[layer + 1]`` (d, P) from ``h[layer]`` and ``kept[layer]`` (M F P) with sigma - 1/2."""
    width, d, half = theta.shape[1], h.shape[1], h.dtype.type(0.5)
    for i in range(width):
        for j in range(features):
            row = (i * features + j) * points
            first = j * d
            if d in (2, 3):  # one loop in place of two or three, the third weight 0 for d = 2
                w, v = half * theta[layer, i, first], half * theta[layer, i, first + 1]
                u = half * theta[layer, i, first + 2] if d == 3 else h.dtype.type(0)
                for p in range(points):
                    kept[layer, row + p] = w * h[layer, 0, p] + v * h[layer, 1, p] + u * h[layer, d - 1, p]
                continue
            w = half * theta[layer, i, first]
            for p in range(points):
                kept[layer, row + p] = w * h[layer, 0, p]
            for k in range(1, d):
                w = half * theta[layer, i, first + k]
                for p in range(points):
                    kept[layer, row + p] += w * h[layer, k, p]
    for q in range(width * features * points):
        kept[layer, q] = half_tanh(kept[layer, q])
    for j in range(d):
        total = h.dtype.type(0)
        for i in range(width):
            total += theta[layer, i, d + j] if unit == NEURON else h.dtype.type(1)
        total *= half * step
        for p in range(points):
            h[layer + 1, j, p] = h[layer, j, p] + total
    for i in range(width):
        row = i * features * points
        first = 0
        if unit == NEURON and d >= 2:
            v, w = step * theta[layer, i, d], step * theta[layer, i, d + 1]
            for p in range(points):
                h[layer + 1, 0, p] += v * kept[layer, row + p]
                h[layer + 1, 1, p] += w * kept[layer, row + p]
            first = 2
        for j in range(first, d):
            v = step * theta[layer, i, d + j] if unit == NEURON else step
            if unit == MATRIX:
                row = (i * d + j) * points
            for p in range(points):
                h[layer + 1, j, p] += v * kept[layer, row + p]


@njit(**inlined)
def _pull_back_plane(unit, theta, layer, step, h, kept, costate, features, points, gradient):
    """Do as ``_pull_back_layer`` for d = 2 or 3, with fewer loops; ``kept`` becomes the weights."""
    width, d, half, quarter = theta.shape[1], h.shape[1], h.dtype.type(0.5), h.dtype.type(0.25)
    e, zero = d - 1, h.dtype.type(0)
    for i in range(width):
        for f in range(features):
            row = (i * features + f) * points
            g0, g1, g2, v0, v1, v2 = zero, zero, zero, zero, zero, zero
            if unit == NEURON:
                s0, s1, s2 = zero, zero, zero
                v0, v1, v2 = theta[layer, i, d], theta[layer, i, d + 1], theta[layer, i, d + e]
                if d == 2:
                    v2 = zero
                for p in range(points):
                    t, c0, c1, c2 = kept[layer, row + p], costate[0, p], costate[1, p], costate[e, p]
                    w = (v0 * c0 + v1 * c1 + v2 * c2) * (quarter - t * t)
                    s0 += c0 * (half + t)
                    s1 += c1 * (half + t)
                    s2 += c2 * (half + t)
                    g0 += w * h[layer, 0, p]
                    g1 += w * h[layer, 1, p]
                    g2 += w * h[layer, e, p]
                    kept[layer, row + p] = w
                gradient[layer, i, d] += step * s0
                gradient[layer, i, d + 1] += step * s1
                if d == 3:
                    gradient[layer, i, d + 2] += step * s2
            else:
                for p in range(points):
                    t = kept[layer, row + p]
                    w = costate[f, p] * (quarter - t * t)
                    g0 += w * h[layer, 0, p]
                    g1 += w * h[layer, 1, p]
                    g2 += w * h[layer, e, p]
                    kept[layer, row + p] = w
            gradient[layer, i, f * d] += step * g0
            gradient[layer, i, f * d + 1] += step * g1
            if d == 3:
                gradient[layer, i, f * d + 2] += step * g2
    for i in range(width):
        for f in range(features):
            row = (i * features + f) * points
            v0, v1 = step * theta[layer, i, f * d], step * theta[layer, i, f * d + 1]
            for p in range(points):
                costate[0, p] += v0 * kept[layer, row + p]
                costate[1, p] += v1 * kept[layer, row + p]
            if d == 3:
                v2 = step * theta[layer, i, f * d + 2]
                for p in range(points):
                    costate[2, p] += v2 * kept[layer, row + p]


@njit(**inlined)
def _pull_back_layer(unit, theta, layer, step, h, kept, costate, moved, weight, features, points, gradient):
    """Carry ``costate`` (d, P) from behind a layer to before it; add to ``gradient`` (L, M, D)."""
    width, d, half, quarter = theta.shape[1], h.shape[1], h.dtype.type(0.5), h.dtype.type(0.25)
    for k in range(d):
        for p in range(points):
            moved[k, p] = 0
    for i in range(width):
        for f in range(features):
            row = (i * features + f) * points
            if unit == NEURON:
                for p in range(points):
                    weight[p] = 0
                for j in range(d):
                    total, v = h.dtype.type(0), theta[layer, i, d + j]
                    for p in range(points):
                        weight[p] += v * costate[j, p]
                        total += costate[j, p] * (half + kept[layer, row + p])
                    gradient[layer, i, d + j] += step * total
                for p in range(points):
                    weight[p] *= quarter - kept[layer, row + p] * kept[layer, row + p]
            else:
                for p in range(points):
                    weight[p] = costate[f, p] * (quarter - kept[layer, row + p] * kept[layer, row + p])
            for k in range(d):
                total, w = h.dtype.type(0), theta[layer, i, f * d + k]
                for p in range(points):
                    total += weight[p] * h[layer, k, p]
                    moved[k, p] += w * weight[p]
                gradient[layer, i, f * d + k] += step * total
    for k in range(d):
        for p in range(points):
            costate[k, p] += step * moved[k, p]


@njit(**inlined)
def _residuals(last, targets, element, rho, copies, average, costate):
    """Fill ``costate`` (d, P) with the derivative of the batch's mean loss by the outputs ``last`` (d, P)."""
    batch, d = targets.shape
    weight = 2.0 / (batch * copies)
    for j in range(d):
        for p in range(batch * copies):
            costate[j, p] = 0
    for b in range(batch):
        for k in range(copies):
            p, g = k * batch + b, element[k * batch + b]
            for j in range(d):
                if average:
                    value = -targets[b, j]
                    for other in range(copies):
                        q = other * batch + b
                        for m in range(d):
                            value += rho[element[q], m, j] * last[m, q] / copies
                    for m in range(d):
                        costate[m, p] += weight * rho[g, m, j] * value
                else:
                    value = last[j, p]
                    for m in range(d):
                        value -= rho[g, j, m] * targets[b, m]
                    costate[j, p] = weight * value


@njit(**inlined)
def _update(theta, gradient, noise, rate, decay, projector, project, scratch):
    """Move every particle; return the sum of squares."""
    layers, width, dimension = theta.shape
    total = theta.dtype.type(0)
    for layer in range(layers):
        for i in range(width):
            for r in range(dimension):
                theta[layer, i, r] = decay * theta[layer, i, r] - rate * gradient[layer, i, r]
                if noise.size:
                    theta[layer, i, r] += noise[layer, i, r]
            if project:
                for r in range(dimension):
                    scratch[r] = theta[layer, i, r]
                for r in range(dimension):
                    value = theta.dtype.type(0)
                    for m in range(dimension):
                        value += projector[r, m] * scratch[m]
                    theta[layer, i, r] = value
            for r in range(dimension):
                total += theta[layer, i, r] * theta[layer, i, r]
    return total


@njit(nogil=True, cache=True, **fast)
def run(unit, clouds, x, y, g, noise, rho, projector, orbits, averages, projects, a, rate, decay):
    """Advance ``clouds`` (S, L, M, D) in place by the T steps of the given draws.

    One step is ``z <- decay z - rate dz + noise``, then projected where ``projects`` says so. ``x`` and ``y``
    are (T, B, d), ``g`` (T, B), ``noise`` (T, L, M, D) or (T, 0, 0, 0) for none, ``rho`` (n, d, d).

    Returns ``(step, scheme)`` at which a cloud stopped being finite, or ``(-1, -1)``.
    """
    schemes, layers, width, dimension = clouds.shape
    steps, batch, d = x.shape
    group, real = rho.shape[0], clouds.dtype.type
    features = d if unit == MATRIX else 1
    most = batch * group
    gradient = np.empty((layers, width, dimension), clouds.dtype)
    weight, scratch = np.empty(most, clouds.dtype), np.empty(dimension, clouds.dtype)
    costate, moved = np.empty((d, most), clouds.dtype), np.empty((d, most), clouds.dtype)
    element = np.empty(most, np.int64)
    h = np.empty((layers + 1, d, most), clouds.dtype)
    kept = np.empty((layers, width * features * most), clouds.dtype)
    step = real(a / (layers * width))
    for t in range(steps):
        for scheme in range(schemes):
            theta = clouds[scheme]
            copies = group if orbits[scheme] == WHOLE else 1
            points = batch * copies
            for k in range(copies):
                for b in range(batch):
                    g_kb = k if orbits[scheme] == WHOLE else (g[t, b] if orbits[scheme] == SAMPLED else 0)
                    element[k * batch + b] = g_kb
                    for j in range(d):
                        value = real(0)
                        for m in range(d):
                            value += rho[g_kb, j, m] * x[t, b, m]
                        h[0, j, k * batch + b] = value
            for layer in range(layers):
                _forward_layer(unit, theta, layer, step, h, kept, features, points)
            _residuals(h[layers], y[t], element, rho, copies, averages[scheme], costate)
            gradient[:] = 0
            for layer in range(layers - 1, -1, -1):
                if d in (2, 3):
                    _pull_back_plane(unit, theta, layer, step, h, kept, costate, features, points, gradient)
                    continue
                _pull_back_layer(
                    unit, theta, layer, step, h, kept, costate, moved, weight, features, points, gradient
                )
            total = _update(theta, gradient, noise[t], rate, decay, projector, projects[scheme], scratch)
            if not math.isfinite(total):
                return t, scheme
    return -1, -1
