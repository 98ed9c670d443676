r"""A-X2: :math:`\mathrm{RMD}^2` against the depth L, through the depth and over time; and the mean ODE."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from widesym.figures.style import BLUE, GREEN, PURPLE, SCHEME_LABELS, SMALL, VERMILION, shades, style
from widesym.figures.sweeps import (
    FLOOR,
    TITLES,
    curve,
    handle,
    panels,
    record_legend,
    slope_line,
    spelled_slope,
)
from widesym.figures.tables import DataTable
from widesym.study.deep_statements import LIMIT_DEPTHS
from widesym.study.experiments.deep import SNAPSHOTS, TENTHS, UNITS
from widesym.study.findings.deep import NAMES, disagreement, row, slope
from widesym.study.store import Stored
from widesym.study.sweeps import AGAINST_EA, PAIRS, SCHEMES

_PLAIN = {"matrix": "matrix unit, C2", "neuron": "neuron, C3"}


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw the escape against the depth for both units, and the distance to EA.

    Args:
        live: a result of ``beyond.deep``: lines and bands.
        record: the result at full depth: open markers and dotted lines, or None.

    Returns:
        A figure of 3 rows by one column a teacher. Lines are medians over repetitions, bands their range.
    """
    with style(live, record):
        teachers = live.config.teachers
        fig, axes = panels(3, teachers)
        for column, teacher in enumerate(teachers):
            for stored, recorded in ((live, False), (record, True)):
                if stored is None or teacher not in stored.config.teachers:
                    continue
                for line, unit in enumerate(UNITS):
                    for scheme in SCHEMES:
                        curve(axes[line, column], row(stored, unit, scheme, teacher), scheme, recorded)
                for pair in AGAINST_EA:
                    curve(axes[2, column], _pair(stored, pair, teacher), pair[0], recorded)
            for line, unit in enumerate(UNITS):
                _random_walk(axes[line, column], record or live, unit, teacher)
            axes[2, column].set_xlabel("layers $L$")
        labels = (
            *(f"RMD² to its projection\n{NAMES[unit]}" for unit in UNITS),
            "RMD² to EA\nmatrix unit, $C_2$",
        )
        for line, label in enumerate(labels):
            axes[line, 0].set_ylabel(label)
            axes[line, 0].set_ylim(FLOOR / 2, 1)
        axes[0, -1].legend(handles=[handle(s) for s in SCHEMES], loc="upper right")
        axes[2, -1].legend(
            handles=[handle(pair[0]) for pair in AGAINST_EA], loc="upper right", fontsize=SMALL
        )
        if record is not None:
            record_legend(fig)
    return fig


def details(stored: Stored) -> Figure:
    """Draw the escape of vanilla training through the depth and over time, and outputs against the mean ODE.

    Returns:
        A figure of 2 rows by 3: tenths of the depth for each teacher (matrix unit); the WI teacher over time
        for both units, and the mean ODE.
    """
    with style(stored):
        fig, axes = plt.subplots(2, 3, figsize=(10.5, 6.4), layout="constrained")
        for ax, teacher in zip(axes[0], stored.config.teachers, strict=False):
            _through_depth(ax, stored, teacher)
            ax.set_ylim(1e-7, 1)
        axes[0, 0].set_ylabel("RMD² of vanilla, matrix unit")
        axes[0, 0].legend(loc="lower left", ncols=2)
        for ax, unit in zip(axes[1], UNITS, strict=False):
            _over_time(ax, stored, unit)
        axes[1, 0].set_ylabel("RMD² of vanilla, WI teacher")
        axes[1, 1].sharey(axes[1, 0])
        _mean_ode(axes[1, 2], stored)
    return fig


def slope_table(live: Stored, record: Stored | None = None) -> DataTable:
    """Return log-log slopes against L with 95 % intervals, of the schemes that leave the subspace."""
    runs = [(name, stored) for name, stored in (("live", live), ("record", record)) if stored is not None]
    rows = []
    for unit in UNITS:
        for teacher in live.config.teachers:
            for scheme in ("vanilla", "da-sampled"):
                cells = []
                for _, stored in runs:
                    known = teacher in stored.config.teachers
                    fitted = slope(row(stored, unit, scheme, teacher)) if known else None
                    cells.append(spelled_slope(fitted) if fitted else "needs depths further apart")
                rows.append((f"{_PLAIN[unit]}, {TITLES[teacher]}, {SCHEME_LABELS[scheme]}", *cells))
    return DataTable(("slope of RMD² in L", *(name for name, _ in runs)), tuple(rows))


def risk_table(stored: Stored) -> DataTable:
    """Return the median population risk of every scheme at the greatest depth, by unit and teacher."""
    rows = []
    for unit in UNITS:
        values = np.median(stored.arrays[f"{unit}_risk"][:, -1], axis=1)  # (teachers, schemes)
        name = f"{_PLAIN[unit]}, L = {stored.config.depths_of(unit)[-1]}"
        for teacher, line in zip(stored.config.teachers, values, strict=True):
            rows.append((f"{name}, {TITLES[teacher]}", *(f"{value:.1e}" for value in line)))
    return DataTable(("median risk", *(SCHEME_LABELS[s] for s in SCHEMES)), tuple(rows))


def _pair(stored: Stored, pair: tuple[str, str], teacher: str) -> dict[int, np.ndarray]:
    values = stored.arrays["matrix_between"][stored.config.teachers.index(teacher)]
    return {L: values[i, :, PAIRS.index(pair)] for i, L in enumerate(stored.config.depths)}


def _random_walk(ax: Axes, stored: Stored, unit: str, teacher: str) -> None:
    """Draw a line of slope -1, the random walk of a small escape, above vanilla medians that fall."""
    samples = row(stored, unit, "vanilla", teacher) if teacher in stored.config.teachers else {}
    fitted = slope(samples)
    if fitted is not None and fitted[0] < -0.5 and len(samples) > 1:
        depths = list(samples)
        slope_line(ax, depths, 4 * np.median(samples[depths[-1]]), -1, "$L^{-1}$")


def _through_depth(ax: Axes, stored: Stored, teacher: str) -> None:
    middle = (np.arange(TENTHS) + 0.5) / TENTHS
    profile = stored.arrays["matrix_by_depth"][stored.config.teachers.index(teacher), :, :, 0]
    for L, colour, values in zip(stored.config.depths, shades(len(profile)), profile, strict=True):
        ax.semilogy(middle, np.median(values, axis=0), "-o", color=colour, ms=3.5, label=f"$L={L}$")
    ax.set_title(TITLES[teacher])
    ax.set_xlabel("place in the network, $l/L$")


def _over_time(ax: Axes, stored: Stored, unit: str) -> None:
    times = stored.config.horizon * (np.arange(SNAPSHOTS) + 1) / SNAPSHOTS
    depths = stored.config.depths_of(unit)
    if "WI" in stored.config.teachers:
        values = stored.arrays[f"{unit}_to_projection"][stored.config.teachers.index("WI"), :, :, 0]
        for L, colour, found in zip(depths, shades(len(depths)), values, strict=True):
            ax.fill_between(times, found.min(axis=0), found.max(axis=0), color=colour, alpha=0.15, lw=0)
            ax.semilogy(times, np.median(found, axis=0), "-o", color=colour, ms=3.5, label=f"$L={L}$")
        ax.legend()
    ax.set_title(NAMES[unit])
    ax.set_xlabel("time $t$ (steps divided by $n$)")


def _mean_ode(ax: Axes, stored: Stored) -> None:
    curves = (
        ("limit_error", VERMILION, "o", "layers drawn from $\\mu$"),
        ("euler_error", BLUE, "s", "every layer carries $\\mu$"),
        ("wrong_limit_error", GREEN, "^", "control: the ODE of another law"),
    )
    handles = []
    for name, colour, marker, label in curves:
        values = stored.arrays[name].reshape(len(LIMIT_DEPTHS), -1)
        ax.fill_between(LIMIT_DEPTHS, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.13, lw=0)
        ax.loglog(LIMIT_DEPTHS, np.median(values, axis=1), "-", marker=marker, color=colour, gid=label)
        handles.append(Line2D([], [], color=colour, marker=marker, label=label))
    if "WI" in stored.config.teachers:
        trained = disagreement(stored, "WI")
        look = {"color": PURPLE, "marker": "D"}
        words = "trained, from their mean (WI)"
        ax.loglog(list(trained), [np.median(v) for v in trained.values()], "-", gid=words, **look)
        handles.append(Line2D([], [], label=words, **look))
    end = np.median(stored.arrays["limit_error"][-1])
    slope_line(ax, LIMIT_DEPTHS, 0.5 * end, -0.5, "$L^{-1/2}$")
    slope_line(ax, LIMIT_DEPTHS, 0.5 * stored.arrays["euler_error"][-1], -1, "$L^{-1}$")
    ax.set_ylim(1e-7, 1)  # room for the legend
    ax.legend(handles=handles, loc="lower left")
    ax.set_title("outputs against their limit")
    ax.set_xlabel("layers $L$")
    ax.set_ylabel("root mean square distance")
