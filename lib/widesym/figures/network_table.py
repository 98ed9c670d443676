r"""B-F2, all three columns: accuracy by NTK, NN and NN+, as a table, as lines, and by start."""

import functools

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from widesym.figures.kernel_table import draw_lines, draw_table, line_legend, title
from widesym.figures.style import GREEN, INFERENCE_COLOURS, SMALL, ink, style
from widesym.study.experiments.network_table import LIMIT
from widesym.study.findings.kernel_table import LABELS
from widesym.study.findings.network_table import accuracy, correct, judged, own, successes
from widesym.study.store import Stored

_NAMES = {LIMIT: "NTK: infinite width", "NN": "NN: small rate", "NN+": "NN+: 8 times the rate, L2"}
_COLOURS = INFERENCE_COLOURS | {LIMIT: INFERENCE_COLOURS["NTK"]}


def table_figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw accuracies as shaded tables, a row of them an inference, a column a result.

    Cells that Theorem 4.1 makes equal, in numbers (NTK) or in law, share a frame. A star marks a cell that
    does not count, as fewer than four runs in five succeed.

    Args:
        live: a result of ``synergy.network-table``.
        record: the result on real images, or None.
    """
    results = [stored for stored in (live, record) if stored is not None]
    with style(live, record):
        fig, axes = _panels(results, 3.8)
        for column, stored in zip(axes.T, results, strict=True):
            for ax, inference in zip(column, stored.config.columns, strict=False):
                draw_table(
                    ax, stored.config, functools.partial(_estimate, stored, inference),
                    functools.partial(own, inference=inference),
                    functools.partial(_mark, stored, inference),
                )  # fmt: skip
                ax.set_title(f"{_NAMES[inference]}\n{title(stored.config)}", fontsize=10)
    return fig


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw accuracy against the transformations, a panel an inference, a column a result.

    Args:
        live: a result of ``synergy.network-table``.
        record: the result on real images, or None.
    """
    results = [stored for stored in (live, record) if stored is not None]
    with style(live, record):
        fig, axes = _panels(results, 3.7)
        for column, stored in zip(axes.T, results, strict=True):
            for ax, inference in zip(column, stored.config.columns, strict=False):
                draw_lines(
                    ax, stored.config, functools.partial(_estimate, stored, inference),
                    functools.partial(own, inference=inference),
                )  # fmt: skip
                ax.set_title(f"{_NAMES[inference]}\n{title(stored.config)}", fontsize=10)
                ax.set_ylabel("test accuracy in %")
            top = max(ax.get_ylim()[1] for ax in column)
            for ax in column:
                ax.set_ylim(0, top)
            for ax in column[1:]:
                ax.get_legend().remove()
        line_legend(fig)
    return fig


def _panels(results: list[Stored], height: float) -> tuple[Figure, np.ndarray]:
    """Panels (inferences, results), of that height in inches."""
    rows, columns = max(len(stored.config.columns) for stored in results), len(results)
    return plt.subplots(
        rows, columns, figsize=(5.6 * columns, height * rows), layout="constrained", squeeze=False
    )


def _estimate(stored: Stored, inference: str, cell: tuple[str, str]) -> tuple[float, tuple[float, float]]:
    return accuracy(stored, (*cell, inference))


def _mark(stored: Stored, inference: str, cell: tuple[str, str]) -> str:
    return "" if judged(stored, (*cell, inference)) else "*"


def start_figure(results: dict[str, Stored]) -> Figure:
    """Draw accuracies of NTK and NN+ by the start of the networks, a panel a cell; small dots are runs.

    Args:
        results: of ``synergy.network-table``, by start, with the same models and transformations.
    """
    first = next(iter(results.values()))
    cells = [(m, k) for m in first.config.models for k in first.config.transformations]
    with style(results):
        fig, axes = plt.subplots(
            1, len(cells), figsize=(0.6 + 2.7 * len(cells), 3.5), layout="constrained", sharey=True,
            squeeze=False,
        )  # fmt: skip
        for ax, cell in zip(axes[0], cells, strict=True):
            value, (low, high) = _estimate(first, LIMIT, cell)
            ax.axhspan(low, high, color=_COLOURS[LIMIT], alpha=0.2, lw=0)
            ax.axhline(value, color=_COLOURS[LIMIT], label="NTK")
            for place, stored in enumerate(results.values()):
                value, interval = _estimate(stored, "NN+", cell)
                spread = np.abs(np.array(interval) - value)[:, None]
                count = successes(stored, (*cell, "NN+"))
                runs = 100 * correct(stored, (*cell, "NN+")).mean(1)
                ax.plot(
                    np.full(len(runs), place + 0.16),
                    runs,
                    ".",
                    color=_COLOURS["NN+"],
                    alpha=0.5,
                    ms=5,
                    gid="NN+, single runs",
                )
                ax.errorbar(
                    [place], [value], spread, fmt="o", ms=6, color=_COLOURS["NN+"],
                    label=None if place else "NN+", gid="NN+",
                    mfc=_COLOURS["NN+"] if judged(stored, (*cell, "NN+")) else "white",
                )  # fmt: skip
                if count < stored.config.draws:
                    ax.annotate(
                        f"{count} of {stored.config.draws} fitted", (place, 0.02),
                        xycoords=("data", "axes fraction"), ha="center", fontsize=SMALL, color=ink(GREEN),
                    )  # fmt: skip
            ax.set_xticks(range(len(results)), list(results))
            ax.set_xlim(-0.5, len(results) - 0.5)
            ax.set_title(f"{cell[0]}, {LABELS[cell[1]]}", fontsize=10)
            ax.grid(axis="x", visible=False)
        axes[0, 0].set_ylabel("test accuracy in %")
        axes[0, 0].set_ylim(top=102)
        axes[0, 0].legend(loc="lower left")
    return fig
