r"""Kernels of infinite residual convolutions, by Neural Tangents' layers.

The infinite network of :mod:`widesym.networks.residual`: with V the covariance of ReLU, and
:math:`\mathcal A` the mean over patches times the weights' variance, plus that of the bias,

.. math:: K^1=\mathcal A(K^0),\qquad K^{l}=K^{l-1}+\mathcal A(V(K^{l-1})),

so that skips keep the offset of a pair of pixels, as convolutions do.
"""

import warnings
from collections.abc import Callable

import jax
import jax.numpy as jnp

from widesym.architectures import Architecture
from widesym.oracles import neural_tangents


def skip_kernels(architecture: Architecture) -> Callable[[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
    """Return the jitted function of images (n1, H, W, C), (n2, H, W, C) to NNGP and NTK.

    Args:
        architecture: VEC or GAP, ReLU: what the skips are put into.

    Raises:
        ValueError: another architecture.
        ImportError: Neural Tangents is not installed.
    """
    if architecture.kind not in ("VEC", "GAP") or architecture.activation != "relu":
        raise ValueError(f"{architecture.name} with {architecture.activation}: must be VEC or GAP with relu")
    stax = neural_tangents.load().stax
    scales = {"W_std": architecture.weight_variance**0.5, "b_std": architecture.bias_variance**0.5}
    window = (architecture.kernel_size,) * 2

    def convolution() -> tuple:
        return stax.Conv(1, window, padding="CIRCULAR", **scales)

    layers = [convolution()]
    for _ in range(architecture.depth - 1):
        round_it = stax.parallel(stax.Identity(), stax.serial(stax.Relu(), convolution()))
        layers += [stax.FanOut(2), round_it, stax.FanInSum()]
    readout = stax.GlobalAvgPool() if architecture.kind == "GAP" else stax.Flatten()
    kernel = stax.serial(*layers, stax.Relu(), readout, stax.Dense(1, **scales))[2]

    @jax.jit
    def kernels(x1: jax.Array, x2: jax.Array) -> tuple[jax.Array, jax.Array]:
        with warnings.catch_warnings():
            # sums want independent branches with weights in each; the convolution's weights of mean zero do
            warnings.filterwarnings("ignore", message=r"`FanIn` layers assume independent inputs")
            found = kernel(jnp.asarray(x1), jnp.asarray(x2), ("nngp", "ntk"))
        return found.nngp, found.ntk

    return kernels
