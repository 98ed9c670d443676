r"""The work of training particles: a step of $N$ of them costs $N+N_0$, and a student makes $NT$ steps."""

from typing import Any

from widesym.costs.work import Work

# particles at which the part of a step that does not depend on N costs as much as the rest (benchmarks/)
_ALONE = 150


def _steps(N: int, horizon: float, runs: float = 1.0, precision: str = "float32") -> float:
    return runs * horizon * N * (N + _ALONE) * (2 if precision == "float64" else 1)


def _runs(block: str) -> int:
    first, last = map(int, block.split("-"))
    return last - first + 1


def sweep(config: Any, shard: str) -> Work:
    """Return the work of a shard of meanfield.strong-start, meanfield.weak-start or beyond.own-group."""
    if ":" not in shard:  # of one's own group: what does not depend on N
        return Work(shard, 1.0)
    who, N, block = shard.split(":")
    start = who.partition("/")[0] if "/" in who else "train"
    return Work(start, _steps(int(N), config.horizon, _runs(block), config.precision))


def deep(config: Any, shard: str) -> Work:
    """Return the work of a shard of beyond.deep."""
    if ":" not in shard:
        return Work(shard, 1.0)
    unit, _, depth, block = shard.split(":")
    return Work(unit, _runs(block) * config.horizon * int(depth) ** 2)


def groups(config: Any, shard: str) -> Work:
    """Return the work of a shard of beyond.groups."""
    kind, name = shard.split(":", 1)
    if kind != "train":
        return Work(kind, 1.0)
    return Work(kind, _steps(int(name.split(":")[1]), config.horizon, config.repetitions))


def rates(config: Any, shard: str) -> Work:
    """Return the work of a shard of beyond.rates."""
    kind, *rest = shard.split(":")
    last = config.plane_times[-1]
    units = {
        "line": lambda: _runs(rest[1]) * config.line_horizon * int(rest[0]) ** 2,
        "large": lambda: config.large_repetitions * config.line_horizon * config.large_size**2,
        "plane": lambda: _runs(rest[1]) * last * int(rest[0]) ** 2,
        "reference": lambda: last * config.reference_size**2,
        "grid": lambda: sum(config.grids),
    }[kind]()
    return Work(kind, float(units))


def chaos(config: Any, shard: str) -> Work:
    """Return the work of a shard of meanfield.chaos."""
    kind, *rest = shard.split(":")
    last, squares = config.times[-1], sum(N**2 for N in config.sizes)
    units = {
        "transport": lambda: config.transport_repetitions * len(config.times) * squares,
        "clouds": lambda: config.repetitions * last * int(rest[1]) ** 2,
        "reference": lambda: last * config.reference_size**2,
        "control": lambda: config.repetitions * int(rest[0]) ** 2,
    }[kind]()
    return Work(kind, float(units))


def escape(config: Any, shard: str) -> Work:
    """Return the work of a shard of meanfield.escape."""
    kind, *rest = shard.split(":")
    last = config.times[-1]
    units = {
        "sweep": lambda: _steps(int(rest[1]), last, _runs(rest[2])),
        "control": lambda: _steps(int(rest[0]), last, config.control_repetitions),
        "path": lambda: _steps(config.predicted_at, last, config.predicted_repetitions),
        "early": lambda: config.repetitions * config.early_times[-1] * sum(N**2 for N in config.sizes),
        "law": lambda: config.law_repetitions * config.law_times[-1] * sum(N**2 for N in config.law_sizes),
    }[kind]()
    return Work(kind, float(units))


def discovery(config: Any, shard: str) -> Work:
    """Return the work of a shard of meanfield.discovery."""
    case, _, _, block = shard.split(":")
    return Work(case if case != "C4" else "D4", _runs(block) * config.horizon * config.N**2 * config.batch)


def views(config: Any, shard: str) -> Work:
    """Return the work of a shard of meanfield.particle-views."""
    return Work("views", _steps(config.particles, config.horizon, config.repetitions, config.precision))


def portrait(config: Any, shard: str) -> Work:
    """Return the work of a shard of meanfield.portrait."""
    return Work("portrait", _steps(int(shard), config.horizon))
