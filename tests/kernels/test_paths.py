"""The path of a machine: what computes, and that its tiles are kept apart."""

import jax
import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.kernels import fused, pairs, paths, tiles
from widesym.kernels.images import prepare
from widesym.kernels.readout import Kernels

GAP = Architecture("GAP", 2)


@pytest.fixture
def images():
    return prepare(GAP, np.random.default_rng(0).standard_normal((3, 4, 4, 3)))


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")


def test_a_cpu_takes_the_path_of_pairs(images):
    assert paths.path() is pairs
    for found, expected in zip(paths.kernels_of(images), pairs.kernels_of(images), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_gpu_takes_the_fused_path(images, gpu, monkeypatch):
    calls = []
    monkeypatch.setattr(
        fused, "kernels", lambda one, other: calls.append(other) or Kernels(*np.ones((2, 3, 3)))
    )
    assert paths.path() is fused
    assert paths.kernels_of(images).ntk.sum() == 9 and calls == [None]


def test_kernels_out_of_range_are_refused_on_a_gpu_too(images, gpu, monkeypatch):
    monkeypatch.setattr(fused, "kernels", lambda one, other: Kernels(*np.full((2, 3, 3), np.inf)))
    with pytest.raises(FloatingPointError, match="leave the range"):
        paths.kernels_of(images)


def test_tiles_of_a_gpu_are_others(monkeypatch):
    here = tiles.description(GAP, 4, 4, "float32")
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    there = tiles.description(GAP, 4, 4, "float32")
    assert here["code"] != there["code"]
    assert {**here, "code": ""} == {**there, "code": ""}
