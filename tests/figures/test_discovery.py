"""The figures of A-F2 and A-F5 show the numbers they were given; nothing leaks into matplotlib's state."""

import dataclasses

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from widesym.figures.discovery import particles_figure, projectors_figure, rate_table, steps_figure
from widesym.meanfield.discovery import ENDS
from widesym.meanfield.teachers import paper_teacher
from widesym.study.experiments.discovery import DiscoveryStudy, runs
from widesym.study.store import Stored

BASIS = np.array([[1, 0, 0, 1], [0, 1, 1, 0], [1, 0, 0, -1], [0, 1, -1, 0]]) / np.sqrt(2)


@pytest.fixture
def stored():
    """Every search of the singular rule stays at E_2 but one; those of the mean rule go on to E_4."""
    config = DiscoveryStudy(cases=("C2", "S3"), seeds=4, N=6)
    rng, (R, S, J) = np.random.default_rng(0), (len(runs(config)), 4, 5)
    singular = np.array([rule == "singular" for *_, rule in runs(config)])
    arrays = {name: 10 ** rng.uniform(-6, -1, (R, S, J)) for name in ("rmd", "symmetrised")}
    for name in arrays:
        arrays[name][singular, :, 3:] = np.nan
    arrays["directions"] = np.zeros((R, S, J, 9))
    arrays["directions"][:, :, :4, :4] = BASIS
    arrays["starts"], arrays["ends"] = rng.normal(size=(2, R, J, 6, 9))
    arrays["true_dim"] = np.full((R, S), 2.0)
    arrays["dim"] = np.where(singular, 2.0, 4.0)[:, None] * np.ones(S)
    arrays["ended"] = np.where(singular, ENDS.index("stays"), ENDS.index("largest"))[:, None] * np.ones(S)
    arrays["sine"] = np.full((R, S), 0.01)
    arrays["sine"][0, 3] = 0.2
    arrays["floor"] = np.where(singular[:, None], 10 ** rng.uniform(-6, -4, (R, S)), np.nan)
    return Stored(arrays, {}, config)


def test_every_search_and_its_median_is_drawn(stored):
    before = dict(matplotlib.rcParams)
    drawn = steps_figure(stored)
    axes = np.array(drawn.axes).reshape(3, 2)
    for column in range(2):
        for row in range(3):
            run = 3 * column + row
            lines = [np.asarray(line.get_ydata(), float) for line in axes[row, column].get_lines()]
            for name in ("rmd", "symmetrised"):
                values = stored.arrays[name][run].ravel()
                assert any(np.array_equal(line, values, equal_nan=True) for line in lines)
            for j in range(3):
                median = np.median(stored.arrays["rmd"][run, :, j])
                assert any(line.shape == (2,) and np.allclose(line, median) for line in lines)
            assert any(np.allclose(line, stored.config.threshold) for line in lines)
    assert axes[0, 0].texts[0].get_text() == "found 3 of 4"
    assert dict(matplotlib.rcParams) == before and not plt.get_fignums()


@pytest.mark.parametrize(("rule", "run"), [("singular", 0), ("mean", 1)])
def test_the_two_views_are_the_four_coordinates(stored, rule, run):
    axes = np.array(particles_figure(stored, rule).axes).reshape(2, 3)
    for j in range(3):
        for row in range(2):
            shown = [np.column_stack(line.get_data()) for line in axes[row, j].get_lines()]
            for cloud in (stored.arrays["ends"][run, j], stored.arrays["starts"][run, j]):
                expected = cloud[:, :4] @ BASIS[2 * row : 2 * row + 2].T
                assert any(s.shape == expected.shape and np.allclose(s, expected) for s in shown)
            squares = paper_teacher("WI").theta @ BASIS[2 * row : 2 * row + 2].T
            assert any(s.shape == squares.shape and np.allclose(s, squares) for s in shown)
    above = axes[0, 2].patches[0].get_path().vertices
    along = axes[1, 2].patches[0].get_path().vertices
    radius = np.linalg.norm(above, axis=1)
    assert radius.min() == pytest.approx(radius.max()) and np.abs(along).max() < 1e-12
    assert "leaves" in axes[0, 0].get_title() or "stays" in axes[0, 0].get_title()


def test_a_step_that_was_not_reached_says_so(stored):
    for name in ("rmd", "starts", "ends"):
        stored.arrays[name][(0, 0, 2) if name == "rmd" else (0, 2)] = np.nan
    assert "not reached" in particles_figure(stored).axes[2].get_title()


def test_heat_maps_carry_their_numbers(stored):
    shown = [[text.get_text() for text in ax.texts] for ax in projectors_figure(stored).axes]
    assert shown[0] == shown[1] and shown[1][:4] == ["0.500", "0.000", "0.000", "0.500"]
    assert shown[2] == [f"{value:.3f}" for value in np.eye(4).ravel()]


def test_the_table_counts_the_ways_to_miss(stored):
    stored.arrays["dim"][3] = [1, 2, 3, 2]
    stored.arrays["sine"][3] = [0.0, 0.01, 0.0, 0.4]
    rows = {row[:2]: row[2:] for row in rate_table(stored).rows}
    assert rows["S3, near teacher", "singular"][:5] == ("2 of 9", "1 of 4 (0.01 to 0.81)", "1", "1", "1")
    assert rows["C2, WI teacher", "mean"][2:6] == ("0", "4", "0", "as above")
    assert "3 of 4" in rows["C2, WI teacher", "singular"][1]


def test_one_group_alone_can_be_drawn(stored):
    config = dataclasses.replace(stored.config, cases=("C2",))
    one = Stored({name: values[:3] for name, values in stored.arrays.items()}, {}, config)
    assert len(steps_figure(one).axes) == 3
