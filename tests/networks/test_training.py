import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.data.synthetic import Family, draw
from widesym.networks import checkpoints
from widesym.networks.actions import draw_element
from widesym.networks.models import network
from widesym.networks.objective import Descent, loss, step
from widesym.networks.training import Images, Plan, train

SIDE, CLASSES = 4, 3
NET = network(Architecture("GAP", 1, widths=(8,)), SIDE, SIDE, 3, CLASSES)
FAMILY = Family(side=SIDE, classes=CLASSES, motif=2, copies=2, noise=0.3, seed=4)
DESCENT = Descent(1.0, 0.9)
one_step = jax.jit(step, static_argnums=(0, 5))
PLAN = Plan(steps=60, batch=8, look=6, enough=2.0)


def images(train=27, test=20, dtype="float64"):
    one, other = draw(FAMILY, train, 0), draw(FAMILY, test, 1)
    targets = [np.eye(CLASSES)[part.labels] - 1 / CLASSES for part in (one, other)]
    return Images(*(np.asarray(a, dtype) for a in (one.images, targets[0], other.images, targets[1])))


IMAGES = images()


def starts(key, count, dtype="float64"):
    return jax.vmap(lambda k: NET.init(k, dtype))(jax.random.split(key, count))


def one_of(tree, run):
    return jax.tree.map(lambda a: a[run], tree)


def test_training_is_a_loop_over_epochs_and_batches(key):
    many, keys, rates = starts(key, 2), jax.random.split(key, 2), [0.4, 1.0]
    found = train(NET, many, IMAGES, DESCENT, PLAN, keys=keys, rates=rates)
    # three batches of 8 in 27 images; looks every two epochs
    assert found.steps.tolist() == list(range(0, 61, 6))
    for run in (0, 1):
        descent = dataclasses.replace(DESCENT, rate=rates[run])
        theta = one_of(many, run)
        memory = descent.memory.init(theta)
        for epoch in range(20):
            order = jax.random.permutation(jax.random.fold_in(keys[run], epoch), 27)
            for batch in np.asarray(order)[:24].reshape(3, 8):
                theta, memory, _ = one_step(
                    NET, theta, memory, IMAGES.train[batch], IMAGES.train_targets[batch], descent
                )
            if epoch == 1:
                assert found.loss[run, 1] == pytest.approx(float(loss(NET, theta, *IMAGES[:2], descent)))
                outputs = np.asarray(NET.apply(theta, IMAGES.train))
                right = outputs.argmax(1) == IMAGES.train_targets.argmax(1)
                assert found.train_accuracy[run, 1] == right.mean()
        outputs = np.asarray(NET.apply(theta, IMAGES.test))
        np.testing.assert_allclose(found.predictions[run], outputs, rtol=0, atol=1e-9)
        right = outputs.argmax(1) == IMAGES.test_targets.argmax(1)
        assert found.final[run] == found.test_accuracy[run, -1] == right.mean()
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-9),
            one_of(found.parameters, run),
            theta,
        )
    assert found.outcome.tolist() == ["stopped", "stopped"]
    assert np.all(found.best >= found.final) and np.all(found.loss[:, -1] < 0.3 * found.loss[:, 0])


def test_together_and_in_turn_are_one_computation(key):
    many, keys = starts(key, 3), jax.random.split(key, 3)
    several = [draw_element("orthogonal", "pixelwise", SIDE, SIDE, s) for s in range(3)]
    elements = jax.tree.map(lambda *m: jnp.stack(m), *several)
    one, other = (
        train(
            NET,
            many,
            IMAGES,
            DESCENT,
            dataclasses.replace(PLAN, together=together),
            keys=keys,
            elements=elements,
        )
        for together in (False, True)
    )
    np.testing.assert_allclose(one.predictions, other.predictions, rtol=0, atol=1e-8)
    # the transformation is that of the images, training and test
    turned = IMAGES._replace(train=several[1](IMAGES.train), test=several[1](IMAGES.test))
    alone = train(NET, jax.tree.map(lambda a: a[1:2], many), turned, DESCENT, PLAN, keys=keys[1:2])
    np.testing.assert_allclose(one.predictions[1], alone.predictions[0], rtol=0, atol=1e-8)
    np.testing.assert_array_equal(one.test_accuracy[1], alone.test_accuracy[0])


def test_runs_end_when_all_is_fitted_and_others_go_on(key):
    many, keys = starts(key, 4), jax.random.split(key, 4)
    plan = dataclasses.replace(PLAN, enough=1.0, look=1)
    rates = [1.0, 1e-5, 1.0, 1.0]  # the second one hardly moves
    reports = []
    found = train(
        NET, many, IMAGES, DESCENT, plan, keys=keys, rates=rates, report=lambda *r: reports.append(r)
    )
    assert found.outcome.tolist() == ["fitted", "stopped", "fitted", "fitted"]
    assert reports[0] == (3, 4) and reports[-1] == (60, 0) and min(r[1] for r in reports[:-1]) == 1
    for run in (0, 2, 3):
        assert found.train_accuracy[run, found.last[run]] == 1.0
        assert np.all(found.train_accuracy[run, : found.last[run]] < 1.0)
        assert np.all(np.isnan(found.loss[run, found.last[run] + 1 :]))
    assert found.succeeded().tolist() == [True, False, True, True]
    # a run that has ended keeps what it had then: the same run by itself
    alone = train(
        NET, jax.tree.map(lambda a: a[:1], many), IMAGES, DESCENT, plan, keys=keys[:1], rates=rates[:1]
    )
    np.testing.assert_allclose(found.predictions[0], alone.predictions[0], rtol=0, atol=1e-9)
    assert len(alone.steps) == found.last[0] + 1


def test_divergence_is_an_outcome(key):
    many, keys = starts(key, 2), jax.random.split(key, 2)
    found = train(NET, many, IMAGES, DESCENT, PLAN, keys=keys, rates=[1e6, 0.5])
    assert found.outcome.tolist() == ["diverged", "stopped"]
    assert np.isnan(found.test_accuracy[0, -1]) and np.isfinite(found.final).all()
    assert np.isfinite(found.best).all() and not np.isfinite(found.predictions[0]).all()
    assert not found.succeeded(0.0)[0] and found.succeeded(0.0)[1]


def test_a_training_that_was_cut_off_goes_on_to_the_same_numbers(key, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    descent = Descent(0.02, optimiser="adam")  # which remembers more than momentum
    many, keys = starts(key, 3, "float32"), jax.random.split(key, 3)
    pictures, plan = images(dtype="float32"), dataclasses.replace(PLAN, enough=1.0)
    rates = [1e-6, 0.5 * descent.rate, descent.rate]
    whole = train(NET, many, pictures, descent, plan, keys=keys, rates=rates)

    def stop(steps, running):
        if steps >= 36:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(NET, many, pictures, descent, plan, keys=keys, rates=rates, folder=tmp_path, report=stop)
    written = sorted(path.name for path in tmp_path.glob("training-*.json"))
    assert len(written) == 2
    (tmp_path / written[1]).with_suffix(".npz").write_bytes(b"cut short")  # the other one is whole
    seen = []
    again = train(
        NET, many, pictures, descent, plan, keys=keys, rates=rates, folder=tmp_path,
        report=lambda steps, running: seen.append(steps),
    )  # fmt: skip
    assert 30 < seen[0] <= 42
    for name in ("steps", "loss", "test_accuracy", "outcome", "predictions"):
        np.testing.assert_array_equal(getattr(again, name), getattr(whole, name))
    jax.tree.map(np.testing.assert_array_equal, again.parameters, whole.parameters)
    assert not list(tmp_path.glob("training-*"))


def test_checkpoints_belong_to_one_training(key, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    monkeypatch.setattr(checkpoints.Checkpoints, "clear", lambda self: None)
    many, keys = starts(key, 1), jax.random.split(key, 1)
    plan = Plan(steps=9, batch=8, look=3, enough=2.0)
    train(NET, many, IMAGES, DESCENT, plan, keys=keys, folder=tmp_path)
    for changed in ({"penalty": 0.1}, {"mass": 0.5}):
        seen = []
        train(
            NET, many, IMAGES, dataclasses.replace(DESCENT, **changed), plan, keys=keys, folder=tmp_path,
            report=lambda steps, running, seen=seen: seen.append(steps),
        )  # fmt: skip
        assert seen[0] == 3
    other = IMAGES._replace(train=IMAGES.train + 1e-9)
    seen = []
    train(NET, many, other, DESCENT, plan, keys=keys, folder=tmp_path, report=lambda s, r: seen.append(s))
    assert seen[0] == 3


def test_what_does_not_fit_is_refused(key):
    many, keys = starts(key, 2), jax.random.split(key, 2)
    with pytest.raises(ValueError, match="2 runs need as many keys and rates"):
        train(NET, many, IMAGES, DESCENT, PLAN, keys=keys[:1])
    with pytest.raises(ValueError, match="must be positive: they are step sizes"):
        train(NET, many, IMAGES, DESCENT, PLAN, keys=keys, rates=[1.0, 0.0])
    with pytest.raises(ValueError, match="fewer than one batch"):
        train(NET, many, IMAGES, DESCENT, Plan(batch=40), keys=keys)
    with pytest.raises(ValueError, match="need targets of shape"):
        train(NET, many, IMAGES._replace(test_targets=np.zeros((20, 2))), DESCENT, PLAN, keys=keys)
    with pytest.raises(ValueError, match="look=0 must be at least 1"):
        Plan(look=0)
    with pytest.raises(ValueError, match="enough=0.0 must be positive"):
        Plan(enough=0.0)
