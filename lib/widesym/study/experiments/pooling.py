r"""A-X4: feature averaging over translations and global average pooling are the same operation.

The group :math:`C_H\times C_W` translates images of :math:`d=HW` pixels by :math:`T_\delta`, circularly, and
acts trivially on outputs. Relative deviations, each array leading with the padding (circular, then zeros):

* ``site``: (depth), a convolutional network read at one pixel, averaged over translations by the matrices of
  the group, against the network with global average pooling;
* ``flat``: (depth), the network VEC with the readout :math:`\frac1{\sqrt{dn}}\sum_pW_p\cdot h_p`, averaged in
  the same way, against GAP with the readout :math:`\frac1{\sqrt n}\bar W\cdot\frac1d\sum_ph_p`,
  :math:`\bar W=\frac1{\sqrt d}\sum_pW_p`;
* ``shallow``: the mean-field network of the symmetrised cloud, :math:`\Phi_{\mu^G}`, against a layer of
  full-size filters, correlated with the image (by FFT; or without wrapping), activated and pooled;
  ``shallow_averaged``: the same for :math:`Q_G\Phi_\mu`;
* ``training``: (step), outputs of averaged VEC and GAP, at the first of the depths, when both are trained by
  gradient descent; ``training_plain``: VEC without averaging against GAP;
* ``nngp``, ``ntk``: (depth), :math:`\Theta_{GAP}(x,x')` against
  :math:`\frac1d\sum_\delta\Theta_{VEC}(x,T_\delta x')`, kernels of Neural Tangents; ``nngp_some``,
  ``ntk_some``: with vertical translations only.

Source: extension of [MF] and [SS] (A-X4, B-X1).
"""

import dataclasses
import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.groups import Representation, cyclic_permutation, external_tensor, tensor, trivial
from widesym.meanfield.risks import averaged_model, model, symmetrised_law
from widesym.meanfield.units import neuron_unit
from widesym.oracles import neural_tangents
from widesym.study.experiment import Experiment

PADDINGS = ("circular", "zeros")
KERNELS = ("nngp", "ntk")


@dataclasses.dataclass(frozen=True)
class Pooling:
    """Every number of the experiment.

    Args:
        height, width: of the images; the group has height times width elements.
        channels: of the images.
        images: how many of them; the kernels compare as many with as many others.
        depths: numbers of convolutional layers.
        features: channels of the hidden layers of the finite networks.
        filters: particles of the shallow network.
        steps: of gradient descent.
        rate: its learning rate.
        weight_variance, bias_variance: of the kernels.
        seed: of everything.
    """

    height: int = 4
    width: int = 3
    channels: int = 3
    images: int = 5
    depths: tuple[int, ...] = (2, 3)
    features: int = 16
    filters: int = 30
    steps: int = 20
    rate: float = 0.1
    weight_variance: float = 2.0
    bias_variance: float = 0.01
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        for name in ("height", "width"):
            if getattr(self, name) < 3:
                raise ValueError(
                    f"{name} must be at least 3, the size of a filter, got {getattr(self, name)}"
                )
        for name in ("channels", "images", "features", "filters", "steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not self.depths or min(self.depths) < 1 or len(set(self.depths)) < len(self.depths):
            raise ValueError(f"depths must be distinct numbers of layers from 1 on, got {self.depths}")
        if not (self.rate > 0 and self.weight_variance > 0 and self.bias_variance >= 0):
            raise ValueError(
                "rate and weight_variance must be positive, bias_variance not negative, got "
                f"{self.rate}, {self.weight_variance}, {self.bias_variance}"
            )
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")


def translations(config: Pooling) -> Representation:
    """Return the translations on images flattened as (height, width, channels)."""
    plane = external_tensor(cyclic_permutation(config.height), cyclic_permutation(config.width))
    return tensor(plane, trivial(plane.group, config.channels))


def images(config: Pooling, stream: int) -> np.ndarray:
    """Return Gaussian images, (images, height, width, channels)."""
    shape = (config.images, config.height, config.width, config.channels)
    return np.random.default_rng([config.seed, stream]).normal(size=shape)


def translated(config: Pooling, x: np.ndarray) -> np.ndarray:
    """Return all translates of images, by the matrices of the group, (d, images, height, width, channels)."""
    moved = np.einsum("gij,bj->gbi", translations(config).matrices, x.reshape(len(x), -1))
    return moved.reshape(-1, *x.shape)


def weights(config: Pooling, depth: int) -> dict[str, list[np.ndarray] | np.ndarray]:
    """Return Gaussian filters (3, 3, in, out) and biases, and a readout (height, width, features)."""
    rng = np.random.default_rng([config.seed, 10, depth])
    sizes = (config.channels, *[config.features] * depth)
    filters = [
        rng.normal(size=(3, 3, a, b)) * np.sqrt(2 / (9 * a)) for a, b in zip(sizes, sizes[1:], strict=False)
    ]
    return {
        "filters": filters,
        "biases": [0.1 * rng.normal(size=b) for b in sizes[1:]],
        "readout": rng.normal(size=(config.height, config.width, config.features)),
    }


def feature_map(network: dict, x: Array, padding: str) -> Array:
    """Return the last hidden layer (B, H, W, features): 3x3 convolutions and ReLU, padded as asked."""
    for filters, bias in zip(network["filters"], network["biases"], strict=True):
        mode = "wrap" if padding == "circular" else "constant"
        around = jnp.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], mode=mode)
        x = jax.lax.conv_general_dilated(
            around, jnp.asarray(filters), (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        x = jax.nn.relu(x + bias[None, None, None])
    return x


def vec(network: dict, x: Array, padding: str) -> Array:
    r"""Return :math:`\frac1{\sqrt{dn}}\sum_pW_p\cdot h_p(x)`, (B,)."""
    features, readout = feature_map(network, x, padding), network["readout"]
    return jnp.einsum("bhwn,hwn->b", features, readout) / np.sqrt(readout.size)


def gap(network: dict, x: Array, padding: str) -> Array:
    r"""Return :math:`\frac1{\sqrt n}\bar W\cdot\frac1d\sum_ph_p(x)`, (B,), for a readout W (features,)."""
    features = feature_map(network, x, padding).mean(axis=(1, 2))
    return features @ network["readout"] / np.sqrt(len(network["readout"]))


def pooled(network: dict) -> dict:
    r"""Return the GAP network of a VEC network: :math:`\bar W=\frac1{\sqrt d}\sum_pW_p`."""
    readout = network["readout"]
    return {**network, "readout": readout.sum(axis=(0, 1)) / np.sqrt(readout[..., 0].size)}


def _relative(a: Array, b: Array) -> np.ndarray:
    """Return the largest difference over the largest entry of b, for each entry of the first axis of two."""
    a, b = np.asarray(a), np.asarray(b)
    axes = tuple(range(1, a.ndim)) or None
    return np.abs(a - b).max(axis=axes) / np.abs(b).max(axis=axes)


def run_shard(config: Pooling, shard: str) -> dict[str, np.ndarray]:
    """Compute one of ``shallow``, ``training``, ``networks:DEPTH`` and ``kernels:DEPTH``."""
    if shard == "shallow":
        return _shallow(config)
    if shard == "training":
        return _training(config, config.depths[0])
    kind, depth = shard.split(":")
    return (_kernels if kind == "kernels" else _networks)(config, int(depth))


def _shallow(config: Pooling) -> dict[str, np.ndarray]:
    space = translations(config)
    unit = neuron_unit(space, trivial(space.group, 1), jnp.tanh)
    rng = np.random.default_rng([config.seed, 20])
    theta = rng.normal(size=(config.filters, unit.D))
    u, v = theta[:, :-1].reshape(-1, config.height, config.width, config.channels), theta[:, -1]
    x = images(config, 0)
    flat = jnp.asarray(x.reshape(len(x), -1))

    # correlations of filters with images, (filters, images, H, W): round the torus, or with zeros outside
    frequencies = np.conj(np.fft.fft2(u, axes=(1, 2)))[:, None] * np.fft.fft2(x, axes=(1, 2))[None]
    around = np.fft.ifft2(frequencies, axes=(2, 3)).real.sum(axis=-1)
    outside = np.pad(x, [(0, 0), (0, config.height - 1), (0, config.width - 1), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(outside, (config.height, config.width), axis=(1, 2))
    cut = np.einsum("bhwcij,fijc->fbhw", windows, u)
    law = symmetrised_law(unit.action, jnp.asarray(theta))[0]
    symmetrised = np.asarray(jax.jit(lambda t: model(unit, t, flat))(law))[:, 0]
    averaged = np.asarray(jax.jit(lambda t: averaged_model(unit, t, flat))(jnp.asarray(theta)))[:, 0]
    layers = [(v[:, None] * np.tanh(c).mean(axis=(2, 3))).mean(axis=0) for c in (around, cut)]
    return {
        "shallow": np.array([_relative(symmetrised, layer) for layer in layers]),
        "shallow_averaged": np.array([_relative(averaged, layer) for layer in layers]),
    }


def averaged_vec(network: dict, moved: Array, padding: str) -> Array:
    r"""Return :math:`Q_Gf` of VEC, (B,), from all translates, (d B, H, W, C)."""
    outputs = vec(network, moved, padding)
    return outputs.reshape(network["readout"][..., 0].size, -1).mean(axis=0)


def _networks(config: Pooling, depth: int) -> dict[str, np.ndarray]:
    network, x = weights(config, depth), images(config, 0)
    moved = translated(config, x).reshape(-1, *x.shape[1:])
    pixel = network["readout"][0, 0]
    one = {**network, "readout": np.zeros_like(network["readout"])}
    one["readout"][0, 0] = pixel * np.sqrt(config.height * config.width)  # vec divides by sqrt(d)
    pairs = {"site": (one, {**network, "readout": pixel}), "flat": (network, pooled(network))}

    found: dict[str, list] = {"site": [], "flat": []}
    for padding in PADDINGS:
        by_average = jax.jit(lambda net, p=padding: averaged_vec(net, moved, p))
        by_pooling = jax.jit(lambda net, p=padding: gap(net, x, p))
        for name, (flat, short) in pairs.items():
            found[name].append(_relative(by_average(flat), by_pooling(short)))
    return {name: np.array(values) for name, values in found.items()}


def _training(config: Pooling, depth: int) -> dict[str, np.ndarray]:
    network, x, test = weights(config, depth), images(config, 0), images(config, 1)
    y = np.random.default_rng([config.seed, 30]).normal(size=config.images)
    moved, moved_test = (translated(config, z).reshape(-1, *z.shape[1:]) for z in (x, test))

    def train(predict: Callable, start: dict, inputs: np.ndarray, seen: np.ndarray) -> np.ndarray:
        def loss(network: dict) -> Array:
            return jnp.mean((predict(network, inputs) - y) ** 2)

        def step(network: dict, _: None) -> tuple[dict, Array]:
            network = jax.tree.map(lambda w, s: w - config.rate * s, network, jax.grad(loss)(network))
            return network, predict(network, seen)

        run = jax.jit(lambda network: jax.lax.scan(step, network, None, length=config.steps)[1])
        return np.asarray(run(jax.tree.map(jnp.asarray, start)))  # (steps, images)

    found: dict[str, list] = {"training": [], "training_plain": []}
    for padding in PADDINGS:
        by_pooling, by_average, alone = (
            functools.partial(predict, padding=padding) for predict in (gap, averaged_vec, vec)
        )
        target = train(by_pooling, pooled(network), x, test)
        found["training"].append(_relative(train(by_average, network, moved, moved_test), target))
        if padding == "circular":
            found["training_plain"].append(_relative(train(alone, network, x, test), target))
    return {name: np.array(values) for name, values in found.items()}


def _kernels(config: Pooling, depth: int) -> dict[str, np.ndarray]:
    stax = neural_tangents.load().stax
    # Dense divides by the number of its inputs, d n after Flatten and n after pooling: one W_std serves both
    widths = {"W_std": config.weight_variance**0.5, "b_std": config.bias_variance**0.5}
    x, other = images(config, 0), images(config, 1)
    moved = translated(config, other).reshape(-1, *x.shape[1:])  # (d images, H, W, C), the shift first
    found: dict[str, list] = {name + more: [] for name in KERNELS for more in ("", "_some")}
    for padding in ("CIRCULAR", "SAME"):
        hidden = [stax.Conv(1, (3, 3), padding=padding, **widths), stax.Relu()] * depth
        flat, whole = (
            jax.jit(functools.partial(kernel, get=KERNELS))(x, images)
            for kernel, images in (
                (stax.serial(*hidden, stax.Flatten(), stax.Dense(1, **widths))[2], moved),
                (stax.serial(*hidden, stax.GlobalAvgPool(), stax.Dense(1, **widths))[2], other),
            )
        )
        for name in KERNELS:
            # (images, height, width, images): translates are numbered row by row
            each = np.asarray(getattr(flat, name)).reshape(len(x), config.height, config.width, -1)
            target = np.asarray(getattr(whole, name))
            found[name].append(_relative(each.mean(axis=(1, 2)).ravel(), target.ravel()))
            found[f"{name}_some"].append(_relative(each[:, :, 0].mean(axis=1).ravel(), target.ravel()))
    return {name: np.array(values) for name, values in found.items()}


def shards(config: Pooling) -> tuple[str, ...]:
    """Return the shard names, the deepest first."""
    deepest = sorted(config.depths, reverse=True)
    return (*(f"kernels:{L}" for L in deepest), "training", *(f"networks:{L}" for L in deepest), "shallow")


def gather(config: Pooling, parts: dict) -> dict[str, np.ndarray]:
    """Return every array with axes (padding, depth); the shallow ones and training have no depth."""
    found = {**parts["shallow"], **parts["training"]}
    for kind in ("kernels", "networks"):
        for name in parts[f"{kind}:{config.depths[0]}"]:
            found[name] = np.stack([parts[f"{kind}:{L}"][name] for L in config.depths], axis=1)
    return found


EXPERIMENT = Experiment(
    name="beyond.pooling",
    config_type=Pooling,
    profiles={
        "quick": Pooling(depths=(1, 2), images=3, steps=5),
        "default": Pooling(),
        "paper": Pooling(height=6, width=5, depths=(2, 3, 8)),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("A-X4",),
)
