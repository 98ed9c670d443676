r"""Risks of laws: plain, with data augmentation, with feature averaging, with an equivariant architecture.

A law :math:`\mu=\sum_iw_i\delta_{\theta_i}` on the parameters has the model
:math:`\Phi_\mu=\sum_iw_i\sigma_*(\cdot,\theta_i)`. With the data law
:math:`\pi=\sum_mp_m\delta_{(x_m,y_m)}` and a finite group of order n:

.. math::
    R(\mu) &= E_\pi\,\ell(\Phi_\mu(X),Y), &
    R^{DA}(\mu) &= E_\pi\tfrac1n\sum_g\ell(\Phi_\mu(\rho_gX),\hat\rho_gY),\\
    R^{FA}(\mu) &= E_\pi\,\ell(Q_G\Phi_\mu(X),Y), &
    R^{EA}(\mu) &= R(P_{\mathcal E^G}\#\mu), \qquad
    Q_Gf=\tfrac1n\sum_g\hat\rho_g^{-1}f(\rho_g\,\cdot).

Pure functions in jax.numpy, for ``jit``, ``vmap`` and ``grad``; exact sums, no sampling. Data are
equivariant, :math:`(\rho_gX,\hat\rho_gY)\sim(X,Y)`, when the sample is :func:`orbit_closed`.

Letters: N particles, D = dim Z, d inputs, c outputs, M pairs, B points, ``n = |G|``. ``weights`` (N,) are
those of the particles, ``masses`` (M,) those of the pairs, each uniform when None.
Source: [MF], Sections 2 and 3.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from widesym.groups import Representation, invariant_subspace
from widesym.meanfield.losses import Loss
from widesym.meanfield.samples import Sample
from widesym.meanfield.units import Unit

RISKS = ("vanilla", "da", "fa", "ea")


def model(unit: Unit, theta: Array, x: Array, weights: Array | None = None) -> Array:
    r"""Return the outputs :math:`\Phi_\mu(x_b)=\sum_iw_i\sigma_*(x_b,\theta_i)`.

    Args:
        unit: the unit.
        theta: the particles, (N, D).
        x: points, (B, d).
        weights: (N,), uniform when None.

    Returns:
        (B, c).
    """
    outputs = jax.vmap(jax.vmap(unit.apply, in_axes=(None, 0)), in_axes=(0, None))(x, theta)  # (B, N, c)
    return outputs.mean(axis=1) if weights is None else jnp.einsum("bnc,n->bc", outputs, weights)


def orbit_outputs(unit: Unit, theta: Array, x: Array, weights: Array | None = None) -> Array:
    r"""Return the model on the orbits of points, moved back.

    .. math:: \hat\rho_g^{-1}\Phi_\mu(\rho_gx_b), \qquad \text{constant in } g \iff
        \Phi_\mu \text{ is equivariant on the orbit.}

    Returns:
        (n, B, c); entry 0 is the model itself.
    """
    rho_in, rho_out = jnp.asarray(unit.rho_in.matrices), jnp.asarray(unit.rho_out.matrices)
    points = jnp.einsum("gij,bj->gbi", rho_in, x)
    outputs = model(unit, theta, points.reshape(-1, unit.d), weights).reshape(len(rho_in), -1, unit.c)
    return jnp.einsum("gji,gbj->gbi", rho_out, outputs)


def averaged_model(unit: Unit, theta: Array, x: Array, weights: Array | None = None) -> Array:
    r"""Return the averaged model :math:`Q_G\Phi_\mu(x_b)`, (B, c)."""
    return orbit_outputs(unit, theta, x, weights).mean(axis=0)


def symmetrised_law(
    action: Representation, theta: Array, weights: Array | None = None
) -> tuple[Array, Array | None]:
    r"""Return :math:`\mu^G=\frac1n\sum_g\sum_iw_i\delta_{M_g\theta_i}`: particles (nN, D) and weights (nN,).

    Rows ``g N`` to ``(g + 1) N - 1`` are the images under ``g``, as in
    :func:`widesym.meanfield.laws.symmetrise`.
    """
    n = action.group.order
    moved = jnp.einsum("gij,kj->gki", jnp.asarray(action.matrices), theta).reshape(-1, action.dim)
    return moved, None if weights is None else jnp.tile(weights, n) / n


def projected_law(action: Representation, theta: Array) -> Array:
    r"""Return the particles (N, D) of :math:`P_{\mathcal E^G}\#\mu`; the weights stay."""
    return theta @ jnp.asarray(invariant_subspace(action).projector)


def orbit_closed(sample: Sample) -> Sample:
    r"""Return the equivariant data law made from a sample: all pairs, moved by every element.

    .. math:: \frac1{nM}\sum_{g,m}\delta_{(\rho_gx_m,\hat\rho_gy_m)} .

    Args:
        sample: M pairs, with any targets.

    Returns:
        nM pairs; the first M are those given.
    """
    unit = sample.unit
    x, y = (
        np.einsum("gij,mj->gmi", rep.matrices, values).reshape(-1, rep.dim)
        for rep, values in ((unit.rho_in, sample.x), (unit.rho_out, sample.y))
    )
    return Sample(f"{sample.name}, orbit-closed", unit, x, y)


def risk(
    unit: Unit,
    loss: Loss,
    theta: Array,
    x: ArrayLike,
    y: ArrayLike,
    weights: Array | None = None,
    masses: Array | None = None,
) -> Array:
    r"""Return :math:`R(\mu)=\sum_mp_m\,\ell(\Phi_\mu(x_m),y_m)`, a scalar.

    ``theta`` is (N, D), ``x`` (M, d), ``y`` (M, c).
    """
    return _mean_loss(loss, model(unit, theta, jnp.asarray(x), weights), jnp.asarray(y), masses)


def _mean_loss(loss: Loss, predictions: Array, y: Array, masses: Array | None) -> Array:
    losses = jax.vmap(loss.apply)(predictions, y)
    return losses.mean() if masses is None else losses @ masses


def risk_da(
    unit: Unit,
    loss: Loss,
    theta: Array,
    x: ArrayLike,
    y: ArrayLike,
    weights: Array | None = None,
    masses: Array | None = None,
) -> Array:
    r"""Return :math:`R^{DA}(\mu)`, averaged over the whole orbit of every pair; arrays as in :func:`risk`."""
    rho_in, rho_out = jnp.asarray(unit.rho_in.matrices), jnp.asarray(unit.rho_out.matrices)
    points = jnp.einsum("gij,mj->gmi", rho_in, jnp.asarray(x)).reshape(-1, unit.d)
    targets = jnp.einsum("gij,mj->gmi", rho_out, jnp.asarray(y)).reshape(-1, unit.c)
    spread_out = None if masses is None else jnp.tile(masses, len(rho_in)) / len(rho_in)
    return risk(unit, loss, theta, points, targets, weights, spread_out)


def risk_fa(
    unit: Unit,
    loss: Loss,
    theta: Array,
    x: ArrayLike,
    y: ArrayLike,
    weights: Array | None = None,
    masses: Array | None = None,
) -> Array:
    r"""Return :math:`R^{FA}(\mu)=\sum_mp_m\,\ell(Q_G\Phi_\mu(x_m),y_m)`; arrays as in :func:`risk`."""
    return _mean_loss(loss, averaged_model(unit, theta, jnp.asarray(x), weights), jnp.asarray(y), masses)


def risk_ea(
    unit: Unit,
    loss: Loss,
    theta: Array,
    x: ArrayLike,
    y: ArrayLike,
    weights: Array | None = None,
    masses: Array | None = None,
) -> Array:
    r"""Return :math:`R^{EA}(\mu)=R(P_{\mathcal E^G}\#\mu)`; arrays as in :func:`risk`."""
    return risk(unit, loss, projected_law(unit.action, theta), x, y, weights, masses)


def gap(
    unit: Unit, theta: Array, x: ArrayLike, weights: Array | None = None, masses: Array | None = None
) -> Array:
    r"""Return the asymmetry of the model, :math:`E_\pi\tfrac1n\sum_g\|\Phi_\mu-Q_G\Phi_\mu\|^2(\rho_gX)`.

    For equivariant data it is :math:`E\|\Phi_\mu-Q_G\Phi_\mu\|^2`. ``theta`` is (N, D), ``x`` (M, d).
    """
    moved = orbit_outputs(unit, theta, jnp.asarray(x), weights)  # an isometry away from the outputs
    squares = jnp.sum((moved - moved.mean(axis=0, keepdims=True)) ** 2, axis=2).mean(axis=0)
    return squares.mean() if masses is None else squares @ masses


def by_name(name: str) -> Callable[..., Array]:
    """Return the risk of that name, one of :data:`RISKS`; all take the same arguments.

    Raises:
        ValueError: an unknown name, with the valid ones.
    """
    functions = dict(zip(RISKS, (risk, risk_da, risk_fa, risk_ea), strict=True))
    if name not in functions:
        raise ValueError(f"unknown risk {name!r}; valid: {', '.join(RISKS)}")
    return functions[name]
