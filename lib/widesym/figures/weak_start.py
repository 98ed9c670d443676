r"""A-F3: :math:`\mathrm{RMD}^2` against N for the other pairs of start and teacher, with its floor."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from widesym.figures.style import SCHEME_LABELS, style
from widesym.figures.sweeps import (
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
from widesym.study.experiments.weak_start import FREE, LEAVING
from widesym.study.findings.sweeps import ASYMPTOTIC, asymptotic_slope, scheme_row
from widesym.study.findings.weak_start import ratio_row
from widesym.study.statistics import median_with_interval
from widesym.study.store import Stored
from widesym.study.sweeps import SCHEMES

_FLOOR_LINE = {"ls": (0, (4, 1.5, 1, 1.5)), "lw": 1.1}


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw the panels of the WI start, the live run in full colour and the record behind it.

    Args:
        live: a result of ``meanfield.weak-start``: lines and bands.
        record: the result at the paper's scale: open markers and dotted lines, or None.

    Returns:
        A figure of 4 rows (to the symmetrised cloud, with the sampling floor of vanilla and FA as thin lines
        without markers; to the projection; between schemes; against EA) by one column a teacher.
    """
    with style(live, record):
        fig, axes = panels(4, live.config.teachers)
        for column, teacher in enumerate(live.config.teachers):
            for stored, recorded in ((live, False), (record, True)):
                if stored is None or teacher not in stored.config.teachers:
                    continue
                for scheme in FREE:  # EA's two distances are 0
                    to_symmetrised = scheme_row(stored, scheme, teacher, "to_symmetrised")
                    curve(axes[0, column], to_symmetrised, scheme, recorded)
                    curve(axes[1, column], scheme_row(stored, scheme, teacher), scheme, recorded)
                pair_curves(axes[2, column], axes[3, column], stored, teacher, recorded)
            widest = record if record is not None and teacher in record.config.teachers else live
            _floor(axes[0, column], widest, teacher)
            _square_root(axes[0, column], widest, teacher)
        labels = (
            "RMD² to its symmetrised cloud",
            "RMD² to its projection on $\\mathcal{E}^G$",
            "RMD² between schemes",
            "RMD² to EA",
        )
        bounds = ((1e-3, 0.4), (1e-2, 1), (1e-7, 1), (1e-2, 1))
        for row, (label, bound) in enumerate(zip(labels, bounds, strict=True)):
            axes[row, 0].set_ylabel(label)
            axes[row, 0].set_ylim(bound)
        floor = Line2D([], [], color="0.15", label="sampling floor", **_FLOOR_LINE)
        axes[0, -1].legend(handles=[*(handle(s) for s in FREE), floor], loc="upper right")
        pair_legends(axes[2, -1], axes[3, -1])
        if record is not None:
            record_legend(fig)
    return fig


def strong_figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw the distance to the symmetrised cloud from the SI start, for the schemes that leave."""
    with style(live, record):
        fig, axes = panels(1, live.config.teachers)
        for column, teacher in enumerate(live.config.teachers):
            for stored, recorded in ((live, False), (record, True)):
                known = stored is not None and teacher in stored.config.teachers
                if known and "SI" in stored.config.starts:
                    for scheme in LEAVING:
                        samples = scheme_row(stored, scheme, teacher, "strong_to_symmetrised")
                        curve(axes[0, column], samples, scheme, recorded)
            widest = record if record is not None and teacher in record.config.teachers else live
            _floor(axes[0, column], widest, teacher, start="strong_")
        axes[0, 0].set_ylabel("RMD² to its symmetrised cloud")
        axes[0, 0].set_ylim(1e-7, 1)
        floor = Line2D([], [], color="0.15", label="sampling floor", **_FLOOR_LINE)
        axes[0, -1].legend(handles=[*(handle(s) for s in LEAVING), floor], loc="upper right")
        if record is not None:
            record_legend(fig)
    return fig


def floor_table(stored: Stored) -> DataTable:
    """Return, scheme by scheme, slopes of the distance and of its floor, and their ratio at the largest N."""
    largest = stored.config.sizes[-1]
    rows = []
    for teacher in stored.config.teachers:
        for scheme in FREE:
            floor = scheme_row(stored, scheme, teacher, "floor")
            slopes = [
                asymptotic_slope(scheme_row(stored, scheme, teacher, "to_symmetrised")),
                asymptotic_slope({N: values.mean(axis=-1) for N, values in floor.items()}),
            ]
            value, (low, high) = median_with_interval(ratio_row(stored, scheme, teacher)[largest])
            rows.append(
                (
                    f"{TITLES[teacher]}, {SCHEME_LABELS[scheme]}",
                    *(spelled_slope(slope) for slope in slopes),
                    f"{value:.2f} ({low:.2f} to {high:.2f})",
                )
            )
    return DataTable(
        ("WI start", "slope of RMD² to νᴳ", "slope of its floor",
         f"RMD² over floor, N = {largest}"),
        tuple(rows),
    )  # fmt: skip


def averaged_risk_table(stored: Stored) -> DataTable:
    """Return the median risk of the average of every scheme's network over the group, at the largest N."""
    values = np.median(stored.arrays["risk_averaged"][:, -1], axis=1)
    header = (f"risk of the average, N = {stored.config.sizes[-1]}", *(SCHEME_LABELS[s] for s in SCHEMES))
    rows = [
        (TITLES[teacher], *(f"{value:.2e}" for value in row))
        for teacher, row in zip(stored.config.teachers, values, strict=True)
    ]
    return DataTable(header, tuple(rows))


def _floor(ax: Axes, stored: Stored, teacher: str, *, start: str = "") -> None:
    """Draw the median sampling floors of vanilla and FA, or of the schemes that leave the subspace."""
    for scheme in LEAVING if start else (FREE[0], FREE[-1]):
        floor = scheme_row(stored, scheme, teacher, f"{start}floor")
        values = [np.median(samples) for samples in floor.values()]
        ax.loglog(list(floor), values, color="0.15", zorder=3, gid=f"sampling floor, {scheme}", **_FLOOR_LINE)


def _square_root(ax: Axes, stored: Stored, teacher: str) -> None:
    """Draw a line of slope -1/2, the sampling rate in dimension 4, below FA's medians."""
    samples = scheme_row(stored, "fa", teacher, "to_symmetrised")
    sizes = [N for N in samples if N >= ASYMPTOTIC]
    if len(sizes) >= 2:
        slope_line(ax, sizes, 0.5 * float(np.median(samples[sizes[-1]])), -0.5, "$N^{-1/2}$", below=True)


__all__ = ["averaged_risk_table", "figure", "floor_table", "risk_table", "strong_figure"]
