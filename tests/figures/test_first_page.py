"""The small figures of the first page draw what the results hold, also where little of it counts."""

import numpy as np
import pytest

from widesym.data.photographs import NAMES
from widesym.figures import first_page
from widesym.groups.images import KINDS
from widesym.study.experiments.portrait import Portrait
from widesym.study.experiments.rotations import Rotations
from widesym.study.experiments.width import Width
from widesym.study.store import Stored


def test_first_and_last_clouds_are_drawn_where_they_are():
    rng = np.random.default_rng(0)
    sizes = (3, 5, 7)
    arrays = {f"{name}_{N}": rng.standard_normal((2, N)) for N in sizes for name in ("along", "across")}
    axes = np.reshape(first_page.clouds(Stored(arrays, {}, Portrait(sizes=sizes))).axes, (2, 2))
    for row in range(2):
        for ax, N in zip(axes[row], (3, 7), strict=True):
            expected = np.stack([arrays[f"along_{N}"][row], arrays[f"across_{N}"][row]], axis=1)
            np.testing.assert_array_equal(ax.collections[0].get_offsets(), expected)
    assert [ax.get_title() for ax in axes[0]] == ["3 units", "7 units"]


def test_each_rotation_is_shown_under_its_name():
    shown = np.random.default_rng(1).random((len(KINDS), len(NAMES), 4, 4, 3))
    drawn = first_page.rotated(Stored({"shown": shown}, {}, Rotations()))
    for ax, kind, name in zip(
        drawn.axes, ("identity", "colour", "pixelwise", "rotation"), ("clean", "I_d", "^d", "3d"), strict=True
    ):
        expected = shown[KINDS.index(kind), NAMES.index("astronaut")]
        np.testing.assert_array_equal(ax.images[0].get_array(), expected)
        assert name in ax.get_title()


@pytest.mark.parametrize("fit", [1.0, 0.0])
def test_accuracy_is_that_of_the_last_training_where_runs_count(fit):
    config = Width(widths=(6, 12, 24), draws=3, trainings=("NN", "NN+"))
    shape = (2, 3, 2, 3)
    best = 0.97 + 0.03 * np.random.default_rng(2).random(shape)  # the axis reaches beyond 100 %
    arrays = {"best": best, "fit": np.full(shape, fit), "limit_ntk": np.array([0.96, 0.97, 0.98])}
    (ax,) = first_page.finite_width(Stored(arrays, {}, config)).axes
    lines = {container.get_label(): container.lines[0] for container in ax.containers}
    assert len(lines) == 2
    for kind, line in enumerate(lines.values()):
        expected = 100 * best[1, :, kind].mean(-1) if fit else []
        np.testing.assert_allclose(line.get_ydata(), expected)
    (limit,) = (line for line in ax.lines if line.get_label() == "infinite width")
    assert limit.get_ydata()[0] == pytest.approx(97.0)
    assert max(ax.get_yticks()) <= 100 and len(ax.get_legend().get_texts()) == 3
