"""The batched path: against slow NumPy and the reference, whatever the batch; refusals."""

import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.kernels import batched, reference
from widesym.kernels.images import prepare
from widesym.oracles.kernels import slow_kernels

CLOSE = {"float64": 1e-12, "float32": 2e-5}
CASES = [
    ("FCN", 0, (2, 3, 2)),
    ("VEC", 0, (2, 3, 1)),
    ("LCN", 0, (3, 2, 2)),
    ("LAP", 2, (4, 2, 2)),
    ("GAP", 0, (3, 5, 1)),
    ("GAP", 0, (1, 1, 3)),
]


@pytest.mark.parametrize(
    ("kind", "window", "size", "activation", "precision"),
    [
        *((*case, "relu", "float64") for case in CASES),
        *((*case, "relu", "float32") for case in CASES[3:5]),
        *((*case, "erf", "float64") for case in CASES[2:4]),
    ],
)
def test_kernels_are_those_of_the_slow_recursion(kind, window, size, activation, precision, draw):
    architecture = Architecture(kind, 2, window=window, activation=activation)
    x1, x2 = 2 + draw(0, 2, *size), 2 + draw(1, 3, *size)
    slow = np.array([[slow_kernels(architecture, a, b) for b in x2] for a in x1])
    one, two = (prepare(architecture, x, precision) for x in (x1, x2))
    found = batched.kernels(one, two)
    assert found.nngp.dtype == found.ntk.dtype == precision
    np.testing.assert_allclose(found.nngp, slow[..., 0], rtol=CLOSE[precision])
    np.testing.assert_allclose(found.ntk, slow[..., 1], rtol=CLOSE[precision])


@pytest.mark.parametrize("pixels", [1, 60, 1 << 20])
def test_batches_change_nothing_and_are_put_where_they_belong(pixels, draw):
    architecture = Architecture("GAP", 2)
    one, two = (prepare(architecture, draw(k, n, 4, 3, 2), "float64") for k, n in ((0, 5), (1, 7)))
    for other in (two, None):
        for found, expected in zip(
            batched.kernels(one, other, pixels=pixels), reference.kernels(one, other), strict=True
        ):
            np.testing.assert_allclose(found, expected, rtol=1e-13)
            if other is None:
                np.testing.assert_array_equal(found, found.T)


def test_blocks_have_one_shape_and_stay_within_the_pixels(monkeypatch, draw):
    architecture = Architecture("VEC", 1)
    images = prepare(architecture, draw(0, 7, 4, 3, 1), "float64")
    shapes = []
    pooled = batched._pooled

    def seen(architecture, side, x1, q1, x2, q2):
        shapes.append((len(x1), len(x2)))
        return pooled(architecture, side, x1, q1, x2, q2)

    monkeypatch.setattr(batched, "_pooled", seen)
    batched.kernels(images, images, pixels=9 * 12)
    assert shapes == [(3, 3)] * 9
    shapes.clear()
    batched.kernels(images, None, pixels=9 * 12)  # blocks below the diagonal are left out
    assert shapes == [(3, 3)] * 6
    shapes.clear()
    batched.kernels(images[:2], images[:3])  # no larger than there are images
    assert shapes == [(2, 3)]


def test_a_larger_window_of_the_convolution(draw):
    architecture = Architecture("LAP", 2, window=3, kernel_size=5)
    one, two = (prepare(architecture, draw(k, 2, 6, 3, 2), "float64") for k in (0, 1))
    for found, expected in zip(batched.kernels(one, two), reference.kernels(one, two), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_a_batch_without_pixels_is_refused(draw):
    images = prepare(Architecture("VEC", 1), draw(0, 2, 3, 3, 1), "float64")
    with pytest.raises(ValueError, match="pixels=0 must be at least 1"):
        batched.kernels(images, None, pixels=0)
