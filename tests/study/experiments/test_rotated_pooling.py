"""The exploration beside B-F2: noise and filter as said, cells against the table's, refusals."""

import numpy as np
import pytest

from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.kernel_table import KernelTable
from widesym.study.experiments.kernel_table import run_shard as cell_of_table
from widesym.study.experiments.rotated_pooling import CELLS, RotatedPooling, noisy, run_shard, shards
from widesym.study.image_tasks import task

EXPERIMENT = get("synergy.rotated-pooling")
TINY = RotatedPooling(side=8, noises=(0.0, 1.0), blurs=(0.0, 1.0), draws=2, depth=1, train=40, test=30)


def test_without_noise_and_filter_images_are_those_of_the_task():
    plain, changed = task(TINY.image_source(), 40, 30, TINY.seed, 1), noisy(TINY, 1, 0.0, 0.0)
    for before, after in zip(plain, changed, strict=True):
        np.testing.assert_allclose(after.images, before.images, atol=1e-5)


def test_noise_is_white_and_the_filter_is_gaussian():
    def neighbours(noise, blur):
        x = noisy(TINY, 0, noise, blur).train.images.astype(float)
        return (x * np.roll(x, 1, axis=2)).mean() / (x**2).mean()

    # strong noise is all there is: neighbours are independent, and exp(-1/(4 b^2)) after a filter of width b
    assert abs(neighbours(50.0, 0.0)) < 0.03
    assert neighbours(50.0, 1.0) == pytest.approx(np.exp(-0.25), abs=0.03)
    assert neighbours(0.0, 0.0) < 0.3


def test_training_and_test_noise_differ():
    train, test = noisy(TINY, 0, 50.0, 0.0)
    assert abs(np.corrcoef(train.images[:30].ravel(), test.images.ravel())[0, 1]) < 0.05


def test_cells_are_those_of_the_table():
    table = KernelTable(
        models=("VEC", "GAP"), draws=(2, 2), parts=(0, 0), depth=1, train=40, test=30, noise=0.0
    )
    found = run_shard(TINY, "0:0:1")["correct"]
    for cell, (model, kind) in enumerate(CELLS):
        expected = cell_of_table(table, f"cell:{model}:{kind}:1")["correct"][1]
        # images are standardised twice: predictions that nearly tie may turn
        assert (found[cell] == expected).mean() > 0.95


def test_order_of_the_axes():
    parts = {s: {"correct": np.full((3, 5), int(s.replace(":", "")))} for s in shards(TINY)}
    parts = {s: {"correct": part["correct"] + 1000 * np.arange(3)[:, None]} for s, part in parts.items()}
    gathered = EXPERIMENT.gather(TINY, parts)["correct"]
    assert gathered.shape == (3, 2, 2, 2, 5)
    assert gathered[2, 1, 0, 1, 0] == 2101


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"noises": (1.0, 0.5)}, "noises must increase"),
        ({"blurs": (-1.0,)}, "blurs must increase from 0"),
        ({"draws": 0}, "draws must be at least 1"),
        ({"ridge": -1.0}, "ridge must not be negative"),
        ({"seed": -1}, "seed must not be negative"),
        ({"source": "flowers"}, "unknown source"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "default", **change)
