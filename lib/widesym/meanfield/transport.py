r"""The Wasserstein distance between empirical laws, and the relative distance made from it.

.. math:: W_2^2(\mu,\nu) = \min_{\gamma\in\Pi(\mu,\nu)} \int \|z-z'\|^2\,d\gamma, \qquad
    \mathrm{RMD}^2(\mu,\nu) = \frac{W_2^2(\mu,\nu)}{M_2(\mu)+M_2(\nu)} \in [0,1], \qquad
    M_2(\mu) = 2\,E\|Z\|^2

(Maass Martinez and Fontbona 2024, appendix F). Exact and certified (:mod:`widesym.meanfield.plans`); the
distance to a projection has a closed form and needs no plan.

Shapes: ``N`` and ``M`` particles, ``D`` dimension. float64 inside, whatever is given.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from widesym.groups.invariants import Subspace
from widesym.meanfield.clouds import check_ambient, checked_cloud, checked_pair, checked_weights
from widesym.meanfield.plans import transport


def wasserstein2_squared(
    x: ArrayLike, y: ArrayLike, *, weights_x: ArrayLike | None = None, weights_y: ArrayLike | None = None
) -> float:
    r"""Compute the squared Wasserstein distance between two clouds, exactly.

    .. math:: W_2^2(\mu,\nu) = \min_{\gamma\in\Pi(a,b)} \sum_{ij}\gamma_{ij}\|x_i-y_j\|^2 .

    On the line (``D`` = 1) the plan that keeps the order is optimal, and sorting finds it.

    Args:
        x: ``(N, D)``, real.
        y: ``(M, D)``, real.
        weights_x: ``(N,)``, not negative, sum 1; uniform when ``None``.
        weights_y: ``(M,)``, the same for ``y``.

    Returns:
        :math:`W_2^2`.

    Raises:
        ValueError: As :func:`~widesym.meanfield.plans.transport`.
        RuntimeError: As :func:`~widesym.meanfield.plans.transport`.

    Source: Maass Martinez and Fontbona (2024), section 4; Santambrogio (2015), section 2.2, for ``D`` = 1.
    """
    x, y = checked_pair(x, y)
    if x.shape[1] == 1:
        import ot  # here: it brings scipy.stats and networkx, a second that most programs do not need

        a, b = (
            checked_weights(weights_x, len(x), "weights_x"),
            checked_weights(weights_y, len(y), "weights_y"),
        )
        return float(ot.emd2_1d(x[:, 0], y[:, 0], a, b, metric="sqeuclidean"))
    return transport(x, y, weights_x=weights_x, weights_y=weights_y).squared


def wasserstein2(
    x: ArrayLike, y: ArrayLike, *, weights_x: ArrayLike | None = None, weights_y: ArrayLike | None = None
) -> float:
    r"""Compute the Wasserstein distance :math:`W_2=\sqrt{W_2^2}`, as :func:`wasserstein2_squared` does."""
    return math.sqrt(wasserstein2_squared(x, y, weights_x=weights_x, weights_y=weights_y))


def wasserstein2_squared_to_projection(theta: ArrayLike, subspace: Subspace) -> float:
    r"""Compute the squared distance of a cloud to its projection on a subspace, in closed form.

    .. math:: W_2^2(\mu, P_E\#\mu) = \frac1N\sum_i\|\theta_i-P_E\theta_i\|^2,

    because every plan pays at least the distance to :math:`E`, and the projection pays just that.

    Args:
        theta: ``(N, D)``, real.
        subspace: :math:`E`, ambient dimension ``D``.

    Returns:
        The squared distance.

    Raises:
        ValueError: An empty cloud, wrong shape, NaN or infinity.

    Source: Maass Martinez and Fontbona (2024), section 4, with the identity above.
    """
    theta = checked_cloud(theta, "theta")
    check_ambient(theta, subspace)
    return float(np.mean(np.sum((theta - theta @ subspace.projector) ** 2, axis=1)))


def second_moment(theta: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    r"""Compute the mean squared norm of a cloud.

    .. math:: E\|Z\|^2 = \sum_i a_i\|\theta_i\|^2, \qquad\text{half of } M_2(\mu).

    Args:
        theta: ``(N, D)``, real.
        weights: ``(N,)``, not negative, sum 1; uniform when ``None``.

    Returns:
        The second moment, without the factor 2 of :math:`M_2`.

    Raises:
        ValueError: An empty cloud, wrong shape, NaN or infinity, weights that are no probabilities.

    Source: Maass Martinez and Fontbona (2024), appendix F.
    """
    theta = checked_cloud(theta, "theta")
    return float(checked_weights(weights, len(theta), "weights") @ np.sum(theta**2, axis=1))


def rmd_squared(x: ArrayLike, y: ArrayLike) -> float:
    r"""Compute the squared relative measure distance between two clouds.

    .. math:: \mathrm{RMD}^2(\mu,\nu) = \frac{W_2^2(\mu,\nu)}{M_2(\mu)+M_2(\nu)} \in [0,1] .

    Args:
        x: ``(N, D)``, real.
        y: ``(M, D)``, real.

    Returns:
        A number in [0, 1]; 0 when both clouds lie at 0.

    Raises:
        ValueError: As :func:`~widesym.meanfield.plans.transport`.
        RuntimeError: As :func:`~widesym.meanfield.plans.transport`.

    Source: Maass Martinez and Fontbona (2024), appendix F.
    """
    return _relative(wasserstein2_squared(x, y), second_moment(x), second_moment(y))


def rmd(x: ArrayLike, y: ArrayLike) -> float:
    r"""Compute the relative measure distance :math:`\sqrt{\mathrm{RMD}^2}`, as :func:`rmd_squared` does."""
    return math.sqrt(rmd_squared(x, y))


def rmd_squared_to_projection(theta: ArrayLike, subspace: Subspace) -> float:
    r"""Compute the squared relative distance of a cloud to its projection on a subspace, in O(N).

    .. math:: \mathrm{RMD}^2(\mu,P_E\#\mu) = \frac{\sum_i\|\theta_i-P_E\theta_i\|^2}
        {2\sum_i(\|\theta_i\|^2+\|P_E\theta_i\|^2)} \in \big[0,\tfrac12\big].

    Args:
        theta: ``(N, D)``, real.
        subspace: :math:`E`, ambient dimension ``D``.

    Returns:
        A number in [0, 1/2]; 0 iff the cloud lies in :math:`E`.

    Raises:
        ValueError: As :func:`wasserstein2_squared_to_projection`.

    Source: Maass Martinez and Fontbona (2024), appendix F and figure on page 8.
    """
    theta = checked_cloud(theta, "theta")
    squared = wasserstein2_squared_to_projection(theta, subspace)
    return _relative(squared, second_moment(theta), second_moment(theta @ subspace.projector))


def _relative(squared: float, moment_x: float, moment_y: float) -> float:
    total = 2 * (moment_x + moment_y)
    return squared / total if total > 0 else 0.0
