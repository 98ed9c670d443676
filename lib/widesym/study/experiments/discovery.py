r"""A-F2 and A-F5: the heuristic that discovers :math:`\mathcal E^G`, over seeds, groups, teachers, rules.

C2 has the paper's teachers, ``WI`` and, as a control, ``arbitrary``. The other groups have teachers drawn
anew for every seed: Gaussian particles, symmetrised, with one standard deviation along
:math:`\mathcal E^G` and another across it, small (``near``) or as large as along (``far``). But for
the horizon the search is the same for every group. One key a case and seed is shared by rules and
teachers, so the first step of both rules is one. Source: [MF], Section 4 (figure on page 9) and
Appendix F.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from widesym.groups import (
    Representation,
    cyclic_permutation,
    cyclic_rotation,
    dihedral_plane,
    direct_sum,
    invariant_subspace,
    symmetric_permutation,
    trivial,
)
from widesym.meanfield.discovery import ENDS, Discovery, Search, depart, discover, largest_angle_sine
from widesym.meanfield.dynamics import BACKENDS, PRECISIONS, SGD
from widesym.meanfield.laws import symmetrise, weak_deviation
from widesym.meanfield.teachers import Teacher, paper_teacher, paper_unit
from widesym.meanfield.units import Unit, matrix_unit, neuron_unit
from widesym.study.experiment import Experiment

_BLOCK = 10  # seeds a shard
TEACHER, SEARCH, FLOOR = 0, 1, 2  # streams of a key


def _permuting(rep: Representation) -> Unit:
    return matrix_unit(rep, rep)


def _turning(plane: Representation) -> Unit:
    r"""Neurons on a line that is fixed and a plane that is moved, in and out: D = 6, dim E^G = 2."""
    both = direct_sum(trivial(plane.group, 1), plane)
    return neuron_unit(both, both)


# The paper's C2 first; a case's place is part of its keys.
CASES: dict[str, Callable[[], Unit]] = {
    "C2": paper_unit,
    "C3": lambda: _permuting(cyclic_permutation(3)),
    "S3": lambda: _permuting(symmetric_permutation(3)),
    "C4": lambda: _turning(cyclic_rotation(4)),
    "D4": lambda: _turning(dihedral_plane(4)),
}


@dataclasses.dataclass(frozen=True)
class DiscoveryStudy:
    r"""Every number of the experiment.

    Args:
        cases: which groups, out of C2, C3, S3, C4, D4; the first must be C2.
        seeds: independent searches of every run.
        N, batch, alpha, tau, beta: of each training; beta's noise is projected on :math:`E_j`.
        horizon: T, for C2.
        horizon_drawn: T for the others, shorter: with their teachers :math:`\mathcal E^G` is less stable.
        threshold: :math:`\delta` on RMD².
        spread: standard deviation of the starts in :math:`E_j`.
        scale: standard deviation of the inputs.
        max_dim: a search gives up beyond this dimension; more than the largest :math:`\dim\mathcal E^G`.
        particles: of a drawn teacher, before symmetrisation.
        along: standard deviation of a drawn teacher's particles along :math:`\mathcal E^G`.
        across: the same across it, for the near teacher; the far one has ``along`` there too.
        precision: ``float32`` or ``float64``.
        backend: ``auto``, ``compiled`` or ``jax``.
        seed: of everything.
    """

    cases: tuple[str, ...] = ("C2", "S3")
    seeds: int = 20
    N: int = 100
    horizon: float = 5.0
    horizon_drawn: float = 3.0
    batch: int = 3000
    alpha: float = 50.0
    tau: float = 1e-4
    beta: float = 1e-6
    threshold: float = 1e-3
    spread: float = 0.25
    scale: float = 4.0
    max_dim: int = 4
    particles: int = 5
    along: float = 0.75
    across: float = 0.25
    precision: str = "float32"
    backend: str = "auto"
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        if (
            self.cases[:1] != ("C2",)
            or len(set(self.cases)) < len(self.cases)
            or not set(self.cases) <= set(CASES)
        ):
            raise ValueError(
                f"cases must be distinct names out of {', '.join(CASES)}, C2 first, got {self.cases}"
            )
        for name in ("seeds", "particles"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not (self.scale > 0 and self.along > 0 and self.across > 0):
            raise ValueError(
                "scale, along and across must be positive, got "
                f"{self.scale}, {self.along} and {self.across}: the teacher's data must vary"
            )
        if not 3 <= self.max_dim <= 4:
            raise ValueError(
                f"max_dim must be 3 or 4, got {self.max_dim}: E^G has up to 3 dimensions, all of C2's space 4"
            )
        for name, valid in (("precision", tuple(PRECISIONS)), ("backend", BACKENDS)):
            if getattr(self, name) not in valid:
                raise ValueError(f"{name} must be one of {', '.join(valid)}, got {getattr(self, name)!r}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}")
        for case in self.cases:
            self.search(case, "singular")  # raises for what a search refuses

    def search(self, case: str, rule: str) -> Search:
        """Return the search of one case with one of the two rules."""
        horizon = self.horizon if case == "C2" else self.horizon_drawn
        sgd = SGD(self.alpha, self.tau, self.beta, self.batch, project_noise=True)
        return Search(
            rule, self.threshold, self.N, horizon, sgd, self.spread,
            max_dim=self.max_dim, precision=self.precision, backend=self.backend,
        )  # fmt: skip


def runs(config: DiscoveryStudy) -> tuple[tuple[str, str, str], ...]:
    """Return the runs ``(case, teacher, rule)`` in the order of the result's arrays."""
    found = []
    for case in config.cases:
        fair, hard = ("WI", "arbitrary") if case == "C2" else ("near", "far")
        found += [(case, fair, "singular"), (case, fair, "mean"), (case, hard, "singular")]
    return tuple(found)


def shards(config: DiscoveryStudy) -> tuple[str, ...]:
    """Return names ``case:teacher:rule:first-last`` (seeds); searches in many dimensions come first."""
    dearest = sorted(runs(config), key=lambda run: (CASES[run[0]]().D, run[1] == "far"), reverse=True)
    blocks = [(first, min(first + _BLOCK, config.seeds) - 1) for first in range(0, config.seeds, _BLOCK)]
    return tuple(f"{':'.join(run)}:{first}-{last}" for run in dearest for first, last in blocks)


def seed_key(config: DiscoveryStudy, case: str, seed: int) -> jax.Array:
    """Return the key of one seed of one case: ``fold_in(fold_in(key(seed), case's place), seed)``."""
    return jax.random.fold_in(jax.random.fold_in(jax.random.key(config.seed), list(CASES).index(case)), seed)


def teacher(config: DiscoveryStudy, unit: Unit, name: str, key: jax.Array) -> Teacher:
    """Return a teacher: the paper's by their names, ``near`` and ``far`` drawn from the key."""
    if name in ("WI", "arbitrary"):
        return paper_teacher(name, unit=unit, scale=config.scale)
    drawn = jax.random.normal(jax.random.fold_in(key, TEACHER), (config.particles, unit.D), np.float32)
    along = np.asarray(drawn, np.float64) @ invariant_subspace(unit.action).projector
    spread = config.across if name == "near" else config.along
    theta = config.along * along + spread * (drawn - along)
    return Teacher(name, unit, symmetrise(theta, unit.action), config.scale)


def run_shard(config: DiscoveryStudy, shard: str) -> dict[str, np.ndarray]:
    """Search for one case, teacher and rule; arrays lead with the shard's seeds, NaN where no step was."""
    case, name, rule, first, last = _parse(shard)
    unit, search = CASES[case](), config.search(case, rule)
    fixed = invariant_subspace(unit.action)
    rows = []
    for seed in range(first, last + 1):
        key = seed_key(config, case, seed)
        data = teacher(config, unit, name, key)
        found = discover(data, jax.random.fold_in(key, SEARCH), search)
        row = _measured(config, unit, found)
        # the escape from E^G itself: what the threshold has to exceed; the same for both rules
        escape = depart(data, jax.random.fold_in(key, FLOOR), fixed, search) if rule == "singular" else None
        row["floor"] = np.array(np.nan if escape is None else escape.rmd_squared)
        if seed == 0:
            clouds = _clouds(config, found)
        rows.append(row)
    arrays = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return arrays | (clouds if first == 0 else {})


def _measured(config: DiscoveryStudy, unit: Unit, found: Discovery) -> dict[str, np.ndarray]:
    """Measure one search: a row a step, padded to ``max_dim + 1`` steps."""
    fixed, J, D = invariant_subspace(unit.action), config.max_dim + 1, unit.D
    row = {name: np.full(J, np.nan) for name in ("rmd", "symmetrised", "angle")}
    row |= {name: np.full((J, D), np.nan) for name in ("singular_values", "directions")}
    for j, step in enumerate(found.steps):
        row["rmd"][j] = step.rmd_squared
        row["symmetrised"][j] = weak_deviation(step.end, unit.action)
        row["singular_values"][j, : len(step.singular_values)] = step.singular_values
        if step.direction is not None:
            row["directions"][j] = step.direction
    angles = found.sines(fixed)
    row["angle"][: len(angles)] = angles
    row["dim"] = np.array(found.subspace.dim)
    row["true_dim"] = np.array(fixed.dim)
    row["sine"] = np.array(largest_angle_sine(found.subspace, fixed))
    row["ended"] = np.array(ENDS.index(found.ended))
    return row


def _clouds(config: DiscoveryStudy, found: Discovery) -> dict[str, np.ndarray]:
    """Return the first seed's clouds (steps, N, D) at the starts and the ends, for the views."""
    pad = [(0, config.max_dim + 1 - len(found.steps)), (0, 0), (0, 0)]
    clouds = {
        "starts": np.stack([step.start for step in found.steps]),
        "ends": np.stack([step.end for step in found.steps]),
    }
    return {name: np.pad(values, pad, constant_values=np.nan) for name, values in clouds.items()}


def _parse(shard: str) -> tuple[str, str, str, int, int]:
    case, name, rule, seeds = shard.split(":")
    first, last = seeds.split("-")
    return case, name, rule, int(first), int(last)


def gather(config: DiscoveryStudy, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put shards together: arrays lead with (run, seed), clouds with run; NaN pads the smaller spaces."""
    order, widest = runs(config), max(CASES[case]().D for case in config.cases)
    wide = {"singular_values": -1, "directions": -1, "starts": -1, "ends": -1}
    arrays: dict[str, np.ndarray] = {}
    for shard, part in parts.items():
        *run, first, last = _parse(shard)
        for name, values in part.items():
            shape = values.shape[:-1] + (widest,) if name in wide else values.shape
            if name in ("starts", "ends"):
                place, lead = (order.index(tuple(run)),), (len(order),)
            else:
                place, lead = (order.index(tuple(run)), slice(first, last + 1)), (len(order), config.seeds)
                shape = shape[1:]
            whole = arrays.setdefault(name, np.full(lead + shape, np.nan))
            if name in wide:
                place = (*place, *[slice(None)] * (len(shape) - 1), slice(values.shape[-1]))
            whole[place] = values
    return arrays


EXPERIMENT = Experiment(
    name="meanfield.discovery",
    config_type=DiscoveryStudy,
    profiles={
        "quick": DiscoveryStudy(cases=("C2", "S3"), seeds=2, N=40, batch=1000),
        "default": DiscoveryStudy(),
        # the paper does not say how many; more seeds and particles than the page's own run
        "paper": DiscoveryStudy(cases=tuple(CASES), seeds=100, N=200),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("A-F2", "A-F5"),
)
