"""B-F9: accuracy from a Gaussian and a uniform first layer, and how Gaussian a unit's sum is."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from widesym.figures.style import BLUE, ORANGE, SMALL, model_colour, style
from widesym.networks.models import LAWS
from widesym.study.experiments.uniform_start import SEEN, UNIFORM_KURTOSIS
from widesym.study.findings.kernel_table import LABELS
from widesym.study.findings.uniform_start import accuracy, judged
from widesym.study.store import Stored

_LOOKS = {"gaussian": ("Gaussian first layer", BLUE, "o"), "uniform": ("uniform first layer", ORANGE, "D")}


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw a row a result: accuracy by model, transformation and law; excess kurtosis by model.

    Args:
        live: a result of ``synergy.uniform-start``.
        record: the result on real images, or None.
    """
    results = [stored for stored in (live, record) if stored is not None]
    with style(live, record):
        fig, axes = plt.subplots(
            len(results), 2, figsize=(11.2, 3.9 * len(results)), layout="constrained", squeeze=False,
            width_ratios=(3, 1),
        )  # fmt: skip
        for (left, right), stored in zip(axes, results, strict=True):
            _accuracies(left, stored)
            _kurtosis(right, stored)
            left.set_ylabel(f"test accuracy in %, {stored.config.inference}\n{stored.config.title}")
    return fig


def _accuracies(ax: Axes, stored: Stored) -> None:
    cells = [(model, kind) for model in stored.config.models for kind in SEEN[model]]
    for shift, law in zip((-0.12, 0.12), LAWS, strict=True):
        label, colour, marker = _LOOKS[law]
        for place, cell in enumerate(cells):
            if judged(stored, (*cell, law)):
                value, interval = accuracy(stored, (*cell, law))
                spread = np.abs(np.array(interval) - value)[:, None]
                ax.errorbar(
                    [place + shift],
                    [value],
                    spread,
                    fmt=marker,
                    color=colour,
                    label=label,
                    gid=_LOOKS[law][0],
                )
                label = None
    ends = np.cumsum([len(SEEN[model]) for model in stored.config.models])[:-1]
    for end in ends:
        ax.axvline(end - 0.5, color="0.85", lw=0.8)
    ax.axhline(100 / stored.config.classes, color="0.6", lw=0.8, ls=":")
    ax.set_xticks(range(len(cells)), [f"{model}\n{LABELS[kind]}" for model, kind in cells])
    ax.set_ylim(0, 108)
    ax.grid(axis="x", visible=False)
    ax.legend(loc="lower left", ncols=2)


def _kurtosis(ax: Axes, stored: Stored) -> None:
    models = stored.config.models
    for place, model in enumerate(models):
        values = stored.arrays[f"{model}_kurtosis"]
        ax.plot(np.full(len(values), place), values, "o", color=model_colour(model), alpha=0.7, gid="a unit")
    ax.axhline(0, color="0.3", lw=0.8)
    ax.axhline(UNIFORM_KURTOSIS, color="0.3", lw=0.8, ls=(0, (4, 2)))
    ax.text(len(models) - 0.6, 0.03, "Gaussian", ha="right", va="bottom", fontsize=SMALL)
    ax.text(len(models) - 0.6, UNIFORM_KURTOSIS + 0.03, "one uniform weight", ha="right", fontsize=SMALL)
    ax.set_xticks(range(len(models)), models)
    ax.set(xlim=(-0.6, len(models) - 0.4), ylim=(-1.35, 0.25))
    ax.set_ylabel("excess kurtosis of a first-layer unit")
    ax.grid(axis="x", visible=False)
