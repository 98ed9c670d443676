"""Prepared images: variances are the kernel of an image with itself, and what cannot be prepared."""

import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.kernels.images import prepare
from widesym.kernels.pairs import kernels_of
from widesym.oracles.kernels import slow_kernels


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_variances_are_those_of_the_slow_recursion(activation, draw):
    """At depth L the readout of VEC averages the variances after the last activation."""
    x = draw(0, 2, 3, 4, 2)
    for depth in (1, 3):
        architecture = Architecture(
            "VEC", depth, activation=activation, weight_variance=1.7, bias_variance=0.3
        )
        images = prepare(architecture, x, "float64")
        assert images.variances.shape == (2, depth, 3, 4)
        expected = [(slow_kernels(architecture, image, image)[0] - 0.3) / 1.7 for image in x]
        np.testing.assert_allclose(images.last, expected, rtol=1e-12)


def test_a_part_is_the_part_prepared(draw):
    architecture, x = Architecture("LAP", 2, window=2), draw(1, 5, 4, 4, 3)
    images = prepare(architecture, x)
    assert len(images) == 5 and len(images[1:3]) == 2
    np.testing.assert_array_equal(kernels_of(images[1:3]).ntk, kernels_of(prepare(architecture, x[1:3])).ntk)


def test_what_is_prepared_has_the_precision_asked_for(draw):
    x = draw(2, 3, 4, 4, 1).astype(np.float32)
    for precision in ("float32", "float64"):
        images = prepare(Architecture("FCN", 2), x, precision)
        assert images.pixels.dtype == images.variances.dtype == precision
        assert images.pixels.shape == (3, 1, 1, 16)
    bytes_ = (x * 10).astype(np.uint8)
    assert prepare(Architecture("VEC", 1), bytes_).pixels.max() == bytes_.max()


@pytest.mark.parametrize(
    ("images", "reason"),
    [
        (np.zeros((4, 4, 3)), r"shape \(n, H, W, C\), each at least 1, got float64 of shape \(4, 4, 3\)"),
        (np.zeros((0, 4, 4, 3)), "each at least 1"),
        (np.zeros((1, 4, 4, 3), complex), "must be real numbers"),
        (np.array([["a"]]), "must be real numbers"),
        (np.full((1, 4, 4, 3), np.nan), "found NaN or infinity"),
        (np.zeros((1, 4, 6, 3)), "do not tile"),
    ],
)
def test_images_that_mean_nothing_are_refused(images, reason):
    with pytest.raises(ValueError, match=reason):
        prepare(Architecture("LAP", 1, window=4), images)


def test_unknown_precision_is_refused(draw):
    with pytest.raises(ValueError, match="unknown precision 'float16'; valid: float32, float64"):
        prepare(Architecture("VEC", 1), draw(0, 1, 2, 2, 1), "float16")
