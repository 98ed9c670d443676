"""Accuracy against the ridge: cells against the table's, the chosen ridge, the order of axes, refusals."""

import dataclasses

import numpy as np
import pytest

from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.kernel_table import KernelTable
from widesym.study.experiments.kernel_table import run_shard as cell_of_table
from widesym.study.experiments.ridges import Ridges, run_shard, shards

EXPERIMENT = get("synergy.ridges")
TINY = Ridges(
    models=("VEC", "GAP"), draws=(2, 1), ridges=(1e-6, 1e-2, 100.0), depth=1, train=40, test=30, noise=0.6
)


@pytest.mark.parametrize("model", ["VEC", "GAP"])
def test_cells_are_those_of_the_table(model):
    table = KernelTable(
        models=("VEC", "GAP"), draws=(2, 1), parts=(0, 0), depth=1, train=40, test=30, ridge=1e-2
    )
    expected = cell_of_table(table, f"cell:{model}:identity:0")["correct"]
    np.testing.assert_array_equal(run_shard(TINY, f"{model}:0")["correct"][:, 1], expected)


def test_a_ridge_that_forgets_everything_is_not_chosen():
    found = run_shard(TINY, "GAP:0")
    assert (found["chosen"] < 2).all()
    only = run_shard(dataclasses.replace(TINY, ridges=(100.0,)), "GAP:0")
    assert (only["chosen"] == 0).all()
    np.testing.assert_array_equal(only["correct"][:, 0], found["correct"][:, 2])


def test_order_of_the_axes():
    parts = {
        shard: {"correct": np.full((2, 3, 5), i), "chosen": np.array([i, 10 * i])}
        for i, shard in enumerate(shards(TINY))
    }
    assert shards(TINY) == ("GAP:0", "VEC:0", "VEC:1")
    gathered = EXPERIMENT.gather(TINY, parts)
    assert gathered["VEC_correct"].shape == (2, 2, 3, 5) and gathered["GAP_correct"].shape == (1, 2, 3, 5)
    assert gathered["VEC_correct"][1, 0, 0, 0] == 2
    assert gathered["VEC_chosen"].tolist() == [[1, 10], [2, 20]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": ("VEC", "VEC", "GAP", "LAP2", "FCN")}, "models must be distinct"),
        ({"draws": (1,)}, "draws must be 5 numbers"),
        ({"ridges": (1e-2, 1e-3)}, "ridges must increase from above 0"),
        ({"ridges": (0.0, 1e-3)}, "ridges must increase from above 0"),
        ({"test": 0}, "test must be at least 1"),
        ({"precision": "float16"}, "precision must be float32 or float64"),
        ({"seed": -1}, "seed must not be negative"),
        ({"source": "flowers"}, "unknown source"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "default", **change)
