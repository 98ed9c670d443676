r"""B-F10: learning curves of infinite networks, coloured by their spurious symmetry, and the exponents."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from widesym.figures.style import GROUP_COLOURS, MODEL_COLOURS, SMALL, WIDE, model_marker, style
from widesym.figures.tables import DataTable
from widesym.study.experiments.learning_curves import curves
from widesym.study.findings.kernel_table import LABELS
from widesym.study.findings.learning_curves import (
    NAMES,
    PUBLISHED,
    SYMMETRIES,
    accuracy,
    exponent,
    mse,
    reference,
    straightness,
    symmetry,
)
from widesym.study.findings.verdicts import spelled
from widesym.study.store import Stored


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw MSE and accuracy (NTK) against m, and the exponents of the MSE; a row of panels for each result.

    Args:
        live: a result of ``synergy.learning-curves``.
        record: the result on real images, or None.
    """
    results = [stored for stored in (live, record) if stored is not None]
    with style(live, record):
        fig, axes = plt.subplots(
            len(results), 3, figsize=(WIDE, 0.5 + 4.0 * len(results)), layout="constrained", squeeze=False,
            width_ratios=(1, 1, 0.85),
        )  # fmt: skip
        for (errors, accuracies, exponents), stored in zip(axes, results, strict=True):
            for curve in curves(stored.config):
                look = {"color": GROUP_COLOURS[symmetry(curve)], "marker": model_marker(curve[0])}
                look["ls"] = "-" if curve[1] == "identity" else (0, (3, 1.5))
                look["mfc"] = look["color"] if curve[1] == "identity" else "white"
                sizes = stored.config.sizes(curve[0])
                for ax, found in ((errors, mse(stored, curve)), (accuracies, accuracy(stored, curve))):
                    ax.plot(sizes, found.mean(axis=0), gid=_called(curve), **look)
                    ax.fill_between(
                        sizes, found.min(axis=0), found.max(axis=0), color=look["color"], alpha=0.12, lw=0
                    )
            images = stored.config.image_source().label
            errors.set(xscale="log", yscale="log", xlabel="training images $m$", ylabel="test MSE")
            accuracies.set(xscale="log", xlabel="training images $m$", ylabel="test accuracy in %")
            errors.set_title(f"{images}, {stored.config.side}×{stored.config.side}", fontsize=10)
            accuracies.set_title(f"L = {stored.config.depth}, NTK", fontsize=10)
            _exponents(exponents, stored)
            _legend(accuracies, stored.config.models)
            _ticks(stored, errors, accuracies)
        symmetries = [Line2D([], [], color=GROUP_COLOURS[g], lw=3, label=NAMES[g]) for g in SYMMETRIES]
        forms = [
            Line2D([], [], color="0.3", label="clean images"),
            Line2D([], [], color="0.3", ls=(0, (3, 1.5)), label="transformed images"),
        ]
        fig.legend(
            handles=[Line2D([], [], ls="", label="spurious symmetry:"), *symmetries, *forms],
            loc="outside lower center", ncols=6,
        )  # fmt: skip
    return fig


def _called(curve: tuple[str, str]) -> str:
    return curve[0] if curve[1] == "identity" else f"{curve[0]}, {LABELS[curve[1]]}"


def _legend(ax: Axes, models: tuple[str, ...]) -> None:
    handles = [Line2D([], [], color="0.3", ls="", marker=model_marker(m), label=m) for m in models]
    ax.legend(handles=handles, loc="best")


def _ticks(stored: Stored, *axes: Axes) -> None:
    """Name every other size, and nothing between."""
    model = stored.config.models[int(np.argmax(stored.config.largest))]
    sizes = stored.config.sizes(model)[::2]
    for ax in axes:
        ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
        ax.xaxis.set_minor_locator(NullLocator())


def _exponents(ax: Axes, stored: Stored) -> None:
    """Dots with intervals, grouped by the spurious symmetry, which the shading shows."""
    ordered = sorted(curves(stored.config), key=lambda curve: SYMMETRIES.index(symmetry(curve)))
    labels = []
    for y, curve in enumerate(ordered):
        value, (low, high) = exponent(stored, curve)
        colour = GROUP_COLOURS[symmetry(curve)]
        ax.errorbar(
            value, y, xerr=[[max(value - low, 0)], [max(high - value, 0)]], fmt=model_marker(curve[0]),
            color=colour, mfc=colour if curve[1] == "identity" else "white", gid=_called(curve),
        )  # fmt: skip
        ax.axhspan(y - 0.5, y + 0.5, color=colour, alpha=0.07, lw=0)
        labels.append(_called(curve))
    ax.set_yticks(range(len(ordered)), labels, fontsize=SMALL)
    ax.set_ylim(len(ordered) - 0.5, -0.5)
    ax.set_xlim(min(0, ax.get_xlim()[0]), None)
    ax.set_xlabel(r"exponent $\alpha$, MSE $\propto m^{-\alpha}$")
    ax.grid(axis="y", visible=False)


def reference_figure(record: Stored | None) -> Figure:
    """Draw the published curves of VEC and GAP, and VEC of the record beside them."""
    with style(record):
        fig, ax = plt.subplots(figsize=(6.2, 4.0), layout="constrained")
        for model, colour in (("VEC", MODEL_COLOURS["VEC"]), ("GAP", MODEL_COLOURS["GAP"])):
            counts, values = zip(*PUBLISHED[model].items(), strict=True)
            ax.plot(
                counts, values, "--", marker="*", ms=9, color=colour, mfc="white", label=f"{model}, published"
            )
        if record is not None and record.config.reference_sizes:
            found = reference(record)
            values = np.array([value for value, _ in found.values()])
            spread = np.abs(np.array([interval for _, interval in found.values()]).T - values)
            label = f"VEC, record: {record.config.image_source().label}"
            ax.errorbar(list(found), values, spread, fmt="o-", color=MODEL_COLOURS["VEC"], label=label)
        ax.set(xscale="log", xlabel="$N$; trained on ¾ of it", ylabel="test accuracy in %, NNGP, 14 layers")
        ax.legend(loc="upper left")
    return fig


def exponent_table(stored: Stored) -> DataTable:
    """Return exponent and straightness of every curve, NTK and NNGP."""
    rows = []
    for curve in sorted(curves(stored.config), key=lambda curve: SYMMETRIES.index(symmetry(curve))):
        name = curve[0] if curve[1] == "identity" else f"{curve[0]} under {_PLAIN[curve[1]]}"
        rows.append(
            (
                name,
                _PLAIN[symmetry(curve)],
                f"{stored.config.smallest} to {stored.config.sizes(curve[0])[-1]:,}",
                *(spelled(exponent(stored, curve, kernel), 3) for kernel in ("ntk", "nngp")),
                f"{straightness(stored, curve):.3f}",
            )
        )
    header = ("curve", "spurious symmetry", "m", "exponent, NTK", "exponent, NNGP", "R², NTK")
    return DataTable(header, tuple(rows))


_PLAIN = {"colour": "O(3)⊗I", "pixelwise": "O(3)ᵈ", "rotation": "O(3d)"}
