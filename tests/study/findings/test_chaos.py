"""A-S9's verdicts on made results: each rule holds, fails and is not run where it should."""

import numpy as np
import pytest

from widesym.study.experiments.chaos import Chaos
from widesym.study.findings.chaos import against_floor, findings
from widesym.study.store import Stored

SPREAD = np.array([0.9, 0.95, 1.0, 1.05, 1.1, 1.0])
SIZES = (50, 100, 200, 400, 800)


def made(*, sizes=SIZES, model=-1.0, clouds=(-0.75, -0.48), above=0.8, control=0.0, apart=0.3):
    """A result in which everything holds, but for what the arguments spoil."""
    config = Chaos(sizes=sizes, repetitions=12, transport_repetitions=6)
    N, T = np.array(sizes, float), len(config.times)
    between = np.stack([0.5 * N[:, None] ** power * SPREAD for power in clouds])  # (2, sizes, pairs)
    wide = np.ones(T)
    arrays = {
        "output": np.stack([1e-3 * N[:, None, None] ** model * np.tile(SPREAD, 2)[:, None] * wide] * 2),
        "between": between[..., None] * wide,
        "to_reference": between,
        "between_floor": between / above,
        "reference_floor": between / above,
        "control": apart * N[:, None, None] ** control * SPREAD[:, None] * wide,
    }
    return Stored(arrays, {}, config)


def verdicts(stored):
    return [check.verdict for check in findings(stored)]


def test_all_hold_on_a_result_that_follows_the_theory():
    assert verdicts(made()) == ["holds"] * 10


@pytest.mark.parametrize(
    ("spoiled", "places", "verdict"),
    [
        ({"model": -0.4}, (0, 4), "fails"),
        ({"model": -2.0}, (0, 4), "fails"),
        ({"model": 0.0}, (0, 4), "fails"),
        ({"clouds": (-0.2, -0.48)}, (1,), "fails"),
        ({"clouds": (-1.5, -0.48)}, (1,), "fails"),
        ({"clouds": (-0.75, -0.1)}, (5,), "fails"),
        ({"clouds": (-0.75, -0.9)}, (5,), "fails"),
        ({"above": 1.5}, (2, 3, 6, 7), "fails"),
        ({"control": -0.75, "apart": 30.0}, (8,), "fails"),
        ({"apart": 0.01}, (9,), "fails"),
    ],
)
def test_each_rule_can_fail(spoiled, places, verdict):
    found = verdicts(made(**spoiled))
    assert {found[place] for place in places} == {verdict}


def test_one_bad_time_decides_and_is_named():
    stored = made()
    stored.arrays["output"][1, :, :, 1] = 1e-3
    check = findings(stored)[4]
    assert check.verdict == "fails" and "T = 2" in check.measured


def test_the_floor_is_compared_size_by_size():
    found = against_floor(made(above=0.5), "between", "SI")
    assert list(found) == list(SIZES) and found[200][0] == pytest.approx(0.5)


def test_a_run_that_is_too_small_says_so():
    found = verdicts(made(sizes=(50, 200)))
    assert [found[1], found[5]] == ["not run at this scale"] * 2
    assert verdicts(made(sizes=(50,)))[0] == "not run at this scale"
