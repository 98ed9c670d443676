r"""A-F3: does training keep a weakly invariant cloud weakly invariant? The other pairs of start and teacher.

From a weakly invariant (WI) start, entries :math:`\mathcal N(0,1/16)` and noise that is not projected,
students are trained on each teacher by every scheme, coupled. Measured, for each (teacher, N,
repetition) and the final cloud :math:`\nu` of each scheme:

* :math:`\mathrm{RMD}^2(\nu,\nu^G)`, an exact transport of N particles to the nN of the symmetrised cloud;
* its *sampling floor*, the same distance of :math:`\nu^\epsilon=\frac1N\sum_i\delta_{M_{g_i}\theta_i}`
  with independent uniform :math:`g_i`: of a cloud with the same orbits, hence the same
  :math:`\nu^G` and the same moments, whose particles are made weakly invariant one by one;
* :math:`\mathrm{RMD}^2` to the projection and between schemes;
* the population risk of :math:`\Phi_\nu` and of its average :math:`Q_G\Phi_\nu=\Phi_{\nu^G}`.

If particles are independent draws of a WI law, :math:`\nu` and :math:`\nu^\epsilon` have one law, at every N
and without any assumption on that law; so a distance above its floor is asymmetry.

From a strongly invariant (SI) start, that of A-F1 with the same draws, the first two are measured for the
schemes that leave :math:`\mathcal E^G`. Source: [MF], Appendix F, pages 51, 54 and 55.
"""

import dataclasses
from typing import Any

import jax
import numpy as np

from widesym.groups import Representation, invariant_subspace, orbit
from widesym.meanfield.laws import symmetrise, weak_deviation
from widesym.meanfield.teachers import paper_teacher
from widesym.meanfield.transport import rmd_squared_to_projection
from widesym.study.experiment import Experiment
from widesym.study.sweeps import (
    ELEMENTS,
    SCHEMES,
    Sweep,
    between_schemes,
    cell_name,
    cells,
    check_choice,
    parse_cell,
    place,
    repetition_keys,
    risks,
    train,
)

STARTS = ("WI", "SI")
FREE = SCHEMES[:4]  # all but EA, whose particles no group element moves
LEAVING = SCHEMES[:2]  # vanilla and sampled DA, which leave the subspace from an SI start
_SI_PREFIX = "strong_"  # of the arrays that belong to the SI start


@dataclasses.dataclass(frozen=True)
class WeakStart(Sweep):
    """Every number of the experiment; the defaults are the paper's.

    Args:
        starts: which of ``WI`` and ``SI``; the other fields are those of `Sweep`.
        floors: how many clouds of randomly moved particles give the sampling floor of one cloud.
    """

    starts: tuple[str, ...] = STARTS
    floors: int = 2

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        super().__post_init__()
        check_choice("starts", self.starts, STARTS)
        if "WI" not in self.starts:
            raise ValueError(f"starts must contain WI, got {self.starts}; meanfield.strong-start is for SI")
        if self.floors < 1:
            raise ValueError(f"floors must be at least 1, got {self.floors}")


def shards(config: WeakStart) -> tuple[str, ...]:
    """Return the shard names ``start/teacher:N:first-last`` (repetitions), the largest N first."""
    return tuple(f"{start}/{cell_name(*cell)}" for cell in cells(config) for start in config.starts)


def run_shard(config: WeakStart, shard: str) -> dict[str, np.ndarray]:
    """Train one teacher's students of one size from one start; arrays lead with the shard's repetitions."""
    start, cell = shard.split("/")
    name, N, first, last = parse_cell(cell)
    teacher = paper_teacher(name, scale=config.scale)
    keys = repetition_keys(config, N, first, last)
    strong = start == "SI"
    schemes = LEAVING if strong else SCHEMES
    final = train(config, teacher, keys, N, schemes, invariant=strong)[:, :, -1]
    free = final[:, : len(FREE)]
    action = teacher.unit.action
    fixed = invariant_subspace(action)
    measured = {
        "to_symmetrised": np.array([[weak_deviation(c, action) for c in row] for row in final]),
        "floor": np.array(
            [_floors(k, row, action, config.floors) for k, row in zip(keys, free, strict=True)]
        ),
        "to_projection": np.array([[rmd_squared_to_projection(c, fixed) for c in row] for row in final]),
    }
    if strong:
        return {_SI_PREFIX + name: values for name, values in measured.items()}
    averaged = np.array([[symmetrise(c, action) for c in row] for row in final])
    return measured | {
        "between": between_schemes(final),
        "risk": risks(config, teacher, final),
        "risk_averaged": risks(config, teacher, averaged),
    }


def _floors(key: jax.Array, clouds: np.ndarray, action: Representation, count: int) -> np.ndarray:
    """Return the distances (S, count) of clouds (S, N, D) with particles moved at random."""
    N = clouds.shape[1]
    elements = np.asarray(
        jax.random.randint(jax.random.fold_in(key, ELEMENTS), (count, N), 0, action.group.order)
    )
    moved = orbit(action, clouds)  # (n, S, N, D)
    particles = np.arange(N)
    return np.array(
        [[weak_deviation(moved[g, s, particles], action) for g in elements] for s in range(len(clouds))]
    )


def gather(config: WeakStart, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put shards together: every array leads with (teacher, N, repetition), then scheme or pair."""
    arrays: dict[str, np.ndarray] = {}
    for shard, part in parts.items():
        place(arrays, config, shard.split("/")[1], part)
    return arrays


EXPERIMENT = Experiment(
    name="meanfield.weak-start",
    config_type=WeakStart,
    profiles={
        "quick": WeakStart(sizes=(5, 20, 80), repetitions=3),
        # the paper's repetitions and all its sizes but the last
        "default": WeakStart(sizes=(5, 10, 50, 100, 500)),
        "paper": WeakStart(),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("A-F3",),
)
