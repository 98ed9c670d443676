r"""A-S5, A-S6, A-S7: what the particle flow keeps, and where schemes follow one path.

Every path is the deterministic flow of :mod:`widesym.meanfield.flow`, for the jointly invariant losses, on
orbit-closed (exactly equivariant) or arbitrary data of the same size. Starts: a G-closed cloud (the n images
of each of K particles), a cloud without symmetry and a cloud in :math:`\mathcal E^G`, each of nK particles,
and one particle in :math:`\mathcal E^G`. Arrays over (case, ..., loss, step):

* ``weak``: (scheme, data), :math:`\max_{g,i}\|\theta_{gi}-M_g\theta_{ei}\|_\infty`, how far the cloud is from
  G-closed; ``law``: at the end, :math:`\max_s\mathrm{RMD}^2(\nu,M_s\#\nu)` over the generators s;
* ``together``: (DA and FA, data), the largest distance of a particle from its twin under vanilla training;
  ``da_fa``: that of DA from FA on arbitrary data; ``first``: the difference of the first displacements,
  relative to vanilla's; ``together_plain``, ``first_plain``: from the cloud without symmetry, on equivariant
  data;
* ``strong``: (situation), :math:`\max_i\|\theta_i-P\theta_i\|_\infty` in the :data:`SITUATIONS`; ``alone``:
  the same for one particle, vanilla training only; ``ea``: the twins of vanilla training and EA.

Clouds and data have entries of order one. Source: [MF], Section 3.
"""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.groups import invariant_subspace
from widesym.meanfield.flow import flow
from widesym.meanfield.laws import symmetrise
from widesym.meanfield.losses import switched
from widesym.meanfield.risks import by_name, orbit_closed
from widesym.meanfield.samples import Sample
from widesym.meanfield.transport import rmd_squared
from widesym.meanfield.units import Unit
from widesym.study.experiment import Experiment
from widesym.study.experiments._cases import (
    CASES,
    case,
    case_rng,
    check_cases,
    check_sizes,
    gather_by_case,
    random_sample,
)

LOSSES_TRIED = ("quadratic", "pseudo-huber", "logistic", "saturating")
SCHEMES = ("vanilla", "da", "fa")
DATA = ("equivariant", "arbitrary")
# training, data and noise from a start in E^G
SITUATIONS = (
    ("vanilla", "equivariant", "none"), ("vanilla", "equivariant", "projected"),
    ("vanilla", "equivariant", "full"), ("vanilla", "arbitrary", "none"),
    ("da", "arbitrary", "none"), ("fa", "arbitrary", "none"),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Flow:
    """Every number of the experiment.

    Args:
        cases: groups and units, out of those of :mod:`widesym.study.experiments._cases`.
        orbits: K, particles whose images make the G-closed cloud.
        pairs: pairs whose orbits are the equivariant data; n times as many arbitrary ones.
        steps: number of Euler steps.
        step: h, in mean-field time.
        tau: weight of the penalty.
        beta: temperature, where there is noise.
        spread: standard deviation of the particles' entries.
        seed: of everything.
    """

    cases: tuple[str, ...] = CASES
    orbits: int = 2
    pairs: int = 2
    steps: int = 60
    step: float = 0.05
    tau: float = 1e-2
    beta: float = 1e-3
    spread: float = 1.0
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        check_cases(self.cases, self.seed)
        check_sizes((self.orbits,), pairs=self.pairs, steps=self.steps)
        for name in ("step", "beta", "spread"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if self.tau < 0:
            raise ValueError(f"tau must not be negative, got {self.tau}")


def run_shard(config: Flow, shard: str) -> dict[str, np.ndarray]:
    """Follow every path of one case."""
    unit, rng = case(shard), case_rng(config.seed, shard)
    arbitrary = random_sample(rng, unit, config.pairs * unit.rho_in.group.order)
    closed = orbit_closed(Sample("pairs", unit, arbitrary.x[: config.pairs], arbitrary.y[: config.pairs]))
    samples = {"equivariant": closed, "arbitrary": arbitrary}
    action, projector = unit.action.matrices, invariant_subspace(unit.action).projector
    weak = symmetrise(config.spread * rng.normal(size=(config.orbits, unit.D)), unit.action)
    plain = config.spread * rng.normal(size=weak.shape)
    strong = config.spread * rng.normal(size=weak.shape) @ projector
    kicks = rng.normal(size=(config.steps, *weak.shape))
    noises = {"none": np.zeros_like(kicks), "projected": kicks @ projector, "full": kicks}

    # one call a scheme: from the weak start, from the plain one, and from the strong one
    three = [(weak, "equivariant", "none"), (weak, "arbitrary", "none"), (plain, "equivariant", "none")]
    paths, situations = {}, []
    for name in SCHEMES:
        mine = [(strong, data, noise) for scheme, data, noise in SITUATIONS if scheme == name]
        found = follower(config, unit, name)(
            [(start, samples[data], noises[noise]) for start, data, noise in three + mine]
        )
        paths[name] = found[:3]
        situations.append(found[3:])  # (situations, losses, steps + 1, N, D), in the order of SITUATIONS
    situations = np.concatenate(situations)
    alone = follower(config, unit, "vanilla")(
        [
            (strong[:1], samples[data], noises[noise][:, :1])
            for scheme, data, noise in SITUATIONS
            if scheme == "vanilla"
        ]
    )
    ea = follower(config, unit, "ea")([(strong, closed, noises["none"])])[0]
    return {
        **_from_weak(np.stack([paths[name] for name in SCHEMES]), action, unit.action.group.generators),
        "strong": _largest(situations - situations @ projector, 2),
        "alone": _largest(alone - alone @ projector, 2),
        "ea": _largest(ea - situations[0], 2),
    }


def follower(config: Flow, unit: Unit, scheme: str) -> Callable[[list], np.ndarray]:
    """Return what maps P triples of start (N, D), sample and noise (steps, N, D) to their paths.

    The paths are (P, losses, steps + 1, N, D).
    """

    @jax.jit
    def run(starts: Array, x: Array, y: Array, noise: Array) -> Array:
        def one(theta: Array, x: Array, y: Array, noise: Array) -> Array:
            def under(index: Array) -> Array:
                loss, risk = switched(LOSSES_TRIED, index), by_name(scheme)
                return flow(
                    lambda cloud: risk(unit, loss, cloud, x, y),
                    theta,
                    step=config.step,
                    count=config.steps,
                    tau=config.tau,
                    beta=config.beta,
                    noise=noise,
                )

            return jax.vmap(under)(jnp.arange(len(LOSSES_TRIED)))

        return jax.vmap(one)(starts, x, y, noise)

    def follow(asked: list[tuple[np.ndarray, Sample, np.ndarray]]) -> np.ndarray:
        columns = zip(*[(start, sample.x, sample.y, noise) for start, sample, noise in asked], strict=True)
        return np.asarray(run(*map(np.stack, columns)))

    return follow


def _from_weak(paths: np.ndarray, action: np.ndarray, generators: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Measure paths (scheme, start, loss, step, N, D); the starts are weak, weak on arbitrary data, plain."""
    closed, loose = paths[:, :2], paths[:, 2]
    images = closed.reshape(*closed.shape[:-2], len(action), -1, closed.shape[-1])
    expected = np.einsum("gij,...kj->...gki", action, images[..., 0, :, :])
    ends = closed[..., -1, :, :].reshape(-1, *closed.shape[-2:])
    law = [max(rmd_squared(end, end @ action[s].T) for s in generators) for end in ends]
    return {
        "weak": _largest(images - expected, 3),
        "law": np.reshape(law, closed.shape[:3]),
        "together": _largest(closed[1:] - closed[:1], 2),
        "da_fa": _largest(closed[1, 1] - closed[2, 1], 2),
        "first": _first(closed),
        "together_plain": _largest(loose[1:] - loose[:1], 2),
        "first_plain": _first(loose),
    }


def _first(paths: np.ndarray) -> np.ndarray:
    """Return how first displacements differ from vanilla's, relative; paths (scheme, ..., step, N, D)."""
    moved = paths[..., 1, :, :] - paths[..., 0, :, :]
    return _largest(moved[1:] - moved[:1], 2) / _largest(moved[:1], 2)


def _largest(values: np.ndarray, axes: int) -> np.ndarray:
    return np.abs(values).max(axis=tuple(range(-axes, 0)))


EXPERIMENT = Experiment(
    name="meanfield.flow",
    config_type=Flow,
    profiles={
        "quick": Flow(steps=15),
        "default": Flow(),
        "paper": Flow(orbits=5, pairs=5),
    },
    shards=lambda config: tuple(sorted(config.cases, key=lambda name: -case(name).rho_in.group.order)),
    run_shard=run_shard,
    gather=gather_by_case,
    ids=("A-S5", "A-S6", "A-S7"),
)
