r"""Tables for the compiled recursion: per-image numbers, in its units and in its order.

With ReLU a state in units of :math:`c_l`, that is :math:`\Delta=c_l\tilde\Delta`, doubled at every
activation, passes a layer by a mere sum over the window of area A if

.. math:: c_1=\frac{\sigma_w^2}A,\qquad c_{l+1}=\frac{\sigma_w^2}{2A}\,c_l,\qquad
    \tilde r_l=\sqrt{q_l/(2c_l)}.

For :math:`\sigma_w^2=2` and A = 9 the numbers grow ninefold a layer; so every ``period`` layers, before
they leave the range of single precision, the state is multiplied by :math:`(c_2/c_1)^{period}` and
:math:`c` starts again. With erf, c = 1, and r belongs to q + 1/2.
"""

import math
from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np

from widesym.architectures import Architecture
from widesym.kernels.activations import OFFSET
from widesym.kernels.images import Images

from .layout import gather
from .vectors import LANES

_DECADES = 12  # how far numbers may grow or shrink by the units alone: single precision has 38 either way
_CACHE_LINE = 64


class Units(NamedTuple):
    """``units`` (L,) of the state at each layer; every ``period`` layers it is multiplied by ``rescale``.

    ``factor`` is the weight variance over the window's area.
    """

    factor: float
    units: np.ndarray
    period: int
    rescale: float


def units(architecture: Architecture, side: int) -> Units:
    """Return the units of an architecture whose convolution's window has this side."""
    depth, factor = architecture.depth, architecture.weight_variance / side**2
    if architecture.activation != "relu":
        return Units(factor, np.ones(depth), depth, 1.0)
    ratio = factor / 2
    decades = abs(math.log10(ratio))
    period = depth if decades * depth <= _DECADES else max(1, int(_DECADES / decades))
    return Units(factor, factor * ratio ** (np.arange(depth) % period), period, ratio**period)


def aligned(shape: tuple[int, ...], real: np.dtype) -> np.ndarray:
    """Return an empty array that starts on a cache line: no load of a register crosses two."""
    size = math.prod(shape) * np.dtype(real).itemsize
    memory = np.empty(size + _CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % _CACHE_LINE
    return memory[start : start + size].view(real).reshape(shape)


class Tables(NamedTuple):
    """Flat arrays: inputs (n, C, H, W), r and 1/(sqrt(2) r), (n, L, H, W); of groups, (G, C, H, W, V), ..."""

    x: np.ndarray
    r: np.ndarray
    inverse: np.ndarray


def tables(images: Images, units: np.ndarray) -> Tables:
    """Return the tables of images, one after the other."""
    real = images.pixels.dtype.type
    x = np.ascontiguousarray(images.pixels.transpose(0, 3, 1, 2)) * real((2 * images.pixels.shape[3]) ** -0.5)
    r = images.variances + real(OFFSET[images.architecture.activation])
    r *= (0.5 / units).astype(real).reshape(1, -1, 1, 1)
    np.sqrt(r, out=r)
    with np.errstate(divide="ignore"):
        inverse = real(0.5**0.5) / r
    inverse[np.isinf(inverse)] = 0  # no variance: nothing there differs, and the angle is 0
    return Tables(x.ravel(), r.ravel(), inverse.ravel())


def grouped(table: Tables, count: int, pool: Executor) -> Tables:
    """Return the tables of ``count`` images in groups, the image last; the last one may be repeated."""
    return Tables(*(_grouped(part.reshape(count, -1), pool) for part in table))


def _grouped(part: np.ndarray, pool: Executor) -> np.ndarray:
    size = LANES[part.dtype]
    groups = -(-len(part) // size)
    out = aligned((groups, part.shape[1], size), part.dtype)
    list(pool.map(lambda group: gather(part, (group, group + 1), out), range(groups)))
    return out.ravel()
