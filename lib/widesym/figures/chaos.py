r"""A-S9: distances between independent clouds, to very large clouds, and of their models, against N."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from widesym.figures.style import BLUE, GREEN, NO_DATA, SMALL, shades, style
from widesym.figures.tables import DataTable
from widesym.study.experiments.chaos import SETTINGS
from widesym.study.findings.chaos import DIMENSION, against_floor, exponent, size_row
from widesym.study.powers import mean_with_interval, spelled
from widesym.study.store import Stored


def figure(stored: Stored) -> Figure:
    """Draw model errors (top) and transport distances with their floors (bottom), a column a setting."""
    horizon = stored.config.times[-1]
    with style(stored):
        fig, axes = plt.subplots(
            2, len(SETTINGS), figsize=(9.6, 7.4), sharex=True, sharey="row", layout="constrained"
        )
        for column, setting in enumerate(SETTINGS):
            top, bottom = axes[:, column]
            for k, colour in zip(
                range(len(stored.config.times)), shades(len(stored.config.times)), strict=True
            ):
                row = size_row(stored, "output", setting, k)
                _row(top, row, colour, "o-", f"$T={stored.config.times[k]:g}$")
            _guide(top, row, -1.0, "$N^{-1}$", 0.45)
            between = size_row(stored, "between", setting)
            _row(bottom, between, BLUE, "o-", "two independent clouds")
            _row(
                bottom,
                size_row(stored, "between_floor", setting, None),
                BLUE,
                "o:",
                "two samples (floor)",
                True,
            )
            _row(
                bottom, size_row(stored, "to_reference", setting, None), GREEN, "^-", "to a very large cloud"
            )
            _row(
                bottom,
                size_row(stored, "reference_floor", setting, None),
                GREEN,
                "^:",
                "sample to it (floor)",
                True,
            )
            if setting == "SI":
                _row(bottom, size_row(stored, "control", setting), "0.45", "s--", "control: other teacher")
                _guide(bottom, between, -1.0, "$N^{-1}\\log N$", 0.45, log=True)
            else:
                _guide(bottom, between, -0.5, "$N^{-1/2}$", 0.6)
            top.set_title(f"{setting} start and teacher: dimension {DIMENSION[setting]}")
            bottom.set_xlabel("particles $N$")
            bottom.set_xticks(stored.config.sizes, [str(N) for N in stored.config.sizes])
            bottom.minorticks_off()
            top.legend()
            bottom.legend(
                fontsize=SMALL, loc="upper right", bbox_to_anchor=(1, 0.86 if setting == "SI" else 1)
            )
        axes[0, 0].set_ylabel("$E\\,\\|\\Phi_N-\\Phi_\\infty\\|^2$")
        axes[1, 0].set_ylabel(f"$W_2^2$, $T={horizon:g}$")
    return fig


def exponent_table(stored: Stored) -> DataTable:
    """Return the measured exponents in N with their intervals, beside what theory gives."""
    rows = []
    for k, time in enumerate(stored.config.times):
        cells = [exponent(size_row(stored, "output", setting, k)) for setting in SETTINGS]
        rows.append((f"model error, T = {time:g}", *map(_cell, cells)))
    for name, words, time in (
        ("between", "W₂² between clouds", -1),
        ("between_floor", "W₂² between samples (floor)", None),
        ("to_reference", "W₂² to a very large cloud", None),
        ("reference_floor", "W₂² of a sample to it (floor)", None),
    ):
        cells = [exponent(size_row(stored, name, setting, time)) for setting in SETTINGS]
        rows.append((words, *map(_cell, cells)))
    return DataTable(("exponent in N", *(f"{s} (dimension {DIMENSION[s]})" for s in SETTINGS)), tuple(rows))


def floor_table(stored: Stored) -> DataTable:
    """Return trained clouds' distances over those of independent samples, for every N."""
    rows = []
    for setting in SETTINGS:
        for name, words in (("between", "between clouds"), ("to_reference", "to a very large cloud")):
            found = against_floor(stored, name, setting)
            rows.append((f"{setting}, {words}", *(spelled(value) for value in found.values())))
    return DataTable(("W₂², trained / samples", *(f"N = {N}" for N in stored.config.sizes)), tuple(rows))


def _cell(estimate) -> str:
    return spelled(estimate) if estimate else "needs two sizes"


def _row(
    ax: Axes, row: dict[int, np.ndarray], colour: str, style: str, label: str, hollow: bool = False
) -> None:
    found = [mean_with_interval(sample) for sample in row.values()]
    mean = np.array([value for value, _ in found])
    ends = np.array([interval for _, interval in found]).T
    ax.errorbar(
        list(row), mean, np.abs(ends - mean), fmt=style, color=colour, label=label, capsize=2, elinewidth=1,
        mfc="white" if hollow else colour,
    )  # fmt: skip
    ax.set(xscale="log", yscale="log")


def _guide(
    ax: Axes, row: dict[int, np.ndarray], slope: float, text: str, below: float, *, log: bool = False
) -> None:
    """Draw a line of theory's slope, with a logarithm if asked, below a row of means."""
    sizes = np.array(list(row), float)
    shape = sizes**slope * (np.log(sizes) if log else 1.0)
    line = below * np.mean(list(row.values())[-1]) * shape / shape[-1]
    ax.loglog(sizes, line, "--", color="0.4", lw=1, gid=NO_DATA)
    ax.annotate(
        text, (sizes[0], line[0]), color="0.35", fontsize=SMALL, xytext=(0, -14), textcoords="offset points"
    )
