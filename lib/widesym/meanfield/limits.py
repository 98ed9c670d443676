r"""How far the model of a finite cloud is from the model of a limit, split by symmetry.

For a limit whose model is equivariant, :math:`Q_G\Phi_\infty=\Phi_\infty`, and inputs of an invariant law,

.. math:: E\|\Phi_\theta-\Phi_\infty\|^2
    =E\|Q_G\Phi_\theta-\Phi_\infty\|^2+E\|\Phi_\theta-Q_G\Phi_\theta\|^2,

the error of the symmetrised model and the asymmetry: :math:`Q_G` is an orthogonal projector. Letters: R
clouds, N particles, D = dim Z, Q nodes of the inputs' law, c outputs.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.meanfield.units import Unit, network


class Outputs(NamedTuple):
    r"""Models at nodes, (..., Q, c): ``plain`` :math:`\Phi_\theta`, ``averaged`` :math:`Q_G\Phi_\theta`."""

    plain: np.ndarray
    averaged: np.ndarray


class Errors(NamedTuple):
    r"""Mean squared errors of :math:`\Phi_\theta` (``total``) and :math:`Q_G\Phi_\theta` (``symmetric``).

    Arrays of any shape, the same.
    """

    total: np.ndarray
    symmetric: np.ndarray

    @property
    def asymmetry(self) -> np.ndarray:
        r""":math:`E\|\Phi_\theta-Q_G\Phi_\theta\|^2`, not negative."""
        return np.maximum(self.total - self.symmetric, 0.0)


def outputs(unit: Unit, clouds: np.ndarray, x: np.ndarray) -> Outputs:
    r"""Return the models of clouds and their averages over the group, at nodes.

    .. math:: \Phi_\theta(x),\qquad
        (Q_G\Phi_\theta)(x)=\frac1n\sum_g\hat\rho_g^\top\Phi_\theta(\rho_gx).

    Args:
        unit: the unit.
        clouds: (..., N, D), any leading axes.
        x: nodes, (Q, d).
    """
    clouds = np.asarray(clouds, np.float64)
    plain, averaged = _evaluate(unit)(clouds.reshape(-1, *clouds.shape[-2:]), np.asarray(x, np.float64))
    shape = (*clouds.shape[:-2], *plain.shape[1:])
    return Outputs(np.asarray(plain).reshape(shape), np.asarray(averaged).reshape(shape))


@functools.lru_cache(maxsize=8)
def _evaluate(unit: Unit):
    rho_in, rho_out = jnp.asarray(unit.rho_in.matrices), jnp.asarray(unit.rho_out.matrices)

    @jax.jit
    def evaluate(clouds: Array, x: Array) -> tuple[Array, Array]:
        points = jnp.einsum("gij,qj->gqi", rho_in, x)

        def one(theta: Array) -> tuple[Array, Array]:
            found = network(unit, theta, points.reshape(-1, unit.d)).reshape(len(rho_in), len(x), unit.c)
            return found[0], jnp.einsum("gij,gqi->qj", rho_out, found) / len(rho_in)  # element 0: identity

        return jax.lax.map(one, clouds)  # one cloud at a time: memory stays bounded

    return evaluate


def squared_errors(found: Outputs, limit: np.ndarray, weights: np.ndarray) -> Errors:
    r"""Return the mean squared errors of models against the model of the limit.

    Args:
        found: models at the nodes, (..., Q, c).
        limit: the limit's model at the nodes, (Q, c) or with the models' leading axes; equivariant.
        weights: of the nodes, (Q,), sum 1; nodes and weights of an invariant law.

    Returns:
        Errors of the leading shape.
    """
    return Errors(*(np.einsum("...qc,q->...", (values - limit) ** 2, weights) for values in found))
