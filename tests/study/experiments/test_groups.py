"""A-X1's experiment: its shards, what it refuses, and its numbers against independent ones."""

import math

import numpy as np
import pytest

from widesym.groups import invariant_subspace
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.groups import (
    COLUMNS,
    NODE_FACTORS,
    NODED,
    SAMPLE_SIZES,
    SCHEMES,
    Gallery,
    arbitrary_cloud,
    dimensions,
    gather,
    run_shard,
    shards,
    trained,
)
from widesym.study.gallery import CASES, CHARACTERS, FAMILIES, FINITE, PAIRS

EXPERIMENT = get("beyond.groups")
TINY = Gallery(sizes=(8, 120), repetitions=2, cases=("c3", "so2"), averages=2, horizon=0.5)


def test_the_gallery_is_as_large_as_the_claim():
    several = [name for name in FINITE if len(FAMILIES[name].made) >= 3]
    assert len(several) >= 14 and len(FAMILIES) - len(FINITE) >= 7
    assert len(PAIRS) == len(set(PAIRS)) and all(made in CHARACTERS for _, made in PAIRS)


def test_units_have_a_proper_invariant_subspace():
    for name, case in CASES.items():
        unit = case.unit(case.nodes)
        assert 0 < invariant_subspace(unit.action).dim < unit.D, name
        assert (case.nodes > 0) == (not hasattr(unit.action.group, "table")), name


@pytest.mark.parametrize(
    ("group", "made", "dim", "null"),
    [
        ("S3", "V ⊗ V ⊗ V", 27, 5),  # Bell number
        ("Q8", "Hom(V, V)", 16, 4),  # quaternions from the other side
        ("SO(3)", "V ⊗ V ⊗ V", 27, 1),  # triple product
        ("O(3)", "V ⊗ V ⊗ V", 27, 0),
        ("D5", "regular", 10, 1),
    ],
)
def test_known_dimensions(group, made, dim, null):
    row = dict(zip(COLUMNS, dimensions(group, made, 0), strict=True))
    assert (row["dim"], row["null"]) == (dim, null)
    assert abs(row["averaged"] - null) < 1e-9 and abs(row["character"] - null) < 1e-9
    assert row["deviation"] < 1e-12 and row["incomplete"] > 1e-3
    assert math.isnan(row["perturbed"]) if null == 0 else row["perturbed"] > 1e-4


def test_shards_cover_everything_and_the_dearest_come_first():
    config = EXPERIMENT.profiles["default"]
    names = shards(config)
    assert len(names) == len(set(names))
    sizes = [int(name.split(":")[2]) for name in names if name.startswith("train")]
    assert len(sizes) == len(config.sizes) * len(CASES) and sizes == sorted(sizes, reverse=True)
    assert {name.split(":")[1] for name in names if name.startswith("dims")} == set(FAMILIES)


@pytest.fixture(scope="module")
def trained_parts():
    return {name: run_shard(TINY, name) for name in shards(TINY) if name.startswith(("train", "nodes:so2"))}


def test_trained_students_leave_and_return_as_they_should(trained_parts):
    part = trained_parts["train:c3:8"]
    assert part["to_projection"].shape == (2, 2, len(SCHEMES)) and part["fa_gap"].shape == (2, 2)
    assert (part["to_projection"][..., 0] > 1e-12).all()  # vanilla leaves
    assert part["to_projection"][..., 2].max() < 1e-20 and part["fa_gap"].max() < 1e-10  # FA is EA
    large = trained_parts["train:so2:120"]
    assert np.isnan(large["to_projection"][..., 2]).all() and np.isnan(large["fa_gap"]).all()


def test_teachers_share_draws_and_seeds_do_not(trained_parts):
    again = trained(TINY, "c3", 8)
    assert np.array_equal(again["to_projection"], trained_parts["train:c3:8"]["to_projection"])
    other = trained(
        configure(EXPERIMENT, "quick", cases=("c3",), repetitions=2, horizon=0.5, seed=1), "c3", 8
    )
    assert not np.array_equal(again["to_projection"], other["to_projection"])


def test_teachers_follow_their_own_seed():
    unit = CASES["c3"].unit(0)
    same, other = (Gallery(seed=1), Gallery(seed=2)), Gallery(teacher_seed=1)
    assert np.array_equal(*(arbitrary_cloud(config, unit) for config in same))
    assert not np.array_equal(arbitrary_cloud(same[0], unit), arbitrary_cloud(other, unit))


def test_node_errors_fall_on_the_circle(trained_parts):
    part = trained_parts["nodes:so2"]
    assert part["node_linear"].shape == part["node_model"].shape == (len(NODE_FACTORS),)
    assert part["node_linear"].max() < 1e-12
    assert (np.diff(np.log10(part["node_model"])) < -1).all()


def test_gathered_arrays_stand_in_their_places():
    parts = {}
    for name in shards(TINY):
        kind, rest = name.split(":", 1)
        if kind == "dims":
            rows = [[PAIRS.index((rest, made))] * len(COLUMNS) for made in FAMILIES[rest].made]
            parts[name] = {"dims": np.array(rows, float)}
        elif kind == "train":
            case, N = rest.split(":")
            value = 10.0 * TINY.cases.index(case) + TINY.sizes.index(int(N))
            parts[name] = {"fa_gap": np.full((2, 2), value)}
        elif kind == "sampled":
            parts[name] = {"sampled_squares": np.full((len(SAMPLE_SIZES), 2), float(rest))}
        else:
            parts[name] = {"node_linear": np.full(len(NODE_FACTORS), NODED.index(rest))}
    found = gather(TINY, dict(reversed(parts.items())))
    assert np.array_equal(found["dims"][:, 0], np.arange(len(PAIRS)))
    assert np.array_equal(found["fa_gap"][:, :, 0, 0], [[0, 1], [10, 11]])
    assert np.array_equal(found["sampled_squares"][:, 0, 0], np.arange(len(found["sampled_squares"])))
    assert np.array_equal(found["node_linear"][:, 0], np.arange(len(NODED)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sizes": ()}, "sizes must be positive and increasing"),
        ({"sizes": (10, 10)}, "sizes must be positive and increasing"),
        ({"repetitions": 0}, "repetitions must be at least 1"),
        ({"averages": 1}, "averages at least 2"),
        ({"cases": ("c3", "c3")}, "cases must be distinct names"),
        ({"cases": ("c9",)}, "cases must be distinct names out of c3, d3"),
        ({"horizon": 0.01}, "raise the horizon"),
        ({"scale": 0.0}, "scale must be positive"),
        ({"spread": -1.0}, "spread and scale must be positive"),
        ({"seed": -1}, "seed and teacher_seed must not be negative"),
        ({"teacher_seed": -1}, "seed and teacher_seed must not be negative"),
        ({"alpha": 0.0}, "alpha must be positive"),
    ],
)
def test_bad_numbers_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        configure(EXPERIMENT, "quick", **changes)
