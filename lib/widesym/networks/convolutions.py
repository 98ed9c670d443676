r"""Circular convolutions of images, with weights shared by all positions or not.

.. math:: z_{\alpha,j}=\sum_{\beta,i}W_{\beta,i,j}\,a_{\alpha+\beta,i}\qquad\text{or}\qquad
    z_{\alpha,j}=\sum_{\beta,i}W_{\alpha,\beta,i,j}\,a_{\alpha+\beta,i},

with :math:`\beta` over a window of k x k pixels round :math:`\alpha`, across the borders to the other side.

What is fast was measured (forward and backward of two layers, 40 images of 8 x 8 and 32 channels, one core):

* unshared: patches beside each other and one matrix product a position, with the positions as *first* axes,
  takes 4 ms; with the images first 7 ms; ``conv_general_dilated_local`` 26 ms;
* shared, float32, where training runs in ``lax.scan``: XLA's convolution with XLA's gradient takes 46 ms
  there and 3 ms outside; with the gradient in the weights as a product of patches it takes 3 ms in both;
  patches alone 5 ms;
* shared, float64: 22 ms by convolution, 13 ms by patches; under ``vmap`` over four runs 362 ms and 83 ms.
  XLA has a fast convolution on the CPU in single precision only, and none for a batch of weights.

So patches it is, but for shared weights in single precision on a CPU. Forward-mode derivatives (``jvp``) do
not go through that path; those of :mod:`widesym.networks.empirical` are transposed backward ones.

Letters: n images, H x W pixels, C channels in, N out, side k of the window.
"""

import jax
import jax.numpy as jnp
from jax import Array


def shared(images: Array, weight: Array) -> Array:
    """Convolve images (n, H, W, C) with weights (k, k, C, N) to (n, H, W, N)."""
    if len(weight) == 1:
        return images @ weight[0, 0]
    if images.dtype == jnp.float32 and jax.default_backend() == "cpu":
        return _convolution(images, weight)
    return patches(images, len(weight), (1, 2)) @ weight.reshape(-1, weight.shape[-1])


def _plain(images: Array, weight: Array) -> Array:
    return jax.lax.conv_general_dilated(
        _wrapped(images, len(weight) // 2, (1, 2)),
        weight,
        window_strides=(1, 1),
        padding="VALID",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


@jax.custom_vjp
def _convolution(images: Array, weight: Array) -> Array:
    """XLA's convolution, with a gradient in the weights that is fast in loops too."""
    return _plain(images, weight)


def _forward(images: Array, weight: Array) -> tuple[Array, tuple[Array, Array]]:
    # the gradient needs the patches: made once, they serve both
    seen = patches(images, len(weight), (1, 2))
    return seen @ weight.reshape(-1, weight.shape[-1]), (seen, weight)


def _backward(kept: tuple[Array, Array], cotangent: Array) -> tuple[Array, Array]:
    seen, weight = kept
    # circular: the transpose is the convolution with the window turned round
    to_images = _convolution(cotangent, jnp.swapaxes(weight[::-1, ::-1], 2, 3))
    to_weight = jnp.einsum("nhwk,nhwo->ko", seen, cotangent)
    return to_images, to_weight.reshape(weight.shape)


_convolution.defvjp(_forward, _backward)


def unshared(images: Array, weight: Array) -> Array:
    """Apply to each patch of images (H, W, n, C) weights (H, W, k, k, C, N) of its own: to (H, W, n, N)."""
    height, width, side, _, channels, out = weight.shape
    return patches(images, side, (0, 1)) @ weight.reshape(height, width, side * side * channels, out)


def patches(images: Array, side: int, axes: tuple[int, int]) -> Array:
    """Replace the channels of each pixel, the last axis, by those of its window: C becomes k k C.

    Args:
        images: any shape, of which two axes are rows and columns of pixels.
        side: k, odd; at most 2 H + 1 and 2 W + 1.
        axes: the two axes, the second right after the first.

    Returns:
        The windows, row by row, channels last: entry (i k + j) C + c is channel c of the pixel that lies
        i - (k - 1)/2 rows down and j - (k - 1)/2 columns right.
    """
    if side == 1:
        return images
    wrapped = _wrapped(images, side // 2, axes)
    height, width = (images.shape[axis] for axis in axes)
    shifted = [
        jax.lax.slice_in_dim(
            jax.lax.slice_in_dim(wrapped, i, i + height, axis=axes[0]), j, j + width, axis=axes[1]
        )
        for i in range(side)
        for j in range(side)
    ]
    return jnp.concatenate(shifted, axis=-1)


def _wrapped(images: Array, reach: int, axes: tuple[int, int]) -> Array:
    """Continue images periodically by some pixels on all sides."""
    for axis in axes:
        size = images.shape[axis]
        before = jax.lax.slice_in_dim(images, size - reach, size, axis=axis)
        after = jax.lax.slice_in_dim(images, 0, reach, axis=axis)
        images = jnp.concatenate([before, images, after], axis=axis)
    return images
