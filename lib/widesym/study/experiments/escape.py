r"""A-S8: vanilla SGD with finitely many particles leaves :math:`\mathcal E^G`; how far, and how that scales.

Students of N particles start in :math:`\mathcal E^G`, with noise projected on it, in the setting of [MF],
Section 4. Measured is :math:`\mathrm{RMD}^2(\nu,P_{\mathcal E^G}\#\nu)`:

* ``escape``: vanilla, WI and SI teachers, against N and time;
* ``ea`` and ``arbitrary``: the controls, EA with the same teachers and vanilla with the arbitrary one;
* ``early``: vanilla at the largest N, at early times;
* ``law_...``: one factor of the random walk varied at a time (N, T, alpha, B), at early times;
* ``predicted``: the linear theory (:mod:`widesym.meanfield.escape`) along the EA paths of some repetitions,
  with no free parameter, times N; and ``walk``, the bare random walk, without the drift.
"""

import dataclasses
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from widesym.groups import invariant_subspace
from widesym.meanfield.dynamics import SGD, simulate, start_cloud
from widesym.meanfield.escape import gaussian_nodes, predicted_escape
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import Teacher, paper_teacher
from widesym.meanfield.transport import rmd_squared_to_projection, second_moment
from widesym.study.experiment import Experiment

EQUIVARIANT = ("WI", "SI")
FACTORS = ("N", "T", "alpha", "B")
_START, _STEPS = 0, 1  # streams of a repetition's key
_EARLY, _LAW = 900000, 1000000  # apart from the sizes in the keys of the studies of early times
_CHUNK = 16  # repetitions a shard at large N
_ALONE_FROM = 300
_PATH_SNAPSHOTS = 24  # of the path along which the prediction is integrated, beside the measured times


@dataclasses.dataclass(frozen=True)
class Escape:
    r"""Every number of the experiment; alpha to scale are the paper's.

    Args:
        sizes: particle numbers N, increasing.
        repetitions: independent starts and batches of vanilla students.
        control_repetitions: the same for EA and for the arbitrary teacher.
        times: when clouds are measured, increasing, in units of N steps; the last is the horizon T.
        early_times: the same at the largest N alone, with law_repetitions.
        alpha, tau, beta, batch: of the SGD; step size alpha / N.
        spread: standard deviation of the start before projection.
        scale: standard deviation of the inputs.
        predicted_at: the N at which the linear theory is evaluated; one of sizes.
        predicted_repetitions: over how many EA paths.
        nodes: of the quadrature, for each input coordinate.
        law_repetitions: of the early times and the random-walk study, for each run.
        law_sizes, law_times, law_alphas, law_batches: its values; each is varied with the others at their
            base values ``law_base`` = (N, T, alpha, B).
        law_base: see above.
        seed: of everything.
    """

    sizes: tuple[int, ...] = (10, 25, 50, 100, 200, 400, 800)
    repetitions: int = 48
    control_repetitions: int = 6
    times: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
    early_times: tuple[float, ...] = (0.005, 0.01, 0.02, 0.05, 0.1)
    alpha: float = 50.0
    tau: float = 1e-4
    beta: float = 1e-6
    batch: int = 20
    spread: float = 0.25
    scale: float = 4.0
    predicted_at: int = 200
    predicted_repetitions: int = 12
    nodes: int = 20
    law_repetitions: int = 150
    law_sizes: tuple[int, ...] = (125, 250, 500, 1000)
    law_times: tuple[float, ...] = (0.05, 0.1, 0.2, 0.4)
    law_alphas: tuple[float, ...] = (0.005, 0.01, 0.02, 0.04)
    law_batches: tuple[int, ...] = (10, 20, 40, 80)
    law_base: tuple[int, float, float, int] = (500, 0.2, 0.02, 20)
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        for name in ("sizes", "times", "early_times", "law_sizes", "law_times", "law_alphas", "law_batches"):
            values = getattr(self, name)
            if not values or any(a >= b for a, b in itertools.pairwise((0, *values))):
                raise ValueError(f"{name} must be positive and increasing, got {values}; sort them")
        for name in (
            "repetitions",
            "control_repetitions",
            "predicted_repetitions",
            "nodes",
            "law_repetitions",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for sizes, times in (
            (self.sizes, self.times),
            (self.sizes[-1:], self.early_times),
            (self.law_base[:1], self.law_times),
        ):
            steps = [round(t * sizes[0]) for t in times]
            if any(a >= b for a, b in itertools.pairwise((0, *steps))):
                raise ValueError(
                    f"the times {times} are the steps {steps} at N={sizes[0]}, which must increase from 1 "
                    "on; leave out the earliest times or raise N"
                )
        if self.predicted_at not in self.sizes or self.predicted_repetitions > self.repetitions:
            raise ValueError(
                f"predicted_at={self.predicted_at} must be one of sizes {self.sizes} and "
                f"predicted_repetitions={self.predicted_repetitions} at most repetitions={self.repetitions}"
            )
        if len(self.law_base) != 4 or any(value <= 0 for value in self.law_base):
            raise ValueError(f"law_base must be positive (N, T, alpha, B), got {self.law_base}")
        if not (self.spread > 0 and self.scale > 0):
            raise ValueError(f"spread and scale must be positive, got {self.spread} and {self.scale}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}")
        self.sgd()  # raises for alpha, tau, beta, batch

    def sgd(self, *, alpha: float | None = None, batch: int | None = None) -> SGD:
        """Return the hyperparameters, with another alpha or batch if given; the noise is projected."""
        return SGD(alpha or self.alpha, self.tau, self.beta, batch or self.batch, project_noise=True)

    def law_values(self, factor: str) -> tuple:
        """Return the values that a factor of the random walk takes."""
        names = dict(zip(FACTORS, ("law_sizes", "law_times", "law_alphas", "law_batches"), strict=True))
        return getattr(self, names[factor])


def shards(config: Escape) -> tuple[str, ...]:
    """Return ``sweep:teacher:N:first-last``, ``control:N``, ``path``, ``early:teacher``, ``law:...``."""
    names = []
    for N in reversed(config.sizes):
        group = _CHUNK if N >= _ALONE_FROM else config.repetitions
        for first in range(0, config.repetitions, group):
            last = min(first + group, config.repetitions) - 1
            names += [f"sweep:{teacher}:{N}:{first}-{last}" for teacher in EQUIVARIANT]
        names.append(f"control:{N}")
    names += [f"path:{teacher}" for teacher in EQUIVARIANT]
    names += [f"early:{teacher}" for teacher in EQUIVARIANT]
    names += [f"law:{teacher}:{factor}" for teacher in EQUIVARIANT for factor in FACTORS]
    return tuple(names)


def run_shard(config: Escape, shard: str) -> dict[str, np.ndarray]:
    """Compute one shard; see :func:`shards`."""
    kind, *rest = shard.split(":")
    if kind == "sweep":
        first, last = map(int, rest[2].split("-"))
        return {"escape": _escape(config, rest[0], "vanilla", int(rest[1]), range(first, last + 1))}
    if kind == "control":
        N, repetitions = int(rest[0]), range(config.control_repetitions)
        return {
            "ea": np.stack([_escape(config, t, "ea", N, repetitions) for t in EQUIVARIANT]),
            "arbitrary": _escape(config, "arbitrary", "vanilla", N, repetitions),
        }
    if kind == "path":
        return _prediction(config, rest[0])
    if kind == "early":
        return {"early": _early(config, rest[0])}
    return {"law": _random_walk(config, rest[0], rest[1])}


def _clouds(
    teacher: Teacher, name: str, keys: jax.Array, N: int, sgd: SGD, at: list[int], spread: float
) -> np.ndarray:
    """Return the clouds (R, T, N, D) of one scheme, float64."""
    starts = np.stack([start_cloud(jax.random.fold_in(k, _START), N, teacher, spread=spread) for k in keys])
    steps = jax.vmap(lambda k: jax.random.fold_in(k, _STEPS))(keys)
    return simulate(teacher, [scheme(name)], starts, steps, sgd, at, precision="float64").clouds[:, 0]


def _keys(config: Escape, N: int, repetitions: range) -> jax.Array:
    base = jax.random.fold_in(jax.random.key(config.seed), N)
    return jax.vmap(lambda r: jax.random.fold_in(base, r))(jnp.array(repetitions))


def _to_projection(teacher: Teacher, clouds: np.ndarray) -> np.ndarray:
    """Return RMD^2 to the projection, (R, T)."""
    fixed = invariant_subspace(teacher.unit.action)
    return np.array([[rmd_squared_to_projection(cloud, fixed) for cloud in row] for row in clouds])


def _escape(config: Escape, name: str, training: str, N: int, repetitions: range) -> np.ndarray:
    teacher = paper_teacher(name, scale=config.scale)
    at = [round(t * N) for t in config.times]
    keys = _keys(config, N, repetitions)
    return _to_projection(teacher, _clouds(teacher, training, keys, N, config.sgd(), at, config.spread))


def _prediction(config: Escape, name: str) -> dict[str, np.ndarray]:
    """Evaluate the linear theory along EA paths; ``predicted`` and ``walk`` are N RMD^2."""
    teacher, N = paper_teacher(name, scale=config.scale), config.predicted_at
    asked = [round(t * N) for t in config.times]
    early = np.geomspace(1, asked[-1], _PATH_SNAPSHOTS).round().astype(int)
    at = sorted({0, *asked, *early.tolist()})
    keys = _keys(config, N, range(config.predicted_repetitions))
    paths = _clouds(teacher, "ea", keys, N, config.sgd(), at, config.spread)
    nodes = gaussian_nodes(teacher.unit.d, config.scale, config.nodes)
    chosen = [at.index(step) for step in asked]
    found: dict[str, list] = {"predicted": [], "walk": []}
    for path in paths:
        expected = predicted_escape(teacher, path, at, config.sgd(), nodes)
        inside = np.array([second_moment(cloud) for cloud in path])
        for name, squared in zip(found, expected, strict=True):
            found[name].append(N * squared / (2 * (2 * inside + squared)))
    curves = {name: np.array(values) for name, values in found.items()}
    return {
        **{name: values[:, chosen] for name, values in curves.items()},
        **{f"{name}_curve": values[:, 1:].mean(axis=0) for name, values in curves.items()},
        "curve_times": np.array(at[1:]) / N,
    }


def _early(config: Escape, name: str) -> np.ndarray:
    """Return RMD^2 at early times at the largest N, (repetitions, early times)."""
    teacher, N = paper_teacher(name, scale=config.scale), config.sizes[-1]
    keys = _keys(config, _EARLY, range(config.law_repetitions))
    at = [round(t * N) for t in config.early_times]
    return _to_projection(teacher, _clouds(teacher, "vanilla", keys, N, config.sgd(), at, config.spread))


def _random_walk(config: Escape, name: str, factor: str) -> np.ndarray:
    """Return RMD^2 for each value of one factor, the others at their base, (values, repetitions)."""
    teacher = paper_teacher(name, scale=config.scale)
    base = dict(zip(FACTORS, config.law_base, strict=True))
    repetitions = range(config.law_repetitions)
    rows = []
    for index, value in enumerate(config.law_values(factor)):
        now = {**base, factor: value}
        N = now["N"]
        # other keys for each run, so that the points of one fit are independent
        stream = _LAW + 100 * FACTORS.index(factor) + index
        keys = _keys(config, stream, repetitions)
        sgd = config.sgd(alpha=now["alpha"], batch=now["B"])
        clouds = _clouds(teacher, "vanilla", keys, N, sgd, [round(now["T"] * N)], config.spread)
        rows.append(_to_projection(teacher, clouds)[:, 0])
    return np.array(rows)


def gather(config: Escape, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put shards together.

    ``escape`` (teacher, N, repetition, time); ``ea`` (teacher, N, repetition, time); ``arbitrary``
    (N, repetition, time); ``predicted`` and ``walk`` (teacher, repetition, time), and their means
    ``predicted_curve`` and ``walk_curve`` (teacher, curve time) at ``curve_times``; ``early`` (teacher,
    repetition, early time); ``law_<factor>`` (teacher, value, repetition).
    """
    T, few = len(config.times), config.control_repetitions
    arrays = {
        "escape": np.full((len(EQUIVARIANT), len(config.sizes), config.repetitions, T), np.nan),
        "ea": np.full((len(EQUIVARIANT), len(config.sizes), few, T), np.nan),
        "arbitrary": np.full((len(config.sizes), few, T), np.nan),
    }
    for shard, part in parts.items():
        kind, *rest = shard.split(":")
        if kind == "sweep":
            first, last = map(int, rest[2].split("-"))
            place = (EQUIVARIANT.index(rest[0]), config.sizes.index(int(rest[1])), slice(first, last + 1))
            arrays["escape"][place] = part["escape"]
        elif kind == "control":
            size = config.sizes.index(int(rest[0]))
            arrays["ea"][:, size], arrays["arbitrary"][size] = part["ea"], part["arbitrary"]
    for name in ("predicted", "walk", "predicted_curve", "walk_curve"):
        arrays[name] = np.stack([parts[f"path:{t}"][name] for t in EQUIVARIANT])
    arrays["curve_times"] = parts[f"path:{EQUIVARIANT[0]}"]["curve_times"]
    arrays["early"] = np.stack([parts[f"early:{t}"]["early"] for t in EQUIVARIANT])
    for factor in FACTORS:
        arrays[f"law_{factor}"] = np.stack([parts[f"law:{t}:{factor}"]["law"] for t in EQUIVARIANT])
    return arrays


EXPERIMENT = Experiment(
    name="meanfield.escape",
    config_type=Escape,
    profiles={
        "quick": Escape(
            sizes=(10, 50, 200), repetitions=8, control_repetitions=3, times=(0.2, 1.0, 5.0),
            predicted_repetitions=2, nodes=12, law_repetitions=20, law_sizes=(100, 400),
            law_times=(0.1, 0.4), law_alphas=(0.01, 0.04), law_batches=(10, 40),
            law_base=(100, 0.2, 0.02, 20),
        ),
        "default": Escape(repetitions=32),
        "paper": Escape(
            sizes=(5, 10, 50, 100, 200, 500, 1000, 2000, 5000), repetitions=64, predicted_at=500,
            times=(0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0),
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("A-S8",),
)  # fmt: skip
