"""Operations on registers are NumPy's, number by number, each rounded once."""

from fractions import Fraction

import numpy as np
import pytest
from numba import njit

from widesym.kernels.compiled.vectors import (
    LANES,
    accumulate,
    constant,
    fma,
    fms,
    fnma,
    lanes,
    load,
    maximum,
    minimum,
    polynomial,
    repeat,
    splat,
    splats,
    sqrt,
    store,
    where_negative,
)

EXPECTED = {
    "add": lambda a, b, c: a + b,
    "sub": lambda a, b, c: a - b,
    "mul": lambda a, b, c: a * b,
    "truediv": lambda a, b, c: a / b,
    "minimum": lambda a, b, c: np.minimum(a, b),
    "maximum": lambda a, b, c: np.maximum(a, b),
    "sqrt": lambda a, b, c: np.sqrt(a * a),
    "where_negative": lambda a, b, c: np.where(a < 0, b, c),
    "splat": lambda a, b, c: np.full_like(a, c[0]),
    "repeat": lambda a, b, c: np.full_like(a, b[2]),
    "constant": lambda a, b, c: np.full_like(a, 0.1),
    "fma": lambda a, b, c: once(a, b, c),
    "fnma": lambda a, b, c: once(-a, b, c),
    "fms": lambda a, b, c: once(a, b, -c),
    "polynomial": lambda a, b, c: once(
        once(np.full_like(a, 0.3), a, np.full_like(a, 0.2)), a, np.full_like(a, 0.1)
    ),
}


def once(a, b, c):
    """``a b + c``, exactly, then rounded."""
    exact = [
        Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z)) for x, y, z in zip(a, b, c, strict=True)
    ]
    return np.array([float(x) for x in exact]).astype(a.dtype)


@njit
def operate(a, b, c, coefficients, out, total):
    size = lanes(a)
    x, y, z = load(a, 1), load(b, 1), load(c, 1)
    results = (
        x + y, x - y, x * y, x / y, minimum(x, y), maximum(x, y), sqrt(x * x), where_negative(x, y, z),
        splat(c[1]), repeat(b, 3), constant(0.1, x), fma(x, y, z), fnma(x, y, z), fms(x, y, z),
        polynomial(splats(coefficients), x),
    )  # fmt: skip
    for i in range(len(results)):
        store(out, i * size, results[i])
    accumulate(total, 2, x)
    accumulate(total, 2, y)
    return size


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_operations_are_numpys(real):
    size = LANES[np.dtype(real)]
    a, b, c = np.random.default_rng(0).standard_normal((3, size + 2)).astype(real)
    out = np.zeros(len(EXPECTED) * size, real)
    total = np.ones(size + 3)
    coefficients = tuple(real(number) for number in (0.3, 0.2, 0.1))
    assert operate(a, b, c, coefficients, out, total) == size
    a, b, c = a[1:-1], b[1:-1], c[1:-1]
    for found, (name, expected) in zip(out.reshape(-1, size), EXPECTED.items(), strict=True):
        np.testing.assert_array_equal(found, expected(a, b, c), err_msg=name)
    np.testing.assert_array_equal(total[2:-1], 1 + a.astype(float) + b.astype(float))
    assert total[0] == total[1] == total[-1] == 1
