r"""The best law on a finite set of particles: a convex programme in the weights, with a certificate.

For particles :math:`z_1,\dots,z_K` with outputs :math:`a_{jm}=\sigma_*(x_m,z_j)` and a convex loss,

.. math:: \min_{w\ge0,\ \sum_jw_j=1}\ R(w)=\frac1M\sum_m\ell\Big(\sum_jw_ja_{jm},y_m\Big).

A risk is convex in the law, so any law has a lower bound for all others, from the first variation:

.. math:: R(w')\ \ge\ R(w)-\big(\nabla R(w)\cdot w-\min_j\nabla_jR(w)\big)\quad\text{for every } w' .

Newton's method, where each step is a least-squares problem on the simplex. That one has an exact answer: with
:math:`C=A-b\mathbf 1^\top`, the least :math:`\|Cw\|` is found by non-negative least squares on
:math:`\|Cu\|^2+(\mathbf 1^\top u-1)^2`, :math:`w=u/\mathbf 1^\top u` (Lawson and Hanson 1974, chapter 23).

Letters: K particles, M pairs, c outputs. float64, NumPy; the derivatives of the loss by JAX.
"""

import functools
from typing import NamedTuple

import jax
import numpy as np
from jax import Array
from numpy.typing import ArrayLike
from scipy.optimize import nnls

from widesym.meanfield.losses import Loss

_STEPS = 100  # Newton converges in about ten
_GAP = 1e-14  # relative; below it only rounding is left
_FLAT = 1e-12  # curvatures below this fraction of the largest: directions in which a loss is straight


class Optimum(NamedTuple):
    """Weights (K,), their risk, and ``bound``, below which no law on the particles can come."""

    weights: np.ndarray
    risk: float
    bound: float


@functools.partial(jax.jit, static_argnums=0)
def _local(loss: Loss, prediction: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return the loss (M,), its gradient (M, c) and its Hessian (M, c, c) in the predictions (M, c)."""
    functions = (loss.apply, jax.grad(loss.apply), jax.hessian(loss.apply))
    return tuple(jax.vmap(function)(prediction, y) for function in functions)


def certified(loss: Loss, outputs: ArrayLike, y: ArrayLike, weights: ArrayLike) -> Optimum:
    """Return given weights with their risk and the lower bound that they prove.

    Args:
        loss: a convex loss.
        outputs: of every particle at every input, (K, M, c).
        y: targets, (M, c).
        weights: (K,), not negative, sum 1.

    Raises:
        ValueError: a loss that is not convex: the bound would be wrong.
    """
    if not loss.convex:
        raise ValueError(f"loss {loss.name!r} is not convex: no law certifies the optimum; take a convex one")
    outputs, y, weights = (np.asarray(values, np.float64) for values in (outputs, y, weights))
    prediction = np.einsum("kmc,k->mc", outputs, weights)
    losses, slopes, _ = map(np.asarray, _local(loss, prediction, y))
    value, slope = float(losses.mean()), np.einsum("kmc,mc->k", outputs, slopes) / len(y)
    return Optimum(weights, value, value - float(slope @ weights - slope.min()))


def best_law(loss: Loss, outputs: ArrayLike, y: ArrayLike) -> Optimum:
    """Return the best law on a set of particles; its risk and bound differ by rounding.

    Args:
        loss: a convex loss, twice differentiable.
        outputs: of every particle at every input, (K, M, c).
        y: targets, (M, c).

    Raises:
        ValueError: as :func:`certified`.
    """
    outputs, y = np.asarray(outputs, np.float64), np.asarray(y, np.float64)
    best = certified(loss, outputs, y, np.full(len(outputs), 1 / len(outputs)))
    for _ in range(_STEPS):
        if best.risk - best.bound <= _GAP * abs(best.risk):
            break
        target = _newton_step(loss, outputs, y, best.weights)
        tried = (
            certified(loss, outputs, y, best.weights + size * (target - best.weights))
            for size in 0.5 ** np.arange(30)
        )
        better = next((law for law in tried if _improves(law, best)), None)
        if better is None:
            break
        best = better
    return best


def _improves(law: Optimum, best: Optimum) -> bool:
    """Decide by the risk, and where that is flat up to rounding by the bound."""
    flat = abs(law.risk - best.risk) <= _FLAT * abs(best.risk)
    return law.risk < best.risk and not flat or flat and law.risk - law.bound < 0.5 * (best.risk - best.bound)


def _newton_step(loss: Loss, outputs: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Minimise the quadratic model of the risk at the weights, over the simplex."""
    prediction = np.einsum("kmc,k->mc", outputs, weights)
    _, slope, curvature = map(np.asarray, _local(loss, prediction, y))
    values, vectors = np.linalg.eigh(curvature)
    kept = values > _FLAT * values.max()
    root = np.sqrt(np.where(kept, values, 0.0))
    # 1/2 |root V^T (p - p0) + V^T slope / root|^2 is the model, but for a constant
    shift = np.einsum("mce,mc->me", vectors, slope) / np.where(kept, root, 1.0)
    columns = root[:, :, None] * np.einsum("mce,kmc->mek", vectors, outputs - prediction)
    return simplex_least_squares(columns[kept], np.where(kept, -shift, 0.0)[kept])


def simplex_least_squares(columns: np.ndarray, target: np.ndarray) -> np.ndarray:
    r"""Return the weights (K,) on the simplex with the least :math:`\|Aw-b\|`, for A (M, K) and b (M,)."""
    shifted = columns - target[:, None]
    size = max(float(np.sqrt((shifted**2).sum(axis=0).mean())), np.finfo(float).tiny)
    augmented = np.vstack([shifted / size, np.ones(shifted.shape[1])])
    u, _ = nnls(augmented, np.concatenate([np.zeros(len(shifted)), [1.0]]), maxiter=100 * shifted.shape[1])
    return u / u.sum()
