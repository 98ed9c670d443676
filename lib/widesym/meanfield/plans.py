r"""Optimal plans between empirical laws, each with the proof that it is optimal.

For clouds :math:`\mu=\sum_i a_i\delta_{x_i}` and :math:`\nu=\sum_j b_j\delta_{y_j}` (weights equal unless
given)

.. math:: W_2^2(\mu,\nu) = \min_{\gamma\in\Pi(a,b)} \sum_{ij} \gamma_{ij}\|x_i-y_j\|^2
    = \max_{v} \sum_i a_i \min_j(\|x_i-y_j\|^2-v_j) + \sum_j b_j v_j .

A solver gives a plan :math:`\gamma` and prices :math:`v`. What the prices prove is then evaluated over all
pairs, by code that no solver shares, and the plan is refused unless both values agree: exact to
:data:`GAP_TOLERANCE`.

Shapes: ``N`` and ``M`` particles, ``D`` dimension, ``P`` pairs that carry mass. float64 inside, whatever is
given.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from widesym.groups.checks import real_array
from widesym.meanfield.assignment import assign
from widesym.meanfield.clouds import checked_pair, checked_weights

# Most that the value of a plan may exceed its proven lower bound, in units of both clouds' mean squares
# added: rounding of sums in float64; 1e-15 is typical.
GAP_TOLERANCE = 1e-12
# The mass that a plan moves from or to a particle may differ from its weight by this share of 1/N: rounding
# of sums.
MASS_TOLERANCE = 1e-9
# Clouds of unequal sizes become an assignment of lcm(N, M) repeated particles when its pairs are at most so
# many times N M: there it was 2 to 6 times as fast as the network simplex of POT.
REPETITIONS = 32
# POT adds an absolute epsilon to its relative one; coordinates of this order make it vanish beside costs.
SIMPLEX_SCALE = 1024.0
# Most rounds that sharpen POT's prices (tens are typical), and the change that ends them.
ROUNDS = 1000
ROUNDING = 1e-15
# Pairs whose costs are held at a time while a bound is proven: 32 MiB.
BLOCK = 1 << 22


@dataclass(frozen=True, eq=False)
class Transport:
    r"""A certified optimal plan between two clouds.

    Attributes:
        squared: The plan's value :math:`\sum_{ij}\gamma_{ij}\|x_i-y_j\|^2`, which is :math:`W_2^2`.
        bound: A proven lower bound of :math:`W_2^2`.
        source: ``(P,)`` ints, indices :math:`i` of the first cloud.
        target: ``(P,)`` ints, indices :math:`j` of the second cloud.
        mass: ``(P,)`` float64, :math:`\gamma_{ij} > 0`.
        price: ``(M,)`` float64, the prices :math:`v` that prove the bound.
    """

    squared: float
    bound: float
    source: np.ndarray = field(repr=False)
    target: np.ndarray = field(repr=False)
    mass: np.ndarray = field(repr=False)
    price: np.ndarray = field(repr=False)

    @property
    def gap(self) -> float:
        """How far the value may exceed the optimum: value minus bound; negative by rounding only."""
        return self.squared - self.bound


def transport(
    x: ArrayLike, y: ArrayLike, *, weights_x: ArrayLike | None = None, weights_y: ArrayLike | None = None
) -> Transport:
    r"""Compute an optimal plan between two clouds, with its proof.

    .. math:: \gamma \in \arg\min_{\gamma\in\Pi(a,b)} \sum_{ij}\gamma_{ij}\|x_i-y_j\|^2 .

    Equal sizes without weights are an assignment (:mod:`widesym.meanfield.assignment`), and so are sizes with
    a small common multiple, after particles are repeated; the rest is solved by POT's network simplex, with
    costs computed when needed. Memory is O(N + M) either way.

    Args:
        x: ``(N, D)``, real.
        y: ``(M, D)``, real.
        weights_x: ``(N,)``, not negative, sum 1; uniform when ``None``.
        weights_y: ``(M,)``, the same for ``y``.

    Returns:
        The plan, its value and the proven bound.

    Raises:
        ValueError: Empty clouds, wrong shapes, NaN or infinity, weights that are no probabilities.
        RuntimeError: The proof fails, by more than rounding.
    """
    x, y = checked_pair(x, y)
    a, b = checked_weights(weights_x, len(x), "weights_x"), checked_weights(weights_y, len(y), "weights_y")
    # Centred and of order one: solvers compare with absolute epsilons. A power of two divides exactly.
    mean_x, mean_y = a @ x, b @ y
    centred_x, centred_y = x - mean_x, y - mean_y
    scale = 2.0 ** np.frexp(max(np.abs(centred_x).max(), np.abs(centred_y).max()))[1]
    multiple = math.lcm(len(x), len(y))
    if weights_x is None and weights_y is None and multiple**2 <= REPETITIONS * len(x) * len(y):
        source, target, mass, price = _by_assignment(centred_x / scale, centred_y / scale, multiple)
    else:
        source, target, mass, price = _by_network_simplex(centred_x / scale, centred_y / scale, a, b)
    # |x - y|^2 is the centred cost and a constant, a term of x alone, and this one of y alone.
    price = scale**2 * price - 2 * centred_y @ (mean_x - mean_y)
    return certified(x, y, source, target, mass, price, weights_x=a, weights_y=b)


def certified(
    x: ArrayLike,
    y: ArrayLike,
    source: np.ndarray,
    target: np.ndarray,
    mass: np.ndarray,
    price: np.ndarray,
    *,
    weights_x: ArrayLike | None = None,
    weights_y: ArrayLike | None = None,
) -> Transport:
    r"""Prove that a plan is optimal, from prices, over all pairs.

    .. math:: \sum_{ij}\gamma_{ij}\|x_i-y_j\|^2 - \Big(\sum_i a_i\min_j(\|x_i-y_j\|^2-v_j)+\sum_j b_jv_j\Big)
        \le 10^{-12} \Big(\sum_i a_i\|x_i\|^2+\sum_j b_j\|y_j\|^2\Big).

    Args:
        x: ``(N, D)``, real.
        y: ``(M, D)``, real.
        source: ``(P,)`` ints in ``[0, N)``.
        target: ``(P,)`` ints in ``[0, M)``.
        mass: ``(P,)``, not negative.
        price: ``(M,)``, :math:`v`.
        weights_x: ``(N,)``; uniform when ``None``.
        weights_y: ``(M,)``; uniform when ``None``.

    Returns:
        The plan with its value and bound.

    Raises:
        ValueError: Wrong shapes or weights, indices out of range, or masses that do not add up to the
            weights.
        RuntimeError: The prices do not prove the plan optimal.
    """
    x, y = checked_pair(x, y)
    a, b = checked_weights(weights_x, len(x), "weights_x"), checked_weights(weights_y, len(y), "weights_y")
    price = real_array(price, "price")
    if price.shape != (len(y),):
        raise ValueError(
            f"price has shape {price.shape}: must be ({len(y)},); remedy: give one price a target"
        )
    _check_mass(source, target, mass, a, b)
    squared = float(mass @ np.sum((x[source] - y[target]) ** 2, axis=1))
    bound = dual_value(x, y, price, a, b)
    unit = float(a @ np.sum(x**2, axis=1) + b @ np.sum(y**2, axis=1))
    if squared - bound > GAP_TOLERANCE * unit:
        raise RuntimeError(
            f"the plan costs {squared - bound:.3e} more than its prices prove (allowed: "
            f"{GAP_TOLERANCE:g} of mean squares of {unit:.3e}): plan or prices are not "
            "optimal; remedy: take both from transport(x, y)"
        )
    return Transport(squared, bound, source, target, mass, price)


def dual_value(
    x: np.ndarray, y: np.ndarray, price: np.ndarray, weights_x: np.ndarray, weights_y: np.ndarray
) -> float:
    r"""Evaluate the lower bound that prices prove; any prices prove one.

    .. math:: \sum_i a_i \min_j (\|x_i-y_j\|^2 - v_j) + \sum_j b_j v_j \le W_2^2 .

    Args:
        x: ``(N, D)`` float64.
        y: ``(M, D)`` float64.
        price: ``(M,)`` float64, :math:`v`.
        weights_x: ``(N,)`` float64, :math:`a`.
        weights_y: ``(M,)`` float64, :math:`b`.

    Returns:
        The bound.

    Raises:
        ValueError: Shapes that do not fit (from SciPy or NumPy).

    Source: Kantorovich duality with the first potential minimised out (Peyre and Cuturi 2019, section 5.1).
    """
    least = [(block - price).min(axis=1) for _, block in _cost_blocks(x, y)]
    return float(weights_x @ np.concatenate(least) + weights_y @ price)


def _by_assignment(x: np.ndarray, y: np.ndarray, multiple: int) -> tuple[np.ndarray, ...]:
    each_x, each_y = multiple // len(x), multiple // len(y)
    partner, price = assign(np.repeat(x, each_x, axis=0), np.repeat(y, each_y, axis=0))
    mass = np.full(multiple, 1 / multiple)
    # At the optimum copies of one particle have one price, but for rounding.
    return np.arange(multiple) // each_x, partner // each_y, mass, price.reshape(-1, each_y).min(axis=1)


def _by_network_simplex(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
    import ot  # here: it brings scipy.stats and networkx, a second that most programs do not need

    # Without particles of no mass, whose prices the solver leaves undefined: sharpening finds them.
    rows, columns = np.flatnonzero(a), np.flatnonzero(b)
    # Not centred: that would only shift the prices. The limit of pivots is one that no cloud has reached.
    _, log = ot.lp.emd2_lazy(
        SIMPLEX_SCALE * x[rows],
        SIMPLEX_SCALE * y[columns],
        a[rows],
        b[columns],
        numItermax=10**9,
        log=True,
        center_dual=False,
    )
    source, target, mass = rows[log["G"].row], columns[log["G"].col], log["G"].data
    price = np.full(len(y), np.inf)
    price[columns] = log["v"] / SIMPLEX_SCALE**2
    return source, target, mass, _sharpened(x, y, source, target, price)


def _sharpened(
    x: np.ndarray, y: np.ndarray, source: np.ndarray, target: np.ndarray, price: np.ndarray
) -> np.ndarray:
    """Lower prices until each pair of the plan is the cheapest of its row; POT stops 1e-11 short."""
    costs = np.sum((x[source] - y[target]) ** 2, axis=1)
    for _ in range(ROUNDS):
        least = np.full(len(x), -np.inf)
        np.maximum.at(least, source, costs - price[target])
        lower = np.minimum.reduce([(block - least[at, None]).min(axis=0) for at, block in _cost_blocks(x, y)])
        if (price - lower).max() <= ROUNDING:
            break
        price = np.minimum(price, lower)
    return price


def _cost_blocks(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    rows = max(1, BLOCK // len(y))
    for start in range(0, len(x), rows):
        at = slice(start, start + rows)
        yield at, cdist(x[at], y, "sqeuclidean")


def _check_mass(
    source: np.ndarray, target: np.ndarray, mass: np.ndarray, a: np.ndarray, b: np.ndarray
) -> None:
    for name, index, weights in (("source", source, a), ("target", target, b)):
        if mass.ndim != 1 or index.shape != mass.shape or not np.issubdtype(index.dtype, np.integer):
            raise ValueError(
                f"{name} is {index.dtype} {index.shape} and mass {mass.shape}: must be integers and numbers "
                "of one shape (P,); remedy: give one entry a pair"
            )
        if len(index) == 0 or index.min() < 0 or index.max() >= len(weights):
            raise ValueError(
                f"{name} is {index}: must be indices in [0, {len(weights)}); remedy: check the plan"
            )
        moved = np.bincount(index, weights=mass, minlength=len(weights))
        if not np.abs(moved - weights).max() <= MASS_TOLERANCE / len(weights):
            raise ValueError(
                f"the mass at a {name} differs from its weight by {np.abs(moved - weights).max():.3e}: "
                "must be equal; remedy: give a plan between the two laws"
            )
    if mass.min() < 0:
        raise ValueError(f"mass has minimum {mass.min():.3e}: must not be negative; remedy: give a plan")
