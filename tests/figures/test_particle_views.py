"""A-F4's pictures show the particles they were given, for print and to be turned."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from widesym.figures.particle_scenes import animation, views
from widesym.figures.particle_views import distance_table, escape, figure, strip
from widesym.meanfield.teachers import TEACHERS
from widesym.study.experiments.particle_views import FLOWING, STARTS, ParticleViews
from widesym.study.store import Stored
from widesym.study.sweeps import SCHEMES


@pytest.fixture(scope="module")
def stored():
    config = ParticleViews(particles=9, repetitions=2, frames=10)
    rng = np.random.default_rng(0)
    arrays = {
        "particles": rng.uniform(-1, 1, (2, 3, len(SCHEMES), 9, 4)),
        "distance": 10 ** rng.uniform(-6, -1, (2, 3, 2, len(SCHEMES))),
        "flow": rng.uniform(-1, 1, (3, len(FLOWING), 11, 9, 4)),
        "flow_distance": 10 ** rng.uniform(-6, -1, (3, 2, len(SCHEMES), 11)),
        **{f"teacher_{name}": rng.uniform(-1, 1, (5 + 5 * (name == "WI"), 4)) for name in TEACHERS},
    }
    return Stored(arrays, {}, config)


def dots(ax):
    return [points.get_offsets().data for points in ax.collections]


def test_both_views_show_teacher_and_students(stored):
    axes = np.array(figure(stored, "WI").axes).reshape(6, 5)
    for t, teacher in enumerate(TEACHERS):
        for s in range(len(SCHEMES)):
            for row, view in ((2 * t, [0, 1]), (2 * t + 1, [0, 2])):
                squares, students = dots(axes[row, s])
                np.testing.assert_array_equal(squares, stored.arrays[f"teacher_{teacher}"][:, view])
                np.testing.assert_array_equal(
                    students, stored.arrays["particles"][STARTS.index("WI"), t, s][:, view]
                )
    assert not plt.get_fignums()


def test_the_strip_shows_moments_of_the_paths(stored):
    axes = np.array(strip(stored).axes).reshape(4, 5)
    for row, (teacher, scheme) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        for column, frame in ((0, 0), (3, 5), (4, 10)):
            _, students = dots(axes[row, column])
            np.testing.assert_array_equal(students, stored.arrays["flow"][teacher, scheme, frame][:, [0, 2]])
    assert axes[0, 3].get_title() == "$t=5$"  # (5/10)^2 of 20


def test_the_escape_is_the_median_distance(stored):
    axes = escape(stored).axes
    for t in range(3):
        for s, line in enumerate(axes[t].get_lines()):
            np.testing.assert_allclose(
                line.get_ydata(), np.median(stored.arrays["flow_distance"][t, :, s], axis=0)
            )


def test_the_table_has_the_median_distances(stored):
    table = distance_table(stored)
    assert len(table.rows) == 6 and table.rows[4][0] == "WI start, WI teacher"
    assert table.rows[4][2] == f"{np.median(stored.arrays['distance'][1, 1, :, 1]):.1e}"


def test_menu_and_slider_choose_any_cloud_independently(stored):
    shown = views(stored).json()
    menu, slider = shown["layout"]["updatemenus"][0]["buttons"], shown["layout"]["sliders"][0]["steps"]
    assert len(menu) == 6 and len(slider) == 6
    for button, (start, teacher) in zip(menu, [(a, b) for a in STARTS for b in TEACHERS], strict=True):
        data, traces = button["args"]
        assert button["label"].startswith(f"{start} start, {teacher} ") and set(data) == {"x", "y", "z"}
        assert traces == [0, 1, 2, 3, 4, 5]
        for s in range(len(SCHEMES)):
            cloud = stored.arrays["particles"][STARTS.index(start), TEACHERS.index(teacher), s]
            np.testing.assert_allclose(np.stack([data[k][s] for k in "xyz"], 1), cloud[:, :3], atol=6e-5)
        np.testing.assert_allclose(data["z"][5], stored.arrays[f"teacher_{teacher}"][:, 2], atol=6e-5)
    for step, mask in zip(slider, [*np.eye(5, dtype=bool), np.ones(5, bool)], strict=True):
        data, traces = step["args"]
        assert data == {"visible": mask.tolist()} and traces == [0, 1, 2, 3, 4]
    # what is seen first is what menu and slider say
    assert [trace["visible"] for trace in shown["data"][:5]] == slider[0]["args"][0]["visible"]
    assert shown["data"][5]["x"] == menu[0]["args"][0]["x"][5]


def test_the_animation_plays_the_paths_of_vanilla_and_ea(stored):
    shown = animation(stored, "WI").json()
    assert [frame["name"] for frame in shown["frames"]][:3] == ["0", "0.2", "0.8"]
    assert len(shown["frames"]) == 11 == len(shown["layout"]["sliders"][0]["steps"])
    for k in (0, 4, 10):
        for s in range(2):
            found = np.stack([shown["frames"][k]["data"][s][name] for name in "xyz"], axis=1)
            np.testing.assert_allclose(found, stored.arrays["flow"][1, s, k, :, :3], atol=6e-5)
    # the end is what one sees first
    assert shown["data"][0]["z"] == shown["frames"][-1]["data"][0]["z"]
    assert shown["layout"]["sliders"][0]["active"] == 10
    assert shown["data"][2]["x"] == np.round(stored.arrays["teacher_WI"][:, 0], 4).tolist()
