import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.architectures import PARAMETRISATIONS, Architecture
from widesym.networks.models import network
from widesym.networks.objective import Descent, step
from widesym.networks.parametrisations import Exponents, exponents, scale


def scales(name, width, depth=3):
    architecture = Architecture("VEC", depth, widths=(width,) * depth, parametrisation=name)
    return list(network(architecture, 4, 4, 3, 5).scales().values())


@pytest.mark.parametrize("name", PARAMETRISATIONS)
def test_exponents_are_the_slopes_in_the_width(name):
    for layer, (one, other) in enumerate(zip(scales(name, 7), scales(name, 28), strict=True), start=1):
        found = [-np.log(other[i] / one[i]) / np.log(4) for i in (0, 2, 4)]
        np.testing.assert_allclose(found, exponents(name, layer, 3), atol=1e-12)


def test_numbers_of_each_layer():
    architecture = Architecture("VEC", 2, widths=(5, 7), weight_variance=2.0, bias_variance=0.04)
    first, second, readout = network(architecture, 4, 4, 3, 5).scales().values()
    np.testing.assert_allclose(first, ((2 / 27) ** 0.5, 0.2, 1, 1, 1, 1))
    np.testing.assert_allclose(second, ((2 / 45) ** 0.5, 0.2, 1, 1, 1, 1))
    np.testing.assert_allclose(readout, ((2 / 112) ** 0.5, 0.2, 1, 1, 1, 1))
    found = {name: scale(Architecture("VEC", 2, widths=(5, 7), parametrisation=name), 2, 45)
             for name in PARAMETRISATIONS}  # fmt: skip
    np.testing.assert_allclose(found["standard"], (1, 1, (2 / 45) ** 0.5, 0.1, 1, 1))
    np.testing.assert_allclose(found["mean-field"], (2**0.5 / 45, 0.1, 1, 1, 35, 7))
    np.testing.assert_allclose(found["mup"], ((2 / 45) ** 0.5, 0.1, 1, 1, 5, 7))


def test_mean_field_and_mup_are_one_for_one_hidden_layer():
    assert scales("mean-field", 6, 1) == scales("mup", 6, 1)
    assert scales("mean-field", 6, 2) != scales("mup", 6, 2)


def test_published_forms_are_equivalent():
    published = [
        Exponents(-0.5, 0.5, 0),
        Exponents(0, 0.5, 0),
        Exponents(0.5, 0.5, 0),
    ]  # Yang and Hu, Table 1
    assert [exponents("mup", layer, 2).shifted(-0.5) for layer in (1, 2, 3)] == published
    for layer, c in ((1, 0), (2, -1), (3, -1)):
        ntk = exponents("ntk", layer, 2)
        standard = exponents("standard", layer, 2).shifted(0.0 if layer == 1 else 0.5)
        assert standard == Exponents(ntk.a, ntk.b, c)


def test_equivalent_forms_train_the_same_function(key):
    """mup against Yang and Hu's form of it, written out for a fully connected network without biases."""
    width, sigma, rate, mass = 6, 2**0.5, 0.05, 0.9
    architecture = Architecture(
        "FCN", 2, widths=(width, width), bias_variance=0.0, parametrisation="mup", weight_variance=2.0
    )
    net = network(architecture, 1, 2, 2, 3)
    rng = np.random.default_rng(0)
    images, targets = rng.normal(size=(5, 1, 2, 2)), rng.normal(size=(5, 3))
    parameters = net.init(key, "float64")
    # W' = n^(-1/2) W
    theirs = [parameters[name]["weight"][0, 0] / width**0.5 for name in net.layers]
    a = (-0.5, 0.0, 0.5)

    def forward(weights, x):
        multipliers = [sigma * width**-power for power in a]
        multipliers[0] /= 4**0.5  # the fan-in of the first layer is no width
        for multiplier, w in zip(multipliers[:-1], weights[:-1], strict=True):
            x = jax.nn.relu(multiplier * x @ w)
        return multipliers[-1] * x @ weights[-1]

    def loss(weights):
        return 0.5 * jnp.mean((forward(weights, images.reshape(5, -1)) - targets) ** 2)

    descent = Descent(rate, mass)
    memory = descent.memory.init(parameters)
    velocity = [jnp.zeros_like(w) for w in theirs]
    before = net.apply(parameters, images)
    for _ in range(5):
        parameters, memory, _ = step(net, parameters, memory, images, targets, descent)
        gradient = jax.grad(loss)(theirs)
        velocity = [mass * v + g for v, g in zip(velocity, gradient, strict=True)]
        theirs = [w - rate * v for w, v in zip(theirs, velocity, strict=True)]  # c = 0
    after = net.apply(parameters, images)
    np.testing.assert_allclose(after, forward(theirs, images.reshape(5, -1)), rtol=0, atol=1e-12)
    assert np.abs(after - before).max() > 1e-2


def test_bad_layers_and_names_are_refused():
    with pytest.raises(ValueError, match="layer=4 must be from 1 to 3"):
        exponents("ntk", 4, 2)
    with pytest.raises(ValueError, match="unknown parametrisation 'lazy'"):
        exponents("lazy", 1, 2)
