"""A-X1's figure and tables show the numbers that they were given; nothing leaks into matplotlib's state."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from widesym.figures.groups import dimension_table, figure, node_table, slope_table
from widesym.study.experiments.groups import COLUMNS, NODE_FACTORS, NODED, SCHEMES, Gallery
from widesym.study.gallery import CONSTRUCTIONS, FAMILIES, PAIRS
from widesym.study.store import Stored


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr("widesym.study.statistics.RESAMPLES", 50)


CASE_NAMES = ("c3", "so2", "s3", "c4", "o4")


@pytest.fixture
def stored():
    rng = np.random.default_rng(0)
    config = Gallery(sizes=(10, 30, 100), repetitions=4, cases=CASE_NAMES)
    dims = np.zeros((len(PAIRS), len(COLUMNS)))
    dims[:, 0] = 100 + np.arange(len(PAIRS))
    dims[:, 1:4] = np.arange(len(PAIRS))[:, None]
    distance = 10 ** rng.uniform(-6, -1, (5, 3, 2, 4, len(SCHEMES)))
    distance[..., 2] = 1e-30
    arrays = {
        "dims": dims,
        "to_projection": distance,
        "node_linear": rng.uniform(size=(len(NODED), len(NODE_FACTORS))),
        "node_model": rng.uniform(size=(len(NODED), len(NODE_FACTORS))),
    }
    return Stored(arrays, {}, config)


def test_lines_are_the_medians(stored):
    before = dict(matplotlib.rcParams)
    drawn = figure(stored)
    panels = [ax for ax in drawn.axes if ax.get_title()]
    assert [ax.get_title().split("\n")[0] for ax in panels] == ["C3", "SO(2)", "S3", "C4", "O(4)"]
    for i, ax in enumerate(panels):
        lines = [line.get_ydata() for line in ax.get_lines()]
        for teacher in range(2):
            for scheme in range(2):
                median = np.median(stored.arrays["to_projection"][i, :, teacher, :, scheme], axis=1)
                assert sum(np.array_equal(line, median) for line in lines) == 1
        # FA is rounding and not drawn; the reference slope is, but over random nodes
        assert len(lines) == 4 + (CASE_NAMES[i] != "o4")
    assert dict(matplotlib.rcParams) == before
    assert not plt.get_fignums()


def test_the_dimension_table_has_every_pair_once(stored):
    table = dimension_table(stored)
    assert [row[0] for row in table.rows] == list(FAMILIES)
    cells = {
        (row[0], made): row[1 + i] for row in table.rows for i, made in enumerate(CONSTRUCTIONS) if row[1 + i]
    }
    assert cells == {pair: f"{i} of {100 + i}" for i, pair in enumerate(PAIRS)}
    stored.arrays["dims"][3, 2] = 7.25
    assert "average 7.25" in dimension_table(stored).rows[0][4]


def test_the_slope_table_fits_the_medians(stored):
    distance = stored.arrays["to_projection"]
    distance[1, :, 1, :, 0] = np.array([[1e-2], [1e-2 / 3], [1e-3]]) * np.ones(4)
    row = slope_table(stored).rows[1]
    assert row[0].startswith("SO(2)") and row[1:3] == ("2 of 4", "16 nodes")
    assert row[3] == "−1.00 (−1.00 to −1.00)"
    assert row[5] == f"{np.median(distance[1, -1, 0, :, 0]):.3f}"
    assert slope_table(stored).rows[4][2] == "64 random nodes"


def test_the_node_table_has_the_errors(stored):
    rows = node_table(stored).rows
    assert len(rows) == len(NODED) * len(NODE_FACTORS)
    place = NODED.index("so3") * len(NODE_FACTORS) + 1
    assert rows[place][1:] == (
        "120",
        f"{stored.arrays['node_linear'][NODED.index('so3'), 1]:.1e}",
        f"{stored.arrays['node_model'][NODED.index('so3'), 1]:.1e}",
    )
