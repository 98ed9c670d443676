"""Figures of B-F3, B-F4 and B-F6: the numbers drawn are the result's, with a record and without."""

import dataclasses

import numpy as np
import pytest

from widesym.figures import data_efficiency, path, width
from widesym.study.experiments.data_efficiency import CURVES, DataEfficiency
from widesym.study.experiments.path import Path
from widesym.study.experiments.width import Width
from widesym.study.store import Stored

PHOTOGRAPHS = {"source": "cifar10-jpeg", "checksum": "0" * 64, "side": 32}


def widths():
    found = []
    live = Width(widths=(6, 12, 24, 48, 96), draws=3, trainings=("NN", "mirrored-NN+"))
    for config in (live, dataclasses.replace(live, **PHOTOGRAPHS, trainings=("NN",))):
        shape = (len(config.trainings), len(config.widths), 2, 3)
        best = 0.4 + 0.4 * np.random.default_rng(0).random(shape)
        arrays = {"best": best, "final": best, "fit": np.ones(shape), "steps": np.ones(shape)}
        found.append(Stored(arrays | {"limit_ntk": best[0, 0, 0], "limit_run": best[0, 0, 1]}, {}, config))
    return found


def curves():
    found = []
    for config in (DataEfficiency(draws=3), DataEfficiency(draws=3, **PHOTOGRAPHS, flips=True)):
        rng = np.random.default_rng(1)
        arrays = {
            f"{c}_{n}": 0.1 + rng.random((len(config.sizes), 3)) for c in CURVES for n in ("accuracy", "mse")
        }
        found.append(Stored(arrays, {}, config))
    return found


def paths():
    found = []
    for config in (Path(draws=2), Path(draws=2, **PHOTOGRAPHS)):
        rng = np.random.default_rng(2)
        shape = (len(config.widths), len(config.times), 2)
        arrays = {name: rng.random(shape) for name in ("ensemble", "single", "to_pooled", "to_limit")}
        arrays |= {"fit": np.ones(shape), "limit": rng.random((3, 2)), "pooled": rng.random((3, 2))}
        found.append(Stored(arrays, {}, config))
    return found


def drawn(ax):
    """The y of every line of points in a panel."""
    return [np.asarray(container[0].get_ydata(), float) for container in ax.containers]


def test_widths_and_the_kernel_are_drawn():
    live, record = widths()
    fig = width.figure(live, record)
    assert len(fig.axes) == 4
    blind, spurious, kernel, run = drawn(fig.axes[0])
    np.testing.assert_allclose(blind, 100 * live.arrays["best"][0, :, 0].mean(-1))
    np.testing.assert_allclose(spurious, 100 * live.arrays["best"][0, :, 1].mean(-1))
    assert kernel == pytest.approx([100 * live.arrays["limit_ntk"].mean()])
    assert run == pytest.approx([100 * live.arrays["limit_run"].mean()])
    assert len(drawn(fig.axes[1])) == 3  # one run of the plain start is no limit of the mirrored one
    assert [tick.get_text() for tick in fig.axes[0].get_xticklabels()][-1] == r"$\infty$"
    assert fig.axes[0].get_ylim() == fig.axes[1].get_ylim()  # of one result
    assert len(width.figure(live).axes) == 2


def test_the_table_of_widths_says_how_many_runs_count():
    live, _ = widths()
    live.arrays["fit"][0, 0, 0] = (1.0, 0.5, 1.0)
    live.arrays["fit"][0, 1, 0] = 0.5
    rows = width.table(live).rows
    assert len(rows) == 2 * 5 + 2
    assert rows[0][1].endswith("2 of 3 runs") and rows[1][1] == "–; 0 of 3 runs"


def test_curves_and_their_exponents_are_drawn():
    live, record = curves()
    fig = data_efficiency.figure(live, record)
    assert len(fig.axes) == 6
    for i, curve in enumerate(CURVES):
        np.testing.assert_allclose(drawn(fig.axes[1])[i], live.arrays[f"{curve}_mse"].mean(1))
        np.testing.assert_allclose(drawn(fig.axes[3])[i], 100 * record.arrays[f"{curve}_accuracy"].mean(1))
    assert len(drawn(fig.axes[5])[0]) == len(record.config.sizes) - 1
    assert len(data_efficiency.figure(live).axes) == 3


def test_draws_with_a_failed_run_are_not_drawn():
    live, _ = curves()
    shape = (len(live.config.sizes), 3)
    live.arrays["baseline_fit"], live.arrays["model_fit"] = np.ones(shape), np.ones(shape)
    live.arrays["baseline_fit"][1, 2] = 0.5
    live.arrays["model_fit"][0] = 0.5
    found = drawn(data_efficiency.figure(live).axes[1])
    assert len(found) == len(CURVES) - 1
    np.testing.assert_allclose(found[0], live.arrays["baseline_mse"][:, :2].mean(1))


def test_paths_are_drawn():
    live, record = paths()
    fig = path.figure(live, record)
    assert len(fig.axes) == 6
    for ax, name, factor in zip(fig.axes, ("ensemble", "to_pooled", "to_limit"), (100, 1, 1), strict=False):
        np.testing.assert_allclose(drawn(ax), factor * live.arrays[name].mean(-1))
    assert len(path.figure(live).axes) == 3
