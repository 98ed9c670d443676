"""The five models as little drawings: which pixels a unit sees, and which weights are one weight.

Pixels are squares at the bottom, units circles, the output a diamond at the top. Edges of one colour carry
one shared weight; a grey bar is a mean.
"""

from collections.abc import Callable

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from widesym.figures.style import BLUE, GREEN, VERMILION

SITES = 6  # pixels and units of each layer
_WINDOW = 2  # of LAP in the drawing
_TAPS = {-1: BLUE, 0: VERMILION, 1: GREEN}
_LAYERS = (0.0, 1.25, 2.5)  # heights of pixels and of two hidden layers
_MEANS, _OUTPUT = 3.15, 4.1
_GREY = "0.55"

_Colour = Callable[[int, int, int], object]  # (layer, from, to) -> colour of an edge


def draw_model(ax: Axes, kind: str) -> None:
    """Draw one model.

    Args:
        ax: where; its axes are switched off.
        kind: ``FCN``, ``LCN``, ``VEC``, ``LAP`` or ``GAP``.

    Raises:
        ValueError: another kind.
    """
    drawers = {"FCN": _dense, "LCN": _local, "VEC": _shared, "LAP": _shared, "GAP": _shared}
    if kind not in drawers:
        raise ValueError(f"kind={kind!r}: must be one of {', '.join(drawers)}")
    drawers[kind](ax)
    _readout(ax, {"GAP": SITES, "LAP": _WINDOW}.get(kind, 1))
    places = np.arange(SITES)
    ax.scatter(places, np.full(SITES, _LAYERS[0]), marker="s", s=52, fc="0.8", ec="0.2", lw=0.8, zorder=3)
    for height in _LAYERS[1:]:
        ax.scatter(places, np.full(SITES, height), s=42, fc="white", ec="0.2", lw=0.9, zorder=3)
    ax.scatter([(SITES - 1) / 2], [_OUTPUT], marker="D", s=44, fc="0.2", ec="0.2", zorder=3)
    ax.set(xlim=(-0.75, SITES - 0.25), ylim=(-0.35, _OUTPUT + 0.35), aspect="equal")
    ax.set_axis_off()


def _own(seed: int) -> object:
    """One of many colours: an edge with a weight of its own."""
    return colormaps["turbo"](0.06 + 0.88 * (seed * 0.61803 % 1))


def _dense(ax: Axes) -> None:
    for layer in range(2):
        for a in range(SITES):
            for b in range(SITES):
                colour = _own(1 + a + SITES * b + 36 * layer)
                ax.plot([a, b], _LAYERS[layer : layer + 2], color=colour, lw=0.6, alpha=0.8, zorder=1)


def _local(ax: Axes) -> None:
    _neighbours(ax, lambda layer, a, b: _own(1 + 3 * (b + SITES * layer) + (a - b)))


def _shared(ax: Axes) -> None:
    _neighbours(ax, lambda layer, a, b: _TAPS[a - b])


def _neighbours(ax: Axes, colour: _Colour) -> None:
    """Draw the edges of a convolution; those round the ends of the row as stubs at both ends."""
    for layer in range(2):
        low, high = _LAYERS[layer : layer + 2]
        for b in range(SITES):
            for a in (b - 1, b, b + 1):
                shade = {"color": colour(layer, a, b), "lw": 1.3, "zorder": 1}
                if 0 <= a < SITES:
                    ax.plot([a, b], [low, high], **shade)
                    continue
                middle, away = (low + high) / 2, (a + b) / 2
                ax.plot([away, b], [middle, high], **shade, ls=(0, (1.5, 1)))
                other = a % SITES
                ax.plot([other, other - (a - b) / 2], [low, middle], **shade, ls=(0, (1.5, 1)))


def _readout(ax: Axes, window: int) -> None:
    middle = (SITES - 1) / 2
    for first in range(0, SITES, window):
        place = first + (window - 1) / 2
        start = _LAYERS[-1]
        if window > 1:
            for unit in range(first, first + window):
                ax.plot([unit, unit], [start, _MEANS], color=_GREY, lw=0.9, zorder=1)
            bar = FancyBboxPatch(
                (first - 0.12, _MEANS - 0.11), window - 0.76, 0.22, boxstyle="round,pad=0.06", fc=_GREY,
                ec="none", zorder=2,
            )  # fmt: skip
            ax.add_patch(bar)
            start = _MEANS
        ax.plot([place, middle], [start, _OUTPUT], color=_own(7 + 5 * first), lw=1.3, zorder=1)
