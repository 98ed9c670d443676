r"""Beside B-F2: on which data does GAP under :math:`O(3)^d` perform as VEC does?

Where images differ by noise that is independent from pixel to pixel, or where they are smooth? Images are

.. math:: x = G_b * (s + \sigma\varepsilon),

a standardised image s without noise (of the synthetic family, or a photograph), white noise
:math:`\varepsilon`, and a circular Gaussian filter of b pixels (none for b = 0); then standardised again.
For each noise and each blur: the accuracy of VEC and GAP, and of GAP under :math:`O(3)^d`, with the NTK. (VEC
under :math:`O(3)^d` equals VEC.)

Extension of [SS], Section 5.3.
"""

import dataclasses
import functools
import itertools
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from widesym.data.datasets import Dataset
from widesym.data.preparation import standardise
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
    Task,
    architecture,
    stream,
    task,
)

CELLS = (("VEC", "identity"), ("GAP", "identity"), ("GAP", "pixelwise"))
_NOISE = 7  # stream of a draw


@dataclasses.dataclass(frozen=True)
class RotatedPooling:
    r"""Every number of the experiment.

    Args:
        source: ``synthetic``, or a source of real images.
        checksum: of the real images; others are refused. Empty for synthetic ones.
        side: of the images.
        noises: standard deviations :math:`\sigma` of the pixel noise, increasing; those of s are 1.
        blurs: widths b of the filter in pixels, increasing.
        draws: of images and :math:`\tau`.
        depth: hidden layers.
        train: training images.
        test: test images.
        ridge: as a fraction of the mean diagonal of the kernel.
        precision: of the kernels; systems are solved in float64.
        seed: of everything.
    """

    source: str = SYNTHETIC
    checksum: str = ""
    side: int = 8
    noises: tuple[float, ...] = (0.0, 0.4, 0.8)
    blurs: tuple[float, ...] = (0.0, 0.7, 1.0, 1.5)
    draws: int = 3
    depth: int = 3
    train: int = 300
    test: int = 300
    ridge: float = 1e-6
    precision: str = "float32"
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        for name in ("noises", "blurs"):
            values = getattr(self, name)
            if not values or min(values) < 0 or any(a >= b for a, b in itertools.pairwise(values)):
                raise ValueError(f"{name} must increase from 0 or more, got {values}")
        for name in ("draws", "train", "test"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not self.ridge >= 0:
            raise ValueError(f"ridge must not be negative, got {self.ridge}: it is added to the diagonal")
        if self.precision not in ("float32", "float64"):
            raise ValueError(f"precision must be float32 or float64, got {self.precision!r}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")
        architecture("VEC", self.depth).pooling(self.side, self.side)
        self.image_source()  # raises for the rest

    def image_source(self) -> ImageSource:
        """Return where images without noise come from."""
        family = Family(side=self.side, noise=0.0) if self.source == SYNTHETIC else None
        return ImageSource(self.source, self.checksum, self.side, family)


def noisy(config: RotatedPooling, draw: int, noise: float, blur: float) -> Task:
    """Return the images of a draw with noise, filtered and standardised again."""
    images = task(config.image_source(), config.train, config.test, config.seed, draw)
    rng = np.random.default_rng(stream(config.seed, draw, _NOISE))

    def changed(part: Dataset) -> Dataset:
        x = part.images + noise * rng.standard_normal(part.images.shape)
        if blur:
            x = gaussian_filter(x, (0, blur, blur, 0), mode="wrap")
        return part.changed(f"noise {noise}, blur {blur}", x.astype(np.float32))

    return Task(*standardise(*map(changed, images)))


def shards(config: RotatedPooling) -> tuple[str, ...]:
    """Return ``noise:blur:draw``, by number: all cost the same."""
    counts = range(len(config.noises)), range(len(config.blurs)), range(config.draws)
    return tuple(":".join(map(str, numbers)) for numbers in itertools.product(*counts))


def run_shard(config: RotatedPooling, shard: str) -> dict[str, np.ndarray]:
    """Compute the cells of one noise, blur and draw: which test images are correct, (cells, test)."""
    noise, blur, draw = map(int, shard.split(":"))
    images = noisy(config, draw, config.noises[noise], config.blurs[blur])
    train, test = images.train.images, images.test.images
    targets, truth = (one_hot(each.labels, len(each.classes)) for each in images)
    correct = []
    for model, kind in CELLS:
        kernel = functools.partial(
            gram,
            architecture(model, config.depth),
            transformation=transformation(kind, config.side, config.side, stream(config.seed, draw)),
            precision=config.precision,
            threads=1,  # shards run side by side
            progress=False,
        )
        curve = learning_curve(
            kernel(train).ntk, kernel(test, train).ntk, targets, truth, [config.train], ridge=config.ridge
        )
        correct.append(curve.correct[0])
    return {"correct": np.array(correct)}


def gather(config: RotatedPooling, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Return ``correct`` (cell, noise, blur, draw, test image), cells as in :data:`CELLS`."""
    found = np.array([parts[shard]["correct"] for shard in shards(config)])  # (shard, cell, test)
    shape = len(config.noises), len(config.blurs), config.draws, *found.shape[1:]
    return {"correct": np.moveaxis(found.reshape(shape), 3, 0)}


EXPERIMENT = Experiment(
    name="synergy.rotated-pooling",
    config_type=RotatedPooling,
    profiles={
        "quick": RotatedPooling(noises=(0.0, 0.8), blurs=(0.0, 1.0), draws=2, train=60, test=60, depth=2),
        "default": RotatedPooling(),
        "paper": RotatedPooling(
            source=JPEG_COPY, checksum=JPEG_CHECKSUM, side=16, noises=(0.0, 0.5, 1.0), blurs=(0.0, 1.0),
            draws=1, depth=8, train=300, test=1000,
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-F2",),
)  # fmt: skip
