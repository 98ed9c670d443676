r"""The work of kernel matrices and regression, on images of $P$ pixels.

A pair of images costs the places whose covariances are needed, for each layer: $P$ without pooling, $Pw^2$
with windows of $w\times w$, $P^2$ with global pooling. A solve with $m$ images costs $m^3/3$.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from widesym.costs.work import BASE, Work
from widesym.study.experiments.learning_curves import REFERENCE_DEPTH
from widesym.study.experiments.resolution import CELLS
from widesym.study.experiments.rotated_pooling import CELLS as POOLED_CELLS

# assumed of a GPU, measured nowhere: 20,000 pairs of 32 x 32 a second, GAP with eight layers
GPU_UNITS = 20_000 * 8 * 1024.0**2
_FCN_PAIR = 30.0  # units of a pair that keeps no places: its inner product
_SOLVE = 1 / 90.0  # units of an operation of a solve


def places(model: str, side: int) -> float:
    """Return how many covariances of places a layer keeps for one pair of images of that side."""
    pixels = side * side
    if model.startswith("LAP"):
        return pixels * int(model[3:]) ** 2
    return {"FCN": _FCN_PAIR, "GAP": float(pixels**2)}.get(model, float(pixels))


def regression(model: str, side: int, depth: int, train: int, test: int, count: float = 1.0) -> Work:
    """Return the work of so many regressions: both kernels of training and test images, and both solves."""
    pairs = train * (train + 1) / 2 + train * test
    kernel, solve = pairs * depth * places(model, side), train**3 / 3 * 2 * _SOLVE
    kind = "pooled kernel" if model == "GAP" or model.startswith("LAP") else "kernel"
    matrices = 8e-9 * (4 * train**2 + 2 * train * test)
    images = 1e-9 * 4 * 3 * side**2 * (train + test) * 3
    return Work(
        kind, count * (kernel + solve), count * (kernel + solve) / GPU_UNITS, BASE + matrices + images
    )


def kernel_table(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.kernel-table."""
    what, model, _, _, *_ = shard.split(":")
    parts = config.parts[config.models.index(model)]
    whole = regression(model, config.side, config.depth, config.train, config.test)
    if what == "tiles":
        return dataclasses.replace(whole, units=whole.units / parts, gpu_seconds=whole.gpu_seconds / parts)
    # the cell of a matrix in tiles loads and solves
    return whole if not parts else regression("FCN", config.side, 1, config.train, config.test)


def learning_curves(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.learning-curves."""
    model, what, _ = shard.split(":")
    if model == "reference":
        return regression("VEC", config.side, REFERENCE_DEPTH, int(what), config.test)
    return regression(model, config.side, config.depth, config.sizes(model)[-1], config.test)


def resolution(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.resolution."""
    side, cell, _ = map(int, shard.split(":"))
    return regression(CELLS[cell][0], side, config.depth, config.sizes[-1], config.test)


def ridges(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.ridges."""
    return regression(shard.split(":")[0], config.side, config.depth, config.train, config.test)


def rotated_pooling(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.rotated-pooling."""
    models = [model for model, _ in POOLED_CELLS]
    cells = [regression(m, config.side, config.depth, config.train, config.test) for m in models]
    return joined("pooled kernel", cells)


def orbits(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.orbit-regression."""
    depth, pixels = int(shard.split(":")[1]), config.height * config.width
    pairs = config.train * (config.train + config.test)
    return Work("depth", float(config.draws * pairs * depth * pixels**2))


def joined(kind: str, parts: Sequence[Work]) -> Work:
    """Return the work of several parts, one after another, as one of a kind."""
    return Work(
        kind,
        sum(part.units for part in parts),
        sum(part.gpu_seconds or 0.0 for part in parts),
        max(part.gigabytes for part in parts),
    )
