r"""Images made ready: what the kernels need of each image by itself.

The variance of a unit at pixel p of layer l depends on one image only,

.. math:: q^1 = \sigma_w^2\,\mathcal A\Big(\frac1C\sum_c x_c^2\Big)+\sigma_b^2,\qquad
    q^{l+1} = \sigma_w^2\,\mathcal A\big(E\phi^2(q^l)\big)+\sigma_b^2,

with :math:`\mathcal A` the mean over the convolution's window. Computed once an image, not once a pair.

An FCN is the same recursion on an image of one pixel with all its numbers as channels.

Letters: n images, H x W pixels, C channels, L layers.
"""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from widesym.architectures import Architecture
from widesym.kernels import activations

PRECISIONS = {"float32": np.float32, "float64": np.float64}


@dataclasses.dataclass(frozen=True, eq=False)
class Images:
    """n images, ready for kernels of one architecture; made by :func:`prepare`.

    ``pixels`` (n, H, W, C) and ``variances`` (n, L, H, W) are in the chosen precision; ``last`` (n,), the
    mean variance after the last activation, is float64. An FCN has H = W = 1.
    """

    architecture: Architecture
    pixels: np.ndarray
    variances: np.ndarray
    last: np.ndarray

    def __len__(self) -> int:
        """Return n."""
        return len(self.pixels)

    @property
    def side(self) -> int:
        """The side of the convolution's window."""
        return _side(self.architecture)

    def __getitem__(self, part: slice) -> "Images":
        """Return a range of the images."""
        return Images(self.architecture, self.pixels[part], self.variances[part], self.last[part])


def prepare(architecture: Architecture, images: ArrayLike, precision: str = "float32") -> Images:
    """Compute what kernels need of each image by itself; 8 (C + L) H W bytes an image pass through memory.

    Args:
        architecture: the network.
        images: (n, H, W, C), any real dtype.
        precision: ``"float32"`` or ``"float64"``, of the kernels; this part is float64 in both.

    Raises:
        ValueError: images of another shape, not finite, or that the pooling windows do not tile.
        NotImplementedError: no closed form for the activation or the parametrisation.
    """
    activations.check(architecture)
    if precision not in PRECISIONS:
        raise ValueError(f"unknown precision {precision!r}; valid: {', '.join(PRECISIONS)}")
    pixels = np.asarray(images)
    if pixels.ndim != 4 or 0 in pixels.shape or pixels.dtype.kind not in "biuf":
        raise ValueError(
            f"images must be real numbers of shape (n, H, W, C), each at least 1, got {pixels.dtype} of "
            f"shape {pixels.shape}; for one image add an axis: image[None]"
        )
    pixels = pixels.astype(np.float64)
    if not np.isfinite(pixels).all():
        raise ValueError("images must be finite; found NaN or infinity; remove or replace these pixels")
    architecture.pooling(*pixels.shape[1:3])
    if architecture.kind == "FCN":
        pixels = pixels.reshape(len(pixels), 1, 1, -1)
    return _prepared(architecture, pixels, PRECISIONS[precision])


def _prepared(architecture: Architecture, pixels: np.ndarray, real: type) -> Images:
    n, height, width, _ = pixels.shape
    variances = np.empty((n, architecture.depth, height, width))
    q = np.einsum("nhwc,nhwc->nhw", pixels, pixels) / pixels.shape[-1]
    for layer in range(architecture.depth):
        variances[:, layer] = (
            architecture.weight_variance * _means(q, _side(architecture)) + architecture.bias_variance
        )
        q = activations.variance(architecture.activation, variances[:, layer])
    with np.errstate(over="ignore"):  # kernels that leave the range of the precision are refused as such
        return Images(architecture, pixels.astype(real), variances.astype(real), q.mean((1, 2)))


def _side(architecture: Architecture) -> int:
    return 1 if architecture.kind == "FCN" else architecture.kernel_size


def _means(q: np.ndarray, side: int) -> np.ndarray:
    """The mean over side x side windows, circular, of maps (n, H, W)."""
    for axis in (1, 2):
        q = sum(np.roll(q, shift, axis) for shift in range(-(side // 2), side // 2 + 1))
    return q / side**2
