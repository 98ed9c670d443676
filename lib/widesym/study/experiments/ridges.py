r"""Beside B-F2: how much of a kernel's accuracy is its ridge?

On clean images, for every model, accuracy of kernel regression against the ridge :math:`\lambda`, a fraction
of the mean diagonal; and the ridge that the training images alone would choose, by their exact leave-one-out
error (:func:`widesym.kernels.regression.cross_validated_ridge`). The paper does not say which ridge it has.

Draws, images and kernels are those of :mod:`widesym.study.experiments.kernel_table`, whose tiles are used
where there are any. Extension of [SS], Section 5.2.
"""

import dataclasses
import itertools
from typing import Any

import numpy as np

from widesym.data.synthetic import Family
from widesym.kernels.gram import gram
from widesym.kernels.regression import cross_validated_ridge, learning_curve, one_hot
from widesym.study.experiment import Experiment
from widesym.study.image_tasks import (
    JPEG_CHECKSUM,
    JPEG_COPY,
    SYNTHETIC,
    ImageSource,
    architecture,
    task,
)
from widesym.study.store import results_root

KERNELS = ("nngp", "ntk")


@dataclasses.dataclass(frozen=True)
class Ridges:
    r"""Every number of the experiment.

    Args:
        source: ``synthetic``, or a source of real images.
        checksum: of the real images; others are refused. Empty for synthetic ones.
        side: of the images.
        models: names of architectures, LAP with the side of its windows.
        draws: of images, for each model.
        ridges: :math:`\lambda`, increasing.
        depth: hidden layers.
        train: training images, m.
        test: test images.
        precision: of the kernels; systems are solved in float64.
        noise: of the synthetic family.
        tiles: whether kernels of models that pool are kept as tiles, shared with other experiments.
        seed: of everything.
    """

    source: str = SYNTHETIC
    checksum: str = ""
    side: int = 8
    models: tuple[str, ...] = ("FCN", "VEC", "LAP2", "LAP4", "GAP")
    draws: tuple[int, ...] = (3, 3, 3, 3, 3)
    ridges: tuple[float, ...] = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
    depth: int = 3
    train: int = 300
    test: int = 300
    precision: str = "float32"
    noise: float = 0.8
    tiles: bool = False
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        if not self.models or len(set(self.models)) < len(self.models):
            raise ValueError(f"models must be distinct, at least one, got {self.models}")
        if len(self.draws) != len(self.models) or min(self.draws) < 1:
            raise ValueError(
                f"draws must be {len(self.models)} numbers from 1 on, one for each of the models "
                f"{', '.join(self.models)}, got {self.draws}"
            )
        if not self.ridges or any(a >= b for a, b in itertools.pairwise((0.0, *self.ridges))):
            raise ValueError(f"ridges must increase from above 0, got {self.ridges}")
        for name in ("train", "test"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.precision not in ("float32", "float64"):
            raise ValueError(f"precision must be float32 or float64, got {self.precision!r}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")
        for model in self.models:
            architecture(model, self.depth).pooling(self.side, self.side)
        self.image_source()  # raises for the rest

    def image_source(self) -> ImageSource:
        """Return where the images come from."""
        family = Family(side=self.side, noise=self.noise) if self.source == SYNTHETIC else None
        return ImageSource(self.source, self.checksum, self.side, family)


def shards(config: Ridges) -> tuple[str, ...]:
    """Return ``model:draw``, the last models first: they pool over most."""
    pairs = reversed(list(zip(config.models, config.draws, strict=True)))
    return tuple(f"{model}:{draw}" for model, draws in pairs for draw in range(draws))


def run_shard(config: Ridges, shard: str) -> dict[str, np.ndarray]:
    """Compute one model and draw: ``correct`` (kernel, ridge, test image); ``chosen`` (kernel,), an index."""
    model, draw = shard.split(":")
    network = architecture(model, config.depth)
    images = task(config.image_source(), config.train, config.test, config.seed, int(draw))
    pools = network.pooling(config.side, config.side) != (1, 1)
    options = {
        "precision": config.precision,
        "threads": 1,  # shards run side by side
        "progress": False,
        "folder": results_root() / "grams" if config.tiles and pools else None,
    }
    train, test = images.train.images, images.test.images
    targets, truth = (one_hot(each.labels, len(each.classes)) for each in images)
    found: dict[str, list] = {"correct": [], "chosen": []}
    # NNGP, NTK: as in KERNELS
    for within, across in zip(
        gram(network, train, **options), gram(network, test, train, **options), strict=True
    ):
        curves = (
            learning_curve(within, across, targets, truth, [config.train], ridge=ridge)
            for ridge in config.ridges
        )
        found["correct"].append([curve.correct[0] for curve in curves])
        best = cross_validated_ridge(within, targets, config.ridges)
        found["chosen"].append(config.ridges.index(best.ridge))
    return {name: np.array(values) for name, values in found.items()}


def gather(config: Ridges, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Return ``MODEL_correct`` (draw, kernel, ridge, test image) and ``MODEL_chosen`` (draw, kernel)."""
    return {
        f"{model}_{name}": np.stack([parts[f"{model}:{draw}"][name] for draw in range(draws)])
        for model, draws in zip(config.models, config.draws, strict=True)
        for name in ("correct", "chosen")
    }


EXPERIMENT = Experiment(
    name="synergy.ridges",
    config_type=Ridges,
    profiles={
        "quick": Ridges(
            models=("VEC", "GAP"), draws=(2, 2), ridges=(1e-6, 1e-3, 1.0), train=60, test=60, depth=2
        ),
        "default": Ridges(),
        "paper": Ridges(
            source=JPEG_COPY,
            checksum=JPEG_CHECKSUM,
            side=32,
            models=("FCN", "VEC", "LAP4", "LAP8", "GAP"),
            draws=(5, 5, 2, 1, 1),
            depth=8,
            train=500,
            test=1000,
            tiles=True,
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-F2",),
)
