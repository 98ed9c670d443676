r"""Compact groups from whatever Lie algebra elements and component generators a user gives.

The elements :math:`A_1,\dots,A_k` need not be a basis: the Lie algebra is the smallest space that holds them
and is closed under the bracket :math:`AB-BA` and under :math:`A\mapsto CAC^\top` for the components. With
:math:`F` the finite group that the components generate, :math:`G=G_0F`, and

- in dimension 1 with integer eigenvalues, :math:`e^{2\pi A}=I`, averages over equal turns times :math:`F` are
  exact, and equal turns times :math:`F` are nodes that form a group;
- otherwise Haar samples are products :math:`g_ig_jg_k` from a pool of long random walks, whose steps are
  :math:`e^{A}f` with :math:`A` Gaussian in the Lie algebra and :math:`f` uniform in :math:`F`: the walk
  forgets its start geometrically.

Shapes: ``n`` size of the matrices, ``k`` elements or basis, ``m`` components, ``Q`` matrices. float64.
"""

import numpy as np

from widesym.groups.compact import CompactGroup
from widesym.groups.haar import Rule
from widesym.groups.nodes import NodeSet, haar_nodes

_INDEPENDENT = 1e-9  # a part across the span below this counts as rounding
_CLOSES = 1e-9  # of exp(2 pi A) - I
_POOL, _WALK, _SEED = 2048, 12, 20240519


def lie_closure(elements: np.ndarray, components: np.ndarray) -> np.ndarray:
    r"""Return a basis of the Lie algebra that elements generate, ``(k, n, n)``; given ones come first.

    Args:
        elements: skew matrices ``(k', n, n)``.
        components: orthogonal matrices ``(m, n, n)``.
    """
    n = elements.shape[1]
    basis: list[np.ndarray] = []
    rows = np.zeros((0, n * n))  # orthonormal, of the same span
    waiting = list(elements)
    while waiting:
        candidate = waiting.pop(0)
        across = candidate.ravel() - rows.T @ (rows @ candidate.ravel())
        across -= rows.T @ (rows @ across)
        length = np.linalg.norm(across)
        if length <= _INDEPENDENT * max(1.0, np.linalg.norm(candidate)):
            continue
        rows = np.vstack([rows, across / length])
        # given elements are kept as they are: their eigenvalues may be integers
        kept = candidate if len(basis) < len(elements) else candidate / np.linalg.norm(candidate)
        waiting += [kept @ other - other @ kept for other in basis]
        waiting += [component @ kept @ component.T for component in components]
        basis.append(kept)
    return np.array(basis).reshape(-1, n, n)


def exponential(skew: np.ndarray) -> np.ndarray:
    r"""Return :math:`e^{A}` of skew matrices ``(..., n, n)``, by the eigenvalues of :math:`iA`."""
    values, vectors = np.linalg.eigh(1j * skew)
    return np.real((vectors * np.exp(-1j * values)[..., None, :]) @ np.conj(np.swapaxes(vectors, -1, -2)))


def is_circle(algebra: np.ndarray) -> bool:
    r"""Tell whether the Lie algebra ``(k, n, n)`` has dimension 1 and :math:`e^{2\pi A}=I`."""
    if len(algebra) != 1:
        return False
    turned = exponential(2 * np.pi * algebra[0])
    return bool(np.abs(turned - np.eye(algebra.shape[1])).max() <= _CLOSES)


def turns(algebra: np.ndarray, count: int, finite: np.ndarray) -> np.ndarray:
    r"""Return :math:`f e^{2\pi jA/K}`, j < K = ``count``, f in ``finite``; the identity is first.

    Args:
        algebra: ``(1, n, n)``, integer eigenvalues.
        count: K.
        finite: ``(m, n, n)``, the identity first.

    Returns:
        ``(m K, n, n)``.
    """
    angles = 2 * np.pi * np.arange(count) / count
    rotations = exponential(angles[:, None, None] * algebra[0])
    return np.einsum("fij,qjk->fqik", finite, rotations).reshape(-1, *algebra.shape[1:])


def compact_from_lie(
    name: str, algebra: np.ndarray, components: np.ndarray, finite: np.ndarray
) -> CompactGroup:
    r"""Make the compact group of a Lie algebra and components.

    Args:
        name: what messages and figures call it.
        algebra: a basis closed under bracket and components, ``(k, n, n)``, as from :func:`lie_closure`.
        components: generators of the components, ``(m, n, n)``.
        finite: all elements of the finite group F that they generate, ``(|F|, n, n)``, the identity first.

    Returns:
        The group; with exact rules when :func:`is_circle`.
    """
    pool = _pool(algebra, finite)

    def sampler(rng: np.random.Generator, count: int) -> np.ndarray:
        first, second, third = rng.integers(len(pool), size=(3, count))
        return pool[first] @ pool[second] @ pool[third]

    rule = None
    if is_circle(algebra):
        weight = round(np.abs(np.linalg.eigvalsh(1j * algebra[0])).max())

        def rule(degree: int) -> Rule:
            nodes = turns(algebra, degree * weight + 1, finite)
            return Rule(nodes, np.full(len(nodes), 1 / len(nodes)))

    return CompactGroup(name, algebra, components, sampler, rule, rule)


def lie_nodes(group: CompactGroup, finite: np.ndarray, count: int, seed: int) -> NodeSet:
    """Return ``count`` equal turns times F ``(m, n, n)`` for a circle, a group; else Haar samples."""
    if not is_circle(group.algebra):
        return haar_nodes(group, count, seed)
    return NodeSet(group, turns(group.algebra, count, finite), f"{count} turns of {group.name}")


def _pool(algebra: np.ndarray, finite: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(_SEED)
    radius = np.abs(np.linalg.eigvalsh(1j * algebra)).max(axis=1)
    scaled = algebra / radius[:, None, None]
    walk = np.tile(np.eye(algebra.shape[1]), (_POOL, 1, 1))
    for _ in range(_WALK):
        # turns of about one whole circle: nearly uniform along each direction
        steps = exponential(np.einsum("qk,kij->qij", rng.normal(0, 2 * np.pi, (_POOL, len(scaled))), scaled))
        walk = steps @ finite[rng.integers(len(finite), size=_POOL)] @ walk
    return walk
