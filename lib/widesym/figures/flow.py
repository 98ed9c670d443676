"""A-S5, A-S6 and A-S7: deviations along the flow, exact ones at rounding and controls that grow."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from widesym.figures.deviations import FLOOR
from widesym.figures.style import BLUE, DARK, PURPLE, SKY, VERMILION, style
from widesym.study.experiments.flow import SITUATIONS
from widesym.study.findings.flow import PATHS, situation
from widesym.study.store import Stored

_OTHER = (0, (4, 1.5))  # data that are not equivariant


def figure(stored: Stored) -> Figure:
    """Draw a result of ``meanfield.flow``: a panel a statement, a line a group, the largest over losses."""
    with style(stored):
        fig, axes = plt.subplots(1, 3, figsize=(12, 5.0), sharey=True, layout="constrained")
        arrays = stored.arrays
        weak, together = arrays["weak"], arrays["together"]
        _panel(
            axes[0], stored, "A-S5: from a $G$-closed cloud",
            (
                ("vanilla, equivariant data", weak[:, 0, 0], VERMILION, "-"),
                ("DA and FA, any data", weak[:, 1:, :].max(axis=(1, 2)), BLUE, "-"),
                ("vanilla, other data", weak[:, 0, 1], VERMILION, _OTHER),
            ),
        )  # fmt: skip
        _panel(
            axes[1], stored, "A-S6: from vanilla's path",
            (
                ("DA and FA, $G$-closed, equivariant data", together[:, :, 0].max(axis=1), BLUE, "-"),
                ("DA, any cloud, equivariant data", arrays["together_plain"][:, 0], SKY, "-"),
                ("DA and FA, $G$-closed, other data", together[:, :, 1].max(axis=1), BLUE, _OTHER),
                ("FA, any cloud, equivariant data", arrays["together_plain"][:, 1], BLUE, ":"),
            ),
        )  # fmt: skip
        at = SITUATIONS.index
        _panel(
            axes[2], stored, r"A-S7: from a cloud in $\mathcal{E}^G$",
            (
                ("vanilla, equivariant data",
                 situation(stored, "strong", at(("vanilla", "equivariant", "none"))), VERMILION, "-"),
                ("the same, projected noise",
                 situation(stored, "strong", at(("vanilla", "equivariant", "projected"))), PURPLE, "-"),
                ("the same, full noise",
                 situation(stored, "strong", at(("vanilla", "equivariant", "full"))), DARK, "-"),
                ("vanilla, other data",
                 situation(stored, "strong", at(("vanilla", "arbitrary", "none"))), VERMILION, _OTHER),
            ),
        )  # fmt: skip
        axes[0].set_ylabel("distance from where the particles should be")
        axes[0].set_ylim(FLOOR / 2, 30)
    return fig


def _panel(ax: Axes, stored: Stored, title: str, rows: tuple[tuple, ...]) -> None:
    """Draw deviations (cases, losses, steps) of several kinds."""
    times = stored.config.step * np.arange(stored.config.steps + 1)
    for label, values, colour, line in rows:
        for case, largest in zip(stored.config.cases, values.max(axis=1), strict=True):
            look = {"color": colour, "ls": line, "lw": 1.1, "alpha": 0.8}
            ax.semilogy(times, np.maximum(largest, FLOOR), gid=f"{label}: {case}", **look)
    ax.axhspan(FLOOR / 10, PATHS, color=BLUE, alpha=0.06, lw=0)
    ax.set(title=title, xlabel="time $t$")
    handles = [Line2D([], [], color=colour, ls=line, label=label) for label, _, colour, line in rows]
    ax.legend(handles=handles, loc="center", bbox_to_anchor=(0.5, 0.56))
