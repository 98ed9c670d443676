import functools

import jax
import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.networks.actions import SCOPES, draw_element, scope
from widesym.networks.models import network
from widesym.networks.objective import Descent
from widesym.networks.paired import paired_runs

# rounding, grown over some hundred steps of a training that converges
EXACT = 1e-10
CONTROL = 1e-3
SIDE, IMAGES, STEPS = 4, 20, 200
RNG = np.random.default_rng(11)
X = RNG.normal(size=(IMAGES, SIDE, SIDE, 3))
Y = np.eye(4)[RNG.integers(4, size=IMAGES)] - 0.25
PROBE = RNG.normal(size=(5, SIDE, SIDE, 3))
BATCHES = np.stack([RNG.permutation(IMAGES)[:6] for _ in range(STEPS)])
DESCENT = Descent(1.0, 0.9, 1e-3)


@functools.cache
def make(kind, parametrisation="ntk"):
    window = 2 if kind == "LAP" else 0
    architecture = Architecture(kind, 2, window=window, widths=(5, 4), parametrisation=parametrisation)
    return network(architecture, SIDE, SIDE, 3, 4)


def run(net, parameters, tau, descent=DESCENT, partner=None):
    # one form for all, so that a network and its control are compiled once
    partner, tau = tau if partner is None else partner, tau.widened("whole", SIDE, SIDE)
    return paired_runs(net, parameters, tau, X, Y, PROBE, BATCHES, descent, partner)


@pytest.mark.parametrize("kind", ["FCN", "LCN", "VEC", "LAP", "GAP"])
def test_runs_agree_in_the_architectures_group_and_not_in_the_next(kind, key):
    net = make(kind)
    parameters = net.init(key, "float64")
    own = scope(net)
    found = run(net, parameters, draw_element("orthogonal", own, SIDE, SIDE, 2))
    assert {a.shape for a in found} == {(STEPS + 1,)}
    assert found.outputs.max() < EXACT and found.parameters.max() < EXACT
    # a training worth the name
    assert found.moved[-1] > 0.1 and found.losses[-1] < 0.3 * found.losses[0]
    if kind != "FCN":
        form = SCOPES[SCOPES.index(own) + 1]
        tau = draw_element("orthogonal", form, SIDE, SIDE, 2)
        broken = run(net, parameters, tau, partner=tau.nearest(own, SIDE, SIDE))
        assert np.all(broken.outputs > CONTROL)


def test_maps_that_are_not_orthogonal_agree_at_the_start_only(key):
    """For FCN the next larger group is GL(3d): weights absorb it, gradients do not move along."""
    net = make("FCN")
    tau = draw_element("orthogonal", "whole", SIDE, SIDE, 2)
    stretched = type(tau)("whole", tau.matrices * np.linspace(0.8, 1.2, 3 * SIDE**2)[:, None])
    found = run(net, net.init(key, "float64"), stretched)
    assert found.outputs[0] < EXACT and found.outputs.max() > CONTROL


def test_the_start_matters(key):
    """The same two data sets from one start: outputs differ, although their laws agree."""
    net = make("VEC")
    tau = draw_element("orthogonal", "colour", SIDE, SIDE, 2)
    identity = type(tau)("colour", np.eye(3))
    found = run(net, net.init(key, "float64"), tau, partner=identity)
    assert np.all(found.outputs > CONTROL)


@pytest.mark.parametrize("descent", [Descent(1.0, 0.9, 1e-3, power=4.0), Descent(0.01, optimiser="adam")])
def test_what_sees_single_coordinates_keeps_signed_permutations_only(descent, key):
    net = make("VEC")
    parameters = net.init(key, "float64")
    kept = run(net, parameters, draw_element("signed", "colour", SIDE, SIDE, 2), descent)
    assert kept.outputs.max() < EXACT and kept.moved[-1] > 0.1
    broken = run(net, parameters, draw_element("orthogonal", "colour", SIDE, SIDE, 2), descent)
    assert broken.outputs[0] < EXACT  # the start is no different
    assert broken.outputs.max() > CONTROL and broken.parameters.max() > CONTROL


def test_uniform_starts_agree_step_by_step(key):
    net = make("VEC")
    tau = draw_element("orthogonal", "colour", SIDE, SIDE, 2)
    found = run(net, net.init(key, "float64", "uniform"), tau)
    assert found.outputs.max() < EXACT and found.moved[-1] > 0.1


@pytest.mark.parametrize("name, rate", [("standard", 0.1), ("mean-field", 0.3), ("mup", 0.3)])
def test_other_parametrisations_agree_too(name, rate, key):
    net = make("FCN", name)
    found = run(
        net,
        net.init(key, "float64"),
        draw_element("orthogonal", "whole", SIDE, SIDE, 2),
        Descent(rate, 0.9, 1e-3),
    )
    assert found.outputs.max() < EXACT and found.parameters.max() < EXACT and found.moved[-1] > 0.1


def test_many_pairs_at_once(key):
    net = make("GAP")
    starts = jax.vmap(lambda k: net.init(k, "float64"))(jax.random.split(key, 2))
    several = [draw_element("orthogonal", "colour", SIDE, SIDE, s) for s in (3, 4)]
    stacked = jax.tree.map(lambda *m: np.stack(m), *several)
    pairs = jax.vmap(lambda p, tau: paired_runs(net, p, tau, X, Y, PROBE, BATCHES, DESCENT))
    found = pairs(starts, stacked)
    assert found.outputs.shape == (2, STEPS + 1) and found.outputs.max() < EXACT
    one = run(net, jax.tree.map(lambda a: a[1], starts), several[1])
    np.testing.assert_allclose(found.losses[1], one.losses, rtol=1e-9)


def test_a_partner_beyond_the_scope_is_refused(key):
    net = make("VEC")
    tau = draw_element("orthogonal", "pixelwise", SIDE, SIDE, 2)
    with pytest.raises(ValueError, match="whose scope is colour"):
        paired_runs(net, net.init(key, "float64"), tau, X, Y, PROBE, BATCHES, DESCENT)
