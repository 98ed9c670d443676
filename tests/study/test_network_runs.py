"""Runs of finite networks on a task: against training by hand, starts without output, and their limits."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.data.synthetic import Family
from widesym.groups.images import transformation
from widesym.kernels.pairs import pair_kernels
from widesym.kernels.regression import one_hot
from widesym.networks.empirical import base_rate, ntk
from widesym.networks.objective import Descent
from widesym.networks.training import Plan, train
from widesym.study.image_tasks import ImageSource, architecture, task
from widesym.study.network_runs import (
    INFERENCES,
    arrays,
    finite,
    joined,
    limit,
    limit_runs,
    run_seeds,
    start_of,
    train_runs,
)

SIDE = 4
SOURCE = ImageSource("synthetic", "", SIDE, Family(side=SIDE, classes=3, motif=2, copies=1, noise=0.3))
TASK = task(SOURCE, 42, 30, 7, 0)
NET = finite("VEC", 1, 6, TASK)
PLAN = Plan(steps=12, batch=20, look=4, enough=2.0)
SEEDS = run_seeds(7, 0, 2)


def test_a_run_is_training_by_hand():
    moved = transformation("pixelwise", SIDE, SIDE, 5)
    found = train_runs(NET, TASK, "NN+", PLAN, SEEDS[:1], moved)
    start_key, order = jax.random.split(jax.random.key(SEEDS[0]))
    start = jax.tree.map(lambda a: a[None], NET.init(start_key))
    images = arrays(TASK)
    images = images._replace(train=jnp.asarray(moved(images.train)), test=jnp.asarray(moved(images.test)))
    rate = 8 * float(base_rate(NET, NET.init(start_key), images.train))  # fewer than 64: all of them
    by_hand = train(NET, start, images, Descent(rate, 0.9, 1e-7), PLAN, keys=order[None])
    # float32: images are rotated before or inside the program
    np.testing.assert_allclose(found.predictions, by_hand.predictions, rtol=0, atol=2e-4)
    np.testing.assert_array_equal(found.steps, by_hand.steps)
    np.testing.assert_allclose(found.loss, by_hand.loss, rtol=1e-3)


def test_runs_of_several_forms_are_each_by_itself():
    several = [transformation(kind, SIDE, SIDE, 5) for kind in ("colour", "pixelwise")]
    together = train_runs(NET, TASK, "NN", PLAN, SEEDS[:1] * 2, several)
    for run, each in enumerate(several):
        alone = train_runs(NET, TASK, "NN", PLAN, SEEDS[:1], each)
        np.testing.assert_allclose(together.predictions[run], alone.predictions[0], rtol=0, atol=2e-4)
    assert np.abs(together.predictions[0] - together.predictions[1]).max() > 1e-2


def test_in_turn_is_together():
    in_turn = train_runs(NET, TASK, "NN", PLAN, SEEDS)
    batch = train_runs(NET, TASK, "NN", dataclasses.replace(PLAN, together=True), SEEDS)
    np.testing.assert_allclose(in_turn.predictions, batch.predictions, rtol=0, atol=2e-4)
    np.testing.assert_array_equal(in_turn.steps, batch.steps)
    assert in_turn.parameters["readout"]["weight"].shape == batch.parameters["readout"]["weight"].shape


def test_runs_that_end_at_different_looks_are_joined():
    short = train_runs(NET, TASK, "NN", dataclasses.replace(PLAN, steps=4), SEEDS[:1])
    long = train_runs(NET, TASK, "NN", PLAN, SEEDS[1:])
    both = joined([short, long])
    assert both.steps.tolist() == [0, 4, 8, 12] and both.last.tolist() == [1, 3]
    assert np.isnan(both.loss[0, 2:]).all() and both.outcome.tolist() == ["stopped", "stopped"]
    np.testing.assert_array_equal(both.best, [short.best[0], long.best[0]])
    other = dataclasses.replace(short, steps=short.steps + 1)
    with pytest.raises(ValueError, match="train with one plan"):
        joined([short, other])
    with pytest.raises(ValueError, match="at least one"):
        joined([])


@pytest.mark.parametrize("model", ["FCN", "LCN", "GAP"])
def test_a_mirrored_start_has_no_output(model, key):
    net = finite(model, 2, 6, TASK)
    theta = start_of(net, key, "mirrored")
    assert jax.tree.map(jnp.shape, theta) == jax.tree.map(jnp.shape, net.init(key))
    outputs = np.asarray(net.apply(theta, jnp.asarray(TASK.test.images)))
    plain = np.asarray(net.apply(start_of(net, key), jnp.asarray(TASK.test.images)))
    assert np.abs(outputs).max() < 1e-5 and np.abs(plain).max() > 0.1  # float32


@pytest.mark.parametrize("start", ["plain", "mirrored"])
def test_both_starts_have_the_same_kernel_in_the_limit(start):
    net = finite("FCN", 2, 64, TASK)
    few = jnp.asarray(TASK.test.images[:3])
    keys = jax.random.split(jax.random.key(1), 400)
    found = jax.vmap(lambda key: ntk(net, start_of(net, key, start), few, few))(keys).mean(0)
    exact = pair_kernels(architecture("FCN", 2), np.asarray(few, np.float64)).ntk
    # 400 draws of 64 units: 2 to 3 %; without the roots of two the deeper layers would count half
    np.testing.assert_allclose(found, exact, rtol=0.1)


def test_one_run_at_infinite_width_by_linear_algebra():
    kernels = pair_kernels(
        architecture("VEC", 2), np.concatenate([TASK.train.images, TASK.test.images]).astype(np.float64)
    )
    k, m, seeds = kernels.ntk, 42, run_seeds(7, 0, 400)
    weights = k[m:, :m] @ np.linalg.inv(k[:m, :m])
    regression = limit("VEC", 2, TASK)
    np.testing.assert_allclose(regression, weights @ one_hot(TASK.train.labels, 3), atol=1e-3)
    found = limit_runs("VEC", 2, TASK, seeds)
    project = np.concatenate([-weights, np.eye(30)], axis=1)
    variance = np.diag(project @ kernels.nngp @ project.T)
    errors = found - regression
    # 400 draws of 3 outputs: the variance is known to 4 %, means to 3 % of a deviation
    np.testing.assert_allclose(errors.var((0, 2)), variance, rtol=0.2)
    assert np.abs(errors.mean((0, 2))).max() < 0.15 * np.sqrt(variance.max())


def test_the_limit_does_not_see_pixelwise_rotations():
    moved = transformation("pixelwise", SIDE, SIDE, 5)
    for model, same in (("VEC", True), ("GAP", False)):
        off = np.abs(limit(model, 2, TASK, moved) - limit(model, 2, TASK)).max()
        assert off < 1e-4 if same else off > 1e-2


def test_seeds_are_of_their_draw_and_run():
    seeds = {run_seeds(seed, draw, 3) for seed in (0, 1) for draw in (0, 1)}
    assert len({one for several in seeds for one in several}) == 12
    assert run_seeds(0, 0, 3)[:2] == run_seeds(0, 0, 2)


def test_inferences_are_the_papers():
    assert (INFERENCES["NN"].factor, INFERENCES["NN"].penalty) == (1, 0)
    assert (INFERENCES["NN+"].factor, INFERENCES["NN+"].penalty) == (8, 1e-7)
    assert all(each.mass == 0.9 for each in INFERENCES.values())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inference": "NTK"}, "unknown inference 'NTK'"),
        ({"seeds": ()}, "seeds is empty"),
        ({"transformations": []}, "2 runs need a transformation each, got 0"),
        ({"start": "zero"}, "unknown start 'zero'"),
        ({"net": finite("VEC", 2, 5, TASK), "start": "mirrored"}, "even widths"),
    ],
)
def test_what_is_no_run_is_refused(changes, message):
    options = {"net": NET, "task": TASK, "inference": "NN", "plan": PLAN, "seeds": SEEDS}
    with pytest.raises(ValueError, match=message):
        train_runs(**options | changes)


def test_another_parametrisation_is_not_mirrored(key):
    described = dataclasses.replace(NET.architecture, parametrisation="standard")
    with pytest.raises(ValueError, match="remedy: those, or start='plain'"):
        start_of(dataclasses.replace(NET, architecture=described), key, "mirrored")
