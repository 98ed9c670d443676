r"""Three small figures for the first page: what the book finds, as far as a glance carries it.

Each is one panel of a figure of the book, drawn anew at a third of a page's width, from the same results.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from widesym.data.photographs import NAMES
from widesym.figures.estimates import curve, log_axis
from widesym.figures.style import (
    GREEN,
    GROUP_COLOURS,
    GROUP_MARKERS,
    INFERENCE_COLOURS,
    SCHEME_COLOURS,
    ink,
    style,
)
from widesym.groups.images import KINDS
from widesym.study.experiments.portrait import TEACHERS
from widesym.study.findings.network_draws import mean
from widesym.study.findings.width import BLIND, SPURIOUS, accuracy, judged, kernel
from widesym.study.store import Stored

_SIZE = (3.5, 2.25)
_SMALL = {"font.size": 8.5, "axes.titlesize": 9, "legend.fontsize": 8, "axes.labelsize": 8.5}
# the photographs: which one, under what, with whose group
_PHOTOGRAPH = "astronaut"
_ROTATED = {
    "identity": "clean",
    "colour": r"$O(3)\otimes I_d$: GAP, VEC",
    "pixelwise": r"$O(3)^d$: LCN, VEC$_\infty$",
    "rotation": "$O(3d)$: FCN",
}


def clouds(stored: Stored) -> Figure:
    """Draw trained particles, few and many, on symmetric data and on others.

    Args:
        stored: a result of ``meanfield.portrait``.
    """
    few, many = stored.config.sizes[0], stored.config.sizes[-1]
    names = {"WI": "symmetric data", "arbitrary": "others"}
    with style(stored), plt.rc_context(_SMALL):
        fig, axes = plt.subplots(2, 2, figsize=_SIZE, sharex=True, sharey=True, layout="constrained")
        for row, teacher in enumerate(TEACHERS):
            for ax, N in zip(axes[row], (few, many), strict=True):
                ax.axhline(0, color=GREEN, lw=1.5, zorder=1)
                places = stored.arrays[f"along_{N}"][row], stored.arrays[f"across_{N}"][row]
                size = np.clip(300 / N, 2, 14)
                ax.scatter(*places, s=size, color=SCHEME_COLOURS["vanilla"], alpha=0.65, lw=0, zorder=2)
                ax.set(xticks=[], yticks=[])
                if row == 0:
                    ax.set_title(f"{N:,} units")
            axes[row, 0].set_ylabel(names[teacher])
    return fig


def rotated(stored: Stored) -> Figure:
    """Draw a photograph clean and under a random element of the groups that models are blind to.

    Args:
        stored: a result of ``synergy.rotations``.
    """
    with style(stored), plt.rc_context(_SMALL):
        fig, axes = plt.subplots(2, 2, figsize=_SIZE, layout="constrained")
        for ax, (kind, label) in zip(axes.flat, _ROTATED.items(), strict=True):
            ax.imshow(
                stored.arrays["shown"][KINDS.index(kind), NAMES.index(_PHOTOGRAPH)], interpolation="nearest"
            )
            ax.set(xticks=[], yticks=[])
            ax.set_title(label, color=ink(GROUP_COLOURS[kind]), pad=3)
            for spine in ax.spines.values():
                spine.set(visible=True, color=GROUP_COLOURS[kind], linewidth=1.4)
    return fig


def finite_width(stored: Stored) -> Figure:
    """Draw accuracy against width, with the spurious symmetry in the data and without, for the last training.

    Args:
        stored: a result of ``synergy.width``.
    """
    config = stored.config
    training = config.trainings[-1]
    places = judged(stored, training)
    widths = [config.widths[place] for place in places]
    with style(stored), plt.rc_context(_SMALL):
        fig, ax = plt.subplots(figsize=_SIZE, layout="constrained")
        for kind, label in ((BLIND, "images keep translations"), (SPURIOUS, "each pixel's colours rotated")):
            group = config.transformations[kind]
            look = {"fmt": f"{GROUP_MARKERS[group]}-", "color": GROUP_COLOURS[group]}
            found = [mean(accuracy(stored, training)[place, kind]) for place in places]
            curve(ax, widths, found, label=label, **look)
        ax.axhline(
            mean(kernel(stored))[0], color=INFERENCE_COLOURS["NTK"], lw=0.9, ls="--", label="infinite width"
        )
        log_axis(ax, config.widths, [*map(str, config.widths)])
        ax.set(xlabel="width", ylabel="test accuracy in %")
        low, high = ax.get_ylim()
        ax.set_yticks([tick for tick in ax.get_yticks() if low < tick <= 100])
        ax.set_ylim(low, high + 0.45 * (high - low))
        ax.legend(loc="upper right", borderaxespad=0.1)
    return fig
