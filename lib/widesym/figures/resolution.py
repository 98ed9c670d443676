r"""What resolution does: accuracy against the side of the images, and the table of differences."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from widesym.figures.style import GROUP_COLOURS, MODEL_COLOURS, style
from widesym.figures.tables import DataTable
from widesym.study.experiments.resolution import CELLS
from widesym.study.findings.resolution import accuracy, difference
from widesym.study.findings.verdicts import spelled
from widesym.study.store import Stored

_LOOKS = {
    ("FCN", "identity"): ("FCN", MODEL_COLOURS["FCN"], "s-"),
    ("VEC", "identity"): ("VEC", MODEL_COLOURS["VEC"], "o-"),
    ("GAP", "identity"): ("GAP", MODEL_COLOURS["GAP"], "^-"),
    ("GAP", "pixelwise"): ("GAP under $O(3)^d$", GROUP_COLOURS["pixelwise"], "^--"),
}


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw accuracy (NTK, all training images) against the side of the images, a panel for each result."""
    results = [stored for stored in (live, record) if stored is not None]
    with style(live, record):
        fig, axes = plt.subplots(
            1, len(results), figsize=(1 + 4.6 * len(results), 4.0), layout="constrained", squeeze=False
        )
        for ax, stored in zip(axes[0], results, strict=True):
            config = stored.config
            for i, cell in enumerate(CELLS):
                found = [accuracy(stored, side, cell) for side in config.sides]
                values = np.array([value for value, _ in found])
                spread = np.abs(np.array([interval for _, interval in found]).T - values)
                label, colour, form = _LOOKS[cell]
                x = np.array(config.sides) * 1.02 ** (i - 1.5)  # so that no bar hides another
                ax.errorbar(x, values, spread, fmt=form, color=colour, label=label, elinewidth=1)
            ax.set_xscale("log", base=2)
            ax.set_xticks(config.sides, [f"{side}×{side}" for side in config.sides])
            ax.set_xlabel("size of the images")
            images = config.image_source(config.sides[-1]).label
            ax.set_title(f"{images}, m = {config.sizes[-1]}, L = {config.depth}", fontsize=10)
        axes[0, 0].set_ylabel("test accuracy in %, NTK")
        axes[0, 0].legend(loc="center")
    return fig


def table(stored: Stored) -> DataTable:
    """Return, for each side and number of training images, what GAP gains over VEC and VEC over FCN."""
    fcn, vec, gap, rotated = CELLS
    rows = []
    for side in stored.config.sides:
        for i, size in enumerate(stored.config.sizes):
            gains = ((gap, vec), (vec, fcn), (rotated, vec))
            rows.append(
                (
                    f"{side}×{side}, m = {size}",
                    spelled(accuracy(stored, side, vec, i)),
                    *(spelled(difference(stored, side, *pair, i)) for pair in gains),
                )
            )
    header = ("images", "VEC in %", "GAP − VEC", "VEC − FCN", "GAP under O(3)ᵈ − VEC")
    return DataTable(header, tuple(rows))
