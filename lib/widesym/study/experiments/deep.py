r"""A-X2: do the layers of a residual network in the mean-ODE scaling stay strongly invariant by themselves?

Students of L layers of M particles, every particle in :math:`\mathcal E^G`, are trained on each deep teacher
by every scheme, coupled. Measured, for each (unit, teacher, L, repetition):

* :math:`\mathrm{RMD}^2` of all LM particles to their projection at T/4, T/2, 3T/4 and T, for each scheme,
  and at T in each tenth of the depth (``by_depth``);
* :math:`\mathrm{RMD}^2` between the networks of two schemes, layer by layer;
* the largest distance, over the snapshots, of a particle from its twin under EA (``path_gap``);
* the population risk, and the outputs at points that all networks share.

Other shards hold what is exact, the negative controls and the mean ODE: :mod:`widesym.study.deep_statements`.
Source: [MF], Section 5 (future work); L to 1000, M = 5, alpha = 5, T = 5, beta = 0 are given, the rest is
chosen.
"""

import dataclasses
import functools
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from widesym.groups import cyclic_permutation, invariant_subspace
from widesym.meanfield.deep import (
    DeepTeacher,
    ResidualNetwork,
    deep_teacher,
    layer_rmd_squared_to_projection,
    layered_rmd_squared,
    start_layers,
)
from widesym.meanfield.deep_dynamics import simulate_deep, time_steps
from widesym.meanfield.dynamics import BACKENDS, PRECISIONS, SGD
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import TEACHERS, paper_teacher, paper_unit
from widesym.meanfield.units import neuron_unit
from widesym.study import deep_statements
from widesym.study.experiment import Experiment
from widesym.study.sweeps import PAIRS, SCHEMES, check_choice, repetition_key

UNITS = ("matrix", "neuron")
SNAPSHOTS = 4  # at T/4, T/2, 3T/4 and T
TENTHS = 10  # parts of the depth in which the escape is measured
_TEST_POINTS, _SHARED_POINTS = 1024, 32  # for the risk; for outputs
_START, _STEPS, _TEST = 0, 1, 2  # streams of a repetition's key (_TEST: of the seed's)
_STATEMENTS = "statements"
_GROUP = {200: 4, 500: 1}  # repetitions in a shard from that depth on; all of them below


@dataclasses.dataclass(frozen=True)
class Deep:
    r"""Every number of the experiment.

    Args:
        depths: L, increasing, for the matrix unit of [MF] (C2 swaps two coordinates).
        neuron_depths: L, increasing, for the neuron (C3 shifts three coordinates).
        width: M, particles a layer.
        repetitions: independent starts and batches.
        teachers: which of ``arbitrary``, ``WI``, ``SI``.
        horizon: T; a student makes n T steps.
        alpha, tau, beta, batch: of the SGD; step size alpha / n.
        count: what n counts, ``particles`` (LM) or ``layers`` (L).
        a: how far a network moves its input.
        spread: standard deviation of the start before projection.
        scale: standard deviation of the inputs.
        teacher_depth: layers of the teacher.
        teacher_spread, teacher_seed: of the neuron's arbitrary teacher; the matrix unit has the paper's.
        noise: temperature of the two controls with noise.
        precision: ``float32`` or ``float64``.
        backend: ``auto``, ``compiled`` or ``jax``.
        seed: of everything but the teacher.
    """

    depths: tuple[int, ...] = (10, 20, 50, 100, 200, 500, 1000)
    neuron_depths: tuple[int, ...] = (10, 20, 50, 100, 200, 500)
    width: int = 5
    repetitions: int = 10
    teachers: tuple[str, ...] = TEACHERS
    horizon: float = 5.0
    alpha: float = 5.0
    tau: float = 1e-4
    beta: float = 0.0
    batch: int = 20
    count: str = "particles"
    a: float = 4.0
    spread: float = 0.25
    scale: float = 2.0
    teacher_depth: int = 20
    teacher_spread: float = 0.5
    teacher_seed: int = 1
    noise: float = 1e-3
    precision: str = "float64"
    backend: str = "auto"
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        for name, depths in (("depths", self.depths), ("neuron_depths", self.neuron_depths)):
            if not depths or any(a >= b for a, b in itertools.pairwise((0, *depths))) or depths[0] < TENTHS:
                raise ValueError(
                    f"{name} must increase from at least {TENTHS} (the escape is measured in tenths of the "
                    f"depth), got {depths}; for example (10, 30, 100)"
                )
        for name in ("width", "repetitions", "teacher_depth"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        check_choice("teachers", self.teachers, TEACHERS)
        steps = self.horizon * time_steps(self.count, min(self.depths + self.neuron_depths), self.width)
        if not steps >= SNAPSHOTS:
            raise ValueError(
                f"horizon T={self.horizon} gives fewer than {SNAPSHOTS} steps at the least depth; raise T"
            )
        for name in ("a", "spread", "scale", "teacher_spread", "noise"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        for name, valid in (("precision", tuple(PRECISIONS)), ("backend", BACKENDS)):
            if getattr(self, name) not in valid:
                raise ValueError(f"{name} must be one of {', '.join(valid)}, got {getattr(self, name)!r}")
        for name in ("seed", "teacher_seed"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        self.sgd()  # raises for alpha, tau, beta, batch

    def sgd(self) -> SGD:
        """Return the hyperparameters of one run; the noise is projected, as from every SI start."""
        return SGD(self.alpha, self.tau, self.beta, self.batch, project_noise=True)

    def depths_of(self, unit: str) -> tuple[int, ...]:
        """Return the depths at which students of a unit are trained."""
        return self.depths if unit == "matrix" else self.neuron_depths


@functools.lru_cache(maxsize=8)
def network_of(unit: str, a: float) -> ResidualNetwork:
    """Return the network of the paper's matrix unit (C2 swaps coordinates) or the neuron (C3 shifts three).

    Shards share it, so that what is compiled for one serves the next.
    """
    if unit == "matrix":
        return ResidualNetwork(paper_unit(), a)
    return ResidualNetwork(neuron_unit(cyclic_permutation(3), cyclic_permutation(3)), a)


def teacher_of(config: Deep, unit: str, name: str) -> DeepTeacher:
    """Return a deep teacher: the paper's five particles in every layer, or five random ones."""
    model = network_of(unit, config.a)
    if unit == "matrix":
        particles = paper_teacher("arbitrary", unit=model.unit).theta
    else:
        rng = np.random.default_rng(config.teacher_seed)
        particles = config.teacher_spread * rng.normal(size=(5, model.unit.D))
    return deep_teacher(name, model, particles, depth=config.teacher_depth, scale=config.scale)


def shards(config: Deep) -> tuple[str, ...]:
    """Return ``unit:teacher:L:first-last`` (repetitions), the deepest first, and the exact statements."""
    cells = sorted(((L, unit) for unit in UNITS for L in config.depths_of(unit)), reverse=True)
    names = []
    for L, unit in cells:
        group = next((size for depth, size in reversed(_GROUP.items()) if L >= depth), config.repetitions)
        for first in range(0, config.repetitions, group):
            last = min(first + group, config.repetitions) - 1
            names += [f"{unit}:{teacher}:{L}:{first}-{last}" for teacher in config.teachers]
    return (*names, _STATEMENTS)


def run_shard(config: Deep, shard: str) -> dict[str, np.ndarray]:
    """Train one teacher's students of one depth, or measure what is exact."""
    if shard == _STATEMENTS:
        return deep_statements.measure(config, [teacher_of(config, unit, "arbitrary") for unit in UNITS])
    unit, name, L, first, last = _parse(shard)
    teacher = teacher_of(config, unit, name)
    model = teacher.model
    keys = jnp.stack([repetition_key(config.seed, L, r) for r in range(first, last + 1)])
    starts = np.stack(
        [
            start_layers(jax.random.fold_in(k, _START), L, config.width, model, spread=config.spread)
            for k in keys
        ]
    )
    steps = round(config.horizon * time_steps(config.count, L, config.width))
    trajectory = simulate_deep(
        teacher,
        [scheme(s) for s in SCHEMES],
        starts,
        jax.vmap(lambda k: jax.random.fold_in(k, _STEPS))(keys),
        config.sgd(),
        [steps * (i + 1) // SNAPSHOTS for i in range(SNAPSHOTS)],
        count=config.count,
        precision=config.precision,
        backend=config.backend,
    )
    clouds = trajectory.clouds.astype(np.float64)  # (R, S, T, L, M, D)
    final, ea = clouds[:, :, -1], clouds[:, SCHEMES.index("ea")]
    fixed = invariant_subspace(model.unit.action)
    lead = clouds.shape[:3]
    tenths = [part.reshape(*lead[:2], -1, model.unit.D) for part in np.array_split(final, TENTHS, axis=2)]
    outputs, risk = _on_test_points(config, teacher, final)
    return {
        "to_projection": layer_rmd_squared_to_projection(clouds.reshape(*lead, -1, model.unit.D), fixed),
        "by_depth": np.stack([layer_rmd_squared_to_projection(part, fixed) for part in tenths], axis=-1),
        "between": np.array(
            [
                [layered_rmd_squared(row[SCHEMES.index(a)], row[SCHEMES.index(b)]) for a, b in PAIRS]
                for row in final
            ]
        ),
        "path_gap": np.sqrt(((clouds - ea[:, None]) ** 2).sum(-1)).max(axis=(2, 3, 4)),
        "risk": risk,
        "outputs": outputs,
    }


def _on_test_points(config: Deep, teacher: DeepTeacher, final: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return outputs (R, S, 32, d) and risks (R, S) of networks (R, S, L, M, D), on points that all share."""
    key = jax.random.fold_in(jax.random.key(config.seed), _TEST)
    x = config.scale * jax.random.normal(key, (_TEST_POINTS, teacher.model.d), jnp.float64)
    y = teacher.label(x)

    def one(theta: jax.Array) -> tuple[jax.Array, jax.Array]:
        found = teacher.model.outputs(theta, x)
        return found[:_SHARED_POINTS], jnp.sum((found - y) ** 2, axis=1).mean()

    outputs, risk = jax.lax.map(one, final.reshape(-1, *final.shape[2:]))
    lead = final.shape[:2]
    return np.asarray(outputs).reshape(*lead, *outputs.shape[1:]), np.asarray(risk).reshape(lead)


def _parse(shard: str) -> tuple[str, str, int, int, int]:
    unit, teacher, L, repetitions = shard.split(":")
    first, last = repetitions.split("-")
    return unit, teacher, int(L), int(first), int(last)


def gather(config: Deep, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put shards together: ``<unit>_<quantity>`` leads with (teacher, depth, repetition)."""
    arrays: dict[str, np.ndarray] = {}
    for shard, part in parts.items():
        if shard == _STATEMENTS:
            arrays |= {name: np.asarray(values) for name, values in part.items()}
            continue
        unit, teacher, L, first, last = _parse(shard)
        depths = config.depths_of(unit)
        place = (config.teachers.index(teacher), depths.index(L), slice(first, last + 1))
        lead = (len(config.teachers), len(depths), config.repetitions)
        for name, values in part.items():
            empty = np.full(lead + values.shape[1:], np.nan)
            arrays.setdefault(f"{unit}_{name}", empty)[place] = values
    return arrays


EXPERIMENT = Experiment(
    name="beyond.deep",
    config_type=Deep,
    profiles={
        "quick": Deep(depths=(10, 30), neuron_depths=(10, 30), repetitions=3, horizon=1.0),
        "default": Deep(depths=(10, 20, 50, 100), neuron_depths=(10, 20, 50, 100), repetitions=12),
        # as deep as the reference has it
        "paper": Deep(),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("A-X2",),
)
