r"""B-F9: networks whose first layer starts from uniform weights, beside Gaussian ones.

Iid Gaussian weights have the same law after every rotation; iid uniform ones, of the same variance, after
signed permutations only. So Theorem 4.1 says nothing any more about rotated data, and the paper asks whether
accuracy does. Each model is trained on clean images and under transformations of :data:`SEEN`: a rotation of
its own group, which a Gaussian start cannot see, and for convolutions a rotation beyond it.

Runs of one draw share images, :math:`\tau`, the order of images and all weights but those of the first layer,
which are coupled: the same quantiles of both laws.

A unit of the first layer computes a sum :math:`z=\sum_ja_jw_j` over all that it sees, with the bias. Its
excess kurtosis, 0 for Gaussian weights and :math:`\kappa=-6/5` for one uniform weight, is

.. math:: \kappa\,\frac{\sum_ja_j^4}{(\sum_ja_j^2)^2}.

Source: [SS], Remark S1 and Section F.3, Figure S5.
"""

import dataclasses
from typing import Any

import numpy as np

from widesym.groups.images import transformation
from widesym.networks.models import LAWS
from widesym.study.experiment import Experiment
from widesym.study.image_tasks import stream
from widesym.study.network_cells import kept
from widesym.study.network_config import PAPER, NetworkConfig, check_names, check_widths
from widesym.study.network_runs import STARTS, finite, run_seeds, train_runs
from widesym.study.store import results_root

# of each model: clean images, a rotation of its own group, and for convolutions one beyond it
SEEN = {
    "FCN": ("identity", "rotation"),
    "LCN": ("identity", "pixelwise"),
    "VEC": ("identity", "colour", "pixelwise"),
    "GAP": ("identity", "colour", "pixelwise"),
}
UNIFORM_KURTOSIS = -1.2
MEASURES = ("correct", "fit", "steps")


@dataclasses.dataclass(frozen=True)
class UniformStart(NetworkConfig):
    """Every number of the experiment.

    Args:
        models: of :data:`SEEN`.
        widths: of every hidden layer, for each model.
        inference: ``NN`` or ``NN+``.
        start: one of :data:`widesym.study.network_runs.STARTS`.
    """

    models: tuple[str, ...] = ("FCN", "LCN", "VEC", "GAP")
    widths: tuple[int, ...] = (256, 8, 16, 16)
    inference: str = "NN+"
    start: str = "silent"
    train: int = 400
    test: int = 400
    draws: int = 6
    epochs: int = 2

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        super().__post_init__()
        check_names("models", self.models, tuple(SEEN))
        check_names("inference", (self.inference,))
        check_names("start", (self.start,), STARTS)
        if len(self.widths) != len(self.models):
            raise ValueError(f"widths must be one for each of {', '.join(self.models)}, got {self.widths}")
        for width in self.widths:
            check_widths((width,), mirrored=self.start == "mirrored")


def shards(config: UniformStart) -> tuple[str, ...]:
    """Return the models, the last first: those that pool train longest."""
    return config.models[::-1]


def run_shard(config: UniformStart, shard: str) -> dict[str, np.ndarray]:
    """Train the runs of one model from both laws.

    Returns:
        ``correct``, which test images are right at the end, (laws, kinds, draws, test images); training
        accuracy ``fit`` and ``steps`` at the end, (laws, kinds, draws); ``kurtosis``, the mean excess
        kurtosis of a first-layer unit with uniform weights at a test image, (draws,).
    """
    width, kinds = config.widths[config.models.index(shard)], SEEN[shard]
    found: dict[str, list] = {name: [] for name in (*MEASURES, "kurtosis")}
    for draw in range(config.draws):
        images = config.task(draw)
        net = finite(shard, config.depth, width, images)
        place = (config.side, config.side, stream(config.seed, draw))
        cells: dict[str, list] = {name: [] for name in MEASURES}
        for law in LAWS:
            runs = train_runs(
                net, images, config.inference, config.plan(), run_seeds(config.seed, draw) * len(kinds),
                [transformation(kind, *place) for kind in kinds],
                start=config.start, first=law, folder=results_root() / "checkpoints",
            )  # fmt: skip
            ended = kept(runs, images.test.labels)
            for name in MEASURES:
                cells[name].append(ended[name])
        for name in MEASURES:
            found[name].append(np.stack(cells[name]))
        scale = net.scales()["hidden_1"]
        seen = inputs(images.test.images, net.side) * scale.weight
        found["kurtosis"].append(excess_kurtosis(seen, scale.bias).mean())
    kurtosis = np.array(found.pop("kurtosis"))
    return {name: np.stack(values, axis=2) for name, values in found.items()} | {"kurtosis": kurtosis}


def inputs(images: np.ndarray, side: int) -> np.ndarray:
    """Return what first-layer units see of images (n, H, W, C): (units, numbers), by windows of that side.

    A side of 1 stands for an FCN, as in :class:`widesym.networks.models.Network`: it sees the whole image.
    """
    if side == 1:
        return images.reshape(len(images), -1)
    reach = range(-(side // 2), side // 2 + 1)
    moved = [np.roll(images, (-a, -b), (1, 2)) for a in reach for b in reach]
    return np.concatenate(moved, axis=-1).reshape(-1, side * side * images.shape[-1])


def excess_kurtosis(numbers: np.ndarray, bias: float = 0.0) -> np.ndarray:
    """Return the excess kurtosis of sums of iid uniform weights, for coefficients (units, numbers)."""
    squares = np.square(np.asarray(numbers, np.float64))
    total = squares.sum(1) + bias**2
    return UNIFORM_KURTOSIS * ((squares**2).sum(1) + bias**4) / total**2


def gather(config: UniformStart, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Name the arrays of each model: ``MODEL_correct`` and so on."""
    return {
        f"{model}_{name}": parts[model][name] for model in config.models for name in (*MEASURES, "kurtosis")
    }


EXPERIMENT = Experiment(
    name="synergy.uniform-start",
    config_type=UniformStart,
    profiles={
        "quick": UniformStart(
            train=80,
            test=60,
            draws=2,
            depth=1,
            steps=40,
            side=4,
            motif=2,
            models=("FCN", "VEC"),
            widths=(32, 4),
        ),
        "default": UniformStart(),
        "paper": UniformStart(**PAPER, widths=(1024, 32, 128, 128), start="plain"),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-F9",),
)
