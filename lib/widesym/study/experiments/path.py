r"""B-F6: where a convolutional network lies between two others, along a path of rotations of the data.

:math:`\mathsf{VEC}_n` is trained on :math:`\tau_tX`, :math:`\tau_t=e^{-tA}` with one random skew matrix a
pixel. At t = 0 the images are clean, at t = 1 each pixel is turned by a rotation of its own. Mean predictions
over R starts are compared by

.. math:: \text{S-Dist}(A,B)=E_x\,\big|E_{\theta_0}A(x)-E_{\theta_0}B(x)\big|^2

with those of :math:`\mathsf{GAP}_n` on clean images, and with :math:`\mathsf{VEC}_\infty`: regression with
the NTK, the same for all t. With R starts the mean over them is off by :math:`s^2/R`, in the mean of
squares; the unbiased estimate of this from the starts is subtracted for both, so that a distance can come
out below zero. Source: [SS], Appendix E, Figure S1.

Letters: T times, R starts, K classes.
"""

import dataclasses
import itertools
from typing import Any

import numpy as np

from widesym.groups.images import path
from widesym.study.experiment import Experiment
from widesym.study.image_tasks import stream
from widesym.study.network_config import PAPER, NetworkConfig, check_names, check_widths
from widesym.study.network_runs import STARTS, finite, limit, run_seeds, train_runs
from widesym.study.store import results_root

MODEL, POOLED = "VEC", "GAP"
MEASURES = ("ensemble", "single", "to_pooled", "to_limit", "fit")
_MEMBERS = 2  # least, for a variance


@dataclasses.dataclass(frozen=True)
class Path(NetworkConfig):
    """Every number of the experiment.

    Args:
        widths: n of every hidden layer, increasing.
        times: t, increasing.
        members: starts whose predictions are averaged, R.
        inference: ``NN`` or ``NN+``.
        start: ``plain`` or ``mirrored``.
    """

    widths: tuple[int, ...] = (12, 48)
    times: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0)
    members: int = 3
    inference: str = "NN+"
    start: str = "mirrored"
    draws: int = 4

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        super().__post_init__()
        check_names("inference", (self.inference,))
        check_names("start", (self.start,), STARTS)
        check_widths(self.widths, mirrored=self.start == "mirrored")
        if len(self.times) < 2 or any(a >= b for a, b in itertools.pairwise(self.times)):
            raise ValueError(f"times must increase, at least two, got {self.times}")
        if self.members < _MEMBERS:
            raise ValueError(f"members={self.members} must be at least {_MEMBERS}: their variance is needed")


def shards(config: Path) -> tuple[str, ...]:
    """Return ``width:draw``, by turns with another width first: what one process compiles serves others."""
    widths, count = config.widths[::-1], len(config.widths)
    return tuple(
        f"{widths[(draw + turn) % count]}:{draw}" for turn in range(count) for draw in range(config.draws)
    )


def run_shard(config: Path, shard: str) -> dict[str, np.ndarray]:
    """Train the networks of one width along one path.

    Returns:
        By time, (T,): accuracy of the mean prediction, ``ensemble``, and of one run, ``single``; S-Dist
        ``to_pooled`` and ``to_limit``; ``fit``, the share of the runs that succeeded, GAP's as well.
        ``limit`` and ``pooled``, accuracies of VEC's limit and of GAP's mean.
    """
    width, draw = map(int, shard.split(":"))
    images = config.task(draw)
    seeds = run_seeds(config.seed, draw, config.members)
    labels = images.test.labels

    def trained(model: str, t: float) -> tuple[np.ndarray, np.ndarray]:
        """Predictions of the members that did not diverge, (R, test images, K), and which succeeded."""
        moved = path(config.side, config.side, stream(config.seed, draw), t) if model == MODEL else None
        runs = train_runs(
            finite(model, config.depth, width, images), images, config.inference, config.plan(), seeds, moved,
            start=config.start, folder=results_root() / "checkpoints",
        )  # fmt: skip
        kept = runs.outcome != "diverged"
        # too few for a variance: nothing is measured
        found = runs.predictions[kept] if kept.sum() >= _MEMBERS else np.full_like(runs.predictions, np.nan)
        return found.astype(np.float64), runs.succeeded()

    regression = limit(MODEL, config.depth, images, ridge=config.ridge)[None]
    pooled, pooled_fit = trained(POOLED, 0.0)
    found = {name: [] for name in MEASURES}
    for t in config.times:
        members, fit = trained(MODEL, t)
        found["ensemble"].append(_accuracy(members.mean(0), labels))
        found["single"].append(np.mean([_accuracy(member, labels) for member in members]))
        found["to_pooled"].append(squared_distance(members, pooled))
        found["to_limit"].append(squared_distance(members, regression))
        found["fit"].append(np.mean([*fit, *pooled_fit]))
    accuracies = {"limit": _accuracy(regression[0], labels), "pooled": _accuracy(pooled.mean(0), labels)}
    return {name: np.array(values) for name, values in (found | accuracies).items()}


def _accuracy(predictions: np.ndarray, labels: np.ndarray) -> float:
    return float((predictions.argmax(-1) == labels).mean()) if np.isfinite(predictions).all() else np.nan


def squared_distance(one: np.ndarray, other: np.ndarray) -> float:
    r"""Return S-Dist of two ensembles, (R, n, K) and (R', n, K), unbiased; of one member, as if exact.

    .. math:: \frac1n\sum_x\Big(|\bar a(x)-\bar b(x)|^2-\tfrac1R s_a^2(x)-\tfrac1{R'}s_b^2(x)\Big),

    with :math:`s^2` the sum over outputs of the variances of one member. Source: [SS], equation (S16).
    """
    total = np.square(one.mean(0) - other.mean(0)).sum(-1).mean()
    for members in (one, other):
        if len(members) > 1:
            total -= members.var(0, ddof=1).sum(-1).mean() / len(members)
    return float(total)


def gather(config: Path, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put all together: each measure (widths, times, draws); ``limit`` and ``pooled`` (widths, draws)."""
    found = {
        name: np.array(
            [[parts[f"{width}:{draw}"][name] for draw in range(config.draws)] for width in config.widths]
        )
        for name in (*MEASURES, "limit", "pooled")
    }
    return {name: np.moveaxis(values, 1, -1) for name, values in found.items()}


EXPERIMENT = Experiment(
    name="synergy.path",
    config_type=Path,
    profiles={
        "quick": Path(
            side=4,
            motif=2,
            train=80,
            test=60,
            steps=40,
            draws=2,
            depth=1,
            widths=(8,),
            times=(0.0, 1.0),
            members=2,
        ),
        "default": Path(),
        "paper": Path(
            **PAPER | {"draws": 1},
            widths=(64, 128, 256, 512),
            times=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
            members=10,
            start="plain",
        ),
    },  # fmt: skip
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-F6",),
)
