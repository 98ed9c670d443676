r"""Power laws of means: exponents, levels and ratios, with intervals.

For samples :math:`y_{k,r}` at sizes :math:`x_k` the exponent p of :math:`E\,y\propto x^p` is the slope of the
least-squares line through :math:`(\log x_k,\log\bar y_k)`. Means and not medians: the predictions that these
are held against are of expectations. Intervals are 95 % percentile bootstraps over repetitions; samples are
resampled each on its own, or with the same indices where they share their repetitions (``paired``).
"""

import functools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from widesym.study.statistics import RESAMPLES, percentiles

_SEED = 20240531  # of the resampling only: the same data give the same interval
_AT_A_TIME = 2**18  # numbers

Estimate = tuple[float, tuple[float, float]]


def bootstrap_of_means(
    samples: Sequence[ArrayLike], statistic: Callable[[np.ndarray], np.ndarray], *, paired: bool = False
) -> Estimate:
    """Return ``statistic(means)`` and its interval.

    Args:
        samples: K arrays (R_k,); one repetition gives an interval that is the value itself.
        statistic: means (..., K) -> (...), for all resamples at once.
        paired: resample all with the same indices; then they must be equally long.

    Raises:
        ValueError: samples that are empty, not one-dimensional, or paired and of unequal lengths.
    """
    samples = [np.asarray(sample, np.float64) for sample in samples]
    if not samples or any(sample.ndim != 1 or not sample.size for sample in samples):
        raise ValueError(
            f"samples must be non-empty and one-dimensional, got shapes {[s.shape for s in samples]}"
        )
    if paired and len({len(sample) for sample in samples}) > 1:
        raise ValueError(f"paired samples must be equally long, got {[len(s) for s in samples]}")
    lengths = tuple(len(sample) for sample in samples)
    means = [
        _means(sample, _chosen(lengths[:1] if paired else lengths[: place + 1])[0])
        for place, sample in enumerate(samples)
    ]
    value = float(statistic(np.array([sample.mean() for sample in samples])))
    return value, percentiles(statistic(np.stack(means, axis=-1)))


@functools.lru_cache(maxsize=16)
def _chosen(lengths: tuple[int, ...]) -> tuple[np.ndarray, dict]:
    """Return what the resamples of the last of some samples have, (RESAMPLES, its length), and the generator.

    Kept, as drawing them takes longer than their means, and a page asks for the same ones hundreds of times.
    """
    rng = np.random.default_rng(_SEED)
    if lengths[:-1]:
        rng.bit_generator.state = _chosen(lengths[:-1])[1]
    length = lengths[-1]
    chosen = rng.integers(length, size=(RESAMPLES, length))
    return chosen.astype(np.min_scalar_type(length)), rng.bit_generator.state


def _means(sample: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    # a few rows at a time, which stay in the processor's cache
    pieces = np.array_split(chosen, -(-chosen.size // _AT_A_TIME))
    return np.concatenate([sample.take(rows).mean(axis=1) for rows in pieces])


def mean_with_interval(sample: ArrayLike) -> Estimate:
    """Return the mean of a sample (R,) and its interval."""
    return bootstrap_of_means([sample], lambda means: means[..., 0])


def power(sizes: ArrayLike, samples: Sequence[ArrayLike], *, paired: bool = False) -> Estimate:
    r"""Return the exponent p of :math:`E\,y\propto x^p` and its interval.

    Args:
        sizes: (K,) positive, K >= 2.
        samples: K arrays (R_k,) with positive means.
        paired: as for :func:`bootstrap_of_means`.

    Raises:
        ValueError: fewer than two sizes, or numbers that have no logarithm.
    """
    sizes = np.asarray(sizes, np.float64)
    if len(sizes) < 2 or len(sizes) != len(samples):
        raise ValueError(
            f"an exponent needs at least two sizes with a sample each, got {len(sizes)} and {len(samples)}"
        )
    if (sizes <= 0).any() or any((np.asarray(sample) <= 0).any() for sample in samples):
        raise ValueError("an exponent needs positive sizes and samples; drop the zeros first")
    x = np.log(sizes) - np.log(sizes).mean()
    return bootstrap_of_means(samples, lambda means: np.log(means) @ x / (x @ x), paired=paired)


def ratio(upper: ArrayLike, lower: ArrayLike, *, paired: bool = False) -> Estimate:
    """Return the ratio of the means of two samples and its interval."""
    return bootstrap_of_means([upper, lower], lambda means: means[..., 0] / means[..., 1], paired=paired)


def spelled(estimate: Estimate, *, digits: int = 2) -> str:
    """Return ``value (low to high)`` with true minus signs, for tables."""
    value, (low, high) = estimate
    return f"{value:z.{digits}f} ({low:z.{digits}f} to {high:z.{digits}f})".replace("-", "−")
