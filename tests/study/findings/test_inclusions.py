"""B-S1 judged on made results: everything holds, each rule can fail."""

import numpy as np
import pytest

from widesym.study.experiments.inclusions import CLASSES, KINDS, MAPS, Inclusions
from widesym.study.findings.inclusions import findings
from widesym.study.store import Stored

CONFIG = Inclusions()
ROUNDING, LARGE = 1e-15, 0.1
CHECKS = 2 * len(MAPS) + 7


def made(tiled=True):
    arrays = {
        "deviation": np.full((len(MAPS), 4, 2), ROUNDING), "trained": np.full((len(MAPS), 2, 2), ROUNDING),
        "faulty": np.full((len(MAPS), 4, 2), LARGE), "carried": np.full((4, 2), ROUNDING),
        "elsewhere": np.full((4, 2), LARGE), "rooted": np.full((4, 2), LARGE),
        "printed": np.full((3, 2), LARGE), "moved": np.full((len(KINDS), 2, 2), LARGE),
        "roots_4x4x1": np.array([1.0, 4.0]), "roots_3x4x2": np.array([1, 12**0.5, 12**0.5]),
        "parameters": np.array([30, 41, 349, 481, 457, 5473]), "rank": np.array([29, 40, 337, 469, 445, 601]),
    }  # fmt: skip
    for name in ("deviation", "trained", "faulty"):
        arrays[name][-1, 2:] = np.nan  # no windows on the last size
        if not tiled:
            arrays[name][-1] = np.nan
    return arrays


def judged(arrays):
    return findings(Stored(arrays, {}, CONFIG), scale="record")


def failing(arrays):
    return [check.statement for check in judged(arrays) if check.verdict != "holds"]


def test_everything_holds_on_a_made_result():
    checks = judged(made())
    assert failing(made()) == [] and len({check.statement for check in checks}) == len(checks) == CHECKS
    assert all(check.id == "B-S1" and check.scale == "record" for check in checks)
    assert checks[-1].measured == "VEC: 10 more than GAP"


def test_without_windows_lap_is_left_out():
    assert len(judged(made(tiled=False))) == CHECKS - 2 and failing(made(tiled=False)) == []


@pytest.mark.parametrize("place", range(len(MAPS)))
def test_each_map_counts_once(place):
    for name, value in (("deviation", 1e-11), ("trained", 1e-11), ("faulty", 1e-4)):
        arrays = made()
        if name == "faulty":
            arrays[name][place, 1] = value
        else:
            arrays[name][place, 0, 1] = value
        (statement,) = failing(arrays)
        assert statement.startswith("Control: ") == (name == "faulty")


@pytest.mark.parametrize(
    ("name", "place", "value", "words"),
    [
        ("carried", (3, 1), 1e-11, "Block"),
        ("elsewhere", 2, 1e-4, "Control: block"),
        ("rooted", 1, 1e-4, "Control: the $"),
        ("printed", 2, 1e-4, "Control: the range"),
        ("moved", (2, 1), 1e-4, "Control: the weights from before"),
        ("roots_4x4x1", 1, 4 * (1 + 1e-11), "Parameters grow"),
        ("roots_3x4x2", 0, 12**0.5, "Parameters grow"),
    ],
)
def test_each_rule_can_fail(name, place, value, words):
    arrays = made()
    arrays[name][place] = value
    (statement,) = failing(arrays)
    assert statement.startswith(words)


def test_one_class_that_is_not_larger_is_enough():
    for name in ("VEC", "LCN", "wide VEC", "FCN", "wide FCN"):
        arrays = made()
        arrays["rank"][CLASSES.index(name)] = 30
        (statement,) = failing(arrays)
        assert statement.startswith("No way back")


def test_shallow_networks_have_no_range_to_misprint():
    arrays = made()
    arrays["printed"] = np.zeros((0, 2))
    assert len(judged(arrays)) == CHECKS - 1 and failing(arrays) == []
