r"""B-F10: learning curves of infinite networks, for every architecture and every symmetry of the data.

Accuracy and mean squared error of kernel regression against the number m of training images; one Cholesky
factor serves all sizes of a curve. Transformations in a model's own group change nothing
(:mod:`widesym.study.experiments.kernel_table`) and are left out: FCN is computed on clean images, LCN is VEC,
VEC is computed on clean images and under :math:`O(3d)`, LAP and GAP also under :math:`O(3)^d`.

On real images also VEC with 14 hidden layers at the sizes of published curves. Source: [SS], Figure S6.
"""

import dataclasses
import itertools
from typing import Any

import numpy as np

from widesym.data.synthetic import Family
from widesym.groups.images import transformation
from widesym.kernels.gram import gram
from widesym.kernels.regression import Curve, learning_curve, one_hot
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
POOLED = ("identity", "pixelwise", "rotation")  # what LAP and GAP can tell apart
SEEN = {"FCN": POOLED[:1], "VEC": (POOLED[0], POOLED[2])}
REFERENCE_DEPTH = 14
_REFERENCE = "reference"


@dataclasses.dataclass(frozen=True)
class LearningCurves:
    r"""Every number of the experiment.

    Args:
        source: ``synthetic``, or a source of real images.
        checksum: of the real images; others are refused. Empty for synthetic ones.
        side: of the images.
        models: FCN, VEC, GAP, and LAP with the side of its windows.
        largest: training images of the longest curve, for each model.
        draws: of images and :math:`\tau`, for each model.
        smallest: training images at which curves begin.
        depth: hidden layers.
        test: test images.
        reference_sizes: training images of VEC with 14 layers, increasing; none to leave it out.
        reference_draws: of images, for each of these sizes.
        ridge: as a fraction of the mean diagonal of the kernel of all images of a curve.
        precision: of the kernels; systems are solved in float64.
        noise: of the synthetic family.
        tiles: whether kernels of models that pool are kept as tiles, shared with other experiments.
        seed: of everything.
    """

    source: str = SYNTHETIC
    checksum: str = ""
    side: int = 8
    models: tuple[str, ...] = ("FCN", "VEC", "LAP2", "GAP")
    largest: tuple[int, ...] = (1600, 1600, 800, 800)
    draws: tuple[int, ...] = (4, 4, 4, 4)
    smallest: int = 50
    depth: int = 3
    test: int = 400
    reference_sizes: tuple[int, ...] = ()
    reference_draws: tuple[int, ...] = ()
    ridge: float = 1e-6
    precision: str = "float32"
    noise: float = 0.8
    tiles: bool = False
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        if not self.models or len(set(self.models)) < len(self.models) or "LCN" in self.models:
            raise ValueError(f"models must be distinct and without LCN, which is VEC; got {self.models}")
        for name in ("largest", "draws"):
            if len(getattr(self, name)) != len(self.models):
                raise ValueError(
                    f"{name} must have a number for each of the models {', '.join(self.models)}, got "
                    f"{getattr(self, name)}"
                )
        if self.smallest < 1 or min(self.largest) < 2 * self.smallest:
            raise ValueError(
                f"smallest={self.smallest} must be at least 1, and every curve at least twice as long, got "
                f"largest={self.largest}"
            )
        if any(a >= b for a, b in itertools.pairwise((0, *self.reference_sizes))):
            raise ValueError(f"reference_sizes must increase from 1 on, got {self.reference_sizes}")
        if len(self.reference_draws) != len(self.reference_sizes):
            raise ValueError(
                f"reference_draws must have a number for each of the sizes {self.reference_sizes}, got "
                f"{self.reference_draws}"
            )
        for name, value in (
            ("draws", min(self.draws)),
            ("reference_draws", min(self.reference_draws, default=1)),
            ("test", self.test),
        ):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not self.ridge >= 0:
            raise ValueError(f"ridge must not be negative, got {self.ridge}: it is added to the diagonal")
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

    def sizes(self, model: str) -> tuple[int, ...]:
        """Return the sizes of a model's curves: the smallest, doubled and doubled again, and the largest."""
        largest = self.largest[self.models.index(model)]
        doubled = itertools.takewhile(lambda m: m < largest, (self.smallest << i for i in itertools.count()))
        return (*doubled, largest)


def curves(config: LearningCurves) -> tuple[tuple[str, str], ...]:
    """Return (model, transformation) of every curve."""
    return tuple((model, kind) for model in config.models for kind in SEEN.get(model, POOLED))


def shards(config: LearningCurves) -> tuple[str, ...]:
    """Return ``model:transformation:draw`` and ``reference:size:draw``, what pools over most first."""
    draws = dict(zip(config.models, config.draws, strict=True))
    cells = [f"{m}:{kind}:{draw}" for m, kind in reversed(curves(config)) for draw in range(draws[m])]
    sizes = zip(config.reference_sizes, config.reference_draws, strict=True)
    reference = [f"{_REFERENCE}:{size}:{draw}" for size, count in sizes for draw in range(count)]
    return (*cells, *reversed(reference))


def run_shard(config: LearningCurves, shard: str) -> dict[str, np.ndarray]:
    """Compute one curve of one draw: ``accuracy`` and ``mse`` (kernel, size); or the reference at one size.

    The reference is ``correct`` (test image,), of the NNGP.
    """
    model, what, draw = shard.split(":")
    if model == _REFERENCE:
        nngp, _ = _curves(config, "VEC", REFERENCE_DEPTH, (int(what),), "identity", int(draw))
        return {"correct": nngp.correct[0]}
    found = _curves(config, model, config.depth, config.sizes(model), what, int(draw))
    return {name: np.array([getattr(curve, name) for curve in found]) for name in ("accuracy", "mse")}


def _curves(
    config: LearningCurves, model: str, depth: int, sizes: tuple[int, ...], kind: str, draw: int
) -> list[Curve]:
    """Return the curves of NNGP and NTK."""
    network = architecture(model, depth)
    images = task(config.image_source(), sizes[-1], config.test, config.seed, draw)
    pools = network.pooling(config.side, config.side) != (1, 1)
    options = {
        "transformation": transformation(kind, config.side, config.side, stream(config.seed, draw)),
        "precision": config.precision,
        "threads": 1,  # shards run side by side
        "progress": False,
        "folder": results_root() / "grams" if config.tiles and pools else None,
    }
    train, test = images.train.images, images.test.images
    kernels = zip(gram(network, train, **options), gram(network, test, train, **options), strict=True)
    targets, truth = (one_hot(each.labels, len(each.classes)) for each in images)
    return [
        learning_curve(within, across, targets, truth, sizes, ridge=config.ridge)
        for within, across in kernels  # NNGP, NTK: as in KERNELS
    ]


def gather(config: LearningCurves, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put the draws of each curve together.

    ``MODEL_TRANSFORMATION_accuracy`` and ``..._mse`` (draw, kernel, size), kernels NNGP and NTK; and
    ``reference_SIZE`` (draw, test image): which are correct.
    """
    draws = dict(zip(config.models, config.draws, strict=True))
    found = {
        f"{model}_{kind}_{name}": np.stack(
            [parts[f"{model}:{kind}:{draw}"][name] for draw in range(draws[model])]
        )
        for model, kind in curves(config)
        for name in ("accuracy", "mse")
    }
    for size, count in zip(config.reference_sizes, config.reference_draws, strict=True):
        found[f"{_REFERENCE}_{size}"] = np.stack(
            [parts[f"{_REFERENCE}:{size}:{draw}"]["correct"] for draw in range(count)]
        )
    return found


EXPERIMENT = Experiment(
    name="synergy.learning-curves",
    config_type=LearningCurves,
    profiles={
        "quick": LearningCurves(largest=(80, 80, 80, 80), draws=(2, 2, 2, 2), smallest=20, depth=2, test=60),
        "default": LearningCurves(),
        "paper": LearningCurves(
            source=JPEG_COPY,
            checksum=JPEG_CHECKSUM,
            side=32,
            models=("FCN", "VEC", "LAP4", "GAP"),
            largest=(10240, 10240, 1000, 500),
            draws=(3, 3, 1, 1),
            smallest=40,
            depth=8,
            test=1000,
            reference_sizes=(120, 480, 1920, 7680),
            reference_draws=(20, 10, 5, 3),
            tiles=True,
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-F10",),
)
