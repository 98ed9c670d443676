"""B-F4's findings on made-up learning curves."""

import dataclasses

import numpy as np
import pytest

from widesym.study.claims import ClaimTable
from widesym.study.experiments.data_efficiency import CURVES, DataEfficiency
from widesym.study.findings.data_efficiency import (
    complete,
    findings,
    judged,
    local_exponents,
    mse,
    steepens,
)
from widesym.study.store import Stored

CONFIG = DataEfficiency(smallest=40, train=640, draws=4)
# exponents before and after the middle size
SLOPES = {"baseline": (0.1, 0.9), "data": (0.1, 0.3), "model": (0.1, 0.2), "inference": (0.2, 0.2)}


def result(config=CONFIG, accuracies=None, **slopes):
    arrays, sizes = {}, np.array(config.sizes, float)
    middle = sizes[(len(sizes) - 1) // 2]
    rng = np.random.default_rng(2)
    common = 1 + 0.1 * rng.standard_normal(config.draws)
    for curve in CURVES:
        early, late = (SLOPES | slopes)[curve]
        errors = np.where(sizes <= middle, sizes**-early, middle ** (late - early) * sizes**-late)
        noise = 1 + 0.01 * rng.standard_normal((len(sizes), config.draws))
        arrays[f"{curve}_mse"] = errors[:, None] * common * noise
        ends = (accuracies or {}).get(curve, (30, 90) if curve == "baseline" else (28, 80))
        if curve != "inference":
            arrays[f"{curve}_fit"] = np.ones((len(sizes), config.draws))
        arrays[f"{curve}_accuracy"] = np.linspace(*ends, len(sizes))[:, None] / 100 + 0.01 * common
    return Stored(arrays, {}, config)


def verdicts(stored):
    checks = findings(stored)
    ClaimTable(checks).html()
    return {check.statement.split(" (synthetic")[0]: check.verdict for check in checks}


def test_the_papers_figure_holds():
    found = verdicts(result())
    assert len(found) == 7 and set(found.values()) == {"holds"}, found


@pytest.mark.parametrize(
    ("changes", "statement"),
    [
        ({"baseline": (0.5, 0.3)}, "The curve of VEC trained by SGD on clean images steepens"),
        ({"inference": (0.1, 1.5)}, "It steepens more than with any one thing changed"),
        ({"data": (0.1, 0.7)}, "The effect goes with a change of data: $O(3)^d$"),
        ({"model": (0.1, 0.7)}, "The effect goes with a change of model: LCN"),
        ({"inference": (0.1, 0.7)}, "The effect goes with a change of inference: NTK"),
        ({"accuracies": {"model": (30, 94)}}, "With the largest set it is more accurate than every ablation"),
        ({"accuracies": {"data": (10, 80)}}, "With the smallest set rotating the data costs little"),
    ],
)
def test_each_check_can_fail(changes, statement):
    assert verdicts(result(**changes))[statement] == "fails"


def test_what_is_not_there_cannot_go():
    found = verdicts(result(baseline=(0.5, 0.3)))
    gone = [verdict for statement, verdict in found.items() if statement.startswith("The effect goes")]
    assert gone == ["not run at this scale"] * 3


def test_exponents_are_those_of_the_curves():
    stored = result()
    assert [value for value, _ in local_exponents(stored, "baseline")] == pytest.approx(
        [0.1, 0.1, 0.9, 0.9], abs=0.05
    )
    assert steepens(stored)[0] == pytest.approx(0.8, abs=0.05)
    assert steepens(stored, "data", 2.0)[0] == pytest.approx(0.4, abs=0.08)


def test_what_comes_after_saturation_is_not_judged():
    stored = result(accuracies={"baseline": (30, 120)})
    assert judged(stored) == (40, 80, 160)
    kept = steepens(stored)
    stored.arrays["baseline_mse"][3:] *= 100
    assert steepens(stored) == kept
    assert set(verdicts(result(accuracies={"baseline": (90, 120)})).values()) == {"not run at this scale"}


def test_small_sets_and_failed_runs_judge_nothing():
    short = result(dataclasses.replace(CONFIG, train=320))
    broken, unfit, alone = result(), result(), result()
    broken.arrays["data_mse"][1, 0] = np.nan
    unfit.arrays["model_fit"][3, 2] = 0.94
    alone.arrays["baseline_fit"][0] = 0.5
    for stored in (short, broken, unfit, alone):
        assert set(verdicts(stored).values()) == {"not run at this scale"}
    assert judged(alone) == ()


def test_one_run_in_five_may_fail():
    stored = result(dataclasses.replace(CONFIG, draws=5))
    stored.arrays["baseline_fit"][3, 4] = 0.94
    stored.arrays["baseline_mse"][3, 4] = stored.arrays["baseline_accuracy"][3, 4] = 1e6
    found = verdicts(stored)
    assert len(found) == 7 and set(found.values()) == {"holds"}, found
    np.testing.assert_array_equal(complete(mse(stored, "baseline")), stored.arrays["baseline_mse"][:, :4])
