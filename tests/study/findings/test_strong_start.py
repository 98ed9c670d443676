"""A-F1's verdicts on made results: each rule holds, fails and is not run where it should."""

import numpy as np
import pytest

from widesym.study.experiments.strong_start import PAIRS, SCHEMES, StrongStart
from widesym.study.findings.strong_start import REFERENCE, findings
from widesym.study.store import Stored

SIZES = (5, 10, 50, 100, 500, 1000)


def made(*, sizes=SIZES, precision="float64", vanilla=None, gap=1e-12, fa_gap=1e-6):
    """A result in which everything holds, but for what the arguments spoil."""
    config = StrongStart(sizes=sizes, repetitions=4, precision=precision)
    spread = np.array([0.97, 0.99, 1.01, 1.03])
    to_projection = np.full((3, len(sizes), 4, len(SCHEMES)), 1e-30)
    for t, teacher in enumerate(config.teachers):
        for n, N in enumerate(sizes):
            level = 0.1 if teacher == "arbitrary" else min(0.03, 3.0 / N**2)
            level = (vanilla or {}).get((teacher, N), level)
            for s, name in enumerate(SCHEMES[:2]):
                to_projection[t, n, :, s] = spread * REFERENCE.get((name, teacher), {}).get(N, level)
            to_projection[t, n, :, 0] = spread * (vanilla or {}).get(
                (teacher, N), REFERENCE[("vanilla", teacher)].get(N, level)
            )
    path_gap = np.zeros((3, len(sizes), 4, len(SCHEMES)))
    path_gap[..., SCHEMES.index("da-orbit")] = gap
    path_gap[..., SCHEMES.index("fa")] = gap
    path_gap[:, :2, :, SCHEMES.index("fa")] = fa_gap
    arrays = {
        "to_projection": to_projection,
        "path_gap": path_gap,
        "between": np.full((3, len(sizes), 4, len(PAIRS)), 1e-3),
    }
    return Stored(arrays, {}, config)


def verdicts(stored):
    return [check.verdict for check in findings(stored)]


def test_all_hold_on_a_result_that_follows_the_claims():
    assert verdicts(made()) == ["holds"] * 8


@pytest.mark.parametrize(
    ("spoiled", "place", "verdict"),
    [
        ({"vanilla": {("WI", 1000): 3e-2}}, 0, "fails"),
        ({"vanilla": {("SI", 1000): 2.6e-5}}, 1, "inconclusive"),
        ({"vanilla": {("arbitrary", 500): 0.5}}, 2, "fails"),
        ({"vanilla": {("arbitrary", 1000): 0.14}}, 2, "inconclusive"),
        ({"gap": 1e-6}, 3, "fails"),
        ({"gap": 1e-3}, 4, "fails"),
        ({"gap": 1e-6}, 5, "fails"),
        ({"fa_gap": 0.1}, 6, "fails"),
        ({"vanilla": {("WI", N): 0.5 for N in SIZES}}, 7, "fails"),
    ],
)
def test_each_rule_can_fail(spoiled, place, verdict):
    assert verdicts(made(**spoiled))[place] == verdict


def test_one_unstable_repetition_is_shown_and_does_not_decide():
    stored = made()
    stored.arrays["path_gap"][1, 0, 2, SCHEMES.index("fa")] = 0.3
    check = findings(stored)[6]
    assert check.verdict == "holds" and "worst repetition 3.0e-01" in check.measured


def test_a_run_that_is_too_small_says_so():
    assert set(verdicts(made(sizes=(7, 20)))) == {"not run at this scale", "holds"}
    assert verdicts(made(sizes=(7, 20)))[:3] == ["not run at this scale"] * 3


def test_single_precision_does_not_claim_exact_paths():
    assert len(findings(made(precision="float32"))) == 4
