"""A-S8's experiment: its shards, complete results, coupling and seeds, what it refuses."""

import dataclasses

import numpy as np
import pytest

from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.escape import EQUIVARIANT, FACTORS, Escape, gather, run_shard, shards

EXPERIMENT = get("meanfield.escape")
TINY = Escape(
    sizes=(8, 30), repetitions=4, control_repetitions=2, times=(0.5, 2.0), early_times=(0.1, 0.2),
    predicted_at=30, predicted_repetitions=2, nodes=8, law_repetitions=3, law_sizes=(20, 40),
    law_times=(0.1, 0.2), law_alphas=(0.1, 0.2), law_batches=(5, 10), law_base=(20, 0.1, 0.1, 5),
)  # fmt: skip


def test_the_default_and_the_paper_profile_have_the_paper_s_hyperparameters():
    for profile in ("default", "paper"):
        config = EXPERIMENT.profiles[profile]
        assert (config.alpha, config.tau, config.beta, config.batch) == (50.0, 1e-4, 1e-6, 20)
        assert (config.spread, config.scale, config.times[-1]) == (0.25, 4.0, 20.0)


@pytest.mark.parametrize("profile", ["quick", "default", "paper"])
def test_shards_cover_every_repetition_once(profile):
    config = EXPERIMENT.profiles[profile]
    names = shards(config)
    assert len(set(names)) == len(names)
    for teacher in EQUIVARIANT:
        for N in config.sizes:
            seen = []
            for name in names:
                if name.startswith(f"sweep:{teacher}:{N}:"):
                    first, last = map(int, name.split(":")[3].split("-"))
                    seen += range(first, last + 1)
            assert seen == list(range(config.repetitions))


@pytest.fixture(scope="module")
def parts():
    return {shard: run_shard(TINY, shard) for shard in shards(TINY)}


def test_gathered_results_are_complete(parts):
    found = gather(TINY, parts)
    assert found["escape"].shape == (2, 2, 4, 2) and found["ea"].shape == (2, 2, 2, 2)
    assert found["arbitrary"].shape == (2, 2, 2) and found["predicted"].shape == found["walk"].shape == (
        2,
        2,
        2,
    )
    assert found["early"].shape == (2, 3, 2)
    assert all(found[f"law_{factor}"].shape == (2, 2, 3) for factor in FACTORS)
    assert found["predicted_curve"].shape == (2, len(found["curve_times"]))
    assert all(np.isfinite(values).all() for values in found.values())
    assert found["ea"].max() < 1e-25 < 1e-10 < found["escape"].min()


def test_a_repetition_does_not_depend_on_how_many_there_are(parts):
    more = run_shard(dataclasses.replace(TINY, repetitions=6), "sweep:WI:30:0-5")["escape"]
    np.testing.assert_array_equal(more[:4], parts["sweep:WI:30:0-3"]["escape"])


def test_the_seed_decides(parts):
    other = run_shard(dataclasses.replace(TINY, seed=7), "sweep:SI:8:0-3")["escape"]
    assert (other != parts["sweep:SI:8:0-3"]["escape"]).all()


def test_the_prediction_is_that_of_measured_times_on_the_curve(parts):
    found = parts["path:WI"]
    at = [int(np.argmin(np.abs(found["curve_times"] - t))) for t in TINY.times]
    np.testing.assert_allclose(found["predicted_curve"][at], found["predicted"].mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": (10, 5)}, "increasing"),
        ({"times": (0.01, 1.0)}, "leave out the earliest times"),
        ({"early_times": (0.0001,)}, "leave out the earliest times"),
        ({"repetitions": 0}, "at least 1"),
        ({"predicted_at": 77}, "one of sizes"),
        ({"predicted_repetitions": 99}, "at most repetitions"),
        ({"law_base": (10, 0.2, -1.0, 20)}, "law_base must be positive"),
        ({"law_alphas": (0.2, 0.1)}, "increasing"),
        ({"scale": 0.0}, "must be positive"),
        ({"seed": -1}, "not be negative"),
        ({"alpha": -1.0}, "alpha must be positive"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
