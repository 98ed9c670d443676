"""B-S3: the table of deviations, models by transformations, with the theorem's border."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from widesym.figures.style import BLUE, NO_DATA, SMALL, VERMILION, style
from widesym.study.experiments.kernel_symmetry import INVARIANT, MODELS, TRANSFORMATIONS
from widesym.study.store import Stored

_LABELS = {
    "identity": "identity",
    "colour": "$O(3)\\otimes I_d$\none rotation\nfor all pixels",
    "pixelwise": "$O(3)^d$\none for\neach pixel",
    "permutation": "$P(3d)$\nall numbers\npermuted",
    "rotation": "$O(3d)$\nall numbers\nrotated",
    "windows": "one rotation\nfor each\nwindow",
    "one pixel": "one pixel\nrotated",
    "one exchange": "two pixels\nexchange\ntheir red",
}


def figure(stored: Stored) -> Figure:
    """Draw a result of ``synergy.kernel-symmetry`` as a coloured table.

    A cell shows the largest deviation where the theorem says invariant, the median where it does not; a
    thick line is the border between the two.
    """
    deviation = stored.arrays["deviation"].reshape(len(MODELS), len(TRANSFORMATIONS), -1)
    held = np.array([[name in INVARIANT[model] for name in TRANSFORMATIONS] for model in MODELS])
    shown = np.where(held, deviation.max(axis=2), np.median(deviation, axis=2))
    with style(stored):
        fig, ax = plt.subplots(figsize=(10.4, 4.7), layout="constrained")
        ax.pcolormesh(np.where(held, np.nan, shown), cmap="Oranges", norm=LogNorm(1e-4, 30))
        ax.pcolormesh(np.where(held, 1.0, np.nan), cmap="Blues", vmin=0, vmax=4)
        for row, column in np.ndindex(*shown.shape):
            value = shown[row, column]
            text = "0" if value == 0 else _scientific(value) if value < 1e-4 else f"{value:.2g}"
            ax.text(column + 0.5, row + 0.5, text, ha="center", va="center")
        _border(ax, held)
        ax.axvline(5, color="white", lw=9)
        ax.set_yticks(np.arange(len(MODELS)) + 0.5, MODELS)
        ax.set_xticks(
            np.arange(len(TRANSFORMATIONS)) + 0.5, [_LABELS[name] for name in TRANSFORMATIONS], fontsize=SMALL
        )
        ax.xaxis.tick_top()
        ax.tick_params(length=0)
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
        ax.invert_yaxis()
        handles = [
            plt.Rectangle((0, 0), 1, 1, fc="#D3E4F3", ec=BLUE, label="invariant in theory: the largest"),
            plt.Rectangle((0, 0), 1, 1, fc="#FDB97D", ec=VERMILION, label="not invariant: the median"),
        ]
        fig.legend(handles=handles, loc="outside lower center", ncols=2)
    return fig


def _scientific(value: float) -> str:
    mantissa, exponent = f"{value:.0e}".split("e")
    return rf"${mantissa}\cdot10^{{{int(exponent)}}}$"


def _border(ax: plt.Axes, held: np.ndarray) -> None:
    """Draw the edges between cells that hold and cells that do not."""
    for row, column in np.argwhere(held[:, 1:] != held[:, :-1]):
        ax.plot([column + 1] * 2, [row, row + 1], color=BLUE, lw=2.5, solid_capstyle="butt", gid=NO_DATA)
    for row, column in np.argwhere(held[1:] != held[:-1]):
        ax.plot([column, column + 1], [row + 1] * 2, color=BLUE, lw=2.5, solid_capstyle="butt", gid=NO_DATA)
