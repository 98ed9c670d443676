r"""B-F4: learning curves of :math:`\mathsf{VEC}_n` and its ablations, and their local exponents."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from widesym.figures.estimates import curve, log_axis
from widesym.figures.style import GROUP_COLOURS, INFERENCE_COLOURS, MODEL_COLOURS, SMALL, WIDE, style
from widesym.study.experiments.data_efficiency import CURVES
from widesym.study.findings.data_efficiency import (
    NAMES,
    accuracy,
    complete,
    judged,
    local_exponents,
    mse,
)
from widesym.study.findings.network_draws import mean
from widesym.study.store import Stored

LOOKS = {
    "baseline": {"color": MODEL_COLOURS["VEC"], "fmt": "o-", "lw": 2.2},
    "data": {"color": GROUP_COLOURS["pixelwise"], "fmt": "s--"},
    "model": {"color": MODEL_COLOURS["LCN"], "fmt": "X--"},
    "inference": {"color": INFERENCE_COLOURS["NTK"], "fmt": "D--"},
}


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw accuracy, MSE and local exponents of the MSE against m; a row of panels for each result.

    Args:
        live: a result of ``synergy.data-efficiency``.
        record: the result on real images, or None.
    """
    results = [stored for stored in (live, record) if stored is not None]
    with style(live, record):
        fig, axes = plt.subplots(
            len(results), 3, figsize=(WIDE, 0.6 + 3.9 * len(results)), layout="constrained", squeeze=False
        )
        for row, stored in zip(axes, results, strict=True):
            _curves(row, stored)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside lower center", ncols=len(CURVES))
    return fig


def _curves(axes: np.ndarray, stored: Stored) -> None:
    config = stored.config
    right, errors, slopes = axes
    sizes = config.sizes
    between = [np.sqrt(a * b) for a, b in zip(sizes, sizes[1:], strict=False)]
    for place, name in enumerate(CURVES):
        look = LOOKS[name] | {"label": NAMES[name]}
        if not complete(mse(stored, name)).size:
            continue
        # beside each other where they would hide each other
        shift = 1 + 0.025 * (place - 1.5)
        for ax, values in ((right, accuracy(stored, name)), (errors, mse(stored, name))):
            curve(ax, [shift * m for m in sizes], [mean(row) for row in complete(values)], **look)
        curve(slopes, [shift * m for m in between], local_exponents(stored, name), **look)
    null = (config.classes - 1) / config.classes**2
    errors.axhline(null, color="0.6", lw=0.8, ls=":")
    errors.annotate("answer 0", (sizes[-1], null), fontsize=SMALL, color="0.45", va="bottom", ha="right")
    slopes.axhline(0, color="0.6", lw=0.8)
    last = judged(stored)[-1:]
    if last and last[0] < sizes[-1]:
        for ax in (errors, slopes):
            ax.axvspan(last[0] * 1.06, sizes[-1] * 1.1, color="0.5", alpha=0.1, lw=0)
    for ax in (right, errors):
        ax.set_yscale("log")
        _plain(ax)
    right.set(ylabel="best test accuracy in %", title=config.title)
    errors.set(
        ylabel="test MSE",
        title=f"VEC n = {config.width}, LCN n = {config.local_width}; "
        f"{config.inference}, {config.start} start",
    )
    slopes.set(ylabel=r"local exponent $\alpha$, MSE $\propto m^{-\alpha}$", title="slope between two sizes")
    for ax in axes:
        log_axis(ax, sizes)
        ax.set_xlabel("training images $m$")
        ax.title.set_fontsize(10)


def _plain(ax: Axes) -> None:
    """Write numbers of a log axis out; a range below two decades has no other ticks."""
    low, high = ax.get_ylim()
    steps = [digit * 10.0**power for power in range(-5, 3) for digit in (1, 2, 3, 5, 7)]
    ticks = [step for step in steps if low <= step <= high]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_yticks([], minor=True)
