r"""A-X3: errors of four schemes against N on the line and in the plane, and the limit law on the line."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from widesym.figures.style import BLACK, NO_DATA, SCHEME_COLOURS, SCHEME_LABELS, SCHEME_MARKERS, SMALL, style
from widesym.figures.tables import DataTable
from widesym.study.experiments.rates import BINS, QUARTERS, SCHEMES
from widesym.study.findings.rates import (
    error_ratio,
    exponent,
    particles_needed,
    scheme_row,
    sizes_of,
)
from widesym.study.powers import mean_with_interval, spelled
from widesym.study.store import Stored

_MEASURES = {
    "total": "$E\\,\\|\\Phi_N-\\Phi_\\infty\\|^2$",
    "symmetric": "$E\\,\\|Q_G\\Phi_N-\\Phi_\\infty\\|^2$",
    "transport": "$W_2^2(\\nu_N,\\mu_\\infty)$",
    "asymmetry": "$N\\cdot E\\,\\|\\Phi_N-Q_G\\Phi_N\\|^2$",
}


def figure(stored: Stored) -> Figure:
    """Draw errors at the horizon against N, line above, plane below, and the plane's asymmetry over time."""
    with style(stored):
        fig, axes = plt.subplots(2, 3, figsize=(12.0, 7.2), layout="constrained")
        for ax, measure in zip(axes[0], ("total", "symmetric", "transport"), strict=True):
            _errors(ax, stored, "line", measure)
            large = stored.arrays[f"large_{measure}"][:, -1]
            ax.plot(
                [stored.config.large_size], [large.mean()], "*", color=SCHEME_COLOURS["vanilla"], ms=10,
                mec=BLACK, mew=0.5, label="vanilla, large",
            )  # fmt: skip
        for ax, measure in zip(axes[1], ("total", "symmetric"), strict=False):
            _errors(ax, stored, "plane", measure)
        _relaxation(axes[1, 2], stored)
        fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
        for row, words in zip(axes, ("bumps on the line", "the paper's setting"), strict=True):
            row[0].set_title(words, loc="left")
    return fig


def limit_figure(stored: Stored) -> Figure:
    """Draw the limit's density at four times with the histogram of the large clouds."""
    times = stored.config.line_times
    with style(stored):
        fig, axes = plt.subplots(1, QUARTERS, figsize=(12.0, 2.7), sharey=True, layout="constrained")
        for k, ax in enumerate(axes):
            ax.stairs(
                stored.arrays["histogram"][k], BINS, fill=True, color="0.8",
                label=f"clouds, $N={stored.config.large_size}$",
            )  # fmt: skip
            ax.plot(
                stored.arrays["centres"], stored.arrays["density"][k], color=BLACK, lw=1.3, label="solver"
            )
            centres = np.array(stored.config.line_teacher)
            ax.plot(
                [*centres, *-centres],
                np.zeros(2 * len(centres)),
                "v",
                color="0.35",
                ms=5,
                clip_on=False,
                gid="teacher",
            )
            ax.set(xlim=(BINS[0], BINS[-1]), xlabel="$z$", title=f"$T={times[k]:g}$")
        axes[0].set_ylabel("density")
        axes[-1].legend()
    return fig


def exponent_table(stored: Stored) -> DataTable:
    """Return the exponents in N of every scheme and measure at the horizon."""
    rows = []
    for setting, measure, words in (
        ("line", "total", "line, Φ"),
        ("line", "symmetric", "line, Q_G Φ"),
        ("line", "transport", "line, W₂²"),
        ("plane", "total", "plane, Φ"),
        ("plane", "symmetric", "plane, Q_G Φ"),
    ):
        cells = [spelled(exponent(scheme_row(stored, setting, measure, scheme))) for scheme in SCHEMES]
        rows.append((words, *cells))
    return DataTable(("exponent in N", *(SCHEME_LABELS[s] for s in SCHEMES)), tuple(rows))


def ratio_table(stored: Stored) -> DataTable:
    """Return errors over vanilla's at fixed N, and how many times as many particles vanilla's error takes."""
    others = SCHEMES[1:]
    rows = []
    for setting, measure, words in (
        ("line", "total", "line, Φ"),
        ("line", "symmetric", "line, Q_G Φ"),
        ("plane", "total", "plane, Φ"),
        ("plane", "symmetric", "plane, Q_G Φ"),
    ):
        rows.append(
            (
                f"error / vanilla's: {words}",
                *(spelled(error_ratio(stored, setting, measure, s)) for s in others),
            )
        )
        needed = [spelled(particles_needed(stored, setting, measure, s)) for s in others]
        rows.append((f"particles / vanilla's: {words}", *needed))
    return DataTable(("ratio", *(SCHEME_LABELS[s] for s in others)), tuple(rows))


def _errors(ax: Axes, stored: Stored, setting: str, measure: str) -> None:
    sizes = np.array(sizes_of(stored, setting), float)
    for index, scheme in enumerate(SCHEMES):
        row = scheme_row(stored, setting, measure, scheme)
        # curves that coincide are moved apart by a few per cent in N
        _row(ax, sizes * 1.03 ** (index - 1.5), list(row.values()), scheme)
    line = 0.5 * min(
        scheme_row(stored, setting, measure, s)[sizes_of(stored, setting)[-1]].mean() for s in SCHEMES
    )
    ax.loglog(sizes, line * sizes[-1] / sizes, "--", color="0.4", lw=1, gid=NO_DATA)
    ax.annotate(
        "$N^{-1}$", (sizes[1], line * sizes[-1] / sizes[1]), color="0.35", fontsize=SMALL, xytext=(0, -12),
        textcoords="offset points",
    )  # fmt: skip
    ax.set(xlabel="particles $N$", ylabel=_MEASURES[measure])
    sizes = [*sizes_of(stored, setting), *([stored.config.large_size] if setting == "line" else [])]
    ax.set_xticks(sizes, [str(N) for N in sizes])
    ax.minorticks_off()


def _relaxation(ax: Axes, stored: Stored) -> None:
    times, N = np.array(stored.config.plane_times), stored.config.plane_sizes[-1]
    for scheme in SCHEMES:
        samples = [N * scheme_row(stored, "plane", "asymmetry", scheme, k)[N] for k in range(len(times))]
        _row(ax, times, samples, scheme)
    ax.set(xlabel="time", ylabel=_MEASURES["asymmetry"])
    ax.set_title(f"$N={N}$", loc="right")
    ax.set_xticks(times, [f"{time:g}" for time in times])
    ax.minorticks_off()


def _row(ax: Axes, x: np.ndarray, samples: list[np.ndarray], scheme: str) -> None:
    found = [mean_with_interval(sample) for sample in samples]
    mean = np.array([value for value, _ in found])
    ends = np.array([interval for _, interval in found]).T
    ax.errorbar(
        x, mean, np.abs(ends - mean), fmt=f"{SCHEME_MARKERS[scheme]}-", color=SCHEME_COLOURS[scheme],
        label=SCHEME_LABELS[scheme], capsize=2, elinewidth=1, lw=1.2,
    )  # fmt: skip
    ax.set(xscale="log", yscale="log")
