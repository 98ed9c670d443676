r"""B-F6: ensemble accuracy, and distances to a pooling network and to the kernel, along a path."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from widesym.figures.estimates import curve
from widesym.figures.style import INFERENCE_COLOURS, WIDE, shades, style
from widesym.study.findings.network_draws import mean
from widesym.study.findings.path import QUANTITIES, values
from widesym.study.store import Stored

_LABELS = {"ensemble": "ensemble accuracy in %", "to_pooled": "S-Dist", "to_limit": "S-Dist"}
_TITLES = {
    "ensemble": "mean prediction",
    "to_pooled": QUANTITIES["to_pooled"][0],
    "to_limit": QUANTITIES["to_limit"][0],
}


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw the three quantities against t, a line a width; a row of panels for each result.

    Args:
        live: a result of ``synergy.path``.
        record: the result on real images, or None.
    """
    results = [stored for stored in (live, record) if stored is not None]
    with style(live, record):
        fig, axes = plt.subplots(
            len(results), 3, figsize=(WIDE, 0.4 + 3.8 * len(results)), layout="constrained", squeeze=False
        )
        for row, stored in zip(axes, results, strict=True):
            for ax, quantity in zip(row, QUANTITIES, strict=True):
                _panel(ax, stored, quantity)
            row[0].legend(loc="best", title=stored.config.title)
    return fig


def _panel(ax: Axes, stored: Stored, quantity: str) -> None:
    config = stored.config
    found = values(stored, quantity)
    for i, (width, shade) in enumerate(zip(config.widths, shades(len(config.widths)), strict=True)):
        # beside each other where they would hide each other
        shift = 0.008 * (i - (len(config.widths) - 1) / 2)
        x = [t + shift for t in config.times]
        curve(ax, x, [mean(row) for row in found[i]], color=shade, label=f"n = {width}")
    if quantity == "ensemble":
        limit = 100 * stored.arrays["limit"].mean()
        ax.axhline(limit, color=INFERENCE_COLOURS["NTK"], lw=0.9, ls="--", label=r"$\mathsf{VEC}_\infty$")
    else:
        ax.set_ylim(min(0, ax.get_ylim()[0]), None)
    ax.set(xlabel="$t$", ylabel=_LABELS[quantity])
    ax.set_title(_TITLES[quantity], fontsize=10)
