"""Power laws of means: exact on exact data, with intervals that cover; what cannot be fitted is refused."""

import numpy as np
import pytest

from widesym.study.powers import bootstrap_of_means, mean_with_interval, power, ratio, spelled


def test_an_exact_power_is_found_without_uncertainty():
    sizes = [10, 40, 160]
    value, interval = power(sizes, [np.full(5, 3.0 * N**-1.5) for N in sizes])
    np.testing.assert_allclose([value, *interval], -1.5, rtol=1e-12)


def test_the_exponent_is_of_means_not_of_medians():
    skewed = [np.array([1.0, 1.0, 10.0]), np.array([1.0, 1.0, 1.0])]
    assert power([1, 2], skewed)[0] == pytest.approx(-2.0)


def test_intervals_cover_in_about_nineteen_of_twenty_cases():
    rng = np.random.default_rng(0)
    sizes = np.array([10, 100, 1000])
    covered = 0
    for _ in range(200):
        samples = [rng.gamma(2.0, size=40) / N for N in sizes]
        low, high = power(sizes, samples)[1]
        covered += low <= -1 <= high
    assert 178 <= covered <= 198  # 95 % less what a percentile bootstrap of 40 loses, within three sigma


def test_paired_ratios_know_that_noise_is_shared():
    noise = np.random.default_rng(1).gamma(2.0, size=50)
    value, paired = ratio(2 * noise, noise, paired=True)
    np.testing.assert_allclose([value, *paired], 2.0, rtol=1e-12)
    low, high = ratio(2 * noise, noise)[1]
    assert low < 1.8 and high > 2.2


def test_samples_are_resampled_one_after_the_other_by_one_generator():
    upper, lower = np.arange(1.0, 5.0), np.arange(2.0, 9.0) ** 2
    rng = np.random.default_rng(20240531)
    first = upper[rng.integers(4, size=(2000, 4))].mean(axis=1)
    second = lower[rng.integers(7, size=(2000, 7))].mean(axis=1)
    expected = tuple(np.quantile(first / second, [0.025, 0.975]))
    assert ratio(upper, lower)[1] == pytest.approx(expected, rel=1e-12)
    assert ratio(upper, lower) == ratio(upper, lower)  # what is kept between calls is not used up


def test_the_mean_has_an_interval_around_it():
    sample = np.random.default_rng(2).normal(3.0, 1.0, 100)
    value, (low, high) = mean_with_interval(sample)
    assert value == sample.mean() and 0.3 < high - low < 0.5 and low < value < high
    low, high = mean_with_interval([0.0] * 9 + [10.0])[1]
    assert low == 0 and 2 <= high <= 4  # the median's interval would not hold the mean, 1
    assert mean_with_interval([4.0]) == (4.0, (4.0, 4.0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: power([1.0], [np.ones(3)]), "at least two sizes"),
        (lambda: power([1.0, 2.0], [np.ones(3), np.zeros(3)]), "positive"),
        (lambda: power([0.0, 2.0], [np.ones(3), np.ones(3)]), "positive"),
        (lambda: mean_with_interval([]), "non-empty"),
        (lambda: mean_with_interval([[1.0]]), "one-dimensional"),
        (lambda: ratio(np.ones(3), np.ones(4), paired=True), "equally long"),
        (lambda: bootstrap_of_means([], lambda means: means[..., 0]), "non-empty"),
    ],
)
def test_what_cannot_be_fitted_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_estimates_are_spelled_with_true_minus_signs():
    assert spelled((-1.234, (-1.5, 0.004))) == "−1.23 (−1.50 to 0.00)"
    assert spelled((12.3, (11.0, 14.0)), digits=0) == "12 (11 to 14)"
