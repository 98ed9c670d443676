"""A-F2's experiment: its shards, its teachers, what it refuses, and what rules and seeds share."""

import dataclasses

import jax
import numpy as np
import pytest

from widesym.groups import invariant_subspace
from widesym.meanfield.discovery import ENDS, depart
from widesym.meanfield.laws import strong_deviation, weak_deviation
from widesym.meanfield.units import check_equivariance
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.discovery import (
    CASES,
    FLOOR,
    DiscoveryStudy,
    gather,
    run_shard,
    runs,
    seed_key,
    shards,
    teacher,
)

EXPERIMENT = get("meanfield.discovery")
TINY = DiscoveryStudy(cases=("C2", "S3"), seeds=2, N=20, batch=200, horizon=1.0, horizon_drawn=1.0)


def test_shards_cover_every_search_once():
    config = EXPERIMENT.profiles["paper"]
    seen = np.zeros((len(runs(config)), config.seeds), int)
    for shard in shards(config):
        *run, seeds = shard.split(":")
        first, last = map(int, seeds.split("-"))
        seen[runs(config).index(tuple(run)), first : last + 1] += 1
    assert (seen == 1).all() and seen.shape == (15, 100)
    dims = [CASES[shard.split(":")[0]]().D for shard in shards(config)]
    assert dims == sorted(dims, reverse=True)  # the dearest first


@pytest.mark.parametrize(
    ("case", "dim", "D"), [("C2", 2, 4), ("C3", 3, 9), ("S3", 2, 9), ("C4", 2, 6), ("D4", 2, 6)]
)
def test_units_are_equivariant_with_the_invariant_subspaces_told(case, dim, D, key):
    unit = CASES[case]()
    check_equivariance(unit, key)
    fixed = invariant_subspace(unit.action)
    assert (fixed.dim, fixed.ambient) == (dim, D)


def test_drawn_teachers_are_weakly_invariant_and_far_is_farther():
    unit, config = CASES["S3"](), DiscoveryStudy()
    found = {name: teacher(config, unit, name, seed_key(config, "S3", 0)) for name in ("near", "far")}
    for data in found.values():
        assert weak_deviation(data.theta, unit.action) < 1e-12 and data.theta.shape == (30, 9)
    near, far = (strong_deviation(found[name].theta, unit.action) for name in ("near", "far"))
    assert 1e-3 < near < far
    fixed = invariant_subspace(unit.action).projector
    np.testing.assert_allclose(found["near"].theta @ fixed, found["far"].theta @ fixed, atol=1e-12)
    across = [found[name].theta - found[name].theta @ fixed for name in ("near", "far")]
    np.testing.assert_allclose(across[0] * 3, across[1], atol=1e-12)
    other = teacher(config, unit, "near", seed_key(config, "S3", 1))
    assert (other.theta != found["near"].theta).any()


@pytest.fixture(scope="module")
def tiny():
    return gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})


def test_gathered_results_are_complete_and_consistent(tiny):
    order = runs(TINY)
    assert len(order) == 6 and tiny["rmd"].shape == (6, 2, 5) and tiny["ends"].shape == (6, 5, 20, 9)
    assert np.isfinite(tiny["rmd"][:, :, 0]).all() and np.isfinite(tiny["sine"]).all()
    np.testing.assert_array_equal(tiny["true_dim"], 2)
    for i, (case, _, rule) in enumerate(order):
        assert np.isfinite(tiny["floor"][i]).all() == (rule == "singular")
        D = CASES[case]().D
        assert np.isnan(tiny["directions"][i, :, :, D:]).all()
        for s in range(2):
            steps = int(np.isfinite(tiny["rmd"][i, s]).sum())
            ended = ENDS[int(tiny["ended"][i, s])]
            left = tiny["rmd"][i, s, :steps] > TINY.threshold
            assert left[:-1].all() and left[-1] == (ended != "stays")
            assert tiny["dim"][i, s] == steps - (ended != "whole")
            assert np.isfinite(tiny["angle"][i, s]).sum() == steps + (ended == "whole")
            assert np.isfinite(tiny["directions"][i, s, :, 0]).sum() == left.sum()
        clouds = tiny["ends"][i, :, :, :D]
        assert np.isfinite(clouds).all(axis=(1, 2)).sum() == np.isfinite(tiny["rmd"][i, 0]).sum()


def test_distances_are_those_of_the_stored_clouds_and_the_floor_that_of_the_invariant_subspace(tiny):
    for i, (case, name, rule) in enumerate(runs(TINY)):
        unit = CASES[case]()
        for j in np.flatnonzero(np.isfinite(tiny["rmd"][i, 0])):
            end = tiny["ends"][i, j, :, : unit.D]
            assert tiny["symmetrised"][i, 0, j] == pytest.approx(weak_deviation(end, unit.action), abs=1e-12)
        if rule == "singular":
            key = seed_key(TINY, case, 0)
            data, fixed = teacher(TINY, unit, name, key), invariant_subspace(unit.action)
            escape = depart(data, jax.random.fold_in(key, FLOOR), fixed, TINY.search(case, rule))
            assert tiny["floor"][i, 0] == escape.rmd_squared


def test_the_rules_share_the_first_two_steps(tiny):
    """From {0} both rules take the mean, so they differ from the second direction on."""
    singular, mean = (runs(TINY).index(("C2", "WI", rule)) for rule in ("singular", "mean"))
    np.testing.assert_array_equal(tiny["rmd"][singular, :, :2], tiny["rmd"][mean, :, :2])
    assert (tiny["directions"][singular, :, 1] != tiny["directions"][mean, :, 1])[:, :4].any()


def test_a_seed_does_not_depend_on_how_many_there_are_and_the_seed_decides(tiny):
    shard = "C2:WI:singular:0-1"
    more = run_shard(dataclasses.replace(TINY, seeds=3), "C2:WI:singular:0-2")
    np.testing.assert_array_equal(more["rmd"][:2], tiny["rmd"][0])
    other = run_shard(dataclasses.replace(TINY, seed=7), shard)
    assert (other["singular_values"][:, 0] != tiny["singular_values"][0, :, 0, :4]).all(axis=None) or (
        other["sine"] != tiny["sine"][0]
    ).any()
    assert not np.array_equal(
        jax.random.key_data(seed_key(TINY, "C2", 0)), jax.random.key_data(seed_key(TINY, "S3", 0))
    )


def test_gathered_seeds_stand_in_their_places():
    config = DiscoveryStudy(cases=("C2",), seeds=12)
    parts = {}
    for shard in shards(config):
        first, last = map(int, shard.split(":")[-1].split("-"))
        parts[shard] = {"sine": np.arange(first, last + 1.0)}
    assert len(parts) == 6
    np.testing.assert_array_equal(gather(config, parts)["sine"], np.tile(np.arange(12.0), (3, 1)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cases": ("C3", "C2")}, "C2 first"),
        ({"cases": ("C2", "C9")}, "out of C2, C3, S3, C4, D4"),
        ({"cases": ("C2", "C2")}, "distinct"),
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"particles": 0}, "particles must be at least 1"),
        ({"across": 0.0}, "must be positive"),
        ({"max_dim": 2}, "max_dim must be 3 or 4"),
        ({"precision": "half"}, "float32, float64"),
        ({"backend": "gpu"}, "auto, jax, compiled"),
        ({"seed": -1}, "not be negative"),
        ({"threshold": 0.7}, r"in \(0, 1/2\)"),
        ({"horizon_drawn": 0.0}, "a step or more"),
        ({"alpha": -1.0}, "alpha must be positive"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "default", **change)
