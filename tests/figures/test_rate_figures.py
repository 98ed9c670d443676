"""The figures of A-S8, A-S9 and A-X3 show the means they were given; tables too; no state is left behind."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from widesym.figures import chaos, escape, rates
from widesym.study.experiments.chaos import Chaos
from widesym.study.experiments.escape import FACTORS, Escape
from widesym.study.experiments.rates import BINS, SCHEMES, Rates
from widesym.study.store import Stored


def drawn_points(figure):
    """All sets of y values of lines in all panels."""
    return [np.asarray(line.get_ydata(), float) for ax in figure.axes for line in ax.get_lines()]


def shows(figure, values):
    return any(len(y) == len(values) and np.allclose(y, values, rtol=1e-12) for y in drawn_points(figure))


@pytest.fixture
def escaped():
    config = Escape(
        sizes=(50, 200, 800), repetitions=4, control_repetitions=2, times=(0.2, 1.0), predicted_repetitions=2
    )
    draw = lambda *shape: 10 ** np.random.default_rng(len(shape)).uniform(-6, -3, shape)  # noqa: E731
    arrays = {
        "escape": draw(2, 3, 4, 2), "ea": draw(2, 3, 2, 2) ** 5, "arbitrary": draw(3, 2, 2),
        "predicted": draw(2, 2, 2), "walk": draw(2, 2, 2), "early": draw(2, 5, 5),
        "predicted_curve": draw(2, 7), "walk_curve": draw(2, 7), "curve_times": np.arange(1.0, 8.0),
        **{f"law_{factor}": draw(2, len(config.law_values(factor)), 3) for factor in FACTORS},
    }  # fmt: skip
    return Stored(arrays, {}, config)


def test_the_escape_is_drawn_with_its_prediction(escaped):
    before = dict(matplotlib.rcParams)
    figure = escape.figure(escaped)
    sizes = np.array(escaped.config.sizes)
    for index in range(2):
        assert shows(figure, escaped.arrays["escape"][index, :, :, -1].mean(axis=1))
        assert shows(figure, escaped.arrays["predicted"][index, :, -1].mean() / sizes)
        assert shows(figure, 800 * escaped.arrays["escape"][index, 2].mean(axis=0))
        assert shows(figure, escaped.arrays["predicted_curve"][index])
        assert shows(figure, 800 * escaped.arrays["early"][index].mean(axis=0))
    walk = escape.walk_figure(escaped)
    assert len(walk.axes) == 4 and shows(walk, escaped.arrays["law_B"][1].mean(axis=1))
    assert dict(matplotlib.rcParams) == before and not plt.get_fignums()


def test_the_escape_s_tables_have_exponents_and_levels(escaped):
    sizes = np.array(escaped.config.sizes, float)
    escaped.arrays["escape"][0, :, :, -1] = (0.1 / sizes)[:, None]
    escaped.arrays["predicted"][0, :, -1] = 0.05
    assert escape.exponent_table(escaped).rows[0][2] == "−1.00 (−1.00 to −1.00)"
    assert escape.exponent_table(escaped).rows[1][2] == "needs two sizes"
    assert escape.level_table(escaped).rows[0][-1] == "2.00 (2.00 to 2.00)"


def test_chaos_is_drawn_with_its_floors():
    config = Chaos(sizes=(50, 100, 200), repetitions=4, transport_repetitions=2, times=(0.5, 2.0))
    rng = np.random.default_rng(0)
    shapes = {
        "output": (2, 3, 4, 2), "between": (2, 3, 2, 2), "to_reference": (2, 3, 2),
        "reference_floor": (2, 3, 2), "between_floor": (2, 3, 2), "control": (3, 2, 2),
    }  # fmt: skip
    arrays = {name: 10 ** rng.uniform(-4, -1, shape) for name, shape in shapes.items()}
    stored = Stored(arrays, {}, config)
    figure = chaos.figure(stored)
    for index in range(2):
        for k in range(2):
            assert shows(figure, arrays["output"][index, :, :, k].mean(axis=1))
        assert shows(figure, arrays["between"][index, :, :, -1].mean(axis=1))
        for name in ("to_reference", "reference_floor", "between_floor"):
            assert shows(figure, arrays[name][index].mean(axis=1))
    assert shows(figure, arrays["control"][:, :, -1].mean(axis=1))
    assert not plt.get_fignums()
    assert len(chaos.exponent_table(stored).rows) == 6 and len(chaos.floor_table(stored).rows) == 4
    arrays["between"][...] = 0.2
    arrays["between_floor"][...] = 0.4
    assert chaos.floor_table(stored).rows[0][1:] == ("0.50 (0.50 to 0.50)",) * 3


def test_rates_are_drawn_for_every_scheme():
    config = Rates(line_sizes=(16, 64), line_repetitions=3, plane_sizes=(50, 100), plane_repetitions=3)
    rng = np.random.default_rng(1)
    arrays = {}
    for measure in ("total", "symmetric", "transport", "asymmetry"):
        arrays[f"line_{measure}"] = 10 ** rng.uniform(-5, -2, (2, 3, 4, 4))
        arrays[f"plane_{measure}"] = 10 ** rng.uniform(-5, -2, (2, 3, 4, 4))
        arrays[f"large_{measure}"] = 10 ** rng.uniform(-5, -2, (5, 4))
    arrays["centres"], arrays["density"] = np.linspace(-6, 6, 40), rng.uniform(size=(4, 40))
    arrays["histogram"] = rng.uniform(size=(4, len(BINS) - 1))
    stored = Stored(arrays, {}, config)
    figure = rates.figure(stored)
    for scheme in range(len(SCHEMES)):
        for name in ("line_total", "line_symmetric", "line_transport", "plane_total", "plane_symmetric"):
            assert shows(figure, arrays[name][:, :, scheme, -1].mean(axis=1))
        assert shows(figure, 100 * arrays["plane_asymmetry"][-1, :, scheme].mean(axis=0))
    assert shows(figure, [arrays["large_total"][:, -1].mean()])
    limit = rates.limit_figure(stored)
    assert all(shows(limit, arrays["density"][k]) for k in range(4))
    assert not plt.get_fignums()
    assert len(rates.exponent_table(stored).rows) == 5 and len(rates.ratio_table(stored).rows) == 8
