r"""A-F4: where the particles are after training under each scheme, and how they get there.

Students of N particles are trained by every scheme from one start, strongly (SI) or weakly (WI) invariant, on
each teacher. Kept are the final particles of the first repetition, its path under vanilla training and under
EA from the SI start, in the coordinates

.. math:: \frac{1}{\sqrt2}\langle z,I\rangle,\quad \frac{1}{\sqrt2}\langle z,J\rangle,\quad
    \frac{1}{\sqrt2}\langle z,\mathrm{diag}(1,-1)\rangle,\quad
    \frac{1}{\sqrt2}\langle z,\begin{pmatrix}0&1\\-1&0\end{pmatrix}\rangle ,

J the swap: two in :math:`\mathcal E^G`, two across it; and, for every repetition,
:math:`\mathrm{RMD}^2(\nu,P_{\mathcal E^G}\#\nu)` at the end and along the path. Source: [MF], Appendix F,
pages 52 and 53.
"""

import dataclasses
from typing import Any

import numpy as np

from widesym.groups import invariant_subspace
from widesym.meanfield.teachers import TEACHERS, paper_teacher
from widesym.meanfield.transport import rmd_squared_to_projection
from widesym.study.experiment import Experiment
from widesym.study.sweeps import SCHEMES, Sweep, repetition_keys, train

STARTS = ("SI", "WI")
FLOWING = ("vanilla", "ea")  # the schemes whose paths are kept


@dataclasses.dataclass(frozen=True)
class ParticleViews:
    """Every number of the experiment; the SGD is the paper's.

    Args:
        particles: N.
        repetitions: independent starts, batches and noise; the first one is seen.
        frames: F, steps of the animation after the start, at the times T (k / F)^2.
        horizon: T; a student makes N T steps.
        precision: ``float32`` or ``float64``.
        seed: of everything; with the same seed, N and repetition the runs are those of A-F1.
    """

    particles: int = 100
    repetitions: int = 10
    frames: int = 40
    horizon: float = 20.0
    precision: str = "float64"
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        if self.frames < 1 or not self.horizon * self.particles >= self.frames**2:
            raise ValueError(
                f"frames must be from 1 to the square root of N T = {self.horizon * self.particles:g} steps, "
                f"got {self.frames}; early frames would show the same step twice"
            )
        self.sweep()  # raises for the rest

    def sweep(self) -> Sweep:
        """Return the sweep of one size that trains the students."""
        return Sweep(
            (self.particles,),
            self.repetitions,
            horizon=self.horizon,
            precision=self.precision,
            seed=self.seed,
        )

    def times(self) -> tuple[float, ...]:
        """Return the times (F + 1) of the frames in units of the horizon: early ones are near each other."""
        return tuple((k / self.frames) ** 2 for k in range(self.frames + 1))


def coordinates() -> np.ndarray:
    r"""Return the orthonormal coordinates (4, 4) as columns: two in :math:`\mathcal E^G`, two across it."""
    columns = np.array([[1, 0, 0, 1], [0, 1, 1, 0], [1, 0, 0, -1], [0, 1, -1, 0]]).T / np.sqrt(2)
    projector = invariant_subspace(paper_teacher("WI").unit.action).projector
    if not np.allclose(projector @ columns, columns * [1, 1, 0, 0]):
        raise RuntimeError("the axes of the views no longer lie in and across the invariant subspace")
    return columns


def shards(config: ParticleViews) -> tuple[str, ...]:
    """Return the shard names ``start:teacher``."""
    return tuple(f"{start}:{teacher}" for start in STARTS for teacher in TEACHERS)


def run_shard(config: ParticleViews, shard: str) -> dict[str, np.ndarray]:
    """Train the students of one teacher from one start; return particles, paths and distances."""
    start, name = shard.split(":")
    sweep, teacher, axes = config.sweep(), paper_teacher(name), coordinates()
    keys = repetition_keys(sweep, config.particles, 0, config.repetitions - 1)
    clouds = train(
        sweep, teacher, keys, config.particles, SCHEMES, invariant=start == "SI", times=config.times()
    )  # (R, S, F + 1, N, D)
    fixed = invariant_subspace(teacher.unit.action)
    distance = np.array(
        [rmd_squared_to_projection(c, fixed) for c in clouds.reshape(-1, *clouds.shape[3:])]
    ).reshape(clouds.shape[:3])
    found = {"particles": clouds[0, :, -1] @ axes, "distance": distance[..., -1]}
    if start == "SI":
        found["flow"] = clouds[0, [SCHEMES.index(s) for s in FLOWING]] @ axes
        found["flow_distance"] = distance
    return found


def gather(config: ParticleViews, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Put shards together.

    Returns:
        ``particles`` (start, teacher, scheme, N, 4), ``distance`` (start, teacher, repetition, scheme),
        ``flow`` (teacher, vanilla or EA, frame, N, 4), ``flow_distance`` (teacher, repetition, scheme,
        frame), and ``teacher_NAME`` (K, 4), the teachers' particles.
    """
    arrays = {
        name: np.stack([[parts[f"{start}:{teacher}"][name] for teacher in TEACHERS] for start in STARTS])
        for name in ("particles", "distance")
    }
    for name in ("flow", "flow_distance"):
        arrays[name] = np.stack([parts[f"SI:{teacher}"][name] for teacher in TEACHERS])
    axes = coordinates()
    return arrays | {f"teacher_{name}": paper_teacher(name).theta @ axes for name in TEACHERS}


EXPERIMENT = Experiment(
    name="meanfield.particle-views",
    config_type=ParticleViews,
    profiles={
        "quick": ParticleViews(repetitions=3, frames=20),
        "default": ParticleViews(),
        "paper": ParticleViews(particles=1000),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("A-F4",),
)
