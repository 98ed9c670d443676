"""Kernels of pairs: against Neural Tangents and slow NumPy, at their ends, and bit by bit."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widesym.architectures import Architecture
from widesym.kernels import pairs
from widesym.kernels.images import prepare
from widesym.kernels.pairs import kernels_of, pair_kernels
from widesym.kernels.readout import Kernels
from widesym.oracles.kernels import slow_kernels, stax_kernels

# of sqrt(K(x, x) K(x', x')); measured 1e-15 and 2e-7; erf's pooled kernels are small differences: 7e-6
TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
EXACT = 1e-12

KINDS = [("FCN", 0), ("LCN", 0), ("VEC", 0), ("LAP", 2), ("LAP", 4), ("GAP", 0)]
BACKENDS = [("compiled", "float64"), ("compiled", "float32"), ("jax", "float64")]

descriptions = st.builds(
    lambda kind, depth, activation, w, b: Architecture(
        kind[0], depth, window=kind[1], activation=activation, weight_variance=w, bias_variance=b
    ),
    st.sampled_from(KINDS),
    st.integers(1, 4),
    st.sampled_from(["relu", "erf"]),
    st.sampled_from([2.0, 0.7, 3.1]),
    st.sampled_from([0.01, 0.0, 1.3]),
)
sizes = st.sampled_from([(4, 4, 3), (4, 8, 1), (8, 4, 2)])


def assert_close(found, expected, architecture, x1, x2, tolerance):
    one, other = (pair_kernels(architecture, x, precision="float64") for x in (x1, x2))
    for name in Kernels._fields:
        scale = np.sqrt(np.outer(np.diag(getattr(one, name)), np.diag(getattr(other, name))))
        error = np.abs(getattr(found, name) - getattr(expected, name)) / scale
        assert error.max() <= tolerance, f"{name} of {architecture}: {error.max()}"


@settings(max_examples=8)
@given(architecture=descriptions, size=sizes, seed=st.integers(0, 99))
def test_kernels_are_those_of_neural_tangents(architecture, size, seed):
    x1, x2 = (np.random.default_rng([seed, n]).standard_normal((n, *size)) for n in (3, 2))
    expected = Kernels(*stax_kernels(architecture)(jnp.asarray(x1), jnp.asarray(x2)))
    assert expected.ntk.dtype == np.float64
    for backend, precision in BACKENDS:
        found = pair_kernels(architecture, x1, x2, backend=backend, precision=precision)
        assert found.ntk.dtype == found.nngp.dtype == precision
        assert_close(found, expected, architecture, x1, x2, TOLERANCE[precision])


@settings(max_examples=25)
@given(architecture=descriptions, size=sizes, seed=st.integers(0, 99))
def test_kernels_are_those_of_the_slow_recursion(architecture, size, seed):
    x1, x2 = (np.random.default_rng([seed, n]).standard_normal((n, *size)) for n in (2, 3))
    slow = np.array([[slow_kernels(architecture, a, b) for b in x2] for a in x1])
    found = pair_kernels(architecture, x1, x2, backend="compiled", precision="float64")
    assert_close(found, Kernels(slow[..., 0], slow[..., 1]), architecture, x1, x2, EXACT)


@pytest.mark.parametrize(
    ("size", "kernel_size"), [((5, 3, 2), 3), ((1, 7, 1), 1), ((2, 2, 1), 3), ((1, 1, 9), 3)]
)
@pytest.mark.parametrize("kind", ["VEC", "GAP"])
def test_every_size_of_image(kind, size, kernel_size, draw):
    """Rows of any length, images as small as the window's reach, many channels."""
    architecture = Architecture(kind, 3, kernel_size=kernel_size)
    x1, x2 = draw(0, 2, *size), draw(1, 3, *size)
    slow = np.array([[slow_kernels(architecture, a, b) for b in x2] for a in x1])
    for precision in TOLERANCE:
        found = pair_kernels(architecture, x1, x2, backend="compiled", precision=precision)
        expected = Kernels(slow[..., 0], slow[..., 1])
        assert_close(found, expected, architecture, x1, x2, TOLERANCE[precision])


@pytest.mark.parametrize("channels", [8, 9, 63, 64, 67, 200])
def test_any_number_of_channels(channels, draw):
    architecture, x1, x2 = Architecture("FCN", 2), draw(0, 3, 1, 1, channels), draw(1, 2, 1, 1, channels)
    found = pair_kernels(architecture, x1, x2, backend="compiled", precision="float64")
    expected = pair_kernels(architecture, x1, x2, backend="jax", precision="float64")
    assert_close(found, expected, architecture, x1, x2, EXACT)


def test_pooling_is_feature_averaging(draw):
    """GAP is VEC averaged over all translations of one argument (B-X1); LCN is VEC (B-S4)."""
    x1, x2 = draw(0, 2, 3, 4, 2), draw(1, 3, 3, 4, 2)
    shifted = np.array([np.roll(x2, (i, j), (1, 2)) for i in range(3) for j in range(4)])
    moved = [pair_kernels(Architecture("VEC", 3), x1, image, precision="float64") for image in shifted]
    pooled = pair_kernels(Architecture("GAP", 3), x1, x2, precision="float64")
    local = pair_kernels(Architecture("LCN", 3), x1, x2, precision="float64")
    for name in Kernels._fields:
        average = np.mean([getattr(k, name) for k in moved], axis=0)
        np.testing.assert_allclose(getattr(pooled, name), average, rtol=EXACT)
        np.testing.assert_array_equal(getattr(local, name), getattr(moved[0], name))


@pytest.mark.parametrize(("kind", "window"), KINDS)
@pytest.mark.parametrize("backend", ["jax", "compiled"])
def test_one_set_is_the_upper_triangle_of_two(kind, window, backend, draw):
    architecture, x = Architecture(kind, 2, window=window), draw(0, 19, 4, 4, 2)
    triangle = pair_kernels(architecture, x, backend=backend)
    square = pair_kernels(architecture, x, x, backend=backend)
    for half, whole in zip(triangle, square, strict=True):
        np.testing.assert_array_equal(half, half.T)
        np.testing.assert_array_equal(np.triu(half), np.triu(whole))
        np.testing.assert_allclose(half, whole, rtol=1e-6)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_numbers_depend_on_their_two_images_alone(precision, draw):
    """Not on the threads, nor on the block that they are computed in: bit by bit."""
    architecture = Architecture("GAP", 3)
    one, other = (
        prepare(architecture, draw(0, 5, 6, 4, 3), precision),
        prepare(architecture, draw(1, 37, 6, 4, 3), precision),
    )
    whole = kernels_of(one, other, backend="compiled", threads=1)
    for threads in (2, 3, 16):
        for first, second in zip(
            whole, kernels_of(one, other, backend="compiled", threads=threads), strict=True
        ):
            np.testing.assert_array_equal(first, second)
    for rows, columns in (
        (slice(2, 3), slice(0, 37)),
        (slice(0, 5), slice(17, 18)),
        (slice(1, 4), slice(5, 22)),
    ):
        block = kernels_of(one[rows], other[columns], backend="compiled", threads=5)
        for first, second in zip(whole, block, strict=True):
            np.testing.assert_array_equal(first[rows, columns], second)


def test_what_does_not_fit_together_is_refused(draw):
    architecture, x = Architecture("VEC", 2), draw(0, 2, 4, 4, 3)
    images = prepare(architecture, x)
    for other, reason in (
        (prepare(Architecture("VEC", 3), x), "one architecture, got"),
        (prepare(architecture, x[:, :2]), r"one image shape \(H, W, C\), got \(4, 4, 3\) and \(2, 4, 3\)"),
        (prepare(architecture, x, "float64"), "one precision, got float32 and float64"),
    ):
        with pytest.raises(ValueError, match=reason):
            kernels_of(images, other)
    with pytest.raises(ValueError, match="unknown backend 'gpu'; valid: auto, jax, compiled"):
        kernels_of(images, backend="gpu")
    with pytest.raises(ValueError, match="threads=0 must be at least 1"):
        kernels_of(images, threads=0)


def test_auto_takes_the_compiled_path_on_a_cpu(draw, monkeypatch):
    images = prepare(Architecture("VEC", 1), draw(0, 1, 2, 2, 1))
    assert pairs._chosen("auto", images) == "compiled"
    monkeypatch.setattr(pairs.jax, "default_backend", lambda: "gpu")
    assert pairs._chosen("auto", images) == "jax"
