r"""Regression with a kernel: predictions, whole learning curves, and the choice of the ridge.

.. math:: f(X_*) = K_*\,(K + \lambda I)^{-1}\,Y,\qquad \lambda = \rho\,\tfrac1m\operatorname{tr}K,

for NNGP and NTK alike; the ridge :math:`\rho` is a fraction of the mean diagonal, whatever the scale of
the kernel. Solved in float64, also where the kernel is float32.

**One factor for a whole curve.** With :math:`LL^\top = K+\lambda I`, :math:`V = L^{-1}K_*^\top` and
:math:`U = L^{-1}Y`, the first n rows of V and U depend on the first n training images only, so

.. math:: f_n(X_*) = V_{:n}^\top\,U_{:n}

is the prediction from n images, for every n at once; :math:`\lambda` is that of all m.

Several label sets share the factor: targets (..., m, k) with any leading axes.

Letters: m training and t test images, k numbers a target, S sizes, R ridges.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike

RIDGE = 1e-6

_BLOCK = 512  # test images, or rows of a matrix, at a time
_ASYMMETRY = 100  # roundings of the largest entry that a symmetric matrix may be off
_REFUSED = {"float32": 1e-6, "float64": 1e-12}  # least ridge that is proposed where none is enough


class Curve(NamedTuple):
    """A learning curve: sizes (S,), accuracy and mse (..., S), and which images are right (..., S, t).

    ``mse`` is the mean of (f - y)^2 over images and numbers of a target; the paper's loss,
    ``sum |f - y|^2 / (2 K |D|)``, is half of it.
    """

    sizes: np.ndarray
    accuracy: np.ndarray
    mse: np.ndarray
    correct: np.ndarray


class Chosen(NamedTuple):
    """A cross-validated ridge, and mse and accuracy (R,) of each of the ridges (R,) it was chosen from."""

    ridge: float
    ridges: np.ndarray
    mse: np.ndarray
    accuracy: np.ndarray


def one_hot(labels: ArrayLike, classes: int) -> np.ndarray:
    """Return targets of mean zero, (n, K) float64: 1 - 1/K for the class, -1/K elsewhere.

    Args:
        labels: (n,) integers.
        classes: K, at least 2.

    Raises:
        ValueError: labels that are no class.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be integers of shape (n,), got {labels.dtype} of shape {labels.shape}")
    if classes < 2:
        raise ValueError(f"classes={classes} must be at least 2: there is nothing to tell apart")
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(
            f"labels must be from 0 to {classes - 1}, got {labels.min()} to {labels.max()}; "
            "count the classes of the whole data set"
        )
    return (labels[:, None] == np.arange(classes)) - 1 / classes


def predict(train: ArrayLike, test: ArrayLike, targets: ArrayLike, *, ridge: float = RIDGE) -> np.ndarray:
    """Return predictions on the test images, (..., t, k) float64.

    Args:
        train: kernel of the training images, (m, m).
        test: kernel of test against training images, (t, m).
        targets: (..., m, k).
        ridge: as a fraction of the mean diagonal of ``train``.

    Raises:
        ValueError: shapes that do not fit, a matrix that is not symmetric or not positive, with its
            smallest eigenvalue and a ridge that helps. Source: [SS], Section 3.
    """
    train, targets = _checked(train, targets, ridge)
    test = _checked_test(test, len(train))
    found = np.empty((*targets.shape[:-2], len(test), targets.shape[-1]))
    for images, predictions in _predictions(train, test, targets, [len(train)], ridge):
        found[..., images, :] = predictions[0]
    return found


def learning_curve(
    train: ArrayLike,
    test: ArrayLike,
    targets: ArrayLike,
    truth: ArrayLike,
    sizes: Sequence[int],
    *,
    ridge: float = RIDGE,
) -> Curve:
    """Return accuracy and MSE when trained on the first n images, for every n of ``sizes``.

    One factorisation and one triangular solve for all of them, in one float64 array of (m, m).

    Args:
        train: kernel of the training images, (m, m), in the order in which they are taken.
        test: kernel of test against training images, (t, m).
        targets: (..., m, k).
        truth: targets of the test images, (..., t, k); the class is the largest number, or the sign where
            k = 1.
        sizes: increasing, from 1 to m.
        ridge: as a fraction of the mean diagonal of ``train``, of all m images: one for all sizes.

    Raises:
        ValueError: as for :func:`predict`, and sizes that are none. Source: [SS], Figures 4 and S6.
    """
    train, targets = _checked(train, targets, ridge)
    test = _checked_test(test, len(train))
    truth = np.asarray(truth, np.float64)
    wanted = (*targets.shape[:-2], len(test), targets.shape[-1])
    if truth.shape != wanted:
        raise ValueError(f"truth must be of shape {wanted}, as targets and test say, got {truth.shape}")
    sizes = np.asarray(sizes)
    if sizes.ndim != 1 or sizes.dtype.kind not in "iu" or not len(sizes) or (np.diff(sizes) <= 0).any():
        raise ValueError(f"sizes must be increasing whole numbers, at least one, got {sizes.tolist()}")
    if sizes[0] < 1 or sizes[-1] > len(train):
        raise ValueError(f"sizes must be from 1 to {len(train)}, the training images, got {sizes.tolist()}")
    classes = _classes(truth)
    correct = np.empty((*targets.shape[:-2], len(sizes), len(test)), bool)
    errors = np.zeros((*targets.shape[:-2], len(sizes)))
    for images, predictions in _predictions(train, test, targets, sizes, ridge):
        for i, prediction in enumerate(predictions):
            correct[..., i, images] = _classes(prediction) == classes[..., images]
            errors[..., i] += ((prediction - truth[..., images, :]) ** 2).sum((-2, -1))
    return Curve(sizes, correct.mean(-1), errors / (len(test) * truth.shape[-1]), correct)


def cross_validated_ridge(train: ArrayLike, targets: ArrayLike, ridges: Sequence[float]) -> Chosen:
    r"""Return the ridge of least leave-one-out error: exact, without a draw, by one eigendecomposition.

    With :math:`A=K+\lambda I` the residual at image i of the fit to all others is

    .. math:: y_i-f_{-i}(x_i) = \frac{(A^{-1}Y)_i}{(A^{-1})_{ii}}.

    Three float64 arrays of (m, m).

    Args:
        train: kernel of the training images, (m, m).
        targets: (..., m, k); the error is the mean over all label sets.
        ridges: fractions of the mean diagonal, each large enough for a positive matrix.

    Raises:
        ValueError: as for :func:`predict`.
    """
    ridges = np.asarray(ridges, np.float64)
    if ridges.ndim != 1 or not len(ridges):
        raise ValueError(f"ridges must be numbers, at least one, got {ridges.tolist()}")
    for ridge in ridges:
        _check_ridge(ridge)
    train, targets = _checked(train, targets, ridges[0])
    count, scale = len(train), _mean_diagonal(train)
    values, vectors = scipy.linalg.eigh(_float64(train), overwrite_a=True, check_finite=False, driver="evd")
    least = values[0] + ridges.min() * scale
    if least <= count * np.finfo(float).eps * scale:
        raise _not_positive(train, values[0], ridges.min())
    spectrum = 1 / (values[:, None] + ridges * scale)  # (m, R)
    flat = _flat(targets)
    projected = vectors.T @ flat
    mse, right = np.zeros(len(ridges)), np.zeros(len(ridges))
    for start in range(0, count, _BLOCK):
        rows = slice(start, start + _BLOCK)
        inverse = vectors[rows] ** 2 @ spectrum
        for i in range(len(ridges)):
            residuals = vectors[rows] @ (spectrum[:, i, None] * projected) / inverse[:, i, None]
            y, error = (_unflat(part, targets.shape) for part in (flat[rows], residuals))
            mse[i] += (residuals**2).sum()
            right[i] += (_classes(y - error) == _classes(y)).sum()
    sets = math.prod(targets.shape[:-2])
    mse, right = mse / flat.size, right / (count * sets)
    return Chosen(float(ridges[mse.argmin()]), ridges, mse, right)


def _classes(values: np.ndarray) -> np.ndarray:
    return values[..., 0] > 0 if values.shape[-1] == 1 else values.argmax(-1)


def _flat(targets: np.ndarray) -> np.ndarray:
    """A copy of (..., m, k) as (m, ... k), in the order of LAPACK."""
    moved = np.moveaxis(targets, -2, 0)
    return np.array(moved.reshape(len(moved), -1), order="F")


def _unflat(flat: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Back, for any number of images: (b, ... k) to (..., b, k)."""
    return np.moveaxis(flat.reshape(len(flat), *shape[:-2], shape[-1]), 0, -2)


def _predictions(
    train: np.ndarray, test: np.ndarray, targets: np.ndarray, sizes: Sequence[int], ridge: float
) -> Iterator[tuple[slice, np.ndarray]]:
    """Give (images, predictions (S, ..., b, k)) for one block of test images after the other."""
    factor = _factor(train, ridge)
    right = scipy.linalg.blas.dtrsm(1.0, factor, _flat(targets), lower=1, overwrite_b=1)
    for start in range(0, len(test), _BLOCK):
        images = slice(start, min(start + _BLOCK, len(test)))
        left = scipy.linalg.blas.dtrsm(1.0, factor, _float64(test[images]), lower=1, overwrite_b=1)
        found, before = np.zeros((len(sizes), images.stop - start, right.shape[1])), 0
        for i, size in enumerate(sizes):
            found[i] = (found[i - 1] if i else 0) + left[before:size].T @ right[before:size]
            before = size
        yield images, np.stack([_unflat(part, targets.shape) for part in found])


def _factor(train: np.ndarray, ridge: float) -> np.ndarray:
    """The Cholesky factor, lower, of train + ridge, in one new array."""
    scale = _mean_diagonal(train)
    matrix = _float64(train)
    matrix[np.diag_indices(len(matrix))] += ridge * scale
    factor, info = scipy.linalg.lapack.dpotrf(matrix, lower=1, clean=0, overwrite_a=1)
    if info == 0 and np.diag(factor).min() ** 2 > len(train) * np.finfo(float).eps * scale:
        return factor
    matrix[...] = train.T  # the same memory: the factor is of no use
    least = scipy.linalg.eigvalsh(matrix, overwrite_a=True, check_finite=False, subset_by_index=(0, 0))[0]
    raise _not_positive(train, least, ridge)


def _not_positive(train: np.ndarray, least: float, ridge: float) -> ValueError:
    scale = _mean_diagonal(train)
    enough = 2 * max(0.0, -least / scale) + _REFUSED[str(train.dtype)]
    return ValueError(
        f"the kernel of {len(train)} images is not positive with ridge={ridge:g}: its smallest eigenvalue is "
        f"{least:.3g}, {least / scale:.3g} of the mean diagonal; take ridge={enough:.1e} or more, "
        "compute it in float64, or remove images that occur twice"
    )


def _float64(matrix: np.ndarray) -> np.ndarray:
    """A copy of the transpose, in the order of LAPACK and of memory."""
    return np.array(matrix.T, np.float64, order="F")


def _mean_diagonal(train: np.ndarray) -> float:
    return float(np.diag(train).mean(dtype=np.float64))


def _check_ridge(ridge: float) -> None:
    if not (ridge >= 0 and math.isfinite(ridge)):
        raise ValueError(f"ridge={ridge} must be a fraction of the mean diagonal, 0 or more, such as {RIDGE}")


def _checked(train: ArrayLike, targets: ArrayLike, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    train, targets = np.asarray(train), np.asarray(targets, np.float64)
    count = len(train) if train.ndim else 0
    if train.shape != (count, count) or not count:
        raise ValueError(f"train must be a kernel of shape (m, m), m at least 1, got {train.shape}")
    if targets.ndim < 2 or targets.shape[-2] != count or not targets.size:
        raise ValueError(
            f"targets must be of shape (..., {count}, k), got {targets.shape}; for one number an image add "
            "an axis: targets[:, None]"
        )
    if not np.isfinite(targets).all():
        raise ValueError("targets must be finite; found NaN or infinity")
    _check_ridge(ridge)
    _check_numbers("train", train)
    _check_symmetry(train)
    return train, targets


def _checked_test(test: ArrayLike, count: int) -> np.ndarray:
    test = np.asarray(test)
    if test.ndim != 2 or test.shape[1] != count or not len(test):
        raise ValueError(f"test must be a kernel of shape (t, {count}), t at least 1, got {test.shape}")
    _check_numbers("test", test)
    return test


def _check_numbers(name: str, kernel: np.ndarray) -> None:
    if str(kernel.dtype) not in _REFUSED:
        raise ValueError(f"{name} must be float32 or float64, got {kernel.dtype}")
    for start in range(0, len(kernel), _BLOCK):
        if not np.isfinite(kernel[start : start + _BLOCK]).all():
            raise ValueError(f"{name} must be finite; found NaN or infinity in rows from {start} on")


def _check_symmetry(train: np.ndarray) -> None:
    scale = _mean_diagonal(train)
    if not scale > 0:
        raise ValueError(f"the mean diagonal of train is {scale:g}; that of a kernel is positive")
    off = 0.0
    for start in range(0, len(train), _BLOCK):
        rows = slice(start, start + _BLOCK)
        off = max(off, float(np.abs(train[rows, start:] - train[start:, rows].T).max()))
    bound = _ASYMMETRY * np.finfo(train.dtype).eps * float(np.diag(train).max())
    if off > bound:
        raise ValueError(
            f"train is not symmetric: entries differ by {off:.3g} from their mirror images, more than "
            f"rounding ({bound:.1g}); it must be the kernel of the training images against themselves"
        )
