r"""A-S2 and A-S3: deviations of the identities, and risks along :math:`(1-t)\mu+t\mu^G`."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from widesym.figures.deviations import Row, dots, legend_handles
from widesym.figures.style import BLUE, VERMILION, style
from widesym.study.experiments.risks import CONVEX, TIMES
from widesym.study.findings.exactness import ROUNDING
from widesym.study.findings.risks import identities
from widesym.study.store import Stored

_ROWS = (
    ("invariant", r"$R^{DA},R^{FA},R^{EA}$ invariant", True),
    ("fa", r"$R^{FA}(\mu)=R(\mu^G)$", True),
    ("agree", r"$R^{DA}=R^{FA}=R$ at $\mu^G$", True),
    ("augmented", r"$R^{DA}=R$, equivariant data", True),
    ("ea", r"$R^{EA}(\mu)=R(P\#\mu)$", True),
    ("split", r"$R^{DA}=R^{FA}+E\|\Phi-Q_G\Phi\|^2$", True),
    ("programme", "best WI law = best law", True),
    ("invariant-vanilla", r"$R$ invariant, any data", False),
    ("invariant-lopsided", r"lopsided loss: $R^{DA}$ invariant", False),
    ("fa-faulty", r"faulty unit: $R^{FA}(\mu)=R(\mu^G)$", False),
    ("agree-plain", r"$R^{FA}=R$ at other laws", False),
    ("agree-data", r"$R^{DA}=R$ at other laws, any data", False),
    ("agree-lopsided", r"lopsided loss: $R^{DA}=R$ at $\mu^G$", False),
    ("ea-plain", r"$R(\mu)=R(P\#\mu)$", False),
    ("split-huber", "the split, pseudo-Huber loss", False),
    ("split-once", "the split without orbits", False),
    ("programme-data", "best WI law = best law, any data", False),
)


def figure(stored: Stored) -> Figure:
    """Draw every identity and control of a result of ``meanfield.risks``."""
    with style(stored):
        fig, ax = plt.subplots(figsize=(8.2, 6.6), layout="constrained")
        found = identities(stored)
        rows = [Row(label, found[name], exact) for name, label, exact in _ROWS]
        dots(ax, rows, bound=ROUNDING)
        fig.legend(handles=legend_handles(), loc="outside upper center", ncols=2)
    return fig


def convexity(stored: Stored) -> Figure:
    r"""Draw risks from :math:`\mu` to :math:`\mu^G`: convex losses, and two ways in which it may rise."""
    with style(stored):
        fig, axes = plt.subplots(1, 5, figsize=(12, 3.3), layout="constrained")
        path = stored.arrays["path"]  # (cases, losses, laws, times)
        for k, loss in enumerate(CONVEX):
            _lines(axes[k], path[:, k] / path[:, k, :, :1], BLUE, loss, stored)
        axes[0].set_ylabel(r"risk, relative to $R(\mu)$")
        capped = stored.arrays["path_capped"]
        _lines(axes[3], capped / capped[..., :1], VERMILION, "not convex: capped", stored)
        own = stored.arrays["path_own"]
        _lines(axes[4], own / own[..., -1:], VERMILION, r"data labelled by $\mu$", stored)
        axes[4].set_ylabel(r"risk, relative to $R(\mu^G)$")
    return fig


def _lines(ax: Axes, values: np.ndarray, colour: str, title: str, stored: Stored) -> None:
    """Draw all laws thinly and the median over them, one line a case, boldly."""
    for case, laws in zip(stored.config.cases, values, strict=True):
        for number, line in enumerate(laws, 1):
            ax.plot(TIMES, line, color=colour, alpha=0.1, lw=0.6, gid=f"{case}, law {number}")
        ax.plot(TIMES, np.median(laws, axis=0), color=colour, lw=1.4, gid=f"{case}, median")
    ax.set_title(title)
    ax.set_xticks([0, 0.5, 1], [r"$\mu$", "½", r"$\mu^G$"])
