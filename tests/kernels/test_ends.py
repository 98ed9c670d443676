"""Where kernels are hard to compute: images that coincide, deep networks, black images, overflow."""

import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.kernels.pairs import pair_kernels

KINDS = [("LCN", 0), ("LAP", 2), ("GAP", 0)]  # the others share their code
BACKENDS = [(backend, precision) for backend in ("jax", "compiled") for precision in ("float64", "float32")]
# of the kernel; measured 5e-7 after 8 layers
CLOSE = {"float32": 2e-6, "float64": 1e-13}


def closed_diagonal(depth, w, b, x):
    """NNGP and NTK of an FCN at one input: q' = w q / 2 + b, theta' = q' + w theta / 2."""
    q = w * np.mean(x**2) + b
    theta = q
    for _ in range(depth):
        q = w * q / 2 + b
        theta = q + w * theta / 2
    return q, theta


@pytest.mark.parametrize(("backend", "precision"), BACKENDS)
def test_an_image_with_itself(backend, precision, draw):
    """The angle is 0, where arccos of a rounded cosine would be off by 1e-4 in single precision."""
    rtol = CLOSE[precision]
    x = draw(0, 3, 4, 4, 3)
    for depth in (1, 8):
        expected = np.array([closed_diagonal(depth, 2.0, 0.01, image) for image in x])
        architecture = Architecture("FCN", depth)
        for found in (
            pair_kernels(architecture, x, backend=backend, precision=precision),
            pair_kernels(architecture, x, x.copy(), backend=backend, precision=precision),
        ):
            np.testing.assert_allclose(np.diag(found.nngp), expected[:, 0], rtol=rtol)
            np.testing.assert_allclose(np.diag(found.ntk), expected[:, 1], rtol=rtol)
        # every pair of patches of a flat image coincides: VEC, LAP and GAP are the FCN of one pixel
        flat = np.broadcast_to(x[:, :1, :1], x.shape)
        expected = np.array([closed_diagonal(depth, 2.0, 0.01, image[0, 0]) for image in x])
        for kind, window in KINDS:
            architecture = Architecture(kind, depth, window=window)
            found = pair_kernels(architecture, flat, flat, backend=backend, precision=precision)
            np.testing.assert_allclose(np.diag(found.nngp), expected[:, 0], rtol=rtol)
            np.testing.assert_allclose(np.diag(found.ntk), expected[:, 1], rtol=rtol)


@pytest.mark.parametrize("backend", ["jax", "compiled"])
def test_nearly_equal_images_in_single_precision(backend, draw):
    x = draw(0, 4, 8, 8, 3)
    for apart in (1e-2, 1e-4, 1e-6):
        near = (x + apart * draw(1, *x.shape)).astype(np.float32)
        for kind, window in KINDS:
            architecture = Architecture(kind, 8, window=window)
            first = x.astype(np.float32)
            expected = pair_kernels(architecture, first, near, precision="float64", backend="jax")
            found = pair_kernels(architecture, first, near, backend=backend)
            np.testing.assert_allclose(np.diag(found.ntk), np.diag(expected.ntk), rtol=2e-6)
            np.testing.assert_allclose(np.diag(found.nngp), np.diag(expected.nngp), rtol=2e-6)


@pytest.mark.parametrize("activation", ["relu", "erf"])
@pytest.mark.parametrize("w", [2.0, 0.02])
def test_deep_networks_keep_their_precision(activation, w, draw):
    """The compiled state of relu is rescaled on the way: with these variances every 12 and every 4 layers."""
    architecture = Architecture("LAP", 40, window=2, activation=activation, weight_variance=w)
    x1, x2 = draw(0, 2, 4, 4, 1), draw(1, 3, 4, 4, 1)
    expected = pair_kernels(architecture, x1, x2, precision="float64", backend="jax")
    for precision, rtol in CLOSE.items():
        found = pair_kernels(architecture, x1, x2, precision=precision, backend="compiled")
        for first, second in zip(found, expected, strict=True):
            np.testing.assert_allclose(first, second, rtol=10 * rtol)


def test_growing_kernels_keep_their_precision(draw):
    architecture = Architecture("VEC", 40, weight_variance=9.0)
    x1, x2 = draw(0, 2, 4, 4, 1), draw(1, 3, 4, 4, 1)
    expected = pair_kernels(architecture, x1, x2, precision="float64", backend="jax")
    assert expected.nngp.min() > 1e25
    for precision, rtol in CLOSE.items():
        found = pair_kernels(architecture, x1, x2, precision=precision, backend="compiled")
        np.testing.assert_allclose(found.ntk, expected.ntk, rtol=10 * rtol)


@pytest.mark.parametrize("backend", ["jax", "compiled"])
def test_kernels_beyond_single_precision_are_refused(backend, draw):
    architecture = Architecture("VEC", 40, weight_variance=40.0)
    with pytest.raises(
        FloatingPointError, match="VEC with 40 layers and weight variance 40.0 leave the range of"
    ):
        pair_kernels(architecture, draw(0, 2, 4, 4, 1), backend=backend)


@pytest.mark.parametrize(("backend", "precision"), BACKENDS)
def test_black_images_without_biases(backend, precision, draw):
    """No variance and no angle: every kernel is 0, and nothing is NaN."""
    x = draw(0, 2, 4, 4, 1)
    x[1] = 0
    for kind, window in KINDS:
        for activation in ("relu", "erf"):
            architecture = Architecture(kind, 3, window=window, bias_variance=0.0, activation=activation)
            for found in pair_kernels(architecture, x, x, backend=backend, precision=precision):
                assert np.abs(found[1]).max() <= 1e-6 and np.abs(found[:, 1]).max() <= 1e-6
                assert found[0, 0] > 1e-3
