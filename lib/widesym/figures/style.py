"""One look for the whole book: colours safe for colour-blind readers, one colour a scheme.

The palette is Okabe and Ito's (2008). A figure is drawn inside :func:`style`, which leaves no trace
in matplotlib's global state.
"""

import contextlib
from collections.abc import Iterator

import matplotlib
import matplotlib.pyplot as plt

# Okabe-Ito
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip

SCHEME_COLOURS = {"vanilla": VERMILION, "da-sampled": ORANGE, "da-orbit": SKY, "fa": BLUE, "ea": GREEN}
SCHEME_MARKERS = {"vanilla": "o", "da-sampled": "s", "da-orbit": "v", "fa": "D", "ea": "^"}
SCHEME_LABELS = {
    "vanilla": "vanilla",
    "da-sampled": "DA (sampled)",
    "da-orbit": "DA (whole orbit)",
    "fa": "FA",
    "ea": "EA",
}

_SETTINGS = {
    "figure.facecolor": "white",
    "figure.dpi": 160,  # twice what a page is wide: sharp on any screen and in print
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.which": "major",
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "axes.titlesize": 11,
}


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Draw inside the book's style; figures made inside are closed for pyplot: a cell shows them once."""
    before = set(plt.get_fignums())
    with matplotlib.rc_context(_SETTINGS), plt.ioff():
        yield
    for number in set(plt.get_fignums()) - before:
        plt.close(number)
