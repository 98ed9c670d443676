"""A-X4's experiment: translations, networks against loops, kernels by hand, refusals."""

import numpy as np
import pytest

from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.pooling import (
    KERNELS,
    Pooling,
    averaged_vec,
    feature_map,
    gap,
    images,
    pooled,
    run_shard,
    shards,
    translated,
    vec,
    weights,
)

EXPERIMENT = get("beyond.pooling")
TINY = Pooling(height=3, width=4, depths=(1,), images=2, features=3, filters=4, steps=3)


@pytest.fixture(scope="module")
def tiny():
    return EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})


def test_translates_are_rolls_row_by_row():
    x = images(TINY, 0)
    moved = translated(TINY, x)
    for down in range(3):
        for right in range(4):
            np.testing.assert_array_equal(moved[4 * down + right], np.roll(x, (down, right), axis=(1, 2)))


@pytest.mark.parametrize("padding", ["circular", "zeros"])
def test_a_layer_is_the_sum_over_neighbours(padding):
    network, x = weights(TINY, 1), images(TINY, 0)
    expected = np.zeros((2, 3, 4, 3)) + network["biases"][0]
    for i in range(3):
        for j in range(4):
            for a in range(3):
                for b in range(3):
                    row, column = i + a - 1, j + b - 1
                    if padding == "circular" or (0 <= row < 3 and 0 <= column < 4):
                        expected[:, i, j] += x[:, row % 3, column % 4] @ network["filters"][0][a, b]
    np.testing.assert_allclose(
        feature_map(network, x, padding), np.maximum(expected, 0), rtol=1e-12, atol=1e-12
    )


def test_readouts_by_hand():
    network, x = weights(TINY, 1), images(TINY, 0)
    features = np.asarray(feature_map(network, x, "circular"))
    flat = features.reshape(2, -1) @ network["readout"].ravel() / np.sqrt(12 * 3)
    np.testing.assert_allclose(vec(network, x, "circular"), flat, rtol=1e-12)
    short = network["readout"].reshape(12, 3).sum(axis=0) / np.sqrt(12)
    by_pooling = features.reshape(2, 12, 3).mean(axis=1) @ short / np.sqrt(3)
    np.testing.assert_allclose(gap(pooled(network), x, "circular"), by_pooling, rtol=1e-12)
    averaged = np.mean([vec(network, moved, "circular") for moved in translated(TINY, x)], axis=0)
    moved = translated(TINY, x).reshape(-1, 3, 4, 3)
    np.testing.assert_allclose(averaged_vec(network, moved, "circular"), averaged, rtol=1e-12)


def test_identities_are_rounding_and_controls_are_not(tiny):
    assert tiny["ntk"].shape == (2, 1) and tiny["training"].shape == (2, 3)
    for name in ("site", "flat", "shallow", "shallow_averaged", "training", *KERNELS):
        assert tiny[name][0].max() < 1e-12
        assert np.median(tiny[name][1]) > 1e-2
    assert tiny["training_plain"].min() > 1e-2 and tiny["ntk_some"][0].min() > 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"height": 2}, "height must be at least 3"),
        ({"depths": (2, 2)}, "distinct numbers of layers"),
        ({"images": 0}, "images must be at least 1"),
        ({"rate": 0.0}, "rate and weight_variance must be positive"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
