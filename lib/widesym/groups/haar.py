r"""Integrals over the rotation groups: random matrices, exact rules, and rules on conjugacy classes.

The Haar law :math:`\lambda` of a compact group of orthogonal matrices is met in three ways:

- *samples*: independent matrices with law :math:`\lambda`;
- *rules* :math:`\sum_q w_q f(g_q) = \int f\,d\lambda`, exact when :math:`f` is a polynomial of degree at most
  :math:`p` in the entries of :math:`g`. Rotations are written by Euler angles,

  .. math:: g = R_{12}(\phi_1) R_{23}(\phi_2) \cdots R_{n-1,n}(\phi_{n-1})\, k, \qquad k \in SO(n-1),

  whose first factors move :math:`e_n` over the sphere: a trapezoid rule in :math:`\phi_1` (and on
  :math:`SO(2)`) and Gauss-Gegenbauer rules in :math:`\cos\phi_j`, weight :math:`\sin^{j-1}\phi_j`;
- *class rules*, exact for class functions of degree at most :math:`p` only, on a maximal torus (Weyl's
  integration formula): they know nothing of the rules above.

Source: Weyl, The Classical Groups (1939), chapters 7 and 9; Meckes, The Random Matrix Theory of the Classical
Compact Groups (2019), sections 1.2 and 3.1.

Shapes: ``n`` size of the matrices, ``Q`` nodes. float64.
"""

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from scipy.special import roots_gegenbauer

from widesym.groups.closure import MAX_ENTRIES


@dataclass(frozen=True, eq=False)
class Rule:
    """Nodes and weights of an integral over a group.

    Attributes:
        nodes: ``(Q, n, n)``, matrices of the group.
        weights: ``(Q,)``, positive, sum 1.
    """

    nodes: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)


def rotation(n: int, i: int, j: int, angles: np.ndarray) -> np.ndarray:
    r"""Return the rotations of the plane of :math:`e_i` and :math:`e_j`, ``(Q, n, n)``, for angles ``(Q,)``.

    .. math:: e_i \mapsto \cos\phi\,e_i + \sin\phi\,e_j, \qquad e_j \mapsto \cos\phi\,e_j - \sin\phi\,e_i .
    """
    angles = np.asarray(angles, np.float64)
    matrices = np.tile(np.eye(n), (len(angles), 1, 1))
    matrices[:, i, i] = matrices[:, j, j] = np.cos(angles)
    matrices[:, j, i] = np.sin(angles)
    matrices[:, i, j] = -matrices[:, j, i]
    return matrices


def reflection(n: int) -> np.ndarray:
    """Return ``diag(1, ..., 1, -1)``, which takes the rotations to the rest of the orthogonal group."""
    matrix = np.eye(n)
    matrix[-1, -1] = -1.0
    return matrix


def special_orthogonal_samples(n: int, rng: np.random.Generator, count: int) -> np.ndarray:
    """Return ``count`` independent Haar matrices of SO(n), ``(count, n, n)``."""
    from scipy.stats import special_ortho_group  # here: its import takes longer than all of numpy's

    return np.reshape(special_ortho_group.rvs(n, size=count, random_state=rng), (count, n, n))


def orthogonal_samples(n: int, rng: np.random.Generator, count: int) -> np.ndarray:
    """Return ``count`` independent Haar matrices of O(n), ``(count, n, n)``."""
    from scipy.stats import ortho_group

    return np.reshape(ortho_group.rvs(n, size=count, random_state=rng), (count, n, n))


def _check_nodes(count: int, n: int, degree: int) -> None:
    if count * n * n > MAX_ENTRIES:
        raise ValueError(
            f"an exact rule of degree {degree} on matrices of size {n} needs {count} nodes: more than "
            f"{MAX_ENTRIES} entries (1 GiB); remedy: average over samples"
        )


def _rotation_count(n: int, degree: int) -> int:
    if n == 1:
        return 1
    return (degree + 1) * (degree // 2 + 1) ** (n - 2) * _rotation_count(n - 1, degree)


def special_orthogonal_rule(n: int, degree: int) -> Rule:
    r"""Return the exact rule on SO(n) in Euler angles.

    .. math:: Q_n = (p+1)\,(\lfloor p/2\rfloor+1)^{n-2}\,Q_{n-1}, \qquad Q_1 = 1 .

    Args:
        n: Size of the matrices, ``n >= 1``.
        degree: :math:`p`.

    Raises:
        ValueError: The nodes would take more than 1 GiB.
    """
    _check_nodes(_rotation_count(n, degree), n, degree)
    if n == 1:
        return Rule(np.ones((1, 1, 1)), np.ones(1))
    inner = special_orthogonal_rule(n - 1, degree)
    nodes = np.tile(np.eye(n), (len(inner.nodes), 1, 1))
    nodes[:, :-1, :-1] = inner.nodes
    weights = inner.weights
    for j in range(n - 1, 0, -1):  # from the last factor to the first
        if j == 1:
            angles = 2 * np.pi * np.arange(degree + 1) / (degree + 1)
            mass = np.full(degree + 1, 1 / (degree + 1))
        else:
            cosines, mass = roots_gegenbauer(degree // 2 + 1, (j - 1) / 2)
            angles, mass = np.arccos(cosines), mass / mass.sum()
        factor = rotation(n, j - 1, j, angles)
        nodes = (factor[:, None] @ nodes).reshape(-1, n, n)
        weights = np.outer(mass, weights).ravel()
    return Rule(nodes, weights)


def orthogonal_rule(n: int, degree: int) -> Rule:
    """Return the exact rule on O(n): that of SO(n) and its product with a reflection, half each."""
    half = special_orthogonal_rule(n, degree)
    nodes = np.concatenate([half.nodes, half.nodes @ reflection(n)])
    return Rule(nodes, np.tile(half.weights / 2, 2))


def product_rule(first: Rule, second: Rule) -> Rule:
    """Return the rule on a direct product, on block diagonal matrices; first factor outermost."""
    n, m = first.nodes.shape[1], second.nodes.shape[1]
    count = len(first.weights) * len(second.weights)
    _check_nodes(count, n + m, 0)
    nodes = block_diagonal(
        np.repeat(first.nodes, len(second.nodes), axis=0), np.tile(second.nodes, (len(first.nodes), 1, 1))
    )
    return Rule(nodes, np.outer(first.weights, second.weights).ravel())


def block_diagonal(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the block diagonal matrices ``(Q, n + m, n + m)`` of stacks ``(Q, n, n)`` and ``(Q, m, m)``."""
    n, m = first.shape[1], second.shape[1]
    matrices = np.zeros((len(first), n + m, n + m))
    matrices[:, :n, :n] = first
    matrices[:, n:, n:] = second
    return matrices


def special_orthogonal_classes(n: int, degree: int) -> Rule:
    r"""Return Weyl's rule on the conjugacy classes of SO(n), ``n >= 2``.

    .. math:: \prod_{i<j}(2\cos\theta_i-2\cos\theta_j)^2 \quad (n=2m), \qquad
        \prod_{i<j}(2\cos\theta_i-2\cos\theta_j)^2\prod_i(2-2\cos\theta_i) \quad (n=2m+1)

    is the density of the angles :math:`\theta_1,\dots,\theta_m`, up to its mass.
    """
    m, odd = divmod(n, 2)
    angles = _torus(m, degree + 2 * max(m - 1, 0) + odd)
    density = _repulsion(angles)
    if odd:
        density = density * np.prod(2 - 2 * np.cos(angles), axis=1)
    return Rule(_torus_matrices(angles, n), density / density.sum())


def orthogonal_classes(n: int, degree: int) -> Rule:
    r"""Return Weyl's rule on the conjugacy classes of O(n), ``n >= 2``: of SO(n) and of the rest, half each.

    For odd ``n`` the rest is :math:`-SO(n)`; for ``n = 2m`` its matrices have eigenvalues 1, -1
    and :math:`m-1` angles with density
    :math:`\prod_{i<j}(2\cos\theta_i-2\cos\theta_j)^2\prod_i(2\sin\theta_i)^2`.
    """
    rotations = special_orthogonal_classes(n, degree)
    if n % 2:
        rest = Rule(-rotations.nodes, rotations.weights)
    else:
        angles = _torus(n // 2 - 1, degree + n)
        density = _repulsion(angles) * np.prod((2 * np.sin(angles)) ** 2, axis=1)
        matrices = block_diagonal(
            _torus_matrices(angles, n - 2), np.tile(np.diag([1.0, -1.0]), (len(angles), 1, 1))
        )
        rest = Rule(matrices, density / density.sum())
    return Rule(
        np.concatenate([rotations.nodes, rest.nodes]),
        np.concatenate([rotations.weights, rest.weights]) / 2,
    )


def _torus(m: int, degree: int) -> np.ndarray:
    """All m-tuples ``(Q, m)`` of the ``degree + 1`` equidistant angles."""
    count = (degree + 1) ** m
    _check_nodes(count, 2 * m + 1, degree)
    grid = np.indices((degree + 1,) * m).reshape(m, count).T
    return 2 * np.pi * grid / (degree + 1)


def _repulsion(angles: np.ndarray) -> np.ndarray:
    density = np.ones(len(angles))
    for i, j in combinations(range(angles.shape[1]), 2):
        density *= (2 * np.cos(angles[:, i]) - 2 * np.cos(angles[:, j])) ** 2
    return density


def _torus_matrices(angles: np.ndarray, n: int) -> np.ndarray:
    matrices = np.tile(np.eye(n), (len(angles), 1, 1))
    for i in range(angles.shape[1]):
        matrices = matrices @ rotation(n, 2 * i, 2 * i + 1, angles[:, i])
    return matrices
