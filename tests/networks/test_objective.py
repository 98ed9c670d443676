import jax
import numpy as np
import optax
import pytest

from widesym.architectures import Architecture
from widesym.networks.models import network
from widesym.networks.objective import Descent, loss, squared_error, step

NET = network(Architecture("VEC", 1, widths=(3,), parametrisation="mup"), 2, 2, 3, 4)
RNG = np.random.default_rng(0)
IMAGES, TARGETS = RNG.normal(size=(5, 2, 2, 3)), RNG.normal(size=(5, 4))


def test_loss_is_the_papers(key):
    parameters = NET.init(key, "float64")
    residual = np.asarray(NET.apply(parameters, IMAGES)) - TARGETS
    half = (residual**2).sum() / (2 * 4 * 5)
    assert squared_error(residual, 0 * residual) == pytest.approx(half)
    for power in (2.0, 3.0):
        norm = sum((np.abs(a) ** power).sum() for a in jax.tree.leaves(parameters))
        found = loss(NET, parameters, IMAGES, TARGETS, Descent(0.1, penalty=0.3, power=power))
        assert found == pytest.approx(half + 0.3 / power * norm)


def test_steps_are_those_of_optax_at_the_rate_of_each_array(key):
    descent = Descent(0.05, 0.9, 0.1)
    parameters = NET.init(key, "float64")
    rates = NET.rates()
    assert len(set(jax.tree.leaves(rates))) > 1
    transform = optax.sgd(0.05, momentum=0.9)
    theirs, state = parameters, transform.init(parameters)
    memory = descent.memory.init(parameters)
    for _ in range(3):
        parameters, memory, value = step(NET, parameters, memory, IMAGES, TARGETS, descent)
        expected, gradient = jax.value_and_grad(lambda p: loss(NET, p, IMAGES, TARGETS, descent))(theirs)
        updates, state = transform.update(gradient, state)
        theirs = jax.tree.map(lambda p, u, r: p + r * u, theirs, updates, rates)
        assert value == pytest.approx(expected)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10), parameters, theirs)


def test_a_rate_can_be_given_to_each_run(key):
    descent = Descent(0.05)
    parameters = NET.init(key, "float64")
    memory = descent.memory.init(parameters)
    own, _, _ = step(NET, parameters, memory, IMAGES, TARGETS, Descent(0.2))
    given, _, _ = step(NET, parameters, memory, IMAGES, TARGETS, descent, rate=0.2)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-14), own, given)


@pytest.mark.parametrize(
    "given, reason",
    [
        ({"rate": 0.0}, "rate=0.0 must be positive"),
        ({"mass": 1.0}, "mass=1.0 must be in"),
        ({"penalty": -1.0}, "penalty=-1.0 must not be negative"),
        ({"power": 1.0}, "power=1.0 must be above 1"),
        ({"optimiser": "sam"}, "unknown optimiser 'sam'"),
    ],
)
def test_steps_that_are_not_defined_are_refused(given, reason):
    with pytest.raises(ValueError, match=reason):
        Descent(**{"rate": 0.1, **given})
