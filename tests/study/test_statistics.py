"""Statistics: known slopes and medians, intervals that cover as often as they say, refusals."""

import numpy as np
import pytest

from widesym.study.statistics import bootstrap_interval, decades_fallen, log_slope, median_with_interval

SIZES = (10, 100, 1000)


def noisy_power(rng, slope, repetitions=10, spread=0.3):
    return [N**slope * np.exp(spread * rng.standard_normal(repetitions)) for N in SIZES]


def test_an_exact_power_law_has_its_slope_and_no_width():
    slope, interval = log_slope(SIZES, [np.full(4, N**-1.5) for N in SIZES])
    assert slope == pytest.approx(-1.5, abs=1e-12)
    assert interval == (pytest.approx(-1.5, abs=1e-12), pytest.approx(-1.5, abs=1e-12))


def test_intervals_cover_the_true_slope_about_as_often_as_they_say():
    # 95 % nominal; percentile bootstraps of medians of 10 are somewhat off, 100 trials have a standard
    # error of 2 %: below 80 covered has probability under 1e-8 if the coverage is 95 %
    covered = 0
    for trial in range(100):
        _, (low, high) = log_slope(SIZES, noisy_power(np.random.default_rng(trial), -1.0))
        covered += low <= -1.0 <= high
    assert 80 <= covered <= 100


def test_decades_fallen():
    value, (low, high) = decades_fallen([1e-1, 1e-1, 1e-1], [1e-4, 1e-5, 1e-6])
    assert value == pytest.approx(4.0)
    assert low == pytest.approx(3.0) and high == pytest.approx(5.0)


def test_sizes_are_resampled_independently():
    # the same draws at both sizes: resampled in pairs, the fall would seem known exactly
    sample = np.exp(np.random.default_rng(0).standard_normal(10))
    value, (low, high) = decades_fallen(sample, sample / 10)
    assert value == pytest.approx(1.0)
    assert low < 0.9 and high > 1.1


def test_the_same_data_give_the_same_interval():
    sample = np.random.default_rng(0).standard_normal(20)
    assert median_with_interval(sample) == median_with_interval(sample)
    value, (low, high) = median_with_interval(sample)
    assert low < value < high


def test_one_repetition_has_no_interval():
    assert median_with_interval([3.0]) == (3.0, (3.0, 3.0))


def test_bad_samples_are_refused():
    with pytest.raises(ValueError, match="non-empty and one-dimensional"):
        bootstrap_interval([np.zeros((2, 2))], np.median)
    with pytest.raises(ValueError, match="non-empty"):
        median_with_interval([])
    with pytest.raises(ValueError, match="at least two sizes"):
        log_slope([5], [np.ones(3)])
    with pytest.raises(ValueError, match="positive"):
        log_slope([5, 6], [np.ones(3), np.zeros(3)])


def test_all_resamples_at_once_are_those_of_a_loop():
    samples = noisy_power(np.random.default_rng(2), -0.7)
    rng = np.random.default_rng(20240519)
    chosen = [rng.integers(len(sample), size=(2000, len(sample))) for sample in samples]
    slopes = []
    for places in zip(*chosen, strict=True):
        medians = [np.median(sample[place]) for sample, place in zip(samples, places, strict=True)]
        slopes.append(np.polyfit(np.log(SIZES), np.log(medians), 1)[0])
    _, interval = log_slope(SIZES, samples)
    assert interval == pytest.approx(np.quantile(slopes, [0.025, 0.975]), rel=1e-12)
