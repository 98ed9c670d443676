r"""A group of one's own: from generators and a unit to the question of A-F1.

A config holds the generators of a group on inputs and on outputs and a unit
(:mod:`widesym.meanfield.described`); making one checks all of it. Then, in order:

* the group: its elements as words in the generators, its order and its name (of a continuous one, its
  dimension and the nodes that stand for it in training);
* joint equivariance of the unit, at every element, beside a control that must deviate;
* :math:`\dim\mathcal E^G` by null space, by average and by character;
* students of N particles, trained from a strongly invariant start on teachers drawn at random (the
  arbitrary one, its symmetrisation WI, its projection SI), by four coupled schemes: the distance
  :math:`\mathrm{RMD}^2` of the final cloud to its projection and to the cloud of EA, and the risk;
* :math:`\mathcal E^G` found again from data of a symmetric teacher alone, with no knowledge of the group
  (:mod:`widesym.meanfield.discovery`).

A cloud that stops being finite gives NaN. Source: [MF], Section 4, for any compact group.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from widesym.groups import (
    Representation,
    Subspace,
    basis_by_null_space,
    dimension_by_character,
    exact_average,
    invariant_subspace,
    projector_by_averaging,
    sampled_average,
)
from widesym.groups.recognition import element_orders, recognised
from widesym.meanfield.described import Described, Description, described
from widesym.meanfield.discovery import Search, discover, largest_angle_sine
from widesym.meanfield.dynamics import SGD, Divergence
from widesym.meanfield.laws import project, symmetrise
from widesym.meanfield.teachers import Teacher
from widesym.meanfield.transport import rmd_squared, rmd_squared_to_projection
from widesym.study.experiment import Experiment
from widesym.study.sweeps import Sweep, cell_name, cells, parse_cell, place, repetition_keys, risks, train

SCHEMES = ("vanilla", "da-sampled", "fa", "ea")
LARGEST = 10_000  # particles: an exact plan between larger clouds takes hours
TABLE_TO = 48  # order up to which the multiplication table is kept for the figure
_FARTHEST = 1e50  # coordinates beyond it belong to a cloud on its way to infinity
ROUNDING = 1e-12  # projectors of exact algebra in float64
_SAMPLES = 20_000  # for the average over a group that has no exact rule
_TEACHER, _SEARCH = 7, 8  # streams of the seed's key
_AROUND = 0.05  # spread around 0 of a search that cannot start at 0
_BEYOND = 2  # dimensions beyond the true ones after which a search gives up

SQUARE = (
    ((0.0, -1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
)
STILL = ((0,), (0,))


@dataclasses.dataclass(frozen=True)
class OwnGroup(Sweep):
    r"""Every number of the experiment. The first eleven fields are those of ``Description``.

    Args:
        inputs, outputs, unit, activation, formula, action, max_order, lie_inputs: the group and the unit.
        lie_outputs, lie_action, nodes: the same.
        teacher_particles: particles of the arbitrary teacher; the WI one has them and their images.
        teacher_spread: standard deviation of their entries.
        search_particles, search_batch, threshold: of the discovery; the rest of its numbers are the sweep's.
        sizes, repetitions, teachers, horizon, alpha, tau, beta: of the sweep
            (:class:`widesym.study.sweeps.Sweep`).
        batch, spread, scale, precision, backend, seed: the same.
    """

    inputs: tuple = SQUARE
    outputs: tuple = STILL
    unit: str = "neuron"
    activation: str = "sigmoid"
    formula: str = ""
    action: tuple = ()
    max_order: int = 1000
    lie_inputs: tuple = ()
    lie_outputs: tuple = ()
    lie_action: tuple = ()
    nodes: int = 16
    teacher_particles: int = 5
    teacher_spread: float = 2.0
    search_particles: int = 100
    search_batch: int = 1000
    threshold: float = 1e-4
    sizes: tuple[int, ...] = (5, 10, 20, 50, 100, 200)
    repetitions: int = 10
    teachers: tuple[str, ...] = ("arbitrary", "WI")
    horizon: float = 20.0
    alpha: float = 2.0
    scale: float = 2.0
    precision: str = "float64"

    def __post_init__(self) -> None:
        """Refuse what is no group, no unit of it or no number, with the rule and the remedy."""
        for name in ("inputs", "outputs", "action", "lie_inputs", "lie_outputs", "lie_action"):
            object.__setattr__(self, name, _plain(name, getattr(self, name)))
        super().__post_init__()
        if self.sizes[-1] > LARGEST:
            raise ValueError(f"sizes go to N={LARGEST}, got {self.sizes[-1]}; take smaller clouds")
        if self.teacher_particles < 1 or not self.teacher_spread > 0:
            raise ValueError(
                "a teacher needs at least 1 particle and a positive spread, got "
                f"{self.teacher_particles} and {self.teacher_spread}"
            )
        self.search()  # raises for what a search refuses
        self.described()  # raises for the group and the unit

    def described(self) -> Described:
        """Return the group and the unit, checked."""
        names = [field.name for field in dataclasses.fields(Description)]
        return described(Description(**{name: getattr(self, name) for name in names}))

    def search(self, **changes: Any) -> Search:
        """Return how the discovery searches."""
        sgd = SGD(self.alpha, self.tau, self.beta, self.search_batch, project_noise=True)
        return Search(
            threshold=self.threshold, N=self.search_particles, horizon=self.horizon, sgd=sgd,
            spread=self.spread, precision=self.precision, backend=self.backend, **changes,
        )  # fmt: skip


def _plain(name: str, value: Any, depth: int = 0) -> Any:
    """Make lists tuples and the entries of matrices floats, so that one meaning has one key."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list | tuple):
        return tuple(_plain(name, part, depth + 1) for part in value)
    if type(value) not in (int, float, str):
        raise ValueError(f"{name} holds {value!r}: entries are numbers, or texts such as 'sqrt(3)/2'")
    return float(value) if type(value) is int and depth == 3 else value


def shards(config: OwnGroup) -> tuple[str, ...]:
    """Return ``discovery``, ``teacher:N:first-last``, the largest N first, and ``group``."""
    return ("discovery", *(cell_name(*cell) for cell in cells(config)), "group")


def run_shard(config: OwnGroup, shard: str) -> dict[str, np.ndarray]:
    """Train and measure one teacher's students of one size, or describe the group."""
    if shard in _ALONE:
        return _ALONE[shard](config)
    name, N, first, last = parse_cell(shard)
    teacher = own_teacher(config, name)
    keys = repetition_keys(config, N, first, last)
    try:
        final = train(config, teacher, keys, N, SCHEMES, invariant=True)[:, :, -1]
        finite = np.abs(final).max() < _FARTHEST
    except Divergence:
        finite = False
    if not finite:
        nowhere = np.full((len(keys), len(SCHEMES)), np.nan)
        return dict.fromkeys(("to_projection", "to_ea", "path_gap", "risk"), nowhere)
    fixed = invariant_subspace(teacher.unit.action)
    ea = final[:, SCHEMES.index("ea")]
    return {
        "to_projection": np.array([[rmd_squared_to_projection(c, fixed) for c in row] for row in final]),
        "to_ea": np.array([[rmd_squared(c, e) for c in row] for row, e in zip(final, ea, strict=True)]),
        "path_gap": np.sqrt(((final - ea[:, None]) ** 2).sum(-1)).max(axis=-1),
        "risk": risks(config, teacher, final),
    }


def own_teacher(config: OwnGroup, name: str) -> Teacher:
    """Return the teacher of that name: ``arbitrary``, its symmetrisation ``WI`` or its projection ``SI``."""
    unit = config.described().unit
    key = jax.random.fold_in(jax.random.key(config.seed), _TEACHER)
    drawn = config.teacher_spread * np.asarray(
        jax.random.normal(key, (config.teacher_particles, unit.D), jnp.float64)
    )
    theta = {
        "arbitrary": lambda: drawn,
        "WI": lambda: symmetrise(drawn, unit.action),
        "SI": lambda: project(drawn, invariant_subspace(unit.action)),
    }[name]()
    return Teacher(name, unit, theta, config.scale)


def _describe(config: OwnGroup) -> dict[str, Any]:
    """Describe the group, and find the invariant subspace three ways."""
    found = config.described()
    action = found.unit.action
    by_null_space = Subspace(basis_by_null_space(action)).projector
    own = _finite(found) if isinstance(action, Representation) else _continuous(found, config.seed)
    by_average = own.pop("average")
    return {
        **own,
        "order": action.group.order,
        "unit": found.unit.name,
        "shape": np.array([found.unit.d, found.unit.c, found.unit.D]),
        "deviation": found.deviation,
        "control": found.control,
        "closed": found.closed,
        "projector": by_null_space,
        "dimension_by_null_space": round(np.trace(by_null_space)),
        "dimension_by_average": int(np.linalg.matrix_rank(by_average, tol=0.5)),
        "projector_gap": np.abs(by_null_space - by_average).max(),
        "projector_control": np.abs(by_null_space - own["partial"]).max(),
        "node_error": np.linalg.norm(action.matrices.mean(axis=0) - by_null_space, 2),
    }


def _finite(found: Described) -> dict[str, Any]:
    action, group = found.unit.action, found.unit.action.group
    average = projector_by_averaging(action)
    return {
        "name": recognised(group),
        "words": np.array(found.words),
        "element_orders": element_orders(group),
        "table": group.table if group.order <= TABLE_TO else np.zeros((0, 0), np.int32),
        "average": average,
        "projector_allowed": ROUNDING,
        "partial": action.matrices[1:].mean(axis=0) if group.order > 1 else average,
        "dimension_by_character": dimension_by_character(action),
    }


def _continuous(found: Described, seed: int) -> dict[str, Any]:
    rep = found.unit.action.representation
    name = f"{rep.group.name}, {len(rep.components)} component generators"
    average, allowed = exact_average(rep), ROUNDING
    character = None if average is None else np.trace(average)
    if average is None:
        sampled = sampled_average(rep, seed, _SAMPLES)
        average, character = sampled.mean, sampled.trace
        # six standard errors: one entry in 10^9 is farther by chance
        allowed = ROUNDING + 6 * sampled.standard_error.max()
    return {
        "name": name,
        "words": np.array([], dtype="<U1"),
        "element_orders": np.array([], dtype=int),
        "table": np.zeros((0, 0), np.int32),
        "average": average,
        "projector_allowed": allowed,
        "partial": rep.at(rep.group.sample(seed, 1))[0],
        "dimension_by_character": round(float(character)),
    }


def _discover(config: OwnGroup) -> dict[str, Any]:
    """Search the invariant subspace with no knowledge of the group, and compare with the true one."""
    # an average over samples gives no equivariant teacher, a projection does
    name = "WI" if config.described().closed else "SI"
    teacher = own_teacher(config, name)
    unit, true = teacher.unit, invariant_subspace(teacher.unit.action)
    # where the derivative at z = 0 vanishes, as for an odd activation, a cloud at 0 would stay there
    x = jax.random.normal(jax.random.key(config.seed), (8, unit.d), jnp.float64)
    slope = jax.vmap(lambda point: jax.jacobian(unit.apply, argnums=1)(point, jnp.zeros(unit.D)))(x)
    around = 0.0 if np.abs(slope).max() > 0 else _AROUND
    search = config.search(max_dim=min(unit.D, true.dim + _BEYOND), origin_spread=around)
    try:
        found = discover(teacher, jax.random.fold_in(jax.random.key(config.seed), _SEARCH), search)
    except (Divergence, ValueError):  # a cloud on its way to infinity, or at 0 exactly
        return {"found_from": name, "found_dimension": -1, "found_ended": "diverged"}
    random = np.linalg.qr(np.asarray(jax.random.normal(jax.random.key(_SEARCH), (unit.D, unit.D))))[0]
    return {
        "found_from": name,
        "found_dimension": found.subspace.dim,
        "found_ended": found.ended,
        "found_projector": found.subspace.projector,
        "found_sine": largest_angle_sine(found.subspace, true),
        "found_control": largest_angle_sine(Subspace(random[:, : true.dim]), true),
        "left_by": np.array([step.rmd_squared for step in found.steps]),
    }


_ALONE = {"group": _describe, "discovery": _discover}


def gather(config: OwnGroup, parts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Put shards together: arrays of students lead with (teacher, N, repetition), then scheme."""
    arrays: dict[str, Any] = {}
    for shard, part in parts.items():
        if shard in _ALONE:
            arrays |= part
        else:
            place(arrays, config, shard, part)
    return arrays


EXPERIMENT = Experiment(
    name="beyond.own-group",
    config_type=OwnGroup,
    profiles={
        "quick": OwnGroup(sizes=(5, 20, 80), repetitions=3, search_batch=300),
        "default": OwnGroup(),
        "paper": OwnGroup(sizes=(5, 10, 50, 100, 500, 1000)),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=(),
)
