r"""The groups and units on which the statements A-S1 to A-S7 are checked, and their random laws and data.

================  =====  ====================================  ==========================  ============
case              order  inputs                                outputs                     unit
================  =====  ====================================  ==========================  ============
C2 swap           2      R^2, swapped                          R^2, swapped                sigmoid(zx)
C3 rotations      3      R^2, rotated                          R^2, rotated                neuron
C4 shifts         4      R^4, shifted in a circle              R^4, shifted                sigmoid(zx)
D3 triangle       6      R^2, rotated and reflected            R^3, vertices permuted      sigmoid(zx)
D4 pseudoscalar   8      R^2, rotated and reflected            R, the determinant          neuron
S3 points         6      R^3, permuted                         R^3, permuted               sigmoid(zx)
C2 x C2           4      R^3, a sign and a swap                R^3, a sign and a swap      neuron
octahedral        24     R^4, rotated in R^3, a constant axis  R^4, the same               neuron
================  =====  ====================================  ==========================  ============

The neurons use sigmoid, softplus or tanh. The first case is the paper's own.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.groups import (
    Representation,
    cyclic_permutation,
    cyclic_rotation,
    determinant,
    dihedral_plane,
    dihedral_polygon,
    direct_sum,
    external_sum,
    from_generators,
    sign,
    swap,
    symmetric_permutation,
    trivial,
)
from widesym.meanfield.samples import Sample
from widesym.meanfield.units import Unit, matrix_unit, neuron_unit

CASES = (
    "C2 swap", "C3 rotations", "C4 shifts", "D3 triangle", "D4 pseudoscalar", "S3 points", "C2 x C2",
    "octahedral",
)  # fmt: skip

# how far the fault of the controls reaches: of order one, so that it cannot hide
_FAULT = 1.0


def case(name: str) -> Unit:
    """Return the unit of a case.

    Raises:
        ValueError: an unknown name.
    """
    if name == "C2 swap":
        return matrix_unit(swap(), swap())
    if name == "C3 rotations":
        return neuron_unit(cyclic_rotation(3), cyclic_rotation(3))
    if name == "C4 shifts":
        return matrix_unit(cyclic_permutation(4), cyclic_permutation(4))
    if name == "D3 triangle":
        return matrix_unit(dihedral_plane(3), dihedral_polygon(3))
    if name == "D4 pseudoscalar":
        plane = dihedral_plane(4)
        return neuron_unit(plane, determinant(plane), jax.nn.softplus)
    if name == "S3 points":
        return matrix_unit(symmetric_permutation(3), symmetric_permutation(3))
    if name == "C2 x C2":
        both = external_sum(sign(1), swap())
        return neuron_unit(both, both, jax.nn.softplus)
    if name == "octahedral":
        space = octahedral_rotations()
        space = direct_sum(space, trivial(space.group, 1))
        return neuron_unit(space, space, jnp.tanh)
    raise ValueError(f"unknown case {name!r}; valid: {', '.join(CASES)}")


def octahedral_rotations() -> Representation:
    """Return the 24 rotations of the cube, from two quarter turns."""
    about_z = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    return from_generators([about_z, about_x], name="octahedral")


def faulty(unit: Unit) -> Unit:
    r"""Return a unit that is *not* jointly equivariant: the given one plus a wave in a fixed direction.

    .. math:: \sigma_*(x,z)+\sin(1+\textstyle\sum_kkx_k+\sum_lz_l/l)\,e_1 .
    """
    first = np.eye(unit.c)[0]

    def apply(x: Array, z: Array) -> Array:
        phase = 1 + x @ jnp.arange(1.0, unit.d + 1) + z @ (1 / jnp.arange(1.0, unit.D + 1))
        return unit.apply(x, z) + _FAULT * jnp.sin(phase) * jnp.asarray(first)

    return dataclasses.replace(unit, name=f"{unit.name} + wave", apply=apply, compiled=None)


def random_laws(
    rng: np.random.Generator, unit: Unit, count: int, sizes: tuple[int, ...], spread: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return laws of several sizes in one array: particles (L, N, D) and weights (L, N), N the largest size.

    Law l has ``sizes[l % len(sizes)]`` particles with Gaussian entries and Dirichlet weights; the other
    particles have weight 0.
    """
    N = max(sizes)
    theta = spread * rng.normal(size=(count, N, unit.D))
    alive = np.arange(N) < np.array([sizes[i % len(sizes)] for i in range(count)])[:, None]
    mass = np.where(alive, rng.exponential(size=(count, N)), 0.0)
    return theta, mass / mass.sum(axis=1, keepdims=True)


def random_sample(rng: np.random.Generator, unit: Unit, points: int) -> Sample:
    """Return a sample without any symmetry: Gaussian inputs and, independent of them, Gaussian targets."""
    return Sample("random pairs", unit, rng.normal(size=(points, unit.d)), rng.normal(size=(points, unit.c)))


def case_rng(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of a case, from the seed and the case's place.

    NumPy's, not JAX's: a draw of every new shape would be compiled, which takes longer than the checks.
    """
    return np.random.default_rng([seed, CASES.index(name)])


def check_cases(cases: tuple[str, ...], seed: int) -> None:
    """Refuse cases and seeds that define no experiment.

    Raises:
        ValueError: unknown or repeated cases, or none; a negative seed.
    """
    if not cases or len(set(cases)) < len(cases) or not set(cases) <= set(CASES):
        raise ValueError(f"cases must be distinct names out of {', '.join(CASES)}, got {cases}")
    if seed < 0:
        raise ValueError(f"seed must not be negative, got {seed}; take any integer from 0")


def check_sizes(sizes: tuple[int, ...], **counts: int) -> None:
    """Refuse sizes of clouds and counts below 1.

    Raises:
        ValueError: no size, or a size or count below 1; names it.
    """
    if not sizes or min(sizes) < 1:
        raise ValueError(f"sizes must be one or more particle numbers from 1 on, got {sizes}")
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")


def gather_by_case(config: Any, parts: Mapping[str, Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Stack the shards of the cases: every array leads with the case, in the config's order."""
    names = parts[config.cases[0]]
    return {name: np.stack([np.asarray(parts[case][name]) for case in config.cases]) for name in names}
