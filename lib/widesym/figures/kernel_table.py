r"""B-F2, the NTK column: accuracy of every model under every transformation, as a table and as dots."""

import functools
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from widesym.figures.style import BLUE, NO_DATA, ORANGE, SMALL, model_colour, model_marker, style
from widesym.study.experiments.kernel_table import KernelTable
from widesym.study.findings.kernel_table import LABELS, accuracy, by_pooling, own
from widesym.study.findings.verdicts import Estimate
from widesym.study.network_config import NetworkConfig
from widesym.study.store import Stored

_NAMES = {"nngp": "NNGP", "ntk": "NTK"}
# pale at chance, dark where a model is good; black or white numbers are legible on all of it
_SHADES = LinearSegmentedColormap.from_list("accuracy", ["#F7F4EC", "#9CCBE3", BLUE, "#06304F"])

Estimates = Callable[[tuple[str, str]], Estimate]  # of cells (model, transformation)
Own = Callable[[str], tuple[str, ...]]  # the transformations that a model does not see


def title(config: KernelTable | NetworkConfig) -> str:
    """Return what images a result is of, and how many."""
    images = config.image_source().label
    return f"{images}, {config.side}×{config.side}, m = {config.train:,}, L = {config.depth}"


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw accuracy (NTK) against the transformations, a line a model: solid on its own group, dashed beyond.

    Args:
        live: a result of ``synergy.kernel-table``: the left panel.
        record: the result on real images, the right panel; or None.
    """
    results = [stored for stored in (live, record) if stored is not None]
    with style(live, record):
        fig, axes = plt.subplots(
            1, len(results), figsize=(1.2 + 5.4 * len(results), 4.8), layout="constrained", squeeze=False
        )
        for ax, stored in zip(axes[0], results, strict=True):
            draw_lines(ax, stored.config, functools.partial(accuracy, stored), own)
            ax.set_title(title(stored.config), fontsize=10)
        axes[0, 0].set_ylabel("test accuracy in %, NTK")
        line_legend(fig)
    return fig


def line_legend(fig: Figure) -> None:
    """Say below a figure of :func:`draw_lines` what its two kinds of lines mean."""
    solid, dashed = (Line2D([], [], color="0.3", ls=ls) for ls in ("-", (0, (2, 1.5))))
    fig.legend(
        [solid, dashed], ["within the model's own group", "beyond it"], loc="outside lower center", ncols=2
    )


def draw_lines(ax: Axes, config: KernelTable | NetworkConfig, estimate: Estimates, own: Own) -> None:
    """Draw accuracy against the transformations, a line a model.

    Args:
        ax: where.
        config: with models, transformations and classes.
        estimate: a cell's accuracy in percent with its interval.
        own: up to where a model's line is solid.
    """
    kinds = config.transformations
    places = np.arange(len(kinds))
    models = by_pooling(config) + [m for m in config.models if m == "LCN"]
    for i, model in enumerate(models):
        found = [estimate((model, kind)) for kind in kinds]
        values = np.array([value for value, _ in found])
        spread = np.abs(np.array([interval for _, interval in found]).T - values)
        # so that models with equal numbers stay visible beside each other
        x = places + 0.055 * (i - (len(models) - 1) / 2)
        inside = sum(kind in own(model) for kind in kinds)
        line = {"color": model_colour(model), "gid": NO_DATA}  # its numbers are those of the points
        ax.plot(x[:inside], values[:inside], "-", lw=1.8, **line)
        ax.plot(x[inside - 1 :], values[inside - 1 :], ls=(0, (2, 1.5)), lw=1.1, **line)
        look = {"fmt": model_marker(model), "color": model_colour(model), "mfc": model_colour(model)}
        if model == "LCN":
            look["mfc"] = "white"
        ax.errorbar(x, values, spread, ms=5, elinewidth=1.2, label=model, **look)
    chance = 100 / config.classes
    ax.axhline(chance, color="0.6", lw=0.8, ls=":")
    ax.text(len(kinds) - 0.55, chance, "chance", color="0.45", fontsize=SMALL, va="bottom", ha="right")
    ax.set_xticks(places, [LABELS[kind] for kind in kinds])
    ax.set_ylim(0, 1.17 * ax.get_ylim()[1])  # room for the legend
    ax.set_yticks([tick for tick in ax.get_yticks() if tick <= 100])
    ax.grid(axis="x", visible=False)
    ax.legend(ncols=6, loc="upper center", columnspacing=1.0, handletextpad=0.2)


def table_figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw the accuracies as shaded tables, a row of them a result: transformations by models, NTK and NNGP.

    Cells of a model within its own group, equal by Theorem 4.1, share a frame.
    """
    results = [stored for stored in (live, record) if stored is not None]
    with style(live, record):
        fig, axes = plt.subplots(
            len(results), 2, figsize=(11.2, 3.9 * len(results)), layout="constrained", squeeze=False
        )
        for row, stored in zip(axes, results, strict=True):
            for ax, kernel in zip(row, ("ntk", "nngp"), strict=True):
                of = functools.partial(accuracy, stored, kernel=kernel)
                draw_table(ax, stored.config, of, own)
                ax.set_title(f"{_NAMES[kernel]}: {title(stored.config)}", fontsize=10)
    return fig


def draw_table(
    ax: Axes,
    config: KernelTable | NetworkConfig,
    estimate: Estimates,
    own: Own,
    mark: Callable[[tuple[str, str]], str] = lambda cell: "",
) -> None:
    """Draw accuracies as a shaded table, models by transformations.

    Args:
        ax: where.
        config: with models, transformations and classes.
        estimate: a cell's accuracy in percent with its interval.
        own: which cells of a model share a frame.
        mark: written behind a cell's number.
    """
    models = [m for m in ("FCN", "LCN", *reversed(by_pooling(config))) if m in config.models]
    models = list(dict.fromkeys(models))[::-1]
    found = [[estimate((m, kind)) for kind in config.transformations] for m in models]
    values = np.array([[value for value, _ in row] for row in found])
    chance = 100 / config.classes
    ax.imshow(values, cmap=_SHADES, vmin=chance, vmax=max(values.max(), chance + 1), aspect="auto")
    middle = (values.max() + chance) / 2
    for i, row in enumerate(found):
        for j, (value, (low, high)) in enumerate(row):
            colour = "white" if value > middle else "0.1"
            number = f"{value:.1f}{mark((models[i], config.transformations[j]))}"
            ax.text(j, i - 0.08, number, ha="center", va="center", color=colour, fontsize=10.5)
            ax.text(
                j, i + 0.27, f"{low:.0f}–{high:.0f}", ha="center", va="center", color=colour, fontsize=SMALL
            )
        inside = sum(kind in own(models[i]) for kind in config.transformations)
        frame = plt.Rectangle((-0.46, i - 0.44), inside - 0.08, 0.88, fill=False, ec=ORANGE, lw=2)
        ax.add_patch(frame)
    ax.set_xticks(range(len(config.transformations)), [LABELS[kind] for kind in config.transformations])
    ax.set_yticks(range(len(models)), models)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
