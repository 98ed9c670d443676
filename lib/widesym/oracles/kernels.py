r"""Kernels of infinite networks by two other ways: Neural Tangents' layers, and NumPy without any shortcut.

The slow way keeps the whole covariance :math:`K(p,p')` of all pairs of pixels and takes every mean over
patches and pooling windows by its definition, in float64:

.. math:: K^0(p,p')=\tfrac1C\textstyle\sum_c x_{pc}x'_{p'c},\qquad
    K^l(p,p')=\frac{\sigma_w^2}{A}\sum_{s\in\text{window}}V(K^{l-1})(p+s,p'+s)+\sigma_b^2,

.. math:: \Theta^l(p,p')=K^l(p,p')
    +\frac{\sigma_w^2}{A}\sum_s\big(\dot V(K^{l-1})\,\Theta^{l-1}\big)(p+s,p'+s).

Written from Xiao and Pennington (2022), Section 5, Novak et al. (2019) and Arora et al. (2019), not from
the library's code, to check it. Letters: H x W pixels, d = H W, C channels, A pixels in a patch.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from widesym.architectures import Architecture
from widesym.oracles import neural_tangents


def stax_kernels(architecture: Architecture) -> Callable[[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
    """Return the jitted function of Neural Tangents: images (n1, H, W, C), (n2, H, W, C) to NNGP and NTK.

    Raises:
        ImportError: Neural Tangents is not installed.
    """
    stax = neural_tangents.load().stax
    scales = {"W_std": architecture.weight_variance**0.5, "b_std": architecture.bias_variance**0.5}
    window = (architecture.kernel_size,) * 2
    convolution = stax.ConvLocal if architecture.kind == "LCN" else stax.Conv
    layers = [stax.Flatten()] if architecture.kind == "FCN" else []
    for _ in range(architecture.depth):
        if architecture.kind == "FCN":
            layers.append(stax.Dense(1, **scales))
        else:
            layers.append(convolution(1, window, padding="CIRCULAR", **scales))
        layers.append(stax.Relu() if architecture.activation == "relu" else stax.Erf())
    pool = (architecture.window,) * 2
    readouts = {
        "FCN": [],
        "LCN": [stax.Flatten()],
        "VEC": [stax.Flatten()],
        "LAP": [stax.AvgPool(pool, pool), stax.Flatten()] if architecture.window else [],
        "GAP": [stax.GlobalAvgPool()],
    }
    kernel = stax.serial(*layers, *readouts[architecture.kind], stax.Dense(1, **scales))[2]

    @jax.jit
    def kernels(x1: jax.Array, x2: jax.Array) -> tuple[jax.Array, jax.Array]:
        found = kernel(jnp.asarray(x1), jnp.asarray(x2), ("nngp", "ntk"))
        return found.nngp, found.ntk

    return kernels


def slow_kernels(architecture: Architecture, x1: np.ndarray, x2: np.ndarray) -> tuple[float, float]:
    """Return NNGP and NTK of two images (H, W, C): memory O(d^2), time O(L A d^2)."""
    if architecture.kind == "FCN":
        x1, x2 = x1.reshape(1, 1, -1), x2.reshape(1, 1, -1)
    w, b = architecture.weight_variance, architecture.bias_variance
    reach = 0 if architecture.kind == "FCN" else architecture.kernel_size // 2

    def convolved(K):  # (H, W, H, W): the same shift of both pixels
        shifts = [(i, j) for i in range(-reach, reach + 1) for j in range(-reach, reach + 1)]
        return w * sum(np.roll(K, (i, j, i, j), (0, 1, 2, 3)) for i, j in shifts) / len(shifts)

    # one recursion for (x1, x1), (x2, x2) and (x1, x2): the first two give the variances of the third
    K = [np.einsum("abc,dec->abde", x, y) / x.shape[-1] for x, y in ((x1, x1), (x2, x2), (x1, x2))]
    theta = np.zeros_like(K[2])
    for _ in range(architecture.depth):
        K = [convolved(k) + b for k in K]
        theta = convolved(theta) + K[2]
        variances = [np.einsum("abab->ab", k) for k in K[:2]]
        pairs = (variances[0], variances[0]), (variances[1], variances[1]), variances
        V, slopes = zip(
            *(_dual(architecture.activation, k, *q) for k, q in zip(K, pairs, strict=True)), strict=True
        )
        K, theta = list(V), slopes[2] * theta
    pooled, pooled_theta = (_readout(architecture, m) for m in (K[2], theta))
    return w * pooled + b, w * pooled + b + w * pooled_theta


def _dual(activation: str, k: np.ndarray, q1: np.ndarray, q2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The covariances of the activation and of its slope: Cho and Saul (2009), Williams (1997)."""
    q1, q2 = q1[:, :, None, None], q2[None, None, :, :]
    if activation == "relu":
        norm = np.sqrt(q1 * q2)
        angle = np.arccos(np.clip(k / norm, -1, 1))
        value = norm * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)
        return value, (np.pi - angle) / (2 * np.pi)
    product = (1 + 2 * q1) * (1 + 2 * q2)
    return 2 / np.pi * np.arcsin(2 * k / np.sqrt(product)), 4 / np.pi / np.sqrt(product - 4 * k**2)


def _readout(architecture: Architecture, K: np.ndarray) -> float:
    """The mean over pairs of pixels that the readout sees together."""
    height, width = K.shape[:2]
    if architecture.kind == "GAP":
        return K.mean()
    k = architecture.window if architecture.kind == "LAP" else 1
    corners = [(h, w) for h in range(0, height, k) for w in range(0, width, k)]
    return np.mean([K[h : h + k, w : w + k, h : h + k, w : w + k].mean() for h, w in corners])
