r"""B-F10: learning curves of infinite networks, coloured by their spurious symmetry, and the exponents."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from widesym.figures.style import BLUE, VERMILION, style
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

COLOURS = {"colour": VERMILION, "pixelwise": BLUE, "rotation": "0.45"}
_MARKERS = {"FCN": "s", "VEC": "o", "GAP": "^"}
_LAP = ("D", "v", "P")


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw MSE and accuracy (NTK) against m, and the exponents of the MSE; a row of panels for each result.

    Args:
        live: a result of ``synergy.learning-curves``.
        record: the result on real images, or None.
    """
    results = [stored for stored in (live, record) if stored is not None]
    with style():
        fig, axes = plt.subplots(
            len(results), 3, figsize=(12.6, 0.5 + 4.0 * len(results)), layout="constrained", squeeze=False,
            width_ratios=(1, 1, 0.85),
        )  # fmt: skip
        for (errors, accuracies, exponents), stored in zip(axes, results, strict=True):
            markers = _markers(stored)
            for curve in curves(stored.config):
                look = {"color": COLOURS[symmetry(curve)], "marker": markers[curve[0]]}
                look["ls"] = "-" if curve[1] == "identity" else (0, (3, 1.5))
                look["mfc"] = look["color"] if curve[1] == "identity" else "white"
                sizes = stored.config.sizes(curve[0])
                for ax, found in ((errors, mse(stored, curve)), (accuracies, accuracy(stored, curve))):
                    ax.plot(sizes, found.mean(axis=0), **look)
                    ax.fill_between(
                        sizes, found.min(axis=0), found.max(axis=0), color=look["color"], alpha=0.12, lw=0
                    )
            images = stored.config.image_source().label
            errors.set(xscale="log", yscale="log", xlabel="training images $m$", ylabel="test MSE")
            accuracies.set(xscale="log", xlabel="training images $m$", ylabel="test accuracy in %")
            errors.set_title(f"{images}, {stored.config.side}×{stored.config.side}", fontsize=10)
            accuracies.set_title(f"L = {stored.config.depth}, NTK", fontsize=10)
            _exponents(exponents, stored, markers)
            _legend(accuracies, markers)
            _ticks(stored, errors, accuracies)
        symmetries = [Line2D([], [], color=COLOURS[g], lw=3, label=NAMES[g]) for g in SYMMETRIES]
        forms = [
            Line2D([], [], color="0.3", label="clean images"),
            Line2D([], [], color="0.3", ls=(0, (3, 1.5)), label="transformed images"),
        ]
        fig.legend(
            handles=[Line2D([], [], ls="", label="spurious symmetry:"), *symmetries, *forms],
            loc="outside lower center", ncols=6,
        )  # fmt: skip
    return fig


def _markers(stored: Stored) -> dict[str, str]:
    windows = sorted((m for m in stored.config.models if m not in _MARKERS), key=lambda m: int(m[3:]))
    return _MARKERS | dict(zip(windows, _LAP, strict=False))


def _legend(ax: Axes, markers: dict[str, str]) -> None:
    handles = [Line2D([], [], color="0.3", ls="", marker=mark, label=m) for m, mark in markers.items()]
    ax.legend(handles=handles, fontsize=8, loc="best")


def _ticks(stored: Stored, *axes: Axes) -> None:
    """Name every other size, and nothing between."""
    model = stored.config.models[int(np.argmax(stored.config.largest))]
    sizes = stored.config.sizes(model)[::2]
    for ax in axes:
        ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
        ax.xaxis.set_minor_locator(NullLocator())


def _exponents(ax: Axes, stored: Stored, markers: dict[str, str]) -> None:
    """Dots with intervals, grouped by the spurious symmetry, which the shading shows."""
    ordered = sorted(curves(stored.config), key=lambda curve: SYMMETRIES.index(symmetry(curve)))
    labels = []
    for y, curve in enumerate(ordered):
        value, (low, high) = exponent(stored, curve)
        colour = COLOURS[symmetry(curve)]
        ax.errorbar(
            value, y, xerr=[[max(value - low, 0)], [max(high - value, 0)]], fmt=markers[curve[0]],
            color=colour, mfc=colour if curve[1] == "identity" else "white",
        )  # fmt: skip
        ax.axhspan(y - 0.5, y + 0.5, color=colour, alpha=0.07, lw=0)
        labels.append(curve[0] if curve[1] == "identity" else f"{curve[0]}, {LABELS[curve[1]]}")
    ax.set_yticks(range(len(ordered)), labels, fontsize=8)
    ax.set_ylim(len(ordered) - 0.5, -0.5)
    ax.set_xlim(min(0, ax.get_xlim()[0]), None)
    ax.set_xlabel(r"exponent $\alpha$, MSE $\propto m^{-\alpha}$")
    ax.grid(axis="y", visible=False)


def reference_figure(record: Stored | None) -> Figure:
    """Draw the published curves of VEC and GAP, and VEC of the record beside them."""
    with style():
        fig, ax = plt.subplots(figsize=(6.2, 4.0), layout="constrained")
        for model, colour in (("VEC", BLUE), ("GAP", VERMILION)):
            counts, values = zip(*PUBLISHED[model].items(), strict=True)
            ax.plot(
                counts, values, "--", marker="*", ms=9, color=colour, mfc="white", label=f"{model}, published"
            )
        if record is not None and record.config.reference_sizes:
            found = reference(record)
            values = np.array([value for value, _ in found.values()])
            spread = np.abs(np.array([interval for _, interval in found.values()]).T - values)
            label = f"VEC, record: {record.config.image_source().label}"
            ax.errorbar(list(found), values, spread, fmt="o-", color=BLUE, label=label)
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
