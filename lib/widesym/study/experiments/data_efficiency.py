r"""B-F4: learning curves of a convolutional network, and of the same with one thing changed at a time.

The baseline is :math:`\mathsf{VEC}_n`, trained by SGD on clean images. Changed are

* the data: all images under one element of :math:`O(3)^d`;
* the model: :math:`\mathsf{LCN}_n`, without shared weights;
* the inference: regression with the NTK of the infinite network, which is that of both.

A training set is the beginning of every larger one, with one test set, one start and one :math:`\tau` a draw;
all are standardised as the largest. Where labels do not see it, the largest set can be doubled by flipping
its images left to right. Source: [SS], Section 6.1, Figure 4.
"""

import dataclasses
import itertools
from typing import Any

import numpy as np

from widesym.data.preparation import with_flips
from widesym.groups.images import transformation
from widesym.kernels.gram import gram
from widesym.kernels.regression import learning_curve, one_hot
from widesym.study.experiment import Experiment
from widesym.study.image_tasks import Task, architecture, stream
from widesym.study.network_config import PAPER, NetworkConfig, check_names
from widesym.study.network_runs import STARTS, finite, run_seeds, train_runs
from widesym.study.store import results_root

# by what is changed: model and transformation
NETWORKS = {"baseline": ("VEC", "identity"), "data": ("VEC", "pixelwise"), "model": ("LCN", "identity")}
REGRESSION = "inference"
CURVES = (*NETWORKS, REGRESSION)
MEASURES = ("accuracy", "mse", "fit")


@dataclasses.dataclass(frozen=True)
class DataEfficiency(NetworkConfig):
    """Every number of the experiment; ``train`` is the end of the curves, before flips.

    Args:
        smallest: training images at which curves begin.
        width: n of VEC.
        local_width: n of LCN.
        inference: ``NN`` or ``NN+``.
        start: ``plain`` or ``mirrored``.
        flips: whether the largest set is doubled by flipped images.
    """

    smallest: int = 200
    train: int = 1600
    width: int = 32
    local_width: int = 16
    inference: str = "NN+"
    start: str = "mirrored"
    flips: bool = False
    motif: int = 2
    noise: float = 0.4

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        super().__post_init__()
        check_names("inference", (self.inference,))
        check_names("start", (self.start,), STARTS)
        if not self.batch <= self.smallest <= self.train // 4:
            raise ValueError(
                f"smallest={self.smallest} must be from one batch of {self.batch} to a quarter of train="
                f"{self.train}: a curve has a beginning and an end with slopes of their own"
            )
        for name in ("width", "local_width"):
            value = getattr(self, name)
            if value < 1 or (self.start == "mirrored" and value % 2):
                raise ValueError(f"{name}={value} must be at least 1, and even for two mirrored halves")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Training images: the smallest, doubled and doubled again, the largest, twice that by flips."""
        doubled = (self.smallest << i for i in itertools.count())
        found = (*itertools.takewhile(lambda m: m < self.train, doubled), self.train)
        return (*found, 2 * self.train) if self.flips else found


def shards(config: DataEfficiency) -> tuple[str, ...]:
    """Return ``curve:size`` of the networks, large sizes first, and ``inference``."""
    cells = itertools.product(reversed(config.sizes), NETWORKS)
    return (*(f"{curve}:{size}" for size, curve in cells), REGRESSION)


def run_shard(config: DataEfficiency, shard: str) -> dict[str, np.ndarray]:
    """Train the runs of one point of a curve, or compute the whole curve of the infinite network.

    Returns:
        Best test ``accuracy`` along training, test ``mse`` and training accuracy ``fit`` at the end,
        (draws,); of the infinite network (sizes, draws), without ``fit``.
    """
    if shard == REGRESSION:
        curves = [_regression(config, draw) for draw in range(config.draws)]
        return dict(zip(("accuracy", "mse"), np.moveaxis(np.array(curves), 0, -1), strict=True))
    curve, size = shard.split(":")
    model, kind = NETWORKS[curve]
    width = config.local_width if model == "LCN" else config.width
    found = []
    for draw in range(config.draws):
        images = _beginning(config, draw, int(size))
        runs = train_runs(
            finite(model, config.depth, width, images), images, config.inference, config.plan(int(size)),
            run_seeds(config.seed, draw),
            transformation(kind, config.side, config.side, stream(config.seed, draw)),
            start=config.start, folder=results_root() / "checkpoints",
        )  # fmt: skip
        truth = one_hot(images.test.labels, len(images.test.classes))
        error = np.square(runs.predictions[0] - truth).mean() if runs.outcome[0] != "diverged" else np.nan
        found.append((runs.best[0], error, runs.train_accuracy[0, runs.last[0]]))
    return dict(zip(MEASURES, np.array(found, np.float64).T, strict=True))


def _beginning(config: DataEfficiency, draw: int, size: int) -> Task:
    images = config.task(draw)
    if size > config.train:
        return images._replace(train=with_flips(images.train))
    return images._replace(train=images.train.subset(np.arange(size)))


def _regression(config: DataEfficiency, draw: int) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy and MSE of regression at all sizes; the set with flips has a factor of its own."""
    # one thread: shards run side by side
    options = {"threads": 1, "progress": False}
    described, curves = architecture("VEC", config.depth), []
    own = [size for size in config.sizes if size <= config.train]
    for sizes in (own, config.sizes[len(own) :]):
        if sizes:
            train, test = _beginning(config, draw, sizes[-1])
            within = gram(described, train.images, **options)
            across = gram(described, test.images, train.images, **options)
            targets, truth = (one_hot(part.labels, len(part.classes)) for part in (train, test))
            found = learning_curve(within.ntk, across.ntk, targets, truth, sizes, ridge=config.ridge)
            curves.append((found.accuracy, found.mse))
    return tuple(np.concatenate(parts) for parts in zip(*curves, strict=True))


def gather(config: DataEfficiency, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put the points of each curve together: ``CURVE_accuracy`` and so on, (sizes, draws)."""
    found = {
        f"{curve}_{name}": np.array([parts[f"{curve}:{size}"][name] for size in config.sizes])
        for curve in NETWORKS
        for name in MEASURES
    }
    return found | {f"{REGRESSION}_{name}": parts[REGRESSION][name] for name in ("accuracy", "mse")}


EXPERIMENT = Experiment(
    name="synergy.data-efficiency",
    config_type=DataEfficiency,
    profiles={
        "quick": DataEfficiency(
            side=4,
            motif=2,
            smallest=40,
            train=160,
            test=60,
            steps=40,
            draws=2,
            depth=1,
            width=8,
            local_width=8,
        ),
        "default": DataEfficiency(),
        "paper": DataEfficiency(**PAPER, smallest=320, width=128, local_width=32, start="plain", flips=True),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-F4",),
)
