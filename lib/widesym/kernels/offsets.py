r"""The geometry of the decomposition by offsets: which pairs of pixels a readout looks at.

With circular padding a convolution takes the kernel's entry at pixels :math:`(p, p+\delta)` to an
average over entries at the **same** offset :math:`\delta`,

.. math:: K^{l}(p,p+\delta) = \frac{\sigma_w^2}{9}\sum_{|s|_\infty\le1}
    \kappa\big(K^{l-1}\big)(p+s,p+s+\delta) + \sigma_b^2,

so every offset is a recursion of its own on an H x W map (B-X1). The readout averages over pairs of
pixels in one pooling window,

.. math:: \bar K = \frac{1}{d\,k^2}\sum_{\delta}\sum_{p:\ p\sim p+\delta} K^{L}(p,p+\delta),

where ~ means: in the same window of :math:`k\times k`. GAP has one window and needs all d offsets; LAP
needs :math:`(2k-1)^2`; VEC and LCN, k = 1, need :math:`\delta=0` only. Rows and columns separate.
"""

from typing import NamedTuple

import numpy as np

from widesym.architectures import Architecture


class Offsets(NamedTuple):
    """Offsets of rows R and columns S, and where both pixels lie in one window.

    ``rows`` (R,) and ``columns`` (S,) are taken modulo H and W; the pair (h, h + rows[i]) counts where
    ``in_rows[i, h]``, (R, H), and the same for ``in_columns``, (S, W); ``pairs`` is how many pairs of
    pixels count, over all offsets.
    """

    rows: np.ndarray
    columns: np.ndarray
    in_rows: np.ndarray
    in_columns: np.ndarray

    @property
    def pairs(self) -> int:
        """The number of pairs of pixels in one window."""
        return int(self.in_rows.sum()) * int(self.in_columns.sum())


def offsets(architecture: Architecture, height: int, width: int) -> Offsets:
    """Return the offsets that the readout of an architecture needs on images H x W.

    Raises:
        ValueError: LAP's windows do not tile the image. Source: [SS], Section 5; B-X1.
    """
    tall, wide = architecture.pooling(height, width)
    rows, in_rows = _along_one_side(height, tall)
    columns, in_columns = _along_one_side(width, wide)
    return Offsets(rows, columns, in_rows, in_columns)


def _along_one_side(size: int, window: int) -> tuple[np.ndarray, np.ndarray]:
    place = np.arange(size)
    reach = range(1 - window, window)
    shifts = np.array(sorted({shift % size for shift in reach}))
    return shifts, (place // window) == (place + shifts[:, None]) % size // window
