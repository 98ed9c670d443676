"""Figures and tables of your own group."""

import numpy as np
import pytest

from widesym.figures.own_group import figure, group_table, portrait, risk_table, steps_table
from widesym.study.experiments.own_group import OwnGroup
from widesym.study.store import Stored

CONFIG = OwnGroup(sizes=(5, 20), repetitions=3)


@pytest.fixture
def stored():
    shape = (2, 2, 3, 4)
    rows = 10.0 ** -(np.arange(1, 49).reshape(shape) ** 0.5)
    arrays = {
        "name": "D4", "order": 8, "element_orders": np.array([1, 4, 2, 2, 2, 2, 4, 2]),
        "words": np.array(["1", "s1", "s2", "s1^2", "s1 s2", "s2 s1", "s1^3", "s1^2 s2"]),
        "table": np.zeros((8, 8), int), "unit": "v sigmoid(u.x)",
        "shape": np.array([3, 1, 4]), "deviation": 1e-16, "control": 1.0, "closed": True,
        "projector": np.diag([0.0, 0, 1, 1]), "projector_gap": 0.0, "projector_allowed": 1e-12,
        "projector_control": 0.1, "node_error": 0.0, "dimension_by_null_space": 2, "dimension_by_average": 2,
        "dimension_by_character": 2, "to_projection": rows, "to_ea": rows, "path_gap": rows, "risk": rows,
        "found_from": "WI", "found_dimension": 2, "found_ended": "stays", "found_sine": 1e-3,
        "found_control": 0.9,
        "found_projector": np.diag([0.0, 0, 1, 1]), "left_by": np.array([0.5, 1e-3, 1e-6]),
    }  # fmt: skip
    return Stored(arrays, {}, CONFIG)


def test_panels_are_drawn_for_every_teacher_and_scheme(stored):
    axes = np.reshape(figure(stored).axes, (2, 2))
    assert [ax.get_title() for ax in axes[0]] == ["arbitrary teacher", "WI teacher"]
    assert [len(ax.get_lines()) for ax in axes.ravel()] == [4, 4, 3, 3]
    line = axes[0, 0].get_lines()[0]
    np.testing.assert_allclose(line.get_ydata(), np.median(stored.arrays["to_projection"][0, ..., 0], axis=1))
    assert all(ax.get_xscale() == ax.get_yscale() == "log" for ax in axes.ravel())


def test_portrait_shows_table_projector_and_what_was_found(stored):
    titles = [ax.get_title() for ax in portrait(stored).axes if ax.get_title()]
    assert titles[0] == "D4: the product $gh$" and "dimension 2" in titles[1] and "data alone" in titles[2]
    words = [text.get_text() for text in portrait(stored).axes[0].get_yticklabels()]
    assert words[:2] == ["$e$", "$s_{1}$"] and words[-1] == "$s_{1}^{2}s_{2}$"
    less = Stored({**stored.arrays, "table": np.zeros((0, 0), int), "found_dimension": -1}, {}, CONFIG)
    assert len([ax for ax in portrait(less).axes if ax.get_title()]) == 1


def test_tables_tell_the_group_the_steps_and_the_risks(stored):
    assert dict(group_table(stored).rows)["elements"] == "1 of order 1, 5 of order 2, 2 of order 4"
    assert all(len(row) == 4 for row in steps_table(stored).rows)
    assert [row[0] for row in risk_table(stored).rows] == ["arbitrary teacher", "WI teacher"]


def test_what_went_to_infinity_is_told_and_the_rest_is_drawn(stored):
    lost = {name: stored.arrays[name].copy() for name in ("to_projection", "to_ea", "path_gap", "risk")}
    for values in lost.values():
        values[0] = np.nan
    half = Stored({**stored.arrays, **lost}, {}, CONFIG)
    assert [len(ax.get_lines()) for ax in figure(half).axes] == [0, 4, 0, 3]
    assert sum("did not stay finite" in row[0] for row in steps_table(half).rows) == 2
    assert risk_table(half).rows[0][1] == "not finite"
