r"""B-F2, all three columns: every model under every transformation of the data, by NTK, NN and NN+.

One fixed random element :math:`\tau` of each of five groups is applied to all images, train and test. The
infinite network of each model predicts by regression with its NTK, as in
:mod:`widesym.study.experiments.kernel_table`; a finite one is trained by ``NN`` and by ``NN+``
(:mod:`widesym.study.network_runs`). All cells of one draw share images, labels and the :math:`\tau` of each
group; the five cells of one model and both inferences share the start as well. So differences between cells
are paired, test image by test image.

Of every run is kept: which test images it has right at its end, its best test accuracy, its training
accuracy at the end, its steps and how it ended. The paper takes the best test accuracy along training, a
choice by the test set: here it is kept beside the accuracy at the end. Source: [SS], Section 5, Figure 2 and
Section B.1.
"""

import dataclasses
from typing import Any

import numpy as np

from widesym.groups.images import KINDS, transformation
from widesym.study.experiment import Experiment
from widesym.study.experiments import kernel_table
from widesym.study.experiments.kernel_table import KERNELS, KernelTable
from widesym.study.image_tasks import SYNTHETIC, stream
from widesym.study.network_cells import MEASURES, kept
from widesym.study.network_config import PAPER, NetworkConfig, check_names, check_widths
from widesym.study.network_runs import INFERENCES, STARTS, finite, run_seeds, train_runs
from widesym.study.store import results_root

LIMIT = "NTK"
_DRAWS = 4  # of a variant, at most


@dataclasses.dataclass(frozen=True)
class NetworkTable(NetworkConfig):
    """Every number of the experiment.

    Args:
        models: names of architectures, LAP with the side of its windows.
        widths: of every hidden layer, for each model.
        transformations: which of the five kinds, the identity first.
        inferences: ``NN``, ``NN+`` or both; ``NTK`` is always there.
        start: of the finite networks, one of :data:`widesym.study.network_runs.STARTS`.
    """

    models: tuple[str, ...] = ("FCN", "LCN", "VEC", "LAP2", "LAP4", "GAP")
    widths: tuple[int, ...] = (256, 8, 16, 16, 16, 16)
    transformations: tuple[str, ...] = KINDS
    inferences: tuple[str, ...] = ("NN", "NN+")
    start: str = "silent"
    steps: int = 1600
    epochs: int = 4
    train: int = 400
    test: int = 400
    draws: int = 6

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        super().__post_init__()
        check_names("start", (self.start,), STARTS)
        check_names("inferences", self.inferences)
        if len(self.widths) != len(self.models):
            raise ValueError(f"widths must be one for each of {', '.join(self.models)}, got {self.widths}")
        for width in self.widths:
            check_widths((width,), mirrored=self.start == "mirrored")
        self.kernels()  # raises for models and transformations

    @property
    def columns(self) -> tuple[str, ...]:
        """The inferences, the infinite network's first."""
        return (LIMIT, *self.inferences)

    def kernels(self) -> KernelTable:
        """Return the kernels' table of the same models, images and transformations."""
        names = (
            "source", "checksum", "side", "models", "transformations", "depth", "train", "test", "ridge",
            "classes", "motif", "copies", "noise", "seed",
        )  # fmt: skip
        shared = {name: getattr(self, name) for name in names}
        # photographs: kernels are dear, and found as tiles where they have been computed before
        parts = int(self.source != SYNTHETIC)
        count = len(self.models)
        return KernelTable(**shared, draws=(self.draws,) * count, parts=(parts,) * count)


def shards(config: NetworkTable) -> tuple[str, ...]:
    """Return ``inference:model``, NN first, whose runs are longest, and NTK last; large windows first."""
    columns = (*(name for name in INFERENCES if name in config.inferences), LIMIT)
    return tuple(f"{column}:{model}" for column in columns for model in reversed(config.models))


def run_shard(config: NetworkTable, shard: str) -> dict[str, np.ndarray]:
    """Compute the cells of one model by one inference.

    Returns:
        ``correct`` (transformations, draws, test images); of infinite networks also ``nngp``, the same by the
        other kernel, to which runs with a silent start tend; of finite networks :data:`MEASURES`
        (transformations, draws), with the outcome as an index into :data:`widesym.networks.runs.OUTCOMES`.
    """
    column, model = shard.split(":")
    if column == LIMIT:
        return _regression(config, model)
    width = config.widths[config.models.index(model)]
    found: dict[str, list[np.ndarray]] = {"correct": [], **{name: [] for name in MEASURES}}
    for draw in range(config.draws):
        images = config.task(draw)
        place = (config.side, config.side, stream(config.seed, draw))
        runs = train_runs(
            finite(model, config.depth, width, images), images, column, config.plan(),
            run_seeds(config.seed, draw) * len(config.transformations),
            [transformation(kind, *place) for kind in config.transformations],
            start=config.start, folder=results_root() / "checkpoints",
        )  # fmt: skip
        for name, values in kept(runs, images.test.labels).items():
            found[name].append(values)
    return {name: np.stack(values, axis=1) for name, values in found.items()}


def _regression(config: NetworkTable, model: str) -> dict[str, np.ndarray]:
    kernels = config.kernels()
    cells = [
        [kernel_table.run_shard(kernels, f"cell:{model}:{kind}:{draw}") for draw in range(config.draws)]
        for kind in config.transformations
    ]
    both = np.array([[cell["correct"] for cell in row] for row in cells])
    return {"correct": both[:, :, KERNELS.index("ntk")], "nngp": both[:, :, KERNELS.index("nngp")]}


def variants(config: NetworkTable) -> dict[str, NetworkTable]:
    """Return smaller tables of NN+ that say where a difference comes from.

    ``wide`` has GAP alone, with three times the channels; the others, by name, have VEC from the starts
    that the table does not have, and twice the steps, as they fit later.
    """
    channels = dict(zip(config.models, config.widths, strict=True))
    few = dataclasses.replace(config, draws=min(config.draws, _DRAWS), inferences=("NN+",))
    found = {}
    if "GAP" in channels:
        found["wide"] = dataclasses.replace(
            few, models=("GAP",), widths=(3 * channels["GAP"],), transformations=("identity", "rotation")
        )
    if "VEC" in channels:
        few = dataclasses.replace(
            few, steps=2 * config.steps, models=("VEC",), widths=(channels["VEC"],),
            transformations=("identity", "pixelwise"),
        )  # fmt: skip
        found |= {start: dataclasses.replace(few, start=start) for start in STARTS if start != config.start}
    return found


def gather(config: NetworkTable, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put the inferences of each model together.

    ``MODEL_correct`` (NTK and inferences, transformations, draws, test images), ``MODEL_nngp``
    (transformations, draws, test images), and ``MODEL_best`` and so on (inferences, transformations, draws).
    """
    found = {}
    for model in config.models:
        columns = [parts[f"{column}:{model}"] for column in config.columns]
        found[f"{model}_correct"] = np.stack([column["correct"] for column in columns])
        found[f"{model}_nngp"] = columns[0]["nngp"]
        for name in MEASURES:
            found[f"{model}_{name}"] = np.stack([column[name] for column in columns[1:]])
    return found


EXPERIMENT = Experiment(
    name="synergy.network-table",
    config_type=NetworkTable,
    profiles={
        "quick": NetworkTable(
            train=80, test=60, draws=2, depth=1, steps=40, side=4, motif=2, models=("FCN", "VEC", "GAP"),
            widths=(32, 4, 4),
        ),
        "default": NetworkTable(),
        "paper": NetworkTable(
            **PAPER,
            models=("FCN", "LCN", "VEC", "LAP4", "LAP8", "GAP"),
            widths=(1024, 32, 128, 128, 128, 128),
            start="plain",
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-F2",),
    variants=variants,
)  # fmt: skip
