r"""Haar averages of representations of compact groups: exact by rules, or sampled with their error.

.. math:: P_{\mathcal E^G} = \int M(g)\,d\lambda(g), \qquad
    \dim\mathcal E^G = \int \operatorname{tr} M(g)\,d\lambda(g).

For independent samples the mean of ``K`` matrices satisfies, since :math:`\|M(g)\|_F^2 = D`,

.. math:: E\,\Big\|\frac1K\sum_k M(g_k) - P\Big\|_F^2 = \frac{D - \dim\mathcal E^G}{K} .

Shapes: ``D`` dimension of the representation, ``K`` samples, ``r`` conditions. float64.
"""

from dataclasses import dataclass, field

import numpy as np

from widesym.groups.checks import checked_order
from widesym.groups.compact import Seed, generator
from widesym.groups.continuous import CompactRepresentation

# Singular values of the stacked conditions below this count as zero. For a finite group the others are at
# least about 2 pi / order (6e-4 at order 10,000), for a Lie algebra of the size of its weights (about 1).
NULL = 1e-8
# Matrices (D, D) held at once while averaging, in entries: 128 MB.
_BLOCK_ENTRIES = 2**24


@dataclass(frozen=True, eq=False)
class SampledAverage:
    """A mean over independent Haar samples.

    Attributes:
        mean: ``(D, D)``.
        standard_error: ``(D, D)``, of each entry; 0 where all samples are equal.
        trace: The mean of the traces, an estimate of the number of invariant vectors.
        trace_error: Its standard error.
        count: ``K``.
    """

    mean: np.ndarray = field(repr=False)
    standard_error: np.ndarray = field(repr=False)
    trace: float
    trace_error: float
    count: int

    @property
    def dimension_interval(self) -> tuple[float, float]:
        """The 95 % normal interval of the number of invariant vectors."""
        half = 1.96 * self.trace_error
        return self.trace - half, self.trace + half


def conditions(rep: CompactRepresentation) -> np.ndarray:
    r"""Return the matrices whose common null space is :math:`\mathcal E^G`, ``(r, D, D)``.

    .. math:: \mathrm dM(A_1),\dots,\mathrm dM(A_k),\ M(C_1)-I,\dots,M(C_m)-I .
    """
    return np.concatenate([rep.algebra, rep.components - np.eye(rep.dim)])


def null_space(stacked: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis ``(D, k)`` of the vectors that matrices ``(r, D, D)`` all send to 0."""
    d = stacked.shape[-1]
    if not len(stacked):
        return np.eye(d)
    _, values, rows = np.linalg.svd(stacked.reshape(-1, d), full_matrices=False)
    return rows[values <= NULL].T


def exact_average(rep: CompactRepresentation) -> np.ndarray | None:
    r"""Return :math:`\int M\,d\lambda`, ``(D, D)``, by a rule exact for its degree; None without one.

    The group's rule and the representation's degree must both be known, and the nodes must fit into 1 GiB.
    """
    if rep.degree is None or rep.group.rule is None:
        return None
    try:
        rule = rep.group.rule(rep.degree)
    except ValueError:  # too many nodes
        return None
    return _weighted(rep, rule.nodes, rule.weights)


def character_dimension(rep: CompactRepresentation) -> float | None:
    r"""Return :math:`\int \operatorname{tr} M\,d\lambda` by Weyl's formula, not rounded, or None."""
    if rep.degree is None or rep.group.classes is None:
        return None
    try:
        rule = rep.group.classes(rep.degree)
    except ValueError:  # too many nodes
        return None
    return float(np.trace(_weighted(rep, rule.nodes, rule.weights)))


def projector_of(rep: CompactRepresentation) -> np.ndarray:
    r"""Return :math:`P_{\mathcal E^G}`, ``(D, D)``, from the null space of the conditions."""
    basis = null_space(conditions(rep))
    return basis @ basis.T


def sampled_average(rep: CompactRepresentation, seed: Seed, count: int) -> SampledAverage:
    r"""Average over independent Haar samples, with standard errors.

    Args:
        rep: The representation.
        seed: An integer or a NumPy generator.
        count: ``K >= 2``.

    Raises:
        ValueError: Fewer than two samples, or a bad seed.
    """
    if checked_order(count, "count") < 2:
        raise ValueError(f"count={count}: a standard error needs at least 2 samples; remedy: take 1000")
    rng = generator(seed)
    mean, squares = np.zeros((rep.dim,) * 2), np.zeros((rep.dim,) * 2)
    traces = []
    for size in _blocks(count, rep.dim):
        matrices = rep.at(rep.group.sample(rng, size))
        mean += matrices.sum(axis=0) / count
        squares += (matrices**2).sum(axis=0) / count
        traces.append(np.trace(matrices, axis1=1, axis2=2))
    trace = np.concatenate(traces)
    variance = np.maximum(squares - mean**2, 0.0)
    variance[variance < 1e-14] = 0.0  # rounding of entries that are the same for every g
    return SampledAverage(
        mean,
        np.sqrt(variance / (count - 1)),
        float(trace.mean()),
        float(trace.std(ddof=1) / np.sqrt(count)),
        count,
    )


def _blocks(count: int, d: int) -> list[int]:
    size = max(1, _BLOCK_ENTRIES // d**2)
    full, rest = divmod(count, size)
    return [size] * full + ([rest] if rest else [])


def _weighted(rep: CompactRepresentation, nodes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    total, start = np.zeros((rep.dim,) * 2), 0
    for size in _blocks(len(nodes), rep.dim):
        block = slice(start, start + size)
        # sums of sums: one long sum of 10^5 terms would lose three digits
        parts = np.array_split(weights[block, None, None] * rep.at(nodes[block]), int(np.sqrt(size)) + 1)
        total += np.sum([part.sum(axis=0) for part in parts], axis=0)
        start += size
    return total
