"""A-S4: the two optima, as functions and as laws, the flow between them, and other groups."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from widesym.figures.style import BLACK, BLUE, GREEN, ORANGE, VERMILION, style
from widesym.study.experiments.strong_optimum import LEVELS, SHOWN, STARTS
from widesym.study.store import Stored


def figure(stored: Stored) -> Figure:
    """Draw a result of ``meanfield.strong-optimum``: four panels."""
    with style(stored):
        fig, axes = plt.subplots(2, 2, figsize=(9.6, 7.0), layout="constrained")
        _functions(axes[0, 0], stored)
        _curve(axes[0, 1], stored)
        _particles(axes[1, 0], stored)
        _groups(axes[1, 1], stored)
    return fig


def _functions(ax: Axes, stored: Stored) -> None:
    ends = stored.arrays["ends"][0]
    ax.plot(SHOWN, ends[STARTS.index("strong")], color=VERMILION, label=r"best SI law $\delta_0$: $f\equiv1$")
    ax.plot(SHOWN, stored.arrays["target"][0], color=BLACK, lw=4, alpha=0.25,
            label=r"target $e^{-x^2}$, best WI law $\frac{1}{2}(\delta_1+\delta_{-1})$")  # fmt: skip
    ax.plot(SHOWN, ends[STARTS.index("weak")], "--", color=BLUE, label="flow from a WI start")
    ax.set(xlabel="$x$", ylim=(-0.05, 1.45), title="the two models")
    ax.legend(loc="upper left")


def _curve(ax: Axes, stored: Stored) -> None:
    for teacher, colour, label in ((0, BLUE, "WI teacher"), (1, GREEN, "SI teacher")):
        ax.plot(LEVELS, stored.arrays["curve"][teacher], color=colour, label=label)
    worst = stored.arrays["by_formula"][0, 0]
    ax.plot(0, worst, "D", color=VERMILION, clip_on=False, zorder=3, gid="best SI law")
    ax.annotate(rf"$\delta_0$: {worst:.4f}", (0, worst), xytext=(9, -3), textcoords="offset points")
    ax.plot(1, 0, "o", color=BLUE, clip_on=False, zorder=3, gid="best WI law")
    ax.annotate("0", (1, 0), xytext=(-3, 8), textcoords="offset points")
    ax.set(xlabel="$a$", title=r"risk of the laws $\frac{1}{2}(\delta_a+\delta_{-a})$", ylim=(-0.01, None))
    ax.legend(loc="upper center")


def _particles(ax: Axes, stored: Stored) -> None:
    times, paths = stored.arrays["times"], stored.arrays["paths"][0]
    looks = (("weak", BLUE, 0.8, "-"), ("near", ORANGE, 1.8, "-"), ("strong", VERMILION, 2.2, "-"))
    for name, colour, width, line in looks:
        label = {
            "weak": "WI start",
            "near": rf"start at $10^{{{np.log10(stored.config.near):.0f}}}$",
            "strong": "SI start",
        }[name]
        lines = ax.plot(times, paths[STARTS.index(name)], line, color=colour, lw=width)
        lines[0].set_label(label)
        for number, particle in enumerate(lines, 1):
            particle.set_gid(f"{label}, particle {number}")
    ax.axhline(1, color="0.6", lw=0.8, ls=":")
    ax.axhline(-1, color="0.6", lw=0.8, ls=":")
    ax.set(xlabel="time $t$", ylabel="particles $z$", title="the flow, WI teacher", ylim=(-2.4, 3.4))
    ax.legend(loc="upper right", ncols=3)


def _groups(ax: Axes, stored: Stored) -> None:
    optimum = stored.arrays["optimum"]  # (cases, teacher, (risk, lower bound))
    places = np.arange(len(optimum))
    low = np.maximum(optimum[:, 0, 1], 0.0)
    ax.barh(places, low, color=VERMILION, alpha=0.75, height=0.6, label="lower bound")
    ax.plot(optimum[:, 0, 0], places, "|", color=BLACK, ms=12, mew=1.6, label="best SI law found")
    ax.set_yticks(places, [name.replace(" x ", " × ") for name in stored.config.cases])
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set(
        xlim=(-0.02, 1.08),
        xlabel=r"risk over $E\|Y\|^2$; the best WI law has 0",
        title="one orbit as teacher",
    )
    ax.legend(loc="center", bbox_to_anchor=(0.45, 0.62))
