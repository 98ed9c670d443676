"""Your own group: the whole chain in small, with groups that the papers do not have, and bad input."""

import dataclasses

import numpy as np
import pytest

from widesym.groups import invariant_subspace
from widesym.study import configure
from widesym.study.configs import as_fields, from_fields
from widesym.study.experiments import get
from widesym.study.experiments.own_group import SCHEMES, OwnGroup, gather, own_teacher, run_shard, shards
from widesym.study.findings.own_group import findings, lost, scheme_row
from widesym.study.store import Stored

EXPERIMENT = get("beyond.own-group")
TINY = OwnGroup(sizes=(5, 20), repetitions=3, horizon=6.0, search_batch=100, search_particles=40)
SHIFT = {"inputs": ((1, 2, 0),), "outputs": ((1, 2, 0),), "unit": "matrix"}
CIRCLE = {"inputs": (), "outputs": (), "lie_inputs": (((0, -1), (1, 0)),), "lie_outputs": (((0,),),)}
BALL = {
    "inputs": (),
    "outputs": (),
    "lie_inputs": (((0, -1, 0), (1, 0, 0), (0, 0, 0)), ((0, 0, 0), (0, 0, -1), (0, 1, 0))),
    "lie_outputs": (((0,),), ((0,),)),
}


def stored(config, *, leave_out=()):
    parts = {s: run_shard(config, s) for s in shards(config) if s not in leave_out}
    return Stored(gather(config, parts), {}, config)


@pytest.fixture(scope="module")
def tiny():
    return stored(TINY)


def test_square_has_its_order_name_and_two_invariant_dimensions(tiny):
    found = tiny.arrays
    assert (found["name"], found["order"], list(found["shape"])) == ("D4", 8, [3, 1, 4])
    assert [found[f"dimension_by_{way}"] for way in ("null_space", "average", "character")] == [2, 2, 2]
    np.testing.assert_allclose(found["projector"], np.diag([0.0, 0, 1, 1]), atol=1e-12)
    assert found["deviation"] < 1e-14 < 1e-2 < found["control"]
    # the table is that of the words
    assert found["table"].shape == (8, 8) and list(found["words"][:3]) == ["1", "s1", "s2"]


def test_ea_stays_fa_follows_it_and_vanilla_leaves(tiny):
    found = tiny.arrays
    distance, gap = found["to_projection"], found["path_gap"]
    assert distance.shape == (2, 2, 3, 4)
    assert distance[..., SCHEMES.index("ea")].max() < 1e-28
    assert gap[..., SCHEMES.index("fa")].max() < 1e-9
    assert gap[..., SCHEMES.index("vanilla")].min() > 1e-4
    arbitrary, symmetric = np.median(distance[..., SCHEMES.index("vanilla")], axis=2)
    assert (arbitrary > 10 * symmetric).all()


def test_discovery_compares_with_the_true_subspace(tiny):
    found = tiny.arrays
    assert found["found_from"] == "WI" and len(found["left_by"]) >= 1
    assert np.trace(found["found_projector"]) == pytest.approx(found["found_dimension"])
    assert found["found_control"] > 0.05


def test_teachers_have_the_symmetry_of_their_name():
    unit = TINY.described().unit
    arbitrary, WI, SI = (own_teacher(TINY, name).theta for name in ("arbitrary", "WI", "SI"))
    assert len(WI) == 8 * len(arbitrary)
    images = np.sort((WI @ unit.action.matrices[3].T).round(9), axis=0)
    np.testing.assert_array_equal(images, np.sort(WI.round(9), axis=0))
    projector = invariant_subspace(unit.action).projector
    np.testing.assert_allclose(SI, arbitrary @ projector, atol=1e-12)


def test_findings_name_each_step_with_its_control(tiny):
    steps = findings(tiny)
    assert [step.verdict for step in steps[:5]] == ["holds"] * 5
    assert sum(step.question.startswith("Control") for step in steps) == 4
    assert {step.verdict for step in steps} <= {"holds", "fails", "inconclusive", "not run at this scale"}
    assert not lost(tiny)


def test_a_wrong_number_is_seen_to_fail(tiny):
    broken = {
        "deviation": 1e-6,
        "dimension_by_character": 3,
        "projector_gap": 1e-9,
        "control": 0.0,
        "found_dimension": 3,
    }
    for name, value in broken.items():
        worse = Stored({**tiny.arrays, name: value}, {}, TINY)
        before, after = findings(tiny), findings(worse)
        changed = [b for a, b in zip(before, after, strict=True) if a != b]
        assert [step.verdict for step in changed] == ["fails"], name


def test_permutations_and_the_matrix_unit():
    config = dataclasses.replace(TINY, **SHIFT, sizes=(5,), repetitions=2)
    found = stored(config, leave_out=("discovery",)).arrays
    assert (found["name"], found["dimension_by_character"], list(found["shape"])) == ("C3", 3, [3, 3, 9])
    assert found["path_gap"][..., SCHEMES.index("fa")].max() < 1e-9


def test_a_circle_is_represented_by_turns():
    config = dataclasses.replace(TINY, **CIRCLE, sizes=(5,), repetitions=2)
    found = stored(config, leave_out=("discovery",)).arrays
    assert found["closed"] and found["order"] == 16 and found["node_error"] < 1e-12
    assert [found[f"dimension_by_{way}"] for way in ("null_space", "average", "character")] == [1, 1, 1]
    assert found["projector_gap"] < 1e-12
    assert found["path_gap"][..., SCHEMES.index("fa")].max() < 1e-9


def test_rotations_of_space_are_represented_by_samples():
    config = dataclasses.replace(TINY, **BALL)
    found = run_shard(config, "group")
    assert not found["closed"] and found["node_error"] > 0.01
    assert [found[f"dimension_by_{way}"] for way in ("null_space", "average", "character")] == [1, 1, 1]
    assert 1e-4 < found["projector_gap"] < found["projector_allowed"] < 0.05


@pytest.mark.parametrize("alpha", [500.0, 1e9])  # huge numbers, and numbers that are not finite
def test_a_cloud_that_goes_to_infinity_is_told_and_stops_nothing(alpha):
    config = dataclasses.replace(TINY, alpha=alpha, sizes=(5,), repetitions=2)
    result = stored(config)
    assert np.isnan(result.arrays["to_projection"]).all() and len(lost(result)) == 2
    assert "a smaller alpha" in lost(result)[0]
    assert not scheme_row(result, "to_projection", "vanilla", "WI")
    assert {step.verdict for step in findings(result)[5:]} == {"not run at this scale"}


def test_one_meaning_has_one_config_and_survives_the_store():
    lists = configure(EXPERIMENT, "quick", inputs=[[[0, -1], [1, 0]]], outputs=[[0]])
    floats = configure(EXPERIMENT, "quick", inputs=(((0.0, -1.0), (1.0, 0.0)),), outputs=((0,),))
    arrays = configure(EXPERIMENT, "quick", inputs=[np.array([[0, -1], [1, 0]])], outputs=[[np.int64(0)]])
    # the store's key is made from these: 1 and 1.0 must not differ
    assert repr(as_fields(lists)) == repr(as_fields(floats)) == repr(as_fields(arrays))
    assert from_fields(OwnGroup, as_fields(lists)) == lists


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": []}, "no generators on inputs"),
        ({"inputs": 5}, "parameter 'inputs' must be tuple"),
        ({"inputs": [[{}]]}, "inputs holds {}: entries are numbers"),
        ({"inputs": [[None, 1]]}, "inputs holds None"),
        ({"outputs": [[0]]}, "2 generators on inputs and 1 on outputs"),
        ({"inputs": [[[2, 0], [0, 1]]], "outputs": [[0]]}, "is not orthogonal"),
        ({"inputs": [[["cos(1)", "-sin(1)"], ["sin(1)", "cos(1)"]]], "outputs": [[0]]}, "too many to"),
        ({"inputs": [[1, 2, 0]], "outputs": [[1, 0]]}, "s1^3 = 1 on inputs, but not on outputs"),
        ({"unit": "matrix", "outputs": [[[0, -1], [1, 0]], [[1, 0], [0, -1]]]}, "not jointly equivariant"),
        ({"unit": "nuron"}, "unknown unit 'nuron'"),
        ({"activation": "selu"}, "unknown activation 'selu'"),
        ({"unit": "custom", "formula": "open(x)", "action": [[0], [0]]}, "the function open is unknown"),
        ({"sizes": (20, 5)}, "positive and increasing"),
        ({"sizes": (5, 20_000)}, "sizes go to N=10000"),
        ({"sizes": "many"}, "parameter 'sizes' must be a tuple"),
        ({"repetitions": 0}, "repetitions must be at least 1"),
        ({"teachers": ("WI", "best")}, "teachers must be distinct names"),
        ({"teacher_particles": 0}, "at least 1 particle"),
        ({"horizon": 0.1}, "raise T"),
        ({"alpha": -1.0}, "alpha must be positive"),
        ({"threshold": 0.7}, "threshold must lie in"),
        ({"nodes": 0}, "nodes must be from 1"),
        ({"inputz": []}, "did you mean 'inputs'"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_one_sentence(change, message):
    with pytest.raises(ValueError) as caught:
        configure(EXPERIMENT, "quick", **change)
    assert message in str(caught.value) and "\n" not in str(caught.value)
