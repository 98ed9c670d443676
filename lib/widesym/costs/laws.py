"""The laws of all experiments, by name."""

from widesym.costs import checks, kernels, networks, particles
from widesym.costs.work import Law


def law(name: str) -> Law | None:
    """Return the law of an experiment, or None while it has none."""
    return _LAWS.get(name)


_PARTICLES = "runs · T · N · (N + 150), twice in float64"
_PAIRS = "pairs · layers · places, and solves m³"
_TRAININGS = "trainings · epochs · images · operations of a pass"
_LAWS = {
    "beyond.deep": Law("runs · T · L²", particles.deep),
    "beyond.groups": Law(_PARTICLES, particles.groups),
    "beyond.own-group": Law(_PARTICLES, particles.sweep),
    "beyond.pooling": Law("layers · images² · places²", checks.pooling),
    "beyond.rates": Law("runs · T · N²", particles.rates),
    "meanfield.chaos": Law("runs · T · N²", particles.chaos),
    "meanfield.discovery": Law("seeds · T · N² · B", particles.discovery),
    "meanfield.escape": Law(_PARTICLES, particles.escape),
    "meanfield.flow": Law("orbits · steps", checks.constructed("orbits", "steps")),
    "meanfield.particle-views": Law(_PARTICLES, particles.views),
    "meanfield.portrait": Law(_PARTICLES, particles.portrait),
    "meanfield.risks": Law("laws · sizes · particles", checks.constructed("laws", "sizes", "particles")),
    "meanfield.strong-optimum": Law("strong optima · points", checks.optimum),
    "meanfield.strong-start": Law(_PARTICLES, particles.sweep),
    "meanfield.symmetric-laws": Law("laws · sizes · points", checks.constructed("laws", "sizes", "points")),
    "meanfield.weak-start": Law(_PARTICLES, particles.sweep),
    "synergy.data-efficiency": Law(_TRAININGS, networks.data_efficiency, "train"),
    "synergy.finite-width": Law("draws · images · operations of a pass", checks.finite_width),
    "synergy.inclusions": Law("draws · steps · pixels⁴", checks.inclusions),
    "synergy.inner-products": Law("images² · layers · places²", checks.products),
    "synergy.kernel-symmetry": Law("draws · images² · layers · places²", checks.symmetry),
    "synergy.kernel-table": Law(_PAIRS, kernels.kernel_table),
    "synergy.learning-curves": Law(_PAIRS, kernels.learning_curves, None),
    "synergy.network-table": Law(_TRAININGS, networks.network_table, "train"),
    "synergy.orbit-regression": Law("draws · pairs · layers · places²", kernels.orbits),
    "synergy.other-architectures": Law("draws · widths²", checks.architectures),
    "synergy.path": Law(_TRAININGS, networks.path, "train"),
    "synergy.pooling-kernel": Law("images² · layers · places²", checks.pooling_kernel),
    "synergy.resolution": Law(_PAIRS, kernels.resolution, None),
    "synergy.ridges": Law(_PAIRS, kernels.ridges, None),
    "synergy.rotated-pooling": Law(_PAIRS, kernels.rotated_pooling),
    "synergy.rotations": Law("draws", checks.rotations),
    "synergy.same-path": Law("steps · images · operations of a pass", networks.same_path),
    "synergy.speed": Law("networks · sizes", checks.speed),
    "synergy.uniform-start": Law(_TRAININGS, networks.uniform_start, "train"),
    "synergy.width": Law(_TRAININGS, networks.width, "train"),
}
