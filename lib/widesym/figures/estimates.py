"""Curves of estimates: values joined by a line, with their 95 % intervals as bars."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from widesym.study.findings.verdicts import Estimate


def curve(ax: Axes, x: Sequence[float], estimates: Sequence[Estimate], **look: object) -> None:
    """Draw estimates at x; ``look`` goes to matplotlib's ``errorbar``."""
    values = np.array([value for value, _ in estimates])
    spread = np.abs(np.array([interval for _, interval in estimates]).T - values)
    ax.errorbar(x, values, spread, **{"fmt": "o-", "elinewidth": 1.1, "capsize": 2} | look)


def log_axis(ax: Axes, places: Sequence[float], labels: Sequence[str] | None = None) -> None:
    """Make x logarithmic, with a tick at each place and nowhere else."""
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(list(places)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([f"{place:,g}" for place in places] if labels is None else labels)
