"""The table of a figure has the numbers that were plotted: read back by Python's csv, against the arrays."""

import csv

import matplotlib.pyplot as plt
import numpy as np
import pytest

from widesym.figures.plotted import NO_DATA, headings, rows, table


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


def read(figure):
    """Return the lines of a CSV, read by another library's rules than it was written by."""
    lines = [line for line in table(figure).splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def column(lines, name, **chosen):
    kept = [line for line in lines if all(line[key] == value for key, value in chosen.items())]
    return np.array([float(line[name]) if line[name] else np.nan for line in kept])


def test_lines_with_bands_and_points(ax):
    x, y = np.array([1.0, 10.0, 100.0]), np.array([1 / 3, 2e-9, -4.0])
    ax.fill_between(x, y - 0.5, y + 0.25, color="tab:blue", alpha=0.2)
    ax.plot(x, y, color="tab:blue", label="first")
    ax.scatter(x, 2 * y, label="second")
    lines = read(ax.figure)
    np.testing.assert_allclose(column(lines, "y", series="first"), y, rtol=1e-6)
    np.testing.assert_allclose(column(lines, "y_low", series="first"), y - 0.5, rtol=1e-6)
    np.testing.assert_allclose(column(lines, "y_high", series="first"), y + 0.25, rtol=1e-6)
    np.testing.assert_allclose(column(lines, "y", series="second"), 2 * y, rtol=1e-6)
    np.testing.assert_allclose(column(lines, "x", series="second"), x, rtol=1e-6)
    # the band is the line's, not a series of its own
    assert len(lines) == 6 and {line["mark"] for line in lines} == {"line", "point"}


def test_a_band_of_another_curve_is_a_series_of_its_own(ax):
    x = np.arange(3.0)
    ax.fill_between(x, x + 5, x + 6, color="tab:blue", gid="range")
    ax.plot(x, x, color="tab:blue", label="line")
    lines = read(ax.figure)
    np.testing.assert_array_equal(column(lines, "y_low", series="range"), x + 5)
    assert np.isnan(column(lines, "y_low", series="line")).all()


def test_error_bars_of_both_kinds(ax):
    x, y = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    down, up, side = np.array([0.5, 1.0]), np.array([0.25, 2.0]), np.array([0.1, 0.2])
    ax.errorbar(x, y, [down, up], side, fmt="o-", capsize=2, label="measured")
    lines = read(ax.figure)
    assert {line["series"] for line in lines} == {"measured"} and len(lines) == 2
    for name, values in {"y_low": y - down, "y_high": y + up, "x_low": x - side, "x_high": x + side}.items():
        np.testing.assert_allclose(column(lines, name), values, rtol=1e-6)


def test_bars_steps_segments_and_images():
    fig, axes = plt.subplots(1, 4)
    axes[0].barh([0, 1], [0.3, 0.7], label="risk")
    axes[1].stairs([2.0, 4.0], [0.0, 1.0, 3.0], label="law")
    axes[2].hlines([0, 1], [1.0, 2.0], [5.0, 6.0], gid="from to")
    values = np.array([[1.0, 2.0, 3.0], [4.0, np.nan, 6.0]])
    axes[3].imshow(values)
    lines = read(fig)
    plt.close(fig)
    np.testing.assert_allclose(column(lines, "x", panel="1", series="risk"), [0.3, 0.7])
    np.testing.assert_allclose(column(lines, "x_low", panel="2"), [0, 1])
    np.testing.assert_allclose(column(lines, "y", panel="2"), [2, 4])
    np.testing.assert_allclose(column(lines, "x_high", panel="3", mark="segment"), [5, 6])
    cells = {(line["x"], line["y"]): line["value"] for line in lines if line["panel"] == "4"}
    expected = {(str(j), str(i)): "" if np.isnan(v) else f"{v:g}" for (i, j), v in np.ndenumerate(values)}
    assert cells == expected


def test_words_at_ticks(ax):
    ax.plot([1.1, 8.9], [0.9, 0.2], "o", gid="dots")
    ax.set_xticks([1, 9], ["VEC", "GAP"])
    ax.set_yticks([0, 1], ["0", "one"])
    assert [(line["x_name"], line["y_name"]) for line in read(ax.figure)] == [("VEC", "one"), ("GAP", "0")]


def test_numbers_as_words_at_ticks(ax):
    ax.plot([0.5, 1.5], [1.0, 2.0], "o", gid="dots")
    ax.set_xticks(np.array([0.5, 1.5]), np.arange(2))
    assert [line["x_name"] for line in read(ax.figure)] == ["0", "1"]


def test_a_mark_far_from_every_tick_has_no_word(ax):
    ax.plot([5.0], [1.0], "o", gid="dot")
    ax.set_xticks([1, 9], ["VEC", "GAP"])
    assert "x_name" not in read(ax.figure)[0]


def test_what_is_no_datum_is_left_out():
    fig, (ax, drawing, photograph, scale) = plt.subplots(1, 4)
    ax.plot([1, 2], [3, 4], "--", gid=NO_DATA)
    ax.axhline(0.5)
    ax.axvspan(0, 1)
    drawing.plot([0, 1], [0, 1])
    drawing.set_axis_off()
    photograph.imshow(np.zeros((4, 4, 3)))
    shown = scale.imshow(np.eye(2))
    fig.colorbar(shown, ax=scale)
    found = rows(fig)
    plt.close(fig)
    assert {row["panel"] for row in found} == {4} and len(found) == 4


def test_a_figure_of_pictures_has_no_table(ax):
    ax.imshow(np.zeros((4, 4, 3)))
    assert table(ax.figure) == ""


def test_names_come_from_legends_with_handles_of_their_own(ax):
    ax.plot([1, 2], [3, 4], "o-", color="tab:red")
    ax.plot([1, 2], [5, 6], "s--", color="tab:red")
    ax.plot([1, 2], [7, 8], "s-", color="tab:red")
    handles = [
        plt.Line2D([], [], color="tab:red", marker="s", label="square"),
        plt.Line2D([], [], color="tab:red", marker="s", ls="--", label="open"),
        plt.Line2D([], [], color="tab:red", marker="o", label="closed"),
    ]
    ax.figure.legend(handles=handles)
    assert [row["series"] for row in rows(ax.figure)] == ["closed"] * 2 + ["open"] * 2 + ["square"] * 2


def test_headings_and_shared_labels():
    fig, axes = plt.subplots(2, 1, sharex=True)
    axes[0].plot([1.0, 2.0], [3.0, np.nan], label="a")
    axes[0].set(title="upper", ylabel="risk")
    axes[1].plot([1.0], [1.0], label="b")
    axes[1].set_xlabel("width $n$")
    text = table(fig)
    plt.close(fig)
    assert text.splitlines()[:3] == [
        "# panel 1: upper; x: width $n$; y: risk",
        "# panel 2: x: width $n$",
        "panel,series,mark,x,y",
    ]
    assert "1,a,line,2,\n" in text and headings(fig)[1] == "panel 2: x: width $n$"


def test_numbers_have_seven_digits(ax):
    ax.plot([1.0], [np.pi * 1e-9], label="small")
    assert read(ax.figure)[0]["y"] == "3.141593e-09"
