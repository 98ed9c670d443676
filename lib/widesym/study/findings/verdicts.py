"""Checks of several numbers by one rule: the worst verdict decides."""

from collections.abc import Mapping

from widesym.study.claims import VERDICTS, Check, judge

Estimate = tuple[float, tuple[float, float]]


def all_of(
    id: str,
    statement: str,
    estimates: Mapping[str, Estimate],
    *,
    lower: float = -float("inf"),
    upper: float = float("inf"),
    rule: str,
    unit: str = "",
    digits: int = 1,
    scale: str = "live",
) -> Check:
    """Return the check that every one of several numbers lies within bounds, by its own interval.

    Args:
        id: the claim's id.
        statement: what is checked.
        estimates: by name, each a value and its interval; at least one.
        lower: the least value allowed.
        upper: the greatest value allowed.
        rule: the bounds in words.
        unit: written after the numbers.
        digits: after the decimal point.
        scale: ``live`` or ``record``.

    Raises:
        ValueError: no estimates, or numbers that cannot be judged.
    """
    if not estimates:
        raise ValueError(f"{id}: nothing to judge in {statement!r}")
    judged = {
        name: judge(value, lower=lower, upper=upper, interval=interval)
        for name, (value, interval) in estimates.items()
    }

    def excess(name: str) -> tuple[int, float]:
        _, (low, high) = estimates[name]
        return VERDICTS.index(judged[name]), -max(lower - low, high - upper)

    worst = min(judged, key=excess)
    value, (low, high) = estimates[worst]
    measured = f"{spelled(estimates[worst], digits)}{unit}"
    if len(estimates) > 1:
        measured = f"{worst}: {measured}"
    return Check(id, statement, rule, measured, value, (low, high), judged[worst], scale)


def spelled(estimate: Estimate, digits: int = 1) -> str:
    """Write ``value (low to high)`` with true minus signs."""
    value, (low, high) = estimate
    return f"{value:z.{digits}f} ({low:z.{digits}f} to {high:z.{digits}f})".replace("-", "−")
