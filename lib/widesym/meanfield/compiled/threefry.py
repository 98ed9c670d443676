"""JAX's random bits and normals inside compiled loops.

The generator is Threefry-2x32 with 20 rounds in JAX's partitionable layout: element ``i`` of an
array drawn from key ``k`` has the 32 bits ``hi xor lo`` of ``threefry(k, (0, i))``, and
``fold_in(k, m) = threefry(k, (0, m))``. So the bits equal ``jax.random.bits`` exactly, and the
normals ``sqrt(2) erfinv(u)`` equal ``jax.random.normal(..., float32)`` to 3e-5: beyond
``|z| = 3.7`` XLA's erfinv loses that much to the cancellation in ``1 - u^2``, which is formed
here as ``(1 - u)(1 + u)``.

Source of the coefficients: Giles, "Approximating the erfinv function" (2010); Cephes ``logf``.
"""

import math

import numpy as np
from numba import njit

_f = np.float32
_u = np.uint32
_i = np.int32
_LOW = np.nextafter(_f(-1), _f(0))  # the smallest u that jax.random.normal feeds to erfinv
_SQRT2 = _f(math.sqrt(2))
# No reassociation here: (bits - 1) * 2 + low would become bits * 2 - 3 and lose its last bits.
_exact = {"fastmath": {"contract", "nsz"}, "error_model": "numpy", "inline": "always"}


@njit(inline="always")
def _mix(x0, x1, rotation):
    # numba widens uint32 arithmetic to 64 bits; each cast keeps a word a word.
    x0 = _u(x0 + x1)
    x1 = _u(_u(x1 << _u(rotation)) | _u(x1 >> _u(32 - rotation)))
    return x0, _u(x1 ^ x0)


@njit(inline="always")
def _even_rounds(x0, x1):
    x0, x1 = _mix(x0, x1, 13)
    x0, x1 = _mix(x0, x1, 15)
    x0, x1 = _mix(x0, x1, 26)
    return _mix(x0, x1, 6)


@njit(inline="always")
def _odd_rounds(x0, x1):
    x0, x1 = _mix(x0, x1, 17)
    x0, x1 = _mix(x0, x1, 29)
    x0, x1 = _mix(x0, x1, 16)
    return _mix(x0, x1, 24)


@njit(error_model="numpy", forceinline=True)
def threefry(k0, k1, x0, x1):
    """Return the two output words of Threefry-2x32-20 for key ``(k0, k1)`` and counter ``(x0, x1)``."""
    k2 = _u(k0 ^ k1 ^ _u(0x1BD11BDA))
    a, b, c, d, e = _u(k2 + _u(1)), _u(k0 + _u(2)), _u(k1 + _u(3)), _u(k2 + _u(4)), _u(k0 + _u(5))
    x0, x1 = _even_rounds(_u(x0 + k0), _u(x1 + k1))
    x0, x1 = _odd_rounds(_u(x0 + k1), _u(x1 + a))
    x0, x1 = _even_rounds(_u(x0 + k2), _u(x1 + b))
    x0, x1 = _odd_rounds(_u(x0 + k0), _u(x1 + c))
    x0, x1 = _even_rounds(_u(x0 + k1), _u(x1 + d))
    return _u(x0 + k2), _u(x1 + e)


@njit(error_model="numpy", forceinline=True)
def bits(k0, k1, index):
    """Return element ``index`` of ``jax.random.bits(key, ...)``, a uint32."""
    hi, lo = threefry(k0, k1, _u(0), _u(index))
    return _u(hi ^ lo)


@njit(**_exact)
def _log(x):
    exponent = _i(_i(_f(x).view(_i) - _i(0x3F3504F3)) >> _i(23))
    t = _i(_f(x).view(_i) - _i(exponent << _i(23))).view(_f) - _f(1)
    p = _f(7.0376836292e-2)
    p = p * t + _f(-1.1514610310e-1)
    p = p * t + _f(1.1676998740e-1)
    p = p * t + _f(-1.2420140846e-1)
    p = p * t + _f(1.4249322787e-1)
    p = p * t + _f(-1.6668057665e-1)
    p = p * t + _f(2.0000714765e-1)
    p = p * t + _f(-2.4999993993e-1)
    p = p * t + _f(3.3333331174e-1)
    return _f(exponent) * _f(0.693147182) + (t + t * t * (p * t - _f(0.5)))


@njit(**_exact)
def _erfinv(x):
    w = -_log((_f(1) - x) * (_f(1) + x))
    v = w - _f(2.5)
    p = _f(2.81022636e-08)
    p = p * v + _f(3.43273939e-07)
    p = p * v + _f(-3.5233877e-06)
    p = p * v + _f(-4.39150654e-06)
    p = p * v + _f(0.00021858087)
    p = p * v + _f(-0.00125372503)
    p = p * v + _f(-0.00417768164)
    p = p * v + _f(0.246640727)
    p = p * v + _f(1.50140941)
    v = math.sqrt(w) - _f(3)
    q = _f(-0.000200214257)
    q = q * v + _f(0.000100950558)
    q = q * v + _f(0.00134934322)
    q = q * v + _f(-0.00367342844)
    q = q * v + _f(0.00573950773)
    q = q * v + _f(-0.0076224613)
    q = q * v + _f(0.00943887047)
    q = q * v + _f(1.00167406)
    q = q * v + _f(2.83297682)
    return (p if w < _f(5) else q) * x


@njit(fastmath={"contract", "nsz"}, error_model="numpy", forceinline=True)
def normals(k0, k1, scale, out):
    """Fill ``out`` (M,) with ``scale * jax.random.normal(key, (M,), float32)``."""
    for i in range(out.size):
        mantissa = _u(_u(bits(k0, k1, i) >> _u(9)) | _u(0x3F800000))
        u = max(_LOW, (mantissa.view(_f) - _f(1)) * _f(2) + _LOW)
        out[i] = scale * (_SQRT2 * _erfinv(u))
