r"""Curves against N in one style: the panels that A-F1 and A-F3 have in common.

Lines are medians over repetitions, bands their full range; a record is drawn with open markers and
dotted lines behind the live run.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from widesym.figures.style import NO_DATA, SCHEME_COLOURS, SCHEME_LABELS, SCHEME_MARKERS, SMALL
from widesym.figures.tables import DataTable
from widesym.study.findings.sweeps import pair_row
from widesym.study.store import Stored
from widesym.study.sweeps import AGAINST_EA, BETWEEN, SCHEMES

FLOOR = 1e-9  # what is smaller is drawn on the floor: rounding, not a distance
TITLES = {"arbitrary": "arbitrary teacher", "WI": "WI teacher", "SI": "SI teacher"}


def panels(rows: int, teachers: Sequence[str], *, height: float = 3.05) -> tuple[Figure, np.ndarray]:
    """Return a figure of rows by teachers, titled, with a common axis of sizes."""
    shape = {"figsize": (3.5 * len(teachers), height * rows), "sharex": True, "sharey": "row"}
    fig, axes = plt.subplots(rows, len(teachers), layout="constrained", squeeze=False, **shape)
    for column, teacher in enumerate(teachers):
        axes[0, column].set_title(TITLES[teacher])
        axes[-1, column].set_xlabel("particles $N$")
    return fig, axes


def curve(
    ax: Axes, samples: dict[int, np.ndarray], scheme: str, recorded: bool, *, other: str | None = None
) -> None:
    """Draw one scheme's curve, or that of a pair of schemes: ``samples`` is ``{N: (repetitions,)}``."""
    sizes = np.array(list(samples))
    values = np.maximum(np.stack(list(samples.values())), FLOOR)  # (sizes, repetitions)
    colour = SCHEME_COLOURS[scheme]
    fill = SCHEME_COLOURS[other] if other else colour
    median = np.median(values, axis=1)
    name = _name(scheme, other)
    marker = SCHEME_MARKERS[scheme]
    if recorded:
        ax.loglog(
            sizes,
            median,
            ":",
            marker=marker,
            color=colour,
            mfc="white",
            ms=6.5,
            zorder=1.5,
            gid=f"{name}, record",
        )
        return
    ax.fill_between(sizes, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.13, lw=0)
    ax.loglog(sizes, median, "-", marker=marker, color=colour, mfc=fill, mec=colour, zorder=2.5, gid=name)


def pair_curves(between: Axes, against_ea: Axes, stored: Stored, teacher: str, recorded: bool) -> None:
    """Draw the distances between schemes into one panel, those to EA into another."""
    for pair in BETWEEN:
        curve(between, pair_row(stored, pair, teacher), pair[0], recorded, other=pair[1])
    for pair in AGAINST_EA:
        curve(against_ea, pair_row(stored, pair, teacher), pair[0], recorded)


def slope_line(
    ax: Axes, sizes: Sequence[int], end: float, slope: float, label: str, *, below: bool = False
) -> None:
    """Draw a dashed line of a given slope through ``end`` at the largest size, its label above or below."""
    sizes = np.asarray(sizes, np.float64)
    line = end * (sizes / sizes[-1]) ** slope
    ax.loglog(sizes, line, "--", color="0.45", lw=1, gid=NO_DATA)
    offset = {"xytext": (-14, -14) if below else (3, 3), "textcoords": "offset points"}
    ax.annotate(label, (sizes[1], line[1]), color="0.35", fontsize=SMALL, **offset)


def handle(scheme: str, other: str | None = None) -> Line2D:
    """Return the entry of a legend for a scheme or a pair of schemes."""
    colour = SCHEME_COLOURS[scheme]
    fill = SCHEME_COLOURS[other] if other else colour
    shape = {"marker": SCHEME_MARKERS[scheme], "mfc": fill, "mec": colour}
    return Line2D([], [], color=colour, label=_name(scheme, other), **shape)


def _name(scheme: str, other: str | None) -> str:
    return SCHEME_LABELS[scheme] + (f" – {SCHEME_LABELS[other]}" if other else "")


def pair_legends(between: Axes, against_ea: Axes) -> None:
    """Name the curves of `pair_curves`."""
    between.legend(handles=[handle(*pair) for pair in BETWEEN], loc="upper right")
    against_ea.legend(handles=[handle(pair[0]) for pair in AGAINST_EA], loc="upper right")


def record_legend(fig: Figure) -> None:
    """Tell the live run from the record below the panels."""
    live = Line2D([], [], color="0.3", marker="o", label="this run (band: all repetitions)")
    shape = {"color": "0.3", "marker": "o", "mfc": "white", "ls": ":", "ms": 6.5}
    record = Line2D([], [], label="record at the paper's scale", **shape)
    fig.legend(handles=[live, record], loc="outside lower center", ncols=2)


def risk_table(stored: Stored) -> DataTable:
    """Return the median population risk of every scheme, teacher by teacher, at the largest N of a result."""
    values = np.median(stored.arrays["risk"][:, -1], axis=1)  # (teachers, schemes)
    header = (f"risk at N = {stored.config.sizes[-1]}", *(SCHEME_LABELS[s] for s in SCHEMES))
    rows = [
        (TITLES[teacher], *(f"{value:.2e}" for value in row))
        for teacher, row in zip(stored.config.teachers, values, strict=True)
    ]
    return DataTable(header, tuple(rows))


def spelled_slope(fitted: tuple[float, tuple[float, float]] | None) -> str:
    """Write a fitted slope with its interval, or say what is missing."""
    if fitted is None:
        return "needs two sizes N ≥ 50"
    slope, (low, high) = fitted
    return f"{slope:z.2f} ({low:z.2f} to {high:z.2f})".replace("-", "−")
