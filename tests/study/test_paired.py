"""Means over draws and test images: intervals against known laws, pairing, refusals."""

import numpy as np
import pytest

from widesym.study.paired import difference, mean


def test_one_draw_has_the_binomial_interval():
    correct = np.random.default_rng(1).random((1, 1000)) < 0.3
    value, (low, high) = mean(correct)
    deviation = np.sqrt(value * (1 - value) / 1000)
    assert value == correct.mean()
    np.testing.assert_allclose([low, high], [value - 1.96 * deviation, value + 1.96 * deviation], atol=0.003)


def test_draws_that_differ_widen_the_interval():
    rng = np.random.default_rng(2)
    levels = np.array([0.2, 0.4, 0.6, 0.8])
    apart = rng.random((4, 500)) < levels[:, None]
    alike = rng.random((4, 500)) < 0.5
    widths = [np.diff(mean(values)[1])[0] for values in (apart, alike)]
    # the standard deviation of a mean of 4 draws from these levels is 0.11, of 2000 coins 0.011
    assert 0.3 < widths[0] < 0.5
    assert 0.03 < widths[1] < 0.08


def test_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(200):
        levels = 0.5 + 0.1 * rng.normal(size=8)
        low, high = mean(rng.random((8, 60)) < levels[:, None])[1]
        hits += low <= 0.5 <= high
    assert 175 <= hits <= 200


def test_differences_are_paired_image_by_image():
    first = np.random.default_rng(4).random((3, 400)) < 0.5
    assert difference(first, first) == (0.0, (0.0, 0.0))
    second = first.copy()
    second[:, :20] = ~second[:, :20]
    value, (low, high) = difference(first, second)
    assert value == pytest.approx(first.mean() - second.mean())
    assert high - low < 0.06  # unpaired it would be 0.11
    # the draws that both have, from the first on
    assert difference(first, second[:1]) == difference(first[:1], second[:1])


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros((0, 4)), np.zeros((2, 0))])
def test_other_shapes_are_refused(values):
    with pytest.raises(ValueError, match="draws, test images"):
        mean(values)


def test_other_images_are_refused():
    with pytest.raises(ValueError, match="the same images"):
        difference(np.zeros((2, 3)), np.zeros((2, 4)))
