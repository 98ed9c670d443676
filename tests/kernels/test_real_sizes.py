"""The compiled path at the sizes of photographs: many offsets, many rows, the paper's depth."""

import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.kernels.pairs import pair_kernels
from widesym.oracles.kernels import stax_kernels


@pytest.mark.parametrize(("kind", "window"), [("GAP", 0), ("LAP", 8), ("VEC", 0), ("FCN", 0)])
@pytest.mark.parametrize("size", [(32, 32), (16, 24)])
def test_eight_layers_in_single_precision(kind, window, size, draw):
    """Against the reference in double precision, an image with itself included."""
    architecture = Architecture(kind, 8, window=window)
    x1, x2 = (draw(seed, 2, *size, 3).astype(np.float32) for seed in (0, 1))
    x2[0] = x1[0]
    expected = pair_kernels(architecture, x1, x2, precision="float64", backend="jax")
    single = pair_kernels(architecture, x1, x2, backend="compiled")
    double = pair_kernels(architecture, x1, x2, precision="float64", backend="compiled")
    for reference, one, two in zip(expected, single, double, strict=True):
        np.testing.assert_allclose(one, reference, rtol=2e-6)
        np.testing.assert_allclose(two, reference, rtol=1e-13)


def test_pooling_at_sixteen_pixels_is_that_of_neural_tangents(draw):
    for kind, window in (("GAP", 0), ("LAP", 4)):
        architecture = Architecture(kind, 8, window=window)
        x1, x2 = draw(0, 1, 16, 16, 3), draw(1, 2, 16, 16, 3)
        found = pair_kernels(architecture, x1, x2, backend="compiled", precision="float64")
        for kernel, expected in zip(found, stax_kernels(architecture)(x1, x2), strict=True):
            np.testing.assert_allclose(kernel, expected, rtol=1e-10)
