r"""One step of noisy SGD, slowly: particle by particle, datum by datum, element by element, in float64.

.. math:: \theta_i \leftarrow \theta_i - s\Big(\nabla_i + 2\tau\theta_i\Big) + \sqrt{2\beta s}\,\xi_i,
    \qquad s = \alpha/N, \qquad \nabla_i = N\,\frac{\partial}{\partial\theta_i}\,\frac1B\sum_b \ell_b,

for the loss :math:`\ell_b` of a scheme at datum :math:`(x_b,y_b)`,
:math:`\Phi_\theta=\frac1N\sum_i\sigma_*(\cdot,\theta_i)`:

- ``vanilla``: :math:`\|\Phi_\theta(x_b)-y_b\|^2`;
- ``da-sampled``: :math:`\|\Phi_\theta(\rho_{g_b}x_b)-\hat\rho_{g_b}y_b\|^2`;
- ``da-orbit``: :math:`\frac1n\sum_g\|\Phi_\theta(\rho_gx_b)-\hat\rho_gy_b\|^2`;
- ``fa``: :math:`\|\frac1n\sum_g\hat\rho_g^{-1}\Phi_\theta(\rho_gx_b)-y_b\|^2`;
- ``ea``: :math:`\|\Phi_{P\theta}(x_b)-y_b\|^2`, with start, gradient, penalty and noise in
  :math:`\mathcal E^G`.

Written from Maass Martinez and Fontbona (2024), sections 2 and 3, not from the library's code, to check it.

Shapes: ``N`` particles, ``D`` parameter dimension, ``B`` batch, ``d`` inputs, ``c`` outputs, ``n`` group
order.
"""

import math

import numpy as np

UNITS = ("sigmoid-matrix", "neuron")
SCHEMES = ("vanilla", "da-sampled", "da-orbit", "fa", "ea")


def unit_value(unit: str, x: np.ndarray, z: np.ndarray, outputs: int) -> np.ndarray:
    r"""Evaluate one unit at one input.

    .. math:: \text{sigmoid-matrix: } \mathrm{sigmoid}(zx),\ z\in\mathbb R^{c\times d}; \qquad
        \text{neuron: } v\,\mathrm{sigmoid}(u\cdot x),\ z=(u,v).

    Args:
        unit: One of :data:`UNITS`.
        x: ``(d,)``.
        z: ``(D,)``, matrices row by row.
        outputs: ``c``.

    Returns:
        float64 ``(c,)``.

    Raises:
        ValueError: An unknown unit.

    Source: Maass Martinez and Fontbona (2024), sections 2 and 4.
    """
    _check_name(unit, UNITS, "unit")
    d = len(x)
    if unit == "neuron":
        return z[d:] * _sigmoid(sum(z[k] * x[k] for k in range(d)))
    return np.array([_sigmoid(sum(z[row * d + k] * x[k] for k in range(d))) for row in range(outputs)])


def model(unit: str, x: np.ndarray, theta: np.ndarray, outputs: int) -> np.ndarray:
    r"""Evaluate the network :math:`\Phi_\theta(x)=\frac1N\sum_i\sigma_*(x,\theta_i)` at one input.

    Args:
        unit: One of :data:`UNITS`.
        x: ``(d,)``.
        theta: ``(N, D)``.
        outputs: ``c``.

    Returns:
        float64 ``(c,)``.

    Raises:
        ValueError: An unknown unit.

    Source: Maass Martinez and Fontbona (2024), section 2.
    """
    return sum(unit_value(unit, x, z, outputs) for z in theta) / len(theta)


def losses(
    theta: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    g: np.ndarray,
    *,
    unit: str,
    rho_in: np.ndarray,
    rho_out: np.ndarray,
    projector: np.ndarray | None,
    scheme: str,
) -> np.ndarray:
    r"""Evaluate the loss of a scheme at each datum, by the formulas above.

    Args:
        theta: ``(N, D)``.
        x: ``(B, d)``.
        y: ``(B, c)``.
        g: ``(B,)`` ints, the element drawn for each datum (``da-sampled`` only).
        unit: One of :data:`UNITS`.
        rho_in: ``(n, d, d)``, :math:`\rho`.
        rho_out: ``(n, c, c)``, :math:`\hat\rho`, orthogonal.
        projector: ``(D, D)``, :math:`P_{\mathcal E^G}` (``ea`` only).
        scheme: One of :data:`SCHEMES`.

    Returns:
        float64 ``(B,)``.

    Raises:
        ValueError: An unknown unit or scheme, or ``ea`` without a projector.

    Source: Maass Martinez and Fontbona (2024), section 3.1.
    """
    theta = _at_home(theta, projector, scheme)
    c, n = y.shape[1], len(rho_in)
    found = []
    for b in range(len(x)):
        if scheme == "da-sampled":
            loss = _square(model(unit, rho_in[g[b]] @ x[b], theta, c) - rho_out[g[b]] @ y[b])
        elif scheme == "da-orbit":
            residuals = [model(unit, rho_in[h] @ x[b], theta, c) - rho_out[h] @ y[b] for h in range(n)]
            loss = sum(_square(residual) for residual in residuals) / n
        elif scheme == "fa":
            average = sum(rho_out[h].T @ model(unit, rho_in[h] @ x[b], theta, c) for h in range(n)) / n
            loss = _square(average - y[b])
        else:
            loss = _square(model(unit, x[b], theta, c) - y[b])
        found.append(loss)
    return np.array(found)


def step(
    theta: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    g: np.ndarray,
    xi: np.ndarray,
    *,
    unit: str,
    rho_in: np.ndarray,
    rho_out: np.ndarray,
    projector: np.ndarray | None,
    scheme: str,
    alpha: float,
    tau: float,
    beta: float,
) -> np.ndarray:
    r"""Take one step of noisy SGD, by the formula above, with the gradient by the chain rule.

    Args:
        theta: ``(N, D)``.
        x: ``(B, d)``.
        y: ``(B, c)``.
        g: ``(B,)`` ints, the element drawn for each datum (``da-sampled`` only).
        xi: ``(N, D)``, :math:`\xi`; projected by the caller if it shall be (``ea`` does it itself).
        unit: One of :data:`UNITS`.
        rho_in: ``(n, d, d)``, :math:`\rho`.
        rho_out: ``(n, c, c)``, :math:`\hat\rho`, orthogonal.
        projector: ``(D, D)``, :math:`P_{\mathcal E^G}` (``ea`` only).
        scheme: One of :data:`SCHEMES`.
        alpha: The step size is ``alpha / N``.
        tau: Weight of the penalty :math:`\|z\|^2`.
        beta: Weight of the entropy.

    Returns:
        float64 ``(N, D)``.

    Raises:
        ValueError: An unknown unit or scheme, or ``ea`` without a projector.

    Source: Maass Martinez and Fontbona (2024), section 3 and appendix F.
    """
    theta = _at_home(theta, projector, scheme)
    if scheme == "ea":
        xi = xi @ projector.T
    size, c, n = len(theta), y.shape[1], len(rho_in)
    # Pulls: at input `point`, particles feel the vector `force` of R^c, with a weight.
    pulls = []
    for b in range(len(x)):
        if scheme == "da-sampled":
            elements = [g[b]]
        elif scheme in ("da-orbit", "fa"):
            elements = list(range(n))
        else:
            elements = []
        points = [rho_in[h] @ x[b] for h in elements] or [x[b]]
        targets = [rho_out[h] @ y[b] for h in elements] or [y[b]]
        outputs = [model(unit, point, theta, c) for point in points]
        if scheme == "fa":
            average = sum(rho_out[h].T @ outputs[h] for h in elements) / n
            forces = [rho_out[h] @ (2 * (average - y[b])) for h in elements]
        else:
            forces = [2 * (output - target) for output, target in zip(outputs, targets, strict=True)]
        weight = 1 / (len(points) * len(x))
        pulls += [(point, force, weight) for point, force in zip(points, forces, strict=True)]
    s = alpha / size
    moved = np.empty((size, theta.shape[1]))
    for i in range(size):
        gradient = 2 * tau * theta[i]
        for point, force, weight in pulls:
            pulled = weight * _pull_back(unit, point, theta[i], force)
            gradient = gradient + (pulled @ projector if scheme == "ea" else pulled)
        moved[i] = theta[i] - s * gradient + math.sqrt(2 * beta * s) * xi[i]
    return moved


def _pull_back(unit: str, x: np.ndarray, z: np.ndarray, force: np.ndarray) -> np.ndarray:
    """Return the gradient in z of force . sigma_*(x, z)."""
    d, c = len(x), len(force)
    gradient = np.zeros(len(z))
    if unit == "neuron":
        value = _sigmoid(sum(z[k] * x[k] for k in range(d)))
        along = sum(force[row] * z[d + row] for row in range(c))
        for k in range(d):
            gradient[k] = along * value * (1 - value) * x[k]
        for row in range(c):
            gradient[d + row] = force[row] * value
        return gradient
    for row in range(c):
        value = _sigmoid(sum(z[row * d + k] * x[k] for k in range(d)))
        for k in range(d):
            gradient[row * d + k] = force[row] * value * (1 - value) * x[k]
    return gradient


def _at_home(theta: np.ndarray, projector: np.ndarray | None, scheme: str) -> np.ndarray:
    _check_name(scheme, SCHEMES, "scheme")
    if scheme != "ea":
        return theta
    if projector is None:
        raise ValueError(
            "projector is None: scheme 'ea' needs one; remedy: give invariant_subspace(action).projector"
        )
    return theta @ projector.T


def _check_name(name: str, known: tuple[str, ...], what: str) -> None:
    if name not in known:
        raise ValueError(f"{what} is {name!r}: must be one of {', '.join(known)}; remedy: choose one of them")


def _square(vector: np.ndarray) -> float:
    return sum(float(entry) ** 2 for entry in vector)


def _sigmoid(t: float) -> float:
    # Of -|t|, which cannot overflow.
    e = math.exp(-abs(t))
    return 1 / (1 + e) if t >= 0 else e / (1 + e)
