r"""A-X1: general compact groups. Their invariant vectors three ways, and A-F1's question for many of them.

Four kinds of shards:

* ``dims``: for each group and representation of the gallery, the invariant vectors by null space, their
  number by averaging and by the character formula, the largest entry of the difference of the two
  projectors, and two controls that must differ: generators (or Lie algebra) perturbed, and an average over
  an incomplete set of elements;
* ``sampled``: Haar samples of continuous groups: the largest deviation from the projector in standard
  errors, and :math:`\|\frac1K\sum_kM_{g_k}-P\|_F^2` against K;
* ``nodes``: the errors of node sets, for the linear action and for a network;
* ``train``: students of N particles from a start in :math:`\mathcal E^G`, on an arbitrary teacher and on its
  symmetrisation, by vanilla training, sampled DA, and (small N) FA and EA, coupled.

Source: [MF], Section 2 and Section 4, for other groups.
"""

import dataclasses
import itertools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import expm

from widesym.groups import (
    CompactRepresentation,
    Representation,
    Subspace,
    basis_by_null_space,
    exact_average,
    invariant_subspace,
    model_error,
    node_error,
    projector_by_averaging,
    sampled_average,
)
from widesym.groups.averages import conditions, null_space
from widesym.meanfield.dynamics import SGD, simulate, start_cloud
from widesym.meanfield.laws import symmetrise
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import Teacher
from widesym.meanfield.transport import rmd_squared_to_projection
from widesym.meanfield.units import Unit, network
from widesym.study.experiment import Experiment
from widesym.study.gallery import CASES, CHARACTERS, CONSTRUCTIONS, FAMILIES, PAIRS

TEACHERS = ("arbitrary", "WI")
SCHEMES = ("vanilla", "da-sampled", "fa")
COLUMNS = ("dim", "null", "averaged", "character", "deviation", "perturbed", "incomplete")
SAMPLED = (("SO(2)", "V"), ("O(2)", "Hom(V, V)"), ("SO(3)", "Hom(V, V)"), ("O(4)", "Hom(V, V)"),
           ("O(5)", "V"), ("SO(2) x SO(3)", "Hom(V, V)"))  # fmt: skip
SAMPLE_SIZES = (64, 256, 1024, 4096)
NODED = ("so2", "o2", "so2c2", "so3", "o4")
NODE_FACTORS = (1, 2, 4, 8)  # times the number of nodes that students are trained with
_TILT = 0.05  # angle by which the control turns generators
_TEACHER_PARTICLES = 5
_TEACHER, _STUDENT, _START, _STEPS = 0, 1, 0, 1  # streams: of the seed, of a repetition's key
_FEW = 100  # up to this N FA (all nodes for each datum) and EA are trained too


@dataclasses.dataclass(frozen=True)
class Gallery:
    r"""Every number of the experiment.

    Args:
        sizes: particle numbers N, increasing.
        repetitions: independent starts, batches and noise.
        cases: which units to train, keys of :data:`widesym.study.gallery.CASES`.
        averages: independent sampled averages at each number of samples.
        horizon: T; a student makes N T steps.
        alpha, tau, beta, batch: of the SGD; step size alpha / N.
        spread: standard deviation of the start before projection.
        scale: standard deviation of the inputs.
        teacher_seed: of the teachers, one for each unit; also of the network whose averages are compared.
        seed: of everything else.
    """

    sizes: tuple[int, ...] = (10, 30, 100, 300, 600)
    repetitions: int = 8
    cases: tuple[str, ...] = tuple(CASES)
    averages: int = 20
    horizon: float = 10.0
    alpha: float = 5.0
    tau: float = 1e-4
    beta: float = 1e-6
    batch: int = 20
    spread: float = 0.5
    scale: float = 2.0
    teacher_seed: int = 2024
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        if not self.sizes or any(a >= b for a, b in itertools.pairwise((0, *self.sizes))):
            raise ValueError(
                f"sizes must be positive and increasing, got {self.sizes}; for example (10, 100)"
            )
        if self.repetitions < 1 or self.averages < 2:
            raise ValueError(
                f"repetitions must be at least 1 and averages at least 2, got {self.repetitions} and "
                f"{self.averages}; raise them"
            )
        if not self.cases or len(set(self.cases)) < len(self.cases) or not set(self.cases) <= set(CASES):
            raise ValueError(f"cases must be distinct names out of {', '.join(CASES)}, got {self.cases}")
        if not self.horizon * self.sizes[0] >= 1:
            raise ValueError(
                f"horizon T={self.horizon} with N={self.sizes[0]} gives not one step; raise the horizon"
            )
        if not (self.spread > 0 and self.scale > 0 and math.isfinite(self.spread + self.scale)):
            raise ValueError(f"spread and scale must be positive, got {self.spread} and {self.scale}")
        if self.seed < 0 or self.teacher_seed < 0:
            raise ValueError(
                f"seed and teacher_seed must not be negative, got {self.seed} and {self.teacher_seed}; "
                "choose 0 or more"
            )
        self.sgd()  # raises for alpha, tau, beta, batch

    def sgd(self) -> SGD:
        """Return the hyperparameters of one run; the noise is projected, as from every SI start."""
        return SGD(self.alpha, self.tau, self.beta, self.batch, project_noise=True)


def shards(config: Gallery) -> tuple[str, ...]:
    """Return ``train:case:N`` from the largest N, then ``dims:group``, ``sampled:i`` and ``nodes:case``."""
    train = [f"train:{case}:{N}" for N in reversed(config.sizes) for case in config.cases]
    sampled = [f"sampled:{i}" for i in range(len(SAMPLED))]
    dims = [f"dims:{group}" for group in reversed(FAMILIES)]  # the largest last in the gallery
    return (*train, *sampled, *dims, *(f"nodes:{case}" for case in NODED))


def run_shard(config: Gallery, shard: str) -> dict[str, np.ndarray]:
    """Compute one shard."""
    kind, name = shard.split(":", 1)
    if kind == "dims":
        return {"dims": np.array([dimensions(name, made, config.seed) for made in FAMILIES[name].made])}
    if kind == "sampled":
        return sampled(config, *SAMPLED[int(name)])
    if kind == "nodes":
        return node_errors(config, name)
    case, N = name.split(":")
    return trained(config, case, int(N))


def dimensions(group: str, made: str, seed: int) -> list[float]:
    """Return :data:`COLUMNS` of one representation; a control that does not apply is NaN."""
    v = FAMILIES[group].defining()
    rep = CONSTRUCTIONS[made](v)
    basis = basis_by_null_space(rep)
    mean = projector_by_averaging(rep)
    if isinstance(v, Representation):
        defining, weights = v.matrices, np.full(v.group.order, 1 / v.group.order)
        constraints = rep.matrices[list(rep.group.generators)] - np.eye(rep.dim)
        partial = rep.matrices[:-1].mean(axis=0)  # one element is left out
    else:
        rule = v.group.classes(rep.degree)
        defining, weights = rule.nodes, rule.weights
        constraints = conditions(rep)
        partial = exact_average(dataclasses.replace(rep, degree=0))  # a rule for constants
    character = CHARACTERS[made](np.trace(defining, axis1=1, axis2=2), np.linalg.det(defining))
    tilted = null_space(tilt(rep, constraints, seed))
    moved, fixed = basis.shape[1] < rep.dim, basis.shape[1] > 0
    return [
        rep.dim,
        basis.shape[1],
        float(np.trace(mean)),
        float(weights @ character),
        float(np.abs(basis @ basis.T - mean).max()),
        float(np.abs(tilted @ tilted.T - mean).max()) if moved and fixed else math.nan,
        float(np.abs(basis @ basis.T - partial).max()) if moved else math.nan,
    ]


def tilt(rep: Representation | CompactRepresentation, constraints: np.ndarray, seed: int) -> np.ndarray:
    r"""Tilt the matrices that a null space is made from, at random.

    .. math:: M_s - I \mapsto M_s e^{\epsilon A} - I, \qquad
        \mathrm dM \mapsto \mathrm dM + \epsilon A, \qquad A \text{ skew}, \ \|A\| = 1 .
    """
    rng = np.random.default_rng(seed)
    continuous = rep.group.dim if isinstance(rep, CompactRepresentation) else 0
    identity = np.eye(rep.dim)
    turned = []
    for i, constraint in enumerate(constraints):
        skew = rng.normal(size=(rep.dim, rep.dim))
        skew = (skew - skew.T) / np.linalg.norm(skew - skew.T, 2)
        if i < continuous:
            turned.append(constraint + _TILT * skew)
        else:
            turned.append((constraint + identity) @ expm(_TILT * skew) - identity)
    return np.stack(turned)


def sampled(config: Gallery, group: str, made: str) -> dict[str, np.ndarray]:
    """Average over samples: squared errors ``(sizes, averages)`` times K / (D - dim E), worst deviation."""
    rep = CONSTRUCTIONS[made](FAMILIES[group].defining())
    fixed = invariant_subspace(rep)
    rng = np.random.default_rng([config.seed, SAMPLED.index((group, made))])
    squares = np.empty((len(SAMPLE_SIZES), config.averages))
    for i, size in enumerate(SAMPLE_SIZES):
        for j in range(config.averages):
            mean = sampled_average(rep, rng, size)
            squares[i, j] = np.sum((mean.mean - fixed.projector) ** 2)
    error = mean.standard_error
    off = np.abs(mean.mean - fixed.projector)
    return {
        "sampled_squares": squares / (rep.dim - fixed.dim),
        # an entry that is the same for every g has no error, and must be right to rounding
        "sampled_deviation": np.where(error > 0, off / np.where(error > 0, error, 1.0), 1e12 * off).max(),
        "sampled_trace": np.array([mean.trace, *mean.dimension_interval, fixed.dim]),
    }


def node_errors(config: Gallery, case: str) -> dict[str, np.ndarray]:
    r"""Return ``(factors,)``: :math:`\|\frac1K\sum_kM_{g_k}-P\|` and :math:`\max|Q_K\Phi-Q_{2K}\Phi|`."""
    units = [CASES[case].unit(CASES[case].nodes * factor) for factor in (*NODE_FACTORS, 2 * NODE_FACTORS[-1])]
    theta = arbitrary_cloud(config, units[0])
    x = config.scale * np.random.default_rng(config.teacher_seed).normal(size=(64, units[0].d))
    model = [
        model_error(
            lambda points, unit=coarse: network(unit, jnp.asarray(theta), jnp.asarray(points)),
            (coarse.rho_in, coarse.rho_out),
            (fine.rho_in, fine.rho_out),
            x,
        )
        for coarse, fine in itertools.pairwise(units)
    ]
    return {
        "node_linear": np.array([node_error(unit.action) for unit in units[:-1]]),
        "node_model": np.array(model),
    }


def arbitrary_cloud(config: Gallery, unit: Unit) -> np.ndarray:
    """Return the particles (5, D) of the arbitrary teacher, standard normal."""
    key = jax.random.fold_in(jax.random.key(config.teacher_seed), _TEACHER)
    return np.asarray(jax.random.normal(key, (_TEACHER_PARTICLES, unit.D), jnp.float64))


def trained(config: Gallery, case: str, N: int) -> dict[str, np.ndarray]:
    """Train students of one size on both teachers; arrays lead with (teacher, repetition)."""
    unit = CASES[case].unit(CASES[case].nodes)
    fixed: Subspace = invariant_subspace(unit.action)
    cloud = arbitrary_cloud(config, unit)
    names = (*SCHEMES, "ea") if N <= _FEW else SCHEMES[:2]
    stream = jax.random.fold_in(jax.random.fold_in(jax.random.key(config.seed), _STUDENT), N)
    keys = jax.vmap(lambda r: jax.random.fold_in(stream, r))(jnp.arange(config.repetitions))
    distance = np.full((len(TEACHERS), config.repetitions, len(SCHEMES)), np.nan)
    gap = np.full((len(TEACHERS), config.repetitions), np.nan)
    for i, name in enumerate(TEACHERS):
        theta = symmetrise(cloud, unit.action) if name == "WI" else cloud
        teacher = Teacher(name, unit, theta, config.scale)
        start = np.stack(
            [start_cloud(jax.random.fold_in(k, _START), N, teacher, spread=config.spread) for k in keys]
        )
        run = simulate(
            teacher,
            [scheme(s) for s in names],
            start,
            jax.vmap(lambda k: jax.random.fold_in(k, _STEPS))(keys),
            config.sgd(),
            [max(1, round(config.horizon * N))],
            precision="float64",
        )
        final = run.clouds[:, :, 0]
        for j in range(min(len(names), len(SCHEMES))):
            distance[i, :, j] = [rmd_squared_to_projection(c, fixed) for c in final[:, j]]
        if "ea" in names:
            apart = final[:, names.index("fa")] - final[:, names.index("ea")]
            gap[i] = np.sqrt((apart**2).sum(-1)).max(axis=-1)
    return {"to_projection": distance, "fa_gap": gap}


def gather(config: Gallery, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put shards together: rows of the dims table in the order of ``PAIRS``, training by (case, N)."""
    rows = {group: part["dims"] for kind, group, part in _split(parts) if kind == "dims"}
    arrays = {"dims": np.concatenate([rows[group] for group in dict.fromkeys(g for g, _ in PAIRS)])}
    for kind, names in (("sampled", [str(i) for i in range(len(SAMPLED))]), ("nodes", list(NODED))):
        found = {name: part for which, name, part in _split(parts) if which == kind}
        for quantity in found[names[0]]:
            arrays[quantity] = np.stack([np.asarray(found[name][quantity]) for name in names])
    for kind, name, part in _split(parts):
        if kind == "train":
            case, N = name.split(":")
            place = (config.cases.index(case), config.sizes.index(int(N)))
            for quantity, values in part.items():
                shape = (len(config.cases), len(config.sizes), *values.shape)
                arrays.setdefault(quantity, np.full(shape, np.nan))[place] = values
    return arrays


def _split(parts: dict[str, dict[str, Any]]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(*shard.split(":", 1), part) for shard, part in parts.items()]


EXPERIMENT = Experiment(
    name="beyond.groups",
    config_type=Gallery,
    profiles={
        "quick": Gallery(
            sizes=(10, 40), repetitions=3, cases=("c3", "s3", "so2", "so3", "o4"), averages=4, horizon=5.0
        ),
        "default": Gallery(sizes=(10, 30, 100, 400)),
        "paper": Gallery(sizes=(10, 30, 100, 300, 1000, 3000), repetitions=10, averages=40, horizon=20.0),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("A-X1",),
)
