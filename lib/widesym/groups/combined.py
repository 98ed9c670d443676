r"""Representations made from other representations.

For representations :math:`\rho, \sigma` of one group: the direct sum :math:`\rho_g \oplus \sigma_g`, the
tensor product :math:`\rho_g \otimes \sigma_g`, and the action on linear maps
:math:`z \mapsto \hat\rho_g z \rho_g^\top`. Along a homomorphism :math:`\varphi: K \to G` the group
:math:`K` acts by :math:`\rho_{\varphi(k)}`, which gives the actions of a product of groups on a sum or a
tensor product of spaces.

Shapes: ``n``, ``m`` group orders, ``c``, ``d`` dimensions. float64 throughout.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from widesym.groups.checks import full_array
from widesym.groups.finite import FiniteGroup, product, same_group
from widesym.groups.representations import Representation, check_size


def _check_same_group(representations: Sequence[Representation]) -> FiniteGroup:
    first = representations[0]
    for other in representations[1:]:
        if not same_group(first.group, other.group):
            raise ValueError(
                f"{first.name!r} is of the group {first.group.name!r} and {other.name!r} of "
                f"{other.group.name!r}: must be of one group; remedy: bring both to one with pullback"
            )
    return first.group


def direct_sum(*representations: Representation) -> Representation:
    r"""Stack representations of one group along the diagonal.

    .. math:: M_g = M^1_g \oplus \dots \oplus M^m_g.

    Args:
        *representations: One or more, ``(n, d_j, d_j)``.

    Returns:
        The representation of dimension :math:`\sum_j d_j`.

    Raises:
        ValueError: None is given, their groups differ, or the matrices would take more than 1 GiB.
    """
    if not representations:
        raise ValueError("direct_sum of no representations; remedy: give at least one")
    group = _check_same_group(representations)
    name = " + ".join(r.name for r in representations)
    ends = np.cumsum([0, *(r.dim for r in representations)])
    check_size(group.order, int(ends[-1]), name)
    matrices = np.zeros((group.order, ends[-1], ends[-1]))
    for r, start, end in zip(representations, ends[:-1], ends[1:], strict=True):
        matrices[:, start:end, start:end] = r.matrices
    return Representation(group, matrices, name)


def tensor(first: Representation, second: Representation) -> Representation:
    r"""Make the tensor product of two representations of one group.

    .. math:: M_g = \rho_g \otimes \sigma_g, \qquad
        M_g \operatorname{vec}(z) = \operatorname{vec}(\rho_g z \sigma_g^\top),

    with ``vec`` reading the rows of :math:`z`, shape ``(c, d)``, one after the other.

    Args:
        first: :math:`\rho`, ``(n, c, c)``.
        second: :math:`\sigma`, ``(n, d, d)``.

    Returns:
        The representation of dimension ``c d``.

    Raises:
        ValueError: The groups differ, or the matrices would take more than 1 GiB.
    """
    group = _check_same_group((first, second))
    name = f"({first.name}) x ({second.name})"
    d = first.dim * second.dim
    check_size(group.order, d, name)
    matrices = np.einsum("gij,gkl->gikjl", first.matrices, second.matrices).reshape(group.order, d, d)
    return Representation(group, matrices, name)


def hom(rho_in: Representation, rho_out: Representation) -> Representation:
    r"""Make the action on linear maps from the input space to the output space.

    .. math:: M_g z = \hat\rho_g\, z\, \rho_g^\top, \qquad z \in \mathbb R^{c \times d} \text{ (rows)},

    on :math:`z` flattened row by row, so that the fixed points are the equivariant maps,
    :math:`z \rho_g = \hat\rho_g z`. This is the action on the parameters of a matrix unit
    (Maass Martinez and Fontbona 2024, section 4).

    Args:
        rho_in: :math:`\rho`, ``(n, d, d)``.
        rho_out: :math:`\hat\rho`, ``(n, c, c)``.

    Returns:
        The representation of dimension ``c d``.

    Raises:
        ValueError: The groups differ, or the matrices would take more than 1 GiB.
    """
    mapped = tensor(rho_out, rho_in)
    return Representation(mapped.group, mapped.matrices, f"hom({rho_in.name}, {rho_out.name})")


def pullback(representation: Representation, group: FiniteGroup, homomorphism: ArrayLike) -> Representation:
    r"""Let another group act through a homomorphism :math:`\varphi: K \to G`.

    .. math:: M'_k = M_{\varphi(k)}.

    With an inclusion this restricts to a subgroup; with the map to a factor it lifts to a product.

    Args:
        representation: Representation of :math:`G`, ``(n, d, d)``.
        group: :math:`K`, order ``m``.
        homomorphism: Integers ``(m,)``; entry ``k`` is the index of :math:`\varphi(k)` in :math:`G`.

    Returns:
        The representation of :math:`K`, ``(m, d, d)``.

    Raises:
        ValueError: Wrong shape, not integers, indices outside :math:`G`, no homomorphism, or matrices that
            would take more than 1 GiB.
    """
    image = full_array(homomorphism, "homomorphism")
    n = representation.group.order
    if image.shape != (group.order,) or not np.issubdtype(image.dtype, np.integer):
        raise ValueError(
            f"homomorphism has shape {image.shape} and dtype {image.dtype}: must be {group.order} integers, "
            f"one for each element of {group.name!r}; remedy: give the image of each element"
        )
    if image.min() < 0 or image.max() >= n:
        raise ValueError(
            f"homomorphism holds {image.min()} to {image.max()}: must be elements 0..{n - 1} of "
            f"{representation.group.name!r}; remedy: give indices of its table"
        )
    check_size(group.order, representation.dim, representation.name)
    return Representation(group, representation.matrices[image], representation.name)


def external_sum(first: Representation, second: Representation) -> Representation:
    r"""Let a product of groups act on a sum of spaces, each factor on its own.

    .. math:: M_{(g,h)} = \rho_g \oplus \sigma_h.

    Args:
        first: :math:`\rho` of :math:`G`, ``(n, c, c)``.
        second: :math:`\sigma` of :math:`H`, ``(m, d, d)``.

    Returns:
        The representation of :func:`~widesym.groups.finite.product` of the two groups,
        ``(n m, c + d, c + d)``.

    Raises:
        ValueError: ``n m`` exceeds 10,000, or the matrices would take more than 1 GiB.
    """
    return direct_sum(*_lifted(first, second))


def external_tensor(first: Representation, second: Representation) -> Representation:
    r"""Let a product of groups act on a tensor product of spaces, each factor on its own.

    .. math:: M_{(g,h)} = \rho_g \otimes \sigma_h.

    Args:
        first: :math:`\rho` of :math:`G`, ``(n, c, c)``.
        second: :math:`\sigma` of :math:`H`, ``(m, d, d)``.

    Returns:
        The representation of :func:`~widesym.groups.finite.product` of the two groups, ``(n m, c d, c d)``.

    Raises:
        ValueError: ``n m`` exceeds 10,000, or the matrices would take more than 1 GiB.
    """
    return tensor(*_lifted(first, second))


def _lifted(first: Representation, second: Representation) -> tuple[Representation, Representation]:
    group = product(first.group, second.group)
    g, h = np.divmod(np.arange(group.order), second.group.order)
    return pullback(first, group, g), pullback(second, group, h)
