"""A-F3's figures and tables show the numbers they were given."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from widesym.figures.sweeps import FLOOR
from widesym.figures.weak_start import averaged_risk_table, figure, floor_table, risk_table, strong_figure
from widesym.study import statistics
from widesym.study.experiments.weak_start import FREE, LEAVING, WeakStart
from widesym.study.store import Stored
from widesym.study.sweeps import PAIRS, SCHEMES


def made(teachers=("arbitrary", "WI", "SI"), starts=("WI", "SI")):
    config = WeakStart(sizes=(5, 50, 500), repetitions=4, teachers=teachers, starts=starts)
    rng = np.random.default_rng(0)
    shape = (len(teachers), 3, 4)
    widths = {
        "to_symmetrised": (len(SCHEMES),),
        "floor": (len(FREE), 2),
        "to_projection": (len(SCHEMES),),
        "between": (len(PAIRS),),
        "risk": (len(SCHEMES),),
        "risk_averaged": (len(SCHEMES),),
    }
    if "SI" in starts:
        widths |= {"strong_to_symmetrised": (len(LEAVING),), "strong_floor": (len(LEAVING), 2)}
    return Stored({n: 10 ** rng.uniform(-6, -1, (*shape, *w)) for n, w in widths.items()}, {}, config)


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    """Intervals of made results are as wide with few resamples."""
    monkeypatch.setattr(statistics, "RESAMPLES", 100)


@pytest.fixture
def stored():
    return made()


def drawn(ax, values):
    return sum(np.array_equal(line.get_ydata(), values) for line in ax.get_lines())


def test_lines_are_the_medians_and_the_floors(stored):
    before = dict(matplotlib.rcParams)
    axes = np.array(figure(stored, stored).axes).reshape(4, 3)
    for t in range(3):
        for s in range(len(FREE)):
            for row, name in enumerate(("to_symmetrised", "to_projection")):
                median = np.maximum(np.median(stored.arrays[name][t, :, :, s], axis=1), FLOOR)
                assert drawn(axes[row, t], median) == 2  # live and record
        for s in (0, 3):
            assert drawn(axes[0, t], np.median(stored.arrays["floor"][t, :, :, s], axis=(1, 2))) == 1
        for p, pair in enumerate(PAIRS):
            median = np.median(stored.arrays["between"][t, :, :, p], axis=1)
            assert drawn(axes[3 if pair[1] == "ea" else 2, t], median) == 2
    assert dict(matplotlib.rcParams) == before and not plt.get_fignums()


def test_the_strong_start_has_its_own_figure(stored):
    axes = strong_figure(stored, stored).axes
    for t in range(3):
        for s in range(len(LEAVING)):
            assert drawn(axes[t], np.median(stored.arrays["strong_to_symmetrised"][t, :, :, s], axis=1)) == 2


def test_they_can_be_drawn_without_a_record_and_for_one_teacher():
    assert len(figure(made(teachers=("SI",))).axes) == 4
    assert len(strong_figure(made(teachers=("SI",))).axes) == 1


def test_tables_have_slopes_ratios_and_risks(stored):
    stored.arrays["to_symmetrised"][1, :, :, 0] = (np.array([5.0, 50, 500]) ** -0.5)[:, None]
    stored.arrays["floor"][1, :, :, 0] = 0.5 * (np.array([5.0, 50, 500]) ** -0.5)[:, None, None]
    (row,) = [row for row in floor_table(stored).rows if row[0] == "WI teacher, vanilla"]
    assert row[1:] == ("−0.50 (−0.50 to −0.50)",) * 2 + ("2.00 (2.00 to 2.00)",)
    for table, name in ((risk_table(stored), "risk"), (averaged_risk_table(stored), "risk_averaged")):
        assert table.rows[1][4] == f"{np.median(stored.arrays[name][1, -1, :, 3]):.2e}"
