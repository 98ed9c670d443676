r"""What resolution does: the same images at several sizes, and which model is best on them.

Images of one draw are shrunk to each side (the mean over the area of each new pixel) and standardised anew.
Accuracy of FCN, VEC and GAP on clean images, and of GAP under :math:`O(3)^d`, with the NTK, on the first m
training images for several m. Extension of [SS], Section 5.
"""

import dataclasses
import itertools
from typing import Any

import numpy as np

from widesym.data.synthetic import Family
from widesym.groups.images import transformation
from widesym.kernels.gram import gram
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

CELLS = (("FCN", "identity"), ("VEC", "identity"), ("GAP", "identity"), ("GAP", "pixelwise"))


@dataclasses.dataclass(frozen=True)
class Resolution:
    r"""Every number of the experiment.

    Args:
        source: ``synthetic``, or a source of real images.
        checksum: of the real images; others are refused. Empty for synthetic ones.
        sides: of the images, increasing; synthetic ones are drawn at the largest.
        draws: of images and :math:`\tau`, for each side; draw 0 is the same for all, and so on.
        sizes: training images m, increasing.
        test: test images.
        depth: hidden layers.
        ridge: as a fraction of the mean diagonal of the kernel.
        precision: of the kernels; systems are solved in float64.
        noise: of the synthetic family.
        tiles: whether kernels of GAP are kept as tiles, shared with other experiments.
        seed: of everything.
    """

    source: str = SYNTHETIC
    checksum: str = ""
    sides: tuple[int, ...] = (8, 16)
    draws: tuple[int, ...] = (3, 2)
    sizes: tuple[int, ...] = (50, 100, 200)
    test: int = 200
    depth: int = 3
    ridge: float = 1e-6
    precision: str = "float32"
    noise: float = 0.4
    tiles: bool = False
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        for name in ("sides", "sizes"):
            values = getattr(self, name)
            if not values or any(a >= b for a, b in itertools.pairwise((0, *values))):
                raise ValueError(f"{name} must increase from 1 on, got {values}")
        if len(self.draws) != len(self.sides) or min(self.draws) < 1:
            raise ValueError(
                f"draws must be numbers from 1 on, one for each of the sides {self.sides}, got {self.draws}"
            )
        if self.test < 1:
            raise ValueError(f"test must be at least 1, got {self.test}")
        if not self.ridge >= 0:
            raise ValueError(f"ridge must not be negative, got {self.ridge}: it is added to the diagonal")
        if self.precision not in ("float32", "float64"):
            raise ValueError(f"precision must be float32 or float64, got {self.precision!r}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")
        for side in self.sides:
            architecture("VEC", self.depth).pooling(side, side)
            self.image_source(side)  # raises for the rest

    def image_source(self, side: int) -> ImageSource:
        """Return where images of a side come from."""
        family = Family(side=self.sides[-1], noise=self.noise) if self.source == SYNTHETIC else None
        return ImageSource(self.source, self.checksum, side, family)


def shards(config: Resolution) -> tuple[str, ...]:
    """Return ``side:cell:draw``, cells by number, the largest images first."""
    return tuple(
        f"{side}:{cell}:{draw}"
        for side, draws in reversed(list(zip(config.sides, config.draws, strict=True)))
        for cell in reversed(range(len(CELLS)))
        for draw in range(draws)
    )


def run_shard(config: Resolution, shard: str) -> dict[str, np.ndarray]:
    """Compute one cell of one draw: ``correct`` (size, test image) and ``mse`` (size,)."""
    side, cell, draw = map(int, shard.split(":"))
    model, kind = CELLS[cell]
    images = task(config.image_source(side), config.sizes[-1], config.test, config.seed, draw)
    options = {
        "transformation": transformation(kind, side, side, stream(config.seed, draw)),
        "precision": config.precision,
        "threads": 1,  # shards run side by side
        "progress": False,
        "folder": results_root() / "grams" if config.tiles and model == "GAP" else None,
    }
    network = architecture(model, config.depth)
    train, test = images.train.images, images.test.images
    targets, truth = (one_hot(each.labels, len(each.classes)) for each in images)
    curve = learning_curve(
        gram(network, train, **options).ntk, gram(network, test, train, **options).ntk, targets, truth,
        config.sizes, ridge=config.ridge,
    )  # fmt: skip
    return {"correct": curve.correct, "mse": curve.mse}


def gather(config: Resolution, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Return ``correct_SIDE`` (cell, draw, size, test image) and ``mse_SIDE`` (cell, draw, size)."""
    return {
        f"{name}_{side}": np.array(
            [[parts[f"{side}:{cell}:{draw}"][name] for draw in range(draws)] for cell in range(len(CELLS))]
        )
        for side, draws in zip(config.sides, config.draws, strict=True)
        for name in ("correct", "mse")
    }


EXPERIMENT = Experiment(
    name="synergy.resolution",
    config_type=Resolution,
    profiles={
        "quick": Resolution(sides=(4, 8), draws=(2, 2), sizes=(20, 40), test=40, depth=2),
        "default": Resolution(),
        "paper": Resolution(
            source=JPEG_COPY,
            checksum=JPEG_CHECKSUM,
            sides=(8, 16, 32),
            draws=(4, 2, 1),
            sizes=(125, 250, 500),
            test=1000,
            depth=8,
            tiles=True,
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=(),
)
