"""B-F4's experiment: points of curves against runs by hand, beginnings, flips, refusals."""

import dataclasses

import numpy as np
import pytest

from widesym.kernels.pairs import pair_kernels
from widesym.kernels.regression import one_hot, predict
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.data_efficiency import CURVES, DataEfficiency, run_shard, shards
from widesym.study.image_tasks import architecture
from widesym.study.network_runs import finite, run_seeds, train_runs

EXPERIMENT = get("synergy.data-efficiency")
TINY = DataEfficiency(
    side=4, motif=2, smallest=20, train=80, test=30, batch=20, steps=6, draws=2, depth=1, classes=3, width=4,
    local_width=2, flips=True, inference="NN",
)  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WIDESYM_RESULTS", str(tmp_path_factory.mktemp("results")))
        # every size is compiled by itself: what is not looked at stands for another
        parts = {name: run_shard(TINY, name) for name in ("baseline:40", "data:40", "inference")}
        return EXPERIMENT.gather(TINY, {name: parts["baseline:40"] for name in shards(TINY)} | parts)


def test_shapes(tiny):
    assert TINY.sizes == (20, 40, 80, 160)
    for curve in CURVES:
        assert tiny[f"{curve}_accuracy"].shape == tiny[f"{curve}_mse"].shape == (4, 2)
    assert tiny["model_fit"].shape == (4, 2) and "inference_fit" not in tiny


def test_a_point_is_a_run_on_the_beginning(tiny):
    images = TINY.task(1)
    images = images._replace(train=images.train.subset(np.arange(40)))
    net = finite("VEC", 1, 4, images)
    runs = train_runs(net, images, "NN", TINY.plan(40), run_seeds(TINY.seed, 1), start=TINY.start)
    error = np.square(runs.predictions[0] - one_hot(images.test.labels, 3)).mean()
    assert tiny["baseline_mse"][1, 1] == pytest.approx(error, rel=1e-5)
    assert tiny["baseline_accuracy"][1, 1] == runs.best[0]
    assert tiny["data_mse"][1, 1] != tiny["baseline_mse"][1, 1]


@pytest.mark.parametrize("place", [1, 3])
def test_regression_is_by_hand_with_and_without_flips(tiny, place):
    train, test = TINY.task(0)
    x, y = train.images[:40], train.labels[:40]
    if place == 3:
        x = np.concatenate([train.images, train.images[:, :, ::-1]])
        y = np.concatenate([train.labels, train.labels])
    described = architecture("VEC", 1)
    x, z = x.astype(np.float64), test.images.astype(np.float64)
    within, across = pair_kernels(described, x).ntk, pair_kernels(described, z, x).ntk
    found = predict(within, across, one_hot(y, 3))
    error = np.square(found - one_hot(test.labels, 3)).mean()
    # float32 kernels, and one ridge for all sizes of a curve
    assert tiny["inference_mse"][place, 0] == pytest.approx(error, rel=1e-3)


def test_large_sets_come_first():
    names = shards(DataEfficiency())
    assert names[0] == "baseline:1600" and names[-1] == "inference" and len(names) == 3 * 4 + 1


def test_the_paper_profile_is_the_papers():
    paper = EXPERIMENT.profiles["paper"]
    assert paper.sizes[0] == 320 and paper.sizes[-2:] == (45_000, 90_000)
    assert (paper.width, paper.local_width, paper.start) == (128, 32, "plain")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"smallest": 30}, "from one batch of 40 to a quarter"),
        ({"smallest": 440}, "a quarter of train=1600"),
        ({"width": 0}, "width=0 must be at least 1"),
        ({"local_width": 3, "start": "mirrored"}, "local_width=3 must be"),
        ({"inference": "NTK"}, "inference must be"),
        ({"start": "zero"}, "start must be"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "default", **change)


def test_without_flips_curves_end_at_the_largest_set():
    assert dataclasses.replace(TINY, flips=False).sizes == (20, 40, 80)
