r"""A-F2 and A-F5: the steps of the heuristic that discovers :math:`\mathcal E^G`, and what it found."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from widesym.figures.style import BLACK, BLUE, GREEN, NO_DATA, ORANGE, PURPLE, SMALL, ink, style
from widesym.figures.tables import DataTable
from widesym.meanfield.teachers import paper_teacher
from widesym.study.experiments.discovery import CASES, runs
from widesym.study.findings.discovery import (
    counted,
    found_projectors,
    place,
    stayed,
    succeeded,
    true_projector,
)
from widesym.study.store import Stored

FLOOR = 1e-9  # what is smaller is drawn there
_COLOURS = {"singular": BLUE, "mean": ORANGE, "hard": PURPLE}
_ROWS = {
    "singular": "singular vector",
    "mean": "mean residual",
    "hard": "singular vector,\narbitrary or far teacher",
}
# orthonormal: E^G, then across it; flattened 2x2 matrices
_BASIS = np.array([[1, 0, 0, 1], [0, 1, 1, 0], [1, 0, 0, -1], [0, 1, -1, 0]]).T / np.sqrt(2)
_VIEWS = (
    ("from above", slice(0, 2), ("$\\langle z,I\\rangle/\\sqrt{2}$", "$\\langle z,P\\rangle/\\sqrt{2}$")),
    ("along $\\mathcal{E}^G$", slice(2, 4), ("$(z_{11}-z_{22})/\\sqrt{2}$", "$(z_{12}-z_{21})/\\sqrt{2}$")),
)


def steps_figure(stored: Stored) -> Figure:
    r"""Draw A-F2: RMD² at every step of every search, a column a group.

    Args:
        stored: a result of ``meanfield.discovery``.

    Returns:
        Three rows: singular-vector rule, mean rule, and the control (arbitrary or far teacher). Dots are
        seeds, bars medians, open triangles the distance to the symmetrised cloud, the dashed line is
        :math:`\delta`, grey marks are the escape from :math:`\mathcal E^G` itself.
    """
    order, config = runs(stored.config), stored.config
    with style(stored):
        size = {"figsize": (2.7 * len(config.cases) + 0.4, 7.6), "sharey": True, "squeeze": False}
        fig, axes = plt.subplots(3, len(config.cases), layout="constrained", **size)
        for column, case in enumerate(config.cases):
            mine = [i for i, run in enumerate(order) if run[0] == case]
            for ax, run, row in zip(axes[:, column], mine, _ROWS, strict=True):
                _steps(ax, stored, run, _COLOURS[row])
            true = int(stored.arrays["true_dim"][mine[0], 0])
            D = CASES[case]().D
            axes[0, column].set_title(f"{case}: $\\dim\\mathcal{{E}}^G={true}$ of {D}")
            axes[2, column].set_xlabel("step $j$ (dimension of $E_j$)")
        for ax, (row, label) in zip(axes[:, 0], _ROWS.items(), strict=True):
            ax.set_ylabel(f"{label}\nRMD²", color=ink(_COLOURS[row]))
        fig.legend(handles=_keys(), loc="outside lower center", ncols=3)
    return fig


def _steps(ax: Axes, stored: Stored, run: int, colour: str) -> None:
    arrays, config = stored.arrays, stored.config
    rmd, symmetrised = (np.maximum(arrays[name][run], FLOOR) for name in ("rmd", "symmetrised"))
    steps = np.arange(rmd.shape[1])
    shift = np.linspace(-0.14, 0.14, config.seeds)[:, None] - 0.1
    ax.semilogy(
        (steps + shift).ravel(),
        rmd.ravel(),
        "o",
        color=colour,
        ms=3,
        alpha=0.55,
        mew=0,
        gid="to the projection",
    )
    ax.semilogy(
        (steps + shift + 0.33).ravel(),
        symmetrised.ravel(),
        "^",
        color=GREEN,
        ms=3,
        mfc="none",
        mew=0.6,
        gid="to the symmetrised cloud",
    )
    for j in steps[np.isfinite(rmd).any(axis=0)]:
        ax.plot(
            [j - 0.3, j + 0.1],
            [np.nanmedian(rmd[:, j])] * 2,
            color=colour,
            lw=2.2,
            gid="to the projection, median",
        )
    true = arrays["true_dim"][run, 0]
    floor = arrays["floor"][run]
    floor = np.maximum(floor[np.isfinite(floor)], FLOOR)
    ax.plot(np.full(len(floor), true + 0.45), floor, "_", color="0.4", ms=7, mew=0.8, gid="escape")
    ax.axhline(config.threshold, color=BLACK, ls="--", lw=1)
    ax.axvspan(true - 0.5, true + 0.5, color="0.93", lw=0, zorder=0)
    ax.set_xticks(steps)
    ax.set_xlim(-0.6, config.max_dim + 0.6)
    ax.set_ylim(FLOOR, 2)
    ax.text(
        0.98, 0.97, f"found {int(succeeded(stored)[run].sum())} of {config.seeds}",
        transform=ax.transAxes, ha="right", va="top", fontsize=SMALL,
    )  # fmt: skip


def _keys() -> list[Line2D]:
    def dots(marker: str, colour: str, label: str, **more: object) -> Line2D:
        return Line2D([], [], ls="", marker=marker, color=colour, label=label, **more)

    return [
        dots("o", BLUE, "to the projection on $E_j$ (bar: median)", ms=4),
        dots("^", GREEN, "to the symmetrised cloud", mfc="none"),
        dots("_", "0.4", "escape from $\\mathcal{E}^G$ itself", ms=8),
        Line2D([], [], color=BLACK, ls="--", lw=1, label="threshold $\\delta$"),
        plt.Rectangle((0, 0), 1, 1, color="0.93", label="the dimension of $\\mathcal{E}^G$"),
    ]


def particles_figure(stored: Stored, rule: str = "singular") -> Figure:
    r"""Draw A-F5: the particles of the first seed at steps 0, 1, 2 for C2, seen two ways.

    Args:
        stored: a result of ``meanfield.discovery``.
        rule: ``singular`` or ``mean``.

    Returns:
        Two rows: coordinates in :math:`\mathcal E^G` (seen from above) and across it (seen along it), which
        together are all four; a column a step. Squares are the teacher, light dots the start, dark dots the
        end, and :math:`E_j` is shown by the image of a ball in it.
    """
    run = place(stored, "C2", "WI", rule)
    starts, ends = (stored.arrays[name][run, :3, :, :4] @ _BASIS for name in ("starts", "ends"))
    teacher = paper_teacher("WI").theta @ _BASIS
    directions = np.nan_to_num(stored.arrays["directions"][run, 0, :3, :4]) @ _BASIS
    reach = 1.1 * np.nanmax(np.abs(np.concatenate([ends.reshape(-1, 4), teacher])))
    with style(stored):
        fig, axes = plt.subplots(2, 3, figsize=(9.6, 6.6), layout="constrained", sharex=True, sharey=True)
        for j in range(3):
            for ax, (view, part, labels) in zip(axes[:, j], _VIEWS, strict=True):
                _ball(ax, 0.9 * reach * directions[:j, part], _COLOURS[rule])
                ax.plot(*teacher[:, part].T, "s", color=BLACK, mfc="none", ms=6, zorder=2, gid="teacher")
                ax.plot(*starts[j][:, part].T, "o", color="0.65", ms=2.5, mew=0, zorder=2.5, gid="start")
                look = {"color": _COLOURS[rule], "ms": 3.5, "mew": 0, "alpha": 0.8}
                ax.plot(*ends[j][:, part].T, "o", zorder=3, gid="end", **look)
                ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel=labels[0])
                if j == 0:
                    ax.set_ylabel(f"{view}\n{labels[1]}")
            distance = stored.arrays["rmd"][run, 0, j]
            verdict = "leaves" if distance > stored.config.threshold else "stays"
            said = f"RMD² = {distance:.1e}: {verdict}" if np.isfinite(distance) else "not reached"
            axes[0, j].set_title(f"from $E_{j}$\n{said}")
        fig.legend(handles=_particle_keys(_COLOURS[rule]), loc="outside lower center", ncols=4)
    return fig


def _ball(ax: Axes, directions: np.ndarray, colour: str) -> None:
    """Draw a view of a ball of a subspace: its radius times ``directions`` (k, 2) of a basis, k at most 2."""
    if not len(directions):
        ax.plot(0, 0, "+", color=colour, ms=12, mew=1.2, gid=NO_DATA)
        return
    angle = np.linspace(0, 2 * np.pi, 181)
    circle = np.stack([np.cos(angle), np.sin(angle)])[: len(directions)]
    x, y = directions.T @ circle
    ax.fill(x, y, facecolor=colour, edgecolor=colour, alpha=0.22, lw=2.0, zorder=1)


def _particle_keys(colour: str) -> list[Line2D]:
    return [
        Line2D([], [], ls="", marker="s", color=BLACK, mfc="none", label="teacher (WI)"),
        Line2D([], [], ls="", marker="o", color="0.65", ms=4, label="start"),
        Line2D([], [], ls="", marker="o", color=colour, ms=5, label="end"),
        plt.Rectangle((0, 0), 1, 1, facecolor=colour, alpha=0.22, label="a ball of $E_j$"),
    ]


def projectors_figure(stored: Stored) -> Figure:
    """Draw the projectors of the first seed for C2: found by each rule, and the true one between them."""
    found = {
        rule: found_projectors(stored, place(stored, "C2", "WI", rule))[0] for rule in ("singular", "mean")
    }
    panels = {
        "found by the singular vector": found["singular"],
        "true $P_{\\mathcal{E}^G}$": true_projector(),
        "found by the mean residual": found["mean"],
    }
    names = ["$z_{11}$", "$z_{12}$", "$z_{21}$", "$z_{22}$"]
    with style(stored):
        fig, axes = plt.subplots(1, 3, figsize=(9.6, 3.4), layout="constrained")
        for ax, (title, values) in zip(axes, panels.items(), strict=True):
            ax.imshow(values, cmap="PuOr", vmin=-1, vmax=1)
            for (row, column), value in np.ndenumerate(values):
                ax.text(
                    column,
                    row,
                    f"{value:z.3f}".replace("-", "−"),
                    ha="center",
                    va="center",
                    fontsize=SMALL,
                    color="white" if abs(value) > 0.7 else BLACK,
                )
            ax.set_title(title)
            ax.set_xticks(range(4), names)
            ax.set_yticks(range(4), names)
            ax.grid(visible=False)
    return fig


def rate_table(stored: Stored) -> DataTable:
    r"""Return, run by run, how often :math:`\mathcal E^G` was found, and how a search missed it."""
    arrays, config = stored.arrays, stored.config
    success, stays = succeeded(stored), stayed(stored)
    rows = []
    for i, (case, teacher, rule) in enumerate(runs(config)):
        dim, true, floor = arrays["dim"][i], arrays["true_dim"][i], arrays["floor"][i]
        small, large = stays[i] & (dim < true), (dim > true) | ~stays[i]
        tilted = ~(success[i] | small | large)
        spread = "as above" if np.isnan(floor).all() else f"{np.median(floor):.0e} (to {floor.max():.0e})"
        rows.append((
            f"{case}, {teacher} teacher", rule, f"{int(true[0])} of {CASES[case]().D}", counted(success[i]),
            str(int(small.sum())), str(int(large.sum())), str(int(tilted.sum())), spread,
        ))  # fmt: skip
    header = (
        "group, data", "rule", "dim of E^G", "found", "too small", "too large", "tilted", "escape from E^G",
    )  # fmt: skip
    return DataTable(header, tuple(rows))
