"""B-F6's experiment: distances of ensembles against their expectation, runs by hand, refusals."""

from types import SimpleNamespace

import numpy as np
import pytest

from widesym.groups.images import path
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.path import Path, run_shard, shards, squared_distance
from widesym.study.image_tasks import stream
from widesym.study.network_runs import finite, limit, run_seeds, train_runs

EXPERIMENT = get("synergy.path")
TINY = Path(
    side=4, motif=2, train=40, test=30, batch=20, steps=6, draws=1, depth=1, classes=3, widths=(4, 6),
    times=(0.0, 1.0), members=3, inference="NN",
)  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WIDESYM_RESULTS", str(tmp_path_factory.mktemp("results")))
        part = run_shard(TINY, "6:0")
        return EXPERIMENT.gather(TINY, {shard: part for shard in shards(TINY)})


def test_shapes(tiny):
    for name in ("ensemble", "single", "to_pooled", "to_limit", "fit"):
        assert tiny[name].shape == (2, 2, 1)
    assert tiny["limit"].shape == tiny["pooled"].shape == (2, 1)


def test_a_distance_is_that_of_mean_predictions(tiny):
    images = TINY.task(0)
    seeds, plan = run_seeds(TINY.seed, 0, 3), TINY.plan()
    moved = path(4, 4, stream(TINY.seed, 0), 1.0)
    vec = train_runs(finite("VEC", 1, 6, images), images, "NN", plan, seeds, moved, start="mirrored")
    members = vec.predictions.astype(float)
    mean, regression = members.mean(0), limit("VEC", 1, images)
    spread = sum(np.square(member - mean).sum(1) for member in members) / 2
    expected = (np.square(mean - regression).sum(1) - spread / 3).mean()
    assert tiny["to_limit"][1, 1, 0] == pytest.approx(expected, rel=1e-4)
    assert tiny["ensemble"][1, 1, 0] == (mean.argmax(1) == images.test.labels).mean()
    assert tiny["single"][1, 1, 0] == pytest.approx(vec.final.mean())
    assert tiny["to_limit"][1, 0, 0] != tiny["to_limit"][1, 1, 0]


def test_what_diverges_is_not_measured(monkeypatch, tmp_path):
    monkeypatch.setenv("WIDESYM_RESULTS", str(tmp_path))
    monkeypatch.setattr("widesym.study.experiments.path.train_runs", _diverged)
    found = run_shard(TINY, "4:0")
    assert (
        np.isnan(found["to_limit"]).all() and np.isnan(found["ensemble"]).all() and (found["fit"] == 0).all()
    )
    assert np.isfinite(found["limit"])


def _diverged(net, images, inference, plan, seeds, *_, **__):
    outcome = np.array(["diverged"] * 2 + ["fitted"])
    predictions = np.ones((3, 30, 3))
    predictions[:2] = np.inf
    return SimpleNamespace(outcome=outcome, predictions=predictions, succeeded=lambda: np.zeros(3, bool))


def test_distances_have_no_bias():
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, 20, 4))
    truth = np.square(one - other).sum(1).mean()
    members = lambda centre, count: centre + 2 * rng.standard_normal((count, 20, 4))  # noqa: E731
    found = [squared_distance(members(one, 3), members(other, 5)) for _ in range(800)]
    plain = truth + 4 * 4 * (1 / 3 + 1 / 5)
    # the deviation of one is near 2
    assert np.mean(found) == pytest.approx(truth, abs=0.3) and plain - truth > 8
    exact = [squared_distance(members(one, 3), other[None]) for _ in range(800)]
    assert np.mean(exact) == pytest.approx(truth, abs=0.3)
    assert squared_distance(one[None], one[None]) == 0


def test_wide_networks_come_first():
    names = shards(Path())
    assert names[0].startswith(f"{Path().widths[-1]}:") and len(names) == len(Path().widths) * Path().draws


def test_the_paper_profile_is_the_papers():
    paper = EXPERIMENT.profiles["paper"]
    assert (paper.widths, paper.members, paper.inference) == ((64, 128, 256, 512), 10, "NN+")
    assert (paper.times[0], paper.times[-1], paper.start) == (0.0, 1.0, "plain")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"times": (0.0,)}, "times must increase, at least two"),
        ({"times": (0.5, 0.0)}, "times must increase"),
        ({"members": 1}, "members=1 must be at least 2"),
        ({"widths": (5,)}, "widths must be even"),
        ({"inference": "NTK"}, "inference must be"),
        ({"start": "zero"}, "start must be"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "default", **change)
