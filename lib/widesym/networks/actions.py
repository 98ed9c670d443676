r"""What a transformation of images does to first-layer weights: :math:`f(\theta,\tau x)=f(\tau^*\theta,x)`.

A transformation :math:`\tau` has one of three forms, each in the next by repeating and by zeros:

* ``colour``: one 3 x 3 matrix Q for all pixels, :math:`Q\otimes I_d`;
* ``pixelwise``: a matrix :math:`Q_\alpha` for each pixel;
* ``whole``: any matrix of all 3d numbers.

The first layer is linear in weights and image, so its transpose moves over:

.. math:: \text{FCN: } W\mapsto\tau^\top W,\qquad
    \text{LCN: } W_{\alpha,\beta}\mapsto Q_{\alpha+\beta}^\top W_{\alpha,\beta},\qquad
    \text{VEC, LAP, GAP: } W_\beta\mapsto Q^\top W_\beta.

Each architecture has a form, its ``scope``: beyond it, weights for :math:`\tau x` are none of that
architecture.

Which matrices are allowed is the group: orthogonal ones, ``signed`` permutations (one entry :math:`\pm1` in
each row and column) or ``permutation``\ s. Iid Gaussian weights keep their law under all of them; iid
weights of another symmetric law keep it under signed permutations only (:func:`fourth_moments`), and so does
the :math:`L^p` norm, p other than 2.

Letters: d = H W pixels of C numbers each.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from widesym.groups.images import ImageTransformation
from widesym.networks.embeddings import neighbours
from widesym.networks.models import Network, Parameters

SCOPES = ("colour", "pixelwise", "whole")
FAMILIES = ("orthogonal", "signed", "permutation")


@functools.partial(jax.tree_util.register_dataclass, data_fields=["matrices"], meta_fields=["scope"])
@dataclasses.dataclass(frozen=True, eq=False)
class Element:
    """One linear transformation of images; a pytree, so that ``jax.vmap`` takes a stack of one scope.

    Attributes:
        scope: one of :data:`SCOPES`.
        matrices: (C, C), (H, W, C, C), or (d C, d C) with colours of a pixel next to each other.
    """

    scope: str
    matrices: Array

    def __call__(self, images: Array) -> Array:
        """Transform images (n, H, W, C), in their dtype."""
        matrices = self.matrices.astype(images.dtype)
        if self.scope == "whole":
            return (images.reshape(len(images), -1) @ matrices.T).reshape(images.shape)
        if self.scope == "colour":
            return images @ matrices.T
        return jnp.einsum("hwij,nhwj->nhwi", matrices, images)

    def pulled_back(self, net: Network, parameters: Parameters) -> Parameters:
        r"""Return :math:`\tau^*\theta`, with which the network computes at x what it did at :math:`\tau x`.

        Args:
            net: of an architecture whose scope includes this element's.
            parameters: theta, any parametrisation.

        Raises:
            ValueError: there is no such :math:`\tau^*\theta`: the element is beyond the architecture's scope.
        """
        own = scope(net)
        if SCOPES.index(self.scope) > SCOPES.index(own):
            raise ValueError(
                f"a {self.scope} transformation moves first-layer weights out of {net.architecture.name}, "
                f"whose scope is {own}; for the nearest within take .nearest({own!r}, height, width)"
            )
        first = parameters["hidden_1"]
        weight = first["weight"]
        matrices = self.widened(own, net.height, net.width).matrices.astype(weight.dtype)
        if own != "pixelwise":
            moved = jnp.einsum("ji,abjn->abin", matrices, weight)
        else:
            window = neighbours(net.height, net.width, net.side).reshape(weight.shape[:4])
            below = matrices.reshape(-1, *matrices.shape[2:])[window]
            moved = jnp.einsum("hwabji,hwabjn->hwabin", below, weight)
        return {**parameters, "hidden_1": {**first, "weight": moved}}

    def widened(self, to: str, height: int, width: int) -> "Element":
        """Return the same transformation in a wider form.

        Raises:
            ValueError: a narrower form.
        """
        if SCOPES.index(to) < SCOPES.index(self.scope):
            raise ValueError(f"a {self.scope} transformation has no {to} form; take .nearest for the nearest")
        if to == self.scope:
            return self
        matrices = self.matrices
        if self.scope == "colour":
            matrices = jnp.broadcast_to(matrices, (height, width, *matrices.shape))
        if to == "pixelwise":
            return Element(to, matrices)
        d, channels = height * width, matrices.shape[-1]
        zero = jnp.zeros((d, channels, d, channels), matrices.dtype)
        blocks = zero.at[np.arange(d), :, np.arange(d), :].set(matrices.reshape(d, channels, channels))
        return Element(to, blocks.reshape(d * channels, d * channels))

    def nearest(self, to: str, height: int, width: int) -> "Element":
        """Return the nearest linear map of a narrower form in the Frobenius norm, orthogonal or not."""
        if SCOPES.index(to) >= SCOPES.index(self.scope):
            return self.widened(to, height, width)
        matrices = self.matrices
        if self.scope == "whole":
            d = height * width
            channels = len(matrices) // d
            blocks = matrices.reshape(d, channels, d, channels)[np.arange(d), :, np.arange(d), :]
            matrices = blocks.reshape(height, width, channels, channels)
        return Element(to, matrices.mean((0, 1)) if to == "colour" else matrices)


def scope(net: Network) -> str:
    """Return the form of the transformations that the architecture's first layer can absorb.

    Source: [SS], Theorem 4.1.
    """
    return {"FCN": "whole", "LCN": "pixelwise"}.get(net.architecture.kind, "colour")


def element(transformation: ImageTransformation, dtype: str = "float64") -> Element:
    """Return a transformation of :mod:`widesym.groups.images` as matrices."""
    height, width = transformation.height, transformation.width
    if transformation.kind in ("rotation", "permutation"):
        return Element("whole", jnp.asarray(transformation.matrix(), dtype))
    # image c is colour c everywhere: its pixels are the columns c
    columns = transformation(np.broadcast_to(np.eye(3)[:, None, None, :], (3, height, width, 3)))
    matrices = jnp.asarray(np.moveaxis(columns, 0, -1), dtype)
    if transformation.kind in ("identity", "colour"):
        return Element("colour", matrices[0, 0])
    return Element("pixelwise", matrices)


def draw_element(
    family: str, scope: str, height: int, width: int, seed: int, *, channels: int = 3, dtype: str = "float64"
) -> Element:
    """Draw a transformation: orthogonal by the Haar law, (signed) permutations uniformly.

    The identity is one in six permutations of three colours: a check by permutations wants another seed then.

    Args:
        family: one of :data:`FAMILIES`.
        scope: one of :data:`SCOPES`.
        height: H.
        width: W.
        seed: an integer >= 0; families and scopes have independent streams.
        channels: C.
        dtype: of the matrices.

    Raises:
        ValueError: an unknown family or scope.
    """
    for name, value, valid in (("family", family, FAMILIES), ("scope", scope, SCOPES)):
        if value not in valid:
            raise ValueError(f"unknown {name} {value!r}; valid: {', '.join(valid)}")
    rng = np.random.default_rng([seed, FAMILIES.index(family), SCOPES.index(scope)])
    size = channels * (height * width if scope == "whole" else 1)
    count = height * width if scope == "pixelwise" else 1
    matrices = np.stack([_draw(family, size, rng) for _ in range(count)])
    if scope == "pixelwise":
        return Element(scope, jnp.asarray(matrices.reshape(height, width, size, size), dtype))
    return Element(scope, jnp.asarray(matrices[0], dtype))


def _draw(family: str, size: int, rng: np.random.Generator) -> np.ndarray:
    if family == "orthogonal":
        # R with a positive diagonal makes Q unique, and Haar
        q, r = np.linalg.qr(rng.standard_normal((size, size)))
        return q * np.sign(np.diag(r))
    matrix = np.eye(size)[rng.permutation(size)]
    return matrix * (1.0 - 2.0 * rng.integers(2, size=size)) if family == "signed" else matrix


def fourth_moments(matrix: ArrayLike, law: str) -> np.ndarray:
    r"""Return :math:`E(\tau^\top w)_i^4` for iid w of variance 1, exactly.

    .. math:: E\Big(\sum_j\tau_{ji}w_j\Big)^4=3\Big(\sum_j\tau_{ji}^2\Big)^2+\kappa\sum_j\tau_{ji}^4,

    with the fourth cumulant :math:`\kappa=0` of the Gaussian and :math:`-6/5` of the uniform law. For
    orthogonal :math:`\tau` and the uniform law it is that of w itself, for all i, if and only if
    :math:`\tau` is a signed permutation.

    Args:
        matrix: (..., m, m).
        law: ``"gaussian"`` or ``"uniform"``.

    Returns:
        (..., m).

    Raises:
        ValueError: an unknown law.
    """
    cumulants = {"gaussian": 0.0, "uniform": -1.2}
    if law not in cumulants:
        raise ValueError(f"unknown law {law!r}; valid: {', '.join(cumulants)}")
    squares = np.square(np.asarray(matrix, np.float64))
    return 3 * squares.sum(-2) ** 2 + cumulants[law] * (squares**2).sum(-2)
