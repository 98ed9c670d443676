"""A-X4: deviations of averages from pooled networks and kernels, circular against zero padding."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from widesym.figures.deviations import FLOOR, Row, dots
from widesym.figures.style import BLUE, ORANGE, VERMILION, ink, style
from widesym.study.store import Stored

_KINDS = (
    ("site", "one pixel, averaged"),
    ("flat", "VEC, averaged"),
    ("shallow", r"shallow network of $\mu^G$"),
    ("nngp", r"$\mathcal{K}_{VEC}$, averaged"),
    ("ntk", r"$\Theta_{VEC}$, averaged"),
)


def figure(stored: Stored) -> Figure:
    """Draw a result of ``beyond.pooling``: a dot chart, and the training of averaged VEC beside GAP."""
    with style(stored):
        fig, (left, right) = plt.subplots(
            1, 2, figsize=(11.2, 4.6), layout="constrained", width_ratios=(3, 2)
        )
        rows = [
            Row(label, np.atleast_1d(stored.arrays[name][padding]), padding == 0)
            for padding in (0, 1)
            for name, label in _KINDS
        ]
        dots(left, rows, bound=1e-10, xlabel="deviation from GAP, relative to its largest value")
        left.axhline(len(_KINDS) - 0.5, color="0.7", lw=0.8)
        for padding, (words, colour) in enumerate((("circular padding", BLUE), ("zero padding", VERMILION))):
            left.text(
                1e-9, padding * len(_KINDS) + 0.5 * len(_KINDS) - 0.5, words, color=ink(colour), va="center"
            )
        steps = 1 + np.arange(stored.config.steps)
        for values, colour, label in (
            (stored.arrays["training"][0], BLUE, "averaged VEC, circular"),
            (stored.arrays["training"][1], VERMILION, "averaged VEC, zeros"),
            (stored.arrays["training_plain"][0], ORANGE, "VEC itself, circular"),
        ):
            right.semilogy(steps, np.maximum(values, FLOOR), "-", color=colour, label=label)
        right.set(
            ylim=(FLOOR / 2, 30), xlabel="step of gradient descent", ylabel="deviation of outputs from GAP's"
        )
        right.legend(loc="center")
    return fig
