r"""Beside B-F2: accuracy of VEC, GAP, and GAP under :math:`O(3)^d` against how smooth the images are."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from widesym.figures.style import GROUP_COLOURS, MODEL_COLOURS, SMALL, style
from widesym.study.experiments.rotated_pooling import CELLS
from widesym.study.findings.rotated_pooling import accuracy
from widesym.study.store import Stored

_LOOKS = {
    ("VEC", "identity"): ("VEC, clean or under $O(3)^d$", MODEL_COLOURS["VEC"], "o-"),
    ("GAP", "identity"): ("GAP, clean", MODEL_COLOURS["GAP"], "^-"),
    ("GAP", "pixelwise"): ("GAP under $O(3)^d$", GROUP_COLOURS["pixelwise"], "^--"),
}


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw a row of panels for each result, a panel for each noise.

    Args:
        live: a result of ``synergy.rotated-pooling``.
        record: the result on real images, or None.
    """
    results = [stored for stored in (live, record) if stored is not None]
    columns = max(len(stored.config.noises) for stored in results)
    with style(live, record):
        fig, axes = plt.subplots(
            len(results), columns, figsize=(0.6 + 3.5 * columns, 3.3 * len(results)), layout="constrained",
            squeeze=False, sharey="row",
        )  # fmt: skip
        for row, stored in zip(axes, results, strict=True):
            for n, ax in enumerate(row):
                if n >= len(stored.config.noises):
                    ax.set_axis_off()
                    continue
                for cell, kind in enumerate(CELLS):
                    found = [accuracy(stored, cell, n, b) for b in range(len(stored.config.blurs))]
                    values = np.array([value for value, _ in found])
                    spread = np.abs(np.array([interval for _, interval in found]).T - values)
                    label, colour, form = _LOOKS[kind]
                    ax.errorbar(
                        stored.config.blurs, values, spread, fmt=form, color=colour, label=label, elinewidth=1
                    )
                ax.set_title(f"noise {stored.config.noises[n]:g}")
                ax.set_xlabel("width of the filter, pixels")
            row[0].set_ylabel(
                f"test accuracy in %, NTK\n{stored.config.image_source().label}", fontsize=SMALL
            )
        axes[0, -1].legend(loc="lower right")
    return fig
