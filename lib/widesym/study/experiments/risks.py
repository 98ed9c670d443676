r"""A-S2 and A-S3: the risks of augmentation, averaging and equivariant architectures, on several groups.

For random laws :math:`\mu`, orbit-closed (hence exactly equivariant) or arbitrary data and five losses, the
four risks of laws made from each :math:`\mu`; :mod:`widesym.study.findings.risks` compares them. Arrays:

* ``risks``: (case, family, loss, law, risk), families as :data:`FAMILIES`, risks vanilla, DA, FA, EA;
* ``gap``, ``gap_once``: (case, data, law), :math:`E\|\Phi_\mu-Q_G\Phi_\mu\|^2` over the orbits of the inputs
  and over the inputs alone; data equivariant, then arbitrary;
* ``faulty``: (case, loss, law), the relative difference of :math:`R^{FA}(\mu)` and :math:`R(\mu^G)` with a
  unit that is not jointly equivariant;
* ``path``: (case, loss, law, t), R along :math:`(1-t)\mu+t\mu^G`, equivariant data; ``path_own``: the same
  for the quadratic loss and data that :math:`\mu` itself labels, not equivariant; ``path_capped``: for a loss
  that is not convex and the orbits of data that :math:`\mu` labels, equivariant;
* ``best_all``, ``best_weak``, ``bound``: (case, data, loss), the least risk over all laws and over the WI
  laws on a G-closed set of particles, and the lower bound for all laws that the best WI law proves.

Source: [MF], Section 3.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.groups import orbit, projector_by_averaging
from widesym.meanfield.losses import LOSSES, Loss, switched
from widesym.meanfield.optimum import best_law, certified
from widesym.meanfield.risks import (
    RISKS,
    averaged_model,
    by_name,
    gap,
    model,
    orbit_closed,
    risk,
    risk_fa,
    symmetrised_law,
)
from widesym.meanfield.samples import Sample
from widesym.meanfield.units import Unit
from widesym.study.experiment import Experiment
from widesym.study.experiments._cases import (
    CASES,
    case,
    case_rng,
    check_cases,
    check_sizes,
    faulty,
    gather_by_case,
    random_laws,
    random_sample,
)

CONVEX = ("quadratic", "pseudo-huber", "logistic")
LOSSES_TRIED = (*CONVEX, "saturating", "lopsided")
DATA = ("equivariant", "arbitrary")
# which law, on which data
FAMILIES = (
    ("plain", "equivariant"), ("plain", "arbitrary"), ("moved", "arbitrary"), ("symmetrised", "equivariant"),
    ("symmetrised", "arbitrary"), ("projected", "arbitrary"),
)  # fmt: skip
TIMES = np.linspace(0.0, 1.0, 9)  # along mu -> mu^G


@dataclasses.dataclass(frozen=True)
class Risks:
    """Every number of the experiment.

    Args:
        cases: groups and units, out of those of :mod:`widesym.study.experiments._cases`.
        laws: random laws a case.
        sizes: their numbers of particles, in turn.
        pairs: pairs whose orbits are the equivariant data; n times as many arbitrary ones.
        particles: orbits of particles on which the optimum is sought.
        spread: standard deviation of the particles' entries.
        targets: standard deviation of the targets.
        seed: of everything.
    """

    cases: tuple[str, ...] = CASES
    laws: int = 30
    sizes: tuple[int, ...] = (1, 3, 8)
    pairs: int = 2
    particles: int = 6
    spread: float = 2.0
    targets: float = 1.0
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        check_cases(self.cases, self.seed)
        check_sizes(self.sizes, laws=self.laws, pairs=self.pairs, particles=self.particles)
        if not (self.spread > 0 and self.targets > 0):
            raise ValueError(f"spread and targets must be positive, got {self.spread} and {self.targets}")


def run_shard(config: Risks, shard: str) -> dict[str, np.ndarray]:
    """Measure every risk of one case."""
    unit, rng = case(shard), case_rng(config.seed, shard)
    n = unit.rho_in.group.order
    theta, weights = random_laws(rng, unit, config.laws, config.sizes, config.spread)
    samples = {
        "equivariant": orbit_closed(_scaled(random_sample(rng, unit, config.pairs), config.targets)),
        "arbitrary": _scaled(random_sample(rng, unit, n * config.pairs), config.targets),
    }
    element = rng.integers(1, n, size=config.laws)
    symmetrised = jax.jit(jax.vmap(lambda t, w: symmetrised_law(unit.action, t, w)))(theta, weights)
    laws = {
        "plain": (theta, weights),
        "moved": (np.einsum("lij,lkj->lki", unit.action.matrices[element], theta), weights),
        "symmetrised": tuple(map(np.asarray, symmetrised)),
        "projected": (theta @ projector_by_averaging(unit.action), weights),
    }
    return {
        "risks": _four_risks(unit, laws, samples),
        **_gaps(unit, theta, weights, samples),
        "faulty": _faulty(unit, laws, samples["arbitrary"]),
        **_paths(unit, laws, samples["equivariant"]),
        **_optima(config, unit, rng, samples),
        "order": np.array(n),
    }


def _scaled(sample: Sample, targets: float) -> Sample:
    return dataclasses.replace(sample, y=targets * sample.y)


def _four_risks(unit: Unit, laws: dict[str, Any], samples: dict[str, Sample]) -> np.ndarray:
    most = max(theta.shape[1] for theta, _ in laws.values())

    def padded(values: np.ndarray) -> np.ndarray:  # particles of weight 0: one shape, compiled once
        return np.pad(values, [(0, 0), (0, most - values.shape[1]), *[(0, 0)] * (values.ndim - 2)])

    @jax.jit
    def evaluate(theta: Array, weights: Array, x: Array, y: Array) -> Array:
        def one(law: tuple[Array, Array]) -> Array:
            def of(index: Array) -> Array:
                loss = switched(LOSSES_TRIED, index)
                return jnp.stack([by_name(name)(unit, loss, law[0], x, y, law[1]) for name in RISKS])

            return jax.vmap(of)(jnp.arange(len(LOSSES_TRIED)))

        return jax.lax.map(one, (theta, weights))  # (laws, losses, risks)

    found = [
        evaluate(*map(padded, laws[law]), samples[data].x, samples[data].y).swapaxes(0, 1)
        for law, data in FAMILIES
    ]
    return np.asarray(jnp.stack(found))


def _gaps(
    unit: Unit, theta: np.ndarray, weights: np.ndarray, samples: dict[str, Sample]
) -> dict[str, np.ndarray]:
    def both(theta: Array, weights: Array, x: Array) -> tuple[Array, Array]:
        once = model(unit, theta, x, weights) - averaged_model(unit, theta, x, weights)
        return gap(unit, theta, x, weights), jnp.sum(once**2, axis=1).mean()

    evaluate = jax.jit(jax.vmap(both, in_axes=(0, 0, None)))
    found = np.stack([evaluate(theta, weights, samples[data].x) for data in DATA])  # (data, 2, laws)
    return {"gap": found[:, 0], "gap_once": found[:, 1]}


def _faulty(unit: Unit, laws: dict[str, Any], sample: Sample) -> np.ndarray:
    wrong = faulty(unit)

    @jax.jit
    @jax.vmap
    def difference(plain: tuple[Array, Array], symmetric: tuple[Array, Array]) -> Array:
        def of(index: Array) -> Array:
            loss = switched(CONVEX, index)
            fa = risk_fa(wrong, loss, plain[0], sample.x, sample.y, plain[1])
            return jnp.abs(fa / risk(wrong, loss, symmetric[0], sample.x, sample.y, symmetric[1]) - 1)

        return jax.vmap(of)(jnp.arange(len(CONVEX)))

    return np.asarray(difference(laws["plain"], laws["symmetrised"])).T


def _paths(unit: Unit, laws: dict[str, Any], sample: Sample) -> dict[str, np.ndarray]:
    (_, start), (theta, end) = laws["plain"], laws["symmetrised"]
    start = np.pad(start, [(0, 0), (0, end.shape[1] - start.shape[1])])  # the identity's images come first
    x, y, base = jnp.asarray(sample.x), jnp.asarray(sample.y), len(sample.x) // unit.rho_out.group.order

    @jax.jit
    @jax.vmap
    def follow(theta: Array, start: Array, end: Array) -> tuple[Array, Array, Array]:
        own = model(unit, theta, x, start)  # the law's own labels
        moved = jnp.einsum("gij,mj->gmi", jnp.asarray(unit.rho_out.matrices), own[:base]).reshape(own.shape)
        mixed = (1 - TIMES[:, None]) * start[None] + TIMES[:, None] * end[None]
        predictions = jax.lax.map(lambda w: model(unit, theta, x, w), mixed)  # (times, M, c)

        def risks(loss: Loss, targets: Array) -> Array:
            return jax.vmap(lambda p: jax.vmap(loss.apply)(p, targets).mean())(predictions)

        every = jax.vmap(lambda i: risks(switched(CONVEX, i), y))(jnp.arange(len(CONVEX)))
        return every, risks(LOSSES["quadratic"], own), risks(LOSSES["capped"], moved)

    path, own, capped = map(np.asarray, follow(theta, start, end))
    return {"path": path.swapaxes(0, 1), "path_own": own, "path_capped": capped}


def _optima(
    config: Risks, unit: Unit, rng: np.random.Generator, samples: dict[str, Sample]
) -> dict[str, np.ndarray]:
    n, K = unit.rho_in.group.order, config.particles
    closed = orbit(unit.action, config.spread * rng.normal(size=(K, unit.D)))  # (n, K, D)
    evaluate = jax.jit(jax.vmap(jax.vmap(unit.apply, in_axes=(0, None)), in_axes=(None, 0)))
    found = {name: np.empty((len(DATA), len(CONVEX))) for name in ("best_all", "best_weak", "bound")}
    for d, data in enumerate(DATA):
        x, y = samples[data].x, samples[data].y
        outputs = np.asarray(evaluate(x, closed.reshape(n * K, -1)))  # (nK, M, c)
        averaged = outputs.reshape(n, K, *outputs.shape[1:]).mean(axis=0)
        for k, loss in enumerate(CONVEX):
            weak = best_law(LOSSES[loss], averaged, y)
            spread_out = certified(LOSSES[loss], outputs, y, np.tile(weak.weights, n) / n)
            found["best_all"][d, k] = best_law(LOSSES[loss], outputs, y).risk
            found["best_weak"][d, k], found["bound"][d, k] = spread_out.risk, spread_out.bound
    return found


EXPERIMENT = Experiment(
    name="meanfield.risks",
    config_type=Risks,
    profiles={
        "quick": Risks(laws=6, sizes=(1, 4), particles=3),
        "default": Risks(),
        "paper": Risks(laws=300, sizes=(1, 5, 40), pairs=5, particles=20),
    },
    shards=lambda config: tuple(sorted(config.cases, key=lambda name: -case(name).rho_in.group.order)),
    run_shard=run_shard,
    gather=gather_by_case,
    ids=("A-S2", "A-S3"),
)
