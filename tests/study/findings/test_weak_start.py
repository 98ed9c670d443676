"""A-F3's verdicts on made results: each rule holds, fails and is not run where it should."""

import numpy as np
import pytest

from widesym.study import statistics
from widesym.study.experiments.weak_start import FREE, LEAVING, WeakStart
from widesym.study.findings.weak_start import findings, ratio_row
from widesym.study.store import Stored
from widesym.study.sweeps import PAIRS, SCHEMES

SIZES = (5, 10, 50, 100, 500, 1000)
SPREAD = np.array([0.97, 0.99, 1.01, 1.03])
EA = SCHEMES.index("ea")


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    """Intervals of made results are as wide with few resamples."""
    monkeypatch.setattr(statistics, "RESAMPLES", 100)


def made(*, sizes=SIZES, starts=("WI", "SI"), teachers=("arbitrary", "WI", "SI")):
    """A result in which everything holds."""
    config = WeakStart(sizes=sizes, repetitions=4, starts=starts, teachers=teachers)
    N = np.array(sizes, float)
    floor = 0.15 * (N / 5) ** -0.5
    floor[N == 500] = 0.0102
    if 5 in sizes:
        floor[N == 5] = 0.067
    lead = (len(teachers), len(sizes), 4)
    spread = floor[None, :, None, None] * SPREAD[None, None, :, None]
    to_symmetrised = np.broadcast_to(spread, (*lead, len(SCHEMES))).copy()
    to_symmetrised[..., EA] = 0
    strong = np.broadcast_to((1.0 / N**2)[None, :, None, None] * SPREAD[:, None], (*lead, 2)).copy()
    between = np.broadcast_to((2.0 / N**2)[None, :, None, None] * SPREAD[:, None], (*lead, len(PAIRS))).copy()
    if "arbitrary" in teachers:
        place = teachers.index("arbitrary")
        to_symmetrised[place, ..., 0] = 0.12 * SPREAD
        strong[place, ..., 0] = 0.13 * SPREAD
        between[place] = 0.1
    arrays = {
        "to_symmetrised": to_symmetrised,
        "floor": np.repeat((spread * np.ones(len(FREE)))[..., None], 2, axis=-1)
        * np.ones((lead[0], 1, 1, 1, 1)),
        "to_projection": np.full((*lead, len(SCHEMES)), 0.14),
        "between": between,
        "strong_to_symmetrised": strong,
        "strong_floor": np.full((*lead, len(LEAVING), 2), 0.01),
    }
    return Stored(arrays, {}, config)


def verdicts(stored):
    return [check.verdict for check in findings(stored)]


def test_all_hold_on_a_result_that_follows_the_claims():
    assert verdicts(made()) == ["holds"] * 16


def put(name, index, value):
    def spoil(stored):
        array = stored.arrays[name]
        array[index] = value * (SPREAD if array[index].ndim and array[index].shape[-1] == 4 else 1.0)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "place", "verdict"),
    [
        (put("to_symmetrised", (1, slice(None), slice(None), 3), 0.05), 0, "fails"),  # FA does not fall
        (put("to_symmetrised", (2, 5, slice(None), 1), 1e-4), 1, "fails"),  # falls too fast
        (put("to_symmetrised", (0, 5, slice(None), 0), 1e-4), 2, "fails"),  # the control falls
        (put("to_symmetrised", (0, 5, slice(None), 2), 0.1), 3, "fails"),  # DA is far from its floor
        (put("to_symmetrised", (1, 5, slice(None), 0), 0.02), 4, "fails"),
        (put("floor", (2, 5), 1e-3), 5, "fails"),
        (put("to_symmetrised", (0, 5, slice(None), 0), 0.015), 6, "fails"),  # the control is near its floor
        (put("to_symmetrised", (1, 0, 2, EA), 1e-6), 7, "fails"),
        (put("between", (1, 5, slice(None), 1), 0.05), 8, "fails"),
        (put("between", (2, 5, slice(None), 2), 0.05), 9, "fails"),
        (put("between", (0, 5), 1e-3), 10, "fails"),
        (put("to_projection", (2, 5, slice(None), 1), 1e-3), 11, "fails"),
        (put("to_symmetrised", (1, 4, slice(None), 0), 0.05), 12, "fails"),
        (put("strong_to_symmetrised", (1, 5, slice(None), 0), 0.04), 13, "fails"),
        (put("strong_to_symmetrised", (2, 5, slice(None), 0), 4.05e-4), 14, "inconclusive"),
        (put("strong_floor", (0, 5), 0.13), 15, "fails"),
    ],
)
def test_each_rule_can_fail(spoil, place, verdict):
    stored = made()
    spoil(stored)
    assert verdicts(stored)[place] == verdict


def test_the_ratio_is_over_the_mean_floor():
    stored = made()
    stored.arrays["floor"][1, 5, :, 0] *= np.array([0.5, 1.5])
    np.testing.assert_allclose(ratio_row(stored, "vanilla", "WI")[1000], 1.0)


def test_a_run_that_is_too_small_says_so():
    assert set(verdicts(made(sizes=(7, 20)))) == {"not run at this scale", "holds"}
    assert verdicts(made(sizes=(7, 20))).count("holds") == 1  # EA
    assert set(verdicts(made(teachers=("WI",), starts=("WI",)))) == {"not run at this scale", "holds"}


def test_the_scale_is_shown():
    assert {check.scale for check in findings(made(), scale="record")} == {"record"}
