"""The fused kernel in interpret mode against float64, its parts by themselves, its lowering for CUDA."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.kernels import batched, fused
from widesym.kernels.images import prepare
from widesym.kernels.offsets import offsets
from widesym.kernels.pairs import pair_kernels

CASES = [
    ("GAP", 0, (4, 8)),  # 32 offsets: one tile holds them all
    ("GAP", 0, (8, 16)),  # 128 offsets, 8 a tile
    ("LAP", 2, (8, 4)),
    ("LAP", 4, (8, 8)),
    ("VEC", 0, (16, 4)),  # one offset: most of the tile counts for nothing
    ("LCN", 0, (32, 32)),
]


@pytest.mark.parametrize(("kind", "window", "size"), CASES)
def test_kernels_are_those_of_pairs(kind, window, size, draw):
    architecture = Architecture(kind, 3, window=window)
    x1, x2 = 1 + draw(0, 3, *size, 3), 1 + draw(1, 2, *size, 3)
    x2[0] = x1[1]  # where the angle is 0
    expected = pair_kernels(architecture, x1, x2, precision="float64")
    one, two = (prepare(architecture, x, "float32") for x in (x1, x2))
    assert fused.can(one)
    found = fused.kernels(one, two, interpret=True)
    for kernel, other in zip(found, expected, strict=True):
        assert kernel.dtype == np.float32
        assert np.abs(kernel - other).max() < 2e-6 * np.abs(other).max()


def test_blocks_and_symmetry(draw):
    architecture = Architecture("GAP", 1)
    images = prepare(architecture, draw(0, 3, 4, 4, 1), "float32")
    expected = fused.kernels(images, images, interpret=True)
    found = fused.kernels(images, None, block=2, interpret=True)
    for kernel, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(kernel, kernel.T)
        np.testing.assert_allclose(kernel, other, rtol=1e-6)
    with pytest.raises(ValueError, match="block=0 must be at least 1"):
        fused.kernels(images, None, block=0)


@pytest.mark.parametrize(
    ("change", "size", "precision"),
    [
        ({"activation": "erf"}, (4, 4), "float32"),
        ({"kernel_size": 5}, (4, 4), "float32"),
        ({}, (4, 4), "float64"),
        ({}, (4, 6), "float32"),
        ({}, (2, 4), "float32"),
        ({}, (64, 4), "float32"),
    ],
)
def test_the_rest_takes_the_batched_path(change, size, precision, draw, monkeypatch):
    architecture = Architecture("VEC", 1, **change)
    images = prepare(architecture, draw(0, 2, *size, 1), precision)
    assert not fused.can(images)
    monkeypatch.setattr(fused, "_pooled", None)
    for found, expected in zip(fused.kernels(images, None), batched.kernels(images, None), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("kind", "window", "size"), CASES)
def test_the_tiles_hold_every_offset_and_count_every_pair_once(kind, window, size):
    architecture = Architecture(kind, 1, window=window)
    layout = fused.plan(architecture, *size)
    row, column = (np.broadcast_to(a[None], layout.dy.shape) for a in (layout.row, layout.column))
    seen = np.zeros((*size, *size), int)
    to = (row + layout.dy) % size[0], (column + layout.dx) % size[1]
    np.add.at(seen, (row, column, *to), layout.counts.astype(int))
    places = offsets(architecture, *size)
    assert seen.max() == 1 and seen.sum() == places.pairs
    tall, wide = architecture.pooling(*size)
    h, w, i, j = np.nonzero(seen)
    assert ((h // tall == i // tall) & (w // wide == j // wide)).all()


@pytest.mark.parametrize("size", [4, 8, 16, 32])
def test_sums_over_neighbours_are_circular_in_every_image_of_a_tile(size):
    a = np.random.default_rng(size).standard_normal((32, 32)).astype(np.float32)
    matrix = jnp.asarray(fused._circulant(size), jnp.bfloat16)
    found = np.asarray(fused._sums(jnp.asarray(a), matrix, matrix))
    blocks = a.astype(np.float64).reshape(32 // size, size, 32 // size, size)
    rolls = [np.roll(np.roll(blocks, i, 1), j, 3) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    np.testing.assert_allclose(found, sum(rolls).reshape(32, 32), atol=3e-6)


def test_a_number_is_split_in_three_that_add_up_to_it():
    rng = np.random.default_rng(3)
    a = (rng.standard_normal(4000) * 10.0 ** rng.uniform(-6, 6, 4000)).astype(np.float32)
    parts = [np.asarray(part, np.float64) for part in fused.split(jnp.asarray(a))]
    assert all(part.dtype == jnp.bfloat16 for part in fused.split(jnp.asarray(a)))
    np.testing.assert_allclose(sum(parts), a, rtol=1e-7)
    assert np.abs(sum(parts[:2]) / a - 1).max() > 1e-6  # two would not do


def test_the_angle():
    t = np.linspace(0, 1, 20001)
    values = np.asarray(fused.arc_tangent(jnp.asarray(t)))
    np.testing.assert_allclose(values, np.arctan(t), rtol=1e-8, atol=1e-30)


def test_the_arc_cosine_kernel():
    from widesym.kernels.activations import covariances

    rng = np.random.default_rng(4)
    a, b = (jnp.asarray(rng.uniform(0.5, 2, 500)) for _ in range(2))
    k = a * b * jnp.asarray(np.concatenate([[1.0, -1.0, 0.0], rng.uniform(-1, 1, 497)]))
    delta = (a**2 + b**2) / 2 - k
    expected = covariances("relu", delta, a**2, b**2)
    for found, other in zip(fused.arc_cosine(delta, a, b), expected, strict=True):
        np.testing.assert_allclose(found, other, atol=1e-7)


@pytest.mark.parametrize("size", [8, 32])
def test_it_lowers_for_cuda_without_a_gpu(size):
    architecture = Architecture("GAP", 8)
    pixels = jax.ShapeDtypeStruct((4, 3, size, size), np.float32)
    deviations = jax.ShapeDtypeStruct((4, 8, size, size), np.float32)
    traced = fused._pooled.trace(architecture, 4, False, pixels, deviations, pixels, deviations)
    assert "xla.gpu.triton" in traced.lower(lowering_platforms=("cuda",)).as_text()
