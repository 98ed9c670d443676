r"""The rotation groups of the regular solids, acting on space.

Tetrahedron (order 12), cube and octahedron (24), dodecahedron and icosahedron (60). Each is made from two
rotations: the turn of the three axes into each other and a turn about an axis through a vertex,

.. math:: R_u(\phi) = \cos\phi\,I + (1-\cos\phi)\,uu^\top + \sin\phi\,[u]_\times, \qquad |u| = 1 .
"""

import numpy as np

from widesym.groups.representations import Representation, from_generators

_GOLDEN = (1 + np.sqrt(5)) / 2
_AXES = np.roll(np.eye(3), 1, axis=0)  # e1 -> e2 -> e3 -> e1


def axis_rotation(axis: np.ndarray, angle: float) -> np.ndarray:
    """Return the rotation of space about an axis ``(3,)``, not zero, by an angle, ``(3, 3)``."""
    x, y, z = u = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.cos(angle) * np.eye(3) + (1 - np.cos(angle)) * np.outer(u, u) + np.sin(angle) * cross


def tetrahedral() -> Representation:
    """Return the rotations of the tetrahedron, ``(12, 3, 3)``."""
    return from_generators([_AXES, np.diag([1.0, -1.0, -1.0])], name="T")


def octahedral() -> Representation:
    """Return the rotations of the cube, ``(24, 3, 3)``."""
    quarter = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return from_generators([_AXES, quarter], name="O")


def icosahedral() -> Representation:
    """Return the rotations of the icosahedron with vertices ``(0, ±1, ±φ)`` and so on, ``(60, 3, 3)``."""
    return from_generators([_AXES, axis_rotation([0.0, 1.0, _GOLDEN], 2 * np.pi / 5)], name="I")
