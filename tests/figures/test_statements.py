"""The figures of A-S1 to A-S7 and A-X4 show the numbers they were given and leave nothing behind."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from widesym.figures import flow, pooling, risks, strong_optimum, symmetric_laws
from widesym.figures.deviations import FLOOR, Row, dots
from widesym.figures.style import BLUE, VERMILION, style
from widesym.study.experiments import strong_optimum as strong_experiment
from widesym.study.experiments.flow import Flow
from widesym.study.experiments.pooling import Pooling
from widesym.study.experiments.risks import FAMILIES, LOSSES_TRIED, TIMES, Risks
from widesym.study.experiments.symmetric_laws import CONTROLS, IDENTITIES, SymmetricLaws
from widesym.study.store import Stored

TWO = ("C2 swap", "C2 x C2")
RNG = np.random.default_rng(0)


def lines_of(ax):
    return [line.get_ydata() for line in ax.get_lines()]


@pytest.fixture(autouse=True)
def nothing_left_behind():
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before and not plt.get_fignums()


def test_dots_are_the_worst_of_identities_and_the_median_of_controls():
    with style():
        fig, ax = plt.subplots()
        values = np.array([[1e-16, 3e-15], [0.0, 0.0]])
        dots(ax, [Row("a", values, True), Row("b", np.array([[0.1, 0.3, 5.0]]), False)], bound=1e-12)
    exact, control = ax.get_lines()[:2]
    np.testing.assert_array_equal(exact.get_xdata(), [3e-15, FLOOR])
    np.testing.assert_array_equal(control.get_xdata(), [0.3])
    assert to_hex(exact.get_color()).upper() == BLUE and to_hex(control.get_color()).upper() == VERMILION
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_symmetric_laws():
    arrays = {name: 10 ** RNG.uniform(-16, -15, (2, 3)) for name in IDENTITIES}
    arrays |= {name: RNG.uniform(0.1, 1, (2, 3)) for name in CONTROLS}
    arrays |= {"order": np.array([2, 4]), "dimension": np.array([2, 1])}
    stored = Stored(arrays, {}, SymmetricLaws(cases=TWO))
    (ax,) = symmetric_laws.figure(stored).axes
    shown = [line.get_xdata() for line in ax.get_lines() if line.get_marker() in "oD"]
    assert len(shown) == len(IDENTITIES) + len(CONTROLS)
    np.testing.assert_array_equal(shown[0], arrays["average"].max(axis=1))
    np.testing.assert_array_equal(shown[-1], np.median(arrays["wider"], axis=1))
    worst = max(arrays[name][1].max() for name in IDENTITIES)
    assert symmetric_laws.case_table(stored).rows[1] == ("C2 × C2", "4", "1", f"{worst:.1e}")


def test_risks():
    paths = RNG.uniform(0.5, 1, (2, 3, 4, len(TIMES)))
    arrays = {
        "risks": RNG.uniform(1, 2, (2, len(FAMILIES), len(LOSSES_TRIED), 4, 4)), "path": paths,
        "gap": RNG.uniform(size=(2, 2, 4)), "gap_once": RNG.uniform(size=(2, 2, 4)),
        "faulty": RNG.uniform(size=(2, 3, 4)), "path_capped": paths[:, 0], "path_own": paths[:, 1],
        "best_weak": np.full((2, 2, 3), 1.0), "best_all": np.full((2, 2, 3), 0.9),
        "bound": np.full((2, 2, 3), 0.8), "order": np.array([2, 4]),
    }  # fmt: skip
    stored = Stored(arrays, {}, Risks(cases=TWO))
    (ax,) = risks.figure(stored).axes
    shown = dict(zip([t.get_text() for t in ax.get_yticklabels()], [
        line.get_xdata() for line in ax.get_lines() if line.get_marker() in "oD"], strict=True))  # fmt: skip
    np.testing.assert_allclose(shown["best WI law = best law"], 0.2)
    np.testing.assert_allclose(shown["best WI law = best law, any data"], 0.1)
    drawn = risks.convexity(stored)
    assert len(drawn.axes) == 5
    np.testing.assert_allclose(lines_of(drawn.axes[1])[0], paths[0, 1, 0] / paths[0, 1, 0, 0])
    medians = np.median(paths[:, 0] / paths[:, 0, :, :1], axis=1)
    np.testing.assert_allclose(lines_of(drawn.axes[3])[-1], medians[1])


def test_strong_optimum():
    E = strong_experiment
    arrays = {
        "ends": RNG.uniform(size=(2, 4, len(E.SHOWN))), "target": RNG.uniform(size=(2, len(E.SHOWN))),
        "curve": RNG.uniform(size=(2, len(E.LEVELS))), "by_formula": np.array([[0.29, 0.0], [0.0, 0.0]]),
        "times": np.arange(5.0), "paths": RNG.normal(size=(2, 4, 5, 3)),
        "optimum": np.array([[[0.7, 0.6], [0, 0]], [[0.1, -0.1], [0, 0]]]),
    }  # fmt: skip
    functions, curve, particles, groups = strong_optimum.figure(
        Stored(arrays, {}, E.StrongOptimum(cases=TWO))
    ).axes
    np.testing.assert_array_equal(lines_of(functions)[0], arrays["ends"][0, E.STARTS.index("strong")])
    np.testing.assert_array_equal(lines_of(functions)[1], arrays["target"][0])
    np.testing.assert_array_equal(lines_of(curve)[0], arrays["curve"][0])
    np.testing.assert_array_equal(lines_of(particles)[1], arrays["paths"][0, E.STARTS.index("weak"), :, 1])
    assert [bar.get_width() for bar in groups.patches] == [0.6, 0.0]
    assert "start at $10^{-6}$" in [text.get_text() for text in particles.get_legend().get_texts()]


def test_flow():
    config = Flow(cases=TWO, steps=4)
    arrays = {
        "weak": RNG.uniform(size=(2, 3, 2, 4, 5)), "together": RNG.uniform(size=(2, 2, 2, 4, 5)),
        "together_plain": RNG.uniform(size=(2, 2, 4, 5)), "strong": RNG.uniform(size=(2, 6, 4, 5)),
    }  # fmt: skip
    left, middle, right = flow.figure(Stored(arrays, {}, config)).axes
    np.testing.assert_array_equal(lines_of(left)[0], arrays["weak"][0, 0, 0].max(axis=0))
    np.testing.assert_array_equal(lines_of(left)[-1], arrays["weak"][1, 0, 1].max(axis=0))
    np.testing.assert_array_equal(lines_of(middle)[-1], arrays["together_plain"][1, 1].max(axis=0))
    np.testing.assert_array_equal(lines_of(right)[4], arrays["strong"][0, 2].max(axis=0))
    np.testing.assert_allclose(right.get_lines()[0].get_xdata(), 0.05 * np.arange(5))


def test_pooling():
    arrays = {name: RNG.uniform(size=(2, 2)) for name in ("site", "flat", "nngp", "ntk")}
    arrays |= {"shallow": RNG.uniform(size=2), "training": RNG.uniform(size=(2, 3))}
    arrays["training_plain"] = RNG.uniform(size=(1, 3))
    left, right = pooling.figure(Stored(arrays, {}, Pooling(steps=3))).axes
    shown = [line.get_xdata() for line in left.get_lines() if line.get_marker() in "oD"]
    np.testing.assert_array_equal(shown[1], arrays["flat"][0])
    np.testing.assert_array_equal(shown[7], [arrays["shallow"][1]])
    np.testing.assert_array_equal(lines_of(right), [*arrays["training"], arrays["training_plain"][0]])
