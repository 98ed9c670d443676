"""B-F3's experiment: cells against training by hand, pairing, shapes, refusals."""

import dataclasses

import numpy as np
import pytest

from widesym.groups.images import transformation
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.width import Width, how, run_shard, shards
from widesym.study.image_tasks import stream
from widesym.study.network_runs import finite, limit, run_seeds, train_runs

EXPERIMENT = get("synergy.width")
TINY = Width(
    side=4, motif=2, train=40, test=30, batch=20, steps=6, draws=2, depth=1, widths=(4, 6),
    trainings=("NN", "mirrored-NN"), classes=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WIDESYM_RESULTS", str(tmp_path_factory.mktemp("results")))
        return EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})


def test_shapes(tiny):
    for name in ("best", "final", "fit", "steps"):
        assert tiny[name].shape == (2, 2, 2, 2)
    assert tiny["limit_ntk"].shape == tiny["limit_run"].shape == (2,)
    assert (tiny["steps"] == 6).all() and (tiny["best"] >= tiny["final"]).all()
    assert np.ptp(tiny["best"]) > 0


def test_a_run_is_that_of_its_draw_and_transformation(tiny):
    images = TINY.task(1)
    net = finite("VEC", 1, 6, images)
    moved = transformation("pixelwise", 4, 4, stream(TINY.seed, 1))
    runs = train_runs(net, images, "NN", TINY.plan(), run_seeds(TINY.seed, 1), moved, start="mirrored")
    assert tiny["final"][1, 1, 1, 1] == runs.final[0]
    assert tiny["fit"][1, 1, 1, 1] == runs.train_accuracy[0, -1]


def test_the_kernels_point_is_regression(tiny):
    images = TINY.task(0)
    predictions = limit("VEC", 1, images)
    assert tiny["limit_ntk"][0] == (predictions.argmax(1) == images.test.labels).mean()


def test_wide_networks_come_first():
    names = shards(Width())
    widest = max(Width().widths)
    assert names[:2] == (f"NN:{widest}", f"NN+:{widest}") and names[-1] == "limit"
    assert len(names) == 2 * len(Width().widths) + 1


def test_trainings_come_out_in_their_order():
    # whatever the order in which shards hold them
    mixed = dataclasses.replace(TINY, trainings=("NN+", "mirrored-NN", "NN"))
    filled = lambda value: dict.fromkeys(("best", "final", "fit", "steps"), value)  # noqa: E731
    starts = np.arange(2.0)[:, None, None] + np.zeros((2, 2, 2))
    parts = {f"NN:{n}": filled(starts + n) for n in mixed.widths}
    parts |= {f"NN+:{n}": filled(10.0 * n + np.zeros((1, 2, 2))) for n in mixed.widths}
    parts |= {"limit": {"ntk": np.zeros(2), "run": np.zeros(2)}}
    found = EXPERIMENT.gather(mixed, parts)["best"]
    assert found.shape == (3, 2, 2, 2)
    assert found[..., 0, 0].tolist() == [[40, 60], [4, 6], [5, 7]]


def test_trainings_have_an_inference_and_a_start():
    assert how("NN+") == ("NN+", "plain") and how("mirrored-NN") == ("NN", "mirrored")


def test_the_paper_profile_is_the_papers():
    paper = EXPERIMENT.profiles["paper"]
    assert (paper.side, paper.train, paper.depth, paper.widths[-1]) == (32, 45_000, 8, 512)
    assert paper.trainings == ("NN", "NN+")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"widths": (8, 8)}, "widths must increase"),
        ({"widths": (5, 8)}, "widths must be even"),
        ({"trainings": ("NTK",)}, "trainings must be distinct, at least one, and of NN, NN\\+, mirrored-NN"),
        ({"transformations": ("colour",)}, "transformations must be two"),
        ({"transformations": ("colour", "flip")}, "transformations must be distinct"),
        ({"train": 10}, "at least one batch"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "default", **change)


def test_odd_widths_have_plain_starts():
    assert dataclasses.replace(TINY, widths=(5, 8), trainings=("NN",)).widths == (5, 8)
