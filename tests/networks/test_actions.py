import functools

import jax
import numpy as np
import pytest

from widesym.architectures import PARAMETRISATIONS, Architecture
from widesym.groups.images import deviation, path, transformation
from widesym.networks.actions import (
    FAMILIES,
    SCOPES,
    Element,
    draw_element,
    element,
    fourth_moments,
    scope,
)
from widesym.networks.models import network

EXACT = 1e-13
CONTROL = 1e-3
OWN = {"FCN": "whole", "LCN": "pixelwise", "VEC": "colour", "LAP": "colour", "GAP": "colour"}
KIND = {"colour": "colour", "pixelwise": "pixelwise", "whole": "rotation"}


@functools.cache
def make(kind, parametrisation="ntk"):
    window = 2 if kind == "LAP" else 0
    architecture = Architecture(kind, 2, window=window, widths=(3, 4), parametrisation=parametrisation)
    return network(architecture, 2, 4, 3, 2)


IMAGES = np.random.default_rng(3).normal(size=(3, 2, 4, 3))


@pytest.mark.parametrize("kind", OWN)
def test_weights_absorb_every_transformation_in_scope(kind, key):
    net = make(kind)
    parameters = net.init(key, "float64")
    assert scope(net) == OWN[kind]
    reached = SCOPES[: SCOPES.index(OWN[kind]) + 1]
    for family in FAMILIES:
        for form in reached:
            tau = draw_element(family, form, 2, 4, seed=2)
            found = net.apply(tau.pulled_back(net, parameters), IMAGES)
            np.testing.assert_allclose(found, net.apply(parameters, tau(IMAGES)), rtol=0, atol=EXACT)
            assert np.abs(found - net.apply(parameters, IMAGES)).max() > CONTROL


def test_weights_absorb_in_every_parametrisation(key):
    for name in PARAMETRISATIONS:
        net = make("LCN", name)
        parameters = net.init(key, "float64", "uniform")
        tau = draw_element("orthogonal", "pixelwise", 2, 4, seed=2)
        found = net.apply(tau.pulled_back(net, parameters), IMAGES)
        np.testing.assert_allclose(found, net.apply(parameters, tau(IMAGES)), rtol=0, atol=EXACT)


@pytest.mark.parametrize("kind", ["LCN", "VEC", "LAP", "GAP"])
def test_beyond_the_scope_is_refused_and_the_nearest_deviates(kind, key):
    net = make(kind)
    parameters = net.init(key, "float64")
    for form in SCOPES[SCOPES.index(OWN[kind]) + 1 :]:
        tau = draw_element("orthogonal", form, 2, 4, seed=2)
        with pytest.raises(
            ValueError, match=f"{form} transformation moves first-layer weights out of {kind}"
        ):
            tau.pulled_back(net, parameters)
        nearest = tau.nearest(OWN[kind], 2, 4).pulled_back(net, parameters)
        apart = np.abs(net.apply(nearest, IMAGES) - net.apply(parameters, tau(IMAGES)))
        assert apart.max() > CONTROL


def test_only_the_first_layer_moves_and_composition_is_reversed(key):
    net = make("LCN")
    parameters = net.init(key, "float64")
    one, other = (draw_element("orthogonal", "pixelwise", 2, 4, seed=s) for s in (1, 2))
    both = Element("pixelwise", one.matrices @ other.matrices)
    found = both.pulled_back(net, parameters)
    expected = other.pulled_back(net, one.pulled_back(net, parameters))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=EXACT), found, expected)
    for name in ("hidden_2", "readout"):
        jax.tree.map(np.testing.assert_array_equal, found[name], parameters[name])
    np.testing.assert_array_equal(found["hidden_1"]["bias"], parameters["hidden_1"]["bias"])
    assert np.abs(one.pulled_back(net, other.pulled_back(net, parameters))["hidden_1"]["weight"]
                  - found["hidden_1"]["weight"]).max() > CONTROL  # fmt: skip


@pytest.mark.parametrize("kind", ["identity", "colour", "pixelwise", "permutation", "rotation", "path"])
def test_elements_are_the_transformations_of_images(kind):
    tau = path(2, 4, 9, 0.7) if kind == "path" else transformation(kind, 2, 4, 9)
    found = element(tau)
    np.testing.assert_allclose(found(IMAGES), tau(IMAGES), rtol=0, atol=EXACT)
    np.testing.assert_allclose(found.widened("whole", 2, 4).matrices, tau.matrix(), rtol=0, atol=EXACT)
    assert element(tau, "float32").matrices.dtype == "float32"


@pytest.mark.parametrize("form", SCOPES)
def test_draws_are_elements_of_their_groups(form):
    for family in FAMILIES:
        tau = draw_element(family, form, 2, 4, seed=2)
        whole = np.asarray(tau.widened("whole", 2, 4).matrices)
        assert deviation(KIND[form], whole) < EXACT
        ones = np.isin(whole, (0.0, 1.0) if family == "permutation" else (0.0, 1.0, -1.0))
        assert ones.all() == (family != "orthogonal")
        assert (whole < -0.5).any() == (family != "permutation")
        again, another = (draw_element(family, form, 2, 4, seed=s).matrices for s in (2, 9))
        np.testing.assert_array_equal(again, tau.matrices)
        assert np.any(another != tau.matrices)


def test_orthogonal_draws_follow_the_haar_law():
    # entries have mean zero and variance 1/m; the determinant is as often negative as not
    draws = np.stack([draw_element("orthogonal", "pixelwise", 20, 20, seed=s).matrices for s in range(5)])
    draws = draws.reshape(-1, 3, 3)
    count = len(draws)
    assert np.abs(draws.mean(0)).max() < 5 / (3 * count) ** 0.5
    assert np.abs((draws**2).mean(0) - 1 / 3).max() < 5 / count**0.5
    assert abs((np.linalg.det(draws) < 0).mean() - 0.5) < 2.5 / count**0.5


def test_nearest_is_the_orthogonal_projection():
    tau = draw_element("orthogonal", "whole", 2, 4, seed=3)
    for form in ("pixelwise", "colour"):
        near = np.asarray(tau.nearest(form, 2, 4).widened("whole", 2, 4).matrices)
        rest = np.asarray(tau.matrices) - near
        other = np.asarray(draw_element("orthogonal", form, 2, 4, seed=8).widened("whole", 2, 4).matrices)
        assert abs((rest * other).sum()) < EXACT * 24
    inside = draw_element("orthogonal", "colour", 2, 4, seed=3)
    back = inside.widened("whole", 2, 4).nearest("colour", 2, 4)
    np.testing.assert_allclose(back.matrices, inside.matrices, rtol=0, atol=EXACT)


def test_fourth_moments_tell_which_laws_are_kept(key):
    rotation = np.asarray(draw_element("orthogonal", "colour", 2, 4, seed=1).matrices)
    signed = np.asarray(draw_element("signed", "colour", 2, 4, seed=6).matrices)
    np.testing.assert_allclose(fourth_moments(rotation, "gaussian"), 3.0)
    np.testing.assert_allclose(fourth_moments(signed, "uniform"), 1.8)
    exact = fourth_moments(rotation, "uniform")
    assert np.abs(exact - fourth_moments(rotation.T, "uniform")).max() > 0.05  # columns, not rows
    assert np.all(exact > 1.8 + 0.1)
    w = np.random.default_rng(0).uniform(-(3**0.5), 3**0.5, size=(400_000, 3)) @ rotation
    fourth = w**4
    assert np.all(np.abs(fourth.mean(0) - exact) < 5 * fourth.std(0) / 400_000**0.5)


def test_elements_can_be_stacked_for_vmap(key):
    net = make("GAP")
    parameters = net.init(key, "float64")
    several = [draw_element("orthogonal", "colour", 2, 4, seed=s) for s in (0, 1)]
    stacked = jax.tree.map(lambda *m: np.stack(m), *several)
    found = jax.vmap(lambda tau: net.apply(tau.pulled_back(net, parameters), IMAGES))(stacked)
    for tau, outputs in zip(several, found, strict=True):
        np.testing.assert_allclose(net.apply(parameters, tau(IMAGES)), outputs, rtol=0, atol=EXACT)


def test_precision_is_that_of_what_is_moved(key):
    net = make("LCN")
    for form in SCOPES:
        tau = draw_element("orthogonal", form, 2, 4, seed=2)
        assert tau(IMAGES.astype("float32")).dtype == "float32"
    moved = draw_element("orthogonal", "colour", 2, 4, seed=2).pulled_back(net, net.init(key, "float32"))
    assert moved["hidden_1"]["weight"].dtype == "float32"


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="unknown family 'affine'"):
        draw_element("affine", "colour", 2, 4, 0)
    with pytest.raises(ValueError, match="unknown scope 'row'"):
        draw_element("signed", "row", 2, 4, 0)
    with pytest.raises(ValueError, match="unknown law"):
        fourth_moments(np.eye(3), "cauchy")
    with pytest.raises(ValueError, match="has no colour form"):
        draw_element("signed", "whole", 2, 4, 0).widened("colour", 2, 4)
