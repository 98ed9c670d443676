"""Checks of what a caller gives: real arrays, permutations and orders.

Each check returns the value in the form the package works with (float64 or int64 copies, plain ints), or
raises ``ValueError`` with the value, the rule and the remedy, before anything is computed.

Shapes: ``d`` number of points or dimension.
"""

import numpy as np
from numpy.typing import ArrayLike


def full_array(values: ArrayLike, what: str) -> np.ndarray:
    """Check that nested values have one length at each level, and return them as an array.

    Args:
        values: Array-like of any shape and dtype.
        what: What the message calls the values.

    Returns:
        The array, not copied when it is one.

    Raises:
        ValueError: The values are ragged.
    """
    try:
        return np.asarray(values)
    except ValueError as error:  # NumPy's word for ragged nesting
        raise ValueError(f"{what} is ragged: rows must have one length; remedy: give a full array") from error


def real_array(values: ArrayLike, what: str) -> np.ndarray:
    """Check that values are finite real numbers, and return them as a float64 copy.

    Args:
        values: Array-like of any shape.
        what: What the message calls the values.

    Returns:
        float64 array of the same shape.

    Raises:
        ValueError: The values are ragged, complex or no numbers, or hold NaN or infinity.
    """
    array = full_array(values, what)
    if not (np.issubdtype(array.dtype, np.integer) or np.issubdtype(array.dtype, np.floating)):
        raise ValueError(f"{what} has dtype {array.dtype}: must be real; remedy: give floats or integers")
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array)][0]
        raise ValueError(f"{what} holds {bad}: must be finite; remedy: remove NaN and infinity")
    return np.array(array, dtype=np.float64)


def checked_permutations(values: ArrayLike, what: str, ndim: int) -> np.ndarray:
    """Check that the last axis holds permutations, and return them as integers.

    Args:
        values: Array-like of integers, last axis of length ``d >= 1``.
        what: What the message calls the values.
        ndim: Number of axes asked for.

    Returns:
        Integer array of the same shape.

    Raises:
        ValueError: Wrong number of axes, no points, not integers, or a row that is no permutation of
            ``0..d-1``.
    """
    array = full_array(values, what)
    if array.ndim != ndim or array.shape[-1] == 0 or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"{what} has shape {array.shape} and dtype {array.dtype}: must be integers with {ndim} axes "
            "and at least one point; remedy: give the images of 0..d-1"
        )
    rows = array.reshape(-1, array.shape[-1])
    wrong = (np.sort(rows, axis=1) != np.arange(array.shape[-1])).any(axis=1)
    if wrong.any():
        raise ValueError(
            f"{what} is {rows[wrong][0].tolist()}: must hold each of 0..{array.shape[-1] - 1} once; "
            "remedy: give the images of 0..d-1"
        )
    return array.astype(np.int64)


def checked_order(value: int, what: str, largest: int | None = None) -> int:
    """Check that a value is a positive integer, and return it.

    Args:
        value: The value.
        what: What the message calls it.
        largest: Largest allowed value; None for no bound.

    Returns:
        The value as an int.

    Raises:
        ValueError: The value is no integer or out of range.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < 1 or (largest is not None and value > largest):
        rule = "an integer >= 1" if largest is None else f"an integer from 1 to {largest}"
        raise ValueError(f"{what}={value!r}: must be {rule}; remedy: choose one in this range")
    return int(value)
