r"""The book's opening picture: clouds after plain training, with symmetric data and without.

Students of increasing N start in :math:`\mathcal E^G` and are trained by vanilla SGD, nothing enforced,
on an equivariant (WI) and on an arbitrary teacher. Kept are the start and the end of every particle, in
coordinates along :math:`\mathcal E^G` and across it. Source: [MF], Section 4 (a view of A-F1's runs).
"""

import dataclasses
import itertools
from typing import Any

import jax
import numpy as np

from widesym.groups import invariant_subspace
from widesym.meanfield.dynamics import SGD, simulate, start_cloud
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import paper_teacher
from widesym.study.experiment import Experiment

TEACHERS = ("WI", "arbitrary")


@dataclasses.dataclass(frozen=True)
class Portrait:
    """Particle numbers, horizon T (N T steps), seed; everything else is the paper's."""

    sizes: tuple[int, ...] = (10, 100, 1000)
    horizon: float = 20.0
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be drawn side by side, and runs without a step."""
        if not self.sizes or any(a >= b for a, b in itertools.pairwise((0, *self.sizes))):
            raise ValueError(
                f"sizes must be positive and increasing, got {self.sizes}; for example (10, 100)"
            )
        if not self.horizon * self.sizes[0] >= 1:
            raise ValueError(f"horizon T={self.horizon} with N={self.sizes[0]} makes no step; raise T")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}")


def shards(config: Portrait) -> tuple[str, ...]:
    """Return the sizes, largest first."""
    return tuple(str(N) for N in reversed(config.sizes))


def run_shard(config: Portrait, shard: str) -> dict[str, np.ndarray]:
    """Return ``(teacher, N)`` coordinates, along and across the subspace, of the students of one size."""
    N = int(shard)
    key = jax.random.fold_in(jax.random.key(config.seed), N)
    ends = {}
    for name in TEACHERS:
        teacher = paper_teacher(name)
        start = start_cloud(jax.random.fold_in(key, 0), N, teacher)
        keys = jax.random.fold_in(key, 1)[None]
        steps = round(config.horizon * N)
        clouds = simulate(teacher, [scheme("vanilla")], start[None], keys, SGD(), (steps,)).clouds
        ends[name] = clouds[0, 0, 0].astype(np.float64)
    along, across = _axes()
    return {
        "along": np.stack([ends[name] @ along for name in TEACHERS]),
        "across": np.stack([ends[name] @ across for name in TEACHERS]),
    }


def _axes() -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (4,): the identity matrix, in the subspace, and diag(1, -1), orthogonal to it."""
    along, across = np.array([1, 0, 0, 1]) / np.sqrt(2), np.array([1, 0, 0, -1]) / np.sqrt(2)
    projector = invariant_subspace(paper_teacher("WI").unit.action).projector
    if not (np.allclose(projector @ along, along) and np.allclose(projector @ across, 0)):
        raise RuntimeError("the axes of the picture no longer lie along and across the invariant subspace")
    return along, across


def gather(config: Portrait, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put the sizes side by side: arrays ``along_N`` and ``across_N``, (teacher, N)."""
    return {f"{name}_{N}": parts[str(N)][name] for N in config.sizes for name in ("along", "across")}


EXPERIMENT = Experiment(
    name="meanfield.portrait",
    config_type=Portrait,
    profiles={
        "quick": Portrait(sizes=(10, 100)),
        "default": Portrait(),
        "paper": Portrait(sizes=(10, 100, 5000)),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=(),
)
