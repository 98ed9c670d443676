r"""A-F4 for print: particles seen from above :math:`\mathcal E^G` and along it, and how they leave it."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from widesym.figures.style import GREEN, SCHEME_COLOURS, SCHEME_LABELS, style
from widesym.figures.sweeps import TITLES
from widesym.figures.tables import DataTable
from widesym.meanfield.teachers import TEACHERS
from widesym.study.experiments.particle_views import FLOWING, STARTS
from widesym.study.store import Stored
from widesym.study.sweeps import SCHEMES

# coordinates of the experiment: 0 and 1 in the subspace, 2 and 3 across it
ABOVE, SIDE = (0, 1), (0, 2)
LIMIT = 1.3  # of every axis: holds all particles but a few of sampled DA
_SHOWN = (0, 0.15, 0.3, 0.5, 1.0)  # frames of the strip, in units of the last one
_FLOOR = 1e-7  # what is smaller is drawn there: rounding


def figure(stored: Stored, start: str) -> Figure:
    """Draw the final particles from one start: five schemes by three teachers, each in two views.

    Args:
        stored: a result of ``meanfield.particle-views``.
        start: ``SI`` or ``WI``.

    Returns:
        A figure of 6 rows (a view from above and one along the subspace for each teacher) by 5 columns. Dots
        are students, squares the teacher's particles, the green line is the subspace seen from its edge.
    """
    with style(stored):
        fig, axes = plt.subplots(
            6, len(SCHEMES), figsize=(11, 13.4), sharex=True, sharey=True, layout="constrained"
        )
        for t, teacher in enumerate(TEACHERS):
            for s, scheme in enumerate(SCHEMES):
                cloud = stored.arrays["particles"][STARTS.index(start), t, s]
                for row, view in ((2 * t, ABOVE), (2 * t + 1, SIDE)):
                    _view(axes[row, s], cloud, stored.arrays[f"teacher_{teacher}"], view, scheme)
            axes[2 * t, 0].set_ylabel(f"{TITLES[teacher]}\nfrom above: $b$")
            axes[2 * t + 1, 0].set_ylabel("along $\\mathcal{E}^G$: $c$")
        for s, scheme in enumerate(SCHEMES):
            axes[0, s].set_title(SCHEME_LABELS[scheme])
            axes[-1, s].set_xlabel("$a$")
        _legend(fig, stored.config.particles)
    return fig


def strip(stored: Stored) -> Figure:
    """Draw the flow in five moments, seen along the subspace: vanilla and EA, arbitrary and WI teacher."""
    frames = [round(share * stored.config.frames) for share in _SHOWN]
    times = np.array(stored.config.times()) * stored.config.horizon
    rows = [(teacher, scheme) for teacher in ("arbitrary", "WI") for scheme in FLOWING]
    with style(stored):
        fig, axes = plt.subplots(
            len(rows), len(frames), figsize=(11, 8.6), sharex=True, sharey=True, layout="constrained"
        )
        for row, (teacher, scheme) in enumerate(rows):
            path = stored.arrays["flow"][TEACHERS.index(teacher), FLOWING.index(scheme)]
            for column, frame in enumerate(frames):
                squares = stored.arrays[f"teacher_{teacher}"]
                _view(axes[row, column], path[frame], squares, SIDE, scheme)
            axes[row, 0].set_ylabel(f"{TITLES[teacher]}\n{SCHEME_LABELS[scheme]}: $c$")
        for column, frame in enumerate(frames):
            axes[0, column].set_title(f"$t={times[frame]:.2g}$")
            axes[-1, column].set_xlabel("$a$")
        _legend(fig, stored.config.particles)
    return fig


def escape(stored: Stored) -> Figure:
    """Draw RMD^2 to the projection along the path against time, by teacher, median and range."""
    times = np.array(stored.config.times()) * stored.config.horizon
    with style(stored):
        fig, axes = plt.subplots(
            1, len(TEACHERS), figsize=(10.5, 3.6), sharex=True, sharey=True, layout="constrained"
        )
        for t, teacher in enumerate(TEACHERS):
            for s, scheme in enumerate(SCHEMES):
                values = np.maximum(stored.arrays["flow_distance"][t, :, s], _FLOOR)  # (repetitions, frames)
                colour = SCHEME_COLOURS[scheme]
                axes[t].fill_between(
                    times, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.13, lw=0
                )
                axes[t].plot(times, np.median(values, axis=0), color=colour, label=SCHEME_LABELS[scheme])
            axes[t].set(title=TITLES[teacher], xlabel="time $t$", yscale="log", ylim=(_FLOOR / 2, 1))
        axes[0].set_xscale("symlog", linthresh=0.1)
        axes[0].set_xlim(0, times[-1])
        axes[0].set_ylabel("RMD² to its projection on $\\mathcal{E}^G$")
        fig.legend(*axes[-1].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return fig


def distance_table(stored: Stored) -> DataTable:
    """Return the median RMD^2 to the projection of every scheme, by start and teacher."""
    medians = np.median(stored.arrays["distance"], axis=2)  # (start, teacher, scheme)
    header = (f"RMD² to projection, N = {stored.config.particles}", *(SCHEME_LABELS[s] for s in SCHEMES))
    rows = [
        (f"{start} start, {TITLES[teacher]}", *(f"{value:.1e}" for value in medians[i, t]))
        for i, start in enumerate(STARTS)
        for t, teacher in enumerate(TEACHERS)
    ]
    return DataTable(header, tuple(rows))


def _view(ax: Axes, cloud: np.ndarray, teacher: np.ndarray, view: tuple[int, int], scheme: str) -> None:
    if view == SIDE:
        ax.axhline(0, color=GREEN, lw=1.4, zorder=1)
    x, y = view
    ax.scatter(
        teacher[:, x], teacher[:, y], s=42, marker="s", fc="none", ec="0.15", lw=1.3, zorder=3, gid="teacher"
    )
    look = {"color": SCHEME_COLOURS[scheme], "alpha": 0.75, "lw": 0}
    ax.scatter(cloud[:, x], cloud[:, y], s=9, zorder=2, gid=SCHEME_LABELS[scheme], **look)
    ax.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal")


def _legend(fig: Figure, N: int) -> None:
    square = {"color": "0.15", "marker": "s", "mfc": "none", "ls": "", "ms": 6}
    handles = [
        Line2D([], [], color="0.4", marker="o", ls="", ms=4, label=f"student particles, N = {N}"),
        Line2D([], [], label="teacher particles", **square),
        Line2D([], [], color=GREEN, label="$\\mathcal{E}^G$ from its edge"),
    ]
    fig.legend(handles=handles, loc="outside lower center", ncols=3)
