"""The bridge: kernels by hand and by Monte Carlo, loading twice, nothing left behind, a missing package."""

import subprocess
import sys

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.oracles import neural_tangents

EXACT = 1e-12  # float64 algebra of order one


@pytest.fixture(scope="module")
def stax():
    return neural_tangents.load().stax


def relu_kernels(x, w, b):
    """NNGP and NTK of Dense-ReLU-Dense: the arc-cosine kernels of Cho and Saul, by hand."""
    base = w * x @ x.T / x.shape[1] + b
    norm = np.sqrt(np.diag(base))
    angle = np.arccos(np.clip(base / np.outer(norm, norm), -1, 1))
    relu = np.outer(norm, norm) * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)
    slope = (np.pi - angle) / (2 * np.pi)
    return w * relu + b, w * relu + b + w * slope * base


def test_dense_kernels_are_the_arc_cosine_kernels(stax):
    x = np.random.default_rng(0).normal(size=(5, 7))
    dense = {"W_std": 2**0.5, "b_std": 0.1}
    kernel = stax.serial(stax.Dense(1, **dense), stax.Relu(), stax.Dense(1, **dense))[2]
    found = jax.jit(lambda x: kernel(x, None, ("nngp", "ntk")))(jnp.asarray(x))
    assert found.ntk.dtype == np.float64
    nngp, ntk = relu_kernels(x, 2.0, 0.01)
    np.testing.assert_allclose(found.nngp, nngp, atol=1e-7)  # arccos at 1, on the diagonal
    np.testing.assert_allclose(found.ntk, ntk, atol=1e-7)


def test_convolution_pooling_and_tiles(stax):
    """Global average pooling forgets a circular shift of one argument, flattening does not; tiles agree."""
    x = jnp.asarray(np.random.default_rng(1).normal(size=(4, 4, 4, 3)))
    layers = [stax.Conv(1, (3, 3), padding="CIRCULAR", W_std=2**0.5, b_std=0.1), stax.Relu()] * 2
    shifted = jnp.roll(x, 1, axis=2)
    change = {}
    for name, readout in (("pooled", stax.GlobalAvgPool()), ("flat", stax.Flatten())):
        kernel = stax.serial(*layers, readout, stax.Dense(1))[2]
        whole = kernel(x, x, "ntk")
        change[name] = float(jnp.abs(kernel(x, shifted, "ntk") - whole).max())
        tiled = neural_tangents.load().batching.batch(kernel, batch_size=2, device_count=0)(x, x, "ntk")
        np.testing.assert_allclose(tiled, whole, atol=EXACT)
    assert change["pooled"] <= EXACT
    assert change["flat"] > 1e-2


def test_regression_is_the_linear_solve(stax):
    x = jnp.asarray(np.random.default_rng(2).normal(size=(6, 5)))
    y, test = x[:, :1] ** 2, x[::-1] + 0.1
    kernel = stax.serial(stax.Dense(1), stax.Relu(), stax.Dense(1))[2]
    predict = neural_tangents.load().predict.gradient_descent_mse_ensemble(kernel, x, y)
    found = predict(x_test=test, get="ntk", compute_cov=False)
    expected = kernel(test, x, "ntk") @ jnp.linalg.solve(kernel(x, x, "ntk"), y)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_kernel_is_the_limit_of_wide_networks(stax):
    init, apply, kernel = stax.serial(stax.Dense(4000, W_std=1.5), stax.Relu(), stax.Dense(1))
    x = jnp.asarray(np.random.default_rng(3).normal(size=(3, 5)))
    outputs = [apply(init(key, x.shape)[1], x)[:, 0] for key in jax.random.split(jax.random.key(0), 400)]
    found = np.cov(np.array(outputs).T, bias=True)
    # Four standard errors of a product of two Gaussians of order one, 400 draws.
    np.testing.assert_allclose(found, kernel(x, x, "nngp"), atol=4 * 2**0.5 / 20)


def test_loading_again_gives_the_same_modules():
    assert neural_tangents.load() is neural_tangents.load()


def test_jax_is_left_as_it_was():
    """In a fresh process: the lent names are gone, those JAX had are kept, and JAX still works."""
    code = """
import jax, jax.core, jax.random
before = set(vars(jax.core)), set(vars(jax.random))
from widesym.oracles import neural_tangents
assert "tensorflow" not in __import__("sys").modules
neural_tangents.load()
assert before == (set(vars(jax.core)), set(vars(jax.random)))
assert "tensorflow" not in __import__("sys").modules
assert str(jax.jit(lambda x: x + 1)(1)) == "2"
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_lent_names_go_when_the_import_fails():
    class Stop(Exception):
        pass

    name = "a_name_that_jax_does_not_have"
    with pytest.raises(Stop), neural_tangents._lent(jax.core, name, int):
        assert getattr(jax.core, name) is int
        raise Stop
    assert name not in vars(jax.core)


def test_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(ImportError, match="pip install"):
        neural_tangents.load.__wrapped__()
