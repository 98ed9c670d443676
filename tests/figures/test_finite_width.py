"""The figures of B-S5 show the numbers they were given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from widesym.figures.finite_width import figure, growth_figure, rate_table
from widesym.study.experiments.finite_width import FiniteWidth, transformations
from widesym.study.store import Stored


def made(**changes):
    config = FiniteWidth(draws=(5,) * 5, **changes)
    rng = np.random.default_rng(0)
    arrays = {name: rng.uniform(0.1, 1, (5, 2, 3)) for name in ("unmoved", "beyond")}
    arrays["exact"] = 10 ** rng.uniform(-16, -15, (5, 2, 3))
    for model in config.models:
        for depth in config.depths_of(model):
            shape = (len(transformations(config, model, depth)), 2, 6)
            arrays[f"limit_{model}_{depth}"] = limit = rng.uniform(1, 2, shape)
            for width in config.widths_of(model):
                noise = rng.normal(size=(5, *shape)) * width**-0.5
                arrays[f"kernels_{model}_{depth}_{width}"] = limit + noise
    return Stored(arrays, {}, config)


def test_errors_against_width():
    stored = made()
    fig = figure(stored)
    left = fig.axes[0]
    drawn = {container.get_label(): container.lines[0].get_xydata() for container in left.containers}
    assert list(drawn) == ["FCN, L = 3", "LCN, L = 2", "VEC, L = 2", "LAP2, L = 2", "GAP, L = 2"]
    limit = stored.arrays["limit_LCN_2"][0, 0]
    errors = ((stored.arrays["kernels_LCN_2_24"][:, 0, 0] - limit) ** 2).sum(-1) / (limit**2).sum()
    np.testing.assert_allclose(drawn["LCN, L = 2"][-1], [24, errors.mean()])
    assert [ax.get_title()[:4] for ax in fig.axes] == ["NNGP", "NTK:", "FCN,"]
    deviation = fig.axes[2].lines[0].get_ydata()
    assert len(deviation) == 4 and (deviation > 0).all() and not plt.get_fignums()


def test_growth():
    stored = made()
    noise, means, dots = growth_figure(stored).axes
    limit, kernels = stored.arrays["limit_VEC_2"][:, 1], stored.arrays["kernels_VEC_2_8"][:, :, 1]

    def error(place):
        return ((kernels[:, place] - limit[place]) ** 2).sum(-1).mean() / (limit[place] ** 2).sum()

    lines = {container.get_label(): container.lines[0] for container in noise.containers}
    assert list(lines) == ["VEC, $O(3)^d$, NNGP", "VEC, $O(3)^d$, NTK"]
    assert lines["VEC, $O(3)^d$, NTK"].get_ydata()[0] == pytest.approx(error(0) - error(2))
    v = limit[3] - limit[0]
    expected = ((kernels[:, 3] - kernels[:, 0]) @ v / (v @ v)).mean()
    assert means.containers[0].lines[0].get_ydata()[0] == pytest.approx(expected)
    own, unmoved, beyond = (line.get_xdata() for line in dots.lines[:3])
    np.testing.assert_array_equal(own, stored.arrays["exact"].max(-1).ravel())
    assert len(unmoved) == 10 and len(beyond) == 9  # FCN's NNGP has nothing beyond


def test_the_table_of_rates():
    stored = made()
    table = rate_table(stored)
    assert table.header == ("network, hidden layers", "widths", "NNGP", "NTK")
    assert [row[0] for row in table.rows[3:6]] == ["LCN, 2", "VEC, 1", "VEC, 2"]
    assert len(table.rows) == 11 and table.rows[-1][0] == "VEC, 2: change by O(3)ᵈ"
    # the slope through the three largest widths, by hand
    limit, logs = stored.arrays["limit_FCN_3"][0, 1], np.log([16, 32, 64])
    found = [
        ((stored.arrays[f"kernels_FCN_3_{n}"][:, 0, 1] - limit) ** 2).sum(-1).mean() for n in (16, 32, 64)
    ]
    slope = np.polyfit(logs, np.log(found), 1)[0]
    assert table.rows[1][1] == "16, 32, 64" and table.rows[1][3].startswith(
        f"{slope:.2f} (".replace("-", "−")
    )


def test_models_may_be_missing():
    config = {"models": ("VEC",), "widths": ((8, 16),), "depths": ((2,),)}
    small = FiniteWidth(draws=(5,), **config)
    whole = made()
    arrays = {k: v[2:3] if v.shape[0] == 5 and v.ndim == 3 else v for k, v in whole.arrays.items()}
    stored = Stored(arrays, {}, small)
    assert len(figure(stored).axes) == len(growth_figure(stored).axes) == 3
