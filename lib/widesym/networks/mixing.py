r"""A network of patches (MLP-Mixer): mix tokens, mix channels, by turns; and what its weights can absorb.

An image of H x W pixels is cut into T = HW/p^2 patches of p x p, without overlap. One map embeds all of
them as tokens :math:`X\in\mathbb R^{T\times n}`; blocks follow, whose weights are shared by all features,
then by all tokens:

.. math:: U=X+A_2^\top\phi(A_1^\top X+a_1)+a_2,\qquad X\leftarrow U+\phi(UB_1+b_1)B_2+b_2,

and the readout sees the mean of all tokens: Tolstikhin et al. (2021) without normalisation, with ReLU in
place of GELU. NTK parametrisation: standard normal weights, divided by the root of the fan-in.

Two groups act on its weights, :math:`f(\theta,\tau x)=f(\tau^*\theta,x)`, by orthogonal maps of iid entries:

* one rotation of all numbers of a patch, the same for all patches, :math:`O(3p^2)\otimes I_T`: the embedding
  absorbs it, :math:`W\mapsto Q^\top W`. As patches do not overlap, Q need not respect pixels, as for a
  convolution it must;
* a permutation of the patches, :math:`S_T`: rows of :math:`A_1`, columns of :math:`A_2` and entries of
  :math:`a_2` are permuted, in every block. The mean over tokens does not see it.

Letters: n images in shapes, C colours, T patches, p their side, n features.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.networks.models import Network, Parameters, checked
from widesym.networks.parametrisations import Scale


@dataclasses.dataclass(frozen=True)
class MixingNetwork:
    """A finite network of patches; equal descriptions are equal objects.

    Args:
        height: H, pixels.
        width: W, pixels.
        channels: C of the images.
        outputs: K.
        patch: p.
        blocks: how often tokens and channels are mixed.
        features: n, the width of a token.
        token_units: hidden units where tokens are mixed.
        channel_units: hidden units where channels are mixed.
        weight_variance: sigma_w squared.
        bias_variance: sigma_b squared.

    Raises:
        ValueError: sizes that are none, or patches that do not tile the image.
    """

    height: int
    width: int
    channels: int
    outputs: int
    patch: int
    blocks: int
    features: int
    token_units: int
    channel_units: int
    weight_variance: float = 2.0
    bias_variance: float = 0.01

    def __post_init__(self) -> None:
        """Refuse what describes no network."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.type is int and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise ValueError(f"{field.name}={value!r} must be a whole number, at least 1")
        if not (self.weight_variance > 0 and self.bias_variance >= 0):
            raise ValueError(
                f"weight_variance={self.weight_variance} must be positive and "
                f"bias_variance={self.bias_variance} not negative: they are variances"
            )
        if self.height % self.patch or self.width % self.patch:
            raise ValueError(
                f"patches of {self.patch} x {self.patch} do not tile an image of {self.height} x "
                f"{self.width}; choose a side that divides both"
            )

    @property
    def tokens(self) -> int:
        """The number T of patches."""
        return (self.height // self.patch) * (self.width // self.patch)

    def shapes(self) -> dict[str, dict[str, tuple[int, ...]]]:
        """Return the shape of every array of the parameters."""
        n = self.features
        found = {"hidden_1": {"weight": (self.patch, self.patch, self.channels, n), "bias": (n,)}}
        for block in range(1, self.blocks + 1):
            for kind, size, units in (
                ("tokens", self.tokens, self.token_units),
                ("channels", n, self.channel_units),
            ):
                found[f"{kind}_{block}_in"] = {"weight": (size, units), "bias": (units,)}
                found[f"{kind}_{block}_out"] = {"weight": (units, size), "bias": (size,)}
        return {**found, "readout": {"weight": (n, self.outputs), "bias": (self.outputs,)}}

    def scales(self) -> dict[str, Scale]:
        """Return the numbers of every layer."""
        sigma_w, sigma_b = self.weight_variance**0.5, self.bias_variance**0.5
        return {
            name: Scale(sigma_w * float(np.prod(shape["weight"][:-1])) ** -0.5, sigma_b, 1.0, 1.0, 1.0, 1.0)
            for name, shape in self.shapes().items()
        }

    # these look at nothing but shapes, scales and what a run returns
    rates = Network.rates
    init = Network.init
    apply = Network.apply
    activations = Network.activations

    def pooled(self, activations: Array) -> Array:
        """Return the mean (n, features) over the tokens of a block's output (n, T, features)."""
        return activations.mean(1)

    def _run(self, parameters: Parameters, images: Array) -> tuple[Array, tuple[Array, ...]]:
        return _run(self, parameters, checked(self, parameters, images))


@functools.partial(jax.tree_util.register_dataclass, data_fields=["matrix", "order"], meta_fields=["side"])
@dataclasses.dataclass(frozen=True, eq=False)
class PatchElement:
    r"""A transformation of images by patches: all rotated alike, and put in another order.

    Patch t of the result is the matrix times patch ``order[t]`` of the image. A pytree, as elements of
    :mod:`widesym.networks.actions` are, and used as they are.

    Attributes:
        side: p.
        matrix: (p^2 C, p^2 C), of a patch's numbers, row by row, colours last.
        order: a permutation of the T patches, row by row.
    """

    side: int
    matrix: Array
    order: Array

    def __call__(self, images: Array) -> Array:
        """Transform images (n, H, W, C), in their dtype."""
        moved = cut(images, self.side)[:, self.order] @ self.matrix.astype(images.dtype).T
        return joined(moved, self.side, images.shape[1:])

    def pulled_back(self, net: MixingNetwork, parameters: Parameters) -> Parameters:
        r"""Return :math:`\tau^*\theta`, with which the network computes at x what it did at :math:`\tau x`.

        Raises:
            ValueError: patches of another size than the network's, or another number of them.
        """
        if (self.side, len(self.order)) != (net.patch, net.tokens):
            raise ValueError(
                f"an element of {len(self.order)} patches of side {self.side} for a network of {net.tokens} "
                f"patches of side {net.patch}: must agree; draw it for the network"
            )
        first = parameters["hidden_1"]["weight"]
        rows = self.matrix.astype(first.dtype).T @ first.reshape(len(self.matrix), -1)
        found = {
            **parameters,
            "hidden_1": {**parameters["hidden_1"], "weight": rows.reshape(first.shape)},
        }
        back = jnp.argsort(self.order)
        for block in range(1, net.blocks + 1):
            into, out = (f"tokens_{block}_{end}" for end in ("in", "out"))
            found[into] = {**parameters[into], "weight": parameters[into]["weight"][back]}
            found[out] = {
                "weight": parameters[out]["weight"][:, back],
                "bias": parameters[out]["bias"][back],
            }
        return found


def cut(images: Array, side: int) -> Array:
    """Cut images (n, H, W, C) into patches (n, T, side side C), row by row, colours last."""
    n, height, width, channels = images.shape
    rows, columns = height // side, width // side
    patches = images.reshape(n, rows, side, columns, side, channels)
    return jnp.moveaxis(patches, 3, 2).reshape(n, rows * columns, side * side * channels)


def joined(patches: Array, side: int, shape: tuple[int, int, int]) -> Array:
    """Put patches (n, T, side side C) together to images (n, H, W, C), the inverse of :func:`cut`."""
    height, width, channels = shape
    blocks = patches.reshape(-1, height // side, width // side, side, side, channels)
    return jnp.moveaxis(blocks, 2, 3).reshape(-1, *shape)


def nearest_patch_element(matrix: Array, height: int, width: int, side: int) -> PatchElement:
    """Return the nearest map that turns all patches alike and leaves their order, in the Frobenius norm.

    Args:
        matrix: (H W C, H W C), of all numbers of an image, colours of a pixel next to each other.
        height: H.
        width: W.
        side: p.
    """
    size = len(matrix)
    places = jnp.arange(size).reshape(1, height, width, size // (height * width))
    places = cut(places, side)[0]
    blocks = matrix[places[:, :, None], places[:, None, :]]
    return PatchElement(side, blocks.mean(0), jnp.arange(len(places)))


@functools.partial(jax.jit, static_argnums=0)
def _run(net: MixingNetwork, parameters: Parameters, images: Array) -> tuple[Array, tuple[Array, ...]]:
    scales = net.scales()

    def layer(name: str, a: Array) -> Array:
        weight, bias = parameters[name]["weight"], parameters[name]["bias"]
        z = scales[name].weight * (a @ weight.reshape(-1, weight.shape[-1]))
        return z + (scales[name].bias * bias).reshape(*(1,) * (z.ndim - 1), -1)

    def mixed(kind: str, block: int, a: Array) -> Array:
        return layer(f"{kind}_{block}_out", jax.nn.relu(layer(f"{kind}_{block}_in", a)))

    x = layer("hidden_1", cut(images, net.patch))
    outputs = []
    for block in range(1, net.blocks + 1):
        x = x + jnp.swapaxes(mixed("tokens", block, jnp.swapaxes(x, 1, 2)), 1, 2)
        x = x + mixed("channels", block, x)
        outputs.append(x)
    return layer("readout", net.pooled(x)), tuple(outputs)
