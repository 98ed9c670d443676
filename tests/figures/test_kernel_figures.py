"""The figures of B-S3, B-S4, B-X1 and of the speed show the numbers they were given."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from widesym.figures import inner_products, kernel_symmetry, orbit_regression, pooling_kernel, speed
from widesym.figures.style import BLUE, ORANGE
from widesym.study.experiments.inner_products import MAPPED, InnerProducts, visible
from widesym.study.experiments.kernel_symmetry import MODELS, TRANSFORMATIONS, KernelSymmetry
from widesym.study.experiments.orbit_regression import OrbitRegression, counts
from widesym.study.experiments.pooling_kernel import PoolingKernel
from widesym.study.experiments.speed import Speed
from widesym.study.store import Stored

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def nothing_left_behind():
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before and not plt.get_fignums()


def test_the_table_shows_the_largest_and_the_median():
    deviation = np.full((len(MODELS), len(TRANSFORMATIONS), 3), 0.5)
    deviation[0, 4] = [1e-16, 2e-15, 3e-16]  # FCN under O(3d): invariant
    deviation[4, 2] = [0.01, 0.02, 0.9]  # GAP under O(3)^d: not
    deviation[:, 0] = 0
    (ax,) = kernel_symmetry.figure(Stored({"deviation": deviation}, {}, KernelSymmetry())).axes
    texts = {t.get_position(): t.get_text() for t in ax.texts}
    assert texts[4.5, 0.5] == r"$2\cdot10^{-15}$" and texts[2.5, 4.5] == "0.02" and texts[0.5, 3.5] == "0"
    assert [label.get_text() for label in ax.get_yticklabels()] == list(MODELS)


def made_products():
    config = InnerProducts(side=4)
    seen = np.array([visible(config, model) for model in MAPPED])
    maps = np.where(seen[:, None], RNG.uniform(0.1, 1, (5, 2, 16, 16)), 0)
    return Stored({"maps": maps, "seen": seen}, {}, config)


def test_maps_show_slopes_and_hide_what_is_not_seen():
    stored = made_products()
    axes = inner_products.figure(stored).axes
    for place, model in enumerate(MAPPED):
        slopes = stored.arrays["maps"][place, 1]
        for ax, expected in (
            (axes[place], slopes),
            (axes[len(MAPPED) + place], slopes[5].reshape(4, 4)),  # the pixel in the middle: row 1, column 1
        ):
            shown = ax.images[0].get_array()
            np.testing.assert_allclose(shown.filled(0), expected / slopes.max())
            np.testing.assert_array_equal(np.ma.getmaskarray(shown), expected == 0)
        assert axes[place].get_title() == {"VEC": "VEC = LCN"}.get(model, model)
        assert axes[len(MAPPED) + place].patches[0].get_xy() == (0.7, 0.7)
    assert axes[-2].get_xlabel() == "256 of 256 pairs" and axes[6].get_xlabel() == "16 of 256 pairs"


def test_inner_products_are_counted():
    rows = {row[0]: row[1:] for row in inner_products.count_table(made_products()).rows}
    assert rows["FCN"] == rows["VEC = LCN"] == ("16", "16", "16", "256")
    assert rows["LAP"] == ("144", "144", "144", "256") and rows["GAP"] == ("256", "256", "256", "256")


def made_pooling():
    cells = (2, 3, 2, 2)
    arrays = {
        "gap": (2, *cells),
        "lap": (2, 2, *cells),
        "some": cells,
        "flat": (2, *cells),
        "fixed": (2, *cells),
    }
    arrays = {name: RNG.uniform(1e-3, 1, shape) for name, shape in arrays.items()}
    arrays |= {"library": RNG.uniform(size=(2, 2)), "padding": RNG.uniform(size=(2, 2, 2))}
    arrays["memory"] = 1024 * np.array([[1, 2, 3], [4, 5, 6000], [7, 8, 9]])
    return Stored(arrays, {}, PoolingKernel())


def test_pooling_dots_are_by_depth():
    stored = made_pooling()
    chart, *maps = pooling_kernel.figure(stored).axes
    shown = [line.get_xdata() for line in chart.get_lines() if line.get_marker() in "oD"]
    np.testing.assert_allclose(shown[0], stored.arrays["gap"][0].max(axis=(0, 2, 3)))
    np.testing.assert_allclose(shown[2], stored.arrays["library"].max(axis=1))
    np.testing.assert_allclose(shown[4], stored.arrays["lap"][1].max(axis=(0, 1, 3, 4)))
    np.testing.assert_allclose(shown[5], np.median(stored.arrays["some"], axis=(0, 2, 3)))
    np.testing.assert_allclose(shown[6], np.median(stored.arrays["padding"][1], axis=1))
    np.testing.assert_allclose(shown[8], np.median(stored.arrays["fixed"], axis=(0, 1, 3, 4)))
    assert [ax.get_xlabel() for ax in maps] == ["1 offset", "49 offsets", "256 offsets"]
    assert [np.ma.count(ax.images[0].get_array()) for ax in maps] == [1, 49, 256]


def test_costs_are_counted():
    rows = {row[0]: row[1:] for row in pooling_kernel.cost_table(made_pooling()).rows}
    assert rows["VEC, 32×32"] == ("1", "8,192", "8,192", "20 kB", "3 kB")
    assert rows["LAP4, 32×32"] == ("49", "401,408", "8,388,608", "20 kB", "5.86 MB")
    assert rows["GAP, 8×8"] == ("64", "32,768", "32,768", "1.25 kB", "7 kB")


def test_regression_curves():
    config = OrbitRegression()
    which = np.array(counts(config))
    arrays = {"curve": RNG.uniform(size=(2, 2, 7, 20)), "error": RNG.uniform(size=(2, 2, 7, 20))}
    arrays |= {"gap_error": RNG.uniform(size=(2, 2)), "unscaled": RNG.uniform(size=(2, 2)), "counts": which}
    left, right = orbit_regression.figure(Stored(arrays, {}, config)).axes
    by_label = {line.get_label(): line for line in (*left.get_lines(), *right.get_lines())}
    deepest = 1
    np.testing.assert_allclose(by_label["NTK"].get_ydata(), np.median(arrays["curve"][deepest, 1], axis=1))
    np.testing.assert_array_equal(by_label["NNGP"].get_xdata(), which)
    shown = by_label["VEC on translates, NNGP"]
    np.testing.assert_allclose(shown.get_ydata(), np.median(arrays["error"][deepest, 0], axis=1))
    assert to_hex(shown.get_color()).upper() == ORANGE
    assert by_label["GAP, NTK"].get_ydata()[0] == arrays["gap_error"][deepest, 1]
    assert to_hex(by_label["GAP, NTK"].get_color()).upper() == BLUE


def made_speed(cores=1, sides=(8, 32)):
    config = Speed(networks=("GAP", "FCN"), sides=sides, cores=cores)
    arrays = {
        "tangents": np.array([[2e-3, 2.0], [1e-7, 4e-7]]), "compiled": np.array([[1e-5, 4e-3], [5e-8, 2e-7]]),
        "batch": np.array([[16, 1], [512, 512]]), "difference": np.full((2, 2), 3e-7),
        "steps": np.array([[32768, 8388608], [8, 8]]), "prepare": np.zeros((2, 2)),
        "peak": 2e11, "load": np.array([0.5, 1.25]), "machine": 4,
    }  # fmt: skip
    return Stored(arrays, {}, config)


def test_times_and_ratios_are_shown():
    live, record = made_speed(), made_speed(cores=4)
    fig = speed.figure(live, record)
    assert [ax.get_title() for ax in fig.axes] == ["8×8", "32×32", "record: 8×8", "record: 32×32"]
    first = fig.axes[0]
    np.testing.assert_array_equal(first.get_lines()[0].get_xdata(), live.arrays["compiled"][:, 0])
    np.testing.assert_array_equal(first.get_lines()[1].get_xdata(), live.arrays["tangents"][:, 0])
    assert [t.get_text() for t in first.texts] == ["200×", "2×"]
    assert first.get_xlabel() == "seconds a pair, one core"
    assert fig.axes[2].get_xlabel() == "seconds a pair, 4 cores"
    assert len(speed.figure(live).axes) == 2


def test_the_table_of_times():
    rows = speed.table(made_speed()).rows
    share = 8388608 * 48 / 4e-3 / 2e11
    assert rows[1] == ("GAP, 32×32", "2 s", "1", "4 ms", "500×", "3e-07", "250", f"{share:.0%}")
    assert rows[2] == ("FCN, 8×8", "100 ns", "512", "50 ns", "2×", "3e-07", "20,000,000", "–")


def test_hours_for_all_of_cifar():
    rows = dict((row[0], row[1:]) for row in speed.whole_table(made_speed()).rows)
    assert rows["GAP"] == ("20.8 days", "28.5 years")  # 1.8e9 pairs of 4 ms, on four cores
    assert rows["FCN"] == ("90 seconds", "3 minutes")
    with_four = dict((row[0], row[1:]) for row in speed.whole_table(made_speed(cores=4)).rows)
    assert with_four["GAP"] == ("83.3 days", "114 years")
    with pytest.raises(ValueError, match=r"timed were \(8, 16\); add 32"):
        speed.whole_table(made_speed(sides=(8, 16)))


def test_how_it_was_measured():
    words = speed.words(made_speed())
    assert words.startswith("CPU time on one core, the least of 2") and "200 Gflop/s" in words
    assert "load of the machine 0.5 before and 1.2 after, of 4 cores" in words
    assert speed.words(made_speed(cores=4)).startswith("time on the wall with 4 cores")
