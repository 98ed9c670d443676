r"""Haar matrices of O(n) for large n, as products of reflections, without ever writing the matrix down.

With :math:`u` uniform on the sphere of :math:`\mathbb R^n` and :math:`s = -\operatorname{sign} u_1`, the
reflection :math:`H = I - ww^\top`, :math:`w = (u + \operatorname{sign}(u_1) e_1)/\sqrt{1+|u_1|}`, takes
:math:`s\,e_1` to :math:`u`. So :math:`Q_n = H\,(s \oplus Q_{n-1})` has first column :math:`u` and, given
it, a Haar matrix in the complement: by induction :math:`Q_n` is Haar. Source: Stewart, SIAM J. Numer. Anal.
17 (1980) 403-409; Mezzadri, Notices AMS 54 (2007) 592-604.

A matrix product would do the same; but its bits depend on the number of threads, and kernel matrices are
found again by the bits of their images. Here each vector is rotated by itself in a fixed order of sums.
"""

from dataclasses import dataclass, field

import numba
import numpy as np

from widesym import numerics

numerics.enable()  # numba reads its settings once, when it first compiles

_LANES = 32  # vectors side by side: several registers, so that an addition need not wait for the one before


@dataclass(frozen=True, eq=False)
class Reflections:
    """A Haar matrix of O(n) in factors, made by :func:`draw_reflections`.

    Attributes:
        n: size of the matrix.
        normals: ``(n (n + 1) / 2,)``, the vectors w of length sqrt(2), that of n numbers first.
        signs: ``(n,)``, the numbers s.
    """

    n: int
    normals: np.ndarray = field(repr=False)
    signs: np.ndarray = field(repr=False)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Return the matrix times each row of ``(m, n)``, in float64 and rounded to their dtype."""
        rotated = np.empty_like(rows)
        block = np.zeros((self.n, _LANES))
        for first in range(0, len(rows), _LANES):
            part = rows[first : first + _LANES]
            block[:, : len(part)] = part.T
            _reflect(self.normals, self.signs, block)
            rotated[first : first + len(part)] = block[:, : len(part)].T
        return rotated


def draw_reflections(n: int, rng: np.random.Generator) -> Reflections:
    """Draw a Haar matrix of O(n); 4 n^2 bytes."""
    normals = rng.standard_normal(n * (n + 1) // 2)
    signs = np.empty(n)
    first = 0
    for k in range(n):
        w = normals[first : first + n - k]
        w /= np.sqrt(np.sum(w * w))
        sign = np.copysign(1.0, w[0])
        signs[k] = -sign
        scale = np.sqrt(1.0 + abs(w[0]))
        w[0] += sign
        w /= scale
        first += n - k
    normals.setflags(write=False)
    signs.setflags(write=False)
    return Reflections(n, normals, signs)


@numba.njit(cache=True)
def _reflect(normals, signs, block):
    """Rotate the columns of ``block`` (n, _LANES) in place, innermost factor first.

    One pass over the block ends one reflection and sums the inner products of the next.
    """
    n = block.shape[0]
    ended, along = np.zeros(_LANES), np.empty(_LANES)
    first = normals.shape[0]
    before = normals
    for k in range(n - 1, -1, -1):
        first -= n - k
        w = normals[first : first + n - k]
        for lane in range(_LANES):
            block[k, lane] *= signs[k]
            along[lane] = w[0] * block[k, lane]
        for i in range(1, n - k):
            for lane in range(_LANES):
                x = block[k + i, lane] - before[i - 1] * ended[lane]
                block[k + i, lane] = x
                along[lane] += w[i] * x
        before = w
        ended[:] = along
    for i in range(n):
        for lane in range(_LANES):
            block[i, lane] -= before[i] * ended[lane]
