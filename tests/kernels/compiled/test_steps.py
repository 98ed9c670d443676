"""The polynomials behind the angle, in both precisions, against what they approximate."""

import numpy as np
import pytest

from widesym.kernels.compiled.steps import constants

# relative, of polynomials of these degrees and of rounding
CLOSE = {"float32": 4e-7, "float64": 1e-15}


def horner(coefficients, x):
    value = coefficients[0]
    for term in coefficients[1:]:
        value = value * x + term
    return value


@pytest.mark.parametrize("precision", CLOSE)
def test_polynomials_are_the_angle_and_its_integral(precision):
    real = np.dtype(precision)
    e = np.linspace(0, 1, 5001)[1:].astype(real)
    half = np.arcsin(np.sqrt(e.astype(float) / 2))  # of the angle, accurate where it is small
    angle, shortfall = (horner(part, e) for part in constants("relu", real, 0.0, 0.0))
    assert angle.dtype == shortfall.dtype == real
    np.testing.assert_allclose(angle * np.pi * np.sqrt(e), 2 * half, rtol=CLOSE[precision])
    large = e > 0.3  # below, sin t - t cos t loses digits: its series has none to lose
    expected = np.sin(2 * half) - 2 * half * np.cos(2 * half)
    found = shortfall * np.pi * e**1.5
    np.testing.assert_allclose(found[large], expected[large], rtol=10 * CLOSE[precision])
    t = 2 * half[~large]
    series = sum((-1) ** n * t ** (2 * n + 1) * 2 * n / _factorial(2 * n + 1) * -1 for n in range(1, 12))
    np.testing.assert_allclose(found[~large], series, rtol=10 * CLOSE[precision])


def _factorial(n):
    return float(np.prod(np.arange(1, n + 1, dtype=float)))


@pytest.mark.parametrize("precision", CLOSE)
def test_polynomial_is_the_arcsine(precision):
    real = np.dtype(precision)
    t = np.linspace(0, 0.5, 5001)[1:].astype(real)
    (factor, bias), arcsine = constants("erf", real, 0.25, 0.5)
    assert (factor, bias) == (0.25, 0.5)
    np.testing.assert_allclose(t * horner(arcsine, t * t), np.arcsin(t.astype(float)), rtol=CLOSE[precision])
