r"""B-F2, the NTK column: accuracy of infinite networks for every model and every transformation of the data.

One fixed random element :math:`\tau` of each of five groups is applied to all images, train and test; each
model then predicts by kernel regression,

.. math:: f(x_*)=\Theta(\tau x_*,\tau X)\,\big(\Theta(\tau X,\tau X)+\lambda\bar\theta I\big)^{-1}Y,

with :math:`\bar\theta` the mean diagonal, with the NTK and with the NNGP. All cells of one draw share images,
labels and the :math:`\tau` of each group: differences between cells are paired, test image by test image.
Kept of every cell: which test images are classified correctly, and the mean squared error.

A cell is a shard. Where its kernels are dear, shards before it compute parts of them as tiles in the folder
``grams`` of the results, where the cell finds them: tiles are found by their content, so that sharing,
losing or keeping them changes no number. Source: [SS], Section 5, Figure 2.
"""

import dataclasses
import itertools
from typing import Any

import numpy as np

from widesym.data.synthetic import Family
from widesym.groups.images import KINDS, transformation
from widesym.kernels.gram import compute_tiles, gram
from widesym.kernels.regression import learning_curve, one_hot
from widesym.study.experiment import Experiment
from widesym.study.image_tasks import (
    JPEG_CHECKSUM,
    JPEG_COPY,
    SYNTHETIC,
    ImageSource,
    architecture,
    stream,
    task,
)
from widesym.study.store import results_root

KERNELS = ("nngp", "ntk")


@dataclasses.dataclass(frozen=True)
class KernelTable:
    r"""Every number of the experiment.

    Args:
        source: ``synthetic``, or a source of real images.
        checksum: of the real images; others are refused. Empty for synthetic ones.
        side: of the images.
        models: names of architectures, LAP with the side of its windows.
        transformations: which of the five kinds, the identity first.
        draws: of images and :math:`\tau`, for each model; draw 0 is the same for all models, and so on.
        parts: for each model, how many shards compute the tiles of a cell; 0 keeps no tiles.
        depth: hidden layers.
        train: training images, m.
        test: test images.
        ridge: as a fraction of the mean diagonal of the kernel.
        precision: of the kernels; systems are solved in float64.
        classes, motif, copies, noise, clutter, colours: of the synthetic family.
        seed: of everything.
    """

    source: str = SYNTHETIC
    checksum: str = ""
    side: int = 8
    models: tuple[str, ...] = ("FCN", "LCN", "VEC", "LAP2", "LAP4", "GAP")
    transformations: tuple[str, ...] = KINDS
    draws: tuple[int, ...] = (5, 5, 5, 5, 5, 5)
    parts: tuple[int, ...] = (0, 0, 0, 0, 0, 0)
    depth: int = 3
    train: int = 300
    test: int = 300
    ridge: float = 1e-6
    precision: str = "float32"
    classes: int = 10
    motif: int = 4
    copies: int = 2
    noise: float = 0.6
    clutter: int = 0
    colours: str = "none"
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        unknown = set(self.transformations) - set(KINDS)
        if unknown or len(set(self.transformations)) < len(self.transformations):
            raise ValueError(
                f"transformations must be distinct and of {', '.join(KINDS)}, got {self.transformations}"
            )
        if self.transformations[:1] != ("identity",):
            raise ValueError(
                f"transformations must begin with 'identity', to which the others are compared, got "
                f"{self.transformations}"
            )
        if not self.models or len(set(self.models)) < len(self.models):
            raise ValueError(f"models must be distinct, at least one, got {self.models}")
        for name, least in (("draws", 1), ("parts", 0)):
            values = getattr(self, name)
            if len(values) != len(self.models) or min(values) < least:
                raise ValueError(
                    f"{name} must be {len(self.models)} numbers from {least} on, one for each of the models "
                    f"{', '.join(self.models)}, got {values}"
                )
        for model in self.models:
            architecture(model, self.depth).pooling(self.side, self.side)
        for name in ("train", "test"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not self.ridge >= 0:
            raise ValueError(f"ridge must not be negative, got {self.ridge}: it is added to the diagonal")
        if self.precision not in ("float32", "float64"):
            raise ValueError(f"precision must be float32 or float64, got {self.precision!r}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")
        self.image_source()  # raises for the rest

    def image_source(self) -> ImageSource:
        """Return where the images come from."""
        names = ("side", "classes", "motif", "copies", "noise", "clutter", "colours")
        family = Family(**{name: getattr(self, name) for name in names})
        return ImageSource(
            self.source, self.checksum, self.side, family if self.source == SYNTHETIC else None
        )


def shards(config: KernelTable) -> tuple[str, ...]:
    """Return the shards: tiles of dear cells, then the cells.

    ``tiles:model:transformation:draw:k`` for part k of each cell, the dearest models first; then
    ``cell:model:transformation:draw``, with the cells that wait for tiles last.
    """
    dearest = sorted(range(len(config.models)), key=lambda i: (config.parts[i], i), reverse=True)
    tiles = [
        f"tiles:{config.models[i]}:{kind}:{draw}:{part}"
        for i in dearest
        for draw, kind in itertools.product(range(config.draws[i]), config.transformations)
        for part in range(config.parts[i])
    ]
    at_hand = sorted(dearest, key=lambda i: config.parts[i] > 0)
    cells = [
        f"cell:{config.models[i]}:{kind}:{draw}"
        for i in at_hand
        for draw, kind in itertools.product(range(config.draws[i]), config.transformations)
    ]
    return (*tiles, *cells)


def run_shard(config: KernelTable, shard: str) -> dict[str, np.ndarray | int]:
    """Compute one part of a cell's tiles, or a cell; see :func:`shards`."""
    what, model, kind, draw, *part = shard.split(":")
    images = task(config.image_source(), config.train, config.test, config.seed, int(draw))
    train, test = images.train.images, images.test.images
    parts = config.parts[config.models.index(model)]
    options = {
        "transformation": transformation(kind, config.side, config.side, stream(config.seed, int(draw))),
        "precision": config.precision,
        "threads": 1,  # shards run side by side
        "progress": False,
        "folder": results_root() / "grams" if parts else None,
    }
    network = architecture(model, config.depth)
    if what == "tiles":
        pairs = (train, None), (test, train)
        counts = [compute_tiles(network, *pair, part=(int(part[0]), parts), **options) for pair in pairs]
        return {"tiles": sum(counts)}
    within, across = gram(network, train, **options), gram(network, test, train, **options)
    targets, truth = (one_hot(each.labels, len(each.classes)) for each in images)
    found: dict[str, list] = {"correct": [], "mse": []}
    for name in KERNELS:
        curve = learning_curve(
            getattr(within, name), getattr(across, name), targets, truth, [config.train], ridge=config.ridge
        )
        found["correct"].append(curve.correct[0])
        found["mse"].append(curve.mse[0])
    return {name: np.array(values) for name, values in found.items()}


def gather(config: KernelTable, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put the cells of each model together.

    ``MODEL_correct`` (transformation, draw, kernel, test image) and ``MODEL_mse`` (transformation, draw,
    kernel), with the kernels NNGP and NTK.
    """
    return {
        f"{model}_{name}": np.array(
            [
                [parts[f"cell:{model}:{kind}:{draw}"][name] for draw in range(draws)]
                for kind in config.transformations
            ]
        )
        for model, draws in zip(config.models, config.draws, strict=True)
        for name in ("correct", "mse")
    }


EXPERIMENT = Experiment(
    name="synergy.kernel-table",
    config_type=KernelTable,
    profiles={
        "quick": KernelTable(draws=(2, 2, 2, 2, 2, 2), train=60, test=60, depth=2, noise=0.8),
        "default": KernelTable(noise=0.8),
        "paper": KernelTable(
            source=JPEG_COPY,
            checksum=JPEG_CHECKSUM,
            side=32,
            models=("FCN", "LCN", "VEC", "LAP4", "LAP8", "GAP"),
            draws=(5, 5, 5, 2, 1, 1),
            parts=(0, 0, 0, 1, 4, 16),
            depth=8,
            train=500,
            test=1000,
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-F2",),
)
