r"""B-S3: the kernels of infinite networks are invariant under the groups of Theorem 4.1, and no further.

A transformation :math:`\tau` of images is applied to all of them. Arrays of relative deviations

.. math:: \max_{x,x'}|K(\tau x,\tau x')-K(x,x')|\;/\;\max_{x,x'}|K(x,x')| :

* ``deviation``: (model, transformation, size, depth, activation, kernel, draw), float64, this library;
* ``oracle``: (model, one of the five, kernel, draw), Neural Tangents, at the first size and depth, ReLU.

Models are :data:`MODELS`, transformations :data:`TRANSFORMATIONS`: the paper's five, then three of which
each leaves a group by a step as small as can be. Kernels are NNGP and NTK.

Source: [SS], Theorem 4.1 and Section 5.2 (LAP).
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from widesym.architectures import ACTIVATIONS, Architecture
from widesym.groups.images import KINDS, transformation
from widesym.kernels.pairs import pair_kernels
from widesym.kernels.readout import Kernels
from widesym.oracles.kernels import stax_kernels
from widesym.study.experiment import Experiment
from widesym.study.experiments._images import smooth_images

MODELS = ("FCN", "LCN", "VEC", "LAP", "GAP", "LAP, 1×1 filters")
STEPS = ("windows", "one pixel", "one exchange")
TRANSFORMATIONS = (*KINDS, *STEPS)
KERNELS = Kernels._fields

_CONVOLUTION = ("identity", "colour")
INVARIANT = {
    "FCN": TRANSFORMATIONS,
    "LCN": (*_CONVOLUTION, "pixelwise", "windows", "one pixel"),
    "VEC": (*_CONVOLUTION, "pixelwise", "windows", "one pixel"),
    "LAP": _CONVOLUTION,
    "GAP": _CONVOLUTION,
    "LAP, 1×1 filters": (*_CONVOLUTION, "windows"),
}


@dataclasses.dataclass(frozen=True)
class KernelSymmetry:
    """Every number of the experiment.

    Args:
        sizes: (height, width) of the images.
        depths: numbers of hidden layers.
        activations: of the networks.
        window: of LAP; it must divide every side, and leave more than one window.
        images: how many; kernels are between as many and as many others.
        draws: random elements of each group.
        seed: of images and elements.
    """

    sizes: tuple[tuple[int, int], ...] = ((4, 4), (6, 4), (4, 6))
    depths: tuple[int, ...] = (1, 3, 8)
    activations: tuple[str, ...] = ACTIVATIONS
    window: int = 2
    images: int = 4
    draws: int = 2
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        for height, width in self.sizes:
            if self.window < 2 or height % self.window or width % self.window:
                raise ValueError(
                    f"windows of {self.window} must be at least 2 and tile images of {height} x {width}"
                )
            if height * width == self.window**2:
                raise ValueError(
                    f"{height} x {width} is one window of {self.window}: LAP would be GAP; enlarge it"
                )
        for name in ("sizes", "depths", "activations"):
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise ValueError(f"{name} must be distinct and at least one, got {values}")
        for name in ("images", "draws"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")


def architecture(config: KernelSymmetry, model: str, depth: int, activation: str = "relu") -> Architecture:
    """Return the network that a name of :data:`MODELS` means."""
    kind = model[:3]
    return Architecture(
        kind, depth, window=config.window if kind == "LAP" else 0, activation=activation,
        kernel_size=1 if model.endswith("1×1 filters") else 3,
    )  # fmt: skip


def transform(
    config: KernelSymmetry, name: str, size: tuple[int, int], draw: int
) -> Callable[[np.ndarray], np.ndarray]:
    r"""Return a transformation of images (n, H, W, 3), drawn from the seed.

    Beyond the paper's five: ``windows``, one element of O(3) for each of LAP's windows, is in
    :math:`O(3)^d`, and neighbours in a window stay together. ``one pixel`` rotates a single pixel: in
    :math:`O(3)^d`, as near to :math:`O(3)\otimes I_d` as that goes. ``one exchange`` exchanges the red of two
    pixels: in P(3d), and nearly in :math:`O(3)^d`.
    """
    height, width = size
    seed = 1000 * (config.seed + 1) + draw
    if name in KINDS:
        return transformation(name, height, width, seed)
    if name == "windows":
        k = config.window
        small = transformation("pixelwise", height // k, width // k, seed)

        def by_window(x: np.ndarray) -> np.ndarray:
            moved = np.empty_like(x)
            for i in range(k):
                for j in range(k):
                    moved[:, i::k, j::k] = small(x[:, i::k, j::k])
            return moved

        return by_window
    if name == "one pixel":
        every = transformation("pixelwise", height, width, seed)
        row, column = draw % height, draw % width

        def one_pixel(x: np.ndarray) -> np.ndarray:
            moved = x.copy()
            moved[:, row, column] = every(x)[:, row, column]
            return moved

        return one_pixel

    def one_exchange(x: np.ndarray) -> np.ndarray:
        moved = x.copy()
        ends = ([0, draw % (height - 1) + 1], [0, 1])  # neither in one row nor in one column
        moved[:, *ends, 0] = x[:, *ends, 0][:, ::-1]
        return moved

    return one_exchange


def pictures(config: KernelSymmetry, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return two sets of images, (images, H, W, 3) each, of one distribution and disjoint."""
    both = smooth_images((config.seed, *size), 2 * config.images, *size)
    return both[: config.images], both[config.images :]


def deviation(moved: Kernels, still: Kernels) -> np.ndarray:
    """Return the largest difference over the largest entry, of NNGP and NTK, (2,)."""
    return np.array(
        [float(np.abs(np.subtract(a, b)).max() / np.abs(b).max()) for a, b in zip(moved, still, strict=True)]
    )


def run_shard(config: KernelSymmetry, shard: str) -> dict[str, np.ndarray]:
    """Compute the shard ``oracle``, or one size, such as ``4x6``."""
    if shard == "oracle":
        return {"oracle": _oracle(config)}
    height, width = (int(side) for side in shard.split("x"))
    return {"deviation": _one_size(config, (height, width))}


def _one_size(config: KernelSymmetry, size: tuple[int, int]) -> np.ndarray:
    x = pictures(config, size)
    moved = [
        [tuple(transform(config, name, size, draw)(z) for z in x) for draw in range(config.draws)]
        for name in TRANSFORMATIONS
    ]
    found = np.empty(
        (len(MODELS), len(TRANSFORMATIONS), len(config.depths), len(config.activations), 2, config.draws)
    )
    for m, model in enumerate(MODELS):
        for i, depth in enumerate(config.depths):
            for j, activation in enumerate(config.activations):
                network = architecture(config, model, depth, activation)
                still = pair_kernels(network, *x, precision="float64", threads=1)
                for t in range(len(TRANSFORMATIONS)):
                    for draw in range(config.draws):
                        again = pair_kernels(network, *moved[t][draw], precision="float64", threads=1)
                        found[m, t, i, j, :, draw] = deviation(again, still)
    return found


def _oracle(config: KernelSymmetry) -> np.ndarray:
    size = config.sizes[0]
    x = pictures(config, size)
    found = np.empty((len(MODELS), len(KINDS), 2, config.draws))
    for m, model in enumerate(MODELS):
        kernels = stax_kernels(architecture(config, model, config.depths[0]))
        still = kernels(*x)
        for t, name in enumerate(KINDS):
            for draw in range(config.draws):
                move = transform(config, name, size, draw)
                found[m, t, :, draw] = deviation(kernels(*(move(z) for z in x)), still)
    return found


def shards(config: KernelSymmetry) -> tuple[str, ...]:
    """Return the shard names: the oracle, which compiles, then the largest images first."""
    largest = sorted(config.sizes, key=lambda size: size[0] * size[1], reverse=True)
    return ("oracle", *(f"{height}x{width}" for height, width in largest))


def gather(config: KernelSymmetry, parts: dict) -> dict[str, np.ndarray]:
    """Return the two arrays, sizes in the order of the config."""
    each = [parts[f"{height}x{width}"]["deviation"] for height, width in config.sizes]
    return {"deviation": np.stack(each, axis=2), **parts["oracle"]}


EXPERIMENT = Experiment(
    name="synergy.kernel-symmetry",
    config_type=KernelSymmetry,
    profiles={
        "quick": KernelSymmetry(sizes=((4, 6),), depths=(2,), images=3, draws=1),
        "default": KernelSymmetry(),
        "paper": KernelSymmetry(
            sizes=((8, 8), (12, 8), (8, 12)), depths=(1, 3, 8, 14), window=4, images=8, draws=3
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-S3",),
)
