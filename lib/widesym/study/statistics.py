r"""Medians over repetitions and slopes in log-log, with intervals.

For samples :math:`y_{k,r}` at sizes :math:`N_k`, repetitions r, the slope is that of the least-squares
line through :math:`(\log N_k,\log\mathrm{med}_r\,y_{k,r})`. Intervals are 95 % percentile bootstraps
over repetitions, drawn for each size on its own: repetitions at different sizes are independent.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

CONFIDENCE = 0.95
RESAMPLES = 2000
_SEED = 20240519  # of the resampling only: the same data give the same interval


def bootstrap_interval(
    samples: Sequence[np.ndarray], statistic: Callable[..., np.ndarray]
) -> tuple[float, float]:
    """Return the 95 % percentile interval of a statistic, each sample (R,) resampled on its own.

    With one repetition there is nothing to resample and the interval is the value itself.

    Args:
        samples: K arrays (R_k,).
        statistic: K arrays (..., R_k) and ``axis=-1`` -> (...), for all resamples at once, as `numpy.median`.

    Raises:
        ValueError: a sample that is empty or not one-dimensional.
    """
    samples = [np.asarray(sample, np.float64) for sample in samples]
    if any(sample.ndim != 1 or not sample.size for sample in samples):
        raise ValueError(
            f"samples must be non-empty and one-dimensional, got shapes {[s.shape for s in samples]}"
        )
    if all(np.ptp(sample) == 0 for sample in samples):
        value = float(statistic(*samples, axis=-1))
        return value, value
    rng = np.random.default_rng(_SEED)
    resamples = [sample[rng.integers(len(sample), size=(RESAMPLES, len(sample)))] for sample in samples]
    return percentiles(statistic(*resamples, axis=-1))


def percentiles(resampled: np.ndarray) -> tuple[float, float]:
    """Return the percentiles between which 95 % of the values of a statistic on resamples lie."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return float(low), float(high)


def median_with_interval(sample: ArrayLike) -> tuple[float, tuple[float, float]]:
    """Return the median of a sample (R,) and its 95 % bootstrap interval."""
    sample = np.asarray(sample, np.float64)
    interval = bootstrap_interval([sample], np.median)
    return float(np.median(sample)), interval


def log_slope(sizes: ArrayLike, samples: Sequence[np.ndarray]) -> tuple[float, tuple[float, float]]:
    r"""Return the log-log slope of medians against size and its 95 % interval.

    .. math:: y\propto N^{\text{slope}}

    Args:
        sizes: (K,) positive, K >= 2.
        samples: K arrays (R,) of positive numbers.

    Raises:
        ValueError: fewer than two sizes, or numbers that have no logarithm.
    """
    sizes = np.asarray(sizes, np.float64)
    if len(sizes) < 2 or len(sizes) != len(samples):
        raise ValueError(
            f"a slope needs at least two sizes with a sample each, got {len(sizes)} and {len(samples)}"
        )
    if (sizes <= 0).any() or any((np.asarray(sample) <= 0).any() for sample in samples):
        raise ValueError("a log-log slope needs positive sizes and samples; drop the zeros first")

    def slope(*columns: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.polyfit(np.log(sizes), [np.log(np.median(column, axis=axis)) for column in columns], 1)[0]

    return float(slope(*samples)), bootstrap_interval(samples, slope)


def decades_fallen(first: ArrayLike, last: ArrayLike) -> tuple[float, tuple[float, float]]:
    r"""Return by how many decades the median falls, and the 95 % interval.

    .. math:: \log_{10}(\mathrm{med}\,y_\text{first}/\mathrm{med}\,y_\text{last})
    """

    def fall(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.log10(np.median(a, axis=axis) / np.median(b, axis=axis))

    first, last = np.asarray(first, np.float64), np.asarray(last, np.float64)
    return float(fall(first, last)), bootstrap_interval([first, last], fall)
