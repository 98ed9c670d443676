"""Figures of B-F2, B-F10 and resolution: the numbers drawn are the result's, with a record and without."""

import dataclasses

import numpy as np
import pytest

from widesym.figures import kernel_table, learning_curves, resolution, ridges, rotated_pooling
from widesym.study.experiments.kernel_table import KernelTable
from widesym.study.experiments.learning_curves import LearningCurves, curves
from widesym.study.experiments.resolution import Resolution
from widesym.study.experiments.ridges import Ridges
from widesym.study.experiments.rotated_pooling import RotatedPooling
from widesym.study.store import Stored


def random_result(config, shapes):
    rng = np.random.default_rng(3)
    arrays = {n: rng.random(s) < 0.5 if "correct" in n else 0.05 + rng.random(s) for n, s in shapes.items()}
    return Stored(arrays, {}, config)


def tables():
    live = KernelTable(draws=(2,) * 6, test=50)
    record = dataclasses.replace(
        live,
        source="cifar10-jpeg",
        side=32,
        models=("FCN", "LCN", "VEC", "LAP4", "LAP8", "GAP"),
        draws=(1,) * 6,
    )
    return [
        random_result(c, {f"{m}_correct": (5, d, 2, 50) for m, d in zip(c.models, c.draws, strict=True)})
        for c in (live, record)
    ]


def test_the_table_shows_every_cell():
    live, record = tables()
    fig = kernel_table.table_figure(live, record)
    assert len(fig.axes) == 4
    texts = [text.get_text() for text in fig.axes[0].texts]
    names = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert names == ["GAP", "LAP4", "LAP2", "VEC", "LCN", "FCN"] and len(texts) == 60
    gap_pixelwise = live.arrays["GAP_correct"][2, :, 1].mean() * 100  # NTK
    assert texts[4] == f"{gap_pixelwise:.1f}"
    assert "CIFAR-10 (JPEG copy), 32×32" in fig.axes[2].get_title()
    # frames end with the model's own group
    assert [round(patch.get_width()) for patch in fig.axes[0].patches] == [2, 2, 2, 3, 3, 5]


def test_lines_are_solid_inside_and_dashed_beyond_the_own_group():
    live, record = tables()
    fig = kernel_table.figure(live, record)
    assert len(fig.axes) == 2 and len(kernel_table.figure(live).axes) == 1
    solid = [line for line in fig.axes[0].lines if line.get_linestyle() == "-"]
    # in the order GAP, LAP4, LAP2, VEC, FCN, LCN
    assert [len(line.get_xdata()) for line in solid] == [2, 2, 2, 3, 5, 3]
    value = 100 * live.arrays["VEC_correct"][0, :, 1].mean()
    assert solid[3].get_ydata()[0] == pytest.approx(value)


def test_exploration_has_a_panel_for_each_noise():
    config = RotatedPooling(test=20, draws=2)
    short = dataclasses.replace(config, noises=(0.0, 1.0), blurs=(0.0, 1.0), source="cifar10-jpeg")
    live, record = (
        random_result(c, {"correct": (3, len(c.noises), len(c.blurs), c.draws, 20)}) for c in (config, short)
    )
    fig = rotated_pooling.figure(live, record)
    assert [ax.get_title() for ax in fig.axes] == [
        "noise 0",
        "noise 0.4",
        "noise 0.8",
        "noise 0",
        "noise 1",
        "",
    ]


def test_accuracy_against_the_ridge():
    config = Ridges(models=("FCN", "VEC", "GAP"), draws=(2, 2, 1), ridges=(1e-6, 1e-3, 1.0), test=20)
    shapes = {f"{m}_correct": (draws, 2, 3, 20) for m, draws in zip(config.models, config.draws, strict=True)}
    live = random_result(config, shapes)
    live.arrays.update(
        {f"{m}_chosen": np.full((d, 2), 1) for m, d in zip(config.models, config.draws, strict=True)}
    )
    fig = ridges.figure(live, live)
    assert len(fig.axes) == 4
    lines = {line.get_label(): line for line in fig.axes[2].lines}
    expected = 100 * live.arrays["GAP_correct"][:, 1].mean((0, 2))
    np.testing.assert_allclose(lines["GAP"].get_ydata(), expected)
    stars = [line for line in fig.axes[2].lines if line.get_marker() == "*"]
    np.testing.assert_allclose(stars[0].get_xdata(), 1e-3)
    np.testing.assert_allclose(stars[0].get_ydata(), expected[1])
    rows = ridges.table(live).rows
    assert [row[0] for row in rows] == ["GAP", "VEC", "FCN"] and rows[1][3].startswith("0.0")


def curve_result(config):
    draws = dict(zip(config.models, config.draws, strict=True))
    shapes = {
        "_".join((*curve, name)): (draws[curve[0]], 2, len(config.sizes(curve[0])))
        for curve in curves(config)
        for name in ("mse", "accuracy")
    }
    result = random_result(config, shapes)
    for size, count in zip(config.reference_sizes, config.reference_draws, strict=True):
        result.arrays[f"reference_{size}"] = np.arange(50 * count).reshape(count, 50) % 3 == 0
    return result


def test_learning_curves_with_a_record():
    live = curve_result(LearningCurves(draws=(2,) * 4))
    record = curve_result(
        LearningCurves(
            source="cifar10-jpeg", side=32, models=("VEC", "LAP4", "LAP8"), largest=(800, 200, 100),
            draws=(2, 1, 1), reference_sizes=(120, 480), reference_draws=(2, 1),
        )
    )  # fmt: skip
    fig = learning_curves.figure(live, record)
    assert len(fig.axes) == 6
    fcn = fig.axes[0].lines[0]
    np.testing.assert_allclose(fcn.get_ydata(), live.arrays["FCN_identity_mse"][:, 1].mean(0))
    assert [tick.get_text() for tick in fig.axes[2].get_yticklabels()][:3] == ["LAP2", "GAP", "VEC"]
    table = learning_curves.exponent_table(live)
    assert len(table.rows) == 9 and table.rows[-1][0] == "GAP under O(3d)"
    for result, count in ((record, 3), (None, 2)):
        labels = learning_curves.reference_figure(result).axes[0].get_legend().get_texts()
        assert len(labels) == count


def test_resolution():
    config = Resolution(test=30)
    shapes = {f"correct_{side}": (4, d, 3, 30) for side, d in zip(config.sides, config.draws, strict=True)}
    live = random_result(config, shapes)
    fig = resolution.figure(live, live)
    assert len(fig.axes) == 2 and [t.get_text() for t in fig.axes[0].get_xticklabels()] == ["8×8", "16×16"]
    table = resolution.table(live)
    assert len(table.rows) == 6 and table.rows[2][0] == "8×8, m = 200"
    gain = 100 * (live.arrays["correct_8"][2, :, 2].mean() - live.arrays["correct_8"][1, :, 2].mean())
    assert table.rows[2][2].startswith(f"{gain:.1f}".replace("-", "−"))
