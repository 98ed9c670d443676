r"""Sweeps over the particle number: students of the paper's teachers, trained by every scheme, coupled.

What A-F1 and A-F3 have in common. A repetition has one key, from (seed, N, repetition); its start,
batches, group elements and noise are shared by all schemes and all teachers, so clouds of different
schemes, teachers or starts can be compared. Source: [MF], Section 4 and Appendix F.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from widesym.meanfield.dynamics import BACKENDS, PRECISIONS, SGD, simulate, start_cloud
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import TEACHERS, Teacher
from widesym.meanfield.transport import rmd_squared
from widesym.meanfield.units import network

SCHEMES = ("vanilla", "da-sampled", "da-orbit", "fa", "ea")
BETWEEN = (("vanilla", "da-sampled"), ("vanilla", "fa"), ("da-sampled", "fa"))
AGAINST_EA = (("vanilla", "ea"), ("da-sampled", "ea"), ("da-orbit", "ea"), ("fa", "ea"))
PAIRS = BETWEEN + AGAINST_EA

START, STEPS, TEST, ELEMENTS = 0, 1, 2, 3  # streams of a repetition's key (TEST: of the seed's)
SNAPSHOTS = (0.25, 0.5, 0.75, 1.0)  # of the horizon, where paths are compared
_TEST_POINTS = 4096  # for the risk; its standard error is about 2 %
_ALONE_FROM = 1000  # from this size on a repetition is a shard of its own (minutes of work)


@dataclasses.dataclass(frozen=True)
class Sweep:
    r"""Every number of a sweep; the defaults are the paper's.

    Args:
        sizes: particle numbers N, increasing.
        repetitions: independent starts, batches and noise.
        teachers: which of ``arbitrary``, ``WI``, ``SI``.
        horizon: T; a student makes N T steps.
        alpha, tau, beta, batch: of the SGD; step size alpha / N.
        spread: standard deviation of the start before any projection (covariance I/16).
        scale: standard deviation of the inputs (covariance 16 I).
        precision: ``float32`` or ``float64``.
        backend: ``auto``, ``compiled`` or ``jax``.
        seed: of everything.
    """

    sizes: tuple[int, ...] = (5, 10, 50, 100, 500, 1000, 5000)
    repetitions: int = 10
    teachers: tuple[str, ...] = TEACHERS
    horizon: float = 20.0
    alpha: float = 50.0
    tau: float = 1e-4
    beta: float = 1e-6
    batch: int = 20
    spread: float = 0.25
    scale: float = 4.0
    precision: str = "float32"
    backend: str = "auto"
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        if not self.sizes or any(a >= b for a, b in itertools.pairwise((0, *self.sizes))):
            raise ValueError(
                f"sizes must be positive and increasing, got {self.sizes}; for example (5, 50, 500)"
            )
        if self.repetitions < 1:
            raise ValueError(f"repetitions must be at least 1, got {self.repetitions}")
        check_choice("teachers", self.teachers, TEACHERS)
        if not self.horizon * self.sizes[0] >= len(SNAPSHOTS):
            raise ValueError(
                f"horizon T={self.horizon} with N={self.sizes[0]} gives fewer than {len(SNAPSHOTS)} steps; "
                "raise T"
            )
        if not (self.spread > 0 and self.scale > 0):
            raise ValueError(f"spread and scale must be positive, got {self.spread} and {self.scale}")
        for name, valid in (("precision", tuple(PRECISIONS)), ("backend", BACKENDS)):
            if getattr(self, name) not in valid:
                raise ValueError(f"{name} must be one of {', '.join(valid)}, got {getattr(self, name)!r}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}")
        self.sgd(project_noise=True)  # raises for alpha, tau, beta, batch

    def sgd(self, *, project_noise: bool) -> SGD:
        """Return the hyperparameters of one run; noise is projected from an SI start, not from a WI one."""
        return SGD(self.alpha, self.tau, self.beta, self.batch, project_noise=project_noise)


def check_choice(name: str, chosen: tuple[str, ...], valid: tuple[str, ...]) -> None:
    """Refuse a field that is not a tuple of distinct names out of the valid ones.

    Raises:
        ValueError: no names, a name twice, an unknown name.
    """
    if not chosen or len(set(chosen)) < len(chosen) or not set(chosen) <= set(valid):
        raise ValueError(f"{name} must be distinct names out of {', '.join(valid)}, got {chosen}")


def repetition_key(seed: int, N: int, repetition: int) -> jax.Array:
    """Return the key of one repetition: ``fold_in(fold_in(key(seed), N), repetition)``."""
    return jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), N), repetition)


def repetition_keys(config: Sweep, N: int, first: int, last: int) -> jax.Array:
    """Return the keys (R,) of repetitions first to last, both included."""
    return jnp.stack([repetition_key(config.seed, N, r) for r in range(first, last + 1)])


def cells(config: Sweep) -> Iterator[tuple[str, int, int, int]]:
    """Give ``(teacher, N, first, last)``, the work of one shard each, the largest N first."""
    for N in reversed(config.sizes):
        group = 1 if N >= _ALONE_FROM else config.repetitions
        for first in range(0, config.repetitions, group):
            for teacher in config.teachers:
                yield teacher, N, first, min(first + group, config.repetitions) - 1


def cell_name(teacher: str, N: int, first: int, last: int) -> str:
    """Return ``teacher:N:first-last``."""
    return f"{teacher}:{N}:{first}-{last}"


def parse_cell(name: str) -> tuple[str, int, int, int]:
    """Read ``teacher:N:first-last`` back."""
    teacher, N, repetitions = name.split(":")
    first, last = repetitions.split("-")
    return teacher, int(N), int(first), int(last)


def train(
    config: Sweep,
    teacher: Teacher,
    keys: jax.Array,
    N: int,
    schemes: Sequence[str],
    *,
    invariant: bool,
    times: Sequence[float] = (1.0,),
) -> np.ndarray:
    r"""Train students of one size by several schemes, from the repetitions' starts.

    Args:
        config: the numbers.
        teacher: the data.
        keys: of the repetitions, (R,).
        N: particles.
        schemes: S names.
        invariant: start in :math:`\mathcal E^G` and project the noise (SI), or neither (WI).
        times: T, increasing, of the snapshots in units of the horizon; steps are rounded down.

    Returns:
        Clouds (R, S, T, N, D), float64.
    """
    starts = np.stack(
        [
            start_cloud(jax.random.fold_in(k, START), N, teacher, spread=config.spread, invariant=invariant)
            for k in keys
        ]
    )
    steps = round(config.horizon * N)
    trajectory = simulate(
        teacher,
        [scheme(s) for s in schemes],
        starts,
        jax.vmap(lambda k: jax.random.fold_in(k, STEPS))(keys),
        config.sgd(project_noise=invariant),
        [math.floor(steps * time) for time in times],
        precision=config.precision,
        backend=config.backend,
    )
    return trajectory.clouds.astype(np.float64)


def between_schemes(final: np.ndarray) -> np.ndarray:
    """Return RMD^2 (R, pairs) between the clouds (R, S, N, D) of the two schemes of each of `PAIRS`."""
    return np.array(
        [[rmd_squared(row[SCHEMES.index(a)], row[SCHEMES.index(b)]) for a, b in PAIRS] for row in final]
    )


def risks(config: Sweep, teacher: Teacher, final: np.ndarray) -> np.ndarray:
    """Return the population risks (R, S) of clouds (R, S, N, D), on test points that all shards share."""
    test = config.scale * jax.random.normal(
        jax.random.fold_in(jax.random.key(config.seed), TEST), (_TEST_POINTS, teacher.unit.d), jnp.float64
    )
    clouds = final.reshape(-1, *final.shape[2:])
    return np.asarray(jax.lax.map(lambda cloud: _risk(teacher, cloud, test), clouds)).reshape(final.shape[:2])


def _risk(teacher: Teacher, theta: jax.Array, x: jax.Array) -> jax.Array:
    """Mean of |Phi(x) - f(x)|^2 over points x (B, d), in slices so that memory stays bounded."""
    error = jax.lax.map(
        lambda point: jnp.sum((network(teacher.unit, theta, point[None]) - teacher.label(point[None])) ** 2),
        x,
        batch_size=256,
    )
    return error.mean()


def place(arrays: dict[str, np.ndarray], config: Sweep, cell: str, part: dict[str, np.ndarray]) -> None:
    """Put a shard's arrays, led by its repetitions, into arrays led by (teacher, N, repetition)."""
    teacher, N, first, last = parse_cell(cell)
    where = (config.teachers.index(teacher), config.sizes.index(N), slice(first, last + 1))
    lead = (len(config.teachers), len(config.sizes), config.repetitions)
    for name, values in part.items():
        arrays.setdefault(name, np.full(lead + values.shape[1:], np.nan))[where] = values
