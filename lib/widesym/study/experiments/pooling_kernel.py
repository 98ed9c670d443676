r"""B-X1: global pooling averages a kernel over translations, local pooling over nearby ones.

With circular padding, d = HW, and :math:`T_\delta` the translation of images by :math:`\delta`,

.. math:: K_{GAP}(x,x') = \frac1d\sum_\delta K_{VEC}(x,T_\delta x'),\qquad
    \frac1{k^2}\sum_{o}K_{LAP^k}(T_ox,T_ox') = \sum_\delta w_\delta K_{VEC}(x,T_\delta x'),

where o runs over the :math:`k^2` ways to place the grid of windows, and, summed over all integer offsets
:math:`(i,j)` that are :math:`\delta` round the torus,

.. math:: w_\delta = \sum_{(i,j)\equiv\delta}\frac{(k-|i|)_+(k-|j|)_+}{k^4},\qquad \sum_\delta w_\delta=1.

Relative deviations; the right-hand sides are this library's VEC, which sees one offset only:

* ``gap``: (way, size, depth, activation, kernel), the left-hand side by :data:`WAYS`;
* ``lap``: (way, window, size, depth, activation, kernel), the same;
* ``some``: (size, depth, activation, kernel), a control: vertical translations only;
* ``flat``: (window, size, depth, activation, kernel), a control: the same offsets, equal weights;
* ``fixed``: the same axes, a control: one placement of the grid instead of their mean;
* ``padding``: (padding, size, kernel), both sides by Neural Tangents, circular padding and zeros, ReLU;
  ``library``: (size, kernel), the left-hand side by Neural Tangents, circular.

And counts: ``memory``: (model of :data:`COSTED`, side), bytes of temporary arrays in the program that XLA
makes of Neural Tangents' kernel of two images, float32.

Source: extension of [SS] (B-X1).
"""

import dataclasses
import functools
import itertools

import jax
import numpy as np

from widesym.architectures import ACTIVATIONS, Architecture
from widesym.kernels.pairs import pair_kernels
from widesym.kernels.readout import Kernels
from widesym.oracles import neural_tangents
from widesym.oracles.kernels import slow_kernels, stax_kernels
from widesym.study.experiment import Experiment
from widesym.study.experiments._images import smooth_images
from widesym.study.experiments.kernel_symmetry import deviation

WAYS = ("this library", "all pairs of pixels")
PADDINGS = ("CIRCULAR", "SAME")
COSTED = ("VEC", "LAP4", "GAP")


@dataclasses.dataclass(frozen=True)
class PoolingKernel:
    """Every number of the experiment.

    Args:
        sizes: (height, width) of the images.
        windows: of LAP; each must tile every image.
        depths: numbers of hidden layers.
        activations: of the networks.
        padded: hidden layers where paddings are compared.
        images: how many; kernels are between as many and as many others.
        sides: of the square images whose memory is counted.
        layers: hidden layers of the networks there.
        seed: of the images.
    """

    sizes: tuple[tuple[int, int], ...] = ((4, 8), (8, 4))
    windows: tuple[int, ...] = (2, 4)
    depths: tuple[int, ...] = (1, 3, 8)
    activations: tuple[str, ...] = ACTIVATIONS
    padded: int = 3
    images: int = 3
    sides: tuple[int, ...] = (8, 16, 32)
    layers: int = 8
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        for name in ("sizes", "windows", "depths", "activations", "sides"):
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise ValueError(f"{name} must be distinct and at least one, got {values}")
        for (height, width), window in itertools.product(self.sizes, self.windows):
            if window < 2 or height % window or width % window or height * width == window**2:
                raise ValueError(
                    f"windows of {window} must be at least 2, tile images of {height} x {width}, and be "
                    "more than one"
                )
        for side in self.sides:
            if side % 4 or side < 8:
                raise ValueError(f"sides must be multiples of 4 from 8 on, for windows of 4; got {side}")
        for name in ("padded", "images", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")


def pictures(config: PoolingKernel, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return two sets of images, (images, H, W, 3) each, of one distribution and disjoint."""
    both = smooth_images((config.seed, 20, *size), 2 * config.images, *size)
    return both[: config.images], both[config.images :]


def translated(x: np.ndarray) -> np.ndarray:
    """Return all translates of images, (H, W, n, H, W, C), the offset first."""
    height, width = x.shape[1:3]
    shifts = itertools.product(range(height), range(width))
    return np.array([np.roll(x, shift, (1, 2)) for shift in shifts]).reshape(height, width, *x.shape)


def window_weights(window: int, height: int, width: int) -> np.ndarray:
    r"""Return the weights :math:`w_\delta` of LAP, (H, W)."""
    sides = []
    for size in (height, width):
        weights = np.zeros(size)
        for offset in range(1 - window, window):
            weights[offset % size] += (window - abs(offset)) / window**2
        sides.append(weights)
    return np.outer(*sides)


def translated_vec(network: Architecture, x: np.ndarray, other: np.ndarray) -> Kernels:
    r"""Return :math:`K_{VEC}(x,T_\delta x')`, (H, W, n, n') each, in float64."""
    moved = translated(other)
    found = pair_kernels(network, x, moved.reshape(-1, *other.shape[1:]), precision="float64", threads=1)
    shape = (len(x), *moved.shape[:3])
    return Kernels(*(kernel.reshape(shape).transpose(1, 2, 0, 3) for kernel in found))


def weighted(kernels: Kernels, weights: np.ndarray) -> Kernels:
    r"""Return :math:`\sum_\delta w_\delta K(x,T_\delta x')`, (n, n') each."""
    return Kernels(*(np.einsum("hw,hwab->ab", weights, kernel) for kernel in kernels))


def _slow(network: Architecture, x: np.ndarray, other: np.ndarray) -> Kernels:
    """Kernels from all pairs of pixels, of the first images only: (1, 1) each."""
    return Kernels(*(np.array([[value]]) for value in slow_kernels(network, x[0], other[0])))


def _first(kernels: Kernels) -> Kernels:
    return Kernels(*(kernel[:1, :1] for kernel in kernels))


def _mean(kernels: list[Kernels]) -> Kernels:
    return Kernels(*(np.mean(each, axis=0) for each in zip(*kernels, strict=True)))


def run_shard(config: PoolingKernel, shard: str) -> dict[str, np.ndarray]:
    """Compute ``padding``, ``memory``, or one depth, such as ``identities:8``."""
    if shard == "padding":
        return _padding(config)
    if shard == "memory":
        return {"memory": _memory(config)}
    depth = int(shard.removeprefix("identities:"))
    found: dict[str, list] = {}
    for size in config.sizes:
        for activation in config.activations:
            for name, value in _identities(config, size, depth, activation).items():
                found.setdefault(name, []).append(value)
    cells = (len(config.sizes), len(config.activations))
    return {name: np.array(values).reshape(*cells, *values[0].shape) for name, values in found.items()}


def _identities(
    config: PoolingKernel, size: tuple[int, int], depth: int, activation: str
) -> dict[str, np.ndarray]:
    """Return deviations with the axes (way, window, kernel), as far as an identity has them."""
    x, other = pictures(config, size)
    height, width = size
    vec = translated_vec(Architecture("VEC", depth, activation=activation), x, other)
    average = weighted(vec, np.full(size, 1 / (height * width)))
    gap = Architecture("GAP", depth, activation=activation)
    own = pair_kernels(gap, x, other, precision="float64", threads=1)
    vertical = np.zeros(size)
    vertical[:, 0] = 1 / height
    found = {
        "gap": [
            deviation(own, average),
            deviation(_slow(gap, x, other), _first(average)),
        ],
        "some": deviation(weighted(vec, vertical), own),
        "lap": [[], []],
        "flat": [],
        "fixed": [],
    }
    for window in config.windows:
        lap = Architecture("LAP", depth, window=window, activation=activation)
        weights = window_weights(window, *size)
        near = weighted(vec, weights)
        placements = [
            [np.roll(z, shift, (1, 2)) for z in (x, other)]
            for shift in itertools.product(range(window), repeat=2)
        ]
        placed = [pair_kernels(lap, *z, precision="float64", threads=1) for z in placements]
        found["lap"][0].append(deviation(_mean(placed), near))
        found["lap"][1].append(deviation(_mean([_slow(lap, *z) for z in placements]), _first(near)))
        found["flat"].append(deviation(weighted(vec, (weights > 0) / (weights > 0).sum()), _mean(placed)))
        found["fixed"].append(deviation(placed[0], near))
    return {name: np.array(values) for name, values in found.items()}


def _padding(config: PoolingKernel) -> dict[str, np.ndarray]:
    """Both sides of the identity by Neural Tangents, with circular padding and with zeros."""
    stax = neural_tangents.load().stax
    network = Architecture("VEC", config.padded)
    scales = {"W_std": network.weight_variance**0.5, "b_std": network.bias_variance**0.5}
    found: dict[str, list] = {"padding": [], "library": []}
    for padding in PADDINGS:
        hidden = [stax.Conv(1, (3, 3), padding=padding, **scales), stax.Relu()] * config.padded
        flat, pooled = (
            jax.jit(functools.partial(kernel, get=Kernels._fields))
            for kernel in (
                stax.serial(*hidden, stax.Flatten(), stax.Dense(1, **scales))[2],
                stax.serial(*hidden, stax.GlobalAvgPool(), stax.Dense(1, **scales))[2],
            )
        )
        for size in config.sizes:
            x, other = pictures(config, size)
            whole = Kernels(*pooled(x, other))
            each = Kernels(*flat(x, translated(other).reshape(-1, *other.shape[1:])))
            shape = (len(x), -1, len(other))
            average = Kernels(*(np.reshape(kernel, shape).mean(axis=1) for kernel in each))
            found["padding"].append(deviation(average, whole))
            if padding == "CIRCULAR":
                vec = translated_vec(network, x, other)
                found["library"].append(deviation(weighted(vec, np.full(size, 1 / np.prod(size))), whole))
    values = {name: np.array(value) for name, value in found.items()}
    return {**values, "padding": values["padding"].reshape(len(PADDINGS), len(config.sizes), 2)}


def _memory(config: PoolingKernel) -> np.ndarray:
    found = np.empty((len(COSTED), len(config.sides)), np.int64)
    for i, name in enumerate(COSTED):
        network = Architecture(name[:3], config.layers, window=int(name[3:] or 0))
        for j, side in enumerate(config.sides):
            image = jax.ShapeDtypeStruct((1, side, side, 3), np.float32)
            with jax.enable_x64(False):
                program = stax_kernels(network).lower(image, image).compile()
            found[i, j] = program.memory_analysis().temp_size_in_bytes
    return found


def shards(config: PoolingKernel) -> tuple[str, ...]:
    """Return the shard names, the dearest first."""
    deepest = sorted(config.depths, reverse=True)
    return ("memory", *(f"identities:{depth}" for depth in deepest), "padding")


def gather(config: PoolingKernel, parts: dict) -> dict[str, np.ndarray]:
    """Return all arrays, with the axes (way, window, size, depth, activation, kernel)."""
    each = [parts[f"identities:{depth}"] for depth in config.depths]
    joined = {name: np.stack([part[name] for part in each], axis=1) for name in each[0]}
    joined = {  # from (size, depth, activation, way, window, kernel)
        name: np.moveaxis(a, (0, 1, 2), (-4, -3, -2)) for name, a in joined.items()
    }
    return {**joined, **parts["padding"], **parts["memory"]}


EXPERIMENT = Experiment(
    name="synergy.pooling-kernel",
    config_type=PoolingKernel,
    profiles={
        "quick": PoolingKernel(sizes=((4, 6),), windows=(2,), depths=(2,), images=2, sides=(8,)),
        "default": PoolingKernel(),
        "paper": PoolingKernel(sizes=((8, 12), (12, 8)), windows=(2, 4), depths=(1, 3, 8, 14)),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-X1",),
)
