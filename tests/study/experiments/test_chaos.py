"""A-S9's experiment: its shards, complete results, independent clouds, what it refuses."""

import dataclasses

import numpy as np
import pytest

from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.chaos import SETTINGS, Chaos, gather, run_shard, shards

EXPERIMENT = get("meanfield.chaos")
TINY = Chaos(
    sizes=(10, 30), repetitions=4, times=(0.5, 1.0), reference_size=100, references=3,
    transport_repetitions=2, nodes=6,
)  # fmt: skip


@pytest.fixture(scope="module")
def parts():
    names = shards(TINY)
    assert len(set(names)) == len(names)
    return {shard: run_shard(TINY, shard) for shard in names}


def test_gathered_results_are_complete(parts):
    found = gather(TINY, parts)
    assert found["output"].shape == (2, 2, 4, 2) and found["between"].shape == (2, 2, 2, 2)
    assert found["to_reference"].shape == found["reference_floor"].shape == (2, 2, 2)
    assert found["between_floor"].shape == (2, 2, 2) and found["control"].shape == (2, 2, 2)
    assert found["moment"].shape == (2, 2, 4, 2) and found["reference_spread"].shape == (2, 2)
    assert all(np.isfinite(values).all() and (values > 0).all() for values in found.values())


def test_clouds_of_one_size_are_independent_and_each_is_itself(parts):
    models = parts["clouds:WI:30"]["model"]
    for a in range(4):
        for b in range(a):
            assert np.abs(models[a] - models[b]).max() > 1e-3
    more = run_shard(dataclasses.replace(TINY, repetitions=6), "clouds:WI:30")["model"]
    np.testing.assert_array_equal(more[:4], models)


def test_large_clouds_differ_from_each_other_and_clouds_with_other_teachers_are_farther(parts):
    first, second = parts["transport:SI"]["models"]
    assert np.abs(first - second).max() > 1e-4
    found = gather(TINY, parts)
    assert found["control"][1].mean() > 2 * found["between"][SETTINGS.index("SI"), 1].mean()


def test_the_seed_decides(parts):
    other = run_shard(dataclasses.replace(TINY, seed=7), "clouds:SI:10")["between"]
    assert (other != parts["clouds:SI:10"]["between"]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": (10, 5)}, "increasing"),
        ({"times": (0.001, 1.0)}, "leave out the earliest times"),
        ({"repetitions": 5}, "even"),
        ({"references": 1}, "at least 2"),
        ({"reference_size": 300}, "twice the largest N"),
        ({"transport_repetitions": 99}, "from 1 to repetitions"),
        ({"nodes": 0}, "must be positive"),
        ({"seed": -1}, "not be negative"),
        ({"batch": 0}, "batch must be at least 1"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
