r"""The representations by which the families of finite groups are known.

- :math:`C_n`: rotations of the plane by :math:`2\pi k/n`, and shifts of :math:`n` points on a circle;
- :math:`D_n`: symmetries of the regular polygon, on the plane and on its vertices;
- :math:`S_n`: permutations of :math:`n` coordinates;
- :math:`C_2`: the swap of two coordinates (the group of the experiments of Maass Martinez and Fontbona 2024,
  section 4) and the change of sign.

Each is made from a formula for every element, not by multiplying generators, so entries are good to rounding
at any order. Shapes: ``n`` the integer of the family, matrices ``(order, d, d)``.
"""

import numpy as np

from widesym.groups.checks import checked_order
from widesym.groups.finite import cyclic, dihedral, symmetric_with_permutations
from widesym.groups.representations import Representation, permutation


def _rotations(n: int, frequency: int) -> np.ndarray:
    # k * frequency is reduced before it becomes an angle: large angles would lose digits.
    angle = 2 * np.pi * (np.arange(n) * (frequency % n) % n) / n
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([c, -s], axis=-1), np.stack([s, c], axis=-1)], axis=-2)


def cyclic_rotation(n: int, frequency: int = 1) -> Representation:
    r"""Let :math:`C_n` rotate the plane.

    .. math:: M_k = \begin{pmatrix} \cos\phi_k & -\sin\phi_k \\ \sin\phi_k & \cos\phi_k \end{pmatrix},
        \qquad \phi_k = 2\pi \nu k / n .

    Args:
        n: Order, from 1 to 10,000.
        frequency: The integer :math:`\nu`; the action is faithful when it has no common divisor with ``n``.

    Returns:
        The representation of ``cyclic(n)``, ``(n, 2, 2)``.

    Raises:
        ValueError: ``n`` is no such integer, or ``frequency`` is no integer.
    """
    if isinstance(frequency, bool) or not isinstance(frequency, (int, np.integer)):
        raise ValueError(
            f"frequency={frequency!r}: must be an integer, or M_k does not close after n steps; "
            "remedy: round it"
        )
    group = cyclic(n)
    return Representation(group, _rotations(n, int(frequency)), f"rotation(C{n})")


def cyclic_permutation(n: int) -> Representation:
    r"""Let :math:`C_n` shift the coordinates around a circle: :math:`M_k e_i = e_{i + k \bmod n}`.

    Args:
        n: Order and dimension, from 1 to 512 (beyond, the matrices take more than 1 GiB).

    Returns:
        The representation of ``cyclic(n)``, ``(n, n, n)``.

    Raises:
        ValueError: ``n`` is no such integer.
    """
    group = cyclic(n)
    return permutation(group, group.table, name=f"shift(C{n})")


def dihedral_plane(n: int) -> Representation:
    r"""Let :math:`D_n` act on the plane by rotations and reflections.

    .. math:: M_{r^k s^f} = \begin{pmatrix} \cos\phi_k & -\sin\phi_k \\ \sin\phi_k & \cos\phi_k \end{pmatrix}
        \begin{pmatrix} 1 & 0 \\ 0 & -1 \end{pmatrix}^{f}, \qquad \phi_k = 2\pi k / n .

    Args:
        n: Number of rotations, from 1 to 5,000.

    Returns:
        The representation of ``dihedral(n)``, ``(2n, 2, 2)``.

    Raises:
        ValueError: ``n`` is no such integer.
    """
    group = dihedral(n)
    rotations = _rotations(n, 1)
    return Representation(group, np.concatenate([rotations, rotations * [1.0, -1.0]]), f"plane(D{n})")


def dihedral_polygon(n: int) -> Representation:
    r"""Let :math:`D_n` permute the vertices of the regular ``n``-gon.

    .. math:: M_{r^k s^f} e_i = e_{k + (-1)^f i \bmod n}.

    Args:
        n: Number of vertices, from 1 to 406 (beyond, the matrices take more than 1 GiB).

    Returns:
        The representation of ``dihedral(n)``, ``(2n, n, n)``; not faithful for ``n <= 2``.

    Raises:
        ValueError: ``n`` is no such integer.
    """
    group = dihedral(n)
    i = np.arange(n)
    images = np.concatenate([i[:, None] + i, i[:, None] - i]) % n
    return permutation(group, images, name=f"polygon(D{n})")


def symmetric_permutation(n: int) -> Representation:
    r"""Let :math:`S_n` permute the coordinates: :math:`M_p e_i = e_{p_i}`.

    Args:
        n: Number of points, from 1 to 7.

    Returns:
        The representation of ``symmetric(n)``, ``(n!, n, n)``.

    Raises:
        ValueError: ``n`` is no such integer.
    """
    return permutation(*symmetric_with_permutations(n), name=f"points(S{n})")


def swap() -> Representation:
    r"""Let :math:`C_2` swap the two coordinates of the plane: :math:`M_1 (x_1, x_2) = (x_2, x_1)`.

    The group of the experiments of Maass Martinez and Fontbona (2024), section 4.

    Returns:
        The representation of ``cyclic(2)``, ``(2, 2, 2)``.
    """
    return permutation(cyclic(2), [[0, 1], [1, 0]], name="swap")


def sign(dim: int = 1) -> Representation:
    r"""Let :math:`C_2` change the sign: :math:`M_1 z = -z`, with :math:`\mathcal E^G = \{0\}`.

    Args:
        dim: Dimension ``d >= 1``.

    Returns:
        The representation of ``cyclic(2)``, ``(2, d, d)``.

    Raises:
        ValueError: ``dim`` is no integer ``>= 1``.
    """
    identity = np.eye(checked_order(dim, "dim"))
    return Representation(cyclic(2), np.stack([identity, -identity]), f"sign({dim})")
