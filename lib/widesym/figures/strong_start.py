r"""A-F1: :math:`\mathrm{RMD}^2` against N from a strongly invariant start, three rows by three teachers."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from widesym.figures.style import SCHEME_COLOURS, SCHEME_LABELS, SCHEME_MARKERS, style
from widesym.figures.tables import DataTable
from widesym.study.experiments.strong_start import AGAINST_EA, BETWEEN, SCHEMES
from widesym.study.findings.strong_start import asymptotic_slope, pair_row, scheme_row
from widesym.study.store import Stored

FLOOR = 1e-9  # what is smaller is drawn on the floor: rounding, not a distance
_TITLES = {"arbitrary": "arbitrary teacher", "WI": "WI teacher", "SI": "SI teacher"}


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw the three rows of A-F1, the live run in full colour and the record behind it.

    Args:
        live: a result of ``meanfield.strong-start``: lines and bands.
        record: the result at the paper's scale: open markers and dotted lines, or None.

    Returns:
        A figure of 3 rows (to the projection; between schemes; against EA) by one column a teacher.
        Lines are medians over repetitions, bands their full range.
    """
    with style():
        teachers = live.config.teachers
        shape = {"figsize": (3.5 * len(teachers), 9.2), "sharex": True, "sharey": "row", "squeeze": False}
        fig, axes = plt.subplots(3, len(teachers), layout="constrained", **shape)
        for column, teacher in enumerate(teachers):
            for stored, recorded in ((live, False), (record, True)):
                if stored is None or teacher not in stored.config.teachers:
                    continue
                for scheme in SCHEMES:
                    _curve(axes[0, column], scheme_row(stored, scheme, teacher), scheme, recorded)
                for pair in BETWEEN:
                    _curve(axes[1, column], pair_row(stored, pair, teacher), pair[0], recorded, other=pair[1])
                for pair in AGAINST_EA:
                    _curve(axes[2, column], pair_row(stored, pair, teacher), pair[0], recorded)
            axes[0, column].set_title(_TITLES[teacher])
            axes[2, column].set_xlabel("particles $N$")
            _reference_slope(axes[0, column], record or live, teacher)
        labels = ("RMD² to its projection on $\\mathcal{E}^G$", "RMD² between schemes", "RMD² to EA")
        for row, label in enumerate(labels):
            axes[row, 0].set_ylabel(label)
            axes[row, 0].set_ylim(FLOOR / 2, 1)
        _legends(fig, axes, record is not None)
    return fig


def risk_table(stored: Stored) -> DataTable:
    """Return the median population risk of every scheme, teacher by teacher, at the largest N of a result."""
    values = np.median(stored.arrays["risk"][:, -1], axis=1)  # (teachers, schemes)
    header = (f"risk at N = {stored.config.sizes[-1]}", *(SCHEME_LABELS[s] for s in SCHEMES))
    rows = [
        (_TITLES[teacher], *(f"{value:.2e}" for value in row))
        for teacher, row in zip(stored.config.teachers, values, strict=True)
    ]
    return DataTable(header, tuple(rows))


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
                fitted = asymptotic_slope(scheme_row(stored, scheme, teacher)) if known else None
                cells.append(_spelled(fitted) if fitted else "needs two sizes N ≥ 50")
            rows.append((f"{_TITLES[teacher]}, {SCHEME_LABELS[scheme]}", *cells))
    return DataTable(("slope of RMD² in N, N ≥ 50", *(name for name, _ in runs)), tuple(rows))


def _spelled(fitted: tuple[float, tuple[float, float]]) -> str:
    slope, (low, high) = fitted
    return f"{slope:z.2f} ({low:z.2f} to {high:z.2f})".replace("-", "−")


def _curve(
    ax: Axes, samples: dict[int, np.ndarray], scheme: str, recorded: bool, *, other: str | None = None
) -> None:
    sizes = np.array(list(samples))
    values = np.maximum(np.stack(list(samples.values())), FLOOR)  # (sizes, repetitions)
    colour = SCHEME_COLOURS[scheme]
    fill = SCHEME_COLOURS[other] if other else colour
    median = np.median(values, axis=1)
    if recorded:
        ax.loglog(
            sizes, median, ":", marker=SCHEME_MARKERS[scheme], color=colour, mfc="white", ms=6.5, zorder=1.5
        )
        return
    ax.fill_between(sizes, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.13, lw=0)
    ax.loglog(
        sizes, median, "-", marker=SCHEME_MARKERS[scheme], color=colour, mfc=fill, mec=colour, zorder=2.5
    )


def _reference_slope(ax: Axes, stored: Stored, teacher: str) -> None:
    """Draw a line of slope -1, the random walk of a small escape, above vanilla medians that fall."""
    samples = scheme_row(stored, "vanilla", teacher)
    fitted = asymptotic_slope(samples)
    if fitted is None or fitted[0] > -0.5:
        return
    sizes = np.array([N for N in samples if N >= 50])
    line = 4 * np.median(samples[sizes[-1]]) * sizes[-1] / sizes
    ax.loglog(sizes, line, "--", color="0.45", lw=1)
    ax.annotate(
        "$N^{-1}$", (sizes[1], line[1]), color="0.35", fontsize=9, xytext=(3, 3), textcoords="offset points"
    )


def _legends(fig: Figure, axes: np.ndarray, recorded: bool) -> None:
    def handle(scheme: str, other: str | None = None) -> Line2D:
        colour = SCHEME_COLOURS[scheme]
        fill = SCHEME_COLOURS[other] if other else colour
        label = SCHEME_LABELS[scheme] + (f" – {SCHEME_LABELS[other]}" if other else "")
        return Line2D([], [], color=colour, marker=SCHEME_MARKERS[scheme], mfc=fill, mec=colour, label=label)

    axes[0, -1].legend(handles=[handle(s) for s in SCHEMES], loc="upper right")
    axes[1, -1].legend(handles=[handle(*pair) for pair in BETWEEN], loc="upper right")
    axes[2, -1].legend(handles=[handle(pair[0]) for pair in AGAINST_EA], loc="upper right")
    if recorded:
        kinds = [
            Line2D([], [], color="0.3", marker="o", label="this run (band: all repetitions)"),
            Line2D(
                [],
                [],
                color="0.3",
                marker="o",
                mfc="white",
                ls=":",
                ms=6.5,
                label="record at the paper's scale",
            ),
        ]
        fig.legend(handles=kinds, loc="outside lower center", ncols=2)
