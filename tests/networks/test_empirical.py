import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.kernels.pairs import pair_kernels
from widesym.networks.empirical import base_rate, largest_eigenvalue, nngp, ntk, stable_rate
from widesym.networks.models import network
from widesym.networks.objective import Descent, step

RNG = np.random.default_rng(5)
X, Z = RNG.normal(size=(5, 4, 4, 3)), RNG.normal(size=(3, 4, 4, 3))


def make(kind, widths=(4, 5), outputs=2, **more):
    architecture = Architecture(kind, len(widths), window=2 if kind == "LAP" else 0, widths=widths, **more)
    return network(architecture, 4, 4, 3, outputs)


def full_jacobian(net, parameters, images):
    """Rows (n, K) of all derivatives, each times the root of its rate."""
    jacobian = jax.jacobian(lambda theta: net.apply(theta, images))(parameters)
    scaled = jax.tree.map(lambda a, r: a * r**0.5, jacobian, net.rates())
    return np.concatenate([np.reshape(a, (*a.shape[:2], -1)) for a in jax.tree.leaves(scaled)], -1)


def test_ntk_is_the_product_of_jacobians(key):
    net = make("LCN", parametrisation="mup")
    parameters = net.init(key, "float64")
    one, other = full_jacobian(net, parameters, X), full_jacobian(net, parameters, Z)
    expected = np.einsum("ikp,jkp->ij", one, other) / net.outputs
    np.testing.assert_allclose(ntk(net, parameters, X, Z, 2), expected, rtol=1e-10)


def test_largest_eigenvalue_and_the_rates_that_follow(key):
    net = make("LAP", parametrisation="mup")
    parameters = net.init(key, "float64")
    rows = full_jacobian(net, parameters, X).reshape(10, -1)
    top = np.linalg.eigvalsh(rows @ rows.T)[-1]
    # blocks of two leave the last image out
    left = np.linalg.eigvalsh(rows[:8] @ rows[:8].T)[-1]
    assert largest_eigenvalue(net, parameters, X, 200) == pytest.approx(top, rel=1e-6)
    assert largest_eigenvalue(net, parameters, X, 200, 2) == pytest.approx(left, rel=1e-6)
    single = jax.tree.map(lambda a: a.astype("float32"), parameters)
    found = largest_eigenvalue(net, single, X.astype("float32"), 200)
    assert found.dtype == "float32" and found == pytest.approx(top, rel=1e-4)
    # eight products with a matrix of 10 x 10, then as many as it has rows
    assert largest_eigenvalue(net, parameters, X, 8) == pytest.approx(top, rel=1e-3)
    assert largest_eigenvalue(net, parameters, X, 2) < (1 - 1e-6) * top
    assert base_rate(net, parameters, X) == pytest.approx(2 * 5 / top, rel=1e-3)
    assert stable_rate(net, parameters, X, 0.5) == pytest.approx(1.5 * 2 * 2 * 5 / top, rel=1e-3)


def test_activations_of_many_images_are_not_all_kept(key):
    net = network(Architecture("VEC", depth=2, widths=(16, 16)), 4, 4, 3, 5)
    parameters, images = net.init(key), jnp.ones((16384, 4, 4, 3), "float32")
    compiled = jax.jit(lambda theta: largest_eigenvalue(net, theta, images)).lower(parameters).compile()
    activations = images.size // 3 * 2 * 16 * 4  # bytes, of two layers
    assert compiled.memory_analysis().temp_size_in_bytes < activations / 2


@pytest.mark.parametrize("name", ["ntk", "standard", "mup"])
def test_nngp_is_the_covariance_over_readouts(name, key):
    net = make("VEC", outputs=20_000, parametrisation=name)
    parameters = net.init(key, "float64")
    values = np.asarray(net.apply(parameters, X))
    products = values[:, None] * values[None]
    expected, spread = products.mean(-1), products.std(-1) / 20_000**0.5
    assert np.all(np.abs(nngp(net, parameters, X, X) - expected) < 5 * spread)


@pytest.mark.parametrize("kind", ["FCN", "LCN", "GAP"])
def test_both_tend_to_the_kernels(kind, key):
    width, runs = {"FCN": 256, "LCN": 16, "GAP": 64}[kind], 40
    net = make(kind, (width, width), outputs=4)
    images = jnp.asarray(X[:3])
    many = jax.vmap(lambda k: net.init(k, "float64"))(jax.random.split(key, runs))
    expected = pair_kernels(net.architecture, X[:3], precision="float64")
    for found, kernel in (
        (jax.vmap(lambda p: nngp(net, p, images, images))(many), expected.nngp),
        (jax.lax.map(lambda p: ntk(net, p, images, images), many), expected.ntk),
    ):
        mean, spread = np.mean(found, 0), np.std(found, 0) / runs**0.5
        # in the mean the kernel, up to 1/width, and at single draws near it
        assert np.all(np.abs(mean - kernel) < 5 * spread + kernel.max() / width)
        assert np.all(5 * spread < 0.25 * kernel.max())


def test_descent_is_stable_below_the_stable_rate_only(key):
    # wide, so that outputs are nearly linear in the weights
    net = make("FCN", (512,), outputs=2)
    parameters, targets = net.init(key, "float64"), RNG.normal(size=(5, 2))
    rate = float(stable_rate(net, parameters, X))

    def last(factor):
        descent = Descent(factor * rate)
        one = jax.jit(lambda p, m: step(net, p, m, X, targets, descent))
        theta, memory = parameters, descent.memory.init(parameters)
        for _ in range(150):
            theta, memory, value = one(theta, memory)
        return value

    assert last(0.7) < 1e-3
    # also when it is no number
    assert not last(1.5) < 1e-1
