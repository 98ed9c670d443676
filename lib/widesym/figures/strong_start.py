r"""A-F1: :math:`\mathrm{RMD}^2` against N from a strongly invariant start, three rows by three teachers."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from widesym.figures.style import SCHEME_LABELS, style
from widesym.figures.sweeps import (
    FLOOR,
    TITLES,
    curve,
    handle,
    pair_curves,
    pair_legends,
    panels,
    record_legend,
    risk_table,
    slope_line,
    spelled_slope,
)
from widesym.figures.tables import DataTable
from widesym.study.findings.sweeps import ASYMPTOTIC, asymptotic_slope, scheme_row
from widesym.study.store import Stored
from widesym.study.sweeps import SCHEMES


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw the three rows of A-F1, the live run in full colour and the record behind it.

    Args:
        live: a result of ``meanfield.strong-start``: lines and bands.
        record: the result at the paper's scale: open markers and dotted lines, or None.

    Returns:
        A figure of 3 rows (to the projection; between schemes; against EA) by one column a teacher.
        Lines are medians over repetitions, bands their full range.
    """
    with style(live, record):
        fig, axes = panels(3, live.config.teachers)
        for column, teacher in enumerate(live.config.teachers):
            for stored, recorded in ((live, False), (record, True)):
                if stored is None or teacher not in stored.config.teachers:
                    continue
                for scheme in SCHEMES:
                    curve(axes[0, column], scheme_row(stored, scheme, teacher), scheme, recorded)
                pair_curves(axes[1, column], axes[2, column], stored, teacher, recorded)
            _random_walk(axes[0, column], record or live, teacher)
        labels = ("RMD² to its projection on $\\mathcal{E}^G$", "RMD² between schemes", "RMD² to EA")
        for row, label in enumerate(labels):
            axes[row, 0].set_ylabel(label)
            axes[row, 0].set_ylim(FLOOR / 2, 1)
        # where no curve is: the data without symmetry, above the floor
        free = {"loc": "center right", "bbox_to_anchor": (1, 0.36)}
        axes[0, 0].legend(handles=[handle(s) for s in SCHEMES], **free)
        pair_legends(axes[1, -1], axes[2, -1])
        if record is not None:
            record_legend(fig)
    return fig


def slope_table(live: Stored, record: Stored | None = None) -> DataTable:
    """Return log-log slopes of row 1 over N >= 50 with 95 % intervals; schemes that leave the subspace."""
    runs = [(f"{scale}, to N = {stored.config.sizes[-1]}", stored) for scale, stored in
            (("live", live), ("record", record)) if stored is not None]  # fmt: skip
    rows = []
    for teacher in live.config.teachers:
        for scheme in ("vanilla", "da-sampled"):
            cells = []
            for _, stored in runs:
                known = teacher in stored.config.teachers
                cells.append(
                    spelled_slope(asymptotic_slope(scheme_row(stored, scheme, teacher)) if known else None)
                )
            rows.append((f"{TITLES[teacher]}, {SCHEME_LABELS[scheme]}", *cells))
    return DataTable(("slope of RMD² in N, N ≥ 50", *(name for name, _ in runs)), tuple(rows))


def _random_walk(ax: Axes, stored: Stored, teacher: str) -> None:
    """Draw a line of slope -1, the random walk of a small escape, above vanilla medians that fall."""
    samples = scheme_row(stored, "vanilla", teacher)
    fitted = asymptotic_slope(samples)
    if fitted is None or fitted[0] > -0.5:
        return
    sizes = [N for N in samples if N >= ASYMPTOTIC]
    slope_line(ax, sizes, 4 * float(np.median(samples[sizes[-1]])), -1, "$N^{-1}$")


__all__ = ["FLOOR", "figure", "risk_table", "slope_table"]
