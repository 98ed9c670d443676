"""B-S1: which weights of the larger network are filled, what its blocks hold, and deviations of outputs."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from widesym.figures.deviations import Row, dots, legend_handles
from widesym.figures.style import SMALL, style
from widesym.figures.tables import DataTable
from widesym.study.experiments.inclusions import CLASSES, MAPS, STRICT
from widesym.study.findings.inclusions import NAMES, TOLERANCE
from widesym.study.store import Stored

_FAULTS = {
    "GAP-VEC": "one location left out of VEC's readout",
    "VEC-LCN": "one filter upside down in LCN",
    "LCN-VEC": r"blocks in a wrong order in $\mathsf{VEC}_{dn}$",
    "VEC-FCN": r"… in $\mathsf{FCN}_{d^2n}$",
    "LCN-FCN": r"… in $\mathsf{FCN}_{dn}$",
}
_CLASS_LABELS = {
    "GAP": "GAP, n = 1", "VEC": "VEC, n = 1", "LCN": "LCN, n = 1", "wide VEC": "VEC, n = d",
    "FCN": "FCN, n = d", "wide FCN": "FCN, n = d²",
}  # fmt: skip


def figure(stored: Stored) -> Figure:
    """Draw deviations of a result of ``synergy.inclusions``: a dot for each case, random and trained."""
    arrays = stored.arrays
    rows = []
    for m, name in enumerate(MAPS):
        values = np.concatenate([arrays["deviation"][m], arrays["trained"][m]])
        kept = values[~np.isnan(values).any(axis=1)]
        label = r"$\mathsf{GAP}_n\to\mathsf{FCN}_{d^2n}$, all in one" if name == "chain" else NAMES[name]
        if len(kept):
            rows.append(Row(label, kept, True))
    rows.append(Row(r"block $\alpha$ at location $\alpha$ is LCN (S6)", arrays["carried"], True))
    rows += [Row(label, arrays["faulty"][list(MAPS).index(name)], False) for name, label in _FAULTS.items()]
    rows.append(Row(r"block $\alpha$ beside location $\alpha$", arrays["elsewhere"], False))
    rows.append(Row(r"$\sqrt{d}$ in the first layer too", arrays["rooted"], False))
    if arrays["printed"].size:
        rows.append(Row("range of indices as printed", arrays["printed"], False))
    with style(stored):
        fig, ax = plt.subplots(figsize=(8.6, 0.31 * len(rows) + 1.1), layout="constrained")
        dots(ax, rows, bound=TOLERANCE, xlabel="largest difference of outputs / largest output")
        fig.legend(
            handles=legend_handles("inclusion, the largest", "one fault, the median"),
            loc="outside upper center", ncols=2,
        )  # fmt: skip
    return fig


def weights(stored: Stored) -> Figure:
    """Draw the weights between the hidden layers of the wide VEC, and of FCN, that carry one LCN.

    A filled entry has the colour of the location whose filter it comes from, paler for small weights.
    """
    shared, dense = stored.arrays["picture_shared"], stored.arrays["picture_dense"]
    height, width = stored.config.sizes[-1]
    n = stored.config.width
    top = max(np.abs(shared).max(), np.abs(dense).max())
    with style(stored):
        fig = plt.figure(figsize=(10.4, 5.6), layout="constrained")
        key, left, right = fig.subfigures(1, 3, width_ratios=(1.35, 5, 4.3))
        _key(key.subplots(), height, width)
        axes = left.subplots(3, 3, sharex=True, sharey=True)
        left.suptitle(r"$\mathsf{VEC}_{dn}$: one filter, its nine offsets $\beta$")
        for place, ax in enumerate(axes.flat):
            row, column = place // 3 - 1, place % 3 - 1
            _entries(ax, shared[place], n, top)
            ax.set_title(rf"$\beta=({row:+d},{column:+d})$".replace("+0", "0"), fontsize=SMALL, pad=3)
            ax.tick_params(labelbottom=False, labelleft=False)
        left.supxlabel(r"to channel block $\alpha$", fontsize=10)
        left.supylabel(r"from channel block $\alpha+\beta$", fontsize=10)
        ax = right.subplots()
        right.suptitle(r"$\mathsf{FCN}_{dn}$: one dense matrix")
        _entries(ax, dense, n, top)
        ax.set(xlabel=r"to the units of location $\alpha$", ylabel=r"from the units of a location")
    return fig


def _entries(ax: Axes, matrix: np.ndarray, n: int, top: float) -> None:
    """Draw a matrix of blocks, rows from and columns to; zeros are white."""
    blocks = len(matrix) // n
    colours = np.repeat([to_rgb(_location(b, blocks)) for b in range(blocks)], n, axis=0)
    strength = np.where(matrix == 0, 0, 0.45 + 0.55 * np.sqrt(np.abs(matrix) / top))[..., None]
    ax.imshow(1 - strength * (1 - colours[None]), interpolation="nearest", extent=(0, blocks, blocks, 0))
    ax.set_xticks(np.arange(blocks) + 0.5, np.arange(blocks), fontsize=SMALL)
    ax.set_yticks(np.arange(blocks) + 0.5, np.arange(blocks), fontsize=SMALL)
    for line in range(blocks + 1):
        ax.axhline(line, color="0.88", lw=0.5)
        ax.axvline(line, color="0.88", lw=0.5)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[:].set_visible(True)
    ax.spines[:].set_color("0.6")


def _key(ax: Axes, height: int, width: int) -> None:
    """Draw the image's locations, each in its colour."""
    for location in range(height * width):
        row, column = divmod(location, width)
        colour = _location(location, height * width)
        ax.add_patch(plt.Rectangle((column, row), 1, 1, fc=colour, ec="white", lw=1.5))
        dark = np.dot(to_rgb(colour), (0.3, 0.59, 0.11)) < 0.5
        ax.text(
            column + 0.5, row + 0.5, str(location), ha="center", va="center", fontsize=SMALL,
            color="white" if dark else "black",
        )  # fmt: skip
    ax.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    ax.set_title("locations", fontsize=10)
    ax.set_axis_off()


def _location(location: int, count: int) -> tuple[float, ...]:
    """The colour of a location: dark to bright along the rows, so that neighbours are told apart."""
    return colormaps["turbo"](0.05 + 0.9 * location / max(count - 1, 1))


def blocks(stored: Stored) -> Figure:
    """Draw what every block of the wide VEC holds at every location, beside the LCN that it carries."""
    held, local = stored.arrays["picture_held"], stored.arrays["picture_local"]
    wide, narrow = (np.linalg.norm(array, axis=-1) for array in (held, local))
    d = len(narrow)
    top = wide.max()
    with style(stored):
        fig, (left, right) = plt.subplots(
            1, 2, figsize=(6.6, 4.6), layout="constrained", gridspec_kw={"width_ratios": (d, 1.4)}
        )
        drawn = left.imshow(wide, cmap="Greys", vmin=0, vmax=1.25 * top, extent=(0, d, d, 0))
        for a in range(d):
            colour = _location(a, d)
            left.add_patch(plt.Rectangle((a + 0.04, a + 0.04), 0.92, 0.92, fill=False, ec=colour, lw=2.2))
            right.add_patch(plt.Rectangle((0.04, a + 0.04), 0.92, 0.92, fill=False, ec=colour, lw=2.2))
        right.imshow(narrow[:, None], cmap="Greys", vmin=0, vmax=1.25 * top, extent=(0, 1, d, 0))
        left.set(xlabel=r"channel block $\alpha$ of $\mathsf{VEC}_{dn}$", ylabel="location")
        left.set_xticks(np.arange(d) + 0.5, np.arange(d))
        right.set_xticks([0.5], [r"$\mathsf{LCN}_n$"])
        for ax in (left, right):
            ax.set_yticks(np.arange(d) + 0.5, np.arange(d))
            ax.tick_params(length=0)
            ax.grid(visible=False)
            ax.spines[:].set_visible(False)
        fig.colorbar(drawn, ax=right, label="norm of the $n$ activations", shrink=0.7)
    return fig


def dimension_table(stored: Stored) -> DataTable:
    """Return parameters and dimensions of each class, n = K = L = 1, and what it is strictly larger than."""
    parameters, rank = stored.arrays["parameters"], stored.arrays["rank"]
    points = int(stored.arrays["points"])
    rows = []
    for place, name in enumerate(CLASSES):
        below = [small for small, large in STRICT if large == name]
        contains = ", ".join(
            f"{_CLASS_LABELS[small]} ({parameters[CLASSES.index(small)]} parameters)" for small in below
        )
        least = "≥ " if rank[place] == points else ""
        rows.append((_CLASS_LABELS[name], str(parameters[place]), f"{least}{rank[place]}", contains or "–"))
    return DataTable(("class", "parameters", "rank of the slopes", "contains"), tuple(rows))
