r"""B-F3: accuracy of :math:`\mathsf{VEC}_n` against its width, with the kernel as the last point."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from widesym.figures.estimates import curve, log_axis
from widesym.figures.style import GROUP_COLOURS, GROUP_MARKERS, INFERENCE_COLOURS, NO_DATA, SMALL, style
from widesym.figures.tables import DataTable
from widesym.study.experiments.width import how
from widesym.study.findings.kernel_table import LABELS
from widesym.study.findings.network_draws import SUCCESS, mean
from widesym.study.findings.verdicts import spelled
from widesym.study.findings.width import BLIND, SPURIOUS, accuracy, called, judged, kernel
from widesym.study.store import Stored

_COLUMNS = 2
_FAR = 3  # the kernel is drawn at so many times the largest width


def figure(live: Stored, record: Stored | None = None) -> Figure:
    """Draw accuracy against width, a panel for each training of each result; those of one share their scale.

    Args:
        live: a result of ``synergy.width``.
        record: the result on real images, or None.
    """
    results = [stored for stored in (live, record) if stored is not None]
    panels = [(stored, training) for stored in results for training in stored.config.trainings]
    rows = -(-len(panels) // _COLUMNS)
    with style(live, record):
        fig, axes = plt.subplots(
            rows, _COLUMNS, figsize=(1.0 + 4.4 * _COLUMNS, 0.6 + 3.8 * rows), layout="constrained",
            squeeze=False,
        )  # fmt: skip
        for ax in axes.flat[len(panels) :]:
            ax.set_axis_off()
        for ax, (stored, training) in zip(axes.flat, panels, strict=False):
            _panel(ax, stored, training)
            ax.set_ylabel("best test accuracy in %")
        for stored in results:
            own = [ax for ax, panel in zip(axes.flat, panels, strict=False) if panel[0] is stored]
            limits = np.array([ax.get_ylim() for ax in own])
            for ax in own:
                ax.set_ylim(limits[:, 0].min(), limits[:, 1].max())
        kinds = live.config.transformations
        handles = [
            Line2D(
                [], [], color=GROUP_COLOURS[kinds[i]], marker=GROUP_MARKERS[kinds[i]], label=LABELS[kinds[i]]
            )
            for i in (BLIND, SPURIOUS)
        ]
        handles += [
            Line2D([], [], color="0.35", ls="--", label="NTK regression"),
            Line2D(
                [], [], color="0.35", ls="", marker="x", label=r"one run at $n=\infty$, for the plain start"
            ),
        ]
        fig.legend(handles=handles, loc="outside lower center", ncols=_COLUMNS)
    return fig


def _panel(ax: Axes, stored: Stored, training: str) -> None:
    config = stored.config
    places = judged(stored, training)
    widths = [config.widths[place] for place in places]
    far = _FAR * config.widths[-1]
    limit, plain = mean(kernel(stored)), how(training)[1] == "plain"
    end = mean(kernel(stored, "run")) if plain else limit
    for kind in (BLIND, SPURIOUS):
        found = [mean(accuracy(stored, training)[place, kind]) for place in places]
        shift = 0.97 if kind == BLIND else 1.03
        called_kind = config.transformations[kind]
        look = {"color": GROUP_COLOURS[called_kind], "fmt": f"{GROUP_MARKERS[called_kind]}-"}
        if found:
            curve(ax, [shift * n for n in widths], found, **look)
            ends = [found[-1][0], end[0]]
            ax.plot([shift * widths[-1], far], ends, ls=":", lw=1.1, color=look["color"], gid=NO_DATA)
    curve(ax, [far], [limit], fmt="D", color=INFERENCE_COLOURS["NTK"], gid="NTK regression")
    ax.axhline(limit[0], color="0.35", lw=0.9, ls="--")
    if plain:
        curve(ax, [far], [end], fmt="x", color="0.35")
    log_axis(ax, [*config.widths, far], [*map(str, config.widths), r"$\infty$"])
    ax.set_xlabel("width $n$")
    ax.set_title(called(training), fontsize=10)
    ax.annotate(
        f"{config.title}, m = {config.train:,}",
        (0.02, 0.02),
        xycoords="axes fraction",
        fontsize=SMALL,
        color="0.4",
    )


def table(stored: Stored) -> DataTable:
    """Return all accuracies with intervals, and how many runs counted."""
    kinds = stored.config.transformations
    rows = []
    for training in stored.config.trainings:
        for i, width in enumerate(stored.config.widths):
            row = [f"{called(training)}, n = {width}"]
            for kind in (BLIND, SPURIOUS):
                values = accuracy(stored, training)[i, kind]
                at = stored.config.trainings.index(training)
                count = int((stored.arrays["fit"][at, i, kind] >= SUCCESS).sum())
                row.append(f"{spelled(mean(values)) if count else '–'}; {count} of {len(values)} runs")
            rows.append(tuple(row))
    rows.append(("n = ∞, NTK regression", *[spelled(mean(kernel(stored)))] * 2))
    rows.append(("n = ∞, one run, plain start", *[spelled(mean(kernel(stored, "run")))] * 2))
    return DataTable(("training", *(_PLAIN[kind] for kind in kinds)), tuple(rows))


_PLAIN = {
    "colour": "O(3)⊗I",
    "pixelwise": "O(3)ᵈ",
    "identity": "clean",
    "permutation": "P(3d)",
    "rotation": "O(3d)",
}
