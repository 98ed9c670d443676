r"""A-S4: the best strongly invariant law can be strictly worse than the best weakly invariant one.

The exact example: :math:`X\sim\mathcal N(0,1)`, :math:`G=\{\pm1\}`, :math:`\sigma_*(x,z)=e^{-z^2x^2}`,
:math:`M_gz=-z`, so :math:`\mathcal E^G=\{0\}` and :math:`\delta_0` is the only SI law. For
:math:`\mu=\sum_iw_i\delta_{z_i}` and the target :math:`\Phi_{\mu_*}` the risk has a closed form, with
:math:`\eta=\mu-\mu_*`:

.. math:: R(\mu)=E(\Phi_\mu(X)-\Phi_{\mu_*}(X))^2=\iint\frac{\eta(dz)\,\eta(dz')}{\sqrt{1+2z^2+2z'^2}} .

Shard ``example``: risks of SI and WI laws for the teachers :math:`\frac12(\delta_1+\delta_{-1})` (WI) and
:math:`\delta_0` (SI), by closed form and by quadrature, and flows from four starts. The other shards put the
question to the groups of :mod:`widesym.study.experiments._cases`: the least risk over SI laws on a large set
of particles, with the lower bound that it proves on a larger one, when the teacher is a single orbit (WI) or
a particle of :math:`\mathcal E^G` (SI). Source: [MF], Section 3.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.groups import invariant_subspace
from widesym.meanfield.flow import flow
from widesym.meanfield.losses import LOSSES
from widesym.meanfield.optimum import best_law, certified
from widesym.meanfield.risks import model, risk, symmetrised_law
from widesym.meanfield.units import gaussian_unit
from widesym.study.experiment import Experiment
from widesym.study.experiments._cases import CASES, case, case_rng, check_cases, check_sizes

TEACHERS = {"WI": (1.0, -1.0), "SI": (0.0,)}
STARTS = ("strong", "near", "weak", "generic")
LEVELS = np.linspace(0.0, 2.5, 101)  # a of the laws (delta_a + delta_-a) / 2
SNAPSHOTS = 301  # of a path, at most
SHOWN = np.linspace(-3.0, 3.0, 121)  # where models are drawn


@dataclasses.dataclass(frozen=True)
class StrongOptimum:
    """Every number of the experiment.

    Args:
        particles: of the weak and the generic start, even.
        near: distance from 0 of the start that tests stability.
        steps: number of Euler steps.
        step: h, in mean-field time.
        nodes: of the Gauss-Hermite quadrature.
        cases: groups and units for which SI optima are computed as well.
        strong: particles of the invariant subspace on which the optimum is sought; it is proved on 11 times
            as many.
        points: inputs of these; Gaussian.
        seed: of everything random.
    """

    particles: int = 20
    near: float = 1e-6
    steps: int = 3000
    step: float = 0.005
    nodes: int = 120
    cases: tuple[str, ...] = CASES
    strong: int = 200
    points: int = 40
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        check_cases(self.cases, self.seed)
        check_sizes((self.particles, self.strong, self.points), steps=self.steps, nodes=self.nodes)
        if self.particles % 2:
            raise ValueError(f"particles must be even, got {self.particles}: the weak start is made of pairs")
        for name in ("near", "step"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")


def closed_risk(theta: Array, weights: Array, teacher: Array) -> Array:
    """Return the risk of the example by its closed form; particles (N, 1), weights (N,), teacher (K,)."""
    z = jnp.concatenate([theta[:, 0], teacher])
    signed = jnp.concatenate([weights, jnp.full(len(teacher), -1 / len(teacher))])
    squares = 2 * z**2
    return jnp.einsum("i,j,ij->", signed, signed, (1 + squares[:, None] + squares[None, :]) ** -0.5)


def run_shard(config: StrongOptimum, shard: str) -> dict[str, np.ndarray]:
    """Compute the example, or the optima of one case."""
    return _example(config) if shard == "example" else _optima(config, shard)


def _example(config: StrongOptimum) -> dict[str, np.ndarray]:
    rng = np.random.default_rng([config.seed, len(CASES)])
    unit, N = gaussian_unit(), config.particles
    half = rng.normal(size=(N // 2, 1))
    weak = np.asarray(symmetrised_law(unit.action, half)[0])
    starts = {
        "strong": np.zeros((N, 1)),
        "near": np.full((N, 1), config.near),
        "weak": weak,
        "generic": rng.normal(size=(N, 1)),
    }
    uniform = jnp.full(N, 1 / N)
    nodes, masses = np.polynomial.hermite_e.hermegauss(config.nodes)
    x, masses = nodes[:, None], masses / masses.sum()

    kept = np.unique(np.round(np.linspace(0, config.steps, SNAPSHOTS)).astype(int))

    @jax.jit
    def follow(starts: Array, teacher: Array) -> tuple[Array, Array]:
        def one(theta: Array) -> tuple[Array, Array]:
            path = flow(
                lambda cloud: closed_risk(cloud, uniform, teacher),
                theta,
                step=config.step,
                count=config.steps,
            )
            path = path[kept]
            return path[:, :, 0], jax.vmap(lambda cloud: closed_risk(cloud, uniform, teacher))(path)

        return jax.vmap(one)(starts)

    def law(theta: Array) -> Array:
        return jnp.full(len(theta), 1 / len(theta))

    pairs = jnp.stack([LEVELS, -LEVELS], axis=1)[:, :, None]
    found = []
    for teacher in (jnp.array(z)[:, None] for z in TEACHERS.values()):
        formula = jax.jit(jax.vmap(lambda z, t=teacher[:, 0]: closed_risk(z, law(z), t)))
        y, laws = model(unit, teacher, x), (jnp.zeros((1, 1)), teacher)
        paths, risks = follow(np.stack([starts[name] for name in STARTS]), teacher[:, 0])
        ends = jax.vmap(lambda cloud: model(unit, cloud[:, None], SHOWN[:, None])[:, 0])(paths[:, -1])
        found.append(
            {
                "by_formula": np.array([float(closed_risk(z, law(z), teacher[:, 0])) for z in laws]),
                "by_quadrature": np.array(
                    [float(risk(unit, LOSSES["quadratic"], z, x, y, masses=masses)) for z in laws]
                ),
                "curve": formula(pairs),
                "paths": paths,
                "risks": risks,
                "ends": ends,
                "target": model(unit, teacher, SHOWN[:, None])[:, 0],
            }
        )
    return {
        **{name: np.stack([np.asarray(one[name]) for one in found]) for name in found[0]},
        "times": kept * config.step,
        "dimension": np.array(invariant_subspace(unit.action).dim),
    }


def _optima(config: StrongOptimum, shard: str) -> dict[str, np.ndarray]:
    unit, rng = case(shard), case_rng(config.seed, shard)
    projector, quadratic = invariant_subspace(unit.action).projector, LOSSES["quadratic"]
    particle = rng.normal(size=(1, unit.D))
    orbit = np.asarray(symmetrised_law(unit.action, particle)[0])
    x = rng.normal(size=(config.points, unit.d))
    x = np.einsum("gij,mj->gmi", unit.rho_in.matrices, x).reshape(-1, unit.d)
    # directions and sizes: norms over three octaves around that of the teacher
    drawn = rng.normal(size=(11 * config.strong, unit.D)) * 2.0 ** rng.uniform(-2, 2, (11 * config.strong, 1))
    teachers = {"WI": orbit, "SI": particle @ projector}
    strong = np.concatenate([np.zeros((1, unit.D)), teachers["SI"], drawn @ projector])
    evaluate = jax.jit(jax.vmap(jax.vmap(unit.apply, in_axes=(0, None)), in_axes=(None, 0)))
    outputs = np.asarray(evaluate(x, strong))  # (K, M, c)
    used = 2 + config.strong
    found = []
    for cloud in teachers.values():
        y = np.asarray(evaluate(x, cloud)).mean(axis=0)
        best = best_law(quadratic, outputs[:used], y)
        proof = certified(quadratic, outputs, y, np.pad(best.weights, (0, len(outputs) - used)))
        scale = (y**2).sum(axis=1).mean()
        found.append([proof.risk / scale, proof.bound / scale] if scale > 0 else [0.0, 0.0])
    return {"optimum": np.array(found)}


def gather(config: StrongOptimum, parts: dict) -> dict[str, np.ndarray]:
    """Return the example's arrays, and ``optimum`` (case, teacher, (risk, lower bound)) over ``E|Y|^2``."""
    return {**parts["example"], "optimum": np.stack([parts[name]["optimum"] for name in config.cases])}


EXPERIMENT = Experiment(
    name="meanfield.strong-optimum",
    config_type=StrongOptimum,
    profiles={
        "quick": StrongOptimum(steps=2000, strong=40, points=10),
        "default": StrongOptimum(),
        "paper": StrongOptimum(strong=1000, points=100),
    },
    shards=lambda config: ("example", *config.cases),
    run_shard=run_shard,
    gather=gather,
    ids=("A-S4",),
)
