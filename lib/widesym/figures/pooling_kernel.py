"""B-X1: deviations of averages from pooled kernels, weights of offsets, and what the offsets save."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from widesym.architectures import Architecture
from widesym.figures.deviations import Row, dots
from widesym.figures.style import style
from widesym.figures.tables import DataTable
from widesym.kernels.offsets import offsets
from widesym.study.experiments.pooling_kernel import COSTED, PADDINGS, WAYS, window_weights
from widesym.study.findings.pooling_kernel import TOLERANCE
from widesym.study.store import Stored

# float32 maps of H x W that a pair of images needs while it is computed: widesym.kernels.compiled.pooling
MAPS = 5


def figure(stored: Stored) -> Figure:
    """Draw a result of ``synergy.pooling-kernel``: a dot chart, and the weights of the offsets."""
    arrays = stored.arrays
    zeros = PADDINGS.index("SAME")
    # one dot a depth where there are depths, (size, depth, activation, kernel) with the depth third from last
    rows = [
        *(Row(f"GAP, {way}", _by_depth(arrays["gap"][i]), True) for i, way in enumerate(WAYS)),
        Row("GAP, Neural Tangents", arrays["library"], True),
        *(Row(f"LAP, {way}", _by_depth(arrays["lap"][i]), True) for i, way in enumerate(WAYS)),
        Row("GAP, vertical only", _by_depth(arrays["some"]), False),
        Row("GAP, zero padding", arrays["padding"][zeros], False),
        Row("LAP, equal weights", _by_depth(arrays["flat"]), False),
        Row("LAP, one placement", _by_depth(arrays["fixed"]), False),
    ]
    with style(stored):
        fig = plt.figure(figsize=(11.2, 4.4), layout="constrained")
        chart, small = fig.subfigures(1, 2, width_ratios=(3, 2))
        dots(chart.subplots(), rows, bound=TOLERANCE, xlabel="deviation of the average of VEC's kernel")
        side = 16
        for ax, (title, window) in zip(
            small.subplots(1, 3), (("VEC", 1), ("LAP, 4×4", 4), ("GAP", side)), strict=True
        ):
            weights = np.roll(window_weights(window, side, side), (side // 2, side // 2), (0, 1))
            ax.imshow(np.ma.masked_equal(weights / weights.max(), 0), cmap="Blues", vmin=-0.3, vmax=1)
            ax.set_facecolor("0.93")
            ax.set_title(title)
            count = np.count_nonzero(weights)
            ax.set_xlabel(f"{count} offset{'s' if count > 1 else ''}")
            ax.grid(visible=False)
            ax.set_xticks([])
            ax.set_yticks([])
            ax.spines[:].set_visible(False)
        small.suptitle(
            r"weights $w_\delta$ of VEC's kernel at the offset $\delta$, 16×16 pixels", y=0.8, fontsize=10
        )
    return fig


def _by_depth(values: np.ndarray) -> np.ndarray:
    """Put the depth, the third axis from the end, first."""
    return np.moveaxis(values, -3, 0)


def cost_table(stored: Stored) -> DataTable:
    """Return what a pair of images costs, by offsets and with all pairs of pixels kept."""
    config, memory = stored.config, stored.arrays["memory"]
    rows = []
    for i, name in enumerate(COSTED):
        for j, side in enumerate(config.sides):
            places = offsets(Architecture(name[:3], config.layers, window=int(name[3:] or 0)), side, side)
            count = len(places.rows) * len(places.columns)
            pooled = name != "VEC"
            rows.append(
                (
                    f"{name}, {side}×{side}",
                    f"{count:,}",
                    f"{count * side**2 * config.layers:,}",
                    f"{(side**4 if pooled else side**2) * config.layers:,}",
                    _bytes(MAPS * side**2 * 4),
                    _bytes(memory[i, j]),
                )
            )
    header = (
        "Network, images", "offsets", "steps, by offsets", "steps, all pairs of pixels", "memory, by offsets",
        "memory, Neural Tangents",
    )  # fmt: skip
    return DataTable(header, tuple(rows))


def _bytes(count: int) -> str:
    return f"{count / 1024:.3g} kB" if count < 1024**2 else f"{count / 1024**2:.3g} MB"
