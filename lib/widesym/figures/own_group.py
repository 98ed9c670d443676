r"""Your own group: its table and invariant subspace, :math:`\mathrm{RMD}^2` against N, and tables."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from widesym.figures.style import SCHEME_LABELS, style
from widesym.figures.sweeps import FLOOR, TITLES, curve, handle, panels
from widesym.figures.tables import DataTable
from widesym.study.experiments.own_group import SCHEMES
from widesym.study.findings.own_group import findings, lost, scheme_row
from widesym.study.store import Stored

_LABELLED = 12  # elements up to which the table's rows carry their words


def portrait(stored: Stored) -> Figure:
    r"""Draw the multiplication table, the projector :math:`P_{\mathcal E^G}` and the one found from data.

    Args:
        stored: a result of ``beyond.own-group``.

    Returns:
        A figure of up to three panels; the table is left out for a group of more than 48 elements.
    """
    found = stored.arrays
    drawn = [_projector]
    if found["table"].size:
        drawn.insert(0, _table)
    if found["found_dimension"] >= 0:
        drawn.append(_discovered)
    with style(stored):
        shape = {"figsize": (4.0 * len(drawn), 4.0), "layout": "constrained", "squeeze": False}
        fig, axes = plt.subplots(1, len(drawn), **shape)
        for ax, panel in zip(axes[0], drawn, strict=True):
            ax.grid(False)
            panel(ax, found)
    return fig


def _table(ax: Axes, found: dict) -> None:
    n = found["order"]
    ax.imshow(found["table"], cmap="viridis", interpolation="nearest")
    ax.set_title(f"{found['name']}: the product $gh$")
    ax.set_xlabel("$h$")
    ax.set_ylabel("$g$")
    if n <= _LABELLED:
        words = [_mathematics(word) for word in found["words"]]
        ax.set_xticks(range(n), words, rotation=60, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(n), words)


def _mathematics(word: str) -> str:
    """Set the word ``s1^2 s2`` in mathematics."""
    letters = (letter.partition("^") for letter in word.split() if letter != "1")
    spelled = "".join(f"s_{{{name[1:]}}}" + (f"^{{{times}}}" if times else "") for name, _, times in letters)
    return f"${spelled or 'e'}$"


def _projector(ax: Axes, found: dict) -> None:
    _heat(ax, found["projector"])
    ax.set_title(f"projector on $\\mathcal{{E}}^G$, dimension {found['dimension_by_null_space']}")


def _discovered(ax: Axes, found: dict) -> None:
    _heat(ax, found["found_projector"])
    ax.set_title(f"found from data alone, dimension {found['found_dimension']}")


def _heat(ax: Axes, projector: np.ndarray) -> None:
    image = ax.imshow(projector, cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
    ax.set_xlabel("coordinate of $z$")
    ax.set_ylabel("coordinate of $z$")
    ticks = range(0, len(projector), max(1, len(projector) // 8))
    ax.set_xticks(ticks, [i + 1 for i in ticks])
    ax.set_yticks(ticks, [i + 1 for i in ticks])
    ax.figure.colorbar(image, ax=ax, shrink=0.7)


def figure(stored: Stored) -> Figure:
    r"""Draw :math:`\mathrm{RMD}^2` against N: to the projection (top) and to EA (bottom), a column a teacher.

    Args:
        stored: a result of ``beyond.own-group``.

    Returns:
        A figure; lines are medians over repetitions, bands their full range.
    """
    with style(stored):
        teachers = stored.config.teachers
        fig, axes = panels(2, teachers)
        for column, teacher in enumerate(teachers):
            for row, quantity in enumerate(("to_projection", "to_ea")):
                axes[row, column].set(xscale="log", yscale="log")
                for scheme in SCHEMES[: len(SCHEMES) - row]:
                    samples = scheme_row(stored, quantity, scheme, teacher)
                    if samples:
                        curve(axes[row, column], samples, scheme, False)
        for row, label in enumerate(("RMD² to its projection on $\\mathcal{E}^G$", "RMD² to EA")):
            axes[row, 0].set_ylabel(label)
            axes[row, 0].set_ylim(FLOOR / 2, 1)
        fig.legend(handles=[handle(s) for s in SCHEMES], loc="outside lower center", ncols=len(SCHEMES))
    return fig


def group_table(stored: Stored) -> DataTable:
    """Return what the generators make: the group, its elements by order, the spaces and the unit."""
    found = stored.arrays
    d, c, D = found["shape"]
    rows = [("group", str(found["name"]))]
    if len(found["words"]):
        sizes, counts = np.unique(found["element_orders"], return_counts=True)
        elements = ", ".join(f"{count} of order {size}" for size, count in zip(sizes, counts, strict=True))
        words = list(found["words"])
        shown = ", ".join(words[:_LABELLED]) + (f", … ({len(words)})" if len(words) > _LABELLED else "")
        rows += [("order", str(found["order"])), ("elements", elements), ("as words in generators", shown)]
    else:
        kind = "that form a group" if found["closed"] else "drawn at random"
        error = f"{found['node_error']:.1e}"
        rows += [("elements used in training", f"{found['order']}, {kind}; error of their average {error}")]
    rows += [("inputs, outputs, parameters", f"{d}, {c}, {D} dimensions"), ("unit", str(found["unit"]))]
    return DataTable(("", "found"), tuple(rows))


def steps_table(stored: Stored) -> DataTable:
    """Return the judged steps, and what is missing because a cloud went to infinity."""
    rows = [(step.question, step.rule, step.measured, step.verdict) for step in findings(stored)]
    rows += [(text, "finite", "not finite", "fails") for text in lost(stored)]
    return DataTable(("step", "rule", "measured", "verdict"), tuple(rows))


def risk_table(stored: Stored) -> DataTable:
    """Return the median population risk of every scheme, teacher by teacher, at the largest N."""
    values = np.median(stored.arrays["risk"][:, -1], axis=1)  # (teachers, schemes)
    header = (f"risk at N = {stored.config.sizes[-1]}", *(SCHEME_LABELS[s] for s in SCHEMES))
    rows = [
        (TITLES[teacher], *(f"{value:.2e}" if np.isfinite(value) else "not finite" for value in row))
        for teacher, row in zip(stored.config.teachers, values, strict=True)
    ]
    return DataTable(header, tuple(rows))
