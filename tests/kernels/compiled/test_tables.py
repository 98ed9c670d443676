"""Tables in the recursion's units and order."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.kernels.compiled.tables import aligned, grouped, tables, units
from widesym.kernels.compiled.vectors import LANES
from widesym.kernels.images import prepare


@pytest.mark.parametrize("w", [2.0, 0.01, 30.0, 18.0])
def test_units_follow_the_recursion_and_start_again(w):
    """``c' = w / (2 A) c`` from layer to layer; a rescaled state is back where it began."""
    scale = units(Architecture("GAP", 50, weight_variance=w), 3)
    assert scale.units[0] == pytest.approx(w / 9)
    for layer in range(1, 50):
        rescaled = scale.rescale if layer % scale.period == 0 else 1.0
        assert scale.units[layer] * rescaled == pytest.approx(scale.units[layer - 1] * w / 18)
    assert 1e-13 < min(scale.units) / max(scale.units)
    # as rarely as that allows
    assert scale.period == {2.0: 12, 0.01: 3, 30.0: 50, 18.0: 50}[w]


def test_erf_has_natural_units():
    scale = units(Architecture("GAP", 50, activation="erf"), 3)
    assert (scale.units == 1).all() and scale.period == 50


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_r_and_its_inverse(activation, draw):
    architecture = Architecture("VEC", 3, activation=activation)
    images = prepare(architecture, draw(0, 2, 2, 3, 4), "float64")
    table = tables(images, np.array([2.0, 0.5, 4.0]))
    offset = 0.5 if activation == "erf" else 0
    x, r, inverse = table.x.reshape(2, 4, 2, 3), *(part.reshape(2, 3, 2, 3) for part in table[1:])
    np.testing.assert_allclose(r[:, 1] ** 2, images.variances[:, 1] + offset)
    np.testing.assert_allclose(r[:, 2] ** 2, (images.variances[:, 2] + offset) / 8)
    np.testing.assert_allclose(2 * r**2 * inverse**2, 1)
    np.testing.assert_allclose(x[1, 3] ** 2, images.pixels[1, :, :, 3] ** 2 / 8)


def test_no_variance_has_no_inverse():
    images = prepare(Architecture("VEC", 1, bias_variance=0.0), np.zeros((1, 2, 2, 1)))
    assert (tables(images, np.ones(1)).inverse == 0).all()


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_groups_are_filled_up_with_the_last_image(precision, draw):
    images = prepare(Architecture("VEC", 2), draw(0, 19, 2, 3, 1), precision)
    size = LANES[np.dtype(precision)]
    flat = tables(images, np.ones(2))
    with ThreadPoolExecutor(2) as pool:
        groups = grouped(flat, 19, pool)
    for part, table in zip(groups, flat, strict=True):
        assert part.ctypes.data % 64 == 0
        table = table.reshape(19, -1)
        part = part.reshape(-1, table.shape[1], size)
        assert len(part) == -(-19 // size)
        for group, lane in np.ndindex(len(part), size):
            np.testing.assert_array_equal(part[group, :, lane], table[min(group * size + lane, 18)])


def test_aligned_arrays_are():
    for shape in ((1,), (3, 5), (4, 1000)):
        for real in (np.float32, np.float64):
            array = aligned(shape, np.dtype(real))
            assert array.shape == shape and array.dtype == real
            assert array.ctypes.data % 64 == 0 and array.flags["C_CONTIGUOUS"]
