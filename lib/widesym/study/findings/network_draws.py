"""Accuracies of trained networks over draws: which runs count, means, paired differences, intervals.

A run counts from 95 % training accuracy on, and a cell from four successful runs in five on. Source: [SS],
Section B.1 and footnote 6.

Values are (..., draws) in which NaN stands for a run that does not count; pairs with a NaN are dropped.
"""

import numpy as np

from widesym.study import paired
from widesym.study.findings.verdicts import Estimate
from widesym.study.powers import bootstrap_of_means, mean_with_interval

SUCCESS = 0.95  # training accuracy of a run that counts
ENOUGH = 0.8  # share of such runs in a cell that counts


def counted(values: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """Return values with NaN where the training accuracy ``fit`` is no success."""
    return np.where(fit >= SUCCESS, values, np.nan)


def counts(values: np.ndarray) -> np.ndarray:
    """Return which cells (..., draws) count, (...)."""
    return np.isfinite(values).mean(-1) >= ENOUGH


def mean(values: np.ndarray) -> Estimate:
    """Return the mean of values (draws,) and its interval.

    Raises:
        ValueError: none of them counts.
    """
    values = np.asarray(values, np.float64)
    kept = values[np.isfinite(values)]
    if not kept.size:
        raise ValueError("no run of the cell counts; leave it out where counts() is false")
    return mean_with_interval(kept)


def difference(one: np.ndarray, other: np.ndarray) -> Estimate:
    """Return the mean of ``one - other`` over the draws (draws,) where both count, and its interval."""
    return mean(np.asarray(one) - np.asarray(other))


def percent(values: np.ndarray) -> Estimate:
    """Return 100 times the mean of values (draws, t) of single test images, and its interval.

    Draws that are no success, all NaN, are dropped.
    """
    value, (low, high) = paired.mean(values[np.isfinite(values).all(1)])
    return 100 * value, (100 * low, 100 * high)


def exponents(sizes: np.ndarray, errors: np.ndarray) -> list[Estimate]:
    r"""Return :math:`\alpha_i=\log(e_i/e_{i+1})/\log(m_{i+1}/m_i)` of mean errors, with paired intervals.

    Args:
        sizes: m, (S,) increasing.
        errors: e, (S, draws), positive.

    Returns:
        S - 1 estimates.
    """
    steps = np.diff(np.log(np.asarray(sizes, np.float64)))

    def local(i: int) -> Estimate:
        return bootstrap_of_means(
            list(errors[i : i + 2]),
            lambda means: (np.log(means[..., 0]) - np.log(means[..., 1])) / steps[i],
            paired=True,
        )

    return [local(i) for i in range(len(steps))]


def steepening(sizes: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return how much steeper the second half of curves (..., S) is than the first, in log-log.

    The halves share the middle size; with an even number of sizes the one below the middle.
    """
    x, y = np.log(np.asarray(sizes, np.float64)), -np.log(errors)
    middle = (len(x) - 1) // 2
    late = (y[..., -1] - y[..., middle]) / (x[-1] - x[middle])
    return late - (y[..., middle] - y[..., 0]) / (x[middle] - x[0])


def of_curves(curves: list[np.ndarray], statistic: object) -> Estimate:
    """Return a statistic of the mean curves (S,) of curves (S, draws) that share their draws, with interval.

    Args:
        curves: one or more; draws with a NaN anywhere are dropped.
        statistic: of as many arrays (..., S), to (...).
    """
    kept = np.isfinite(np.concatenate(curves)).all(0)
    rows = [row[kept] for curve in curves for row in curve]
    ends = np.cumsum([len(curve) for curve in curves])[:-1]
    return bootstrap_of_means(rows, lambda means: statistic(*np.split(means, ends, axis=-1)), paired=True)
