"""B-S2 and B-S6: how far two runs are apart, step by step; and the law of the start, before and after."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from widesym.figures.style import (
    BLACK,
    BLUE,
    GROUP_COLOURS,
    NO_DATA,
    SMALL,
    VERMILION,
    model_colour,
    style,
)
from widesym.figures.tables import DataTable
from widesym.networks.actions import FAMILIES
from widesym.networks.models import LAWS
from widesym.study.experiments.same_path import ELEMENTS, HELD, MODELS, MOVES, OTHERS, OWN
from widesym.study.findings.same_path import TOLERANCE
from widesym.study.store import Stored

_FLOOR = 1e-17  # zeros are drawn here
_LABELS = {
    "colour": r"$O(3)\otimes I_d$", "pixelwise": "$O(3)^d$", "permutation": "$P(3d)$",
    "rotation": "$O(3d)$", "stretched": r"$GL(3)\otimes I_d$, not orthogonal",
}  # fmt: skip
_COLOURS = GROUP_COLOURS | {"stretched": BLACK}
_PARAMETRISATION = {"standard": "standard", "mean-field": "mean-field", "mup": "μP"}


def figure(stored: Stored) -> Figure:
    """Draw deviations of a result of ``synergy.same-path`` against steps, above, and losses below."""
    with style(stored):
        fig, axes = plt.subplots(
            2, len(MODELS), figsize=(10.4, 5.2), layout="constrained", sharex=True, sharey="row",
            gridspec_kw={"height_ratios": (2.4, 1)},
        )  # fmt: skip
        for column, model in enumerate(MODELS):
            above, below = axes[:, column]
            for place, name in enumerate(ELEMENTS):
                inside = name in HELD[model]
                for values in stored.arrays[f"{model}_deviation"][place]:
                    _path(above, values, _COLOURS[name], inside, _LABELS[name])
                for losses in stored.arrays[f"{model}_loss"][place][:1]:
                    below.semilogy(losses, color=_COLOURS[name], lw=1, gid=_LABELS[name])
            _room(above)
            above.set_title(model)
            below.set_xlabel("step")
        axes[0, 0].set_ylabel("difference of outputs / largest output")
        axes[1, 0].set_ylabel("loss")
        handles = [Line2D([], [], color=_COLOURS[name], label=_LABELS[name]) for name in ELEMENTS]
        handles += _styles("in the model's group", "beyond it")
        fig.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return fig


def variants(stored: Stored) -> Figure:
    """Draw deviations against steps for other starts, parametrisations, penalties and optimisers."""
    with style(stored):
        fig, axes = plt.subplots(2, 3, figsize=(10.4, 5.8), layout="constrained", sharex=True, sharey=True)
        for ax, (name, called) in zip(axes[0], OTHERS.items(), strict=True):
            _own_and_next(ax, stored, called)
            ax.set_title(f"{_PARAMETRISATION[name]} parametrisation")
        _own_and_next(axes[1, 0], stored, "uniform")
        axes[1, 0].set_title("uniform weights at the start")
        for ax, name, title in zip(axes[1, 1:], ("power", "adam"), ("$L^4$ penalty", "Adam"), strict=True):
            for model in stored.config.variants:
                for family, draws in zip(FAMILIES, stored.arrays[f"{model}_{name}"], strict=True):
                    for values in draws:
                        _path(ax, values, model_colour(model), family != "orthogonal", f"{model}, {family}")
            _room(ax)
            ax.set_title(f"{title}: rotations break it")
        for ax in axes[1]:
            ax.set_xlabel("step")
        for ax in axes[:, 0]:
            ax.set_ylabel("difference / largest output")
        handles = [
            Line2D([], [], color=model_colour(model), label=f"{model}, {_LABELS[OWN[model]]}")
            for model in stored.config.variants
        ]
        handles += _styles("in the group", "next larger group, or rotations")
        fig.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return fig


def laws(stored: Stored) -> Figure:
    """Draw histograms of VEC's first weights as drawn, under a rotation, and under a signed permutation."""
    arrays, bins = stored.arrays, stored.arrays["bins"]
    shown = ("identity", "orthogonal", "signed")
    titles = {
        "identity": "as drawn",
        "orthogonal": "under a rotation",
        "signed": "under a signed permutation",
    }
    with style(stored):
        fig, axes = plt.subplots(2, 3, figsize=(9.2, 4.2), layout="constrained", sharex=True, sharey="row")
        for row, law in zip(axes, LAWS, strict=True):
            i = LAWS.index(law)
            for ax, name in zip(row, shown, strict=True):
                j = MOVES.index(name)
                kept = law == "gaussian" or name != "orthogonal"
                colour = BLUE if kept else VERMILION
                ax.stairs(
                    arrays["histogram"][i, j], bins, fill=True, color=colour, alpha=0.75, gid=titles[name]
                )
                ax.stairs(arrays["histogram"][i, 0], bins, color=BLACK, lw=0.8, gid=NO_DATA)
                value, half = arrays["sampled"][i, j]
                ax.text(
                    0.97, 0.95, f"$E\\,w^4={value:.3f}\\pm{half:.3f}$", transform=ax.transAxes, ha="right",
                    va="top", fontsize=SMALL,
                )  # fmt: skip
                ax.set_yticks([])
                if law == LAWS[0]:
                    ax.set_title(titles[name])
            row[0].set_ylabel(f"{law} law".capitalize())
        for ax in axes[0]:
            ax.set_ylim(top=1.35 * arrays["histogram"][0].max())
        for ax in axes[1]:
            ax.set_xlabel("weight")
            ax.set_ylim(top=1.6 * arrays["histogram"][1].max())
    return fig


def unit_table(stored: Stored) -> DataTable:
    """Return the fourth moments of first-layer units with uniform weights, at clean and at moved images."""
    rows = []
    for name, group, (clean, moved) in zip(
        ("FCN", "VEC, 3 × 3 filters"), ("O(3d)", "O(3) ⊗ I"), stored.arrays["units"], strict=True
    ):
        change = np.abs(moved - clean).max()
        rows.append((name, f"{clean.mean():.3f}", f"{moved.mean():.3f}", group, f"{change:.3f}"))
    header = ("unit", "clean images", "moved images", "moved by", "largest change of one image")
    return DataTable(header, tuple(rows))


def _own_and_next(ax: Axes, stored: Stored, name: str) -> None:
    for model in stored.config.variants:
        for inside, draws in zip((True, False), stored.arrays[f"{model}_{name}"], strict=True):
            for values in draws:
                _path(
                    ax, values, model_colour(model), inside, f"{model}, {'own' if inside else 'next'} group"
                )
    _room(ax)


def _path(ax: Axes, values: np.ndarray, colour: str, inside: bool, name: str) -> None:
    line = "-" if inside else (0, (4, 1.5))
    ax.semilogy(np.maximum(values, _FLOOR), color=colour, lw=1.1, ls=line, gid=name)


def _room(ax: Axes) -> None:
    """Shade what counts as rounding."""
    ax.axhspan(_FLOOR / 10, TOLERANCE, color=BLUE, alpha=0.06, lw=0)
    ax.set_ylim(_FLOOR / 3, 100)


def _styles(inside: str, beyond: str) -> list[Line2D]:
    return [
        Line2D([], [], color="0.3", label=inside),
        Line2D([], [], color="0.3", ls=(0, (4, 1.5)), label=beyond),
    ]
