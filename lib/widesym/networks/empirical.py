r"""NNGP and NTK of one finite network, and what they say about the learning rate.

With :math:`a` the last hidden layer after pooling, and s, v, t, u, r the numbers of
:mod:`widesym.networks.parametrisations`,

.. math:: \hat{\mathcal K}(x,x')=s^2v^2\langle a(x),a(x')\rangle+t^2u^2,\qquad
    \hat\Theta(x,x')=\frac1K\sum_{k=1}^K\sum_pr_p\,\partial_pf_k(x)\,\partial_pf_k(x').

The first is the covariance of an output over draws of the readout alone; its mean over the hidden layers is
the finite network's NNGP kernel. Both tend to the kernels of :mod:`widesym.kernels` as the widths grow.

**Learning rate.** For the loss :math:`\frac1{2Km}\sum|f-y|^2` with outputs linear in the weights, gradient
descent on all m images is stable up to :math:`2Km/\lambda_{\max}`, and with momentum up to
:math:`2(1+\mu)Km/\lambda_{\max}`, with :math:`\lambda_{\max}` the largest eigenvalue of the NTK of all m K
outputs. [SS] starts from :math:`\eta_0=2/\lambda_{\max}` by Neural Tangents' ``max_learning_rate``, which
multiplies by the number of rows of the matrix. Given the m x m matrix of one output, this is

.. math:: \eta_0=\frac{2m}{\lambda_{\max}},

K times less. It fits the paper's remark that :math:`8\eta_0` is 2 to 4 times below the largest feasible rate:
:math:`(1+\mu)K/8\approx2.4` for K = 10.

Letters: n1, n2 images; K outputs.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.networks.models import Network, Parameters


@functools.partial(jax.jit, static_argnums=0)
def nngp(net: Network, parameters: Parameters, one: Array, other: Array) -> Array:
    """Return the covariance of an output over draws of the readout, for images (n1, ...) and (n2, ...).

    Source: [SS], Section 3; Neal 1996.
    """
    scale = net.scales()["readout"]
    first, second = (_seen(net, parameters, images) for images in (one, other))
    bias = (scale.bias * scale.bias_deviation) ** 2
    return (scale.weight * scale.weight_deviation) ** 2 * first @ second.T + bias


def _seen(net: Network, parameters: Parameters, images: Array) -> Array:
    return net.pooled(net.activations(parameters, images)[-1]).reshape(len(images), -1)


@functools.partial(jax.jit, static_argnums=(0, 4))
def ntk(net: Network, parameters: Parameters, one: Array, other: Array, block: int = 8) -> Array:
    """Return the NTK, the mean over outputs, for images (n1, ...) and (n2, ...).

    Args:
        net: the network.
        parameters: theta; also under ``jax.vmap``.
        one: (n1, H, W, C).
        other: (n2, H, W, C).
        block: images whose gradients are held at once; two blocks times the parameters is the memory.

    Returns:
        (n1, n2). Source: Jacot, Gabriel and Hongler 2018.
    """
    rates = net.rates()

    def gradient(image: Array, output: Array) -> Parameters:
        return jax.grad(lambda theta: net.apply(theta, image[None])[0, output])(parameters)

    def of_output(output: Array) -> Array:
        def row(image: Array) -> Array:
            left = jax.tree.map(jnp.multiply, rates, gradient(image, output))

            def entry(image: Array) -> Array:
                products = jax.tree.map(lambda a, b: jnp.sum(a * b), left, gradient(image, output))
                return sum(jax.tree.leaves(products))

            return jax.lax.map(entry, other, batch_size=block)

        return jax.lax.map(row, one, batch_size=block)

    return jax.lax.map(of_output, jnp.arange(net.outputs)).mean(0)


@functools.partial(jax.jit, static_argnums=(0, 3, 4))
def largest_eigenvalue(
    net: Network, parameters: Parameters, images: Array, iterations: int = 8, block: int = 64
) -> Array:
    r"""Return :math:`\lambda_{\max}` of the NTK of all outputs at all images, m K x m K, by Lanczos's method.

    The matrix is never made: a product with it is one backward and one forward derivative of the network,
    which cost as much as several steps of training. Eight come nearer than forty of the power method.

    Args:
        net: the network.
        parameters: theta; also under ``jax.vmap``.
        images: (m, H, W, C); the first ``m - m % block`` of them, if there are as many.
        iterations: products with the matrix; the value rises with them.
        block: images that are worked on at once.

    Returns:
        The largest Ritz value, a lower bound that is near: a scalar. Source: Golub and Van Loan 2013,
        Section 10.1.
    """
    block = min(block, len(images))
    blocks = images[: len(images) - len(images) % block]
    blocks = blocks.reshape(-1, block, *images.shape[1:])
    rates = net.rates()

    # activations are made anew for each product: a third more time, but those of all images fill a memory
    apply = jax.checkpoint(net.apply)
    _, pull = jax.vjp(lambda theta: jax.lax.map(lambda x: apply(theta, x), blocks), parameters)

    def product(vector: Array) -> Array:
        # the transpose of the backward derivative: convolutions have no forward one
        (pulled,), push = jax.vjp(pull, vector.reshape(shape))
        return push((jax.tree.map(jnp.multiply, rates, pulled),))[0].reshape(-1)

    def iterate(state: tuple[Array, Array], at: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        basis, vector = state
        basis = basis.at[at].set(vector)
        image = product(vector)
        rest = image
        for _ in range(2):  # once is not enough for rounding
            rest = rest - (basis @ rest) @ basis
        norm = jnp.linalg.norm(rest)
        # nothing is left where the basis spans all that the matrix reaches
        left = norm > jnp.finfo(norm.dtype).eps * jnp.linalg.norm(image)
        following, norm = (jnp.where(left, value, 0.0) for value in (rest / norm, norm))
        return (basis, following), (jnp.vdot(vector, image), norm)

    # outputs of one sign at all images are near the top; the rest of the start is there to find what is not
    shape = (*blocks.shape[:2], net.outputs)
    # NumPy's: a generator in the program would be a third of what there is to compile
    start = np.random.default_rng(0).standard_normal(shape).reshape(-1) + 0.5
    start = jnp.asarray(start, images.dtype)
    steps = min(iterations, start.size)
    basis = jnp.zeros((steps, start.size), start.dtype)
    state = (basis, start / jnp.linalg.norm(start))
    diagonal, beside = jax.lax.scan(iterate, state, jnp.arange(steps))[1]
    tridiagonal = jnp.diag(diagonal) + jnp.diag(beside[:-1], 1) + jnp.diag(beside[:-1], -1)
    return jnp.linalg.eigvalsh(tridiagonal)[-1]


def base_rate(net: Network, parameters: Parameters, images: Array) -> Array:
    r"""Return the paper's rate :math:`\eta_0=2m/\lambda_{\max}`, images (m, H, W, C). Source: [SS], B.1."""
    used = len(images) - len(images) % min(64, len(images))
    return 2.0 * used / largest_eigenvalue(net, parameters, images)


def stable_rate(net: Network, parameters: Parameters, images: Array, mass: float = 0.9) -> Array:
    r"""Return :math:`2(1+\mu)Km/\lambda_{\max}`, to which descent on (m, H, W, C) is stable at first."""
    return (1 + mass) * net.outputs * base_rate(net, parameters, images)
