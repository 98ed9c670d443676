"""B-F6's findings on made-up distances."""

import dataclasses

import numpy as np
import pytest

from widesym.study.claims import ClaimTable
from widesym.study.experiments.path import Path
from widesym.study.findings.path import findings
from widesym.study.store import Stored

CONFIG = Path(widths=(16, 64), times=(0.0, 0.5, 1.0), draws=3)
# by width and time
PAPER = {
    "ensemble": ((0.95, 0.9, 0.8), (0.9, 0.85, 0.79)),
    "to_pooled": ((0.1, 0.2, 0.4), (0.2, 0.3, 0.4)),
    "to_limit": ((0.4, 0.3, 0.1), (0.2, 0.1, 0.05)),
}


def result(config=CONFIG, fit=1.0, **changes):
    common = np.array([0.98, 1.0, 1.03])
    arrays = {name: np.array(rows)[..., None] * common for name, rows in (PAPER | changes).items()}
    arrays["fit"] = np.full((2, 3, 3), fit)
    return Stored(arrays, {}, config)


def verdicts(stored):
    checks = findings(stored)
    ClaimTable(checks).html()
    return [check.verdict for check in checks]


def test_the_papers_figure_holds():
    assert verdicts(result()) == ["holds"] * 9


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"ensemble": ((0.8, 0.85, 0.95), (0.9, 0.85, 0.79))}, 0),
        ({"ensemble": ((0.95, 0.7, 0.8), (0.9, 0.75, 0.79))}, 1),
        ({"ensemble": ((0.85, 0.8, 0.75), (0.9, 0.85, 0.79))}, 2),
        ({"to_pooled": ((0.4, 0.3, 0.2), (0.5, 0.6, 0.7))}, 3),
        ({"to_pooled": ((0.1, 0.6, 0.4), (0.2, 0.5, 0.4))}, 4),
        ({"to_pooled": ((0.3, 0.35, 0.4), (0.2, 0.3, 0.4))}, 5),
        ({"to_limit": ((0.1, 0.2, 0.4), (0.05, 0.04, 0.03))}, 6),
        ({"to_limit": ((0.4, 0.1, 0.3), (0.2, 0.06, 0.08))}, 7),
        ({"to_limit": ((0.1, 0.09, 0.08), (0.2, 0.1, 0.05))}, 8),
    ],
)
def test_each_check_can_fail(changes, place):
    assert verdicts(result(**changes))[place] == "fails"


def test_small_and_failed_runs_judge_nothing():
    for stored in (result(dataclasses.replace(CONFIG, train=80)), result(fit=0.5)):
        assert verdicts(stored) == ["not run at this scale"]
