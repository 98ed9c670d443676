"""A-X2's figures show the numbers they were given; their tables too."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from widesym.figures.deep import details, figure, risk_table, slope_table
from widesym.figures.sweeps import FLOOR
from widesym.study.experiments.deep import UNITS, Deep
from widesym.study.store import Stored
from widesym.study.sweeps import PAIRS, SCHEMES

DEPTHS = (10, 40, 160)


@pytest.fixture
def stored():
    config = Deep(depths=DEPTHS, neuron_depths=DEPTHS, repetitions=4)
    rng = np.random.default_rng(0)
    lead = (3, 3, 4)
    arrays = {
        "limit_error": rng.uniform(0.1, 0.2, (5, 6)),
        "wrong_limit_error": rng.uniform(0.1, 0.2, (5, 6)),
        "euler_error": rng.uniform(0.01, 0.02, 5),
    }
    for unit in UNITS:
        arrays[f"{unit}_to_projection"] = 10 ** rng.uniform(-6, -1, (*lead, len(SCHEMES), 4))
        arrays[f"{unit}_by_depth"] = 10 ** rng.uniform(-6, -1, (*lead, len(SCHEMES), 10))
        arrays[f"{unit}_between"] = 10 ** rng.uniform(-6, -1, (*lead, len(PAIRS)))
        arrays[f"{unit}_risk"] = rng.uniform(0.01, 0.1, (*lead, len(SCHEMES)))
        arrays[f"{unit}_outputs"] = rng.normal(size=(*lead, len(SCHEMES), 32, 2))
    arrays["matrix_to_projection"][..., SCHEMES.index("ea"), :] = 0.0
    return Stored(arrays, {}, config)


def ys(ax):
    return [line.get_ydata() for line in ax.get_lines()]


def test_lines_are_the_medians_at_the_end_and_nothing_stays_open(stored):
    axes = np.array(figure(stored, stored).axes).reshape(3, 3)
    for u, unit in enumerate(UNITS):
        for t in range(3):
            for s in range(len(SCHEMES)):
                median = np.median(stored.arrays[f"{unit}_to_projection"][t, :, :, s, -1], axis=1)
                median = np.maximum(median, FLOOR)
                assert sum(np.array_equal(line, median) for line in ys(axes[u, t])) == 2  # live and record
    assert not plt.get_fignums()


def test_details_are_the_medians_through_depth_and_time(stored):
    axes = np.array(details(stored).axes).reshape(2, 3)
    for t in range(3):
        for i in range(len(DEPTHS)):
            median = np.median(stored.arrays["matrix_by_depth"][t, i, :, 0], axis=0)
            assert any(np.array_equal(line, median) for line in ys(axes[0, t]))
    over_time = np.median(stored.arrays["neuron_to_projection"][1, 2, :, 0], axis=0)
    assert any(np.array_equal(line, over_time) for line in ys(axes[1, 1]))
    assert any(np.array_equal(line, stored.arrays["euler_error"]) for line in ys(axes[1, 2]))


def test_they_can_be_drawn_for_one_teacher_without_a_record(stored):
    config = Deep(depths=DEPTHS, neuron_depths=DEPTHS, repetitions=4, teachers=("SI",))
    arrays = {k: v[2:] if k.split("_")[0] in UNITS else v for k, v in stored.arrays.items()}
    one = Stored(arrays, {}, config)
    assert len(figure(one).axes) == 3 and len(details(one).axes) == 6


def test_tables_have_the_fitted_slopes_and_the_medians(stored):
    escape = 0.1 * np.array(DEPTHS, float) ** -1.5
    stored.arrays["neuron_to_projection"][1, :, :, 0, -1] = escape[:, None]
    (row,) = [r for r in slope_table(stored, stored).rows if r[0] == "neuron, C3, WI teacher, vanilla"]
    assert row[1:] == ("−1.50 (−1.50 to −1.50)",) * 2
    assert risk_table(stored).rows[1][1] == f"{np.median(stored.arrays['matrix_risk'][1, -1, :, 0]):.1e}"
    short = Stored({k: v[:, :1] for k, v in stored.arrays.items() if k.split("_")[0] in UNITS}, {},
                   Deep(depths=(10,), neuron_depths=(10,), repetitions=4))  # fmt: skip
    assert "further apart" in slope_table(short).rows[0][1]
