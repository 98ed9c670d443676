"""Kernels of infinite residual networks: a recursion by hand, and finite networks that tend to them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.networks.empirical import nngp, ntk
from widesym.networks.models import network
from widesym.networks.residual import residual
from widesym.oracles.skips import skip_kernels

RNG = np.random.default_rng(2)
X = RNG.normal(size=(2, 4, 4, 3))


def convolved(k):
    """Twice the mean over patches of pairs of pixels (H, W, H, W), and the variance of the bias."""
    shifts = [(i, j, i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return 2 * sum(np.roll(k, shift, (0, 1, 2, 3)) for shift in shifts) / 9 + 0.01


def rectified(k, one, other):
    """The covariances of ReLU and of its slope, from covariances and the variances of both."""
    norm = np.sqrt(one[:, :, None, None] * other[None, None])
    angle = np.arccos(np.clip(k / norm, -1, 1))
    value = norm * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)
    return value, (np.pi - angle) / (2 * np.pi)


@pytest.mark.parametrize("kind", ["GAP", "VEC"])
def test_both_are_recursions_with_skips(kind):
    (a, b), depth = X, 3
    kernels = [convolved(np.einsum("abc,dec->abde", x, y) / 3) for x, y in ((a, a), (b, b), (a, b))]
    tangent = kernels[2]

    def next_layer(kernels):
        variances = [np.einsum("abab->ab", k) for k in kernels[:2]]
        pairs = ((variances[0],) * 2, (variances[1],) * 2, variances)
        return [rectified(k, *pair) for k, pair in zip(kernels, pairs, strict=True)]

    def pooled(k):
        return k.mean() if kind == "GAP" else np.einsum("abab->ab", k).mean()

    for _ in range(depth - 1):
        after = next_layer(kernels)
        value, slope = after[2]
        tangent = tangent + convolved(value) + convolved(slope * tangent) - 0.01  # the bias counts once
        kernels = [k + convolved(v) for k, (v, _) in zip(kernels, after, strict=True)]
    value, slope = next_layer(kernels)[2]
    nngp = 2 * pooled(value) + 0.01
    found = [float(kernel[0, 0]) for kernel in skip_kernels(Architecture(kind, depth))(X[:1], X[1:])]
    assert found == pytest.approx([nngp, nngp + 2 * pooled(slope * tangent)], rel=1e-9)


def test_finite_networks_tend_to_both(key):
    net = residual(network(Architecture("GAP", 2, widths=(64, 64)), 4, 4, 3, 1))
    images = jnp.asarray(X, "float32")

    def both(k):
        parameters = net.init(k)
        return jnp.stack([kernel(net, parameters, images, images) for kernel in (nngp, ntk)])

    found = jax.jit(lambda keys: jax.lax.map(both, keys))(jax.random.split(key, 300))
    expected = np.stack(skip_kernels(net.architecture)(X, X))
    mean, spread = np.mean(found, 0), np.std(found, 0) / 300**0.5
    assert np.all(np.abs(mean - expected) < 4 * spread + expected.max() / 64)
    assert np.all(4 * spread < 0.1 * expected.max())


def test_others_are_refused():
    with pytest.raises(ValueError, match="LCN with relu: must be VEC or GAP"):
        skip_kernels(Architecture("LCN", 2))
