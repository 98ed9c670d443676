"""Clouds: empirical laws as callers give them, checked before anything is computed.

A cloud is an array ``theta`` of ``N`` particles in ``R^D``, one flattened particle a row; its law is
``sum_i a_i delta_(theta_i)`` with probabilities ``a_i``, equal to ``1/N`` unless weights are given.

Each check returns a float64 copy, or raises ``ValueError`` with the value, the rule and the remedy.

Shapes: ``N`` and ``M`` particles, ``D`` dimension.
"""

import numpy as np
from numpy.typing import ArrayLike

from widesym.groups.checks import real_array
from widesym.groups.invariants import Subspace

# Coordinates beyond this would overflow when squared, summed and multiplied.
LARGEST = 1e100
# Sums of weights may differ from 1 by this, the rounding of weights kept in float32; they are divided by
# their sum.
WEIGHT_TOLERANCE = 1e-6


def checked_cloud(values: ArrayLike, name: str) -> np.ndarray:
    """Check a cloud.

    Args:
        values: ``(N, D)``, real, ``N, D >= 1``.
        name: What the message calls it.

    Returns:
        float64 ``(N, D)``.

    Raises:
        ValueError: Empty, wrong shape, not real numbers, NaN or infinity, coordinates beyond 1e100.
    """
    cloud = real_array(values, name)
    if cloud.ndim != 2 or cloud.size == 0:
        raise ValueError(
            f"{name} has shape {cloud.shape}: must be (N, D), not empty; remedy: one flattened particle a row"
        )
    if np.abs(cloud).max() > LARGEST:
        raise ValueError(
            f"{name} holds a coordinate of {np.abs(cloud).max():.3e}: at most {LARGEST:g}, or squares "
            "overflow; remedy: choose another unit of length"
        )
    return cloud


def checked_pair(x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Check two clouds of one dimension.

    Args:
        x: ``(N, D)``, real.
        y: ``(M, D)``, real.

    Returns:
        Both as float64.

    Raises:
        ValueError: As :func:`checked_cloud`, or dimensions that differ.
    """
    x, y = checked_cloud(x, "x"), checked_cloud(y, "y")
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"x has shape {x.shape} and y {y.shape}: dimensions must agree; remedy: give (N, D) and (M, D)"
        )
    return x, y


def checked_weights(values: ArrayLike | None, size: int, name: str) -> np.ndarray:
    """Check the weights of a cloud.

    Args:
        values: ``(size,)``, not negative, sum 1 to 1e-6; ``None`` for equal weights.
        size: Number of particles.
        name: What the message calls them.

    Returns:
        float64 ``(size,)``, sum 1 to rounding.

    Raises:
        ValueError: Wrong shape, not real numbers, NaN or infinity, negative, or another sum.
    """
    if values is None:
        return np.full(size, 1 / size)
    weights = real_array(values, name)
    if weights.shape != (size,):
        raise ValueError(
            f"{name} has shape {weights.shape}: must be ({size},); remedy: one weight a particle"
        )
    if weights.min() < 0 or abs(weights.sum() - 1) > WEIGHT_TOLERANCE:
        raise ValueError(
            f"{name} has minimum {weights.min():.3e} and sum {weights.sum():.12g}: must be probabilities; "
            "remedy: divide by their sum"
        )
    return weights / weights.sum()


def check_ambient(theta: np.ndarray, subspace: Subspace) -> None:
    """Check that a subspace lies in the space of the particles.

    Args:
        theta: ``(N, D)``.
        subspace: Ambient dimension ``D``.

    Raises:
        ValueError: Another ambient dimension.
    """
    if theta.shape[1] != subspace.ambient:
        raise ValueError(
            f"theta has dimension {theta.shape[1]} and the subspace lies in dimension "
            f"{subspace.ambient}: must agree; remedy: give the subspace of the particles' space"
        )
