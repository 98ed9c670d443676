"""B-F2's findings on made-up tables: each holds where it should and fails when its cell is moved."""

import dataclasses

import numpy as np
import pytest

from widesym.study.claims import ClaimTable
from widesym.study.experiments.network_table import NetworkTable
from widesym.study.findings import network_table
from widesym.study.store import Stored

CONFIG = NetworkTable(test=1000, draws=5)
# accuracy in percent by inference, model and transformation, as the paper would have it
PAPER = {
    "NTK": {
        "FCN": (50,) * 5, "LCN": (60, 60, 60, 52, 52), "VEC": (60, 60, 60, 52, 52),
        "LAP2": (64, 64, 60, 52, 52), "LAP4": (68, 68, 60, 52, 52), "GAP": (77, 77, 60, 52, 52),
    },
    "NN": {
        "FCN": (48,) * 5, "LCN": (58, 58, 58, 49, 49), "VEC": (66, 66, 57, 49, 49),
        "LAP2": (68, 68, 57, 49, 49), "LAP4": (72, 72, 57, 49, 49), "GAP": (80, 80, 57, 49, 49),
    },
    "NN+": {
        "FCN": (49,) * 5, "LCN": (59, 59, 59, 50, 50), "VEC": (78, 78, 58, 50, 50),
        "LAP2": (79, 79, 58, 50, 50), "LAP4": (81, 81, 58, 50, 50), "GAP": (84, 84, 58, 50, 50),
    },
}  # fmt: skip


def table(config=CONFIG, **changes):
    """A result whose cells have the first so many of a hundred images right, in every draw."""
    place, arrays = np.arange(config.test) % 100, {}
    for model in config.models:
        levels = np.array([changes.get(f"{c}:{model}", PAPER[c][model]) for c in config.columns])
        right = place < levels[:, : len(config.transformations), None, None]
        shape = (*right.shape[:2], config.draws, config.test)
        arrays[f"{model}_correct"] = np.broadcast_to(right, shape).copy()
        arrays[f"{model}_fit"] = np.ones((len(config.inferences), *shape[1:3]))
        arrays[f"{model}_nngp"] = arrays[f"{model}_correct"][0].copy()
    return Stored(arrays, {}, config)


def verdicts(stored):
    checks = network_table.findings(stored)
    ClaimTable(checks).html()
    return {check.statement.split(" (synthetic)")[0]: check.verdict for check in checks}


def test_the_papers_table_holds():
    found = verdicts(table())
    assert len(found) == 27 and set(found.values()) == {"holds"}, found


@pytest.mark.parametrize(
    ("changes", "statement"),
    [
        ({"NN:FCN": (48, 48, 48, 48, 40)}, "NN, FCN: flat up to $O(3d)$"),
        ({"NN+:LCN": (59, 59, 68, 50, 50)}, "NN+, LCN: flat up to $O(3)^d$"),
        ({"NN+:VEC": (78, 70, 58, 50, 50)}, "NN+, VEC, LAP2, LAP4, GAP: flat up to $O(3)\\otimes I_d$"),
        ({"NN+:VEC": (60, 60, 60, 50, 50)}, "NN+, VEC, LAP2, LAP4, GAP: lower beyond $O(3)\\otimes I_d$"),
        ({"NN:LCN": (58, 58, 58, 58, 49)}, "NN, LCN: lower beyond $O(3)^d$"),
        ({"NN+:GAP": (84, 84, 50, 50, 50)}, "NN+: LAP2, LAP4, GAP under $O(3)^d$ are close to LCN"),
        ({"NN:LCN": (58, 58, 58, 49, 40)}, "NN: LCN, VEC under $O(3d)$ are close to FCN"),
        ({"NN:GAP": (80, 80, 57, 49, 40)}, "NN: LAP2, LAP4, GAP under $O(3d)$ are close to FCN"),
        ({"NN+:VEC": (78, 78, 50, 50, 50)}, "NN+: VEC under $O(3)^d$ is close to LCN"),
        ({"NTK:GAP": (77, 77, 70, 52, 52)}, "NTK: LAP2, LAP4, GAP under $O(3)^d$ are close to LCN"),
        ({"NN+:FCN": (56,) * 5}, "With a spurious symmetry NN+ gains nothing over NTK"),
        ({"NN+:VEC": (78, 58, 58, 50, 50)}, "Without spurious symmetry NN+ gains over NTK: VEC"),
    ],
)
def test_a_moved_cell_is_found(changes, statement):
    assert verdicts(table(**changes))[statement] == "fails"


def test_without_room_there_is_no_verdict_on_a_gain():
    found = verdicts(table(**{"NTK:GAP": (99, 99, 60, 52, 52), "NN+:GAP": (99, 99, 58, 50, 50)}))
    assert found["Without spurious symmetry NN+ gains over NTK: GAP"] == "not run at this scale"
    assert found["Without spurious symmetry NN+ gains over NTK: VEC"] == "holds"


def test_a_drop_is_looked_for_where_the_limit_has_one():
    level = (60,) * 5
    found = verdicts(table(**{"NTK:LCN": level, "NN:LCN": (58, 58, 58, 58, 40), "NTK:VEC": level}))
    assert found["NN, LCN: lower beyond $O(3)^d$"] == "not run at this scale"
    # the group of VEC is smaller at finite width: its limit tells nothing
    found = verdicts(table(**{"NTK:VEC": level, "NN:VEC": (66, 66, 57, 66, 49)}))
    assert found["NN, VEC, LAP2, LAP4, GAP: lower beyond $O(3)\\otimes I_d$"] == "fails"
    # one of two cells
    found = verdicts(table(**{"NTK:LCN": (60, 60, 60, 60, 52), "NN:LCN": (58, 58, 58, 58, 49)}))
    assert found["NN, LCN: lower beyond $O(3)^d$"] == "holds"


def test_both_kernels_are_compared():
    stored, statement = table(), "NNGP, the limit of the silent start, is as good as NTK"
    stored.arrays["GAP_nngp"][0] = False  # one of five cells, with 77 % by the other kernel
    assert verdicts(stored)[statement] == "fails"


def test_runs_that_do_not_count_are_left_out():
    stored, cell = table(), ("VEC", "colour", "NN")
    stored.arrays["VEC_fit"][0, 1, 0] = 0.94
    stored.arrays["VEC_correct"][1, 1, 0] = False
    assert network_table.successes(stored, cell) == 4 and network_table.judged(stored, cell)
    assert network_table.accuracy(stored, cell)[0] == pytest.approx(66)
    value, (low, high) = network_table.difference(stored, cell, ("VEC", "identity", "NN"))
    assert value == low == high == 0
    stored.arrays["VEC_fit"][0, 1, 1] = 0.94
    assert not network_table.judged(stored, cell)
    assert network_table.accuracy(stored, cell)[0] == pytest.approx(66 * 4 / 5)  # of all runs
    stored.arrays["VEC_correct"][1, 1] = False  # whatever is in a cell that does not count
    assert set(verdicts(stored).values()) == {"holds"}


def test_own_groups_differ_for_vec_alone():
    assert network_table.own("VEC", "NTK")[-1] == "pixelwise"
    assert network_table.own("VEC", "NN") == network_table.own("GAP", "NN") == ("identity", "colour")
    assert network_table.own("LCN", "NN+")[-1] == "pixelwise" and len(network_table.own("FCN", "NN")) == 5


def test_small_runs_and_short_tables():
    small = table(dataclasses.replace(CONFIG, train=80))
    assert [check.verdict for check in network_table.findings(small)] == ["not run at this scale"]
    short = dataclasses.replace(
        CONFIG, models=("FCN", "VEC"), widths=(4, 4), inferences=("NN+",), transformations=("identity",)
    )
    assert all(verdict == "holds" for verdict in verdicts(table(short)).values())


def test_starts():
    good = table()
    bad = table(**{"NN+:VEC": (50, 50, 70, 50, 50)})
    unfitted = table()
    unfitted.arrays["VEC_fit"][1, 0] = 0.5
    small = table(dataclasses.replace(CONFIG, train=80))
    results = {"silent": good, "plain": bad, "mirrored": unfitted, "small": small}
    found = network_table.start_findings(results)
    small, holds = "not run at this scale", "holds"
    expected = [holds, holds, "fails", "fails", small, holds, small, small]
    assert [check.verdict for check in found] == expected
    assert "silent start" in found[0].statement and "$O(3)^d$" in found[1].statement


def test_width():
    narrow = table()
    config = dataclasses.replace(
        CONFIG, models=("LAP4", "GAP"), widths=(48, 48), draws=3, inferences=("NN+",),
        transformations=("identity", "rotation"),
    )  # fmt: skip
    wide = table(config)
    for model in config.models:  # the second column of PAPER is colours, not rotations
        wide.arrays[f"{model}_correct"][1, 1] = np.arange(config.test) % 100 < 55
    (check,) = network_table.width_findings(narrow, wide)
    assert check.verdict == "holds" and check.value == pytest.approx(5) and "3 times" in check.statement
    wide.arrays["GAP_correct"][1, 1] = np.arange(config.test) % 100 < 45
    assert network_table.width_findings(narrow, wide)[0].verdict == "fails"
    wide.arrays["GAP_fit"][0, 1] = 0.5
    assert network_table.width_findings(narrow, wide)[0].verdict == "holds"
    small = table(dataclasses.replace(config, train=80))
    assert network_table.width_findings(narrow, small)[0].verdict == "not run at this scale"
