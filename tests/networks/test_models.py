import dataclasses

import jax
import numpy as np
import pytest
from scipy.special import erf

from widesym.architectures import Architecture
from widesym.kernels.pairs import pair_kernels
from widesym.networks.models import network

PHI = {"relu": lambda z: np.maximum(z, 0), "erf": erf}
KINDS = ("FCN", "LCN", "VEC", "LAP", "GAP")


def loops(net, parameters, image):
    """The outputs at one image, in the NTK parametrisation, by loops over pixels, offsets and units."""
    architecture = net.architecture
    p = {name: {part: np.asarray(a) for part, a in layer.items()} for name, layer in parameters.items()}
    sigma_w, sigma_b = architecture.weight_variance**0.5, architecture.bias_variance**0.5
    phi = PHI[architecture.activation]
    a = np.asarray(image)
    if architecture.kind == "FCN":
        a = a.reshape(1, 1, -1)
    side = 1 if architecture.kind == "FCN" else architecture.kernel_size
    for layer in range(architecture.depth):
        weight, bias = p[f"hidden_{layer + 1}"]["weight"], p[f"hidden_{layer + 1}"]["bias"]
        height, width, below = a.shape
        z = np.zeros((height, width, weight.shape[-1]))
        for h, w, j in np.ndindex(z.shape):
            own = (weight[h, w], bias[h, w]) if architecture.kind == "LCN" else (weight, bias)
            for u, v, i in np.ndindex(side, side, below):
                x = a[(h + u - side // 2) % height, (w + v - side // 2) % width, i]
                z[h, w, j] += sigma_w / np.sqrt(side * side * below) * own[0][u, v, i, j] * x
            z[h, w, j] += sigma_b * own[1][j]
        a = phi(z)
    rows, columns = {"GAP": a.shape[:2], "LAP": (architecture.window,) * 2}.get(architecture.kind, (1, 1))
    seen = [
        a[h : h + rows, w : w + columns].mean((0, 1))
        for h in range(0, a.shape[0], rows)
        for w in range(0, a.shape[1], columns)
    ]
    seen = np.concatenate(seen)
    weight = p["readout"]["weight"].reshape(len(seen), -1)
    return sigma_w / np.sqrt(len(seen)) * seen @ weight + sigma_b * p["readout"]["bias"]


def make(kind, widths=(3, 2), height=2, width=4, **more):
    window = 2 if kind == "LAP" else 0
    architecture = Architecture(kind, len(widths), window=window, widths=widths, **more)
    return network(architecture, height, width, 3, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_those_of_loops_over_units(kind, key):
    net = make(kind, bias_variance=0.3, activation="erf" if kind == "VEC" else "relu")
    images = np.random.default_rng(1).normal(size=(2, 2, 4, 3))
    parameters = net.init(key, "float64")
    expected = [loops(net, parameters, image) for image in images]
    np.testing.assert_allclose(net.apply(parameters, images), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    "kind, hidden, bias, readout",
    [
        ("FCN", (1, 1, 24, 3), (3,), (1, 1, 2, 5)),
        ("LCN", (2, 4, 3, 3, 3, 3), (2, 4, 3), (2, 4, 2, 5)),
        ("VEC", (3, 3, 3, 3), (3,), (2, 4, 2, 5)),
        ("LAP", (3, 3, 3, 3), (3,), (1, 2, 2, 5)),
        ("GAP", (3, 3, 3, 3), (3,), (1, 1, 2, 5)),
    ],
)
def test_parameters_have_the_documented_shapes(kind, hidden, bias, readout, key):
    net = make(kind)
    found = jax.tree.map(np.shape, net.init(key))
    assert found == net.shapes()
    assert set(found) == set(net.layers) == {"hidden_1", "hidden_2", "readout"}
    assert (found["hidden_1"]["weight"], found["hidden_1"]["bias"]) == (hidden, bias)
    assert found["readout"] == {"weight": readout, "bias": (5,)}
    rates = net.rates()
    assert jax.tree.structure(rates) == jax.tree.structure(jax.tree.map(lambda shape: 0, net.init(key)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_precision_is_kept(dtype, key):
    for kind in ("LCN", "GAP"):
        net = make(kind)
        parameters = net.init(key, dtype)
        assert {a.dtype.name for a in jax.tree.leaves(parameters)} == {dtype}
        assert net.apply(parameters, np.ones((1, 2, 4, 3), dtype)).dtype == dtype


def test_single_precision_is_double_precision_to_rounding(key):
    images = np.random.default_rng(2).normal(size=(3, 2, 4, 3)).astype("float32")
    for kind in KINDS:  # shared weights take another path in each precision
        net = make(kind)
        single = net.init(key)
        double = jax.tree.map(lambda a: np.asarray(a, np.float64), single)
        found, expected = net.apply(single, images), net.apply(double, images.astype("float64"))
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)


def test_laws_have_variance_one_and_their_own_kurtosis(key):
    net = make("FCN", (400, 400), 4, 4)
    gaussian, uniform = net.init(key, law="gaussian"), net.init(key, law="uniform")
    mixed = net.init(key, law="gaussian", first="uniform")
    for parameters, fourth in ((gaussian, 3.0), (uniform, 1.8)):
        w = np.asarray(parameters["hidden_2"]["weight"], np.float64)
        assert abs(w.mean()) < 5 / 400 and abs(w.var() - 1) < 5 * 2**0.5 / 400
        assert abs((w**4).mean() - fourth) < 5 * 96**0.5 / 400
    np.testing.assert_array_equal(mixed["hidden_1"]["weight"], uniform["hidden_1"]["weight"])
    np.testing.assert_array_equal(mixed["hidden_2"]["weight"], gaussian["hidden_2"]["weight"])
    assert np.abs(uniform["hidden_1"]["weight"]).max() <= 3**0.5


def test_standard_parametrisation_starts_as_the_same_function_law(key):
    ntk = make("LCN", (6, 5), bias_variance=0.3)
    standard = dataclasses.replace(
        ntk, architecture=dataclasses.replace(ntk.architecture, parametrisation="standard")
    )
    images = np.random.default_rng(3).normal(size=(2, 2, 4, 3))
    one, other = ntk.init(key, "float64"), standard.init(key, "float64")
    np.testing.assert_allclose(ntk.apply(one, images), standard.apply(other, images), rtol=1e-12)


def test_draws_differ_between_keys_and_arrays_and_can_be_repeated(key):
    net = make("FCN", (24, 24), 2, 4)  # first and second layer have one shape
    keys = jax.random.split(key, 2)
    many = jax.vmap(lambda k: net.init(k, "float64"))(keys)
    one = net.init(keys[1], "float64")
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[1], b), many, one)
    assert np.all(many["hidden_1"]["weight"][0] != many["hidden_1"]["weight"][1])
    assert np.all(one["hidden_1"]["weight"] != one["hidden_2"]["weight"])
    assert np.all(one["hidden_1"]["bias"] != one["hidden_2"]["bias"])


@pytest.mark.parametrize("kind", KINDS)
def test_covariance_of_wide_networks_is_the_kernel(kind, key):
    width, runs = (24 if kind == "LCN" else 64), 200
    net = make(kind, (width, width), 4, 4)
    images = np.random.default_rng(4).normal(size=(3, 4, 4, 3))
    draw = jax.jit(jax.vmap(lambda k: net.apply(net.init(k), images.astype("float32"))))
    values = np.asarray(draw(jax.random.split(key, runs)), np.float64)
    products = np.einsum("rik,rjk->rij", values, values) / net.outputs
    kernel = pair_kernels(net.architecture, images).nngp
    # biased by 1/width, much below the spread of the mean: five of its standard deviations
    spread = products.std(0) / runs**0.5
    assert np.all(np.abs(products.mean(0) - kernel) < 5 * spread)
    assert np.all(spread < 0.2 * kernel.max())


def test_activations_are_what_the_readout_averages(key):
    net = make("LAP")
    images = np.random.default_rng(5).normal(size=(2, 2, 4, 3))
    parameters = net.init(key, "float64")
    first, second = net.activations(parameters, images)
    assert first.shape == (2, 2, 4, 3) and second.shape == (2, 2, 4, 2)
    means = np.asarray(second).reshape(2, 2, 2, 2, 2).mean((1, 3))
    np.testing.assert_allclose(net.pooled(second)[:, 0], means, rtol=1e-14)


def test_bad_descriptions_and_inputs_are_refused(key):
    with pytest.raises(ValueError, match="infinite network; give one width a layer"):
        network(Architecture("VEC", 2), 4, 4, 3, 5)
    with pytest.raises(ValueError, match="outputs=0 must be a whole number"):
        network(Architecture("VEC", 1, widths=(2,)), 4, 4, 3, 0)
    with pytest.raises(ValueError, match="do not tile"):
        network(Architecture("LAP", 1, window=3, widths=(2,)), 4, 4, 3, 2)
    net = make("VEC")
    with pytest.raises(ValueError, match="unknown law 'cauchy'"):
        net.init(key, law="cauchy")
    with pytest.raises(ValueError, match="unknown law 'cauchy'"):
        net.init(key, first="cauchy")
    with pytest.raises(ValueError, match="unknown dtype"):
        net.init(key, "float16")
    parameters = net.init(key)
    with pytest.raises(ValueError, match="must be float32 as the parameters"):
        net.apply(parameters, np.ones((1, 2, 4, 3)))
    with pytest.raises(ValueError, match="add an axis"):
        net.apply(parameters, np.ones((2, 4, 3), "float32"))
