r"""B-S4: which inner products of pixels the kernels of infinite networks see.

* ``twins``: (what, depth, activation, kernel), relative deviations: the kernel of the locally connected
  network (LCN) from that of the convolution (VEC), both of Neural Tangents, and of this library's VEC from
  the former; ``pooled``: (1, kernel), the same two networks, of the first depth, with global pooling in place
  of flattening, where sharing weights does matter.
* ``isometry``: (own or shared, model, depth, activation, kernel): pixels :math:`x_p\in\mathbb R^3` go to
  :math:`U_px_p\in\mathbb R^C`, with an isometry :math:`U_p` of each site, or one of all sites. The first
  keeps every inner product at one site and no other, the second keeps all.
* ``maps``: (model, kernel, d, d), :math:`\partial K(x,x')/\partial k_{pp'}` with
  :math:`k_{pp'}=\tfrac13\langle x_p,x'_{p'}\rangle`, one such number at a time, everything else fixed;
  ``seen``: (model, d, d), whether the theory says that it is seen.

Source: [SS], equations (7) and (8); for LAP and the reach of filters, the recursion of
:mod:`widesym.kernels.offsets`.
"""

import dataclasses
import functools

import jax
import numpy as np

from widesym.architectures import ACTIVATIONS, Architecture
from widesym.kernels.pairs import pair_kernels
from widesym.kernels.readout import Kernels
from widesym.oracles import neural_tangents
from widesym.oracles.kernels import stax_kernels
from widesym.study.experiment import Experiment
from widesym.study.experiments._images import smooth_images
from widesym.study.experiments.kernel_symmetry import deviation

TWINS = ("LCN and VEC", "this library and LCN")
ISOMETRIES = ("own", "shared")
MODELS = ("FCN", "LCN", "VEC", "LAP", "GAP")
MAPPED = ("FCN", "VEC", "LAP, 1×1 filters", "LAP", "GAP")
SAME_SITE = ("FCN", "LCN", "VEC")
# of the finite differences, in k: rounding leaves 1e-12 of K, the third derivative 1e-6 of the slope
_STEP = 1e-3


@dataclasses.dataclass(frozen=True)
class InnerProducts:
    """Every number of the experiment.

    Args:
        height, width: of the images, in the first two parts.
        images: how many; kernels are between as many and as many others.
        depths: numbers of hidden layers there.
        activations: of the networks there.
        channels: C of the isometries, at least 3.
        side: of the square images of the maps.
        window: of LAP; it must divide all sides.
        depth: hidden layers of the maps.
        seed: of images and isometries.
    """

    height: int = 4
    width: int = 6
    images: int = 4
    depths: tuple[int, ...] = (1, 4)
    activations: tuple[str, ...] = ACTIVATIONS
    channels: int = 5
    side: int = 8
    window: int = 2
    depth: int = 3
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        for name in ("height", "width", "side"):
            if self.window < 2 or getattr(self, name) % self.window or getattr(self, name) < 3:
                raise ValueError(
                    f"{name}={getattr(self, name)} must be at least 3 and a multiple of the window "
                    f"{self.window}, which must be at least 2"
                )
        for name in ("depths", "activations"):
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise ValueError(f"{name} must be distinct and at least one, got {values}")
        if self.channels < 3:
            raise ValueError(f"channels must be at least 3: isometries start from R^3; got {self.channels}")
        if self.images < 1 or self.depth < 1:
            raise ValueError(f"images and depth must be at least 1, got {self.images} and {self.depth}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")


def architecture(config: InnerProducts, model: str, depth: int, activation: str = "relu") -> Architecture:
    """Return the network that a name of :data:`MODELS` or :data:`MAPPED` means."""
    kind = model[:3]
    return Architecture(
        kind, depth, window=config.window if kind == "LAP" else 0, activation=activation,
        kernel_size=1 if model.endswith("1×1 filters") else 3,
    )  # fmt: skip


def embedded(config: InnerProducts, x: np.ndarray, which: str) -> np.ndarray:
    """Return images (n, H, W, C) with the same inner products at each site; ``shared``: also across sites.

    The factor keeps the mean over channels: a kernel divides inner products by C.
    """
    sites = (config.height, config.width) if which == "own" else (1, 1)
    rng = np.random.default_rng([config.seed, 7])
    frames = np.linalg.qr(rng.normal(size=(*sites, config.channels, 3)))[0]
    frames = np.broadcast_to(frames, (config.height, config.width, config.channels, 3))
    return np.einsum("hwij,nhwj->nhwi", frames, x) * np.sqrt(config.channels / 3)


def probes(config: InnerProducts) -> tuple[np.ndarray, np.ndarray]:
    r"""Return images x, x' (H, W, C), C = 3 + 2d, whose inner products can be moved one by one.

    Only :math:`x_p` has channel 3+p, and only :math:`x'_{p'}` has channel 3+d+p', with the number one. So a
    number h in channel 3+p of :math:`x'_{p'}` moves this inner product alone; its norm is kept by taking
    as much from channel 3+d+p'.
    """
    d = config.side**2
    pictures = smooth_images((config.seed, 8), 2, config.side, config.side)
    found = []
    for picture, first in zip(pictures, (3, 3 + d), strict=True):
        image = np.zeros((d, 3 + 2 * d))
        image[:, :3] = picture.reshape(d, 3)
        image[np.arange(d), first + np.arange(d)] = 1
        found.append(image.reshape(config.side, config.side, -1))
    return found[0], found[1]


def moved(config: InnerProducts, x: np.ndarray, site: int, step: float) -> np.ndarray:
    r"""Return x' with :math:`k_{pp'}` moved by a step, for p' = ``site`` and each p in turn, (d, H, W, C)."""
    d = config.side**2
    images = np.tile(x.reshape(1, d, -1), (d, 1, 1))
    each = np.arange(d)
    images[each, site, 3 + each] = 3 * step
    images[each, site, 3 + d + site] = np.sqrt(1 - (3 * step) ** 2)
    return images.reshape(d, *x.shape)


def visible(config: InnerProducts, model: str) -> np.ndarray:
    r"""Return which :math:`k_{pp'}` the theory says are seen, (d, d).

    Those with :math:`p+s\sim p'+s` for a shift s within the reach of the filters, L pixels for 3 x 3 ones,
    where :math:`\sim` means: in one window of the readout.
    """
    network = architecture(config, model, config.depth)
    side, d = config.side, config.side**2
    tall, wide = network.pooling(side, side)
    row, column = np.divmod(np.arange(d), side)
    reach = config.depth * (network.kernel_size // 2)
    seen = np.zeros((d, d), bool)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            window = (row + down) % side // tall * side + (column + right) % side // wide
            seen |= window[:, None] == window
    return seen


def run_shard(config: InnerProducts, shard: str) -> dict[str, np.ndarray]:
    """Compute ``twins``, ``isometry``, or a map such as ``map:GAP``."""
    if shard == "twins":
        return _twins(config)
    if shard == "isometry":
        return {"isometry": _isometry(config)}
    return {"map": _map(config, shard.removeprefix("map:"))}


def _pictures(config: InnerProducts) -> tuple[np.ndarray, np.ndarray]:
    # disjoint sets: on equal images Neural Tangents' square root costs half of the digits
    both = smooth_images((config.seed, 9), 2 * config.images, config.height, config.width)
    return both[: config.images], both[config.images :]


def _twins(config: InnerProducts) -> dict[str, np.ndarray]:
    x = _pictures(config)
    twins = np.empty((len(TWINS), len(config.depths), len(config.activations), 2))
    for i, depth in enumerate(config.depths):
        for j, activation in enumerate(config.activations):
            local, shared = (
                Kernels(*stax_kernels(Architecture(kind, depth, activation=activation))(*x))
                for kind in ("LCN", "VEC")
            )
            own = pair_kernels(
                Architecture("VEC", depth, activation=activation), *x, precision="float64", threads=1
            )
            twins[:, i, j] = deviation(local, shared), deviation(own, local)
    gap = pair_kernels(Architecture("GAP", config.depths[0]), *x, precision="float64", threads=1)
    return {"twins": twins, "pooled": deviation(_pooled_lcn(config.depths[0], x), gap)[None]}


def _pooled_lcn(depth: int, x: tuple[np.ndarray, np.ndarray]) -> Kernels:
    """Neural Tangents' kernels of locally connected layers and global pooling."""
    network, stax = Architecture("LCN", depth), neural_tangents.load().stax
    scales = {"W_std": network.weight_variance**0.5, "b_std": network.bias_variance**0.5}
    layers = [stax.ConvLocal(1, (3, 3), padding="CIRCULAR", **scales), stax.Relu()] * depth
    kernel = stax.serial(*layers, stax.GlobalAvgPool(), stax.Dense(1, **scales))[2]
    return Kernels(*jax.jit(functools.partial(kernel, get=Kernels._fields))(*x))


def _isometry(config: InnerProducts) -> np.ndarray:
    x = _pictures(config)
    found = np.empty((len(ISOMETRIES), len(MODELS), len(config.depths), len(config.activations), 2))
    for w, which in enumerate(ISOMETRIES):
        images = [embedded(config, z, which) for z in x]
        for m, model in enumerate(MODELS):
            for i, depth in enumerate(config.depths):
                for j, activation in enumerate(config.activations):
                    network = architecture(config, model, depth, activation)
                    still, again = (
                        pair_kernels(network, *z, precision="float64", threads=1) for z in (x, images)
                    )
                    found[w, m, i, j] = deviation(again, still)
    return found


def _map(config: InnerProducts, model: str) -> np.ndarray:
    x, other = probes(config)
    d, network = config.side**2, architecture(config, model, config.depth)
    scale = np.sqrt(x.shape[-1] / 3)  # the kernel divides by the number of channels; k divides by 3
    found = np.empty((2, d, d))
    for site in range(d):
        images = np.concatenate([moved(config, other, site, step) for step in (_STEP, -_STEP)])
        kernels = pair_kernels(network, scale * x[None], scale * images, precision="float64", threads=1)
        for kernel, values in enumerate(kernels):
            found[kernel, :, site] = (values[0, :d] - values[0, d:]) / (2 * _STEP)
    return found


def shards(config: InnerProducts) -> tuple[str, ...]:
    """Return the shard names, the dearest first."""
    return (*(f"map:{model}" for model in reversed(MAPPED)), "twins", "isometry")


def gather(config: InnerProducts, parts: dict) -> dict[str, np.ndarray]:
    """Return all arrays."""
    return {
        **parts["twins"],
        **parts["isometry"],
        "maps": np.stack([parts[f"map:{model}"]["map"] for model in MAPPED]),
        "seen": np.stack([visible(config, model) for model in MAPPED]),
    }


EXPERIMENT = Experiment(
    name="synergy.inner-products",
    config_type=InnerProducts,
    profiles={
        "quick": InnerProducts(depths=(2,), images=3, side=4, depth=1),
        "default": InnerProducts(),
        "paper": InnerProducts(height=8, width=12, images=8, depths=(1, 3, 8, 14), side=12, window=4),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-S4",),
)
