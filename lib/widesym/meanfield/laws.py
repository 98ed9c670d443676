r"""Symmetric laws: what a group does to the law of the particles.

For a law :math:`\mu` on the parameters and the action :math:`z\mapsto M_gz`:

.. math:: \mu^G = \int M_g\#\mu\,d\lambda(g) \ \text{(symmetrised)}, \qquad
    P_E\#\mu \ \text{(projected on a subspace } E \text{, such as } \mathcal E^G\text{)};

.. math:: \text{WI (weakly invariant): } \mu=\mu^G, \qquad
    \text{SI (strongly invariant): } \mu(\mathcal E^G)=1 .

Both deviations here are distances of [0, 1] that vanish exactly on these laws (Maass Martinez and Fontbona
2024, section 2). Laws are clouds with equal weights, particles flattened row by row.

Shapes: ``N`` particles, ``D`` parameter dimension, ``n`` group order. float64.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from widesym.groups.invariants import Subspace, invariant_subspace, orbit
from widesym.groups.representations import Representation
from widesym.meanfield.clouds import check_ambient, checked_cloud
from widesym.meanfield.transport import rmd_squared, rmd_squared_to_projection

# A cloud counts as invariant below this RMD: float32 particles carry 6e-8, laws that differ 1e-3 and more.
INVARIANCE_TOLERANCE = 1e-6


def symmetrise(theta: ArrayLike, action: Representation) -> np.ndarray:
    r"""Symmetrise a cloud: all images of all particles.

    .. math:: \mu^G = \frac1{nN}\sum_{g\in G}\sum_i\delta_{M_g\theta_i} .

    Args:
        theta: ``(N, D)``, real.
        action: :math:`g\mapsto M_g`, dimension ``D``.

    Returns:
        float64 ``(n N, D)``; rows ``g N`` to ``(g + 1) N - 1`` are the images under ``g``, the first ``N``
        the cloud.

    Raises:
        ValueError: An empty cloud, wrong shape, NaN or infinity.

    Source: Maass Martinez and Fontbona (2024), section 2.
    """
    theta = checked_cloud(theta, "theta")
    return orbit(action, theta).reshape(-1, theta.shape[1])


def project(theta: ArrayLike, subspace: Subspace) -> np.ndarray:
    r"""Project a cloud on a subspace.

    .. math:: P_E\#\mu = \frac1N\sum_i\delta_{P_E\theta_i} .

    Args:
        theta: ``(N, D)``, real.
        subspace: :math:`E`, ambient dimension ``D``; any dimension from 0.

    Returns:
        float64 ``(N, D)``, in the order of the particles.

    Raises:
        ValueError: An empty cloud, wrong shape, NaN or infinity.

    Source: Maass Martinez and Fontbona (2024), section 2.
    """
    theta = checked_cloud(theta, "theta")
    check_ambient(theta, subspace)
    return theta @ subspace.projector


def weak_deviation(theta: ArrayLike, action: Representation) -> float:
    r"""Measure how far a cloud is from being weakly invariant.

    .. math:: \mathrm{RMD}^2(\mu,\mu^G) \in [0,1], \qquad = 0 \iff \mu=\mu^G .

    Independent particles of a WI law have a positive deviation, which falls with ``N`` only like the sampling
    error of :math:`W_2^2`: about :math:`N^{-2/D}` for ``D`` > 4.

    Args:
        theta: ``(N, D)``, real.
        action: :math:`g\mapsto M_g`, dimension ``D``.

    Returns:
        The squared relative distance to the symmetrised cloud, by an exact transport solve.

    Raises:
        ValueError: An empty cloud, wrong shape, NaN or infinity.
        RuntimeError: The transport plan could not be certified.

    Source: Maass Martinez and Fontbona (2024), section 2 and appendix F.
    """
    return rmd_squared(theta, symmetrise(theta, action))


def strong_deviation(theta: ArrayLike, action: Representation) -> float:
    r"""Measure how far a cloud is from being strongly invariant.

    .. math:: \mathrm{RMD}^2(\mu,P_{\mathcal E^G}\#\mu) \in [0,\tfrac12],
        \qquad = 0 \iff \mu(\mathcal E^G)=1 .

    Args:
        theta: ``(N, D)``, real.
        action: :math:`g\mapsto M_g`, dimension ``D``.

    Returns:
        The squared relative distance to the cloud projected on the invariant vectors, in closed form.

    Raises:
        ValueError: An empty cloud, wrong shape, NaN or infinity.

    Source: Maass Martinez and Fontbona (2024), section 2 and appendix F.
    """
    return rmd_squared_to_projection(theta, invariant_subspace(action))


def is_weakly_invariant(theta: ArrayLike, action: Representation, tol: float = INVARIANCE_TOLERANCE) -> bool:
    r"""Decide whether a cloud is weakly invariant.

    .. math:: \mathrm{RMD}(\mu,\mu^G) \le \mathrm{tol} .

    Args:
        theta: ``(N, D)``, real.
        action: :math:`g\mapsto M_g`, dimension ``D``.
        tol: Largest RMD (not squared); the default allows the rounding of float32.

    Returns:
        The verdict.

    Raises:
        ValueError: As :func:`weak_deviation`.
        RuntimeError: As :func:`weak_deviation`.

    Source: Maass Martinez and Fontbona (2024), section 2.
    """
    return math.sqrt(weak_deviation(theta, action)) <= tol


def is_strongly_invariant(
    theta: ArrayLike, action: Representation, tol: float = INVARIANCE_TOLERANCE
) -> bool:
    r"""Decide whether a cloud is strongly invariant.

    .. math:: \mathrm{RMD}(\mu,P_{\mathcal E^G}\#\mu) \le \mathrm{tol} .

    Args:
        theta: ``(N, D)``, real.
        action: :math:`g\mapsto M_g`, dimension ``D``.
        tol: Largest RMD (not squared); the default allows the rounding of float32.

    Returns:
        The verdict.

    Raises:
        ValueError: As :func:`strong_deviation`.

    Source: Maass Martinez and Fontbona (2024), section 2.
    """
    return math.sqrt(strong_deviation(theta, action)) <= tol
