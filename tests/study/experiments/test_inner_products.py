"""B-S4's experiment: Gram matrices of its images, what is visible by brute force, slopes of the slow way."""

import numpy as np
import pytest

from widesym.kernels.readout import Kernels
from widesym.oracles.kernels import slow_kernels
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.inner_products import (
    ISOMETRIES,
    MAPPED,
    MODELS,
    SAME_SITE,
    InnerProducts,
    _pictures,
    architecture,
    embedded,
    moved,
    probes,
    run_shard,
    shards,
    visible,
)

EXPERIMENT = get("synergy.inner-products")
TINY = InnerProducts(height=4, width=6, images=2, depths=(2,), activations=("relu",), side=4, depth=2)
KERNELS = Kernels._fields


@pytest.fixture(scope="module")
def tiny():
    return EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})


def gram(x, other):
    """Inner products of all pixels over the number of channels, (d, d)."""
    return x.reshape(-1, x.shape[-1]) @ other.reshape(-1, other.shape[-1]).T / x.shape[-1]


def test_isometries_keep_the_inner_products_that_they_say():
    x = np.concatenate(_pictures(TINY))
    for which in ISOMETRIES:
        images = embedded(TINY, x, which)
        assert images.shape == (4, 4, 6, 5)
        for a in range(4):
            for b in range(4):
                before, after = gram(x[a], x[b]), gram(images[a], images[b])
                np.testing.assert_allclose(np.diag(after), np.diag(before), atol=1e-14)
                if which == "shared":
                    np.testing.assert_allclose(after, before, atol=1e-14)
                else:
                    assert np.abs(after - before).max() > 0.1


def test_a_probe_moves_one_inner_product():
    x, other = probes(TINY)
    still, norms = 35 * gram(x, other) / 3, np.diag(gram(other, other))
    for site in (0, 5, 15):
        for p, image in enumerate(moved(TINY, other, site, 1e-2)):
            expected = still.copy()
            expected[p, site] += 1e-2
            np.testing.assert_allclose(35 * gram(x, image) / 3, expected, atol=1e-14)
            np.testing.assert_allclose(np.diag(gram(image, image)), norms, atol=1e-14)


@pytest.mark.parametrize("model", MAPPED)
@pytest.mark.parametrize("depth", [1, 2])
def test_visible_pairs_by_going_back_through_the_layers(model, depth):
    config = InnerProducts(side=8, window=4, height=4, width=4, depth=depth)
    network = architecture(config, model, depth)
    seen = np.zeros((8, 8, 8, 8), bool)
    tall, wide = network.pooling(8, 8)
    for a, b, c, d in np.ndindex(8, 8, 8, 8):
        seen[a, b, c, d] = a // tall == c // tall and b // wide == d // wide
    if model != "FCN" and network.kernel_size == 3:
        for _ in range(depth):
            near = [np.roll(seen, (i, j, i, j), (0, 1, 2, 3)) for i in (-1, 0, 1) for j in (-1, 0, 1)]
            seen = np.any(near, axis=0)
    np.testing.assert_array_equal(visible(config, model), seen.reshape(64, 64))


def test_slopes_are_those_of_the_slow_recursion(tiny):
    x, other = probes(TINY)
    scale = np.sqrt(x.shape[-1] / 3)
    for m, model in enumerate(MAPPED):
        for p, site in ((5, 5), (5, 6), (3, 0), (10, 0)):
            values = [
                slow_kernels(
                    architecture(TINY, model, 2), scale * x, scale * moved(TINY, other, site, step)[p]
                )
                for step in (1e-4, -1e-4)
            ]
            expected = (np.array(values[0]) - np.array(values[1])) / 2e-4
            np.testing.assert_allclose(tiny["maps"][m, :, p, site], expected, rtol=1e-4, atol=1e-9)


def test_what_is_seen_has_a_slope_and_nothing_else(tiny):
    for slopes, seen in zip(tiny["maps"], tiny["seen"], strict=True):
        assert np.abs(slopes[:, ~seen]).max(initial=0) < 1e-10 and np.abs(slopes[:, seen]).min() > 1e-6
    assert [int(seen.sum()) for seen in tiny["seen"]] == [16, 16, 64, 144, 256]


def test_twins_and_isometries(tiny):
    assert tiny["twins"].shape == (2, 1, 1, 2) and tiny["twins"].max() < 1e-12
    assert tiny["pooled"].shape == (1, 2) and tiny["pooled"].min() > 0.1
    own, shared = tiny["isometry"]
    assert shared.max() < 1e-12 and tiny["isometry"].shape == (2, 5, 1, 1, 2)
    for m, model in enumerate(MODELS):
        assert own[m].max() < 1e-12 if model in SAME_SITE else own[m].min() > 0.1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"side": 5}, "side=5 must be at least 3 and a multiple of the window 2"),
        ({"window": 1}, "which must be at least 2"),
        ({"channels": 2}, "isometries start from R"),
        ({"depths": ()}, "depths must be distinct and at least one"),
        ({"depth": 0}, "images and depth must be at least 1"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
