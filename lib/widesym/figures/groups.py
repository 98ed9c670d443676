r"""A-X1: A-F1's question for many groups, as small multiples, and the tables of the gallery."""

import functools

import jax
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from widesym.figures.style import NO_DATA, SCHEME_COLOURS, SCHEME_LABELS, SCHEME_MARKERS, SMALL, style
from widesym.figures.tables import DataTable
from widesym.groups import invariant_subspace
from widesym.meanfield.units import Unit
from widesym.study.experiments.groups import NODE_FACTORS, NODED, SCHEMES
from widesym.study.findings.groups import agreeing, case_row, dims, label, slope
from widesym.study.gallery import CASES, CONSTRUCTIONS, FAMILIES, PAIRS
from widesym.study.store import Stored

_COLUMNS = 4
_SEEN = 1e-9  # what is smaller is rounding, and not drawn


def figure(stored: Stored) -> Figure:
    """Draw RMD² to the projection against N, one panel for each group and unit.

    Args:
        stored: a result of ``beyond.groups``.

    Returns:
        Panels in rows of four. Lines are medians over repetitions, bands their full range; filled markers
        are the WI teacher, open ones with dashed lines the arbitrary one.
    """
    cases = stored.config.cases
    rows = -(-len(cases) // _COLUMNS)
    with style(stored):
        shape = {"figsize": (3 * min(_COLUMNS, len(cases)), 2.7 * rows + 0.5), "layout": "constrained"}
        columns = min(_COLUMNS, len(cases))
        fig, axes = plt.subplots(rows, columns, sharex=True, sharey=True, squeeze=False, **shape)
        for ax, case in zip(axes.flat, cases, strict=False):
            for scheme in SCHEMES:
                for teacher in ("arbitrary", "WI"):
                    _curve(ax, case_row(stored, case, teacher, scheme), scheme, teacher)
            if CASES[case].exact:  # over random nodes nothing falls for long
                _reference(ax, case_row(stored, case, "WI", "vanilla"))
            ax.set_title(f"{CASES[case].group}\n{CASES[case].space}", fontsize=SMALL)
        for ax in axes.flat[len(cases) :]:
            ax.set_axis_off()
        for row in axes:
            row[0].set_ylabel("RMD² to its projection")
        for column in range(columns):
            lowest = max(i for i in range(rows) if i * columns + column < len(cases))
            axes[lowest, column].set_xlabel("particles $N$")
            axes[lowest, column].tick_params(labelbottom=True)
        fig.legend(handles=_handles(), loc="outside lower center", ncols=5)
    return fig


def _curve(ax: Axes, samples: dict[int, np.ndarray], scheme: str, teacher: str) -> None:
    seen = {N: values for N, values in samples.items() if np.median(values) > _SEEN}
    if not seen:
        return
    sizes, values = np.array(list(seen)), np.maximum(np.stack(list(seen.values())), _SEEN)
    symmetric = teacher == "WI"
    colour = SCHEME_COLOURS[scheme]
    ax.fill_between(sizes, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.12, lw=0)
    ax.loglog(
        sizes,
        np.median(values, axis=1),
        "-" if symmetric else "--",
        marker=SCHEME_MARKERS[scheme],
        color=colour,
        mfc=colour if symmetric else "white",
        zorder=2.5 if scheme == "vanilla" else 2.2,
        gid=f"{SCHEME_LABELS[scheme]}, {teacher} teacher",
    )


def _reference(ax: Axes, samples: dict[int, np.ndarray]) -> None:
    """Draw a line of slope -1 below the symmetric data, the random walk of a small escape."""
    sizes = np.array(list(samples))
    level = min(np.median(values) * N for N, values in samples.items()) / 4
    ax.loglog(sizes, level / sizes, ":", color="0.45", lw=1, gid=NO_DATA)
    ax.annotate(
        "$N^{-1}$", (sizes[0], level / sizes[0]), color="0.35", fontsize=SMALL, va="top", ha="left",
        xytext=(2, -3), textcoords="offset points",
    )  # fmt: skip


def _handles() -> list[Line2D]:
    schemes = [
        Line2D([], [], color=SCHEME_COLOURS[s], marker=SCHEME_MARKERS[s], label=SCHEME_LABELS[s])
        for s in SCHEMES
    ]
    return [
        *schemes,
        Line2D([], [], color="0.3", marker="o", label="WI teacher"),
        Line2D([], [], color="0.3", marker="o", mfc="white", ls="--", label="arbitrary teacher"),
    ]


def dimension_table(stored: Stored) -> DataTable:
    r"""Return groups by representations: dim of the invariant vectors *of* dim of the space.

    A number by averaging or by the character formula that differs from the null space's is shown beside it.
    """
    null, whole, agree = dims(stored, "null"), dims(stored, "dim"), agreeing(stored)
    cells = {}
    for i, pair in enumerate(PAIRS):
        cells[pair] = f"{null[i]:.0f} of {whole[i]:.0f}"
        if not agree[i]:
            others = (dims(stored, "averaged")[i], dims(stored, "character")[i])
            cells[pair] += f" (average {others[0]:.4g}, character {others[1]:.4g})"
    header = ("group", *CONSTRUCTIONS)
    rows = tuple((group, *(cells.get((group, made), "") for made in CONSTRUCTIONS)) for group in FAMILIES)
    return DataTable(header, rows)


def slope_table(stored: Stored) -> DataTable:
    """Return for each trained unit its dimensions, its elements, and what happens in N.

    Slopes of medians with 95 % intervals, for the two curves that fall, and the level of the one that stays.
    """
    largest = stored.config.sizes[-1]
    header = (
        "unit", "dim of 𝓔ᴳ", "elements", "slope: vanilla, WI teacher",
        "slope: DA (sampled), arbitrary teacher",
        f"RMD² at N = {largest}: vanilla, arbitrary teacher",
    )  # fmt: skip
    rows = []
    for case in stored.config.cases:
        unit = _unit(case, 1)
        falling = (
            slope(case_row(stored, case, teacher, scheme))
            for teacher, scheme in (("WI", "vanilla"), ("arbitrary", "da-sampled"))
        )
        kind = "" if not CASES[case].nodes else (" nodes" if CASES[case].exact else " random nodes")
        rows.append(
            (
                label(case),
                f"{invariant_subspace(unit.action).dim} of {unit.D}",
                f"{unit.action.group.order}{kind}",
                *(_spelled(f) if f else "needs three sizes" for f in falling),
                f"{np.median(case_row(stored, case, 'arbitrary', 'vanilla')[largest]):.3f}",
            )
        )
    return DataTable(header, tuple(rows))


def node_table(stored: Stored) -> DataTable:
    r"""Return the errors of node sets: for the linear action, and :math:`\max|Q_K\Phi-Q_{2K}\Phi|`."""
    header = ("nodes", "K", "action on parameters", "network, against 2K nodes")
    rows = []
    for i, case in enumerate(NODED):
        for j, factor in enumerate(NODE_FACTORS):
            count = _unit(case, factor).action.group.order
            linear, model = stored.arrays["node_linear"][i, j], stored.arrays["node_model"][i, j]
            rows.append((label(case), f"{count}", f"{linear:.1e}", f"{model:.1e}"))
    return DataTable(header, tuple(rows))


@functools.cache
def _unit(case: str, factor: int) -> Unit:
    """Return a case's unit with a multiple of its nodes."""
    # each of its representations would compile functions of its own, which takes far longer than running them
    with jax.disable_jit():
        return CASES[case].unit(CASES[case].nodes * factor)


def _spelled(fitted: tuple[float, tuple[float, float]]) -> str:
    value, (low, high) = fitted
    return f"{value:z.2f} ({low:z.2f} to {high:z.2f})".replace("-", "−")
