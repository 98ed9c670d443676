"""Columns of the measured arrays of a sweep, size by size, and the slope of one; for A-F1 and A-F3."""

import numpy as np

from widesym.study.statistics import log_slope
from widesym.study.store import Stored
from widesym.study.sweeps import PAIRS, SCHEMES

ASYMPTOTIC = 50  # slopes are fitted from this size on


def row(stored: Stored, quantity: str, teacher: str, column: int) -> dict[int, np.ndarray]:
    """Return ``{N: (repetitions, ...)}`` of one column (scheme or pair) of a measured array."""
    values = stored.arrays[quantity][stored.config.teachers.index(teacher)]
    return {N: values[i, :, column] for i, N in enumerate(stored.config.sizes)}


def scheme_row(
    stored: Stored, scheme: str, teacher: str, quantity: str = "to_projection"
) -> dict[int, np.ndarray]:
    """Return ``{N: (repetitions, ...)}`` of one scheme, by default its RMD^2 to the projection."""
    return row(stored, quantity, teacher, SCHEMES.index(scheme))


def pair_row(stored: Stored, pair: tuple[str, str], teacher: str) -> dict[int, np.ndarray]:
    """Return ``{N: RMD^2 between the two schemes, (repetitions,)}``."""
    return row(stored, "between", teacher, PAIRS.index(pair))


def asymptotic_slope(
    samples: dict[int, np.ndarray], *, smallest: int = ASYMPTOTIC
) -> tuple[float, tuple[float, float]] | None:
    """Return the log-log slope and interval over sizes from ``smallest`` on; None with fewer than two."""
    kept = {N: values for N, values in samples.items() if N >= smallest and (values > 0).all()}
    return log_slope(list(kept), list(kept.values())) if len(kept) >= 2 else None
