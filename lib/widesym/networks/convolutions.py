r"""Circular convolutions of images, with weights shared by all positions or not.

.. math:: z_{\alpha,j}=\sum_{\beta,i}W_{\beta,i,j}\,a_{\alpha+\beta,i}\qquad\text{or}\qquad
    z_{\alpha,j}=\sum_{\beta,i}W_{\alpha,\beta,i,j}\,a_{\alpha+\beta,i},

with :math:`\beta` over a window of k x k pixels round :math:`\alpha`, across the borders to the other side.

What is fast was measured (forward and backward of two layers in ``lax.scan``, 40 images of 8 x 8, one core):

* unshared, 32 channels: patches beside each other and one matrix product a position, with the positions as
  *first* axes, takes 4 ms; with the images first 7 ms; ``conv_general_dilated_local`` 26 ms;
* shared, 16 and 48 channels, float32: with the channels as *first* and the images as last axes, windows are
  made of long rows, and one matrix product takes 0.9 and 4.1 ms; with the images first XLA's convolution
  takes 1.4 and 4.9 ms, with its gradient in the weights as a product of patches; XLA's own gradient in the
  weights takes ten times as long; in float64 or over many runs XLA has no fast convolution on the CPU.

Letters: n images, H x W pixels, C channels in, N out, side k of the window.
"""

import jax
import jax.numpy as jnp
from jax import Array


def shared(images: Array, weight: Array) -> Array:
    """Convolve images (C, H, W, n) with weights (k, k, C, N) to (N, H, W, n)."""
    side, _, _, out = weight.shape
    offsets = [(side // 2 - i, side // 2 - j) for i in range(side) for j in range(side)]
    seen = jnp.concatenate([jnp.roll(images, offset, (1, 2)) for offset in offsets])
    found = weight.reshape(-1, out).T @ seen.reshape(seen.shape[0], -1)
    return found.reshape(out, *images.shape[1:])


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
