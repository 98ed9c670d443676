"""The figures of B-F1, B-F7, B-F11 and B-S7 show what they were given, and leave nothing behind."""

import base64
import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from widesym.data.photographs import NAMES
from widesym.figures import rotations
from widesym.figures.films import film
from widesym.figures.models import SITES, draw_model
from widesym.figures.style import style
from widesym.groups.images import KINDS
from widesym.study.experiments.rotations import GROUPS, Rotations
from widesym.study.findings.rotations import closed_form, remaining
from widesym.study.store import Stored

RNG = np.random.default_rng(0)
CONFIG = Rotations(side=6, draws=2, frames=8, sites=(1, 2))


def images(*shape):
    return RNG.integers(0, 256, (*shape, 3), np.uint8)


@pytest.fixture(scope="module")
def stored():
    count = len(NAMES)
    dimensions = np.array([[[closed_form(group, d) for group in GROUPS] for d in (1, 2)]] * 4)
    arrays = {
        "shown": images(5, count, 6, 6), "neighbours": RNG.uniform(-1, 1, (5, 2, count)),
        "film": images(9, count, 6, 6), "film_neighbours": RNG.uniform(0.1, 1, (9, count)),
        "large_clean": images(count, 20, 20), "large_rotated": images(2, count, 20, 20),
        "full_clean": images(50, 50), "full_rotated": images(50, 50), "dimensions": dimensions,
    }  # fmt: skip
    return Stored(arrays, {}, CONFIG)


@pytest.fixture(autouse=True)
def nothing_left_behind():
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before and not plt.get_fignums()


def pictures(fig):
    return [ax.get_images()[0].get_array().data for ax in fig.axes if ax.get_images()]


def test_models_have_the_edges_that_they_are_defined_by():
    dense, local = 2 * SITES**2, 2 * 3 * SITES
    wraps = 2 * 2 * 2 - 2 * 2  # each edge round the ends is drawn as two stubs
    outputs = {"FCN": SITES, "LCN": SITES, "VEC": SITES, "LAP": 3 + SITES, "GAP": 1 + SITES}
    hidden = {kind: dense if kind == "FCN" else local + wraps for kind in outputs}
    for kind in outputs:
        with style():
            _, ax = plt.subplots()
            draw_model(ax, kind)
        assert len(ax.get_lines()) == hidden[kind] + outputs[kind], kind
        shades = {to_hex(line.get_color()) for line in ax.get_lines()[: hidden[kind]]}
        shared = kind in ("VEC", "LAP", "GAP")
        assert len(shades) == 3 if shared else len(shades) >= hidden[kind] // 2, kind
        assert len(ax.patches) == {"LAP": 3, "GAP": 1}.get(kind, 0)
    with style(), pytest.raises(ValueError, match="must be one of FCN, LCN"):
        draw_model(plt.subplots()[1], "CNN")


def test_the_first_figure_has_models_groups_and_images(stored):
    fig = rotations.figure(stored)
    titles = [ax.get_title() for ax in fig.axes[:5]]
    assert titles == [rf"$\mathsf{{{model}}}$" for model in ("GAP", "LAP", "VEC", "LCN", "FCN")]
    groups = {text.get_text() for text in fig.axes[5].texts}
    assert {r"$O(3)\otimes I_d$", "$O(3)^d$", "$O(3d)$", "$P(3d)$", "clean"} <= groups
    shown = pictures(fig)
    order = ("identity", "colour", "pixelwise", "rotation", "permutation")
    for row, name in enumerate(("astronaut", "coffee")):
        for column, kind in enumerate(order):
            expected = stored.arrays["shown"][KINDS.index(kind), NAMES.index(name)]
            np.testing.assert_array_equal(shown[5 * row + column], expected)
    for ax, kind in zip(fig.axes[-5:], order, strict=True):
        value = stored.arrays["neighbours"][KINDS.index(kind)].mean()
        assert ax.get_xlabel() == f"adjacent pixels: {value:.2f}".replace("-", "−")


def test_the_strip_shows_frames_and_their_correlation(stored):
    fig = rotations.strip(stored, count=3)
    shown = pictures(fig)
    for column, frame in enumerate((0, 4, 8)):
        for row, name in enumerate(("astronaut", "coffee")):
            np.testing.assert_array_equal(
                shown[3 * row + column], stored.arrays["film"][frame, NAMES.index(name)]
            )
    assert [ax.get_title() for ax in fig.axes[:3]] == ["$t=0$", "$t=0.5$", "$t=1$"]
    lines = fig.axes[-1].get_lines()
    near = stored.arrays["film_neighbours"]
    for n in range(len(NAMES)):
        np.testing.assert_allclose(lines[n].get_ydata(), near[:, n] / near[0, n])
    np.testing.assert_allclose(lines[-1].get_ydata(), remaining(np.linspace(0, 1, 9)))


def test_photographs_are_shown_dot_by_dot(stored):
    fig = rotations.photographs(stored)
    expected = [*stored.arrays["large_clean"], *stored.arrays["large_rotated"].reshape(-1, 20, 20, 3)]
    for found, image in zip(pictures(fig), expected, strict=True):
        np.testing.assert_array_equal(found, image)
    assert [ax.get_ylabel() for ax in fig.axes[::5]] == [
        "clean", r"$\tau_1\in O(3)^d$", r"$\tau_2\in O(3)^d$"
    ]  # fmt: skip
    box = fig.axes[0].get_window_extent()
    assert box.width == pytest.approx(box.height) and box.width / 20 == pytest.approx(round(box.width / 20))
    np.testing.assert_array_equal(pictures(rotations.full(stored))[1], stored.arrays["full_rotated"])


def test_sizes_lie_on_the_closed_forms(stored):
    (ax,) = rotations.sizes(stored).axes
    lines = ax.get_lines()
    for j, group in enumerate(GROUPS):
        line, *marks = lines[5 * j : 5 * j + 5]
        d, value = line.get_data()
        assert all(v == closed_form(group, int(k)) for k, v in zip(d, value, strict=True))
        for k, mark in enumerate(marks):
            np.testing.assert_array_equal(mark.get_ydata(), stored.arrays["dimensions"][k, :, j])
    table = rotations.size_table(stored)
    assert table.rows[2] == ("O(3d)", "3", "15", "4,717,056")
    torn = stored.arrays["dimensions"].copy()
    torn[1, 1, 1] = 5
    torn = rotations.size_table(Stored(stored.arrays | {"dimensions": torn}, {}, CONFIG))
    assert torn.rows[1][2] == "5 / 6"


def test_the_film_plays_the_frames(stored):
    shown = film(stored, ("cat",)).json()
    assert [frame["name"] for frame in shown["frames"]][::4] == ["0", "0.5", "1"]
    assert len(shown["layout"]["sliders"][0]["steps"]) == 9
    for k in (0, 5):
        address = shown["frames"][k]["data"][0]["source"].removeprefix("data:image/png;base64,")
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(address))))
        np.testing.assert_array_equal(pixels[::5, ::5], stored.arrays["film"][k, NAMES.index("cat")])
    # the clean images are what one sees first
    assert shown["data"][0]["source"] == shown["frames"][0]["data"][0]["source"]
    two = film(stored).json()["data"][0]["source"].removeprefix("data:image/png;base64,")
    assert Image.open(io.BytesIO(base64.b64decode(two))).size == (2 * 30 + 10, 30)
