r"""Finite networks of every architecture, in Flax, with weights in one layout.

The parameters are a dict with ``hidden_1`` ... ``hidden_L`` and ``readout``, each of ``weight`` and ``bias``.
With k the convolution's side, :math:`n_0=C`, and images of H x W pixels:

=============  ===========================================  =============================
kind           hidden weight, bias                          readout weight, bias
=============  ===========================================  =============================
FCN            (1, 1, n_{l-1}, n_l), (n_l,)                 (1, 1, n_L, K), (K,)
LCN            (H, W, k, k, n_{l-1}, n_l), (H, W, n_l)      (H, W, n_L, K), (K,)
VEC            (k, k, n_{l-1}, n_l), (n_l,)                 (H, W, n_L, K), (K,)
LAP, GAP       as VEC                                       (H/p, W/q, n_L, K), (K,)
=============  ===========================================  =============================

for pooling windows p x q. An FCN is a network on one pixel with :math:`n_0=HWC` channels: those of the first
pixel, then those of the second, row by row, as in the matrix of :mod:`widesym.groups.images`.

Each layer is :math:`z=sWa+tb` with the numbers of :mod:`widesym.networks.parametrisations`; its fan-in is
:math:`k^2n_{l-1}`, and :math:`(H/p)(W/q)\,n_L` for the readout, which follows the mean over each window.
"""

import dataclasses
import functools
import math

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.architectures import Architecture
from widesym.networks import convolutions
from widesym.networks.parametrisations import Scale, scale

LAWS = ("gaussian", "uniform")
Parameters = dict[str, dict[str, Array]]

_ACTIVATIONS = {"relu": jax.nn.relu, "erf": jax.lax.erf}


@dataclasses.dataclass(frozen=True)
class Network:
    """A finite network: made by :func:`network`; equal descriptions are equal objects.

    Attributes:
        architecture: with its widths.
        height: H.
        width: W.
        channels: C of the images.
        outputs: K.
    """

    architecture: Architecture
    height: int
    width: int
    channels: int
    outputs: int

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers, from the first hidden one to the readout."""
        return (*(f"hidden_{layer + 1}" for layer in range(self.architecture.depth)), "readout")

    @property
    def windows(self) -> tuple[int, int]:
        """What the readout sees of each channel: H/p x W/q means over windows; 1 x 1 for FCN."""
        if self.architecture.kind == "FCN":
            return 1, 1
        rows, columns = self.architecture.pooling(self.height, self.width)
        return self.height // rows, self.width // columns

    @property
    def side(self) -> int:
        """The side k of the convolution; 1 for FCN."""
        return 1 if self.architecture.kind == "FCN" else self.architecture.kernel_size

    def shapes(self) -> dict[str, dict[str, tuple[int, ...]]]:
        """Return the shape of every array of the parameters."""
        inputs = self.channels * (self.height * self.width if self.architecture.kind == "FCN" else 1)
        positions = (self.height, self.width) if self.architecture.kind == "LCN" else ()
        found = {}
        for name, above in zip(self.layers[:-1], self.architecture.widths, strict=True):
            found[name] = {
                "weight": (*positions, self.side, self.side, inputs, above),
                "bias": (*positions, above),
            }
            inputs = above
        found["readout"] = {"weight": (*self.windows, inputs, self.outputs), "bias": (self.outputs,)}
        return found

    def scales(self) -> dict[str, Scale]:
        """Return the numbers of every layer."""
        fan_in = {name: shape["weight"][-4:-1] for name, shape in self.shapes().items()}
        fan_in["readout"] = self.shapes()["readout"]["weight"][:-1]
        return {
            name: scale(self.architecture, layer + 1, fan_in[name][0] * fan_in[name][1] * fan_in[name][2])
            for layer, name in enumerate(self.layers)
        }

    def rates(self) -> dict[str, dict[str, float]]:
        """Return the factor of the learning rate of every array."""
        return {
            name: {"weight": found.weight_rate, "bias": found.bias_rate}
            for name, found in self.scales().items()
        }

    def init(
        self, key: Array, dtype: str = "float32", law: str = "gaussian", *, first: str | None = None
    ) -> Parameters:
        """Draw parameters; also under ``jax.vmap`` over keys.

        One key gives coupled draws of both laws: equal quantiles.

        Args:
            key: of this draw.
            dtype: ``"float32"`` or ``"float64"``.
            law: ``"gaussian"``, or ``"uniform"`` of the same variance.
            first: the law of the first layer, where it is another one.

        Raises:
            ValueError: an unknown law or dtype.
        """
        for given in (law, law if first is None else first):
            if given not in LAWS:
                raise ValueError(f"unknown law {given!r}; valid: {', '.join(LAWS)}")
        if str(dtype) not in ("float32", "float64"):
            raise ValueError(f"unknown dtype {dtype!r}; valid: float32, float64")
        return _init(self, str(dtype), law, law if first is None else first, key)

    def apply(self, parameters: Parameters, images: Array) -> Array:
        """Return the outputs (n, K) at images (n, H, W, C), in the parameters' dtype.

        Raises:
            ValueError: images of another shape or dtype.
        """
        return self._run(parameters, images)[0]

    def activations(self, parameters: Parameters, images: Array) -> tuple[Array, ...]:
        """Return what every hidden layer computes, each (n, H, W, n_l); for FCN (n, 1, 1, n_l).

        Raises:
            ValueError: images of another shape or dtype.
        """
        return self._run(parameters, images)[1]

    def pooled(self, activations: Array) -> Array:
        """Return the means over pooling windows, (n, H/p, W/q, n_L), of a hidden layer's activations."""
        n, height, width, channels = activations.shape
        rows, columns = self.windows
        if (rows, columns) == (height, width):
            return activations
        blocks = activations.reshape(n, rows, height // rows, columns, width // columns, channels)
        return blocks.mean((2, 4))

    def _run(self, parameters: Parameters, images: Array) -> tuple[Array, tuple[Array, ...]]:
        return _run(self, parameters, checked(self, parameters, images))


def network(architecture: Architecture, height: int, width: int, channels: int, outputs: int) -> Network:
    """Describe the finite network of an architecture for images of one size.

    Args:
        architecture: with ``widths``.
        height: H.
        width: W.
        channels: C of the images.
        outputs: K.

    Raises:
        ValueError: no widths, sizes that are none, or windows that do not tile the image. Source: [SS],
            Section 3.
    """
    if not architecture.widths:
        raise ValueError(
            f"{architecture.name} has no widths: that is the infinite network; give one width a layer, "
            f"such as widths=(64,) * {architecture.depth}"
        )
    for name, size in (("height", height), ("width", width), ("channels", channels), ("outputs", outputs)):
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValueError(f"{name}={size!r} must be a whole number, at least 1")
    architecture.pooling(height, width)
    return Network(architecture, height, width, channels, outputs)


def checked(net: Network, parameters: Parameters, images: Array) -> Array:
    """Return images as an array, in the parameters' dtype.

    Args:
        net: anything with ``height``, ``width`` and ``channels``.
        parameters: theta.
        images: (n, H, W, C).

    Raises:
        ValueError: images of another shape or dtype.
    """
    images = jnp.asarray(images)
    shape, dtype = (net.height, net.width, net.channels), parameters["readout"]["bias"].dtype
    if images.ndim != 4 or images.shape[1:] != shape or images.dtype != dtype:
        raise ValueError(
            f"images are {images.dtype} of shape {images.shape}: must be {dtype} as the parameters, and "
            f"(n, {', '.join(map(str, shape))}); remedy: convert them, or add an axis: image[None]"
        )
    return images


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _init(net: Network, dtype: str, law: str, first: str, key: Array) -> Parameters:
    shapes, scales = net.shapes(), net.scales()
    sizes = [math.prod(shape) for layer in shapes.values() for shape in layer.values()]
    # one draw for all arrays: XLA compiles each call of the generator anew, half a second each
    u = jax.random.uniform(key, (sum(sizes),), dtype, np.nextafter(np.array(-1, dtype), 0), 1.0)
    parts = iter(jnp.split(u, np.cumsum(sizes)[:-1]))
    return {
        name: {
            part: getattr(scales[name], f"{part}_deviation")
            * _quantile(first if name == "hidden_1" else law, next(parts)).reshape(shape)
            for part, shape in layer.items()
        }
        for name, layer in shapes.items()
    }


def _quantile(law: str, u: Array) -> Array:
    """Turn numbers uniform in (-1, 1) into a law of variance 1."""
    return 3**0.5 * u if law == "uniform" else 2**0.5 * jax.lax.erf_inv(u)


@functools.partial(jax.jit, static_argnums=0)
def _run(net: Network, parameters: Parameters, images: Array) -> tuple[Array, tuple[Array, ...]]:
    return _Flax(net).apply({"params": parameters}, images)


class _Layer(nn.Module):
    """Weight and bias of one layer, multiplied by its scale."""

    scale: Scale

    @nn.compact
    def __call__(
        self, weight: tuple[int, ...], bias: tuple[int, ...], dtype: jnp.dtype
    ) -> tuple[Array, Array]:
        # Flax checks the shapes; the draws are those of Network.init
        w = self.param("weight", nn.initializers.zeros, weight, dtype)
        b = self.param("bias", nn.initializers.zeros, bias, dtype)
        # Python floats: they keep the dtype
        return self.scale.weight * w, self.scale.bias * b


class _Flax(nn.Module):
    """The network on a batch: outputs, and the activations of the hidden layers."""

    net: Network

    @nn.compact
    def __call__(self, images: Array) -> tuple[Array, tuple[Array, ...]]:
        net, architecture = self.net, self.net.architecture
        shapes, scales = net.shapes(), net.scales()
        # a single pixel has nobody to share its weights with
        local = architecture.kind in ("FCN", "LCN")
        if architecture.kind == "FCN":
            images = images.reshape(len(images), 1, 1, -1)
        # positions first without shared weights, channels first with: see widesym.networks.convolutions
        a = jnp.moveaxis(images, 0, 2) if local else jnp.swapaxes(images, 0, 3)
        hidden = []
        for name in net.layers[:-1]:
            weight, bias = _Layer(scales[name], name=name)(**shapes[name], dtype=images.dtype)
            if local:
                z = convolutions.unshared(a, weight.reshape(*a.shape[:2], *weight.shape[-4:]))
                z = z + bias.reshape(*a.shape[:2], 1, -1)
            else:
                z = convolutions.shared(a, weight) + bias[:, None, None, None]
            a = _ACTIVATIONS[architecture.activation](z)
            hidden.append(jnp.moveaxis(a, 2, 0) if local else jnp.swapaxes(a, 0, 3))
        weight, bias = _Layer(scales["readout"], name="readout")(**shapes["readout"], dtype=images.dtype)
        seen = net.pooled(hidden[-1]).reshape(len(images), -1)
        return seen @ weight.reshape(-1, net.outputs) + bias.reshape(1, -1), tuple(hidden)
