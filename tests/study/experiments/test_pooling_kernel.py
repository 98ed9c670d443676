"""B-X1's experiment: weights by counting placements, kernels by the slow way, memory, refusals."""

import itertools

import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.kernels.readout import Kernels
from widesym.oracles.kernels import slow_kernels
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.pooling_kernel import (
    PoolingKernel,
    pictures,
    run_shard,
    shards,
    translated,
    translated_vec,
    weighted,
    window_weights,
)

EXPERIMENT = get("synergy.pooling-kernel")
TINY = PoolingKernel(
    sizes=((4, 6),), windows=(2,), depths=(1, 2), activations=("relu",), padded=2, images=2, sides=(8,)
)


@pytest.fixture(scope="module")
def tiny():
    return EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})


@pytest.mark.parametrize(("window", "height", "width"), [(2, 4, 6), (4, 4, 8), (3, 6, 3), (4, 4, 4)])
def test_weights_by_counting_pairs_in_windows_over_all_placements(window, height, width):
    counted = np.zeros((height, width))
    for down, right in itertools.product(range(window), repeat=2):
        row, column = (np.arange(height) + down) % height, (np.arange(width) + right) % width
        for a, b, c, d in itertools.product(range(height), range(width), range(height), range(width)):
            together = row[a] // window == row[c] // window and column[b] // window == column[d] // window
            counted[(c - a) % height, (d - b) % width] += together
    counted /= window**2 * height * width * window**2
    np.testing.assert_allclose(window_weights(window, height, width), counted, atol=1e-15)
    assert window_weights(window, height, width).sum() == pytest.approx(1, abs=1e-15)


def test_weights_at_the_ends():
    np.testing.assert_allclose(window_weights(4, 4, 4), np.full((4, 4), 1 / 16))
    only = window_weights(1, 3, 5)
    assert only[0, 0] == 1 and np.count_nonzero(only) == 1


def test_vec_of_every_translate():
    x, other = pictures(TINY, (4, 6))
    network = Architecture("VEC", 2)
    found = translated_vec(network, x, other)
    moved = translated(other)
    assert moved.shape == (4, 6, 2, 4, 6, 3) and found.ntk.shape == (4, 6, 2, 2)
    for down, right in ((0, 0), (1, 0), (3, 5)):
        np.testing.assert_array_equal(moved[down, right], np.roll(other, (down, right), (1, 2)))
        for a, b in itertools.product(range(2), repeat=2):
            slow = slow_kernels(network, x[a], moved[down, right, b])
            np.testing.assert_allclose([k[down, right, a, b] for k in found], slow, rtol=1e-12)


def test_a_weighted_sum_by_hand():
    kernels = Kernels(np.arange(24.0).reshape(2, 3, 2, 2), np.ones((2, 3, 2, 2)))
    weights = np.array([[1.0, 0, 0], [0, 0, 2.0]])
    found = weighted(kernels, weights)
    np.testing.assert_array_equal(found.nngp, kernels.nngp[0, 0] + 2 * kernels.nngp[1, 2])
    np.testing.assert_array_equal(found.ntk, np.full((2, 2), 3.0))


def test_identities_are_rounding_and_controls_are_not(tiny):
    cells = (1, 2, 1, 2)  # size, depth, activation, kernel
    assert tiny["gap"].shape == (2, *cells) and tiny["lap"].shape == (2, 1, *cells)
    assert tiny["gap"].max() < 1e-11 and tiny["lap"].max() < 1e-11 and tiny["library"].max() < 1e-11
    assert tiny["some"].shape == cells and tiny["some"].min() > 1e-2
    assert tiny["flat"].shape == tiny["fixed"].shape == (1, *cells)
    assert tiny["flat"].min() > 1e-3 and tiny["fixed"].min() > 1e-4
    assert tiny["padding"].shape == (2, 1, 2)
    assert tiny["padding"][0].max() < 1e-12 and tiny["padding"][1].min() > 1e-2


def test_memory_holds_all_pairs_of_pixels_where_there_is_pooling(tiny):
    (vec,), (lap,), (gap,) = tiny["memory"]
    assert min(lap, gap) >= 2 * 4 * 8**4 and 0 < vec < 2 * 4 * 8**4


def test_axes_are_put_in_order():
    config = PoolingKernel(sizes=((4, 8), (8, 4)), windows=(2, 4), depths=(1, 3))
    numbers = np.arange(2 * 2 * 2 * 2 * 2.0).reshape(2, 2, 2, 2, 2)  # size, activation, way, window, kernel
    part = {"gap": numbers[:, :, :, 0], "lap": numbers, "some": numbers[:, :, 0, 0], "flat": numbers[:, :, 0]}
    part["fixed"] = part["flat"]
    other = {name: value + 100 for name, value in part.items()}
    found = EXPERIMENT.gather(
        config, {"identities:1": part, "identities:3": other, "padding": {}, "memory": {}}
    )
    assert found["lap"].shape == (2, 2, 2, 2, 2, 2)
    assert found["lap"][1, 0, 1, 1, 0, 1] == 100 + numbers[1, 0, 1, 0, 1]
    assert found["gap"][1, 0, 1, 1, 0] == 100 + numbers[0, 1, 1, 0, 0]
    assert found["some"][1, 0, 1, 1] == numbers[1, 1, 0, 0, 1]
    assert found["flat"][1, 1, 0, 1, 1] == numbers[1, 1, 0, 1, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": ((4, 5),)}, "tile images of 4 x 5"),
        ({"sizes": ((2, 2),)}, "and be more than one"),
        ({"windows": (2, 2)}, "windows must be distinct"),
        ({"sides": (10,)}, "sides must be multiples of 4 from 8 on"),
        ({"images": 0}, "images must be at least 1"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
