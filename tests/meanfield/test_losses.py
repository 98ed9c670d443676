"""Losses: values by hand, the convexity and the invariance that each one claims, and their absence."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.meanfield.losses import LOSSES, loss, switched

EXACT = 1e-12
every = pytest.mark.parametrize("name", list(LOSSES))


def test_values_by_hand():
    r, zero = jnp.array([3.0, 4.0]), jnp.zeros(2)
    expected = {
        "quadratic": 25.0, "pseudo-huber": 2 * (26**0.5 - 1), "saturating": 25 / 26, "capped": 25 / 25.01,
        "lopsided": (np.e**3 - 4) + 2 * (np.e**4 - 5),
    }  # fmt: skip
    for name, value in expected.items():
        np.testing.assert_allclose(loss(name).apply(r, zero), value, rtol=EXACT)
        assert loss(name).apply(r, r) == 0
    np.testing.assert_allclose(
        loss("logistic").apply(jnp.array([1.0, 2.0]), jnp.array([0.5, -1.0])), np.log1p(np.exp(3)), rtol=EXACT
    )


@every
def test_convexity_is_as_declared(name):
    rng = np.random.default_rng(0)
    curvature = jax.jit(jax.vmap(jax.hessian(loss(name).apply)))(*(3 * rng.normal(size=(2, 300, 3))))
    least = np.linalg.eigvalsh(curvature).min()
    assert (least >= -EXACT) == loss(name).convex
    if not loss(name).convex:
        assert least < -1e-3


@every
def test_invariance_is_as_declared(name):
    rng = np.random.default_rng(1)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    p, y = rng.normal(size=(2, 50, 3))
    value = jax.vmap(loss(name).apply)
    deviation = np.abs(value(p @ rotation.T, y @ rotation.T) - value(p, y)).max()
    assert (deviation <= EXACT) == loss(name).invariant
    if not loss(name).invariant:
        assert deviation > 1e-2


def test_a_switched_loss_is_each_of_its_losses():
    names = ("lopsided", "quadratic", "logistic")
    p, y = jnp.array([0.3, -1.0]), jnp.array([1.0, 0.5])
    found = jax.jit(jax.vmap(lambda i: switched(names, i).apply(p, y)))(jnp.arange(3))
    np.testing.assert_allclose(found, [loss(name).apply(p, y) for name in names], rtol=EXACT)
    assert not switched(names, jnp.array(0)).invariant and switched(names, jnp.array(0)).convex


def test_unknown_loss_is_named():
    with pytest.raises(ValueError, match="unknown loss 'hinge'; valid: quadratic"):
        loss("hinge")
