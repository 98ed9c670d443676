r"""The work of training finite networks: 3 times the operations of the forward pass, times images seen.

How many epochs a training takes nobody knows beforehand: `epochs` gives what was counted at
$8\times8$ pixels.
"""

import dataclasses
from typing import Any

from widesym.costs.kernels import joined, regression
from widesym.costs.work import BASE, Work
from widesym.study.experiments.data_efficiency import NETWORKS
from widesym.study.experiments.uniform_start import SEEN

# numbers kept of an activation for the gradient: itself, its place in nine windows, and what comes back
_KEPT = 11
GPU_FLOPS = 20e12  # assumed of a GPU, measured nowhere: 30 % of what an H100 does in float32
# epochs until a training from a silent start ended, counted in synergy.network-table: without and with
# pooling, on synthetic images (its default run) and on photographs (its record)
_EPOCHS = {
    ("NN", "synthetic"): (19.0, 70.0),
    ("NN", "photographs"): (145.0, 200.0),
    ("NN+", "synthetic"): (7.0, 19.0),
    ("NN+", "photographs"): (27.0, 157.0),
}
# times as many from other starts, counted in synergy.width; mirrored on photographs, where it differs most
_LONGER = {("NN", "plain"): 2.0, ("NN+", "plain"): 3.5, ("NN+", "mirrored"): 5.3}


def forward(model: str, side: int, depth: int, width: int, outputs: int, channels: int = 3) -> float:
    """Return the operations of one image's forward pass, readout included."""
    pixels = side * side
    if model == "FCN":
        return 2.0 * (pixels * channels * width + (depth - 1) * width**2 + width * outputs)
    hidden = 2.0 * 9 * pixels * (channels * width + (depth - 1) * width**2)
    return hidden + 2.0 * width * outputs * (1 if model == "GAP" else pixels)


def epochs(config: Any, model: str, inference: str, start: str) -> float:
    """Return the epochs after which a training is taken to end; see the module."""
    alone, pooled = _EPOCHS[inference, config.where]
    longer = _LONGER.get((inference, start), 1.0)
    if (start, config.where) == ("mirrored", "synthetic"):
        longer = 1.0
    return longer * (pooled if model == "GAP" or model.startswith("LAP") else alone)


def step_gigabytes(config: Any, model: str, width: int) -> float:
    """Return what a step of training needs: weights, momenta, gradients, and what the gradient keeps."""
    pixels = 1 if model == "FCN" else config.side**2
    if model == "FCN":
        weights = 3 * config.side**2 * width + (config.depth - 1) * width**2
    else:
        weights = 9 * width**2 * config.depth * (pixels if model == "LCN" else 1)
    return 4e-9 * (6 * weights + _KEPT * config.depth * config.batch * pixels * width)


def _training(
    config: Any, model: str, width: int, runs: float, inference: str, *, train: int = 0, start: str = ""
) -> Work:
    train = train or config.train
    passes = epochs(config, model, inference, start or config.start)
    steps = min(config.steps, passes * (train / config.batch))
    each = forward(model, config.side, config.depth, width, config.classes)
    units = runs * steps * config.batch * 3 * each
    images = 4e-9 * 3 * config.side**2 * (train + config.test) * 3
    memory = BASE + images + step_gigabytes(config, model, width)
    return Work(f"train {model}", units, units / GPU_FLOPS, memory)


def network_table(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.network-table."""
    column, model = shard.split(":")
    runs = config.draws * len(config.transformations)
    if column == "NTK":
        return regression(model, config.side, config.depth, config.train, config.test, runs)
    return _training(config, model, config.widths[config.models.index(model)], runs, column)


def width(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.width."""
    if ":" not in shard:
        return regression("VEC", config.side, config.depth, config.train, config.test, 2 * config.draws)
    inference, width = shard.split(":")
    runs = config.draws * len(config.transformations)
    starts = [
        start or "plain"
        for start, _, own in (t.rpartition("-") for t in config.trainings)
        if own == inference
    ]
    return joined(
        "train VEC", [_training(config, "VEC", int(width), runs, inference, start=s) for s in starts]
    )


def data_efficiency(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.data-efficiency."""
    if ":" not in shard:
        largest = config.sizes[-1]
        return regression("VEC", config.side, config.depth, largest, config.test, config.draws)
    curve, size = shard.split(":")
    model = NETWORKS[curve][0]
    width = config.local_width if model == "LCN" else config.width
    return _training(config, model, width, config.draws, config.inference, train=int(size))


def path(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.path."""
    runs = config.members * (len(config.times) + 1)
    trained = _training(config, "VEC", int(shard.split(":")[0]), runs, config.inference)
    limit = regression("VEC", config.side, config.depth, config.train, config.test)
    return dataclasses.replace(trained, gigabytes=max(trained.gigabytes, limit.gigabytes))


def uniform_start(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.uniform-start."""
    runs = 2 * len(SEEN[shard]) * config.draws
    return _training(config, shard, config.widths[config.models.index(shard)], runs, config.inference)


def same_path(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.same-path."""
    if shard == "laws":
        return Work(shard, float(config.units), 60.0)
    models = ("FCN", "LCN", "VEC", "LAP", "GAP")
    width = config.widths[models.index(shard)]
    each = forward(shard, config.side, config.depth, width, config.classes)
    units = config.draws * config.steps * config.batch * 3 * each
    weights = 3 * width * config.side**2 + config.depth * width**2 * (1 if shard == "FCN" else 9)
    places_ = config.side**2 if shard == "LCN" else 1
    return Work(shard, units, 2 * units / GPU_FLOPS, BASE + 8e-9 * 12 * weights * places_)  # in float64
