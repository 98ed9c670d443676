"""B-F9's findings on made-up results: they hold where they should, and fail when a cell is moved."""

import dataclasses

import numpy as np
import pytest

from widesym.study.experiments.uniform_start import SEEN, UniformStart
from widesym.study.findings import uniform_start
from widesym.study.store import Stored

CONFIG = UniformStart(test=1000, draws=5)
LEVELS = {"FCN": (80, 80), "LCN": (80, 80), "VEC": (92, 92, 78), "GAP": (99, 99, 78)}


def result(config=CONFIG, **uniform):
    """Cells that have the first so many of a hundred images right; by default the same from both laws."""
    place, arrays = np.arange(config.test) % 100, {}
    for model in config.models:
        levels = np.array([LEVELS[model], uniform.get(model, LEVELS[model])])[..., None, None]
        shape = (2, len(SEEN[model]), config.draws, config.test)
        arrays[f"{model}_correct"] = np.broadcast_to(place < levels, shape).copy()
        arrays[f"{model}_fit"] = np.ones(shape[:3])
    return Stored(arrays, {}, config)


def verdicts(stored):
    return {c.statement.split(" (")[0]: c.verdict for c in uniform_start.findings(stored)}


FLAT = "From a uniform first layer too, accuracy is flat up to the model's group"


def test_equal_cells_hold():
    found = verdicts(result())
    assert len(found) == 5 and set(found.values()) == {"holds"}


@pytest.mark.parametrize(
    ("uniform", "statement", "others"),
    [
        ({"VEC": (92, 92, 70)}, "VEC: a uniform first layer changes accuracy little", FLAT),
        ({"FCN": (80, 70)}, FLAT, "LCN: a uniform first layer changes accuracy little"),
    ],
)
def test_moved_cells_are_found(uniform, statement, others):
    found = verdicts(result(**uniform))
    assert found[statement] == "fails" and found[others] == "holds"


def test_flat_is_from_one_law_to_the_same():
    found = verdicts(result(VEC=(80, 80, 78)))
    assert found["VEC: a uniform first layer changes accuracy little"] == "fails" and found[FLAT] == "holds"


def test_cells_that_do_not_count_are_left_out_and_small_runs_not_judged():
    stored = result(GAP=(50, 99, 78))
    stored.arrays["GAP_fit"][1, 0, :2] = 0.9
    assert set(verdicts(stored).values()) == {"holds"}
    small = result(dataclasses.replace(CONFIG, train=80))
    assert set(verdicts(small).values()) == {"not run at this scale"}
