r"""A-S8: the escape from :math:`\mathcal E^G` against N, time and the factors of the random walk."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from widesym.figures.style import BLACK, BLUE, NO_DATA, VERMILION, shades, style
from widesym.figures.tables import DataTable
from widesym.study.experiments.escape import EQUIVARIANT, FACTORS
from widesym.study.findings.escape import (
    ASYMPTOTIC_FROM,
    NARROW_TO,
    WALK,
    WIDEST,
    control_row,
    escape_row,
    exponent,
    levels,
    walk_exponent,
)
from widesym.study.powers import mean_with_interval, spelled
from widesym.study.store import Stored

_COLOURS = {"WI": VERMILION, "SI": BLUE}
_LABELS = {"N": "particles $N$", "T": "horizon $T$", "alpha": "$\\alpha$", "B": "batch $B$"}


def figure(stored: Stored) -> Figure:
    """Draw the escape against N at the horizon (top) and N times the escape against time (bottom)."""
    with style(stored):
        shape = {"figsize": (9.6, 7.2), "sharey": "row", "squeeze": False}
        fig, axes = plt.subplots(2, len(EQUIVARIANT), layout="constrained", **shape)
        for column, teacher in enumerate(EQUIVARIANT):
            _against_size(axes[0, column], stored, teacher)
            _against_time(axes[1, column], stored, teacher)
            axes[0, column].set_title(f"{teacher} teacher")
        axes[0, 0].set_ylabel(f"RMD² to the projection, $T={stored.config.times[-1]:g}$")
        axes[1, 0].set_ylabel("$N\\cdot$RMD² to the projection")
        axes[0, 0].legend(loc="lower left")
        axes[1, 0].legend(loc="center right")
    return fig


def walk_figure(stored: Stored) -> Figure:
    """Draw early escapes against N, T, alpha and B, with the exponents of the random walk."""
    with style(stored):
        fig, axes = plt.subplots(1, len(FACTORS), figsize=(12, 3.4), sharey=True, layout="constrained")
        for ax, factor in zip(axes, FACTORS, strict=True):
            values = np.array(stored.config.law_values(factor), float)
            for index, teacher in enumerate(EQUIVARIANT):
                samples = stored.arrays[f"law_{factor}"][index]
                _points(ax, values, samples, _COLOURS[teacher], "os"[index], f"{teacher} teacher")
                middle = np.exp(np.log(samples.mean(axis=1)).mean() - WALK[factor] * np.log(values).mean())
                ax.loglog(
                    values, middle * values ** WALK[factor], "--", color=_COLOURS[teacher], lw=1, gid=NO_DATA
                )
            ax.set_xlabel(_LABELS[factor])
            ax.set_xticks(values, [f"{value:g}" for value in values])
            ax.minorticks_off()
        axes[0].set_ylabel("RMD² to the projection")
        axes[0].legend()
    return fig


def exponent_table(stored: Stored) -> DataTable:
    """Return the measured exponents in N at the horizon and in the factors of the random walk."""
    rows = []
    for name, options in (
        (f"N, horizon, N ≥ {ASYMPTOTIC_FROM}", {"smallest": ASYMPTOTIC_FROM}),
        (f"N, horizon, N ≤ {NARROW_TO}", {"largest": NARROW_TO}),
    ):
        cells = [exponent(escape_row(stored, teacher), **options) for teacher in EQUIVARIANT]
        prediction = "−1" if "≥" in name else "steeper"
        rows.append((name, prediction, *(spelled(c) if c else "needs two sizes" for c in cells)))
    for factor in FACTORS:
        cells = [spelled(walk_exponent(stored, factor, teacher)) for teacher in EQUIVARIANT]
        name = f"{factor}, early"
        rows.append((name, f"{WALK[factor]:+.0f}".replace("-", "−"), *cells))
    return DataTable(("exponent of RMD² in", "theory", *(f"{t} teacher" for t in EQUIVARIANT)), tuple(rows))


def level_table(stored: Stored) -> DataTable:
    """Return measured over predicted escape at the largest sizes, for every time."""
    times = stored.config.times
    rows = [
        (f"{teacher} teacher", *(spelled(found) for found in levels(stored, teacher)))
        for teacher in EQUIVARIANT
    ]
    sizes = " and ".join(str(N) for N in stored.config.sizes[-WIDEST:])
    header = (f"measured / predicted, N = {sizes}", *(f"T = {t:g}" for t in times))
    return DataTable(header, tuple(rows))


def _points(
    ax: Axes, x: np.ndarray, samples: np.ndarray, colour: str, marker: str, label: str | None, **options
) -> None:
    """Draw means with 95 % intervals of samples (K, R)."""
    found = [mean_with_interval(sample) for sample in samples]
    mean = np.array([value for value, _ in found])
    ends = np.array([interval for _, interval in found]).T
    ax.errorbar(
        x,
        mean,
        np.abs(ends - mean),
        fmt=marker,
        color=colour,
        label=label,
        capsize=2,
        elinewidth=1,
        **options,
    )
    ax.set(xscale="log", yscale="log")


def _against_size(ax: Axes, stored: Stored, teacher: str) -> None:
    samples, colour = escape_row(stored, teacher), _COLOURS[teacher]
    sizes = np.array(list(samples), float)
    values = np.stack(list(samples.values()))
    ax.fill_between(
        sizes, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.13, lw=0, gid="vanilla, range"
    )
    _points(ax, sizes, values, colour, "o", "vanilla, mean")
    constant = stored.arrays["predicted"][EQUIVARIANT.index(teacher), :, -1].mean()
    ax.loglog(sizes, constant / sizes, "-", color=BLACK, lw=1.2, label="linear theory, $\\propto N^{-1}$")
    control = control_row(stored)
    ax.loglog(
        list(control),
        [v.mean() for v in control.values()],
        ":s",
        color="0.5",
        label="control: arbitrary teacher",
    )
    ax.set_xlabel("particles $N$")


def _wide(stored: Stored) -> list[int]:
    wide = [N for N in stored.config.sizes if N >= NARROW_TO]
    return wide[-4:] or list(stored.config.sizes[-1:])


def _against_time(ax: Axes, stored: Stored, teacher: str) -> None:
    times = np.array(stored.config.times)
    for N, colour in zip(_wide(stored), shades(len(_wide(stored))), strict=True):
        samples = [N * escape_row(stored, teacher, k)[N] for k in range(len(times))]
        _points(ax, times, np.array(samples), colour, "o", f"$N={N}$")
    index, largest = EQUIVARIANT.index(teacher), stored.config.sizes[-1]
    early = largest * stored.arrays["early"][index].T
    _points(
        ax,
        np.array(stored.config.early_times),
        early,
        shades(len(_wide(stored)))[-1],
        "o",
        None,
        gid=f"$N={largest}$",
    )
    at = stored.arrays["curve_times"]
    ax.loglog(at, stored.arrays["predicted_curve"][index], "-", color=BLACK, lw=1.4, label="linear theory")
    ax.loglog(at, stored.arrays["walk_curve"][index], "--", color="0.5", lw=1.2, label="random walk alone")
    ax.set_xlabel("time")
