r"""B-F3: accuracy of a convolutional network against its width, with and without a spurious symmetry.

:math:`\mathsf{VEC}_n` is trained on images under one rotation of colours for all pixels,
:math:`O(3)\otimes I_d`, to which it is blind at every width, and under one for each pixel, :math:`O(3)^d`, to
which it is blind at infinite width only. All cells of one draw share images, labels and the :math:`\tau` of
each group; cells of one width share the start as well.

Points at :math:`n=\infty`: regression with the NTK, and one run from one start
(:func:`widesym.study.network_runs.limit_runs`). They are the same for both groups (Theorem 4.1).
Source: [SS], Section 5.4, Figure 3.
"""

import dataclasses
from typing import Any

import numpy as np

from widesym.groups.images import KINDS, transformation
from widesym.study.experiment import Experiment
from widesym.study.image_tasks import stream
from widesym.study.network_config import PAPER, NetworkConfig, check_names, check_widths
from widesym.study.network_runs import INFERENCES, finite, limit, limit_runs, run_seeds, train_runs
from widesym.study.store import results_root

MODEL = "VEC"
MEASURES = ("best", "final", "fit", "steps")
TRAININGS = (*INFERENCES, *(f"mirrored-{inference}" for inference in INFERENCES))
_LIMIT = "limit"


@dataclasses.dataclass(frozen=True)
class Width(NetworkConfig):
    """Every number of the experiment.

    Args:
        widths: n of every hidden layer, increasing.
        transformations: two kinds: the one that every width is blind to, and the spurious one.
        trainings: of :data:`TRAININGS`: by the inference, and by the start where it is not the paper's.
    """

    widths: tuple[int, ...] = (24, 48, 96)
    transformations: tuple[str, ...] = ("colour", "pixelwise")
    trainings: tuple[str, ...] = ("NN", "NN+", "mirrored-NN+")
    draws: int = 4

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        super().__post_init__()
        check_names("trainings", self.trainings, TRAININGS)
        check_widths(self.widths, mirrored=any(how(training)[1] == "mirrored" for training in self.trainings))
        check_names("transformations", self.transformations, KINDS)
        if len(self.transformations) != 2:
            raise ValueError(f"transformations must be two, to be compared, got {self.transformations}")


def how(training: str) -> tuple[str, str]:
    """Return inference and start of one of :data:`TRAININGS`."""
    start, _, inference = training.rpartition("-")
    return inference, start or "plain"


def shards(config: Width) -> tuple[str, ...]:
    """Return ``inference:width``, wide ones first, and ``limit``."""
    inferences = dict.fromkeys(how(training)[0] for training in config.trainings)
    return (*(f"{inference}:{n}" for n in reversed(config.widths) for inference in inferences), _LIMIT)


def run_shard(config: Width, shard: str) -> dict[str, np.ndarray]:
    """Train the runs of one width by one inference, from all its starts, or predict by the infinite network.

    Returns:
        Of runs, in the order of the config's trainings: ``best`` and ``final`` test accuracy, ``fit``, the
        training accuracy at the end, and ``steps``: (starts, kinds, draws). Of the infinite network the
        accuracies ``ntk`` and ``run``, (draws,).
    """
    if shard == _LIMIT:
        pairs = [_limits(config, draw) for draw in range(config.draws)]
        return dict(zip(("ntk", "run"), np.array(pairs).T, strict=True))
    inference, width = shard.split(":")
    starts = [how(training)[1] for training in config.trainings if how(training)[0] == inference]
    # all starts in one process: they are one compiled program
    found = np.array([_runs(config, inference, start, int(width)) for start in starts])
    return dict(zip(MEASURES, np.moveaxis(found, -1, 0), strict=True))


def _runs(config: Width, inference: str, start: str, width: int) -> np.ndarray:
    """Measures of the runs from one start, (kinds, draws, measures)."""
    found = []
    for draw in range(config.draws):
        images = config.task(draw)
        place = (config.side, config.side, stream(config.seed, draw))
        runs = train_runs(
            finite(MODEL, config.depth, width, images), images, inference, config.plan(),
            run_seeds(config.seed, draw) * len(config.transformations),
            [transformation(kind, *place) for kind in config.transformations],
            start=start, folder=results_root() / "checkpoints",
        )  # fmt: skip
        each = np.arange(len(runs.last))
        found.append([runs.best, runs.final, runs.train_accuracy[each, runs.last], runs.steps[runs.last]])
    return np.array(found).transpose(2, 0, 1)


def _limits(config: Width, draw: int) -> tuple[float, float]:
    images = config.task(draw)
    seeds = run_seeds(config.seed, draw)
    regression = limit(MODEL, config.depth, images, ridge=config.ridge)
    run = limit_runs(MODEL, config.depth, images, seeds, ridge=config.ridge)[0]
    return tuple(float((p.argmax(-1) == images.test.labels).mean()) for p in (regression, run))


def gather(config: Width, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put all runs together: each measure (trainings, widths, kinds, draws); ``limit_*`` (draws,)."""
    found = {}
    for name in MEASURES:
        # the rows of a shard are its inference's trainings, in order
        rows = {
            inference: iter(np.stack([parts[f"{inference}:{n}"][name] for n in config.widths], axis=1))
            for inference in dict.fromkeys(how(training)[0] for training in config.trainings)
        }
        found[name] = np.array([next(rows[how(training)[0]]) for training in config.trainings])
    return found | {f"{_LIMIT}_{name}": parts[_LIMIT][name] for name in ("ntk", "run")}


EXPERIMENT = Experiment(
    name="synergy.width",
    config_type=Width,
    profiles={
        "quick": Width(
            side=4, motif=2, train=80, test=60, steps=40, draws=2, depth=1, widths=(8, 16), trainings=("NN+",)
        ),
        "default": Width(),
        "paper": Width(**PAPER, widths=(16, 32, 64, 128, 256, 512), trainings=("NN", "NN+")),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-F3",),
)
