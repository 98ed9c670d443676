"""B-X4: paired runs of a residual network and of a network of patches, and whether their kernels settle."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from widesym.figures.deviations import FLOOR
from widesym.figures.style import (
    BLUE,
    GREEN,
    GROUP_COLOURS,
    NO_DATA,
    ORANGE,
    PURPLE,
    SKY,
    SMALL,
    VERMILION,
    style,
)
from widesym.figures.tables import DataTable
from widesym.study.experiments.other_architectures import (
    ABSORBED,
    MODELS,
    TRANSFORMATIONS,
    spread_names,
    spread_widths,
)
from widesym.study.findings.other_architectures import GROUPS, NAMES, RUNS, change, spread
from widesym.study.powers import mean_with_interval, spelled
from widesym.study.store import Stored

_COLOURS = GROUP_COLOURS | {"shift": SKY, "patch": ORANGE, "order": PURPLE, "patchwise": VERMILION}
_WORDS = {
    "colour": "one rotation of colours",
    "shift": "shift by one pixel",
    "patch": "one rotation of patches",
    "order": "order of patches",
    "pixelwise": "a rotation for each pixel",
    "patchwise": "a rotation for each patch",
}


def figure(stored: Stored) -> Figure:
    """Draw the deviation of paired runs at every step, and the variance of kernels against the width."""
    with style(stored):
        fig, axes = plt.subplots(1, 3, figsize=(12.0, 4.4), layout="constrained")
        for ax, model in zip(axes, MODELS, strict=False):
            _runs(ax, stored, model)
        axes[1].sharey(axes[0])
        axes[0].set_ylabel("largest difference of outputs, relative")
        _spreads(axes[2], stored)
        handles, labels = axes[0].get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside lower center", ncols=3)
    return fig


def _runs(ax: Axes, stored: Stored, model: str) -> None:
    outputs = stored.arrays["outputs"][MODELS.index(model)]
    for kind, series in zip(TRANSFORMATIONS, outputs, strict=True):
        inside = kind in ABSORBED[model]
        values = np.maximum(series.max(0) if inside else np.median(series, 0), FLOOR)
        ax.plot(
            values, color=_COLOURS[kind], lw=1.8 if inside else 1.2, label=f"{_WORDS[kind]}, {GROUPS[kind]}"
        )
    ax.axhspan(FLOOR / 10, RUNS, color=BLUE, alpha=0.06, lw=0)
    ax.set(yscale="log", ylim=(FLOOR / 3, 30), xlabel="step", title=NAMES[model].lower())


def _spreads(ax: Axes, stored: Stored) -> None:
    config, ticks = stored.config, set()
    looks = zip(spread_names(config), (BLUE, VERMILION, ORANGE, GREEN), ("o", "s", "D", "^"), strict=False)
    for name, colour, marker in looks:
        found = [mean_with_interval(sample) for sample in spread(stored, name)]
        values = np.array([value for value, _ in found])
        bars = np.abs(np.array([interval for _, interval in found]).T - values)
        label = "residual network"
        if name != "residual":
            label = f"{(config.side // int(name.removeprefix('mixer_'))) ** 2} patches"
        widths = spread_widths(config, name)
        ticks.update(widths)
        ax.errorbar(widths, values, bars, color=colour, marker=marker, ms=4.5, elinewidth=1.2, label=label)
    ends = np.array([config.skip_widths[0], config.skip_widths[-1]], float)
    start = spread(stored, "residual")[0].mean()
    ax.plot(ends, start * ends[0] / ends, ls=":", color="0.35", lw=1.2, gid=NO_DATA)
    ax.annotate("$1/n$", (ends[1], start * ends[0] / ends[1]), xytext=(-24, -4), textcoords="offset points",
                fontsize=SMALL, color="0.35")  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="width $n$", title="variance of the NNGP, relative")
    ax.set_xticks(sorted(ticks), [str(n) for n in sorted(ticks)])
    ax.minorticks_off()
    ax.legend(loc="lower left")


def change_table(stored: Stored) -> DataTable:
    """Return what every transformation does: to runs, to kernels of one draw, and to their mean."""
    header = ["transformation"]
    header += [f"{NAMES[model].lower()}: {what}" for model in MODELS for what in ("runs", "kernels", "mean")]
    rows = []
    for t, kind in enumerate(TRANSFORMATIONS):
        cells = [_WORDS[kind]]
        for m, model in enumerate(MODELS):
            inside = kind in ABSORBED[model]
            for name in ("outputs", "kernels"):
                found = stored.arrays[name][m, t]
                cells.append(f"{found.max() if inside else np.median(found):.1e}")
            cells.append(spelled(change(stored, model, kind, "ntk"), digits=3))
        rows.append(tuple(cells))
    return DataTable(tuple(header), tuple(rows))
