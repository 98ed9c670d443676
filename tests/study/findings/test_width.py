"""B-F3's findings on made-up accuracies: every check holds for the paper's figure, and fails without it."""

import dataclasses

import numpy as np
import pytest

from widesym.study.claims import ClaimTable
from widesym.study.experiments.width import Width
from widesym.study.findings.width import accuracy, best_width, findings, judged
from widesym.study.store import Stored

CONFIG = Width(widths=(6, 12, 24, 48, 96), trainings=("NN+",), draws=5)
# accuracy in percent by kind and width, as the paper would have it; the kernel has 67
PAPER = {0: (60, 75, 79, 74, 70), 1: (45, 52, 57, 61, 64)}


def result(config=CONFIG, blind=PAPER[0], spurious=PAPER[1], fit=1.0, kernel=67.0):
    levels = np.array([blind, spurious], float).T[None, :, :, None] / 100
    rng = np.random.default_rng(1)
    # draws of a common difficulty: differences are paired
    common = 0.05 * rng.standard_normal(config.draws)
    best = levels + common + 0.003 * rng.standard_normal((1, 5, 2, config.draws))
    arrays = {name: best for name in ("best", "final")}
    arrays["fit"] = np.broadcast_to(np.asarray(fit, float), best.shape).copy()
    arrays["steps"] = np.ones_like(best)
    arrays |= {f"limit_{name}": kernel / 100 + common for name in ("ntk", "run")}
    return Stored(arrays, {}, config)


def verdicts(stored):
    checks = findings(stored)
    ClaimTable(checks).html()
    return {check.statement.split(" (NN+")[0]: check.verdict for check in checks}


def test_the_papers_figure_holds():
    found = verdicts(result())
    assert len(found) == 6 and set(found.values()) == {"holds"}, found


@pytest.mark.parametrize(
    ("changes", "statement"),
    [
        (
            {"blind": (60, 64, 66, 68, 70)},
            "Without the spurious symmetry a finite width is better than the widest",
        ),
        ({"kernel": 95.0}, "… and better than the kernel"),
        ({"spurious": (45, 52, 70, 66, 64)}, "With it no width is better than the widest"),
        ({"spurious": (64, 62, 61, 61, 60)}, "… and grows"),
        ({"spurious": (45, 52, 57, 61, 90)}, "… towards the kernel, not beyond it"),
        (
            {"spurious": (60, 75, 79, 58, 52)},
            "The symmetry grows with the width: clean and rotated images come together",
        ),
    ],
)
def test_each_check_can_fail(changes, statement):
    assert verdicts(result(**changes))[statement] == "fails"


def test_the_best_width_is_chosen_by_the_other_draws():
    values = np.array([[1.0, 1.0, 9.0], [2.0, 2.0, 2.0]])
    assert best_width(values).tolist() == [0, 0, 1]
    assert best_width(values[:, 2:]).tolist() == [0]


def test_widths_at_which_runs_fail_are_left_out():
    fit = np.ones((1, 5, 2, 5))
    fit[0, 0, 1, :2] = 0.5
    stored = result(fit=fit)
    assert judged(stored, "NN+").tolist() == [1, 2, 3, 4]
    assert np.isnan(accuracy(stored, "NN+")).sum() == 2
    fit[0, :4] = 0.5
    assert set(verdicts(result(fit=fit)).values()) == {"not run at this scale"}


def test_a_small_run_judges_nothing():
    found = findings(result(dataclasses.replace(CONFIG, train=80)))
    assert [check.verdict for check in found] == ["not run at this scale"]


def test_a_training_that_does_not_fit_leaves_the_others_judged():
    stored = result()
    twice = {name: np.concatenate([rows, rows]) for name, rows in stored.arrays.items() if rows.ndim == 4}
    twice["fit"][0] = 0.5
    config = dataclasses.replace(CONFIG, trainings=("NN", "NN+"))
    found = findings(Stored(stored.arrays | twice, {}, config))
    assert [check.verdict for check in found] == ["not run at this scale"] + ["holds"] * 6
    assert found[0].statement.endswith("(NN, synthetic)")
