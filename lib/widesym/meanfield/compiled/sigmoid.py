"""``t = tanh(h) / 2 = sigmoid(2h) - 1/2`` in float32 or float64, in a form that vectorises.

float32: the rational function of degree (13, 6) that Eigen and XLA use for tanh, on |h| <= 7.9
where tanh has reached 1 in single precision. float64: ``(e - 1) / (e + 1)`` with
``e = exp(2h) = 2^k 2^f``, ``k`` the nearest integer, and ``2^f = (a + fb) / (a - fb)`` with quadratics
``a``, ``b`` of ``f^2`` from the rational function of degree (5, 4) that meets ``tanh(f log(2)/2)`` at
Chebyshev's nodes (4.9e-18 relative): no division but the last, and odd to the last bit.
Errors against NumPy in float64, held by a test: 2e-7 for float32, 4e-16 for float64.
"""

import numpy as np
from numba import njit, types
from numba.extending import overload

_f = np.float32
_options = {"fastmath": {"contract", "nsz", "arcp"}, "error_model": "numpy", "inline": "always"}


@njit(**_options)
def _fraction32(h):
    h = min(max(h, _f(-7.9)), _f(7.9))
    q = h * h
    p = _f(-1.380384238711775e-16)  # half of the coefficients of tanh's numerator
    p = p * q + _f(1.000093952412385e-13)
    p = p * q + _f(-4.302335761068675e-11)
    p = p * q + _f(2.56114854518557e-08)
    p = p * q + _f(7.42861178589895e-06)
    p = p * q + _f(0.000318630964437718)
    p = p * q + _f(0.00244676227945893)
    d = _f(1.19825839466702e-06)
    d = d * q + _f(1.18534705686654e-04)
    d = d * q + _f(2.26843463243900e-03)
    d = d * q + _f(4.89352518554385e-03)
    return h * p, d


@njit(**_options)
def _fraction64(h):
    y = min(max(h * 2.8853900817779268, -64.0), 64.0)  # 2h in units of log(2): there tanh has reached 1
    k = np.rint(y)
    f = y - k
    q = f * f
    a = (q + 233.1777584210587) * q + 4368.078927763716
    b = ((0.023094398403731328 * q + 20.201671043645266) * q + 1513.8607966213642) * f
    less = a - b
    # 2^k (a + b): k, which is in the last bits of 3 2^51 + k, is added to the exponent
    k_bits = np.float64(k + 6755399441055744.0).view(np.int64) << 52
    more = np.int64(np.float64(a + b).view(np.int64) + k_bits).view(np.float64)
    return 0.5 * (more - less), more + less


def half_tanh(h):
    """Return ``tanh(h) / 2``; only callable from compiled code."""
    raise NotImplementedError("compiled code only; use numpy.tanh(h) / 2 in Python")


@overload(half_tanh, inline="always")
def _half_tanh(h):
    if h == types.float32:

        def half_tanh32(h):
            p, d = _fraction32(h)
            return p / d

        return half_tanh32

    def half_tanh64(h):
        p, d = _fraction64(h)
        return p / d

    return half_tanh64


def half_tanh_pair(g, h):
    """Return ``tanh(g) / 2`` and ``tanh(h) / 2`` with one division; only callable from compiled code."""
    raise NotImplementedError("compiled code only; use numpy.tanh(h) / 2 in Python")


@overload(half_tanh_pair, inline="always")
def _half_tanh_pair(g, h):
    if h == types.float32:

        def pair32(g, h):
            a, b = _fraction32(g)
            p, d = _fraction32(h)
            r = _f(1) / (b * d)  # both at least 5e-3: no underflow
            return a * d * r, p * b * r

        return pair32

    def pair64(g, h):
        a, b = _fraction64(g)
        p, d = _fraction64(h)
        r = 1.0 / (b * d)
        return a * d * r, p * b * r

    return pair64
