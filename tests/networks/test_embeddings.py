import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.architectures import PARAMETRISATIONS, Architecture
from widesym.networks.embeddings import INCLUSIONS, carried, effective, embed, larger, neighbours, raw
from widesym.networks.models import network
from widesym.networks.objective import Descent, step

# sums of at most some 500 products of numbers of order one
EXACT = 1e-12
CONTROL = 1e-3


def make(kind, widths=(2, 3), height=2, width=4, window=0, **more):
    settings = {"bias_variance": 0.3, **more}
    architecture = Architecture(kind, len(widths), window=window, widths=widths, **settings)
    return network(architecture, height, width, 3, 4)


def images_for(net, count=4):
    return np.random.default_rng(7).normal(size=(count, net.height, net.width, net.channels))


@functools.partial(jax.jit, static_argnums=0)
def trained(net, parameters, images, targets):
    descent = Descent(0.2, penalty=1e-3)

    def one(state, _):
        parameters, memory, value = step(net, *state, images, targets, descent)
        return (parameters, memory), value

    (parameters, _), losses = jax.lax.scan(one, (parameters, descent.memory.init(parameters)), length=60)
    return parameters, losses


CHAINS = [
    (("GAP", 0), ("LAP", 4), ("LAP", 2), ("VEC", 0), ("LCN", 0), ("VEC", 0), ("FCN", 0)),
    (("GAP", 0), ("VEC", 0), ("FCN", 0)),
    (("LAP", 2), ("LCN", 0), ("FCN", 0)),
    (("GAP", 0), ("LCN", 0)),
    (("GAP", 0), ("FCN", 0)),
    (("LAP", 2), ("FCN", 0)),
]


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: "-".join(kind for kind, _ in chain))
def test_every_inclusion_keeps_the_function(chain, key):
    # 4 x 4 pixels where windows of 4 and 2 are wanted; 2 rows, where two offsets meet, elsewhere
    height = 4 if ("LAP", 4) in chain else 2
    net = make(chain[0][0], (2, 1), height, 4, window=chain[0][1])
    parameters, images = net.init(key, "float64"), images_for(net)
    expected = net.apply(parameters, images)
    for kind, window in chain[1:]:
        big = larger(net, kind, window)
        parameters, net = embed(net, parameters, big), big
        assert jax.tree.map(np.shape, parameters) == net.shapes()
        np.testing.assert_allclose(net.apply(parameters, images), expected, rtol=0, atol=EXACT)


def test_widths_grow_as_in_the_theorem():
    net = make("GAP", (2, 3), 2, 4)
    vec = larger(net, "VEC")
    lcn = larger(vec, "LCN")
    wide = larger(lcn, "VEC")
    assert [n.architecture.widths for n in (vec, lcn, wide)] == [(2, 3), (2, 3), (16, 24)]
    assert larger(wide, "FCN").architecture.widths == (128, 192)
    assert larger(lcn, "FCN").architecture.widths == (16, 24)
    assert list(INCLUSIONS)[:5] == [
        ("GAP", "VEC"), ("VEC", "LCN"), ("LCN", "VEC"), ("VEC", "FCN"), ("LCN", "FCN")]  # fmt: skip


@pytest.mark.parametrize("widths", [(3,), (2, 3, 2, 1)])
def test_any_depth_and_unequal_widths(widths, key):
    net = make("LCN", widths, activation="erf")
    parameters, images = net.init(key, "float64"), images_for(net)
    for kind in ("VEC", "FCN"):
        big = larger(net, kind)
        found = big.apply(embed(net, parameters, big), images)
        np.testing.assert_allclose(found, net.apply(parameters, images), rtol=0, atol=EXACT)


def test_trained_networks_are_embedded_too(key):
    net = make("LCN")
    images = images_for(net, 6)
    targets = np.random.default_rng(8).normal(size=(6, 4))
    start = net.init(key, "float64")
    parameters, losses = trained(net, start, images, targets)
    assert losses[-1] < 0.5 * losses[0]
    for kind in ("VEC", "FCN"):
        big = larger(net, kind)
        found = big.apply(embed(net, parameters, big), images)
        np.testing.assert_allclose(found, net.apply(parameters, images), rtol=0, atol=EXACT)
        old = big.apply(embed(net, start, big), images)
        assert np.abs(found - old).max() > CONTROL


@pytest.mark.parametrize("name", PARAMETRISATIONS)
def test_maps_hold_in_every_parametrisation_and_between_them(name, key):
    net = make("LCN", parametrisation=name)
    parameters, images = net.init(key, "float64"), images_for(net)
    expected = net.apply(parameters, images)
    big = larger(net, "VEC")
    other = dataclasses.replace(big.architecture, parametrisation="ntk")
    for target in (big, dataclasses.replace(big, architecture=other)):
        found = target.apply(embed(net, parameters, target), images)
        np.testing.assert_allclose(found, expected, rtol=0, atol=EXACT)


def test_block_of_a_location_carries_it_in_every_layer(key):
    net = make("LCN")
    parameters, images = net.init(key, "float64"), images_for(net)
    big = larger(net, "VEC")
    wide = big.activations(embed(net, parameters, big), images)
    for width, found, expected in zip((2, 3), wide, net.activations(parameters, images), strict=True):
        np.testing.assert_allclose(carried(found, width), expected, rtol=0, atol=EXACT)
    # what a block holds elsewhere is another thing
    assert np.abs(carried(jnp.roll(wide[1], 1, axis=1), 3) - carried(wide[1], 3)).max() > CONTROL


def test_root_of_d_is_between_hidden_layers_and_not_in_the_first(key):
    net = make("LCN")
    parameters, images = net.init(key, "float64"), images_for(net)
    big = larger(net, "VEC")
    wide = embed(net, parameters, big)
    own, wider = parameters["hidden_1"]["weight"], wide["hidden_1"]["weight"]
    np.testing.assert_allclose(wider[:, :, :, 2:4], own[0, 1], rtol=1e-14)  # block 1
    own, wider = parameters["hidden_2"]["weight"], wide["hidden_2"]["weight"]
    # from location 2, one to the right, to location 1
    np.testing.assert_allclose(wider[1, 2, 4:6, 3:6], 8**0.5 * own[0, 1, 1, 2], rtol=1e-14)
    first = {**wide["hidden_1"], "weight": 8**0.5 * wide["hidden_1"]["weight"]}
    found = big.apply({**wide, "hidden_1": first}, images)
    assert np.abs(found - net.apply(parameters, images)).max() > CONTROL


def test_blocks_in_a_wrong_order_do_not_carry_the_function(key):
    net = make("LCN")
    parameters, images = net.init(key, "float64"), images_for(net)
    for kind in ("VEC", "FCN"):
        big = larger(net, kind)
        wide = embed(net, parameters, big)
        # block alpha takes the place of block alpha + 1, in one layer only
        moved = {part: jnp.roll(array, 2, axis=-1) for part, array in wide["hidden_1"].items()}
        found = big.apply({**wide, "hidden_1": moved}, images)
        assert np.abs(found - net.apply(parameters, images)).max() > CONTROL


def test_range_as_printed_does_not_carry_the_function(key):
    """``alpha n <= j < alpha (n + 1)`` has alpha entries: it cuts blocks down, the first to nothing."""
    net = make("LCN")
    parameters, images = net.init(key, "float64"), images_for(net)
    big = larger(net, "VEC")
    wide = embed(net, parameters, big)
    location, inside = np.divmod(np.arange(24), 3)
    kept = (inside < location).reshape(1, 1, 1, 24)
    printed = {**wide["hidden_2"], "weight": wide["hidden_2"]["weight"] * kept}
    found = big.apply({**wide, "hidden_2": printed}, images)
    assert np.abs(found - net.apply(parameters, images)).max() > CONTROL


def test_neighbours_wrap_round_the_border():
    found = neighbours(2, 4, 3)
    assert found.shape == (8, 3, 3)
    np.testing.assert_array_equal(found[0], [[7, 4, 5], [3, 0, 1], [7, 4, 5]])


def test_effective_weights_and_parameters_are_inverse(key):
    net = make("LAP", window=2, parametrisation="standard")
    parameters = net.init(key, "float64")
    back = raw(net, effective(net, parameters))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-15), back, parameters)


def test_networks_without_biases(key):
    net = make("LCN", bias_variance=0.0)
    parameters, images = net.init(key, "float64"), images_for(net)
    big = larger(net, "FCN")
    found = big.apply(embed(net, parameters, big), images)
    np.testing.assert_allclose(found, net.apply(parameters, images), rtol=0, atol=EXACT)


def test_what_is_no_inclusion_is_refused(key):
    with pytest.raises(ValueError, match="no inclusion of FCN in 'VEC' is known; valid: none"):
        larger(make("FCN"), "VEC")
    with pytest.raises(ValueError, match="no inclusion of VEC in 'GAP' is known; valid: LCN, FCN"):
        larger(make("VEC"), "GAP")
    net = make("LCN")
    with pytest.raises(ValueError, match="is not the larger network"):
        embed(net, net.init(key), make("VEC", (2, 3)))
    net = make("LAP", height=4, window=2)
    with pytest.raises(ValueError, match="choose a window that divides"):
        embed(net, net.init(key), larger(net, "LAP", 4))
    net, silent = make("LCN"), make("LCN", bias_variance=0.0)
    with pytest.raises(ValueError, match="bias_variance=0 has none"):
        raw(silent, effective(net, net.init(key)))
