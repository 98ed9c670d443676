r"""A-F1: does training keep a strongly invariant cloud strongly invariant, and does the scheme matter?

Students of N particles start in :math:`\mathcal E^G` and are trained for :math:`NT` steps on each
teacher by every scheme, coupled. Measured, for each (teacher, N, repetition):

* row 1: :math:`\mathrm{RMD}^2(\nu,P_{\mathcal E^G}\#\nu)` of the final cloud of each scheme;
* rows 2 and 3: :math:`\mathrm{RMD}^2` between the final clouds of two schemes;
* the largest distance, over the snapshots, of a particle from its twin under EA (``path_gap``);
* the population risk, and :math:`M_2` of the final cloud.

Teachers share start, batches and noise too. Source: [MF], Section 4 and Appendix F.
"""

import dataclasses
from typing import Any

import numpy as np

from widesym.groups import invariant_subspace
from widesym.meanfield.teachers import paper_teacher
from widesym.meanfield.transport import rmd_squared_to_projection, second_moment
from widesym.study.experiment import Experiment
from widesym.study.sweeps import (
    AGAINST_EA,
    BETWEEN,
    PAIRS,
    SCHEMES,
    SNAPSHOTS,
    Sweep,
    between_schemes,
    cell_name,
    cells,
    parse_cell,
    place,
    repetition_keys,
    risks,
    train,
)


@dataclasses.dataclass(frozen=True)
class StrongStart(Sweep):
    """Every number of the experiment; the defaults are the paper's."""


def shards(config: StrongStart) -> tuple[str, ...]:
    """Return the shard names ``teacher:N:first-last`` (repetitions), the largest N first."""
    return tuple(cell_name(*cell) for cell in cells(config))


def run_shard(config: StrongStart, shard: str) -> dict[str, np.ndarray]:
    """Train one teacher's students of one size and measure them; arrays lead with the shard's repetitions."""
    name, N, first, last = parse_cell(shard)
    teacher = paper_teacher(name, scale=config.scale)
    keys = repetition_keys(config, N, first, last)
    clouds = train(config, teacher, keys, N, SCHEMES, invariant=True, times=SNAPSHOTS)
    final, ea = clouds[:, :, -1], clouds[:, SCHEMES.index("ea")]
    fixed = invariant_subspace(teacher.unit.action)
    return {
        "to_projection": np.array([[rmd_squared_to_projection(c, fixed) for c in row] for row in final]),
        "between": between_schemes(final),
        "path_gap": np.sqrt(((clouds - ea[:, None]) ** 2).sum(-1)).max(axis=(2, 3)),
        "second_moment": np.array([[2 * second_moment(c) for c in row] for row in final]),
        "risk": risks(config, teacher, final),
    }


def gather(config: StrongStart, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put shards together: every array leads with (teacher, N, repetition), then scheme or pair."""
    arrays: dict[str, np.ndarray] = {}
    for shard, part in parts.items():
        place(arrays, config, shard, part)
    return arrays


EXPERIMENT = Experiment(
    name="meanfield.strong-start",
    config_type=StrongStart,
    profiles={
        "quick": StrongStart(sizes=(5, 20, 80), repetitions=3, precision="float64"),
        # the paper's repetitions and all its sizes but the last, in double precision
        "default": StrongStart(sizes=(5, 10, 50, 100, 500, 1000), precision="float64"),
        "paper": StrongStart(),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("A-F1",),
)

__all__ = ["AGAINST_EA", "BETWEEN", "EXPERIMENT", "PAIRS", "SCHEMES", "StrongStart"]
