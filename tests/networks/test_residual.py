"""The residual network against a convolution by loops, its symmetries, and what is refused."""

import jax
import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.networks.actions import draw_element
from widesym.networks.empirical import nngp, ntk
from widesym.networks.models import network
from widesym.networks.residual import ResidualNetwork, residual

RNG = np.random.default_rng(8)
X = RNG.normal(size=(3, 4, 6, 3))


def make(kind="GAP", widths=(5, 5, 5), **more):
    plain = network(Architecture(kind, len(widths), widths=widths, **more), 4, 6, 3, 2)
    return residual(plain)


def convolved(a, weight):
    """A circular convolution, weight by weight."""
    total = np.zeros((*a.shape[:3], weight.shape[-1]))
    for i in range(3):
        for j in range(3):
            total += np.roll(a, (1 - i, 1 - j), (1, 2)) @ weight[i, j]
    return total


@pytest.mark.parametrize("kind", ["GAP", "VEC"])
def test_it_computes_what_its_formula_says(kind, key):
    net = make(kind)
    parameters = jax.tree.map(np.asarray, net.init(key, "float64"))
    z = np.zeros(1)
    for layer in (1, 2, 3):
        found = parameters[f"hidden_{layer}"]
        fan_in = 9 * (3 if layer == 1 else 5)
        seen = X if layer == 1 else np.maximum(z, 0)
        added = (2 / fan_in) ** 0.5 * convolved(seen, found["weight"]) + 0.1 * found["bias"]
        z = added if layer == 1 else z + added
    a = np.maximum(z, 0)
    a = a.mean((1, 2)) if kind == "GAP" else a.reshape(3, -1)
    last = parameters["readout"]
    expected = (2 / a.shape[1]) ** 0.5 * a @ last["weight"].reshape(-1, 2) + 0.1 * last["bias"]
    np.testing.assert_allclose(net.apply(parameters, X), expected, rtol=1e-12)
    np.testing.assert_allclose(net.activations(parameters, X)[-1], np.maximum(z, 0), rtol=1e-12, atol=1e-14)


def test_the_plain_network_is_another(key):
    net = make()
    plain = network(net.architecture, 4, 6, 3, 2)
    assert net != plain and isinstance(net, ResidualNetwork) and net == make()
    parameters = net.init(key, "float64")
    assert np.abs(net.apply(parameters, X) - plain.apply(parameters, X)).max() > 0.1


def test_rotations_of_colours_move_over_to_the_weights(key):
    net = make("VEC")
    parameters = net.init(key, "float64")
    tau = draw_element("orthogonal", "colour", 4, 6, 1)
    moved = tau.pulled_back(net, parameters)
    for kernel in (nngp, ntk):
        found, expected = kernel(net, parameters, tau(X), tau(X)), kernel(net, moved, X, X)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        assert np.abs(found - kernel(net, parameters, X, X)).max() > 1e-3
    with pytest.raises(ValueError, match="whose scope is colour"):
        draw_element("orthogonal", "pixelwise", 4, 6, 1).pulled_back(net, parameters)


def test_refusals(key):
    with pytest.raises(ValueError, match=r"widths=\(5, 4\) must be equal"):
        make(widths=(5, 4))
    with pytest.raises(ValueError, match="must be VEC, LAP or GAP with relu"):
        make("LCN")
    with pytest.raises(ValueError, match="GAP with erf"):
        make(activation="erf")
    net = make()
    parameters = net.init(key)
    for images in (X, X[0].astype("float32"), X[:, :2].astype("float32")):
        with pytest.raises(ValueError, match=r"must be float32 as the parameters, and \(n, 4, 6, 3\)"):
            net.apply(parameters, images)
