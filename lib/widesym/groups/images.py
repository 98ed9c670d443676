r"""Fixed transformations of images :math:`x\in(\mathbb R^3)^d`, :math:`d=HW`, drawn from a chain of groups.

.. math:: \{1\} \subset O(3)\otimes I_d \subset O(3)^d \subset O(3d), \qquad P(3d) \subset O(3d):

one 3 x 3 matrix for all pixels, one for each pixel, any rotation of all :math:`3d` numbers, any permutation
of them; and a path of pixelwise rotations from the identity, :math:`\tau_t = e^{-tA}`.

One transformation is one element, drawn from a seed by the Haar law and then applied to every image.
Whatever the dtype, arithmetic is float64 with one rounding at the end, and the sums have a fixed order: the
same seed gives the same bits on any number of threads, for any number of images. Source: [SS], Sections 2
and 4, footnote 12.

Shapes: ``n`` images, ``H`` x ``W`` pixels, ``d = H W``.
"""

import functools
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike

from widesym.groups.checks import checked_order
from widesym.groups.reflections import Reflections, draw_reflections

KINDS = ("identity", "colour", "pixelwise", "permutation", "rotation")

_LABELS = {
    "identity": r"$\{1\}$",
    "colour": r"$O(3)\otimes I_d$",
    "pixelwise": r"$O(3)^d$",
    "permutation": r"$P(3d)$",
    "rotation": r"$O(3d)$",
}
_PATH = "path"
_CHUNK = 1 << 21  # numbers of images that are worked on at once


@dataclass(frozen=True)
class ImageTransformation:
    """One fixed orthogonal map of images, made by :func:`transformation` or :func:`path`.

    Attributes:
        kind: one of :data:`KINDS`, or ``"path"``.
        height: H.
        width: W.
        seed: what the element was drawn from.
        time: t of a path; None otherwise.
    """

    kind: str
    height: int
    width: int
    seed: int
    time: float | None = None

    @property
    def label(self) -> str:
        r"""The group in TeX, as :math:`O(3)^d`; of a path, :math:`\tau_t`."""
        return rf"$\tau_{{{self.time:g}}}$" if self.kind == _PATH else _LABELS[self.kind]

    @property
    def dimension(self) -> int:
        """The dimension of the group that the element was drawn from; 3 d for a path."""
        return _closed_form("pixelwise" if self.kind == _PATH else self.kind, self.height * self.width)

    def __call__(self, images: ArrayLike) -> np.ndarray:
        """Transform images, each by itself.

        Args:
            images: float32 or float64 of shape (..., H, W, 3).

        Returns:
            A new array of the same shape and dtype.

        Raises:
            ValueError: another shape or dtype.
        """
        images = np.asarray(images)
        shape = (self.height, self.width, 3)
        if images.ndim < 3 or images.shape[-3:] != shape or images.dtype not in (np.float32, np.float64):
            raise ValueError(
                f"images are {images.dtype} of shape {images.shape}: must be float32 or float64 of shape "
                f"(..., {self.height}, {self.width}, 3); remedy: convert them, or draw the transformation "
                "for their size"
            )
        rows = images.reshape(-1, 3 * self.height * self.width)
        moved = np.empty(rows.shape, images.dtype)
        step = max(1, _CHUNK // rows.shape[1])
        for first in range(0, len(rows), step):
            moved[first : first + step] = self._of_rows(rows[first : first + step])
        return moved.reshape(images.shape)

    def matrix(self) -> np.ndarray:
        """Return the matrix ``(3 d, 3 d)``, float64, that acts on an image's numbers, colours last."""
        size = 3 * self.height * self.width
        return self(np.eye(size).reshape(size, self.height, self.width, 3)).reshape(size, size).T

    def _of_rows(self, rows: np.ndarray) -> np.ndarray:
        element = self._element
        if element is None:
            return rows
        if isinstance(element, Reflections):
            return element(rows)
        if element.ndim == 1:
            return rows[:, element]
        x = rows.reshape(len(rows), -1, 3).astype(np.float64)
        # in this order: a matrix product may sum in another order for another number of images
        moved = [
            element[:, i, 0] * x[:, :, 0] + element[:, i, 1] * x[:, :, 1] + element[:, i, 2] * x[:, :, 2]
            for i in range(3)
        ]
        return np.stack(moved, axis=-1).reshape(rows.shape)

    @functools.cached_property
    def _element(self) -> np.ndarray | Reflections | None:
        """Matrices ``(1 or d, 3, 3)``, a permutation ``(3 d,)``, reflections, or None for the identity."""
        d = self.height * self.width
        if self.kind == "identity":
            return None
        stream = (*KINDS, _PATH).index(self.kind)
        rng = np.random.default_rng([self.seed, stream])
        if self.kind == "permutation":
            return rng.permutation(3 * d)
        if self.kind == "rotation":
            return draw_reflections(3 * d, rng)
        if self.kind == _PATH:
            return _exponentials(-self.time * rng.standard_normal((d, 3)))
        return _haar(rng, 1 if self.kind == "colour" else d)


def transformation(kind: str, height: int, width: int, seed: int) -> ImageTransformation:
    r"""Draw one element of a group of image transformations by its Haar law (uniformly, if finite).

    Args:
        kind: ``"identity"``; ``"colour"``, :math:`O(3)\otimes I_d`; ``"pixelwise"``, :math:`O(3)^d`;
            ``"permutation"``, :math:`P(3d)`; ``"rotation"``, :math:`O(3d)`. Reflections included.
        height: H.
        width: W.
        seed: an integer >= 0; the kinds have independent streams.

    Raises:
        ValueError: an unknown kind, a size or a seed that is no such integer.
    """
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r}: must be one of {', '.join(KINDS)}; remedy: choose one")
    return ImageTransformation(kind, *_checked(height, width, seed))


def path(height: int, width: int, seed: int, t: float) -> ImageTransformation:
    r"""Return :math:`\tau_t=e^{-tA}` with :math:`A` d skew 3 x 3 matrices of standard normal entries.

    A path in :math:`SO(3)^d` from the identity at ``t = 0``: one seed is one path.

    Args:
        height: H.
        width: W.
        seed: an integer >= 0.
        t: time, finite; the paper's run is from 0 to 1.

    Raises:
        ValueError: a size, seed or time that is no such number. Source: [SS], Section 6, footnote 12.
    """
    if isinstance(t, bool) or not isinstance(t, (int, float, np.number)) or not np.isfinite(t):
        raise ValueError(f"t={t!r}: must be a finite number; remedy: choose one from 0 to 1")
    return ImageTransformation(_PATH, *_checked(height, width, seed), time=float(t))


def _checked(height: int, width: int, seed: int) -> tuple[int, int, int]:
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"seed={seed!r}: must be an integer >= 0; remedy: give one, such as 0")
    return checked_order(height, "height"), checked_order(width, "width"), int(seed)


def _haar(rng: np.random.Generator, count: int) -> np.ndarray:
    """Haar matrices of O(3), ``(count, 3, 3)``: a uniform unit quaternion and a fair sign."""
    rotations = quaternion_rotations(rng.standard_normal((count, 4)))
    return rotations * (1.0 - 2.0 * rng.integers(2, size=count))[:, None, None]


def quaternion_rotations(quaternions: np.ndarray) -> np.ndarray:
    """Return rotations ``(n, 3, 3)`` from quaternions ``(n, 4)``; standard normal ones give the Haar law."""
    a, b, c, d = (quaternions / np.sqrt(np.sum(quaternions * quaternions, axis=1, keepdims=True))).T
    rotations = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a - b * b + c * c - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a - b * b - c * c + d * d],
        ]
    )
    return np.moveaxis(rotations, -1, 0)


def _exponentials(axes: np.ndarray) -> np.ndarray:
    r"""For v (d, 3), :math:`e^{[v]}=I+\frac{\sin\theta}\theta[v]+\frac{1-\cos\theta}{\theta^2}[v]^2`."""
    theta = np.sqrt(np.sum(axes * axes, axis=1))[:, None, None]
    x, y, z = axes.T
    zero = np.zeros_like(x)
    skew = np.moveaxis(np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]]), -1, 0)
    # 1 - cos t = 2 sin^2(t/2), without the cancellation at small t; np.sinc(u) = sin(pi u) / (pi u)
    first, second = np.sinc(theta / np.pi), 0.5 * np.sinc(theta / (2 * np.pi)) ** 2
    square = axes[:, :, None] * axes[:, None, :] - theta**2 * np.eye(3)
    return np.eye(3) + first * skew + second * square


def lie_dimension(kind: str, d: int) -> int:
    r"""Count the dimension of a group of image transformations from its Lie algebra.

    The rank of the matrices that span the Lie algebra, found from their Gram matrix
    :math:`\langle A,B\rangle=\operatorname{tr}A^\top B`; 3, 3d and 3d(3d-1)/2, and 0 for the finite groups.

    Args:
        kind: one of :data:`KINDS`.
        d: pixels; ``"rotation"`` takes some 100 d^2 x 9 / 2 bytes.

    Raises:
        ValueError: an unknown kind, or ``d`` no positive integer. Source: [SS], Section 5.
    """
    spanning = lie_algebra(kind, d)
    if not spanning.shape[0]:
        return 0
    gram = (spanning @ spanning.T).tocoo()
    # orthogonal matrices other than zero are independent: then nothing but counting is left
    if not np.all(gram.row == gram.col):
        return int(np.linalg.matrix_rank(gram.toarray(), hermitian=True))
    return int(np.count_nonzero(gram.data))


def lie_algebra(kind: str, d: int) -> scipy.sparse.csr_array:
    r"""Return matrices that span the Lie algebra, one a row: ``(k, (3 d)^2)``, each matrix row by row.

    .. math:: \mathfrak{so}(3)\otimes I_d,\qquad \bigoplus_{p=1}^d\mathfrak{so}(3),\qquad \mathfrak{so}(3d),

    with the elementary skew matrices :math:`E_{ji}-E_{ij}`, :math:`i<j`, of each.

    Raises:
        ValueError: an unknown kind, or ``d`` no positive integer.
    """
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r}: must be one of {', '.join(KINDS)}; remedy: choose one")
    size = 3 * checked_order(d, "d")
    if kind in ("identity", "permutation"):
        return scipy.sparse.csr_array((0, size**2))
    if kind == "rotation":
        i, j = np.triu_indices(size, 1)
        row = np.arange(len(i))
    else:
        i, j = (np.add.outer(3 * np.arange(d), indices).ravel() for indices in np.triu_indices(3, 1))
        row = np.arange(3 * d) if kind == "pixelwise" else np.tile(np.arange(3), d)
    values = np.repeat([1.0, -1.0], len(i))
    where = (np.concatenate([row, row]), np.concatenate([j * size + i, i * size + j]))
    return scipy.sparse.coo_array((values, where), shape=(row.max() + 1, size**2)).tocsr()


def _closed_form(kind: str, d: int) -> int:
    return {"colour": 3, "pixelwise": 3 * d, "rotation": 3 * d * (3 * d - 1) // 2}.get(kind, 0)


def deviation(kind: str, matrix: ArrayLike) -> float:
    """Tell how far a matrix ``(3 d, 3 d)`` is from a group: the largest residual of what defines the group.

    Args:
        kind: one of :data:`KINDS`.
        matrix: real, colours of a pixel next to each other.

    Raises:
        ValueError: an unknown kind or another shape.
    """
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r}: must be one of {', '.join(KINDS)}; remedy: choose one")
    m = np.asarray(matrix, np.float64)
    size = len(m) if m.ndim else 0
    if m.shape != (size, size) or size == 0 or size % 3:
        raise ValueError(
            f"matrix has shape {m.shape}: must be (3 d, 3 d); remedy: give one as from .matrix()"
        )
    residuals = [m @ m.T - np.eye(size)]
    if kind == "identity":
        residuals = [m - np.eye(size)]
    elif kind == "permutation":
        residuals += [np.minimum(abs(m), abs(m - 1))]
    elif kind in ("colour", "pixelwise"):
        blocks = m.reshape(size // 3, 3, size // 3, 3).transpose(0, 2, 1, 3)
        diagonal = np.einsum("ppij->pij", blocks)
        residuals += [blocks[~np.eye(size // 3, dtype=bool)]]
        if kind == "colour":
            residuals += [diagonal - diagonal[:1]]
    return float(max(abs(residual).max(initial=0.0) for residual in residuals))
