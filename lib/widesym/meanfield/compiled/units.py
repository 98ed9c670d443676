"""Forward and pull-back of one block of particles, for the compiled units.

Matrix unit: ``sigma(x, z)_j = sigmoid(z_j . x)``, ``z`` in ``R^{c x d}`` flattened by rows.
Neuron unit: ``sigma(x, (u, v)) = v sigmoid(u . x)``, ``z = (u, v)`` in ``R^{d + c}``.
Bump: ``sigma(x, z) = exp(-(x - z)^2 / 2)``, ``d = c = D = 1``.

Letters: P points, d inputs, c outputs, D = parameter dimension, W particles a block. ``theta`` and
``gradient`` are one block, (D, W), of ``size`` particles and, after them, zeros; ``x`` is (P, d),
``kept`` (P + 1, features, W) carries what the forward pass leaves for the pull-back (its last row is
scratch), ``sums`` (P, c) receives ``sum_i sigma(x_p, z_i)``, ``cotangent`` (P, c) is the derivative
of the loss by the prediction. Inner loops index arrays directly: a slice costs an atomic reference
count, more than the arithmetic on a hundred particles.
"""

from numba import njit

from .sigmoid import half_tanh, half_tanh_pair

MATRIX, NEURON, BUMP = 0, 1, 2
KINDS = {"matrix": MATRIX, "neuron": NEURON, "bump": BUMP}

# No 'nnan' / 'ninf': a diverging run must be seen as NaN. 'reassoc' lets sums over particles vectorise.
# 'inline': one function for LLVM. A called function is compiled by itself too, twice the time, and a process
# that compiles links that copy, one that loads the cache the caller's; they round differently.
fast = {"fastmath": {"reassoc", "contract", "nsz", "arcp"}, "error_model": "numpy"}
inlined = {**fast, "inline": "always"}


@njit(**inlined)
def _tanhs(theta, row, x, p, kept, j):
    """Fill ``kept[p, j]`` with ``t_i = tanh(w_i . x_p / 2) / 2``, ``w_i`` in d rows; return the sum."""
    (last, d), width = x.shape, theta.shape[1]
    half, total = x.dtype.type(0.5), x.dtype.type(0)
    for i in range(width):
        kept[last, 0, i] = half * x[p, 0] * theta[row, i]
    for k in range(1, d):
        weight = half * x[p, k]
        for i in range(width):
            kept[last, 0, i] += weight * theta[row + k, i]
    for i in range(width):
        t = half_tanh(kept[last, 0, i])
        kept[p, j, i] = t
        total += t
    return total


@njit(**inlined)
def _matrix_forward(theta, size, x, kept, sums):
    points, d = x.shape
    half = x.dtype.type(0.5)
    for p in range(points):
        for j in range(sums.shape[1]):
            total = _tanhs(theta, j * d, x, p, kept, j)
            sums[p, j] += total + half * x.dtype.type(size)


@njit(**inlined)
def _matrix_pull_back(x, kept, cotangent, gradient):
    (points, d), width = x.shape, gradient.shape[1]
    quarter = x.dtype.type(0.25)
    for p in range(points):
        for j in range(cotangent.shape[1]):
            for k in range(d):
                weight = cotangent[p, j] * x[p, k]
                for i in range(width):
                    t = kept[p, j, i]
                    gradient[j * d + k, i] += weight * (quarter - t * t)


@njit(**inlined)
def _square_forward(theta, size, x, kept, sums):
    """The matrix unit with c = d = 2, the papers' case: one pass, half the time of the general one."""
    width, half = theta.shape[1], x.dtype.type(0.5)
    for p in range(x.shape[0]):
        x0, x1 = half * x[p, 0], half * x[p, 1]
        first, second = x.dtype.type(0), x.dtype.type(0)
        for i in range(width):
            s, t = half_tanh_pair(theta[0, i] * x0 + theta[1, i] * x1, theta[2, i] * x0 + theta[3, i] * x1)
            kept[p, 0, i] = s
            kept[p, 1, i] = t
            first += s
            second += t
        sums[p, 0] += first + half * x.dtype.type(size)
        sums[p, 1] += second + half * x.dtype.type(size)


@njit(**inlined)
def _square_pull_back(x, kept, cotangent, gradient):
    points, width = x.shape[0], gradient.shape[1]
    quarter = x.dtype.type(0.25)
    for p in range(0, points, 2):  # two points a pass: half the traffic to the gradient
        q = min(p + 1, points - 1)
        both = x.dtype.type(q - p)  # 0 for the last point of an odd batch
        a0, a1 = cotangent[p, 0] * x[p, 0], cotangent[p, 0] * x[p, 1]
        a2, a3 = cotangent[p, 1] * x[p, 0], cotangent[p, 1] * x[p, 1]
        b0, b1 = both * cotangent[q, 0] * x[q, 0], both * cotangent[q, 0] * x[q, 1]
        b2, b3 = both * cotangent[q, 1] * x[q, 0], both * cotangent[q, 1] * x[q, 1]
        for i in range(width):
            s, t = kept[p, 0, i], kept[q, 0, i]
            u, v = kept[p, 1, i], kept[q, 1, i]
            s, t, u, v = quarter - s * s, quarter - t * t, quarter - u * u, quarter - v * v
            gradient[0, i] += a0 * s + b0 * t
            gradient[1, i] += a1 * s + b1 * t
            gradient[2, i] += a2 * u + b2 * v
            gradient[3, i] += a3 * u + b3 * v


@njit(**inlined)
def _neuron_forward(theta, x, kept, sums):
    (points, d), width = x.shape, theta.shape[1]
    half = x.dtype.type(0.5)
    for p in range(points):
        _tanhs(theta, 0, x, p, kept, 0)
        for j in range(sums.shape[1]):
            total = x.dtype.type(0)
            for i in range(width):
                total += theta[d + j, i] * (half + kept[p, 0, i])
            sums[p, j] += total


@njit(**inlined)
def _neuron_pull_back(theta, x, kept, cotangent, gradient):
    (points, d), width = x.shape, theta.shape[1]
    half, quarter = x.dtype.type(0.5), x.dtype.type(0.25)
    for p in range(points):
        for i in range(width):
            kept[points, 0, i] = 0
        for j in range(cotangent.shape[1]):
            weight = cotangent[p, j]
            for i in range(width):
                gradient[d + j, i] += weight * (half + kept[p, 0, i])
                kept[points, 0, i] += weight * theta[d + j, i]
        for i in range(width):
            t = kept[p, 0, i]
            kept[points, 0, i] *= quarter - t * t
        for k in range(d):
            for i in range(width):
                gradient[k, i] += x[p, k] * kept[points, 0, i]


@njit(**inlined)
def _bump(distance, half, quarter):
    """Return ``exp(-distance^2 / 2)``, to the absolute error of a sigmoid."""
    t = half_tanh(-quarter * distance * distance)
    return (half + t) / (half - t)


@njit(**inlined)
def _bump_forward(theta, size, x, kept, sums):
    half, quarter = x.dtype.type(0.5), x.dtype.type(0.25)
    for p in range(x.shape[0]):
        total = x.dtype.type(0)
        for i in range(size):
            value = _bump(x[p, 0] - theta[0, i], half, quarter)
            kept[p, 0, i] = value
            total += value
        sums[p, 0] += total


@njit(**inlined)
def _bump_pull_back(theta, x, kept, cotangent, gradient):
    for p in range(x.shape[0]):
        for i in range(theta.shape[1]):
            gradient[0, i] += cotangent[p, 0] * kept[p, 0, i] * (x[p, 0] - theta[0, i])


@njit(**inlined)
def forward(unit, theta, size, x, kept, sums):
    """Add ``sum_i sigma(x_p, z_i)`` over the block to ``sums``; keep what the pull-back needs."""
    if unit == NEURON:
        _neuron_forward(theta, x, kept, sums)
    elif unit == BUMP:
        _bump_forward(theta, size, x, kept, sums)
    elif x.shape[1] == 2 and sums.shape[1] == 2:
        _square_forward(theta, size, x, kept, sums)
    else:
        _matrix_forward(theta, size, x, kept, sums)


@njit(**inlined)
def pull_back(unit, theta, x, kept, cotangent, gradient):
    """Add ``sum_p cotangent_p . d sigma(x_p, z_i) / d z_i`` to ``gradient`` (D, W)."""
    if unit == NEURON:
        _neuron_pull_back(theta, x, kept, cotangent, gradient)
    elif unit == BUMP:
        _bump_pull_back(theta, x, kept, cotangent, gradient)
    elif x.shape[1] == 2 and cotangent.shape[1] == 2:
        _square_pull_back(x, kept, cotangent, gradient)
    else:
        _matrix_pull_back(x, kept, cotangent, gradient)


@njit(**inlined)
def label(unit, theta, inputs, row, targets):
    """Fill ``targets`` (c, B) with outputs of a few particles (D, n) at ``inputs`` (d, B); loops over B."""
    (d, batch), c, count = inputs.shape, targets.shape[0], theta.shape[1]
    half = inputs.dtype.type(0.5)
    for j in range(c):
        for b in range(batch):
            targets[j, b] = 0
    for i in range(count):
        if unit == BUMP:
            for b in range(batch):
                targets[0, b] += _bump(inputs[0, b] - theta[0, i], half, half * half) / count
            continue
        for f in range(c if unit == MATRIX else 1):
            for b in range(batch):
                row[b] = 0
            for k in range(d):
                weight = half * theta[f * d + k, i]
                for b in range(batch):
                    row[b] += weight * inputs[k, b]
            for b in range(batch):
                row[b] = half + half_tanh(row[b])
            for j in range(f, f + 1 if unit == MATRIX else c):
                weight = 1 / inputs.dtype.type(count) if unit == MATRIX else theta[d + j, i] / count
                for b in range(batch):
                    targets[j, b] += weight * row[b]
