r"""The escape of a small transverse part from :math:`\mathcal E^G`, predicted without a free parameter.

Let the cloud be :math:`\theta_i=P\theta_i+Uu_i` with :math:`U` an orthonormal basis of the complement of
:math:`\mathcal E^G` and :math:`u` small, and the data equivariant. Then the transverse gradient of the
population risk vanishes at :math:`u=0`, and one step of vanilla SGD is, to first order in u,

.. math:: u\leftarrow(I-sA)\,u+s\,\zeta,\qquad s=\alpha/N,\qquad E\zeta=0,\qquad
    E\zeta\zeta^\top=\tfrac1B\Sigma,

.. math:: A_{ij}=\delta_{ij}\Big(E\,U^\top\nabla_z^2(r\cdot\sigma_*)(X,\theta_i)\,U+2\tau I\Big)
    +\tfrac2N\,E\,(D\sigma_*(X,\theta_i)U)^\top D\sigma_*(X,\theta_j)U,\qquad
    \Sigma_{ij}=E\,\zeta_i\zeta_j^\top,\quad\zeta_i=(D\sigma_*(X,\theta_i)U)^\top r,

with :math:`r=2(\Phi_\theta(X)-Y)`; every expectation is an integral over one law of X, done by quadrature.
So :math:`C=E\,uu^\top` follows :math:`C\leftarrow(I-sA)C(I-sA)+\frac{s^2}B\Sigma` along the cloud's path
inside :math:`\mathcal E^G`, which is the path of EA, and the expected squared distance is
:math:`E\,W_2^2(\nu,P\#\nu)=\frac1N\operatorname{tr}C`. With :math:`A=0` and constant :math:`\Sigma` it is
the random walk :math:`\propto\alpha^2T/(BN)`.

Letters: N particles, D = dim Z, m = D - dim E^G, Q nodes, c outputs, T snapshots. float64.
"""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.groups import invariant_subspace
from widesym.meanfield.dynamics import SGD
from widesym.meanfield.teachers import Teacher
from widesym.meanfield.units import network

_NEGLIGIBLE = 1e-13  # weight of a node, beside a total of 1: below the rounding of the sums


class Nodes(NamedTuple):
    """A quadrature of the law of X: points ``x`` (Q, d) and weights (Q,) of sum 1."""

    x: np.ndarray
    weights: np.ndarray


class Prediction(NamedTuple):
    r"""Expected :math:`W_2^2(\nu,P\#\nu)` at snapshots (T,): ``linear``, and ``walk`` with A = 0."""

    linear: np.ndarray
    walk: np.ndarray


class Linear(NamedTuple):
    """The linearised step at one cloud: ``drift`` A and ``noise`` Sigma, (N m, N m), particle by particle."""

    drift: np.ndarray
    noise: np.ndarray


def gaussian_nodes(d: int, scale: float, count: int) -> Nodes:
    r"""Return the Gauss-Hermite quadrature of :math:`\mathcal N(0,s^2I_d)`, ``count`` nodes a coordinate.

    Raises:
        ValueError: fewer than one coordinate or node, a scale that is not positive.
    """
    if d < 1 or count < 1 or not scale > 0:
        raise ValueError(f"need d >= 1, count >= 1 and scale > 0, got {d}, {count} and {scale}")
    points, weights = np.polynomial.hermite_e.hermegauss(count)
    x = np.stack(np.meshgrid(*[points] * d, indexing="ij"), axis=-1).reshape(-1, d)
    w = functools.reduce(np.multiply.outer, [weights / weights.sum()] * d).ravel()
    kept = w > _NEGLIGIBLE
    return Nodes(scale * x[kept], w[kept] / w[kept].sum())


def complement(teacher: Teacher) -> np.ndarray:
    r"""Return an orthonormal basis U (D, m) of the orthogonal complement of :math:`\mathcal E^G`."""
    fixed = invariant_subspace(teacher.unit.action)
    values, vectors = np.linalg.eigh(fixed.projector)
    return vectors[:, values < 0.5]


def linearised(teacher: Teacher, nodes: Nodes, tau: float) -> Callable[[np.ndarray], Linear]:
    r"""Return the function that gives the linearised step at a cloud (N, D) in :math:`\mathcal E^G`.

    Args:
        teacher: the data law, equivariant (not checked), and the unit.
        nodes: quadrature of its inputs.
        tau: weight of the penalty :math:`\|z\|^2`.
    """
    x, weights = jnp.asarray(nodes.x), jnp.asarray(nodes.weights)
    y, basis, apply = teacher.label(x), jnp.asarray(complement(teacher)), teacher.unit.apply
    m = basis.shape[1]

    @jax.jit
    def parts(theta: Array) -> tuple[Array, Array, Array]:
        residual = 2 * (network(teacher.unit, theta, x) - y)  # (Q, c)
        slope = jax.vmap(lambda p: jax.vmap(lambda z: jax.jacobian(apply, 1)(p, z) @ basis)(theta))(x)

        def work(u: Array, z: Array) -> Array:
            outputs = jax.vmap(apply, in_axes=(0, None))(x, z + basis @ u)
            return jnp.sum(weights[:, None] * residual * outputs)

        curvature = jax.vmap(jax.hessian(work), in_axes=(None, 0))(jnp.zeros(m), theta)  # (N, m, m)
        root = jnp.sqrt(weights)[:, None, None, None] * slope  # (Q, N, c, m)
        rows = root.transpose(0, 2, 1, 3).reshape(-1, theta.shape[0] * m)
        pulls = jnp.einsum("qncm,qc->qnm", root, residual).reshape(-1, theta.shape[0] * m)
        return curvature, 2 * rows.T @ rows, pulls.T @ pulls

    def at(theta: np.ndarray) -> Linear:
        curvature, coupling, noise = (np.asarray(part) for part in parts(jnp.asarray(theta)))
        drift = coupling / len(theta) + 2 * tau * np.eye(len(theta) * m)
        for i, block in enumerate(curvature):
            drift[m * i : m * (i + 1), m * i : m * (i + 1)] += block
        return Linear(drift, noise)

    return at


def predicted_escape(
    teacher: Teacher, path: np.ndarray, steps: Sequence[int], sgd: SGD, nodes: Nodes
) -> Prediction:
    r"""Return the expected :math:`W_2^2(\nu,P\#\nu)` of vanilla SGD along a path in :math:`\mathcal E^G`.

    Between two snapshots the coefficients are held at their mean of both, and the recursion is
    then solved exactly in the eigenbasis of A.

    Args:
        teacher: the data law, equivariant.
        path: snapshots of the cloud under EA, (T, N, D).
        steps: the numbers of SGD steps of the snapshots, increasing; the cloud is in E^G at the first.
        sgd: the hyperparameters; the noise :math:`\xi` is projected, so it adds nothing.
        nodes: quadrature of the inputs.

    Returns:
        The recursion's :math:`\frac1N\operatorname{tr}C` and, without the drift A, the bare random walk's;
        both are zero at the first snapshot.

    Raises:
        ValueError: snapshots and steps of different numbers, steps that do not increase.
        Source: linearisation of [MF], equation (5).
    """
    if len(path) != len(steps) or any(b <= a for a, b in zip(steps, steps[1:], strict=False)):
        raise ValueError(f"need one increasing step a snapshot, got {len(path)} snapshots, steps {steps}")
    N = path.shape[1]
    s = sgd.alpha / N
    model = linearised(teacher, nodes, sgd.tau)
    before = model(path[0])
    covariance = np.zeros_like(before.noise)
    linear, walk = [0.0], [0.0]
    for cloud, count in zip(path[1:], np.diff(steps), strict=True):
        after = model(cloud)
        rates, vectors = np.linalg.eigh((before.drift + after.drift) / 2)
        gain = np.multiply.outer(1 - s * rates, 1 - s * rates)
        kept = gain ** int(count)
        flat = np.abs(1 - gain) < 1e-14
        total = np.where(flat, count, (1 - kept) / np.where(flat, 1.0, 1 - gain))  # sum of gain^k, k < count
        noise = s**2 / sgd.batch * (before.noise + after.noise) / 2
        inside = kept * (vectors.T @ covariance @ vectors) + total * (vectors.T @ noise @ vectors)
        covariance = vectors @ inside @ vectors.T
        linear.append(np.trace(covariance) / N)
        walk.append(walk[-1] + count * np.trace(noise) / N)
        before = after
    return Prediction(np.array(linear), np.array(walk))
