"""The network of patches against its formula for one token at a time, and the two groups of its weights."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.networks.actions import Element, draw_element
from widesym.networks.empirical import nngp, ntk
from widesym.networks.mixing import MixingNetwork, PatchElement, cut, joined, nearest_patch_element
from widesym.networks.objective import Descent
from widesym.networks.paired import paired_runs

RNG = np.random.default_rng(4)
NET = MixingNetwork(4, 6, 3, 2, 2, 2, 5, 4, 7)
X = RNG.normal(size=(3, 4, 6, 3))
Q = np.linalg.qr(RNG.normal(size=(12, 12)))[0]
ORDER = np.array([3, 0, 5, 1, 2, 4])


def patch_of(image, t):
    """Patch t of an image of 4 x 6 pixels, by its corner."""
    row, column = 2 * (t // 3), 2 * (t % 3)
    return image[row : row + 2, column : column + 2]


def test_it_computes_what_its_formula_says(key):
    parameters = jax.tree.map(np.asarray, NET.init(key, "float64"))

    def acting(name):
        weight, bias = parameters[name]["weight"], parameters[name]["bias"]
        return (2 / np.prod(weight.shape[:-1])) ** 0.5 * weight, 0.1 * bias

    embedding, offset = acting("hidden_1")
    found = []
    for image in X:
        x = np.array([np.einsum("abc,abcn->n", patch_of(image, t), embedding) + offset for t in range(6)])
        for block in (1, 2):
            (A1, a1), (A2, a2) = acting(f"tokens_{block}_in"), acting(f"tokens_{block}_out")
            (B1, b1), (B2, b2) = acting(f"channels_{block}_in"), acting(f"channels_{block}_out")
            hidden = np.maximum(np.einsum("tn,tu->un", x, A1) + a1[:, None], 0)
            x = x + np.einsum("un,ut->tn", hidden, A2) + a2[:, None]
            x = x + np.array([np.maximum(token @ B1 + b1, 0) @ B2 + b2 for token in x])
        last, bias = acting("readout")
        found.append(x.mean(0) @ last + bias)
    np.testing.assert_allclose(NET.apply(parameters, X), found, rtol=1e-12)
    np.testing.assert_allclose(NET.activations(parameters, X)[-1][-1], x, rtol=1e-12)


def test_patches_are_cut_and_joined():
    patches = np.asarray(cut(jnp.asarray(X), 2))
    for t in range(6):
        np.testing.assert_array_equal(patches[1, t], patch_of(X[1], t).ravel())
    np.testing.assert_array_equal(joined(patches, 2, (4, 6, 3)), X)


def test_an_element_acts_on_patches():
    moved = np.asarray(PatchElement(2, jnp.asarray(Q), jnp.asarray(ORDER))(jnp.asarray(X)))
    for t in range(6):
        expected = Q @ patch_of(X[2], ORDER[t]).ravel()
        np.testing.assert_allclose(patch_of(moved[2], t).ravel(), expected, rtol=1e-12)


@pytest.mark.parametrize("matrix", [Q, np.eye(12)], ids=["rotated", "not rotated"])
@pytest.mark.parametrize("order", [np.arange(6), ORDER], ids=["in order", "permuted"])
def test_both_groups_move_over_to_the_weights(matrix, order, key):
    tau = PatchElement(2, jnp.asarray(matrix), jnp.asarray(order))
    parameters = NET.init(key, "float64")
    moved = tau.pulled_back(NET, parameters)
    images = jnp.asarray(X)
    np.testing.assert_allclose(NET.apply(parameters, tau(images)), NET.apply(moved, X), rtol=1e-11)
    for kernel in (nngp, ntk):
        found = kernel(NET, parameters, tau(images), tau(images))
        np.testing.assert_allclose(found, kernel(NET, moved, X, X), rtol=1e-11)
    # the same numbers, in other places
    for name in parameters:
        norms = [np.linalg.norm(each[name]["weight"]) for each in (parameters, moved)]
        assert norms[0] == pytest.approx(norms[1], rel=1e-12)


def test_training_goes_along(key):
    targets, batches = RNG.normal(size=(3, 2)), np.tile(np.arange(3), (20, 1))
    descent = Descent(0.005, 0.9, 1e-3)
    for order, other_order, agree in ((ORDER, ORDER, True), (ORDER, np.arange(6), False)):
        tau, other = (PatchElement(2, jnp.asarray(Q), jnp.asarray(each)) for each in (order, other_order))
        found = paired_runs(NET, NET.init(key, "float64"), tau, X, targets, X, batches, descent, other)
        assert found.moved[-1] > 0.01
        assert found.outputs.max() < 1e-10 if agree else found.outputs.min() > 1e-3


def test_the_nearest_element():
    tau = PatchElement(2, jnp.asarray(Q), jnp.arange(6))
    units = np.eye(72).reshape(72, 4, 6, 3)
    matrix = np.asarray(tau(jnp.asarray(units))).reshape(72, 72).T
    found = nearest_patch_element(jnp.asarray(matrix), 4, 6, 2)
    np.testing.assert_allclose(found.matrix, Q, atol=1e-14)
    # of a rotation for each pixel, the mean over patches of its blocks
    turned = draw_element("orthogonal", "pixelwise", 4, 6, 3)
    found = nearest_patch_element(turned.widened("whole", 4, 6).matrices, 4, 6, 2)
    corners = np.asarray(turned.matrices)[::2, ::2].mean((0, 1))
    np.testing.assert_allclose(found.matrix[:3, :3], corners, atol=1e-14)
    np.testing.assert_allclose(found.matrix[:3, 3:], 0, atol=1e-14)


def test_a_rotation_of_colours_is_one_of_patches():
    colour = draw_element("orthogonal", "colour", 4, 6, 3)
    found = nearest_patch_element(colour.widened("whole", 4, 6).matrices, 4, 6, 2)
    np.testing.assert_allclose(found(jnp.asarray(X)), Element.__call__(colour, jnp.asarray(X)), atol=1e-13)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"patch": 4}, "patches of 4 x 4 do not tile an image of 4 x 6"),
        ({"features": 0}, "features=0 must be a whole number"),
        ({"blocks": True}, "blocks=True must be a whole number"),
        ({"weight_variance": 0.0}, "weight_variance=0.0 must be positive"),
    ],
)
def test_refusals(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(NET, **change)


def test_elements_of_other_patches_are_refused(key):
    tau = PatchElement(1, jnp.eye(3), jnp.arange(24))
    with pytest.raises(ValueError, match="24 patches of side 1 for a network of 6"):
        tau.pulled_back(NET, NET.init(key, "float64"))
