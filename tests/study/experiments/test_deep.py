"""A-X2's experiment: its shards, what it refuses, and the same numbers whoever computes them."""

import dataclasses

import numpy as np
import pytest

from widesym.meanfield.dynamics import Trajectory
from widesym.study import configure, deep_statements, load_record
from widesym.study.experiments import deep
from widesym.study.experiments.deep import EXPERIMENT, TENTHS, Deep, gather, run_shard, shards, teacher_of
from widesym.study.sweeps import PAIRS, SCHEMES

TINY = Deep(
    depths=(10, 12), neuron_depths=(10,), width=2, repetitions=2, teachers=("arbitrary", "SI"), horizon=0.5
)

# A record is recomputed on another machine, whose vector widths reorder float64 sums; vanilla training
# amplifies 1e-16 by far less than this.
SAME_RECORD = 1e-6


def test_profiles_are_the_papers_or_smaller():
    paper = EXPERIMENT.profiles["paper"]
    assert paper == Deep() and max(paper.depths) == 1000
    assert (paper.alpha, paper.horizon, paper.beta, paper.width) == (5.0, 5.0, 0.0, 5)


def test_shards_cover_every_cell_once_and_the_deepest_come_first():
    config = EXPERIMENT.profiles["paper"]
    *names, last = shards(config)
    assert last == "statements"
    seen = {}
    for name in names:
        unit, teacher, L, repetitions = name.split(":")
        first, end = map(int, repetitions.split("-"))
        for r in range(first, end + 1):
            seen[unit, teacher, int(L), r] = seen.get((unit, teacher, int(L), r), 0) + 1
    cells = (len(config.depths) + len(config.neuron_depths)) * len(config.teachers) * config.repetitions
    assert len(seen) == cells and set(seen.values()) == {1}
    depths = [int(name.split(":")[2]) for name in names]
    assert depths == sorted(depths, reverse=True)
    assert sum(name.startswith("matrix:WI:1000:") for name in names) == config.repetitions


@pytest.fixture(scope="module")
def tiny():
    return {shard: run_shard(TINY, shard) for shard in shards(TINY) if shard != "statements"}


def test_gathered_results_are_complete_and_in_their_places(tiny):
    found = gather(TINY, tiny)
    assert found["matrix_to_projection"].shape == (2, 2, 2, len(SCHEMES), deep.SNAPSHOTS)
    assert found["neuron_by_depth"].shape == (2, 1, 2, len(SCHEMES), TENTHS)
    assert found["matrix_between"].shape == (2, 2, 2, len(PAIRS))
    assert all(np.isfinite(values).all() for values in found.values())
    np.testing.assert_array_equal(found["matrix_risk"][1, 1], tiny["matrix:SI:12:0-1"]["risk"])
    np.testing.assert_array_equal(found["neuron_outputs"][0, 0], tiny["neuron:arbitrary:10:0-1"]["outputs"])
    # one particle more or less a tenth changes their weights, not what they are the parts of
    tenths, whole = found["matrix_by_depth"][0, 0, :, 0], found["matrix_to_projection"][0, 0, :, 0, -1]
    assert (tenths.min(axis=-1) <= whole).all() and (whole <= tenths.max(axis=-1)).all()


def test_every_quantity_is_measured_where_it_says(monkeypatch):
    """A made trajectory: in E^G until the end, when one layer of vanilla leaves by a known distance."""
    clouds = np.zeros((2, len(SCHEMES), deep.SNAPSHOTS, 10, 2, 4))
    clouds[...] = [0.6, 0.8, 0.8, 0.6]
    clouds[:, 0, -1, 3] += [0.1, 0.0, 0.0, -0.1]
    clouds[:, 1, 0] *= 2  # and sampled DA is elsewhere at first
    monkeypatch.setattr(deep, "simulate_deep", lambda *args, **options: Trajectory(np.arange(4), clouds))
    found = run_shard(TINY, "matrix:SI:10:0-1")
    kept, away = 2.0, 0.02  # squared norms of a particle, and of its way out
    expected = np.zeros(TENTHS)
    expected[3] = away / (2 * (2 * kept + away))
    np.testing.assert_allclose(found["by_depth"][1, 0], expected, atol=1e-15)
    assert found["to_projection"][0, 0, -1] == pytest.approx(away / (2 * (20 * kept + away)))
    assert found["to_projection"][:, :, :-1].max() < 1e-30 and found["to_projection"][:, 1:].max() < 1e-30
    vanilla_ea, sampled_ea = PAIRS.index(("vanilla", "ea")), PAIRS.index(("da-sampled", "ea"))
    assert found["between"][0, vanilla_ea] == pytest.approx(away / (2 * (20 * kept + away)))
    assert found["between"][0, sampled_ea] == 0  # at the end they are one
    np.testing.assert_allclose(found["path_gap"][0], [np.sqrt(away), np.sqrt(kept), 0, 0, 0], atol=1e-15)
    assert found["risk"][0, 0] != found["risk"][0, 4] == found["risk"][0, 1]


def test_schemes_that_must_coincide_do_and_others_do_not(tiny):
    for unit in deep.UNITS:
        gap = gather(TINY, tiny)[f"{unit}_path_gap"].max(axis=(0, 1, 2))
        assert gap[SCHEMES.index("da-orbit")] < 1e-10 and gap[SCHEMES.index("fa")] < 1e-10
        assert gap[SCHEMES.index("vanilla")] > 1e-3 and gap[SCHEMES.index("da-sampled")] > 1e-3


def test_a_repetition_does_not_depend_on_how_many_there_are(tiny):
    more = dataclasses.replace(TINY, repetitions=3)
    for name, values in tiny["matrix:SI:10:0-1"].items():
        np.testing.assert_array_equal(run_shard(more, "matrix:SI:10:0-2")[name][:2], values)


def test_exact_statements_hold_and_their_controls_do_not(monkeypatch):
    fewer = {"_DRAWS": 20, "NOISE_DEPTHS": (10,), "AVERAGING_DEPTHS": (1, 10), "LIMIT_DEPTHS": (10, 200)}
    for name, value in fewer.items():  # each depth is a compilation
        monkeypatch.setattr(deep_statements, name, value)
    found = run_shard(TINY, "statements")
    assert found["equivariance"][:, :2].max() < 1e-12 < 1e-3 < found["equivariance"][:, 2].min()
    assert found["averaging_gap"][:, 0].max() < 1e-12 < 1e-3 < found["averaging_gap"][:, 1:].min()
    assert found["broken_equivariance"] > 1e-3 and found["broken_gap"].min() > 1e-3
    assert found["noise_rmd"][0].max() < 1e-20 < 1e-4 < found["noise_rmd"][1].min()
    assert (np.diff(np.median(found["limit_error"], axis=1)) < 0).all()
    assert np.median(found["wrong_limit_error"][-1]) > 2 * np.median(found["limit_error"][-1])
    np.testing.assert_allclose(found["euler_error"][0] / found["euler_error"][-1], 20, rtol=0.1)
    assert gather(TINY, {"statements": found}).keys() == found.keys()


def test_the_seed_decides_the_runs_and_the_teachers_seed_the_neurons_teacher(tiny):
    other = dataclasses.replace(TINY, seed=7)
    assert (run_shard(other, "matrix:SI:10:0-1")["risk"] != tiny["matrix:SI:10:0-1"]["risk"]).any()
    np.testing.assert_array_equal(
        teacher_of(other, "neuron", "WI").theta, teacher_of(TINY, "neuron", "WI").theta
    )
    changed = dataclasses.replace(TINY, teacher_seed=7)
    assert (
        teacher_of(changed, "neuron", "WI").theta[0, 0] != teacher_of(TINY, "neuron", "WI").theta[0, 0]
    ).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"depths": (20, 10)}, "must increase"),
        ({"neuron_depths": (5, 10)}, "at least 10"),
        ({"width": 0}, "width must be at least 1"),
        ({"repetitions": 0}, "repetitions must be at least 1"),
        ({"teachers": ("WI", "wi")}, "arbitrary, WI, SI"),
        ({"horizon": 0.01}, "raise T"),
        ({"count": "units"}, "particles, layers"),
        ({"a": 0.0}, "a must be positive"),
        ({"noise": 0.0}, "noise must be positive"),
        ({"precision": "half"}, "float32, float64"),
        ({"backend": "gpu"}, "auto, jax, compiled"),
        ({"teacher_seed": -1}, "not be negative"),
        ({"alpha": -1.0}, "alpha must be positive"),
        ({"depth": 3}, "did you mean 'depths'"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)


@pytest.mark.parametrize("shard", ["matrix:WI:20:0-9", "neuron:arbitrary:10:0-9"])
def test_cells_of_the_record_come_out_again(shard):
    record = load_record(EXPERIMENT)
    assert record.config == EXPERIMENT.profiles["paper"]
    unit, teacher, L = shard.split(":")[:3]
    place = record.config.teachers.index(teacher), record.config.depths_of(unit).index(int(L))
    again = run_shard(record.config, shard)
    vanilla = SCHEMES.index("vanilla")
    for name, place_in in (("to_projection", (slice(None), vanilla, -1)), ("risk", (slice(None), vanilla))):
        found, recorded = again[name][place_in], record.arrays[f"{unit}_{name}"][place][place_in]
        np.testing.assert_allclose(found, recorded, rtol=SAME_RECORD)
        # negative control: another repetition is another number
        assert np.abs(found[0] / recorded[1] - 1) > SAME_RECORD
