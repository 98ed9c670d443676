"""A-S1: deviations of the identities and of the controls, a dot for each group."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from widesym.figures.deviations import Row, dots, legend_handles
from widesym.figures.style import style
from widesym.figures.tables import DataTable
from widesym.study.findings.exactness import ROUNDING
from widesym.study.store import Stored

_ROWS = (
    ("average", r"$\Phi_{\mu^G}=Q_G\Phi_\mu$", True),
    ("weak", r"$\Phi_{\mu^G}$ equivariant", True),
    ("strong", r"$\Phi_{P\#\mu}$ equivariant", True),
    ("moved", r"$\Phi_{M_g\#\mu}\circ\rho_g=\hat\rho_g\Phi_\mu$", True),
    ("faulty_average", r"faulty unit: $\Phi_{\mu^G}=Q_G\Phi_\mu$", False),
    ("faulty_weak", r"faulty unit: $\Phi_{\mu^G}$ equivariant", False),
    ("faulty_strong", r"faulty unit: $\Phi_{P\#\mu}$ equivariant", False),
    ("faulty_moved", r"faulty unit: moved law", False),
    ("plain", r"$\Phi_\mu$ equivariant", False),
    ("wider", r"projected on $\mathcal{E}^G\oplus$ a line", False),
)


def figure(stored: Stored) -> Figure:
    """Draw every identity and control of a result of ``meanfield.symmetric-laws``."""
    with style(stored):
        fig, ax = plt.subplots(figsize=(8.2, 4.6), layout="constrained")
        rows = [Row(label, stored.arrays[name], exact) for name, label, exact in _ROWS]
        dots(ax, rows, bound=ROUNDING, xlabel="deviation, relative to the largest output")
        fig.legend(handles=legend_handles(), loc="outside upper center", ncols=2)
    return fig


def case_table(stored: Stored) -> DataTable:
    r"""Return the groups, their orders, :math:`\dim\mathcal E^G` and the worst deviation of each."""
    worst = [stored.arrays[name].max(axis=1) for name, _, exact in _ROWS if exact]
    rows = [
        (name.replace(" x ", " × "), str(order), str(dimension), f"{max(values):.1e}")
        for name, order, dimension, *values in zip(
            stored.config.cases, stored.arrays["order"], stored.arrays["dimension"], *worst, strict=True
        )
    ]
    return DataTable(
        ("group and unit", "elements", "dim of the invariant subspace", "worst deviation"), tuple(rows)
    )
