r"""A-S1: symmetrising the law is averaging the model, on several groups, units and random laws.

For a law :math:`\mu`, points x and a scale :math:`s=\max|\Phi_\mu|` on their orbits, relative deviations:

* ``moved``: :math:`\max_x\|\Phi_{M_g\#\mu}(\rho_gx)-\hat\rho_g\Phi_\mu(x)\|_\infty/s` for one random g a law;
* ``average``: :math:`\max_x\|\Phi_{\mu^G}(x)-Q_G\Phi_\mu(x)\|_\infty/s`;
* ``weak``, ``strong``: how far :math:`\Phi_{\mu^G}` and :math:`\Phi_{P\#\mu}` are from equivariant,
  :math:`\max_{g,x}\|\hat\rho_g^{-1}\Phi(\rho_gx)-\Phi(x)\|_\infty/s`.

Controls: the same with a unit that is not jointly equivariant (``faulty_...``), the asymmetry of
:math:`\Phi_\mu` itself (``plain``), and of a law projected on :math:`\mathcal E^G` and one direction more
(``wider``). Source: [MF], Section 3.
"""

import dataclasses
from typing import Any

import jax
import numpy as np
from numpy.typing import ArrayLike

from widesym.groups import invariant_subspace, subspace
from widesym.meanfield.risks import orbit_outputs, projected_law, symmetrised_law
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
)

IDENTITIES = ("moved", "average", "weak", "strong")
CONTROLS = ("faulty_moved", "faulty_average", "faulty_weak", "faulty_strong", "plain", "wider")


@dataclasses.dataclass(frozen=True)
class SymmetricLaws:
    """Every number of the experiment.

    Args:
        cases: groups and units, out of those of :mod:`widesym.study.experiments._cases`.
        laws: random laws a case.
        sizes: their numbers of particles, in turn.
        points: inputs at which models are compared.
        spread: standard deviation of the particles' entries.
        seed: of everything.
    """

    cases: tuple[str, ...] = CASES
    laws: int = 30
    sizes: tuple[int, ...] = (1, 4, 16)
    points: int = 16
    spread: float = 1.0
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        check_cases(self.cases, self.seed)
        check_sizes(self.sizes, laws=self.laws, points=self.points)
        if not self.spread > 0:
            raise ValueError(f"spread must be positive, got {self.spread}")


def run_shard(config: SymmetricLaws, shard: str) -> dict[str, Any]:
    """Measure every deviation of one case, one value a law."""
    unit, rng = case(shard), case_rng(config.seed, shard)
    theta, weights = random_laws(rng, unit, config.laws, config.sizes, config.spread)
    x = rng.normal(size=(config.points, unit.d))
    direction = rng.normal(size=(unit.D, 1))
    element = rng.integers(1, unit.rho_in.group.order, size=config.laws)  # never the identity

    fixed = invariant_subspace(unit.action)
    wider = subspace(np.hstack([fixed.basis, direction])).projector
    laws = {
        "plain": (theta, weights),
        "moved": (np.einsum("lij,lkj->lki", unit.action.matrices[element], theta), weights),
        "weak": jax.jit(jax.vmap(lambda t, w: symmetrised_law(unit.action, t, w)))(theta, weights),
        "strong": (np.asarray(projected_law(unit.action, theta)), weights),
        "wider": (theta @ wider, weights),
    }
    sound, unsound = _outputs(unit, laws, x), _outputs(faulty(unit), laws, x)
    found = deviations(sound, element)
    wrong = deviations(unsound, element)
    return {
        **{name: found[name] for name in (*IDENTITIES, "plain", "wider")},
        **{f"faulty_{name}": wrong[name] for name in IDENTITIES},
        "dimension": np.array(fixed.dim),
        "order": np.array(unit.rho_in.group.order),
    }


def _outputs(
    unit: Unit, laws: dict[str, tuple[ArrayLike, ArrayLike]], x: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the models of several families of L laws on the orbits of x, moved back, (L, n, B, c) each."""
    most = max(theta.shape[1] for theta, _ in laws.values())

    def padded(values: ArrayLike) -> np.ndarray:  # particles of weight 0: one shape, compiled once
        values = np.asarray(values)
        return np.pad(values, [(0, 0), (0, most - values.shape[1]), *[(0, 0)] * (values.ndim - 2)])

    evaluate = jax.jit(lambda pairs: jax.lax.map(lambda law: orbit_outputs(unit, law[0], x, law[1]), pairs))
    pairs = tuple(np.concatenate([padded(law[part]) for law in laws.values()]) for part in (0, 1))
    return dict(zip(laws, np.split(np.asarray(evaluate(pairs)), len(laws)), strict=True))


def deviations(outputs: dict[str, np.ndarray], element: np.ndarray) -> dict[str, np.ndarray]:
    """Return the relative deviations, (L,) each, from the models on orbits, moved back.

    Args:
        outputs: for the laws ``plain``, ``moved``, ``weak``, ``strong`` and ``wider``, (L, n, B, c).
        element: (L,), by which element the moved laws were moved.
    """
    plain, weak = outputs["plain"], outputs["weak"]

    def largest(difference: np.ndarray) -> np.ndarray:
        return np.abs(difference).max(axis=tuple(range(1, difference.ndim)))

    scale = largest(plain)
    found = {
        "moved": largest(outputs["moved"][np.arange(len(plain)), element] - plain[:, 0]),
        "average": largest(weak[:, 0] - plain.mean(axis=1)),
        **{
            name: largest(outputs[name] - outputs[name][:, :1])
            for name in ("weak", "strong", "plain", "wider")
        },
    }
    return {name: value / scale for name, value in found.items()}


EXPERIMENT = Experiment(
    name="meanfield.symmetric-laws",
    config_type=SymmetricLaws,
    profiles={
        "quick": SymmetricLaws(laws=6, sizes=(1, 4), points=8),
        "default": SymmetricLaws(),
        "paper": SymmetricLaws(laws=300, sizes=(1, 5, 40, 100), points=32),
    },
    shards=lambda config: tuple(sorted(config.cases, key=lambda name: -case(name).rho_in.group.order)),
    run_shard=run_shard,
    gather=gather_by_case,
    ids=("A-S1",),
)
