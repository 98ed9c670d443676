r"""B-S4: the slope of the kernel in each inner product of a pixel of x and a pixel of x'."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from widesym.figures.style import VERMILION, style
from widesym.figures.tables import DataTable
from widesym.kernels.readout import Kernels
from widesym.study.experiments.inner_products import MAPPED, architecture
from widesym.study.findings.inner_products import UNSEEN
from widesym.study.store import Stored

_TITLES = {"VEC": "VEC = LCN"}
_NTK = Kernels._fields.index("ntk")


def figure(stored: Stored) -> Figure:
    r"""Draw the slopes of the NTK from a result of ``synergy.inner-products``, a column a network.

    Above, all pairs of pixels, numbered row by row; below, one pixel p of x, and p' over the image x'.
    Slopes are shown relative to the largest of each network; what is not seen is grey.
    """
    config, slopes = stored.config, np.abs(stored.arrays["maps"][:, _NTK])
    side, d = config.side, config.side**2
    pixel = (side // 2 - 1) * side + side // 2 - 1
    row, column = divmod(pixel, side)
    with style(stored):
        fig, axes = plt.subplots(2, len(MAPPED), figsize=(11.2, 4.6), layout="constrained")
        for place, model in enumerate(MAPPED):
            above, below = axes[:, place]
            sizes = slopes[place] / slopes[place].max()
            sizes = np.ma.masked_less_equal(sizes, UNSEEN)
            for ax, values in ((above, sizes), (below, sizes[pixel].reshape(side, side))):
                image = ax.imshow(values, cmap="viridis", norm=LogNorm(2e-2, 1), interpolation="nearest")
                ax.set_facecolor("0.88")
                ax.grid(visible=False)
                ax.set_xticks([])
                ax.set_yticks([])
                ax.spines[:].set_visible(False)
            below.add_patch(
                plt.Rectangle((column - 0.3, row - 0.3), 0.6, 0.6, fill=False, ec=VERMILION, lw=1.8)
            )
            windows = architecture(config, model, config.depth).pooling(side, side)
            if 1 < windows[0] < side:
                for edge in range(windows[0], side, windows[0]):
                    below.axhline(edge - 0.5, color="white", lw=0.8)
                    below.axvline(edge - 0.5, color="white", lw=0.8)
            above.set_title(_TITLES.get(model, model))
            below.set_xlabel(f"{np.count_nonzero(~np.ma.getmaskarray(sizes)):,} of {d * d:,} pairs")
        axes[0, 0].set_ylabel("pixel $p$ of $x$")
        axes[0, 0].set_xlabel("pixel $p'$ of $x'$")
        axes[1, 0].set_ylabel("one $p$ (frame),\n$p'$ over the image")
        fig.colorbar(
            image, ax=axes, shrink=0.75, label="slope of the NTK, relative to the largest", extend="min"
        )
    return fig


def count_table(stored: Stored) -> DataTable:
    """Return how many inner products each network sees, by slopes and by theory."""
    slopes, seen = stored.arrays["maps"], stored.arrays["seen"]
    d = stored.config.side**2
    rows = []
    for model, slope, expected in zip(MAPPED, slopes, seen, strict=True):
        sizes = np.abs(slope) / np.abs(slope).max(axis=(1, 2), keepdims=True)
        measured = [str(np.count_nonzero(size > UNSEEN)) for size in sizes]
        rows.append((_TITLES.get(model, model), *measured, str(np.count_nonzero(expected)), str(d * d)))
    return DataTable(("Network", "seen by the NNGP", "seen by the NTK", "in theory", "pairs"), tuple(rows))
