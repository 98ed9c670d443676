"""B-X1 in learning: regression with VEC on more and more translates ends at regression with GAP."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from widesym.figures.style import BLUE, INFERENCE_COLOURS, VERMILION, style
from widesym.kernels.readout import Kernels
from widesym.study.findings.orbit_regression import SOLVED
from widesym.study.store import Stored

_NAMES = {"nngp": "NNGP", "ntk": "NTK"}


def figure(stored: Stored) -> Figure:
    """Draw ``synergy.orbit-regression`` at its deepest: distance to GAP, and error, against translates."""
    arrays, config = stored.arrays, stored.config
    depth = int(np.argmax(config.depths))
    counts = arrays["counts"]
    with style(stored):
        fig, (left, right) = plt.subplots(1, 2, figsize=(11.2, 3.9), layout="constrained")
        for place, kernel in enumerate(Kernels._fields):
            name = _NAMES[kernel]
            colour = INFERENCE_COLOURS[name]
            for ax, values, label in (
                (left, arrays["curve"], name),
                (right, arrays["error"], f"VEC on translates, {name}"),
            ):
                draws = values[depth, place]
                ax.plot(counts, np.median(draws, axis=1), "o-", color=colour, label=label)
                ax.fill_between(counts, draws.min(axis=1), draws.max(axis=1), color=colour, alpha=0.15, lw=0)
            right.axhline(
                arrays["gap_error"][depth, place], color=colour, ls=(0, (4, 2)), lw=1.2, label=f"GAP, {name}"
            )
            left.plot(
                counts[-1:], arrays["unscaled"][depth, place : place + 1], "D", color=VERMILION,
                label=r"all, ridge $\lambda$ instead of $d\lambda$" if place == 0 else None,
            )  # fmt: skip
        left.axhspan(1e-17, SOLVED, color=BLUE, alpha=0.06, lw=0)
        left.set(
            yscale="log", ylim=(1e-16, 10), xlabel="translates of each training image",
            ylabel="deviation from GAP's predictions",
        )  # fmt: skip
        right.set(
            xlabel="translates of each training image",
            ylabel="mean squared error on new images", ylim=(0, None),
        )  # fmt: skip
        for ax in (left, right):
            ax.set_xticks([count for count in counts if count != counts[-1] - 1])
            ax.legend(loc="lower left")
    return fig
