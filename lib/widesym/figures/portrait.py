r"""The opening picture: trained clouds seen along and across :math:`\mathcal E^G`, for growing N."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from widesym.figures.style import GREEN, SCHEME_COLOURS, style
from widesym.study.experiments.portrait import TEACHERS
from widesym.study.store import Stored

_ROWS = {"WI": "symmetric data", "arbitrary": "data without symmetry"}


def figure(stored: Stored) -> Figure:
    """Draw every particle of a result of ``meanfield.portrait``: rows are teachers, columns are sizes.

    The horizontal axis lies in the invariant subspace (the green line), the vertical one is
    orthogonal to it.
    """
    sizes = stored.config.sizes
    with style(stored):
        fig, axes = plt.subplots(
            2,
            len(sizes),
            figsize=(2.8 * len(sizes), 4.4),
            sharex=True,
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        for row, teacher in enumerate(TEACHERS):
            for column, N in enumerate(sizes):
                ax = axes[row, column]
                ax.axhline(0, color=GREEN, lw=1.5, zorder=1)
                ax.scatter(
                    stored.arrays[f"along_{N}"][row],
                    stored.arrays[f"across_{N}"][row],
                    s=np.clip(600 / N, 4, 24),
                    color=SCHEME_COLOURS["vanilla"],
                    alpha=0.65,
                    lw=0,
                    zorder=2,
                    gid="particles",
                )
                if row == 0:
                    ax.set_title(f"$N={N}$")
            axes[row, 0].set_ylabel(f"{_ROWS[teacher]}\nacross $\\mathcal{{E}}^G$")
        for ax in axes[1]:
            ax.set_xlabel("along $\\mathcal{E}^G$")
    return fig
