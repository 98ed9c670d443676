r"""A-F1: does training keep a strongly invariant cloud strongly invariant, and does the scheme matter?

Students of N particles start in :math:`\mathcal E^G` and are trained for :math:`NT` steps on each
teacher by every scheme, coupled. Measured, for each (teacher, N, repetition):

* row 1: :math:`\mathrm{RMD}^2(\nu,P_{\mathcal E^G}\#\nu)` of the final cloud of each scheme;
* rows 2 and 3: :math:`\mathrm{RMD}^2` between the final clouds of two schemes;
* the largest distance, over the snapshots, of a particle from its twin under EA (``path_gap``);
* the population risk, and :math:`M_2` of the final cloud.

Teachers share start, batches and noise too. Source: [MF], Section 4 and Appendix F.
"""

import dataclasses
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from widesym.groups import invariant_subspace
from widesym.meanfield.dynamics import BACKENDS, PRECISIONS, SGD, simulate, start_cloud
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import TEACHERS, Teacher, paper_teacher
from widesym.meanfield.transport import rmd_squared, rmd_squared_to_projection, second_moment
from widesym.meanfield.units import network
from widesym.study.experiment import Experiment

SCHEMES = ("vanilla", "da-sampled", "da-orbit", "fa", "ea")
BETWEEN = (("vanilla", "da-sampled"), ("vanilla", "fa"), ("da-sampled", "fa"))
AGAINST_EA = (("vanilla", "ea"), ("da-sampled", "ea"), ("da-orbit", "ea"), ("fa", "ea"))
PAIRS = BETWEEN + AGAINST_EA

SNAPSHOTS = 4  # at T/4, T/2, 3T/4 and T: where paths are compared
_TEST_POINTS = 4096  # for the risk; its standard error is about 2 %
_ALONE_FROM = 1000  # from this size on a repetition is a shard of its own (minutes of work)
_START, _STEPS, _TEST = 0, 1, 2  # streams of a repetition's key


@dataclasses.dataclass(frozen=True)
class StrongStart:
    r"""Every number of the experiment; the defaults are the paper's.

    Args:
        sizes: particle numbers N, increasing.
        repetitions: independent starts, batches and noise.
        teachers: which of ``arbitrary``, ``WI``, ``SI``.
        horizon: T; a student makes N T steps.
        alpha, tau, beta, batch: of the SGD; step size alpha / N.
        spread: standard deviation of the start before projection (covariance I/16).
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
        if (
            not self.teachers
            or len(set(self.teachers)) < len(self.teachers)
            or not set(self.teachers) <= set(TEACHERS)
        ):
            raise ValueError(
                f"teachers must be distinct names out of {', '.join(TEACHERS)}, got {self.teachers}"
            )
        if not self.horizon * self.sizes[0] >= SNAPSHOTS:
            raise ValueError(
                f"horizon T={self.horizon} with N={self.sizes[0]} gives fewer than {SNAPSHOTS} steps; raise T"
            )
        if not (self.spread > 0 and self.scale > 0):
            raise ValueError(f"spread and scale must be positive, got {self.spread} and {self.scale}")
        for name, valid in (("precision", tuple(PRECISIONS)), ("backend", BACKENDS)):
            if getattr(self, name) not in valid:
                raise ValueError(f"{name} must be one of {', '.join(valid)}, got {getattr(self, name)!r}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}")
        self.sgd()  # raises for alpha, tau, beta, batch

    def sgd(self) -> SGD:
        """Return the hyperparameters of one run; the noise is projected, as from every SI start."""
        return SGD(self.alpha, self.tau, self.beta, self.batch, project_noise=True)


def shards(config: StrongStart) -> tuple[str, ...]:
    """Return the shard names ``teacher:N:first-last`` (repetitions), the largest N first."""
    names = []
    for N in reversed(config.sizes):
        group = 1 if N >= _ALONE_FROM else config.repetitions
        for first in range(0, config.repetitions, group):
            last = min(first + group, config.repetitions) - 1
            names += [f"{teacher}:{N}:{first}-{last}" for teacher in config.teachers]
    return tuple(names)


def repetition_key(seed: int, N: int, repetition: int) -> jax.Array:
    """Return the key of one repetition: ``fold_in(fold_in(key(seed), N), repetition)``."""
    return jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), N), repetition)


def run_shard(config: StrongStart, shard: str) -> dict[str, np.ndarray]:
    """Train one teacher's students of one size and measure them; arrays lead with the shard's repetitions."""
    name, N, first, last = _parse(shard)
    teacher = paper_teacher(name, scale=config.scale)
    keys = jnp.stack([repetition_key(config.seed, N, r) for r in range(first, last + 1)])
    starts = np.stack(
        [start_cloud(jax.random.fold_in(k, _START), N, teacher, spread=config.spread) for k in keys]
    )
    steps = round(config.horizon * N)
    trajectory = simulate(
        teacher,
        [scheme(s) for s in SCHEMES],
        starts,
        jax.vmap(lambda k: jax.random.fold_in(k, _STEPS))(keys),
        config.sgd(),
        [steps * (i + 1) // SNAPSHOTS for i in range(SNAPSHOTS)],
        precision=config.precision,
        backend=config.backend,
    )
    clouds = trajectory.clouds.astype(np.float64)  # (R, S, T, N, D)
    final, ea = clouds[:, :, -1], clouds[:, SCHEMES.index("ea")]
    test = config.scale * jax.random.normal(
        jax.random.fold_in(jax.random.key(config.seed), _TEST), (_TEST_POINTS, teacher.unit.d), jnp.float64
    )
    fixed = invariant_subspace(teacher.unit.action)
    risk = jax.lax.map(lambda cloud: _risk(teacher, cloud, test), final.reshape(-1, N, teacher.unit.D))
    return {
        "to_projection": np.array([[rmd_squared_to_projection(c, fixed) for c in row] for row in final]),
        "between": np.array(
            [[rmd_squared(row[SCHEMES.index(a)], row[SCHEMES.index(b)]) for a, b in PAIRS] for row in final]
        ),
        "path_gap": np.sqrt(((clouds - ea[:, None]) ** 2).sum(-1)).max(axis=(2, 3)),
        "second_moment": np.array([[2 * second_moment(c) for c in row] for row in final]),
        "risk": np.asarray(risk).reshape(final.shape[:2]),
    }


def _risk(teacher: Teacher, theta: jax.Array, x: jax.Array) -> jax.Array:
    """Mean of |Phi(x) - f(x)|^2 over points x (B, d), in slices so that memory stays bounded."""
    error = jax.lax.map(
        lambda point: jnp.sum((network(teacher.unit, theta, point[None]) - teacher.label(point[None])) ** 2),
        x,
        batch_size=256,
    )
    return error.mean()


def _parse(shard: str) -> tuple[str, int, int, int]:
    teacher, N, repetitions = shard.split(":")
    first, last = repetitions.split("-")
    return teacher, int(N), int(first), int(last)


def gather(config: StrongStart, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put shards together: every array leads with (teacher, N, repetition), then scheme or pair."""
    arrays: dict[str, np.ndarray] = {}
    lead = (len(config.teachers), len(config.sizes), config.repetitions)
    for shard, part in parts.items():
        teacher, N, first, last = _parse(shard)
        place = (config.teachers.index(teacher), config.sizes.index(N), slice(first, last + 1))
        for name, values in part.items():
            arrays.setdefault(name, np.full(lead + values.shape[1:], np.nan))[place] = values
    return arrays


EXPERIMENT = Experiment(
    name="meanfield.strong-start",
    config_type=StrongStart,
    profiles={
        "quick": StrongStart(sizes=(5, 20, 80), repetitions=3, precision="float64"),
        # the paper's repetitions and all its sizes but the last, in double precision
        "default": StrongStart(sizes=(5, 10, 50, 100, 500, 1000), precision="float64"),
        "paper": StrongStart(),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("A-F1",),
)
