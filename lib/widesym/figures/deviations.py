"""Dot charts of deviations on a log scale: identities at rounding on the left, controls far on the right."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from widesym.figures.style import BLUE, VERMILION

FLOOR = 1e-17  # zeros are drawn here


class Row(NamedTuple):
    """One line of a chart: a label, deviations (cases, ...) and whether they should be rounding."""

    label: str
    values: np.ndarray
    exact: bool


def dots(ax: Axes, rows: Sequence[Row], *, bound: float, xlabel: str = "relative deviation") -> None:
    """Draw one dot a case: the largest deviation of an identity, the median one of a control.

    Args:
        ax: where.
        rows: from top to bottom.
        bound: the largest deviation that counts as rounding; the room up to it is shaded.
        xlabel: of the axis.
    """
    for place, row in enumerate(rows):
        values = np.abs(np.asarray(row.values, np.float64))
        values = values.reshape(len(values), -1)
        shown = np.maximum(values.max(axis=1) if row.exact else np.median(values, axis=1), FLOOR)
        lanes = np.linspace(-0.27, 0.27, len(shown)) if len(shown) > 1 else np.zeros(1)
        ax.plot(
            shown, place + lanes, "o" if row.exact else "D", color=BLUE if row.exact else VERMILION,
            ms=4.2, mec="white", mew=0.4, gid="identity, the largest" if row.exact else "control, the median",
        )  # fmt: skip
    ax.axvspan(FLOOR / 10, bound, color=BLUE, alpha=0.06, lw=0)
    ax.set_xscale("log")
    ax.set_xlim(FLOOR / 3, 30)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_yticks(range(len(rows)), [row.label for row in rows])
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(xlabel)


def legend_handles(
    exact: str = "identity, the largest", control: str = "control, the median"
) -> list[Line2D]:
    """Return what the two kinds of dots mean, for a legend."""
    return [
        Line2D([], [], ls="", marker="o", color=BLUE, label=exact),
        Line2D([], [], ls="", marker="D", color=VERMILION, label=control),
    ]
