"""Accuracies and paired differences of a made-up result on resolution."""

import numpy as np
import pytest

from widesym.study.experiments.resolution import CELLS, Resolution
from widesym.study.findings.resolution import accuracy, difference
from widesym.study.store import Stored


def test_numbers_are_those_of_the_cell():
    config = Resolution(test=100, draws=(2, 1))
    arrays = {}
    for side, draws in zip(config.sides, config.draws, strict=True):
        levels = side + 10 * np.arange(len(CELLS))[:, None] + np.arange(3)  # (cell, size)
        right = np.arange(100) < levels[..., None]
        arrays[f"correct_{side}"] = np.broadcast_to(right[:, None], (len(CELLS), draws, 3, 100))
    stored = Stored(arrays, {}, config)
    value, (low, high) = accuracy(stored, 16, ("GAP", "identity"), 0)
    assert value == pytest.approx(36) and low < 36 < high
    assert accuracy(stored, 8, ("FCN", "identity"))[0] == pytest.approx(10)  # the last size
    value, (low, high) = difference(stored, 8, ("GAP", "pixelwise"), ("VEC", "identity"))
    assert value == pytest.approx(20) and 10 < low < 20 < high < 30
