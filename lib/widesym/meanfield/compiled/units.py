"""Forward and pull-back of one block of particles, for the two compiled units.

Matrix unit: ``sigma(x, z)_j = sigmoid(z_j . x)``, ``z`` in ``R^{c x d}`` flattened by rows.
Neuron unit: ``sigma(x, (u, v)) = v sigmoid(u . x)``, ``z = (u, v)`` in ``R^{d + c}``.

Letters: P points, d inputs, c outputs, N particles, D = parameter dimension; the block holds the
particles ``low`` to ``low + size - 1``, at most W of them. ``theta`` (D, N) is the coordinate-major
cloud, ``gradient`` (D, W) the block's, ``x`` is (P, d), ``kept`` (P + 1, features, W) carries what
the forward pass leaves for the pull-back (its last row is scratch), ``sums`` (P, c) receives
``sum_i sigma(x_p, z_i)``, ``cotangent`` (P, c) is the derivative of the loss by the prediction.
"""

from numba import njit

from .sigmoid import half_tanh

MATRIX, NEURON = 0, 1

# No 'nnan' / 'ninf': a diverging run must be seen as NaN. 'reassoc' lets sums over particles vectorise.
_options = {"fastmath": {"reassoc", "contract", "nsz", "arcp"}, "error_model": "numpy"}


@njit(**_options)
def _tanhs(theta, low, row, point, scratch, out):
    """Fill ``out`` (size,) with ``t_i = tanh(w_i . point / 2) / 2``, ``w_i`` in d rows; return the sum."""
    size, d = out.size, point.size
    half, total = point.dtype.type(0.5), point.dtype.type(0)
    if d == 2:  # the papers' case in one pass; through scratch it takes a third longer
        u, v = theta[row][low : low + size], theta[row + 1][low : low + size]
        xu, xv = half * point[0], half * point[1]
        for i in range(size):
            t = half_tanh(u[i] * xu + v[i] * xv)
            out[i] = t
            total += t
        return total
    scratch[:] = 0
    for k in range(d):
        w = theta[row + k][low : low + size]
        xk = half * point[k]
        for i in range(size):
            scratch[i] += w[i] * xk
    for i in range(size):
        t = half_tanh(scratch[i])
        out[i] = t
        total += t
    return total


@njit(**_options)
def _matrix_forward(theta, low, size, x, kept, sums):
    points, d = x.shape
    half = x.dtype.type(0.5)
    scratch = kept[points, 0][:size]
    for p in range(points):
        for j in range(sums.shape[1]):
            total = _tanhs(theta, low, j * d, x[p], scratch, kept[p, j][:size])
            sums[p, j] += total + half * x.dtype.type(size)


@njit(**_options)
def _matrix_pull_back(theta, low, size, x, kept, cotangent, gradient):
    points, d = x.shape
    quarter = x.dtype.type(0.25)
    for p in range(0, points, 2):  # two points a pass: half the traffic to the gradient
        q = min(p + 1, points - 1)
        both = x.dtype.type(q - p)  # 0 for the last point of an odd batch
        for j in range(cotangent.shape[1]):
            s, t = kept[p, j][:size], kept[q, j][:size]
            for k in range(d):
                g = gradient[j * d + k][:size]
                a, b = cotangent[p, j] * x[p, k], both * cotangent[q, j] * x[q, k]
                for i in range(size):
                    g[i] += a * (quarter - s[i] * s[i]) + b * (quarter - t[i] * t[i])


@njit(**_options)
def _neuron_forward(theta, low, size, x, kept, sums):
    points, d = x.shape
    half = x.dtype.type(0.5)
    scratch = kept[points, 0][:size]
    for p in range(points):
        t = kept[p, 0][:size]
        _tanhs(theta, low, 0, x[p], scratch, t)
        for j in range(sums.shape[1]):
            v = theta[d + j][low : low + size]
            total = x.dtype.type(0)
            for i in range(size):
                total += v[i] * (half + t[i])
            sums[p, j] += total


@njit(**_options)
def _neuron_pull_back(theta, low, size, x, kept, cotangent, gradient):
    points, d = x.shape
    half, quarter = x.dtype.type(0.5), x.dtype.type(0.25)
    slope = kept[points, 0][:size]
    for p in range(points):
        t = kept[p, 0][:size]
        slope[:] = 0
        for j in range(cotangent.shape[1]):
            weight = cotangent[p, j]
            v, g = theta[d + j][low : low + size], gradient[d + j][:size]
            for i in range(size):
                g[i] += weight * (half + t[i])
                slope[i] += weight * v[i]
        for i in range(size):
            slope[i] *= quarter - t[i] * t[i]
        for k in range(d):
            g = gradient[k][:size]
            xk = x[p, k]
            for i in range(size):
                g[i] += xk * slope[i]


@njit(**_options)
def forward(unit, theta, low, size, x, kept, sums):
    """Add ``sum_i sigma(x_p, z_i)`` over the block to ``sums``; keep what the pull-back needs."""
    if unit == MATRIX:
        _matrix_forward(theta, low, size, x, kept, sums)
    else:
        _neuron_forward(theta, low, size, x, kept, sums)


@njit(**_options)
def pull_back(unit, theta, low, size, x, kept, cotangent, gradient):
    """Add ``sum_p cotangent_p . d sigma(x_p, z_i) / d z_i`` to ``gradient`` (D, W)."""
    if unit == MATRIX:
        _matrix_pull_back(theta, low, size, x, kept, cotangent, gradient)
    else:
        _neuron_pull_back(theta, low, size, x, kept, cotangent, gradient)
