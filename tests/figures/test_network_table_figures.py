"""Figures of B-F2's networks and of B-F9: the numbers drawn are the result's."""

import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pytest

from widesym.figures import network_table, uniform_start
from widesym.study.experiments.network_table import NetworkTable
from widesym.study.experiments.uniform_start import SEEN, UniformStart
from widesym.study.store import Stored


def table(config):
    rng = np.random.default_rng(3)
    shape = (len(config.columns), len(config.transformations), config.draws, config.test)
    arrays = {f"{m}_correct": rng.random(shape) < 0.5 for m in config.models}
    fits = {f"{m}_fit": np.ones((len(config.inferences), *shape[1:3])) for m in config.models}
    return Stored(arrays | fits, {}, config)


LIVE = NetworkTable(test=50, draws=5)


def test_the_table_shows_every_cell_and_marks_those_that_do_not_count():
    live, record = table(LIVE), table(dataclasses.replace(LIVE, source="cifar10-jpeg", side=32))
    live.arrays["VEC_fit"][0, 2] = 0.5  # NN under pixelwise rotations
    fig = network_table.table_figure(live, record)
    assert len(fig.axes) == 6 and not plt.get_fignums()
    names = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert names == ["GAP", "LAP4", "LAP2", "VEC", "LCN", "FCN"]
    texts = [text.get_text() for text in fig.axes[2].texts]
    assert len(texts) == 60
    value = 100 * live.arrays["VEC_correct"][1, 2].mean()
    assert texts[2 * (3 * 5 + 2)] == f"{value:.1f}*"
    assert [text for text in texts if "*" in text] == [f"{value:.1f}*"]
    # VEC's frame is wider for the infinite network
    assert [round(patch.get_width()) for patch in fig.axes[0].patches] == [2, 2, 2, 3, 3, 5]
    assert [round(patch.get_width()) for patch in fig.axes[4].patches] == [2, 2, 2, 2, 3, 5]


def test_lines():
    live = table(LIVE)
    fig = network_table.figure(live)
    assert [ax.get_title()[:3] for ax in fig.axes] == ["NTK", "NN:", "NN+"]
    assert len({ax.get_ylim() for ax in fig.axes}) == 1 and fig.axes[0].get_ylim()[1] < 130
    solid = [line for line in fig.axes[2].lines if line.get_linestyle() == "-"]
    # in the order GAP, LAP4, LAP2, VEC, FCN, LCN
    assert [len(line.get_xdata()) for line in solid] == [2, 2, 2, 2, 5, 3]
    assert solid[3].get_ydata()[0] == pytest.approx(100 * live.arrays["VEC_correct"][2, 0].mean())


def test_starts():
    config = dataclasses.replace(
        LIVE, models=("FCN", "VEC"), widths=(4, 4), inferences=("NN+",), transformations=("identity",)
    )
    results = {"plain": table(config), "mirrored": table(LIVE)}
    results["plain"].arrays["VEC_fit"][0, 0, :3] = 0.5
    fig = network_table.start_figure(results)
    assert [ax.get_title() for ax in fig.axes] == ["FCN, clean", "VEC, clean"]
    assert [text.get_text() for text in fig.axes[1].texts] == ["2 of 5 fitted"]
    points = [line for line in fig.axes[1].lines if line.get_marker() == "o"]
    right = results["mirrored"].arrays["VEC_correct"][2, 0]
    assert points[1].get_ydata()[0] == pytest.approx(100 * right.mean())


def test_uniform_start():
    config = UniformStart(test=50)
    rng = np.random.default_rng(4)
    arrays = {}
    for model in config.models:
        shape = (2, len(SEEN[model]), config.draws, config.test)
        arrays |= {f"{model}_correct": rng.random(shape) < 0.5, f"{model}_fit": np.ones(shape[:3])}
        arrays[f"{model}_kurtosis"] = rng.uniform(-1, 0, config.draws)
    fig = uniform_start.figure(Stored(arrays, {}, config))
    left, right = fig.axes
    assert [label.get_text().split("\n")[0] for label in left.get_xticklabels()].count("VEC") == 3
    points = [line for line in left.lines if line.get_marker() == "D"]
    assert points[4].get_ydata()[0] == pytest.approx(100 * arrays["VEC_correct"][1, 0].mean())
    drawn = [line for line in right.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(drawn[0].get_ydata(), arrays["FCN_kurtosis"])
