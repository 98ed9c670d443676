"""A-F1's figure shows the numbers it was given; its table too; nothing leaks into matplotlib's state."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from widesym.figures.strong_start import FLOOR, figure, risk_table, slope_table
from widesym.figures.tables import DataTable
from widesym.study.experiments.strong_start import PAIRS, SCHEMES, StrongStart
from widesym.study.store import Stored


@pytest.fixture
def stored():
    config = StrongStart(sizes=(5, 50, 500), repetitions=4)
    rng = np.random.default_rng(0)
    shape = (3, 3, 4)
    arrays = {
        "to_projection": 10 ** rng.uniform(-6, -1, (*shape, len(SCHEMES))),
        "between": 10 ** rng.uniform(-6, -1, (*shape, len(PAIRS))),
        "risk": rng.uniform(0.01, 0.1, (*shape, len(SCHEMES))),
    }
    arrays["to_projection"][..., SCHEMES.index("ea")] = 0.0
    return Stored(arrays, {}, config)


def test_lines_are_the_medians(stored):
    before = dict(matplotlib.rcParams)
    drawn = figure(stored, stored)
    axes = np.array(drawn.axes).reshape(3, 3)
    for t in range(3):
        lines = [line.get_ydata() for line in axes[0, t].get_lines()]
        for s in range(len(SCHEMES)):
            median = np.maximum(np.median(stored.arrays["to_projection"][t, :, :, s], axis=1), FLOOR)
            assert sum(np.array_equal(line, median) for line in lines) == 2  # live and record
    assert dict(matplotlib.rcParams) == before
    assert not plt.get_fignums()  # a notebook shows an open figure a second time


def test_it_can_be_drawn_without_a_record_and_for_one_teacher(stored):
    config = StrongStart(sizes=(5, 50, 500), repetitions=4, teachers=("SI",))
    one = Stored({name: values[2:] for name, values in stored.arrays.items()}, {}, config)
    drawn = figure(one)
    assert len(drawn.axes) == 3


def test_the_risk_table_has_the_medians_at_the_largest_size(stored):
    table = risk_table(stored)
    assert table.rows[1][1] == f"{np.median(stored.arrays['risk'][1, -1, :, 0]):.2e}"
    assert "arbitrary teacher" in table._repr_html_() and "risk at N = 500" in repr(table)


def test_the_slope_table_has_the_fitted_slopes(stored):
    sizes = np.array([5.0, 50.0, 500.0])
    stored.arrays["to_projection"][1, :, :, 0] = (0.1 * sizes**-1.5)[:, None]
    table = slope_table(stored, stored)
    (row,) = [row for row in table.rows if row[0] == "WI teacher, vanilla"]
    assert row[1:] == ("−1.50 (−1.50 to −1.50)",) * 2
    short = Stored(
        {k: v[:, :1] for k, v in stored.arrays.items()}, {}, StrongStart(sizes=(5,), repetitions=4)
    )
    assert slope_table(short).rows[0][1] == "needs two sizes N ≥ 50"


def test_a_crooked_table_is_refused_and_text_is_escaped():
    with pytest.raises(ValueError, match="a row has 1 cells"):
        DataTable(("a", "b"), (("x",),))
    assert "&lt;b&gt;" in DataTable(("<b>",), (("x",),))._repr_html_()
