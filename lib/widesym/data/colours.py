r"""Groups of colour rotations :math:`H\subset O(3)` by name, each with its Haar law.

The grey axis is :math:`(1,1,1)/\sqrt3`: ``"C3"`` turns about it by thirds and so permutes the colours in a
circle, ``"SO(2)"`` turns about it by any angle.
"""

from collections.abc import Callable

import numpy as np

from widesym.groups.images import quaternion_rotations

_GREY = np.ones(3) / np.sqrt(3.0)
_TURN = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / np.sqrt(3.0)  # v -> grey x v


def grey_turns(angles: np.ndarray) -> np.ndarray:
    r"""Return the turns about the grey axis, ``(n, 3, 3)``, for angles ``(n,)``.

    .. math:: e^{\theta[a]_\times}=\cos\theta\,I+\sin\theta\,[a]_\times+(1-\cos\theta)\,aa^\top .
    """
    cosines, sines = np.cos(angles)[:, None, None], np.sin(angles)[:, None, None]
    return cosines * np.eye(3) + sines * _TURN + (1 - cosines) * np.outer(_GREY, _GREY)


def _thirds(rng: np.random.Generator, count: int) -> np.ndarray:
    cycle = np.roll(np.eye(3), 1, axis=0)
    return np.stack([np.eye(3), cycle, cycle @ cycle])[rng.integers(3, size=count)]


def _all(rng: np.random.Generator, count: int) -> np.ndarray:
    # five numbers a matrix: fewer matrices are the beginning of more
    numbers = rng.standard_normal((count, 5))
    return quaternion_rotations(numbers[:, :4]) * np.copysign(1.0, numbers[:, 4])[:, None, None]


_SAMPLERS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "none": lambda rng, count: np.tile(np.eye(3), (count, 1, 1)),
    "C3": _thirds,
    "SO(2)": lambda rng, count: grey_turns(rng.uniform(0, 2 * np.pi, count)),
    "SO(3)": lambda rng, count: quaternion_rotations(rng.standard_normal((count, 4))),
    "O(3)": _all,
}
COLOURS = tuple(_SAMPLERS)


def colour_samples(name: str, rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw independent Haar elements of a group of colour rotations, ``(count, 3, 3)``; fewer begin more.

    Raises:
        ValueError: an unknown group.
    """
    if name not in COLOURS:
        raise ValueError(f"colours={name!r}: must be one of {', '.join(COLOURS)}; remedy: choose one")
    return _SAMPLERS[name](rng, count)
