"""A-S8's verdicts on made results: each rule holds, fails and is not run where it should."""

import numpy as np
import pytest

from widesym.study.experiments.escape import FACTORS, Escape
from widesym.study.findings.escape import WALK, findings, levels, walk_exponent
from widesym.study.store import Stored

SPREAD = np.array([0.8, 0.9, 1.0, 1.1, 1.2])
SIZES = (10, 50, 100, 200, 400, 800)


def made(*, sizes=SIZES, wide=-1.0, narrow=-2.6, arbitrary=0.0, ea=1e-32, level=1.0, walk=40.0, law=None):
    """A result in which everything holds, but for what the arguments spoil."""
    config = Escape(
        sizes=sizes, repetitions=5, predicted_at=sizes[-1], predicted_repetitions=5, early_times=(0.05, 0.1)
    )
    N, T = np.array(sizes, float), len(config.times)
    shape = np.where(N >= 200, (N / 200) ** wide, (N / 200) ** narrow)
    escape = np.broadcast_to(
        (2e-5 * level * shape)[:, None, None] * SPREAD[:, None], (2, len(N), 5, T)
    ).copy()
    predicted = np.broadcast_to(N[-1] * 2e-5 * (N[-1] / 200) ** -1.0 * SPREAD[:, None], (2, 5, T)).copy()
    arrays = {
        "escape": escape,
        "ea": np.full((2, len(N), 6, T), ea),
        "arbitrary": np.broadcast_to((0.09 * N**arbitrary)[:, None, None], (len(N), 6, T)).copy(),
        "predicted": predicted,
        "walk": walk * predicted,
    }
    for factor in FACTORS:
        values = np.array(config.law_values(factor), float)
        power = (law or {}).get(factor, WALK[factor])
        arrays[f"law_{factor}"] = np.stack([c * values[:, None] ** power * SPREAD for c in (1.0, 7.0)])
    return Stored(arrays, {}, config)


def verdicts(stored):
    return [check.verdict for check in findings(stored)]


def test_all_hold_on_a_result_that_follows_the_theory():
    assert verdicts(made()) == ["holds"] * 15


@pytest.mark.parametrize(
    ("spoiled", "places", "verdict"),
    [
        ({"ea": 1e-9}, (1,), "fails"),
        ({"wide": -0.1}, (2, 4), "fails"),
        ({"wide": -2.0}, (2, 4), "fails"),
        ({"wide": -0.55}, (2, 4), "inconclusive"),
        ({"narrow": -1.0}, (3, 5), "fails"),
        ({"arbitrary": -0.5}, (6,), "fails"),
        ({"law": {"N": -0.4}}, (7,), "fails"),
        ({"law": {"T": 2.0}}, (8,), "fails"),
        ({"law": {"alpha": 1.0}}, (9,), "fails"),
        ({"law": {"B": 0.0}}, (10,), "fails"),
        ({"level": 5.0}, (11, 13), "fails"),
        ({"level": 0.2}, (11, 13), "fails"),
        ({"walk": 1.0}, (12, 14), "fails"),
    ],
)
def test_each_rule_can_fail(spoiled, places, verdict):
    found = verdicts(made(**spoiled))
    assert {found[place] for place in places} == {verdict}


def test_one_repetition_that_stays_is_seen():
    stored = made()
    stored.arrays["escape"][0, 3, 2, -1] = 1e-20
    assert verdicts(stored)[0] == "fails"


def test_one_wrong_time_decides_the_level():
    stored = made()
    stored.arrays["escape"][1, -2:, :, 3] *= 4
    found = findings(stored)
    assert [found[11].verdict, found[13].verdict] == ["holds", "fails"]
    assert f"T = {stored.config.times[3]:g}" in found[13].measured
    assert levels(stored, "SI")[3][0] == pytest.approx(4.0)


def test_teachers_are_pooled_at_their_own_levels():
    value, interval = walk_exponent(made(), "alpha")
    assert value == pytest.approx(2.0) and interval[0] > 1.8 and interval[1] < 2.2


def test_a_run_that_is_too_small_says_so():
    found = verdicts(made(sizes=(10, 40)))
    assert [found[i] for i in (2, 4, 6)] == ["not run at this scale"] * 3
    assert found[-2:] == ["not run at this scale"] * 2 and len(found) == 13
