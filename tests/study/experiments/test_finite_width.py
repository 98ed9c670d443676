"""B-S5's experiment: kernels of one hidden layer by hand, shapes, transformations, exact checks, refusals."""

import dataclasses

import jax
import numpy as np
import pytest

from widesym.groups.images import transformation
from widesym.kernels.pairs import pair_kernels
from widesym.networks.empirical import ntk
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.finite_width import (
    FiniteWidth,
    finite,
    halves,
    pairs,
    pictures,
    run_shard,
    shards,
    transformations,
    turned,
)
from widesym.study.image_tasks import stream

EXPERIMENT = get("synergy.finite-width")
TINY = FiniteWidth(
    side=4, models=("FCN", "GAP"), widths=((3, 5), (4,)), depths=((1,), (1, 2)), draws=(4, 3), elements=1
)


@pytest.fixture(scope="module")
def tiny():
    return EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})


def test_kernels_of_one_hidden_layer_by_hand(tiny):
    """FCN, three units: both kernels of every draw from its weights, in NumPy."""
    net = finite(TINY, "FCN", 1, 3)
    base = jax.random.fold_in(jax.random.fold_in(jax.random.key(TINY.seed), 0), 1000)
    x = pictures(TINY).reshape(3, -1)
    first, second = pairs(TINY)
    for draw, key in enumerate(jax.random.split(jax.random.fold_in(base, 3), 4)):
        theta = jax.tree.map(lambda a: np.asarray(a, float), net.init(key))
        hidden, last = theta["hidden_1"], theta["readout"]
        z = (2 / 48) ** 0.5 * x @ hidden["weight"][0, 0] + 0.1 * hidden["bias"]
        a, slope = np.maximum(z, 0), (z > 0).astype(float)
        nngp = 2 / 3 * a @ a.T + 0.01
        through = 2 / 3 * (slope * last["weight"][0, 0, :, 0] ** 2) @ slope.T
        ntk = nngp + through * (2 / 48 * x @ x.T + 0.01)
        found = tiny["kernels_FCN_1_3"][draw, 0]
        np.testing.assert_allclose(found[0], nngp[first, second], rtol=2e-5)
        np.testing.assert_allclose(found[1], ntk[first, second], rtol=2e-5)


def test_shapes_and_limits(tiny):
    assert tiny["kernels_FCN_1_5"].shape == (4, 1, 2, 6) and tiny["kernels_FCN_1_5"].dtype == np.float32
    assert tiny["kernels_GAP_1_4"].shape == (3, 1, 2, 6) and tiny["kernels_GAP_2_4"].shape == (3, 2, 2, 6)
    architecture = finite(TINY, "GAP", 2, 4).architecture
    turn = transformation("pixelwise", 4, 4, stream(TINY.seed, 0))
    expected = pair_kernels(architecture, turn(pictures(TINY)), precision="float64")
    np.testing.assert_allclose(tiny["limit_GAP_2"][1, 1], expected.ntk[pairs(TINY)], rtol=1e-12)
    assert np.abs(tiny["limit_GAP_2"][1] / tiny["limit_GAP_2"][0] - 1).max() > 1e-3


def test_transformations_of_one_draw():
    """VEC: images as they are and under each group, seen by the same weights."""
    config = FiniteWidth(side=4, models=("VEC",), widths=((4,),), depths=((1,),), draws=(3,))
    assert transformations(config, "VEC", 1) == ("identity", "colour", "pixelwise", "rotation")
    found = run_shard(config, "VEC:1")
    net = finite(config, "VEC", 1, 4)
    base = jax.random.fold_in(jax.random.fold_in(jax.random.key(config.seed), 0), 1000)
    theta = net.init(jax.random.split(jax.random.fold_in(base, 4), 3)[2])
    for place, kind in enumerate(("colour", "pixelwise", "rotation"), start=1):
        images = transformation(kind, 4, 4, stream(config.seed, 0))(pictures(config)).astype("float32")
        expected = np.asarray(ntk(net, theta, images, images))[pairs(config)]
        np.testing.assert_allclose(found["kernels_4"][2, place, 1], expected, rtol=2e-4)
    # the infinite network does not see the first two
    np.testing.assert_allclose(found["limit"][1:3], found["limit"][[0, 0]], rtol=1e-12)
    assert np.abs(found["limit"][3] / found["limit"][0] - 1).max() > 1e-3


def test_draws_are_of_their_own(tiny):
    for name in ("kernels_FCN_1_3", "kernels_FCN_1_5", "kernels_GAP_2_4"):
        assert len(np.unique(tiny[name][:, 0, 0, 0])) == len(tiny[name])
    again = run_shard(dataclasses.replace(TINY, seed=1), "FCN:1")["kernels_3"]
    assert (again != tiny["kernels_FCN_1_3"]).all()


def test_exact_checks(tiny):
    assert tiny["exact"].shape == tiny["unmoved"].shape == tiny["beyond"].shape == (2, 2, 1)
    assert tiny["exact"].max() < 1e-12 and tiny["unmoved"].min() > 1e-3
    # weights of FCN absorb a stretched image; its tangent kernel sees that lengths have changed
    assert tiny["beyond"][0, 0] < 1e-12 and tiny["beyond"][0, 1] > 1e-3 and tiny["beyond"][1].min() > 1e-3


def test_images_agree_in_one_half_and_are_opposites_in_the_other():
    x = halves(dataclasses.replace(TINY, side=8, images=4)).reshape(4, 8, 2, 12)
    left, right = (np.corrcoef(x[:, :, half].reshape(4, -1)) for half in (0, 1))
    assert left[0, 1] > 0.3 and right[0, 1] < -0.3 and right[0, 2] > 0.3 and right[1, 3] > 0.3
    assert abs((x**2).mean() - 1) < 0.3


def test_transformed_images():
    stacks = turned(TINY, ("identity", "colour", "pixelwise"))
    assert stacks.shape == (3, 3, 4, 4, 3)
    np.testing.assert_array_equal(stacks[0], pictures(TINY))
    np.testing.assert_allclose((stacks[2] ** 2).sum(-1), (stacks[0] ** 2).sum(-1))


def test_photographs(root, photographs_checksum):
    config = configure(EXPERIMENT, "paper", checksum=photographs_checksum, side=4)
    assert pictures(config).shape == (3, 4, 4, 3) and pictures(config).dtype == np.float64


def test_the_dearest_come_first():
    names = shards(EXPERIMENT.profiles["default"])
    assert names[:3] == ("FCN:3", "exact", "VEC:2") and len(set(names)) == len(names) == 11


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": ("FCN", "FCN")}, "models must be distinct"),
        ({"models": ("CNN", "GAP")}, "unknown model 'CNN'"),
        ({"models": ("LAP3", "GAP")}, "do not tile"),
        ({"widths": ((8,),)}, "widths must have one entry for each"),
        ({"widths": ((8, 8), (4,))}, r"widths of a model must increase from 1 on, got \(8, 8\)"),
        ({"depths": ((), (1,))}, "depths of a model must increase"),
        ({"draws": (1, 5)}, "draws must be at least 2"),
        ({"images": 1}, "images must be at least 2"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"checksum": "ab"}, "halves images have no checksum"),
        ({"source": "television"}, "unknown source"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TINY, **change)
