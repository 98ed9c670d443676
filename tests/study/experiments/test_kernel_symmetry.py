"""B-S3's experiment: its transformations as matrices, deviations by hand, the slow recursion, refusals."""

import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.groups.images import KINDS
from widesym.kernels.readout import Kernels
from widesym.oracles.kernels import slow_kernels
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.kernel_symmetry import (
    INVARIANT,
    MODELS,
    STEPS,
    TRANSFORMATIONS,
    KernelSymmetry,
    architecture,
    deviation,
    pictures,
    run_shard,
    shards,
    transform,
)

EXPERIMENT = get("synergy.kernel-symmetry")
TINY = KernelSymmetry(sizes=((4, 6),), depths=(2,), activations=("relu",), images=2, draws=1)
PIXELS = 24


def matrix(name):
    """The matrix of a transformation, blocks of three colours, (pixel, colour, pixel, colour)."""
    units = np.eye(3 * PIXELS).reshape(-1, 4, 6, 3)
    moved = transform(TINY, name, (4, 6), 0)(units).reshape(3 * PIXELS, -1).T
    np.testing.assert_allclose(moved @ moved.T, np.eye(3 * PIXELS), atol=1e-14)
    return moved.reshape(PIXELS, 3, PIXELS, 3)


def blocks_of(name):
    """The 3 x 3 block of each pixel, with nothing between pixels."""
    moved = matrix(name)
    blocks = np.einsum("pipj->pij", moved).copy()
    np.einsum("pipj->pij", moved)[:] = 0
    assert not moved.any()
    return blocks.reshape(4, 6, 3, 3)


def test_a_rotation_for_each_window():
    blocks = blocks_of("windows")
    windows = blocks.reshape(2, 2, 3, 2, 3, 3).transpose(0, 2, 1, 3, 4, 5).reshape(6, 4, 3, 3)
    np.testing.assert_array_equal(windows, windows[:, :1].repeat(4, axis=1))
    apart = np.abs(windows[:, None, 0] - windows[None, :, 0]).max(axis=(2, 3)) + np.eye(6)
    assert apart.min() > 1e-3


def test_one_pixel_is_one_block():
    changed = np.abs(blocks_of("one pixel") - np.eye(3)).max(axis=(2, 3)) > 1e-3
    assert np.count_nonzero(changed) == 1


@pytest.mark.parametrize("draw", range(5))
def test_one_exchange_is_of_two_red_numbers(draw):
    x = np.arange(72.0).reshape(1, 4, 6, 3)
    moved = transform(TINY, "one exchange", (4, 6), draw)(x)
    pixels = np.argwhere(moved != x)
    assert len(pixels) == 2 and (pixels[:, 3] == 0).all()
    (a, b) = pixels
    assert moved[tuple(a)] == x[tuple(b)] and moved[tuple(b)] == x[tuple(a)]
    assert a[1] != b[1] and a[2] != b[2]


def test_images_are_left_as_they_were():
    x = pictures(TINY, (4, 6))[0]
    before = x.copy()
    for name in TRANSFORMATIONS:
        assert transform(TINY, name, (4, 6), 0)(x).shape == x.shape
    np.testing.assert_array_equal(x, before)


def test_deviations_by_hand():
    still = Kernels(np.array([[1.0, -4.0]]), np.array([[2.0, 1.0]]))
    moved = Kernels(np.array([[2.0, -4.0]]), np.array([[2.0, 1.5]]))
    np.testing.assert_array_equal(deviation(moved, still), [0.25, 0.25])


def test_names_and_networks():
    assert (*KINDS, *STEPS) == TRANSFORMATIONS and set(INVARIANT) == set(MODELS)
    assert architecture(TINY, "LAP", 3) == Architecture("LAP", 3, window=2)
    assert architecture(TINY, "LAP, 1×1 filters", 3) == Architecture("LAP", 3, window=2, kernel_size=1)
    assert architecture(TINY, "GAP", 1, "erf") == Architecture("GAP", 1, activation="erf")


def test_the_slow_recursion_has_the_same_table():
    """Kernels from all pairs of pixels, by definition, change where the table says so."""
    x, other = (images[0] for images in pictures(TINY, (4, 6)))
    for model in MODELS:
        network = architecture(TINY, model, 2)
        still = np.array(slow_kernels(network, x, other))
        for name in TRANSFORMATIONS:
            move = transform(TINY, name, (4, 6), 0)
            again = np.array(slow_kernels(network, *(move(z[None])[0] for z in (x, other))))
            change = np.abs(again / still - 1).max()
            assert change < 1e-12 if name in INVARIANT[model] else change > 1e-5, (model, name, change)


def test_a_run():
    parts = {shard: run_shard(TINY, shard) for shard in shards(TINY)}
    found = EXPERIMENT.gather(TINY, parts)
    assert found["deviation"].shape == (6, 8, 1, 1, 1, 2, 1) and found["oracle"].shape == (6, 5, 2, 1)
    for m, model in enumerate(MODELS):
        for t, name in enumerate(TRANSFORMATIONS):
            worst = found["deviation"][m, t].max()
            assert worst < 1e-12 if name in INVARIANT[model] else worst > 1e-5
            if name in KINDS:
                near = found["oracle"][m, t, :, 0]
                np.testing.assert_allclose(near, found["deviation"][m, t].ravel(), rtol=1e-9, atol=1e-13)


def test_sizes_keep_their_order():
    config = KernelSymmetry(sizes=((4, 4), (4, 8)), depths=(1,), activations=("relu",), images=1, draws=1)
    assert shards(config) == ("oracle", "4x8", "4x4")
    parts = {name: {"deviation": np.full((6, 8, 1, 1, 2, 1), float(len(name)))} for name in ("4x4", "4x8")}
    parts["4x8"]["deviation"] += 1
    found = EXPERIMENT.gather(config, {"oracle": {"oracle": np.zeros(1)}, **parts})
    np.testing.assert_array_equal(found["deviation"][0, 0, :, 0, 0, 0, 0], [3, 4])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": ((4, 5),)}, "windows of 2 must be at least 2 and tile images of 4 x 5"),
        ({"sizes": ((2, 2),)}, "one window of 2: LAP would be GAP"),
        ({"depths": (2, 2)}, "depths must be distinct"),
        ({"activations": ()}, "activations must be distinct and at least one"),
        ({"draws": 0}, "draws must be at least 1"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
