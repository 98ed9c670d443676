"""Beside B-F2: accuracy of every model against the ridge, and the ridge that the training images choose."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from widesym.figures.kernel_table import title
from widesym.figures.style import SMALL, model_colour, model_marker, style
from widesym.figures.tables import DataTable
from widesym.study.experiments.ridges import KERNELS
from widesym.study.findings.ridges import accuracy, at_chosen, gain
from widesym.study.findings.verdicts import spelled
from widesym.study.store import Stored

_NAMES = {"nngp": "NNGP", "ntk": "NTK"}


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw accuracy against the ridge, a row of two panels (NTK, NNGP) for each result.

    Args:
        live: a result of ``synergy.ridges``.
        record: the result on real images, or None.
    """
    results = [stored for stored in (live, record) if stored is not None]
    with style(live, record):
        fig, axes = plt.subplots(
            len(results),
            2,
            figsize=(9.6, 3.5 * len(results)),
            layout="constrained",
            squeeze=False,
            sharey="row",
        )
        for row, stored in zip(axes, results, strict=True):
            config = stored.config
            for ax, kernel in zip(row, reversed(KERNELS), strict=True):
                for model in reversed(config.models):
                    found = [accuracy(stored, model, i, kernel) for i in range(len(config.ridges))]
                    values = np.array([value for value, _ in found])
                    low, high = np.array([interval for _, interval in found]).T
                    ax.plot(
                        config.ridges,
                        values,
                        "-",
                        marker=model_marker(model),
                        ms=3.5,
                        color=model_colour(model),
                        label=model,
                    )
                    ax.fill_between(config.ridges, low, high, color=model_colour(model), alpha=0.12, lw=0)
                    chosen = np.asarray(config.ridges)[
                        stored.arrays[f"{model}_chosen"][:, KERNELS.index(kernel)]
                    ]
                    # the middle of the draws' choices
                    ax.plot(
                        np.exp(np.log(chosen).mean()), at_chosen(stored, model, kernel)[0], "*", ms=12,
                        color=model_colour(model), mec="0.15", mew=0.7, gid=f"{model}, chosen ridge",
                    )  # fmt: skip
                ax.set_xscale("log")
                ax.set_xlabel("ridge, as a fraction of the mean diagonal")
                ax.set_title(f"{_NAMES[kernel]}: {title(config)}", fontsize=SMALL)
            row[0].set_ylabel("test accuracy in %, clean images")
            row[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def table(stored: Stored) -> DataTable:
    """Return, for each model, accuracy (NTK) at the least and at the chosen ridge, and its gain over VEC."""
    rows = [
        (
            model,
            spelled(accuracy(stored, model, 0)),
            spelled(at_chosen(stored, model)),
            spelled(gain(stored, model)) if "VEC" in stored.config.models else "",
        )
        for model in reversed(stored.config.models)
    ]
    return DataTable(
        ("model", f"ridge {stored.config.ridges[0]:g}", "chosen ridge", "chosen ridge: above VEC by"),
        tuple(rows),
    )
