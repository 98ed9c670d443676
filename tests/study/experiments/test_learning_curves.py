"""B-F10's experiment: curves against single regressions, which curves there are, the reference, refusals."""

import numpy as np
import pytest

from widesym.groups.images import transformation
from widesym.kernels.pairs import pair_kernels
from widesym.kernels.regression import one_hot, predict
from widesym.study import configure, load_or_run
from widesym.study.experiments import get
from widesym.study.experiments.learning_curves import (
    REFERENCE_DEPTH,
    LearningCurves,
    curves,
    run_shard,
    shards,
)
from widesym.study.image_tasks import architecture, stream, task

EXPERIMENT = get("synergy.learning-curves")
TINY = LearningCurves(largest=(50, 40, 40, 20), draws=(1, 2, 1, 1), smallest=10, depth=1, test=30)


def test_sizes_double_and_end_with_the_largest():
    assert TINY.sizes("FCN") == (10, 20, 40, 50)
    assert TINY.sizes("VEC") == (10, 20, 40) and TINY.sizes("GAP") == (10, 20)


def test_curves_that_a_theorem_makes_equal_are_left_out():
    assert curves(TINY) == (
        ("FCN", "identity"), ("VEC", "identity"), ("VEC", "rotation"),
        ("LAP2", "identity"), ("LAP2", "pixelwise"), ("LAP2", "rotation"),
        ("GAP", "identity"), ("GAP", "pixelwise"), ("GAP", "rotation"),
    )  # fmt: skip


def test_every_size_is_a_regression_of_its_own():
    found = run_shard(TINY, "GAP:pixelwise:0")
    train, test = task(TINY.image_source(), 20, 30, TINY.seed, 0)
    tau = transformation("pixelwise", 8, 8, stream(TINY.seed, 0))
    network = architecture("GAP", 1)
    whole = pair_kernels(network, tau(train.images), precision="float64").ntk
    for i, size in enumerate((10, 20)):
        first = tau(train.images[:size])
        within = pair_kernels(network, first, precision="float64").ntk
        across = pair_kernels(network, tau(test.images), first, precision="float64").ntk
        # one ridge for all sizes, that of the whole curve
        ridge = 1e-6 * np.diag(whole).mean() / np.diag(within).mean()
        predicted = predict(within, across, one_hot(train.labels[:size], 10), ridge=ridge)
        error = ((predicted - one_hot(test.labels, 10)) ** 2).mean()
        np.testing.assert_allclose(found["mse"][1, i], error, rtol=1e-3)
        assert abs(found["accuracy"][1, i] - (predicted.argmax(1) == test.labels).mean()) < 0.05


def test_shapes():
    parts = {shard: run_shard(TINY, shard) for shard in shards(TINY)}
    found = EXPERIMENT.gather(TINY, parts)
    assert found["VEC_rotation_mse"].shape == (2, 2, 3) and found["GAP_identity_accuracy"].shape == (1, 2, 2)
    assert not any(name.startswith("reference") for name in found)
    assert found["GAP_identity_accuracy"][0, 1, -1] > found["FCN_identity_accuracy"][0, 1, 1]


def test_photographs_with_the_reference(root, photographs_checksum):
    config = configure(
        EXPERIMENT, "paper", checksum=photographs_checksum, side=4, models=("VEC", "GAP"), largest=(40, 20),
        draws=(1, 1), smallest=10, depth=1, test=20, reference_sizes=(12, 24), reference_draws=(1, 2),
    )  # fmt: skip
    stored = load_or_run(EXPERIMENT, config, workers=1)
    assert stored.arrays["reference_12"].shape == (1, 20) and stored.arrays["reference_24"].shape == (2, 20)
    images = task(config.image_source(), 24, 20, config.seed, 1)
    network = architecture("VEC", REFERENCE_DEPTH)
    kernels = [
        pair_kernels(network, *x).nngp
        for x in ((images.train.images,), (images.test.images, images.train.images))
    ]
    predicted = predict(*kernels, one_hot(images.train.labels, 10))
    right = predicted.argmax(1) == images.test.labels
    np.testing.assert_array_equal(stored.arrays["reference_24"][1], right)
    assert list((root / "grams").rglob("*.npz"))  # GAP's tiles, shared with the table


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": ("LCN",), "largest": (90,), "draws": (1,)}, "without LCN"),
        ({"largest": (100,)}, "largest must have a number for each"),
        ({"smallest": 500}, "at least twice as long"),
        ({"reference_sizes": (20, 10), "reference_draws": (1, 1)}, "reference_sizes must increase"),
        ({"reference_sizes": (10, 20), "reference_draws": (1,)}, "for each of the sizes"),
        ({"precision": "float16"}, "precision must be"),
        ({"draws": (0, 1, 1, 1)}, "draws must be at least 1"),
        ({"test": 0}, "test must be at least 1"),
        ({"ridge": -1.0}, "ridge must not be negative"),
        ({"seed": -1}, "seed must not be negative"),
        ({"models": ("LAP3",), "largest": (200,), "draws": (1,)}, "do not tile"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "default", **change)
