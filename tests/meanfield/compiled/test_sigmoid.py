"""The compiled sigmoid against NumPy in float64, over all arguments that occur and far beyond."""

import numpy as np
import pytest
from numba import njit

from widesym.meanfield.compiled.sigmoid import half_tanh, half_tanh_pair

TOLERANCE = {np.float32: 2e-7, np.float64: 4e-16}


@njit
def half_tanhs(h):
    out = np.empty_like(h)
    for i in range(h.size):
        out[i] = half_tanh(h[i])
    return out


@njit
def half_tanhs_in_pairs(h):
    out = np.empty_like(h)
    for i in range(h.size):
        out[i], _ = half_tanh_pair(h[i], h[h.size - 1 - i])
    return out


@pytest.mark.parametrize("real", [np.float32, np.float64])
@pytest.mark.parametrize("half_tanhs", [half_tanhs, half_tanhs_in_pairs])
def test_half_tanh(real, half_tanhs):
    h = np.concatenate([np.linspace(-12, 12, 100_001), [-1e30, -300, 300, 1e30, 0.0, 1e-30, -1e-8]]).astype(
        real
    )
    error = np.abs(half_tanhs(h) - np.tanh(h.astype(np.float64)) / 2)
    assert error.max() <= TOLERANCE[real]
    np.testing.assert_array_equal(half_tanhs(-h), -half_tanhs(h))


def test_only_compiled_code_may_call_it():
    with pytest.raises(NotImplementedError, match=r"numpy\.tanh"):
        half_tanh(1.0)
    with pytest.raises(NotImplementedError, match=r"numpy\.tanh"):
        half_tanh_pair(1.0, 1.0)
