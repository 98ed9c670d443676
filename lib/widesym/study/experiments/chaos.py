r"""A-S9: propagation of chaos. Clouds of N particles, vanilla SGD, in the setting of [MF], Section 4.

Two settings: start and teacher SI (a law on :math:`\mathcal E^G`, dimension 2), and both WI (dimension 4).
Measured for clouds with starts, batches and noise of their own, at several times:

* ``between``: :math:`W_2^2` between two independent clouds of size N, and ``between_floor``, the same
  between two independent samples of size N of a very large cloud;
* ``to_reference``: :math:`W_2^2` to a very large cloud, and ``reference_floor``, from a sample of size N of
  another very large cloud to the same one;
* ``output``: :math:`E\|\Phi_N(X)-\Phi_\infty(X)\|^2`, with :math:`\Phi_\infty` the mean of very large clouds;
* ``control``: :math:`W_2^2` between two clouds of size N whose teachers differ.
"""

import dataclasses
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from widesym.meanfield.dynamics import SGD, simulate, start_cloud
from widesym.meanfield.escape import gaussian_nodes
from widesym.meanfield.limits import outputs
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import Teacher, paper_teacher
from widesym.meanfield.transport import second_moment, wasserstein2_squared
from widesym.study.experiment import Experiment

SETTINGS = ("SI", "WI")  # start and teacher
_START, _STEPS, _SAMPLE = 0, 1, 2  # streams of a key
_CLOUDS, _LARGE, _OTHER = 0, 1, 2  # purposes of keys


@dataclasses.dataclass(frozen=True)
class Chaos:
    r"""Every number of the experiment; alpha to scale are the paper's.

    Args:
        sizes: particle numbers N, increasing.
        repetitions: independent clouds of each size; even, since neighbours are compared.
        times: when clouds are measured, increasing, in units of N steps; the last is the horizon T.
        reference_size: particles of a very large cloud.
        references: how many of them.
        transport_repetitions: clouds of each size that are compared with a very large cloud by transport.
        nodes: of the quadrature over inputs, for each coordinate.
        alpha, tau, beta, batch: of the SGD; step size alpha / N.
        spread: standard deviation of the start before projection.
        scale: standard deviation of the inputs.
        seed: of everything.
    """

    sizes: tuple[int, ...] = (50, 100, 200, 400, 800)
    repetitions: int = 48
    times: tuple[float, ...] = (0.5, 2.0, 5.0)
    reference_size: int = 4000
    references: int = 3
    transport_repetitions: int = 4
    nodes: int = 16
    alpha: float = 50.0
    tau: float = 1e-4
    beta: float = 1e-6
    batch: int = 20
    spread: float = 0.25
    scale: float = 4.0
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        for name in ("sizes", "times"):
            values = getattr(self, name)
            if not values or any(a >= b for a, b in itertools.pairwise((0, *values))):
                raise ValueError(f"{name} must be positive and increasing, got {values}; sort them")
        steps = [round(t * self.sizes[0]) for t in self.times]
        if any(a >= b for a, b in itertools.pairwise((0, *steps))):
            raise ValueError(
                f"the times {self.times} are the steps {steps} at N={self.sizes[0]}, which must increase "
                "from 1 on; leave out the earliest times or the smallest N"
            )
        if self.repetitions < 2 or self.repetitions % 2:
            raise ValueError(
                f"repetitions must be even and at least 2, got {self.repetitions}: clouds are paired"
            )
        if self.references < 2:
            raise ValueError(
                f"references must be at least 2, got {self.references}: one is sampled, one compared"
            )
        if not self.reference_size >= 2 * self.sizes[-1]:
            raise ValueError(
                f"reference_size must be at least twice the largest N={self.sizes[-1]}, got "
                f"{self.reference_size}: two samples without common particles are drawn from it"
            )
        if not 1 <= self.transport_repetitions <= self.repetitions:
            raise ValueError(
                f"transport_repetitions must be from 1 to repetitions={self.repetitions}, got "
                f"{self.transport_repetitions}"
            )
        if self.nodes < 1 or not (self.spread > 0 and self.scale > 0):
            raise ValueError(
                f"nodes, spread and scale must be positive, got {self.nodes}, {self.spread}, {self.scale}"
            )
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}")
        self.sgd("SI")  # raises for alpha, tau, beta, batch

    def sgd(self, setting: str) -> SGD:
        """Return the hyperparameters; noise is projected from an SI start, and whole from a WI start."""
        return SGD(self.alpha, self.tau, self.beta, self.batch, project_noise=setting == "SI")


def shards(config: Chaos) -> tuple[str, ...]:
    """Return ``transport:setting``, ``clouds:setting:N``, ``reference:setting:k`` and ``control:N``.

    The first two very large clouds are compared by transport, and trained there alone.
    """
    names = [f"transport:{setting}" for setting in SETTINGS]
    names += [f"clouds:{setting}:{N}" for N in reversed(config.sizes) for setting in SETTINGS]
    names += [f"reference:{setting}:{k}" for setting in SETTINGS for k in range(2, config.references)]
    names += [f"control:{N}" for N in reversed(config.sizes)]
    return tuple(names)


def run_shard(config: Chaos, shard: str) -> dict[str, np.ndarray]:
    """Compute one shard; see :func:`shards`."""
    kind, *rest = shard.split(":")
    if kind == "transport":
        return _transport(config, rest[0])
    if kind == "control":
        return {"control": _control(config, int(rest[0]))}
    setting, number = rest[0], int(rest[1])
    if kind == "reference":
        return {"model": _models(config, _large(config, setting, number))}
    clouds = _small(config, setting, number, range(config.repetitions))  # (R, T, N, D)
    pairs = zip(clouds[::2], clouds[1::2], strict=True)
    return {
        "model": _models(config, clouds),
        "between": np.array(
            [[wasserstein2_squared(x, y) for x, y in zip(a, b, strict=True)] for a, b in pairs]
        ),
        "moment": np.array([[second_moment(cloud) for cloud in row] for row in clouds]),
    }


def _keys(config: Chaos, purpose: int, number: int, repetitions: range) -> jax.Array:
    base = jax.random.fold_in(jax.random.fold_in(jax.random.key(config.seed), purpose), number)
    return jax.vmap(lambda r: jax.random.fold_in(base, r))(jnp.array(repetitions))


def _train(config: Chaos, setting: str, teacher: Teacher, keys: jax.Array, N: int) -> np.ndarray:
    """Return the clouds (R, T, N, D) of vanilla SGD, float64."""
    starts = np.stack(
        [
            start_cloud(
                jax.random.fold_in(k, _START), N, teacher, spread=config.spread, invariant=setting == "SI"
            )
            for k in keys
        ]
    )
    at = [round(t * N) for t in config.times]
    steps = jax.vmap(lambda k: jax.random.fold_in(k, _STEPS))(keys)
    trained = simulate(
        teacher, [scheme("vanilla")], starts, steps, config.sgd(setting), at, precision="float64"
    )
    return trained.clouds[:, 0]


def _small(config: Chaos, setting: str, N: int, repetitions: range) -> np.ndarray:
    teacher = paper_teacher(setting, scale=config.scale)
    return _train(config, setting, teacher, _keys(config, _CLOUDS, N, repetitions), N)


def _large(config: Chaos, setting: str, k: int) -> np.ndarray:
    """Return one very large cloud at all times, (T, reference_size, D)."""
    teacher, N = paper_teacher(setting, scale=config.scale), config.reference_size
    return _train(config, setting, teacher, _keys(config, _LARGE, N, range(k, k + 1)), N)[0]


def _models(config: Chaos, clouds: np.ndarray) -> np.ndarray:
    r"""Return :math:`\Phi` of clouds (..., N, D) at the nodes, (..., Q, c)."""
    unit = paper_teacher("WI", scale=config.scale).unit
    nodes = gaussian_nodes(unit.d, config.scale, config.nodes)
    return outputs(unit, clouds, nodes.x).plain


def _transport(config: Chaos, setting: str) -> dict[str, np.ndarray]:
    """Distances to a very large cloud and between samples of another, at the horizon; the models of both."""
    large = np.stack([_large(config, setting, k) for k in (0, 1)])
    compared, sampled = large[:, -1]
    to_reference, reference_floor, between_floor = [], [], []
    for N in config.sizes:
        clouds = _small(config, setting, N, range(config.transport_repetitions))[:, -1]
        to_reference.append([wasserstein2_squared(cloud, compared) for cloud in clouds])
        keys = jax.vmap(lambda k: jax.random.fold_in(k, _SAMPLE))(
            _keys(config, _CLOUDS, N, range(config.repetitions // 2))
        )
        drawn = [sampled[np.asarray(jax.random.permutation(k, len(sampled)))[: 2 * N]] for k in keys]
        between_floor.append([wasserstein2_squared(two[:N], two[N:]) for two in drawn])
        few = drawn[: config.transport_repetitions]
        reference_floor.append([wasserstein2_squared(two[:N], compared) for two in few])
    return {
        "models": _models(config, large),
        "to_reference": np.array(to_reference),
        "reference_floor": np.array(reference_floor),
        "between_floor": np.array(between_floor),
    }


def _control(config: Chaos, N: int) -> np.ndarray:
    """Return W2^2 between clouds trained on the SI and on the arbitrary teacher, (pairs, T)."""
    half = range(config.repetitions // 2)
    found = []
    for name, purpose in (("SI", _CLOUDS), ("arbitrary", _OTHER)):
        teacher = paper_teacher(name, scale=config.scale)
        found.append(_train(config, "SI", teacher, _keys(config, purpose, N, half), N))
    return np.array(
        [[wasserstein2_squared(x, y) for x, y in zip(a, b, strict=True)] for a, b in zip(*found, strict=True)]
    )


def gather(config: Chaos, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put shards together.

    ``between``, ``output``, ``moment`` (setting, N, repetition or pair, time); ``to_reference``,
    ``reference_floor``, ``between_floor`` (setting, N, repetition) at the horizon; ``control`` (N, pair,
    time); ``reference_spread`` (setting, time), the variance of one very large cloud's model.
    """
    unit = paper_teacher("WI", scale=config.scale).unit
    weights = gaussian_nodes(unit.d, config.scale, config.nodes).weights
    arrays: dict[str, list] = {name: [] for name in ("output", "reference_spread")}
    for setting in SETTINGS:
        others = [parts[f"reference:{setting}:{k}"]["model"] for k in range(2, config.references)]
        large = np.stack([*parts[f"transport:{setting}"]["models"], *others])
        limit = large.mean(axis=0)  # (T, Q, c)
        spread = np.einsum("ktqc,q->t", (large - limit) ** 2, weights) / (config.references - 1)
        arrays["reference_spread"].append(spread)
        models = np.stack([parts[f"clouds:{setting}:{N}"]["model"] for N in config.sizes])
        arrays["output"].append(np.einsum("nrtqc,q->nrt", (models - limit) ** 2, weights))
    found = {name: np.array(values) for name, values in arrays.items()}
    for name in ("between", "moment"):
        found[name] = np.stack(
            [np.stack([parts[f"clouds:{s}:{N}"][name] for N in config.sizes]) for s in SETTINGS]
        )
    for name in ("to_reference", "reference_floor", "between_floor"):
        found[name] = np.stack([parts[f"transport:{s}"][name] for s in SETTINGS])
    found["control"] = np.stack([parts[f"control:{N}"]["control"] for N in config.sizes])
    return found


EXPERIMENT = Experiment(
    name="meanfield.chaos",
    config_type=Chaos,
    profiles={
        "quick": Chaos(
            sizes=(50, 200), repetitions=6, times=(0.5, 2.0), reference_size=800, references=2,
            transport_repetitions=2, nodes=10,
        ),
        "default": Chaos(repetitions=24, transport_repetitions=3),
        "paper": Chaos(
            sizes=(50, 100, 200, 500, 1000, 2000, 5000), repetitions=24, times=(0.5, 2.0, 5.0, 20.0),
            reference_size=10000,
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("A-S9",),
)  # fmt: skip
