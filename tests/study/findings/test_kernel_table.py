"""B-F2's findings on made-up tables: every check holds where it should, and fails when its cell is moved."""

import dataclasses

import numpy as np
import pytest

from widesym.study.claims import ClaimTable
from widesym.study.experiments.kernel_table import KernelTable
from widesym.study.experiments.rotated_pooling import RotatedPooling
from widesym.study.findings import kernel_table, rotated_pooling
from widesym.study.store import Stored

CONFIG = KernelTable(test=1000, draws=(2, 2, 2, 2, 2, 1))
# accuracy in percent by model and transformation, as the paper would have it
PAPER = {
    "FCN": (40, 40, 40, 40, 40),
    "LCN": (50, 50, 50, 43, 42),
    "VEC": (50, 50, 50, 43, 42),
    "LAP2": (55, 55, 51, 43, 42),
    "LAP4": (60, 60, 51, 43, 42),
    "GAP": (66, 66, 52, 43, 42),
}


def table(config=CONFIG, **changes):
    """A result in which a cell has the first so many of a hundred images right, in every draw."""
    arrays = {}
    for model, draws in zip(config.models, config.draws, strict=True):
        levels = np.array(changes.get(model, PAPER[model]))[:, None, None, None]
        place = np.arange(config.test) % 100 < levels
        arrays[f"{model}_correct"] = np.broadcast_to(place, (5, draws, 2, config.test)).copy()
    return Stored(arrays, {}, config)


def verdicts(stored):
    checks = kernel_table.findings(stored)
    ClaimTable(checks).html()
    return {check.statement.split(" (synthetic)")[0]: check.verdict for check in checks}


def test_the_papers_table_holds():
    found = verdicts(table())
    assert len(found) == 14 and set(found.values()) == {"holds"}, found


@pytest.mark.parametrize(
    ("changes", "statement"),
    [
        ({"FCN": (40, 40, 40, 40, 44)}, "FCN: flat up to $O(3d)$"),
        ({"LCN": (50, 50, 54, 43, 42)}, "LCN, VEC: flat up to $O(3)^d$"),
        ({"GAP": (66, 62, 52, 43, 42)}, "LAP2, LAP4, GAP: flat up to $O(3)\\otimes I_d$"),
        ({"VEC": (50, 50, 50, 50, 42), "LCN": (50, 50, 50, 50, 42)}, "LCN, VEC: lower beyond $O(3)^d$"),
        ({"GAP": (66, 66, 66, 43, 42)}, "LAP2, LAP4, GAP: lower beyond $O(3)\\otimes I_d$"),
        ({"GAP": (66, 66, 38, 43, 42)}, "GAP under $O(3)^d$ is close to VEC"),
        ({"LAP4": (60, 60, 38, 43, 42)}, "LAP under $O(3)^d$ is close to VEC"),
        ({"GAP": (66, 66, 52, 43, 20)}, "VEC, LAP, GAP under $O(3d)$ are close to FCN"),
        ({"GAP": (58, 58, 52, 43, 42)}, "Clean: GAP above LAP4"),
        ({"LAP4": (54, 54, 51, 43, 42)}, "Clean: LAP4 above LAP2"),
        ({"FCN": (53,) * 5}, "Clean: VEC above FCN"),
        ({"LCN": (46, 46, 46, 43, 42)}, "LCN equals VEC under every transformation"),
    ],
)
def test_a_moved_cell_is_found(changes, statement):
    found = verdicts(table(**changes))
    assert found[statement] == "fails"


def test_kernels_that_disagree_are_found():
    stored = table()
    stored.arrays["LAP2_correct"][:, :, 0] = np.arange(CONFIG.test) % 100 < 40
    assert verdicts(stored)["NNGP and NTK are similar for every model"] == "fails"


def test_differences_are_paired():
    # alternate images: the same accuracy, but every single image disagrees
    stored = table()
    stored.arrays["GAP_correct"][:] = np.arange(CONFIG.test) % 2 == 0
    stored.arrays["VEC_correct"][:] = np.arange(CONFIG.test) % 2 == 1
    value, (low, high) = kernel_table.difference(stored, ("GAP", "identity"), ("VEC", "identity"))
    assert value == 0 and high - low > 10
    value, (low, high) = kernel_table.difference(stored, ("VEC", "identity"), ("VEC", "colour"))
    assert value == 0 and high - low == 0


def test_small_runs_and_short_tables():
    small = table(dataclasses.replace(CONFIG, train=60))
    assert [check.verdict for check in kernel_table.findings(small)] == ["not run at this scale"]
    config = KernelTable(models=("VEC", "GAP"), draws=(1, 1), parts=(0, 0), test=100)
    assert "GAP under $O(3)^d$ is close to VEC" in verdicts(table(config))


def exploration(levels, **changes):
    config = RotatedPooling(noises=(0.0, 1.0), blurs=(0.0, 1.0), draws=2, test=1000, **changes)
    place = np.arange(1000) % 100
    correct = place < np.array(levels)[..., None, None]  # (cell, noise, blur, 1, test)
    return Stored({"correct": np.broadcast_to(correct, (3, 2, 2, 2, 1000))}, {}, config)


def test_smoothness():
    vec, gap = [[60, 90], [40, 60]], [[99, 99], [99, 95]]
    found = rotated_pooling.findings(exploration([vec, gap, [[50, 90], [20, 59]]]))
    assert [check.verdict for check in found] == ["holds", "holds"]
    found = rotated_pooling.findings(exploration([vec, gap, [[50, 96], [20, 54]]]))  # close on average
    assert [check.verdict for check in found] == ["holds", "holds"]
    found = rotated_pooling.findings(exploration([vec, gap, [[50, 90], [40, 40]]]))
    assert [check.verdict for check in found] == ["fails", "fails"]
    found = rotated_pooling.findings(exploration([vec, gap, vec], train=50))
    assert {check.verdict for check in found} == {"not run at this scale"}
