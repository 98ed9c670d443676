"""A-X3's experiment: its shards, complete results, the limit that it measures against, what it refuses."""

import dataclasses

import numpy as np
import pytest

from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.rates import BINS, SCHEMES, Rates, gather, run_shard, shards

EXPERIMENT = get("beyond.rates")
TINY = Rates(
    line_sizes=(8, 16), line_repetitions=3, large_size=32, large_repetitions=2, cells=200,
    grids=(100, 200, 400), plane_sizes=(10, 20), plane_repetitions=3, plane_times=(0.5, 1.0),
    reference_size=60, references=2, nodes=6,
)  # fmt: skip


@pytest.fixture(scope="module")
def parts():
    return {shard: run_shard(TINY, shard) for shard in shards(TINY)}


@pytest.mark.parametrize("profile", ["quick", "default", "paper"])
def test_shards_cover_every_repetition_once(profile):
    config = EXPERIMENT.profiles[profile]
    names = shards(config)
    assert len(set(names)) == len(names)
    for kind, sizes, count in (
        ("line", config.line_sizes, config.line_repetitions),
        ("plane", config.plane_sizes, config.plane_repetitions),
    ):
        for N in sizes:
            seen = []
            for name in names:
                if name.startswith(f"{kind}:{N}:"):
                    first, last = map(int, name.split(":")[2].split("-"))
                    seen += range(first, last + 1)
            assert seen == list(range(count))


def test_gathered_results_are_complete(parts):
    found = gather(TINY, parts)
    for measure in ("total", "symmetric", "asymmetry", "transport"):
        assert found[f"line_{measure}"].shape == (2, 3, len(SCHEMES), 4)
        assert found[f"large_{measure}"].shape == (2, 4)
    for measure in ("total", "symmetric", "asymmetry"):
        assert found[f"plane_{measure}"].shape == (2, 3, len(SCHEMES), 2)
    assert found["line_earlier"].shape == (2, 3, len(SCHEMES), 3)
    assert found["density"].shape == (4, 200) and found["grid_transport"].shape == (2, 4)
    np.testing.assert_allclose(found["histogram"] @ np.diff(BINS), 1, atol=1e-12)
    assert all(np.isfinite(values).all() for values in found.values())


def test_errors_split_by_symmetry(parts):
    found = gather(TINY, parts)
    np.testing.assert_allclose(
        found["line_total"], found["line_symmetric"] + found["line_asymmetry"], rtol=1e-9, atol=1e-15
    )
    # in the plane the limit is known as a mean of symmetrised models: the split is exact there too
    np.testing.assert_allclose(
        found["plane_total"], found["plane_symmetric"] + found["plane_asymmetry"], rtol=1e-9, atol=1e-15
    )
    vanilla, fa = SCHEMES.index("vanilla"), SCHEMES.index("fa")
    assert (
        found["line_asymmetry"][:, :, fa, -1].mean() > 3 * found["line_asymmetry"][:, :, vanilla, -1].mean()
    )


def test_the_control_is_the_law_of_the_quarter_before(parts):
    # against the earlier law a cloud is nearer at the earlier time than at its own
    shard = parts["large"]
    assert (shard["earlier"].mean(axis=(0, 1)) > shard["total"][..., 1:].mean(axis=(0, 1))).all()


def test_a_repetition_does_not_depend_on_how_many_there_are(parts):
    more = run_shard(dataclasses.replace(TINY, plane_repetitions=5), "plane:20:0-4")
    for name, values in parts["plane:20:0-2"].items():
        np.testing.assert_array_equal(more[name][:3], values)


def test_the_seed_decides(parts):
    other = run_shard(dataclasses.replace(TINY, seed=7), "plane:10:0-2")
    assert (other["plain"] != parts["plane:10:0-2"]["plain"]).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"line_sizes": (10, 5)}, "increasing"),
        ({"line_teacher": (-1.0, 2.0)}, "positive and increasing"),
        ({"line_horizon": 0.3}, "multiple of 4"),
        ({"plane_times": (0.001, 1.0)}, "leave out the earliest times"),
        ({"reference_size": 300}, "twice the largest N"),
        ({"cells": 123}, "contain cells=123"),
        ({"grids": (100, 300, 400)}, "double"),
        ({"plane_repetitions": 0}, "at least 1"),
        ({"line_scale": 0.0}, "must be positive"),
        ({"seed": -1}, "not be negative"),
        ({"line_alpha": 0.0}, "alpha must be positive"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
