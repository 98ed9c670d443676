"""B-F1, B-F7, B-F11, B-S7 for print: models, groups and rotated images, a path, photographs, dimensions."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from widesym.data.photographs import NAMES
from widesym.figures.models import draw_model
from widesym.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GROUP_COLOURS,
    ORANGE,
    PURPLE,
    SMALL,
    VERMILION,
    ink,
    style,
)
from widesym.figures.tables import DataTable
from widesym.groups.images import KINDS
from widesym.study.experiments.rotations import COUNTS, GROUPS
from widesym.study.findings.rotations import closed_form, remaining
from widesym.study.store import Stored

MODELS = ("GAP", "LAP", "VEC", "LCN", "FCN")  # as the groups grow
ORDER = ("identity", "colour", "pixelwise", "rotation", "permutation")  # the chain, then what is aside
LABELS = {
    "identity": "clean",
    "colour": r"$O(3)\otimes I_d$",
    "pixelwise": "$O(3)^d$",
    "rotation": "$O(3d)$",
    "permutation": "$P(3d)$",
}
_SHOWN = ("astronaut", "coffee")  # of the photographs, in the small figures
_GAP = 12  # pixels between large photographs


def figure(stored: Stored) -> Figure:
    """Draw B-F1: the models, the groups that they imply, and two images under a random element of each.

    Args:
        stored: a result of ``synergy.rotations``.

    Returns:
        Models in the first row, groups in the second, images below, clean ones first; under each column the
        correlation of adjacent pixels, a mean over draws and photographs.
    """
    near = stored.arrays["neighbours"].mean(axis=(1, 2))
    with style(stored):
        fig = plt.figure(figsize=(11, 7.75))
        grid = fig.add_gridspec(
            4, 5, left=0.015, right=0.985, top=0.955, bottom=0.04, height_ratios=(1.6, 1.1, 2.05, 2.05),
            hspace=0.035, wspace=0.05,
        )  # fmt: skip
        for column, model in enumerate(MODELS):
            ax = fig.add_subplot(grid[0, column])
            draw_model(ax, model)
            ax.set_title(rf"$\mathsf{{{model}}}$", fontsize=13)
        _groups(fig.add_subplot(grid[1, :]))
        for row, name in enumerate(_SHOWN, 2):
            for column, kind in enumerate(ORDER):
                ax = fig.add_subplot(grid[row, column])
                _image(ax, stored.arrays["shown"][KINDS.index(kind), NAMES.index(name)], GROUP_COLOURS[kind])
                if row == 1 + len(_SHOWN):
                    ax.set_xlabel(f"adjacent pixels: {near[KINDS.index(kind)]:.2f}".replace("-", "−"))
    return fig


def _groups(ax: Axes) -> None:
    """Draw boxes for the groups, one over each column of images, and lines from the models above."""
    ax.set(xlim=(0, 5), ylim=(0, 1))
    ax.set_axis_off()
    low, high, top = 0.18, 0.4, 1.06
    for column, kind in enumerate(ORDER):
        box = {"boxstyle": "round,pad=0.35", "fc": "white", "ec": GROUP_COLOURS[kind], "lw": 1.6}
        ax.text(column + 0.5, low, LABELS[kind], ha="center", va="center", fontsize=12, bbox=box)
    for column, sign in ((2, r"$\subset$"), (3, r"$\subset$"), (4, r"$\supset$")):
        ax.text(column, low, sign, ha="center", va="center", fontsize=15)
    line = {"lw": 1.6, "solid_capstyle": "round", "clip_on": False}
    for place in (0.5, 1.5, 2.47):  # GAP, LAP, VEC
        ax.plot([place, place], [top, 0.76], color=BLUE, **line)
    ax.plot([0.5, 2.47], [0.76, 0.76], color=BLUE, **line)
    ax.plot([1.5, 1.5], [0.76, high], color=BLUE, **line)
    ax.plot([2.53, 2.53], [top, high], color=GREEN, lw=1.6, ls=(0, (3, 2)), clip_on=False)
    ax.text(2.58, 0.9, r"width $\to\infty$", color=ink(GREEN), fontsize=SMALL, ha="left", va="center")
    ax.plot([3.5, 3.5, 2.62, 2.62], [top, 0.72, 0.72, high], color=GREEN, **line)
    ax.plot([4.47, 4.47, 3.5, 3.5], [top, 0.56, 0.56, high], color=VERMILION, **line)
    ax.text(3.98, 0.59, "Gaussian weights", color=ink(VERMILION), fontsize=SMALL, ha="center", va="bottom")
    ax.plot([4.53, 4.53], [top, high], color=ORANGE, **line)
    ax.text(4.57, 0.72, "other\niid\nweights", color=ink(ORANGE), fontsize=SMALL, ha="left", va="center")


def _image(ax: Axes, image: np.ndarray, colour: str | None = None) -> None:
    ax.imshow(image, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set(visible=colour is not None, color=colour, linewidth=1.6)


def strip(stored: Stored, count: int = 9) -> Figure:
    """Draw B-F7: two images along the path, and the correlation of adjacent pixels against time.

    Args:
        stored: a result of ``synergy.rotations``.
        count: frames shown, equally spaced.
    """
    film, near = stored.arrays["film"], stored.arrays["film_neighbours"]
    times = np.linspace(0, 1, len(film))
    frames = np.linspace(0, len(film) - 1, count).round().astype(int)
    with style(stored):
        fig = plt.figure(figsize=(11, 5.6))
        upper = fig.add_gridspec(
            2, count, left=0.015, right=0.985, top=0.95, bottom=0.5, wspace=0.06, hspace=0.06
        )
        for row, name in enumerate(_SHOWN):
            for column, frame in enumerate(frames):
                ax = fig.add_subplot(upper[row, column])
                _image(ax, film[frame, NAMES.index(name)])
                if row == 0:
                    ax.set_title(f"$t={times[frame]:.3g}$", fontsize=10)
        ax = fig.add_axes((0.09, 0.095, 0.6, 0.34))
        for n, (name, colour) in enumerate(zip(NAMES, (BLUE, VERMILION, GREEN, ORANGE, PURPLE), strict=True)):
            ax.plot(times, near[:, n] / near[0, n], color=colour, label=name)
        ax.plot(times, remaining(times), "--", color=BLACK, lw=1.3, label="$c(t)^2$, expected")
        ax.set(
            xlim=(0, 1), ylim=(0, 1.03), xlabel="$t$", ylabel="correlation of adjacent\npixels, share left"
        )
        ax.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return fig


def photographs(stored: Stored) -> Figure:
    """Draw B-F11: photographs clean, and rotated by two elements of O(3)^d, pixel by pixel."""
    arrays = stored.arrays
    rows = (arrays["large_clean"], *arrays["large_rotated"])
    return _mosaic(stored, rows, ("clean", *(rf"$\tau_{k}\in O(3)^d$" for k in range(1, len(rows)))))


def full(stored: Stored) -> Figure:
    """Draw one photograph of B-F11 at full size, clean and rotated by an element of O(3)^d."""
    arrays = stored.arrays
    return _mosaic(stored, ((arrays["full_clean"], arrays["full_rotated"]),), ("",))


def _mosaic(stored: Stored, rows: tuple, labels: tuple[str, ...]) -> Figure:
    """Draw rows of square images of one size, a dot of the figure for each pixel where there is room."""
    side, columns = rows[0][0].shape[0], len(rows[0])
    with style(stored):
        dpi = plt.rcParams["figure.dpi"]
        times = max(1, round(1100 / (columns * side)))  # small images are enlarged by a whole number
        step = side * times + _GAP
        margin = 34 if any(labels) else _GAP
        width, height = columns * step + margin, len(rows) * step + _GAP
        fig = plt.figure(figsize=(width / dpi, height / dpi))
        for row, (images, label) in enumerate(zip(rows, labels, strict=True)):
            for column, image in enumerate(images):
                left, top = margin + column * step, _GAP + row * step
                box = (left / width, 1 - (top + side * times) / height, side * times / width)
                ax = fig.add_axes((*box, side * times / height))
                _image(ax, image)
                if column == 0 and label:
                    ax.set_ylabel(label)
    return fig


def sizes(stored: Stored) -> Figure:
    """Draw B-S7: counted dimensions on the closed forms, up to the images of the paper."""
    sites = np.array(stored.config.sites)
    line = np.unique(np.geomspace(1, 224**2, 60).round().astype(int))
    signs = ("o", "s", "D", "^")
    with style(stored):
        fig, ax = plt.subplots(figsize=(7.6, 4.4), layout="constrained")
        for j, group in enumerate(GROUPS):
            ax.plot(
                line,
                [closed_form(group, int(d)) for d in line],
                color=GROUP_COLOURS[group],
                lw=1.3,
                gid=f"{LABELS[group]}, formula",
            )
            for k in range(len(COUNTS)):
                ax.plot(
                    sites, stored.arrays["dimensions"][k, :, j], signs[k], color=GROUP_COLOURS[group],
                    ms=9 - 2 * k, mfc="none", mew=1.0, gid=f"{LABELS[group]}, counted, {k + 1}",
                )  # fmt: skip
            ax.text(
                300**2,
                closed_form(group, 224**2),
                LABELS[group],
                color=ink(GROUP_COLOURS[group]),
                va="center",
                fontsize=11,
            )
        for side, name in ((8, "8×8"), (32, "32×32"), (224, "224×224")):
            ax.axvline(side**2, color="0.8", lw=0.9, zorder=0)
            ax.text(side**2, 5e10, name, color="0.4", ha="center", va="bottom", fontsize=SMALL)
        ax.set(
            xscale="log", yscale="log", xlim=(0.8, 8e4), ylim=(1.5, 4e10), xlabel="pixels $d$",
            ylabel="dimension",
        )  # fmt: skip
    return fig


def size_table(stored: Stored) -> DataTable:
    """Return the counted dimensions, several in a cell where counts differ, and the closed forms."""
    names = {"colour": "O(3) ⊗ I", "pixelwise": "O(3)^d", "rotation": "O(3d)"}
    sites = stored.config.sites
    rows = []
    for j, group in enumerate(GROUPS):
        counted = stored.arrays["dimensions"][:, :, j]
        cells = [" / ".join(f"{count}" for count in np.unique(column)) for column in counted.T]
        rows.append((names[group], *cells, f"{closed_form(group, 32**2):,}"))
    return DataTable(("counted", *(f"d = {d}" for d in sites), "formula, d = 1,024"), tuple(rows))
