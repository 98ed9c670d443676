r"""Accuracies and their differences, with intervals over draws and over test images.

Let :math:`z_{r,i}` be what is measured at test image i of draw r (another sample of training and test
images, another :math:`\tau`): 1 where it is classified correctly, or the difference of two models on the
same image. The estimate is the mean. Its interval is a 95 % percentile bootstrap in two stages, draws and
then the test images of each draw. With one draw only the test images are resampled: the interval then covers
the choice of test images, not that of training images nor of :math:`\tau`.
"""

import functools

import numpy as np
from numpy.typing import ArrayLike

from widesym.study.statistics import RESAMPLES, percentiles

_SEED = 20240612  # of the resampling only: the same data give the same interval

Estimate = tuple[float, tuple[float, float]]


def mean(values: ArrayLike) -> Estimate:
    """Return the mean of values (draws, test images) and its interval.

    Raises:
        ValueError: another shape, or no values.
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or not values.size:
        raise ValueError(
            f"values must have shape (draws, test images), each at least 1, got {values.shape}; "
            "for one draw add an axis: values[None]"
        )
    images = values.shape[1]
    # few distinct values (0 and 1, or -1, 0, 1): their counts in a resample are multinomial
    found = (np.unique(row, return_counts=True) for row in values)
    interval = _interval(images, tuple((tuple(levels), tuple(counts)) for levels, counts in found))
    return float(values.mean()), interval


@functools.lru_cache(maxsize=1024)
def _interval(
    images: int, found: tuple[tuple[tuple[float, ...], tuple[int, ...]], ...]
) -> tuple[float, float]:
    """Return the interval of draws with these values and how often each occurs; pages ask again and again."""
    draws = [(np.array(levels), np.array(counts) / images) for levels, counts in found]
    rng = np.random.default_rng(_SEED)
    total = np.zeros(RESAMPLES)
    for _ in draws:
        chosen = rng.integers(len(draws), size=RESAMPLES)
        for draw, (levels, shares) in enumerate(draws):
            here = chosen == draw
            total[here] += rng.multinomial(images, shares, size=here.sum()) @ levels / images
    return percentiles(total / len(draws))


def difference(first: ArrayLike, second: ArrayLike) -> Estimate:
    """Return the mean of ``first - second``, paired image by image, over the draws that both have.

    Raises:
        ValueError: shapes other than (draws, test images), or other numbers of test images.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    common = min(len(first), len(second))
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(
            f"both must have shape (draws, test images) with the same images, got {first.shape} and "
            f"{second.shape}"
        )
    return mean(first[:common] - second[:common])
