"""The work of exact checks on constructed cases and small images: minutes, with laws that bound it."""

import math
from collections.abc import Callable
from typing import Any

from widesym.costs.networks import forward
from widesym.costs.work import BASE, Work


def constructed(*fields: str) -> Callable[[Any, str], Work]:
    """Laws on constructed cases: one kind a case, the product of some fields, a tuple by its sum."""

    def work(config: Any, shard: str) -> Work:
        values = (getattr(config, field) for field in fields)
        return Work(shard, float(math.prod(sum(v) if isinstance(v, tuple) else v for v in values)))

    return work


def optimum(config: Any, shard: str) -> Work:
    """Return the work of a shard of meanfield.strong-optimum."""
    return Work(shard, float(config.steps if shard == "example" else config.strong * config.points))


def finite_width(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.finite-width."""
    if ":" not in shard:
        return Work(shard, float(config.side**2))
    model, depth = shard.split(":")
    widths = config.widths[config.models.index(model)]
    draws = config.draws[config.models.index(model)]
    each = sum(forward(model, config.side, int(depth), width, 1) for width in widths)
    return Work(model if not model.startswith("LAP") else "LAP", draws * config.images * each)


def architectures(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.other-architectures."""
    kind, _, which = shard.partition(":")
    units = {
        "law": lambda: sum(config.law_draws) * config.law_width**2 * config.depth,
        "runs": lambda: config.steps * config.batch * config.depth * config.side**2 * config.width**2,
        "limit": lambda: config.depth * config.side**4,
        "spread": lambda: (
            config.skip_draws * sum(n**2 for n in config.skip_widths)
            if which == "residual"
            else config.draws * sum(n**2 for n in config.widths)
        ),
    }[kind]()
    return Work(shard, float(units))


def inclusions(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.inclusions."""
    height, width = map(int, shard.split("x"))
    weights = (height * width) ** 4 * config.width**2  # of the FCN that holds all the others
    return Work("size", float(config.draws * config.steps * weights), None, BASE + 8e-9 * 12 * weights)


def symmetry(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.kernel-symmetry."""
    if "x" not in shard:
        return Work(shard, 1.0)
    height, width = map(int, shard.split("x"))
    return Work("size", float(config.draws * config.images**2 * sum(config.depths) * (height * width) ** 2))


def products(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.inner-products."""
    kind = shard.split(":")[0]
    pairs = config.images**2 * sum(config.depths) * (config.height * config.width) ** 2
    return Work(shard, float({"isometry": config.side**4}.get(kind, pairs)))


def pooling(config: Any, shard: str) -> Work:
    """Return the work of a shard of beyond.pooling."""
    kind, _, depth = shard.partition(":")
    places_ = (config.height * config.width) ** 2
    return Work(kind, float(int(depth or 1) * config.images**2 * places_))


def pooling_kernel(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.pooling-kernel."""
    kind, _, depth = shard.partition(":")
    places_ = config.images**2 * sum((h * w) ** 2 for h, w in config.sizes)
    return Work(kind, float(int(depth) * places_ if kind == "identities" else len(config.sides)))


def rotations(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.rotations."""
    return Work(shard, float(config.draws if shard == "kept" else 1))


def speed(config: Any, shard: str) -> Work:
    """Return the work of a shard of synergy.speed."""
    return Work(shard, float(len(config.networks) * len(config.sides)))
