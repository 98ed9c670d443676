r"""Labelled images: the one form in which data reach kernels and networks.

Shapes: ``n`` images of ``H`` x ``W`` pixels with three colours, ``K`` classes.
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled images, immutable.

    Attributes:
        name: what messages and figures call the data.
        images: float32 ``(n, H, W, 3)``.
        labels: int64 ``(n,)``, each from 0 to K - 1.
        classes: the K names.
        checksum: a digest of what determines the images: of the files they were read from, or of the
            settings they were drawn with, and of every step since.

    Raises:
        ValueError: wrong shapes, no images, values that are not finite, labels that are no classes.
    """

    name: str
    images: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    classes: tuple[str, ...]
    checksum: str

    def __post_init__(self) -> None:
        """Check and freeze."""
        images, labels = np.asarray(self.images), np.asarray(self.labels)
        if images.ndim != 4 or images.shape[-1] != 3 or 0 in images.shape or images.dtype.kind not in "buif":
            raise ValueError(
                f"images of {self.name!r} are {images.dtype} of shape {images.shape}: must be real of shape "
                "(n, H, W, 3), each at least 1; remedy: stack images of one size along a first axis"
            )
        images = images.astype(np.float32, copy=False)
        # a sum is finite unless a term is not, or it overflows: only then look at each
        if not np.isfinite(images.sum(dtype=np.float64)) and not np.isfinite(images).all():
            raise ValueError(
                f"images of {self.name!r} hold NaN or infinity: must be finite; remedy: remove these images"
            )
        if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
            raise ValueError(
                f"labels of {self.name!r} are {labels.dtype} of shape {labels.shape}: must be integers of "
                f"shape ({len(images)},), one for each image; remedy: give the number of each image's class"
            )
        wrong = labels[(labels < 0) | (labels >= len(self.classes))]
        if len(wrong):
            raise ValueError(
                f"label {wrong[0]} of {self.name!r}: must be from 0 to {len(self.classes) - 1}, for the "
                f"{len(self.classes)} classes; remedy: name all classes"
            )
        for array, attribute in ((images, "images"), (labels.astype(np.int64, copy=False), "labels")):
            array = array.view()
            array.setflags(write=False)
            object.__setattr__(self, attribute, array)
        object.__setattr__(self, "classes", tuple(self.classes))

    def __len__(self) -> int:
        """Return n."""
        return len(self.labels)

    def subset(self, indices: ArrayLike) -> "Dataset":
        """Return the images of these indices, in this order.

        Raises:
            ValueError: indices that are no integers from 0 to n - 1, or none.
        """
        indices = np.asarray(indices)
        if (
            indices.ndim != 1
            or indices.dtype.kind not in "iu"
            or not len(indices)
            or indices.min() < 0
            or indices.max() >= len(self)
        ):
            raise ValueError(
                f"indices {np.array2string(indices, threshold=6)} into {self.name!r}: must be integers from "
                f"0 to {len(self) - 1}, at least one; remedy: numpy.arange(m) takes the first m"
            )
        indices = indices.astype(np.int64)
        return self.changed(f"subset {digest(indices.tobytes())}", self.images[indices], self.labels[indices])

    def changed(self, step: str, images: np.ndarray, labels: np.ndarray | None = None) -> "Dataset":
        """Return the dataset with other images, and with a checksum that also covers ``step``.

        Args:
            step: what was done, with everything that determines it.
            images: (m, H', W', 3).
            labels: (m,); None for the same.
        """
        labels = self.labels if labels is None else labels
        checksum = digest(self.checksum.encode(), step.encode())
        return Dataset(self.name, images, labels, self.classes, checksum)


def digest(*parts: bytes) -> str:
    """Return SHA-256 of byte strings, each with its length, in hexadecimal."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "little"))
        total.update(part)
    return total.hexdigest()
