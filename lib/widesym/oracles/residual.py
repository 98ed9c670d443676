r"""One step of noisy SGD of a residual network, slowly: gradients by hand, point by point and layer by layer.

.. math:: h_0=x,\qquad h_l=h_{l-1}+\frac a{LM}\sum_i\sigma_*(h_{l-1},z^{i,l}),\qquad
    p_L=\nabla_{h_L}\ell,\qquad p_{l-1}=p_l+\frac a{LM}\sum_i J_h(h_{l-1},z^{i,l})^\top p_l,

.. math:: z^{i,l}\leftarrow z^{i,l}-\frac\alpha n\Big(LM\cdot\frac a{LM}J_z(h_{l-1},z^{i,l})^\top p_l
    +2\tau z^{i,l}\Big)+\sqrt{2\beta\alpha/n}\,\xi^{i,l},

with Jacobians written out for the two units. Written from these formulas, not from the library's code, to
check it. Shapes: ``L`` layers, ``M`` particles a layer, ``D`` parameter dimension, ``B`` batch, ``d`` inputs
and outputs, ``order`` of the group.
"""

import math

import numpy as np

UNITS = ("sigmoid-matrix", "neuron")


def value_and_jacobians(unit: str, h: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Evaluate a unit at one state, with its derivatives by the state and by the parameter.

    Args:
        unit: ``sigmoid-matrix``, sigmoid(zh), or ``neuron``, v sigmoid(u . h).
        h: ``(d,)``.
        z: ``(D,)``, a matrix row by row or (u, v).

    Returns:
        :math:`\sigma_*` ``(d,)``, :math:`J_h` ``(d, d)``, :math:`J_z` ``(d, D)``.

    Raises:
        ValueError: An unknown unit.
    """
    d = len(h)
    by_state, by_parameter = np.zeros((d, d)), np.zeros((d, len(z)))
    if unit == "sigmoid-matrix":
        matrix = z.reshape(d, d)
        value = np.array([_sigmoid(float(line @ h)) for line in matrix])
        for j in range(d):
            slope = value[j] * (1 - value[j])
            by_state[j] = slope * matrix[j]
            by_parameter[j, j * d : (j + 1) * d] = slope * h
        return value, by_state, by_parameter
    if unit == "neuron":
        u, v = z[:d], z[d:]
        s = _sigmoid(float(u @ h))
        for j in range(d):
            by_state[j] = v[j] * s * (1 - s) * u
            by_parameter[j, :d] = v[j] * s * (1 - s) * h
            by_parameter[j, d + j] = s
        return v * s, by_state, by_parameter
    raise ValueError(f"unit is {unit!r}: must be one of {', '.join(UNITS)}; remedy: choose one of them")


def states(unit: str, theta: np.ndarray, x: np.ndarray, a: float) -> list[np.ndarray]:
    """Return the hidden states ``h_0, ..., h_L`` at one input ``(d,)`` of a network ``(L, M, D)``."""
    found = [np.asarray(x, np.float64)]
    for layer in theta:
        moved = sum(value_and_jacobians(unit, found[-1], z)[0] for z in layer)
        found.append(found[-1] + a * moved / (len(theta) * len(layer)))
    return found


def step(
    theta: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    g: np.ndarray,
    xi: np.ndarray,
    *,
    unit: str,
    rho: np.ndarray,
    projector: np.ndarray,
    scheme: str,
    a: float,
    alpha: float,
    tau: float,
    beta: float,
    n: int,
) -> np.ndarray:
    """Take one step of noisy SGD, by the formulas above.

    Args:
        theta: ``(L, M, D)``.
        x: ``(B, d)``.
        y: ``(B, d)``.
        g: ``(B,)`` ints, the element drawn for each datum (``da-sampled`` only).
        xi: ``(L, M, D)``; projected by the caller if it shall be.
        unit: One of :data:`UNITS`.
        rho: ``(order, d, d)``.
        projector: ``(D, D)``, for ``ea``: of start, gradient, penalty and noise.
        scheme: ``vanilla``, ``da-sampled``, ``da-orbit``, ``fa`` or ``ea``.
        a: Factor of the mean.
        alpha: The step size is ``alpha / n``.
        tau: Weight of the penalty.
        beta: Weight of the entropy.
        n: Steps in a unit of time.

    Returns:
        float64 ``(L, M, D)``.
    """
    if scheme == "ea":
        theta, xi = theta @ projector, xi @ projector
    layers, width, _ = theta.shape
    gradient = np.zeros_like(theta)
    for b in range(len(x)):
        elements = {"da-sampled": [g[b]], "da-orbit": range(len(rho)), "fa": range(len(rho))}.get(
            scheme, [None]
        )
        paths, forces = [], []
        for element in elements:
            turn = np.eye(x.shape[1]) if element is None else rho[element]
            path = states(unit, theta, turn @ x[b], a)
            paths.append(path)
            forces.append(2 * (path[-1] - turn @ y[b]))
        if scheme == "fa":
            mean = sum(rho[k].T @ path[-1] for k, path in zip(elements, paths, strict=True)) / len(rho)
            forces = [2 * rho[k] @ (mean - y[b]) for k in elements]
        for path, force in zip(paths, forces, strict=True):
            costate = force / (len(paths) * len(x))
            for layer in range(layers - 1, -1, -1):
                carried = costate.copy()
                for i in range(width):
                    _, by_state, by_parameter = value_and_jacobians(unit, path[layer], theta[layer, i])
                    gradient[layer, i] += a / (layers * width) * by_parameter.T @ costate
                    carried += a / (layers * width) * by_state.T @ costate
                costate = carried
    s = alpha / n
    moved = theta - s * (layers * width * gradient + 2 * tau * theta) + math.sqrt(2 * beta * s) * xi
    return moved @ projector if scheme == "ea" else moved


def _sigmoid(t: float) -> float:
    # Of -|t|, which cannot overflow.
    e = math.exp(-abs(t))
    return 1 / (1 + e) if t >= 0 else e / (1 + e)
