"""The compiled generator against JAX's own: bits exactly, normals to a named tolerance."""

import jax
import numpy as np
import pytest
from scipy.special import erfinv

from widesym.meanfield.compiled import threefry

# XLA's float32 erfinv loses up to 2e-5 beyond |z| = 3.7 (cancellation in 1 - u^2); ours does not
AGAINST_XLA = 3e-5
AGAINST_FLOAT64 = 2e-6


def words(key):
    return np.asarray(jax.random.key_data(key), np.uint32)


def bits(key, count):
    k = words(key)
    return np.array([threefry.bits(k[0], k[1], i) for i in range(count)], np.uint32)


def normals(key, count):
    out = np.empty(count, np.float32)
    threefry.normals(*words(key), np.float32(1), out)
    return out


@pytest.mark.parametrize("seed", [0, 1, 2**31])
def test_bits_are_jaxs(seed):
    key = jax.random.key(seed)
    np.testing.assert_array_equal(bits(key, 99), jax.random.bits(key, (99,), np.uint32))


@pytest.mark.parametrize("number", [0, 7, 2**20 + 3])
def test_fold_in_is_one_evaluation(key, number):
    k = words(key)
    folded = threefry.threefry(k[0], k[1], np.uint32(0), np.uint32(number))
    np.testing.assert_array_equal(np.array(folded, np.uint32), words(jax.random.fold_in(key, number)))


def test_normals_are_jaxs(key):
    np.testing.assert_allclose(
        normals(key, 200_000), jax.random.normal(key, (200_000,), np.float32), atol=AGAINST_XLA
    )


def test_normals_are_the_inverse_of_the_normal_law(key):
    mantissa = ((bits(key, 20_000) >> 9) | 0x3F800000).view(np.float32) - np.float32(1)
    u = np.maximum(threefry._LOW, mantissa * np.float32(2) + threefry._LOW).astype(np.float64)
    np.testing.assert_allclose(normals(key, 20_000), np.sqrt(2) * erfinv(u), atol=AGAINST_FLOAT64)
