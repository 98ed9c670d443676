"""The speed of kernels: times a pair side by side, and what they mean for all of CIFAR-10."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from widesym.figures.style import BLUE, NO_DATA, ORANGE, SMALL, style
from widesym.figures.tables import DataTable
from widesym.study.kernel_timing import INSTRUCTIONS, OPERATIONS
from widesym.study.store import Stored

CIFAR = 60_000  # images, all against all: half of the square
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw times a pair of a result of ``synergy.speed``, a panel a size, and those of a record below.

    Args:
        live: the run at hand.
        record: a careful run, or None.
    """
    runs = [run for run in (live, record) if run is not None]
    widest = max(len(run.config.sides) for run in runs)
    with style(live, record):
        fig, axes = plt.subplots(
            len(runs), widest, figsize=(3.7 * widest, 3.1 * len(runs)), layout="constrained", squeeze=False
        )
        for row, run in zip(axes, runs, strict=True):
            words = "record: " if run is record else ""
            cores = run.config.cores
            for ax, place in zip(row, range(len(run.config.sides)), strict=False):
                _panel(ax, run, place)
                ax.set_title(f"{words}{run.config.sides[place]}×{run.config.sides[place]}")
                ax.set_xlabel("seconds a pair, " + ("one core" if cores == 1 else f"{cores} cores"))
            for ax in row[len(run.config.sides) :]:
                ax.set_axis_off()
        handles, labels = axes[0, 0].get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside lower center", ncols=2)
    return fig


def _panel(ax: plt.Axes, run: Stored, place: int) -> None:
    places = np.arange(len(run.config.networks))
    other, own = run.arrays["tangents"][:, place], run.arrays["compiled"][:, place]
    ax.hlines(places, own, other, color="0.75", lw=2, zorder=1, gid=NO_DATA)
    for values, colour, label in (
        (own, BLUE, "this library"),
        (other, ORANGE, "Neural Tangents, compiled by XLA"),
    ):
        ax.plot(values, places, "o", ms=7, color=colour, label=label)
    for y, theirs, ours in zip(places, other, own, strict=True):
        ratio = theirs / ours
        ax.annotate(
            f"{ratio:.2g}×" if ratio < 100 else f"{ratio:,.0f}×", (np.sqrt(theirs * ours), y),
            xytext=(0, 4), textcoords="offset points", ha="center", fontsize=SMALL,
        )  # fmt: skip
    ax.set_xscale("log")
    ax.set_yticks(places, run.config.networks)
    ax.set_ylim(-0.6, len(places) - 0.5)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)


def table(stored: Stored) -> DataTable:
    """Return the table of a result of ``synergy.speed``, a row a network and size.

    ``of peak`` counts the floating-point operations of the recursion, without those of an FCN's first layer.
    """
    config, a = stored.config, stored.arrays
    rows = []
    for i, name in enumerate(config.networks):
        for j, side in enumerate(config.sides):
            theirs, ours = a["tangents"][i, j], a["compiled"][i, j]
            share = a["steps"][i, j] * OPERATIONS / ours / a["peak"]
            rows.append(
                (
                    f"{name}, {side}×{side}", _seconds(theirs), str(a["batch"][i, j]), _seconds(ours),
                    f"{theirs / ours:.3g}×", f"{a['difference'][i, j]:.0e}", f"{1 / ours:,.0f}",
                    "–" if name == "FCN" else f"{share:.0%}",
                )
            )  # fmt: skip
    header = (
        "Network, images", "Neural Tangents, a pair", "its batch", "this library, a pair", "ratio",
        "difference", "pairs a second", "of peak",
    )  # fmt: skip
    return DataTable(header, tuple(rows))


def whole_table(stored: Stored) -> DataTable:
    """Return the hours of a kernel matrix of all of CIFAR-10, 60,000 images of 32 x 32, on all cores.

    Raises:
        ValueError: images of 32 x 32 were not timed.
    """
    config, a = stored.config, stored.arrays
    if 32 not in config.sides:
        raise ValueError(f"CIFAR-10 has images of 32 x 32, timed were {config.sides}; add 32 to the sides")
    place = config.sides.index(32)
    pairs, share = CIFAR**2 / 2, config.cores / int(a["machine"])
    rows = [
        (
            name,
            _duration(a["compiled"][i, place] * share * pairs),
            _duration(a["tangents"][i, place] * share * pairs),
        )
        for i, name in enumerate(config.networks)
    ]
    return DataTable(("Network", "this library", "Neural Tangents"), tuple(rows))


def words(stored: Stored) -> str:
    """Return how the measurement was made, in three lines."""
    config, a = stored.config, stored.arrays
    clock = "CPU time on one core" if config.cores == 1 else f"time on the wall with {config.cores} cores"
    before, after = a["load"]
    return (
        f"{clock}, the least of {config.repeats} or fewer calls\n"
        f"peak {float(a['peak']) / 1e9:,.0f} Gflop/s, of which the mix of operations allows "
        f"{OPERATIONS / (2 * INSTRUCTIONS):.0%}\n"
        f"load of the machine {before:.1f} before and {after:.1f} after, of {int(a['machine'])} cores"
    )


def _seconds(value: float) -> str:
    scale, unit = next((scale, unit) for scale, unit in _UNITS if value >= scale or unit == "ns")
    return f"{value / scale:.3g} {unit}"


def _duration(seconds: float) -> str:
    for size, unit in ((365.25 * 86400, "years"), (86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} seconds"
