"""The experiment on resolution: the same images at every side, cells as elsewhere, refusals."""

import numpy as np
import pytest

from widesym.study import configure, load_or_run
from widesym.study.experiments import get
from widesym.study.experiments.learning_curves import LearningCurves
from widesym.study.experiments.learning_curves import run_shard as curve_of
from widesym.study.experiments.resolution import CELLS, Resolution, run_shard, shards
from widesym.study.image_tasks import task

EXPERIMENT = get("synergy.resolution")
TINY = Resolution(sides=(4, 8), draws=(1, 2), sizes=(10, 20), test=30, depth=1)


def test_sides_show_the_same_images():
    small, large = (task(TINY.image_source(side), 20, 30, TINY.seed, 0) for side in (4, 8))
    np.testing.assert_array_equal(small.train.labels, large.train.labels)
    blocks = large.test.images.reshape(30, 4, 2, 4, 2, 3).mean((2, 4))
    assert np.corrcoef(blocks.ravel(), small.test.images.ravel())[0, 1] > 0.999


@pytest.mark.parametrize("cell", range(len(CELLS)))
def test_at_full_size_a_cell_is_a_learning_curve(cell):
    config = LearningCurves(
        models=("FCN", "VEC", "GAP"),
        largest=(20,) * 3,
        draws=(1,) * 3,
        smallest=10,
        depth=1,
        test=30,
        noise=0.4,
    )
    expected = curve_of(config, ":".join((*CELLS[cell], "0")))
    found = run_shard(TINY, f"8:{cell}:0")
    np.testing.assert_allclose(found["mse"], expected["mse"][1], rtol=1e-6)
    np.testing.assert_allclose(found["correct"].mean(-1), expected["accuracy"][1])


def test_shapes():
    found = EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})
    assert found["correct_4"].shape == (4, 1, 2, 30) and found["mse_8"].shape == (4, 2, 2)


def test_photographs(root, photographs_checksum):
    config = configure(
        EXPERIMENT, "paper", checksum=photographs_checksum, sides=(4, 8), draws=(2, 1), sizes=(10, 20),
        test=20, depth=1,
    )  # fmt: skip
    stored = load_or_run(EXPERIMENT, config, workers=1)
    assert stored.arrays["correct_4"].shape == (4, 2, 2, 20)
    assert list((root / "grams").rglob("*.npz"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sides": (16, 8)}, "sides must increase"),
        ({"sizes": ()}, "sizes must increase"),
        ({"draws": (1,)}, "one for each of the sides"),
        ({"test": 0}, "test must be at least 1"),
        ({"ridge": -1.0}, "ridge must not be negative"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "default", **change)
