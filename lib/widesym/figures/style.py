"""One look for the whole book: colours safe for colour-blind readers, one colour a thing throughout.

The palette is Okabe and Ito's (2008). What pages compare again and again has a colour, and a marker as a
second channel: training schemes, architectures, groups of transformations, and kinds of inference. What is
ordered (widths, depths, times) is drawn in `shades`.

A figure is drawn inside `style`, which leaves no trace in matplotlib's global state, and which notes the
results that the figure shows.
"""

import contextlib
from collections.abc import Iterator, Mapping

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_hex, to_rgb

from widesym.figures.enclosure import enclose
from widesym.figures.plotted import NO_DATA
from widesym.study.store import Stored

# Okabe-Ito
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
DARK = "#333333"  # told from every other colour, which a middle grey is not

SCHEME_COLOURS = {"vanilla": VERMILION, "da-sampled": ORANGE, "da-orbit": SKY, "fa": BLUE, "ea": GREEN}
SCHEME_MARKERS = {"vanilla": "o", "da-sampled": "s", "da-orbit": "v", "fa": "D", "ea": "^"}
SCHEME_LABELS = {
    "vanilla": "vanilla",
    "da-sampled": "DA (sampled)",
    "da-orbit": "DA (whole orbit)",
    "fa": "FA",
    "ea": "EA",
}
MODEL_COLOURS = {"FCN": DARK, "LCN": ORANGE, "VEC": BLUE, "GAP": VERMILION}
MODEL_MARKERS = {"FCN": "s", "LCN": "X", "VEC": "o", "GAP": "^"}
# LAP by the side of its windows, whatever other windows are beside it
WINDOW_COLOURS = {2: SKY, 4: GREEN, 8: PURPLE}
WINDOW_MARKERS = {2: "D", 4: "v", 8: "P"}
GROUP_COLOURS = {
    "identity": BLACK,
    "colour": BLUE,
    "pixelwise": GREEN,
    "rotation": VERMILION,
    "permutation": ORANGE,
}
GROUP_MARKERS = {"identity": "*", "colour": "o", "pixelwise": "s", "rotation": "D", "permutation": "v"}
INFERENCE_COLOURS = {"NTK": DARK, "NNGP": PURPLE, "NN": ORANGE, "NN+": BLUE}
INFERENCE_MARKERS = {"NTK": "D", "NNGP": "v", "NN": "s", "NN+": "o"}

__all__ = [
    "BLACK", "BLUE", "DARK", "GREEN", "GROUP_COLOURS", "GROUP_MARKERS", "INFERENCE_COLOURS",
    "INFERENCE_MARKERS", "MODEL_COLOURS", "MODEL_MARKERS", "NO_DATA", "ORANGE", "PURPLE", "SCHEME_COLOURS",
    "SCHEME_LABELS", "SCHEME_MARKERS", "SKY", "SMALL", "VERMILION", "WIDE", "WINDOW_COLOURS",
    "WINDOW_MARKERS", "YELLOW", "ink", "model_colour", "model_marker", "shades", "style",
]  # fmt: skip

WIDE = 12.0  # inches, at most: on a page such a figure is shown at about 80 % of its size
SMALL = 10  # points, at least: 8 on a page

_SETTINGS = {
    "figure.facecolor": "white",
    "figure.dpi": 160,  # twice what a page is wide: sharp on any screen and in print
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.which": "major",
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "legend.title_fontsize": SMALL,
    "axes.titlesize": 12,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
}


@contextlib.contextmanager
def style(*results: Stored | Mapping[str, Stored] | None) -> Iterator[None]:
    """Draw inside the book's style; figures made inside are closed for pyplot: a cell shows them once.

    Args:
        *results: what the figures made inside show; a built page offers it for download, with what was
            plotted, and says below the figure what was run. Absent records (None) are left out.
    """
    before = set(plt.get_fignums())
    with matplotlib.rc_context(_SETTINGS), plt.ioff():
        yield
    for number in set(plt.get_fignums()) - before:
        figure = plt.figure(number)
        plt.close(number)
        enclose(figure, results)


def shades(count: int) -> list[tuple[float, ...]]:
    """Return colours for what is ordered, from pale to dark, told apart by lightness alone."""
    return [tuple(colour) for colour in matplotlib.colormaps["viridis"](np.linspace(0.85, 0.05, count))]


def ink(colour: str) -> str:
    """Return a colour for text: as dark as reading it on white needs (a contrast of 4.5)."""
    rgb = np.array(to_rgb(colour))
    while 1.05 / (_luminance(rgb) + 0.05) < 4.5:
        rgb = 0.97 * rgb
    return to_hex(rgb)


def _luminance(rgb: np.ndarray) -> float:
    """The relative luminance of sRGB, as WCAG defines it."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def model_colour(name: str) -> str:
    """Return the colour of an architecture; of LAP by the side of its windows, as in ``LAP4``."""
    return _of_model(name, MODEL_COLOURS, WINDOW_COLOURS)


def model_marker(name: str) -> str:
    """Return the marker of an architecture, as `model_colour` its colour."""
    return _of_model(name, MODEL_MARKERS, WINDOW_MARKERS)


def _of_model(name: str, named: Mapping[str, str], windows: Mapping[int, str]) -> str:
    if name in named:
        return named[name]
    side = int(name.removeprefix("LAP") or 4) if name.startswith("LAP") else 0
    # a window without a look of its own, as in a run with other sizes, has that of the nearest
    nearest = min(windows, key=lambda known: abs(np.log2(known) - np.log2(max(side, 1))))
    return windows[nearest]
