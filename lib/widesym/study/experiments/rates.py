r"""A-X3: at which rates vanilla SGD, DA and FA approach their common limit as N grows.

Two settings, both with a weakly invariant start and teacher, so that the schemes have one limit (A-S6):

* ``line``: the bump unit on R (:mod:`widesym.meanfield.bumps`). The limit is a solution of the flow's
  continuity equation, by a finite-volume solver that shares no code with the particles
  (:mod:`widesym.oracles.flow_1d`). Measured: :math:`W_2^2` to the limit, and the squared errors of
  :math:`\Phi_N` and of :math:`Q_G\Phi_N`.
* ``plane``: the setting of [MF], Section 4. The limit's model is the symmetrised mean of very large clouds.
  Measured: the same errors.

All schemes of a repetition share start, batches and noise.
"""

import dataclasses
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from widesym.meanfield.bumps import bump_unit
from widesym.meanfield.dynamics import SGD, simulate, start_cloud
from widesym.meanfield.escape import gaussian_nodes
from widesym.meanfield.limits import outputs, squared_errors
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import Teacher, paper_teacher
from widesym.meanfield.transport import wasserstein2_squared
from widesym.oracles import flow_1d
from widesym.study.experiment import Experiment

SCHEMES = ("vanilla", "da-sampled", "da-orbit", "fa")
QUARTERS = 4  # the line is measured at T/4, T/2, 3T/4 and T: equal pieces are compiled once
_WIDTH = 1.0  # of a bump
_REACH = 6.0  # of the grid
_QUANTILES = 4096  # particles of equal weight that stand for the limit; its W2 to the limit is about 1e-3
_LINE_NODES = 48  # of the quadrature over X on the line
_CHUNK = 16  # repetitions a shard where a repetition is long
_PIECES_FROM = {"line": 512, "plane": 1000}
BINS = np.linspace(-4.0, 4.0, 81)  # of the histogram of the large clouds
_START, _STEPS = 0, 1  # streams of a repetition's key
_LINE, _LARGE, _PLANE, _REFERENCE = 0, 1, 2, 3  # purposes of keys


@dataclasses.dataclass(frozen=True)
class Rates:
    r"""Every number of the experiment.

    Args:
        line_sizes: particle numbers N on the line, increasing.
        line_repetitions: independent starts, batches and noise on the line.
        line_horizon: T; a student makes N T steps.
        line_alpha, line_tau, line_beta: of the SGD on the line; step size alpha / N.
        line_spread: standard deviation of the start.
        line_scale: standard deviation of the inputs.
        line_teacher: the positive centres of the teacher; it has their mirror images too.
        large_size, large_repetitions: of large vanilla clouds on the line.
        cells: of the finite-volume grid that gives the limit.
        grids: cells of the grids whose convergence is shown, each twice the one before.
        plane_sizes, plane_repetitions: the same for the plane.
        plane_times: when clouds are measured, increasing, in units of N steps; the last is T.
        alpha, tau, beta: of the SGD in the plane, the paper's.
        spread, scale: of the start and the inputs in the plane, the paper's.
        reference_size, references: particles of a very large cloud in the plane, and how many.
        nodes: of the quadrature over inputs in the plane, for each coordinate.
        batch: of every SGD.
        seed: of everything.
    """

    line_sizes: tuple[int, ...] = (16, 32, 64, 128, 256)
    line_repetitions: int = 64
    line_horizon: float = 4.0
    line_alpha: float = 5.0
    line_tau: float = 1e-3
    line_beta: float = 1e-3
    line_spread: float = 0.5
    line_scale: float = 2.0
    line_teacher: tuple[float, ...] = (0.5, 2.0)
    large_size: int = 1024
    large_repetitions: int = 12
    cells: int = 400
    grids: tuple[int, ...] = (100, 200, 400, 800)
    plane_sizes: tuple[int, ...] = (50, 100, 200, 400)
    plane_repetitions: int = 48
    plane_times: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    alpha: float = 50.0
    tau: float = 1e-4
    beta: float = 1e-6
    spread: float = 0.25
    scale: float = 4.0
    reference_size: int = 4000
    references: int = 4
    nodes: int = 16
    batch: int = 20
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        for name in ("line_sizes", "line_teacher", "plane_sizes", "plane_times", "grids"):
            values = getattr(self, name)
            if not values or any(a >= b for a, b in itertools.pairwise((0, *values))):
                raise ValueError(f"{name} must be positive and increasing, got {values}; sort them")
        for name in (
            "line_repetitions", "large_size", "large_repetitions", "plane_repetitions", "references", "nodes",
        ):  # fmt: skip
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("line_spread", "line_scale", "spread", "scale"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        quarters = [self.line_horizon * N / QUARTERS for N in (*self.line_sizes, self.large_size)]
        if any(q < 1 or q != round(q) for q in quarters):
            raise ValueError(
                f"line_horizon={self.line_horizon} times every size over {QUARTERS} must be a whole number "
                f"of steps, got {quarters}; use a horizon that is a multiple of {QUARTERS}"
            )
        steps = [round(t * self.plane_sizes[0]) for t in self.plane_times]
        if any(a >= b for a, b in itertools.pairwise((0, *steps))):
            raise ValueError(
                f"plane_times {self.plane_times} are the steps {steps} at N={self.plane_sizes[0]}, which "
                "must increase from 1 on; leave out the earliest times or the smallest N"
            )
        if self.reference_size < 2 * self.plane_sizes[-1]:
            raise ValueError(
                f"reference_size={self.reference_size} must be at least twice the largest N of the plane, "
                f"{self.plane_sizes[-1]}: it stands for the limit"
            )
        if self.cells not in self.grids[:-1] or any(2 * a != b for a, b in itertools.pairwise(self.grids)):
            raise ValueError(
                f"grids must double from one to the next and contain cells={self.cells} before the last, "
                f"got {self.grids}"
            )
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}")
        self.line_sgd(), self.plane_sgd()  # raise for alpha, tau, beta, batch

    @property
    def line_times(self) -> tuple[float, ...]:
        """When the line is measured."""
        return tuple(self.line_horizon * (i + 1) / QUARTERS for i in range(QUARTERS))

    def line_sgd(self) -> SGD:
        """Return the hyperparameters on the line; the noise is whole, as from every WI start."""
        return SGD(self.line_alpha, self.line_tau, self.line_beta, self.batch, project_noise=False)

    def plane_sgd(self) -> SGD:
        """Return the hyperparameters in the plane; the noise is whole, as from every WI start."""
        return SGD(self.alpha, self.tau, self.beta, self.batch, project_noise=False)


def line_teacher(config: Rates) -> Teacher:
    """Return the teacher on the line: bumps at the given centres and at their mirror images."""
    half = np.array(config.line_teacher)
    theta = np.concatenate([half, -half])[:, None]
    return Teacher("WI", bump_unit(_WIDTH), theta, config.line_scale)


def line_limit(config: Rates, cells: int) -> list[flow_1d.Density]:
    """Return the limit law on the line at each time, from the finite-volume solver."""
    return flow_1d.solve(
        flow_1d.gaussian_start(config.line_spread, reach=_REACH, cells=cells),
        line_teacher(config).theta[:, 0],
        config.line_times,
        alpha=config.line_alpha,
        tau=config.line_tau,
        beta=config.line_beta,
        scale=config.line_scale,
        width=_WIDTH,
    )


def shards(config: Rates) -> tuple[str, ...]:
    """Return ``line:N:first-last``, ``large``, ``plane:N:first-last``, ``reference:k`` and ``grid``."""

    def pieces(kind: str, N: int, count: int) -> list[str]:
        group = _CHUNK if N >= _PIECES_FROM[kind] else count
        return [f"{kind}:{N}:{a}-{min(a + group, count) - 1}" for a in range(0, count, group)]

    line = [pieces("line", N, config.line_repetitions) for N in reversed(config.line_sizes)]
    plane = [pieces("plane", N, config.plane_repetitions) for N in reversed(config.plane_sizes)]
    references = [f"reference:{k}" for k in range(config.references)]
    return (*line[0], "large", *references, *itertools.chain(*plane, *line[1:]), "grid")


def run_shard(config: Rates, shard: str) -> dict[str, np.ndarray]:
    """Compute one shard; see :func:`shards`."""
    kind, N, repetitions = _parse(shard)
    if kind == "line":
        return _line(config, N, _keys(config, _LINE, N, repetitions), SCHEMES)
    if kind == "large":
        keys = _keys(config, _LARGE, config.large_size, range(config.large_repetitions))
        return _line(config, config.large_size, keys, ("vanilla",), histogram=True)
    if kind == "grid":
        return _grid(config)
    if kind == "reference":
        # one key each, vanilla and FA in turn: both have the limit that is measured against
        key = _keys(config, _REFERENCE, N, range(1))
        models = _plane(config, config.reference_size, key, (("vanilla", "fa")[N % 2],))
        return {"averaged": models.averaged[0, 0]}
    return _plane(config, N, _keys(config, _PLANE, N, repetitions), SCHEMES)._asdict()


def _parse(shard: str) -> tuple[str, int, range]:
    """Return kind, number (N, or which reference) and repetitions of a shard."""
    fields = shard.split(":")
    kind, number, repetitions = (*fields, *("", "0", "0-0")[len(fields) :])
    first, last = repetitions.split("-")
    return kind, int(number), range(int(first), int(last) + 1)


def _keys(config: Rates, purpose: int, number: int, repetitions: range) -> jax.Array:
    base = jax.random.fold_in(jax.random.fold_in(jax.random.key(config.seed), purpose), number)
    return jax.vmap(lambda r: jax.random.fold_in(base, r))(jnp.array(repetitions))


def _train(
    teacher: Teacher, keys: jax.Array, N: int, names: tuple[str, ...], sgd: SGD, times, spread: float
) -> np.ndarray:
    """Return the clouds (R, S, T, N, D) from a WI start, float64."""
    starts = np.stack(
        [start_cloud(jax.random.fold_in(k, _START), N, teacher, spread=spread, invariant=False) for k in keys]
    )
    at = [round(t * N) for t in times]
    steps = jax.vmap(lambda k: jax.random.fold_in(k, _STEPS))(keys)
    return simulate(
        teacher, [scheme(name) for name in names], starts, steps, sgd, at, precision="float64"
    ).clouds


def _line(
    config: Rates, N: int, keys: jax.Array, names: tuple[str, ...], *, histogram: bool = False
) -> dict[str, np.ndarray]:
    """Measure clouds on the line against the limit law, arrays (R, S, T); with their density if asked."""
    teacher = line_teacher(config)
    clouds = _train(teacher, keys, N, names, config.line_sgd(), config.line_times, config.line_spread)
    limit = line_limit(config, config.cells)
    nodes = gaussian_nodes(1, config.line_scale, _LINE_NODES)
    models = outputs(teacher.unit, clouds, nodes.x)
    target = np.stack([law.network(nodes.x[:, 0], _WIDTH) for law in limit])[..., None]  # (T, Q, 1)
    errors = squared_errors(models, target, nodes.weights)
    earlier = squared_errors(
        models, np.roll(target, 1, axis=0), nodes.weights
    )  # the control: the law at T/4 before
    points = [law.quantiles(_QUANTILES)[:, None] for law in limit]
    drawn = {}
    if histogram:
        counts = [np.histogram(clouds[:, 0, t], BINS)[0] for t in range(QUARTERS)]
        drawn["histogram"] = np.array(counts) / (len(keys) * N * np.diff(BINS))
    return drawn | {
        "total": errors.total,
        "symmetric": errors.symmetric,
        "asymmetry": errors.asymmetry,
        "earlier": earlier.total[..., 1:],
        "transport": np.array(
            [
                [[wasserstein2_squared(c, p) for c, p in zip(t, points, strict=True)] for t in s]
                for s in clouds
            ]
        ),
    }


def _grid(config: Rates) -> dict[str, np.ndarray]:
    """Solve the limit on finer grids; W2^2 and squared model error of neighbours, (grids - 1, T)."""
    nodes = gaussian_nodes(1, config.line_scale, _LINE_NODES)
    laws = [line_limit(config, cells) for cells in config.grids]
    found: dict[str, list] = {"grid_transport": [], "grid_model": []}
    for coarse, fine in itertools.pairwise(laws):
        pairs = list(zip(coarse, fine, strict=True))
        found["grid_transport"].append(
            [
                wasserstein2_squared(a.quantiles(_QUANTILES)[:, None], b.quantiles(_QUANTILES)[:, None])
                for a, b in pairs
            ]
        )
        x = nodes.x[:, 0]
        found["grid_model"].append(
            [nodes.weights @ (a.network(x, _WIDTH) - b.network(x, _WIDTH)) ** 2 for a, b in pairs]
        )
    finest = laws[config.grids.index(config.cells)][-1]
    return {
        **{name: np.array(values) for name, values in found.items()},
        "centres": finest.centres,
        "density": np.stack([law.density for law in laws[config.grids.index(config.cells)]]),
    }


def _plane(config: Rates, N: int, keys: jax.Array, names: tuple[str, ...]):
    """Return the models of clouds in the plane, each (R, S, T, Q, c)."""
    teacher = paper_teacher("WI", scale=config.scale)
    clouds = _train(teacher, keys, N, names, config.plane_sgd(), config.plane_times, config.spread)
    return outputs(teacher.unit, clouds, gaussian_nodes(teacher.unit.d, config.scale, config.nodes).x)


def gather(config: Rates, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put shards together.

    ``line_<measure>`` and ``plane_<measure>`` (N, repetition, scheme, time) for ``total``, ``symmetric``,
    ``asymmetry`` (and, on the line, ``transport`` and ``earlier``, against the law one quarter before);
    ``large_<measure>`` (repetition, time); ``grid_...`` (grids - 1, time); ``centres`` (cells,) and
    ``density`` (T, cells) of the limit; ``histogram`` (T, bins), the density of the large clouds.
    """

    def pieces(kind: str, N: int, name: str) -> np.ndarray:
        return np.concatenate([parts[s][name] for s in shards(config) if s.startswith(f"{kind}:{N}:")])

    found = {**parts["grid"], "histogram": parts["large"]["histogram"]}
    for name in ("total", "symmetric", "asymmetry", "transport", "earlier"):
        found[f"line_{name}"] = np.stack([pieces("line", N, name) for N in config.line_sizes])
        found[f"large_{name}"] = parts["large"][name][:, 0]
    weights = gaussian_nodes(2, config.scale, config.nodes).weights
    large = np.stack([parts[f"reference:{k}"]["averaged"] for k in range(config.references)])
    limit = large.mean(axis=0)
    found["reference_spread"] = np.einsum("ktqc,q->t", (large - limit) ** 2, weights) / max(len(large) - 1, 1)
    plain, averaged = (
        np.stack([pieces("plane", N, name) for N in config.plane_sizes]) for name in ("plain", "averaged")
    )
    found["plane_total"] = np.einsum("...qc,q->...", (plain - limit) ** 2, weights)
    found["plane_symmetric"] = np.einsum("...qc,q->...", (averaged - limit) ** 2, weights)
    found["plane_asymmetry"] = np.einsum("...qc,q->...", (plain - averaged) ** 2, weights)
    return found


EXPERIMENT = Experiment(
    name="beyond.rates",
    config_type=Rates,
    profiles={
        "quick": Rates(
            line_sizes=(16, 64), line_repetitions=6, large_size=128, large_repetitions=2, cells=400,
            grids=(200, 400, 800), plane_sizes=(50, 200), plane_repetitions=6, plane_times=(0.5, 2.0),
            reference_size=800, references=2, nodes=10,
        ),
        "default": Rates(line_repetitions=40, large_repetitions=8),
        "paper": Rates(
            line_sizes=(16, 32, 64, 128, 256, 512, 1024), line_repetitions=128, large_size=4096,
            plane_sizes=(50, 100, 200, 500, 1000, 2000, 5000), plane_repetitions=64,
            plane_times=(0.5, 2.0, 5.0, 20.0), reference_size=10000, references=8, grids=(100, 200, 400, 800),
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("A-X3",),
)  # fmt: skip
