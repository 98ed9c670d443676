"""A-F4's verdicts on made results: each rule holds and fails where it should."""

import dataclasses

import numpy as np
import pytest

from widesym.study import statistics
from widesym.study.experiments.particle_views import ParticleViews
from widesym.study.findings.particle_views import findings
from widesym.study.store import Stored
from widesym.study.sweeps import SCHEMES

SPREAD = np.array([0.9, 1.0, 1.1])


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    """Intervals of made results are as wide with few resamples."""
    monkeypatch.setattr(statistics, "RESAMPLES", 100)


def made(precision="float64"):
    distance = np.zeros((2, 3, 3, len(SCHEMES)))  # (start, teacher, repetition, scheme)
    distance[0, 0, :, 0] = 0.09 * SPREAD
    distance[0, 0, :, 1] = 0.02 * SPREAD
    distance[0, 1:, :, :2] = 1e-4 * SPREAD[:, None]
    distance[0, :, :, 2:4] = 1e-30
    distance[1, :, :, :4] = 0.13 * SPREAD[:, None]
    return Stored({"distance": distance}, {}, ParticleViews(repetitions=3, precision=precision))


def verdicts(stored):
    return [check.verdict for check in findings(stored)]


def test_all_hold_on_a_result_that_follows_the_claims():
    assert verdicts(made()) == ["holds"] * 7


@pytest.mark.parametrize(
    ("where", "value", "place", "verdict"),
    [
        ((1, 2, 1, 4), 1e-6, 0, "fails"),
        ((0, 1, slice(None), 3), 1e-6, 1, "fails"),
        ((0, 0, slice(None), 1), 1e-5, 2, "fails"),
        ((0, 0, slice(None), 0), 1e-3, 3, "fails"),
        ((0, 1, slice(None), 0), 1e-2, 4, "fails"),
        ((0, 2, slice(None), 0), 1e-3 * SPREAD, 5, "inconclusive"),
        ((1, 1, slice(None), 3), 1e-3, 6, "fails"),
    ],
)
def test_each_rule_can_fail(where, value, place, verdict):
    stored = made()
    stored.arrays["distance"][where] = value
    assert verdicts(stored)[place] == verdict


def test_single_precision_does_not_claim_exact_paths():
    assert len(findings(made("float32"))) == 5
    assert dataclasses.replace(made().config, precision="float32") == made("float32").config
