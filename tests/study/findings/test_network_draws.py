"""Accuracies of trained networks over draws: which count, and exponents of power laws."""

import numpy as np
import pytest

from widesym.study.findings.network_draws import (
    counted,
    counts,
    difference,
    exponents,
    mean,
    of_curves,
    percent,
    steepening,
)

SIZES = np.array([50, 100, 200, 400, 800])


def test_failed_runs_do_not_count():
    fit = np.array([[1.0, 0.95, 1.0, 1.0, 0.94], [1.0, 0.9, 0.9, 1.0, 1.0]])
    values = counted(np.full((2, 5), 7.0), fit)
    assert np.isnan(values).sum(1).tolist() == [1, 2]
    assert counts(values).tolist() == [True, False]  # four in five, three in five
    assert mean(values[0])[0] == 7
    with pytest.raises(ValueError, match="no run of the cell counts"):
        mean([np.nan])


def test_percent_of_test_images_leaves_failed_runs_out():
    right = np.array([[1.0, 0, 1, 1], [np.nan] * 4, [0, 0, 1, 1]])
    value, (low, high) = percent(right)
    assert value == pytest.approx(62.5) and 0 <= low < value < high <= 100


def test_differences_are_paired():
    rng = np.random.default_rng(0)
    common = 20 * rng.standard_normal(8)
    value, (low, high) = difference(common + 3 + 0.1 * rng.standard_normal(8), common)
    assert abs(value - 3) < 0.1 and high - low < 0.2
    assert difference([1, np.nan, 5], [0, 0, np.nan]) == (1, (1, 1))


def test_a_power_law_has_one_exponent_and_does_not_steepen():
    errors = np.array([1.0, 1.3, 0.8]) * SIZES[:, None] ** -0.4
    for value, (low, high) in exponents(SIZES, errors):
        assert value == pytest.approx(0.4) and low == pytest.approx(0.4) == high
    assert steepening(SIZES, errors.T) == pytest.approx([0, 0, 0], abs=1e-12)


def test_a_cusp_steepens_by_what_its_slopes_differ_by():
    bent = np.where(SIZES <= 200, SIZES**-0.1, 200**0.6 * SIZES**-0.7)
    assert steepening(SIZES, bent) == pytest.approx(0.6)
    assert steepening(SIZES[:4], SIZES[:4] ** -0.1) == pytest.approx(0)
    errors = bent[:, None] * np.array([1.0, 2.0, 1.5, np.nan])
    straight = SIZES[:, None] ** -0.3 * np.ones(4)
    found = of_curves([errors, straight], lambda a, b: steepening(SIZES, a) - steepening(SIZES, b))
    assert found[0] == pytest.approx(0.6) and found[1] == pytest.approx((0.6, 0.6))
