r"""The mean-field flow on the line, solved as a partial differential equation in finite volumes.

For the bump :math:`\sigma_*(x,z)=e^{-(x-z)^2/(2w^2)}`, inputs :math:`X\sim\mathcal N(0,s^2)`, targets
:math:`Y=\frac1K\sum_k\sigma_*(X,z_k^*)`, quadratic loss, penalty :math:`\tau z^2` and entropy
:math:`\beta`, the flow of the law of the particles is, in the time in which noisy SGD makes N steps of size
:math:`\alpha/N`,

.. math:: \partial_t\rho
    =\alpha\,\partial_z\big(\rho\,\partial_z(V_\rho+\tau z^2)\big)+\alpha\beta\,\partial_z^2\rho,
    \qquad V_\rho(z)=2\int k(z,z')\,\rho(z')\,dz'-\frac2K\sum_kk(z,z_k^*),

.. math:: k(z,z')=E\,\sigma_*(X,z)\sigma_*(X,z')
    =\frac{w}{\sqrt{w^2+2s^2}}\exp\Big(-\frac{z^2+z'^2}{2w^2}+\frac{s^2(z+z')^2}{2w^2(w^2+2s^2)}\Big).

No particle, no batch and no random number enters: the density is kept in cells of equal width h, transported
upwind with slopes limited by minmod, diffused by central differences and advanced by Heun's method. The
error is :math:`O(h^2)` where the density is smooth; the mass is kept to rounding.

Written from Maass Martinez and Fontbona (2024), section 2, and the integral above, not from the library's
code, to check it. Shapes: ``n`` cells, ``K`` teacher particles.
"""

import math
from dataclasses import dataclass

import numpy as np

# Shares of the largest stable steps of the explicit transport and diffusion.
COURANT = 0.4
DIFFUSION = 0.2


@dataclass(frozen=True, eq=False)
class Density:
    """A law on the line: ``edges`` (n + 1,) of equal cells and the mean ``density`` (n,) in each."""

    edges: np.ndarray
    density: np.ndarray

    @property
    def centres(self) -> np.ndarray:
        """Midpoints of the cells, (n,)."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    @property
    def masses(self) -> np.ndarray:
        """Probabilities of the cells, (n,)."""
        return self.density * np.diff(self.edges)

    def quantiles(self, count: int) -> np.ndarray:
        r"""Return the quantiles at :math:`(i+\frac12)/\text{count}`: particles of equal weight, in order."""
        below = np.concatenate([[0.0], np.cumsum(self.masses)])
        kept = np.concatenate([[True], np.diff(below) > 0])  # where the law has no mass the inverse jumps
        return np.interp((np.arange(count) + 0.5) / count * below[-1], below[kept], self.edges[kept])

    def network(self, x: np.ndarray, width: float) -> np.ndarray:
        r"""Return :math:`\Phi_\rho(x)=\int\sigma_*(x,z)\rho(z)\,dz` at points (B,), midpoint rule."""
        return np.exp(-((x[:, None] - self.centres) ** 2) / (2 * width**2)) @ self.masses


def kernel_slope(z: np.ndarray, other: np.ndarray, *, scale: float, width: float) -> np.ndarray:
    r"""Return :math:`\partial_zk(z,z')` for all pairs, by the formula above.

    Args:
        z: ``(m,)``.
        other: ``(n,)``, :math:`z'`.
        scale: ``s``.
        width: ``w``.

    Returns:
        ``(m, n)``.
    """
    z, other = z[:, None], other[None]
    total = width**2 + 2 * scale**2
    shrink = scale**2 / (width**2 * total)
    value = (width / math.sqrt(total)) * np.exp(
        -(z**2 + other**2) / (2 * width**2) + shrink * (z + other) ** 2 / 2
    )
    return value * (-z / width**2 + shrink * (z + other))


def gaussian_start(spread: float, *, reach: float, cells: int) -> Density:
    r"""Return :math:`\mathcal N(0,\text{spread}^2)` in ``cells`` equal cells of ``[-reach, reach]``, exactly.

    Raises:
        ValueError: no cells, or a reach below eight standard deviations, beyond which mass would be lost.
    """
    if cells < 3 or not reach >= 8 * spread > 0:
        raise ValueError(
            f"the grid needs at least 3 cells and reach >= 8 spreads > 0, got {cells} cells, reach {reach}, "
            f"spread {spread}; widen the grid"
        )
    edges = np.linspace(-reach, reach, cells + 1)
    below = np.array([math.erf(edge / (spread * math.sqrt(2))) for edge in edges])
    masses = np.diff(below) / 2
    return Density(edges, masses / masses.sum() / np.diff(edges))


def solve(
    start: Density,
    teacher: np.ndarray,
    times: tuple[float, ...],
    *,
    alpha: float,
    tau: float,
    beta: float,
    scale: float,
    width: float,
) -> list[Density]:
    r"""Solve the flow from a start and return the law at each time.

    Args:
        start: the law at time 0.
        teacher: the teacher's particles :math:`z_k^*`, ``(K,)``.
        times: increasing, not negative, in units of N steps of SGD.
        alpha: the speed: a step of SGD is ``alpha / N``.
        tau: weight of the penalty :math:`z^2`.
        beta: weight of the entropy.
        scale: standard deviation ``s`` of the inputs.
        width: ``w`` of a bump.

    Returns:
        One :class:`Density` a time.

    Raises:
        ValueError: times that do not increase from 0 or more.
        ArithmeticError: mass reached the ends of the grid, where the solution would be wrong.
    """
    if any(b <= a for a, b in zip((-1e-300, *times), times, strict=False)):
        raise ValueError(f"times must increase from 0 or more, got {times}; sort them")
    edges, rho = start.edges, start.density.copy()
    h = edges[1] - edges[0]
    inner = edges[1:-1]  # nothing flows through the two ends
    pull = 2 * kernel_slope(inner, np.asarray(teacher, float), scale=scale, width=width).mean(axis=1)
    push = 2 * h * kernel_slope(inner, start.centres, scale=scale, width=width)

    def velocity(rho: np.ndarray) -> np.ndarray:
        return -alpha * (push @ rho - pull + 2 * tau * inner)

    def change(rho: np.ndarray, v: np.ndarray) -> np.ndarray:
        jump = np.diff(rho)
        left, right = np.concatenate([[0.0], jump]), np.concatenate([jump, [0.0]])
        slope = np.where(left * right > 0, np.sign(left) * np.minimum(abs(left), abs(right)), 0.0)  # minmod
        upwind = np.where(v > 0, rho[:-1] + slope[:-1] / 2, rho[1:] - slope[1:] / 2)
        flux = np.concatenate([[0.0], v * upwind - alpha * beta * jump / h, [0.0]])
        return -np.diff(flux) / h

    laws, now = [], 0.0
    for time in times:
        while now < time:
            v = velocity(rho)
            step = min(COURANT * h / np.abs(v).max(), time - now)
            if beta > 0:
                step = min(step, DIFFUSION * h**2 / (alpha * beta))
            predicted = rho + step * change(rho, v)
            rho = (rho + predicted + step * change(predicted, velocity(predicted))) / 2
            now = time if time - now - step < 1e-12 * time else now + step
        if max(rho[0], rho[-1]) * h > 1e-12:
            raise ArithmeticError(
                f"mass {max(rho[0], rho[-1]) * h:.1e} has reached an end of the grid at time {time}; "
                "widen the grid"
            )
        laws.append(Density(edges, rho.copy()))
    return laws
