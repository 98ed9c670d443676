"""B-S5: errors of finite networks' kernels against width, and the symmetry of VEC as it grows."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from widesym.figures.deviations import Row, dots, legend_handles
from widesym.figures.style import (
    GROUP_COLOURS,
    INFERENCE_COLOURS,
    INFERENCE_MARKERS,
    MODEL_COLOURS,
    MODEL_MARKERS,
    NO_DATA,
    SMALL,
    VERMILION,
    model_colour,
    model_marker,
    style,
)
from widesym.figures.tables import DataTable
from widesym.study.experiments.finite_width import KERNELS, TURNED
from widesym.study.findings.exactness import ROUNDING
from widesym.study.findings.finite_width import (
    WIDTHS,
    angle,
    change_exponent,
    difference,
    error,
    error_exponent,
    shift,
)
from widesym.study.powers import Estimate, mean_with_interval, spelled
from widesym.study.store import Stored

_NAMES = {"nngp": "NNGP", "ntk": "NTK"}
_GREY = "0.55"


def figure(stored: Stored) -> Figure:
    """Draw squared errors of NNGP and NTK against the width, and noise and bias of FCN's tangent kernel."""
    config = stored.config
    with style(stored):
        fig, axes = plt.subplots(1, 3, figsize=(12.0, 4.3), layout="constrained")
        for ax, kernel in zip(axes, KERNELS, strict=False):
            for model in config.models:
                widths, depth = config.widths_of(model), config.depths_of(model)[-1]
                found = [mean_with_interval(error(stored, model, depth, n, kernel)) for n in widths]
                look = {"color": model_colour(model), "marker": model_marker(model)}
                _points(ax, widths, found, label=f"{model}, L = {depth}", **look)
            _guide(ax, -1, "$1/n$", [container.lines[0] for container in ax.containers])
            ax.set_title(f"{_NAMES[kernel]}: squared error, relative", fontsize=10)
        axes[0].legend()
        if "FCN" in config.models:
            _noise_and_bias(axes[2], stored)
        for ax in axes:
            ax.set(xscale="log", yscale="log", xlabel="width $n$")
        for ax in axes[:2]:
            _ticks(ax, sorted({n for widths in config.widths for n in widths}))
        if "FCN" in config.models:
            _ticks(axes[2], config.widths_of("FCN"))
    return fig


def _noise_and_bias(ax: Axes, stored: Stored) -> None:
    """The correlation of the two images that are most alike, FCN, tangent kernel."""
    ax.set(xscale="log", yscale="log")
    widths = stored.config.widths_of("FCN")
    for depth, colour in zip(stored.config.depths_of("FCN"), (_GREY, VERMILION), strict=False):
        samples = [angle(stored, "FCN", depth, n, "ntk") for n in widths]
        deviations = [sample.std() for sample in samples]
        ax.plot(widths, deviations, "o-", color=colour, label=f"standard deviation, L = {depth}")
        _guide(ax, -0.5, r"$1/\sqrt{n}$", ax.get_lines()[-1:])
        means = [mean_with_interval(s) for s in samples]
        if depth > 1:
            _points(ax, widths, means, color=colour, label=f"bias, L = {depth}", marker="s", ls="--")
        else:
            # zero in theory: what is seen is noise, so an interval's end is all there is to show
            ends = [max(abs(end) for end in interval) for _, interval in means]
            ax.plot(widths, ends, "v", color=colour, label=f"bias, L = {depth}: at most")
        if depth > 1:
            _guide(ax, -1, "$1/n$", ax.get_lines()[-1:])
    ax.set_title("FCN, NTK: noise and bias of a correlation", fontsize=10)
    ax.set_ylim(bottom=ax.get_ylim()[0] / 30)  # room for the legend
    ax.legend(loc="lower left")


def rate_table(stored: Stored) -> DataTable:
    """Return the exponents in the width of all squared errors, and of VEC's change by rotations of pixels."""
    config = stored.config
    header = ("network, hidden layers", "widths", *(_NAMES[kernel] for kernel in KERNELS))

    def row(name: str, model: str, found: list[Estimate]) -> tuple[str, ...]:
        widths = ", ".join(map(str, config.widths_of(model)[-WIDTHS:]))
        return (name, widths, *(spelled(each) for each in found))

    rows = [
        row(f"{model}, {depth}", model, [error_exponent(stored, model, depth, kernel) for kernel in KERNELS])
        for model in config.models
        for depth in config.depths_of(model)
    ]
    if "VEC" in config.models:
        name = f"VEC, {config.depths_of('VEC')[-1]}: change by O(3)ᵈ"
        rows.append(row(name, "VEC", [change_exponent(stored, kernel, "pixelwise") for kernel in KERNELS]))
    return DataTable(header, tuple(rows))


def growth_figure(stored: Stored) -> Figure:
    """Draw how VEC's kernels change by transformations: noise, mean, and one draw of weights."""
    config = stored.config
    with style(stored):
        fig, axes = plt.subplots(1, 3, figsize=(12.0, 4.3), layout="constrained")
        _differences(axes[0], stored)
        _means(axes[1], stored)
        _pathwise(axes[2], stored)
        for ax in axes[:2]:
            ax.set(xscale="log", xlabel="width $n$")
            _ticks(ax, sorted({n for m in TURNED if m in config.models for n in config.widths_of(m)}))
    return fig


def _differences(ax: Axes, stored: Stored) -> None:
    """Noise without the transformation less that with it; where they are alike in law, how large at most."""
    config = stored.config
    ax.set(xscale="log", yscale="log")
    if "VEC" in config.models:
        widths = config.widths_of("VEC")
        for kernel, name in _NAMES.items():
            found = [mean_with_interval(difference(stored, "VEC", n, kernel, "pixelwise")) for n in widths]
            look = {"color": INFERENCE_COLOURS[name], "marker": INFERENCE_MARKERS[name]}
            _points(ax, widths, found, label=f"VEC, $O(3)^d$, {name}", **look)
        _guide(ax, -1, "$1/n$", [container.lines[0] for container in ax.containers])
    rows = (("VEC", "colour", r"VEC, $O(3)\otimes I_d$"), ("LCN", "pixelwise", "LCN, $O(3)^d$"))
    for model, kind, label in rows:
        if model in config.models:
            widths = config.widths_of(model)
            found = [mean_with_interval(difference(stored, model, n, "ntk", kind)) for n in widths]
            ends = [max(abs(end) for end in interval) for _, interval in found]
            ax.plot(widths, ends, "v", color=MODEL_COLOURS[model], label=f"{label}, NTK: at most")
    ax.set_title("noise of the kernel: difference\nwith and without transformation", fontsize=10)
    ax.set_ylim(top=8 * ax.get_ylim()[1])  # room for the legend
    ax.legend(loc="upper right")


def _means(ax: Axes, stored: Stored) -> None:
    rows = (
        ("VEC", "rotation", "rotation", "VEC, $O(3d)$"),
        ("GAP", "pixelwise", "pixelwise", "GAP, $O(3)^d$"),
        ("VEC", "pixelwise", "rotation", "VEC, $O(3)^d$"),
        ("VEC", "colour", "rotation", r"VEC, $O(3)\otimes I_d$"),
    )
    shown = [row for row in rows if row[0] in stored.config.models]
    for place, (model, kind, along, label) in enumerate(shown):
        widths = stored.config.widths_of(model)
        found = [mean_with_interval(shift(stored, model, n, "ntk", kind, along)) for n in widths]
        # apart, so that intervals can be told from each other
        moved = [n * 1.05 ** (place - (len(shown) - 1) / 2) for n in widths]
        _points(ax, moved, found, color=GROUP_COLOURS[kind], label=label, marker=MODEL_MARKERS[model])
    for level in (0, 1):
        ax.axhline(level, color="0.4", lw=0.8)
    ax.set_title("mean change of the NTK\n1: as the infinite network changes", fontsize=10)
    ax.legend(loc="center right")


def _pathwise(ax: Axes, stored: Stored) -> None:
    """A dot for each model and kernel."""
    arrays, models = stored.arrays, stored.config.models
    # FCN's weights absorb any matrix: its tangent kernel alone can tell
    beyond = [row[1:] if model == "FCN" else row for model, row in zip(models, arrays["beyond"], strict=True)]
    rows = (
        Row("own group,\n" + r"$\tau^*\theta$", np.concatenate(arrays["exact"]), True),
        Row("own group,\n" + r"$\theta$", np.concatenate(arrays["unmoved"]), False),
        Row("next group,\n" + r"$\tau^*\theta$", np.concatenate(beyond), False),
    )
    dots(ax, rows, bound=ROUNDING, xlabel="largest difference, relative")
    ax.set_title(
        "one draw of weights:\n" + r"$\hat K(\theta;\tau x,\tau x')$ and without $\tau$", fontsize=10
    )
    ax.legend(handles=legend_handles("equal in theory", "control"), loc="center")


def _points(ax: Axes, x: list | tuple, found: list[Estimate], **options: object) -> None:
    values = np.array([value for value, _ in found])
    spreads = np.abs(np.array([interval for _, interval in found]).T - values)
    ax.errorbar(x, values, spreads, ms=4.5, elinewidth=1.2, **options)


def _guide(ax: Axes, exponent: float, label: str, lines: list[Line2D]) -> None:
    """A dotted line of a given slope through the middle of some lines."""
    x, y = np.concatenate([line.get_xydata() for line in lines]).T
    x, middle = np.array([x.min(), x.max()]), np.exp(np.log(y[y > 0]).mean())
    level = middle * (x / np.sqrt(x[0] * x[1])) ** exponent
    ax.plot(x, level, ls=":", color="0.35", lw=1.2, gid=NO_DATA)
    ax.annotate(
        label, (x[1], level[1]), xytext=(4, 0), textcoords="offset points", fontsize=SMALL, color="0.35"
    )


def _ticks(ax: Axes, widths: list | tuple) -> None:
    ax.set_xticks(widths, [str(n) for n in widths])
    ax.minorticks_off()
