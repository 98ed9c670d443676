r"""B-S5: kernels of finite networks at the start, against those of infinite ones, and how symmetry grows.

Networks of width n are drawn again and again. Of each draw :math:`\theta` the empirical NNGP and NTK
(:mod:`widesym.networks.empirical`) of a few images are kept, for the images as they are and, at the largest
depth, for the images under one fixed :math:`\tau` of each of the groups in :data:`TURNED`: the same weights,
so that transformations are paired. Arrays, with u the pairs of images :func:`pairs`:

* ``kernels_MODEL_DEPTH_WIDTH``: (draws, transformations, 2, u), float32;
* ``limit_MODEL_DEPTH``: (transformations, 2, u), of the infinite network;
* ``exact``, ``unmoved``: (model, kernel, element), float64, relative to the largest entry,

  .. math:: \max|\hat K(\theta;\tau x,\tau x')-\hat K(\tau^*\theta;x,x')|,\qquad
      \max|\hat K(\theta;\tau x,\tau x')-\hat K(\theta;x,x')|,

  for :math:`\tau` of the model's own group;
* ``beyond``: the first for :math:`\tau` of the next larger group, with :math:`\tau^*` that of the nearest
  map that the model can absorb. For FCN, whose group is the largest, a stretched :math:`\tau`.

Source: [SS], Sections 3.2 and 4.
"""

import dataclasses
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from widesym.architectures import Architecture
from widesym.groups.images import transformation
from widesym.kernels.pairs import pair_kernels
from widesym.networks.actions import SCOPES, Element, draw_element, scope
from widesym.networks.models import Network, network
from widesym.study.experiment import Experiment
from widesym.study.experiments._empirical import both, drawn
from widesym.study.experiments._images import smooth_images
from widesym.study.image_tasks import JPEG_CHECKSUM, JPEG_COPY, ImageSource, stream, task
from widesym.study.image_tasks import architecture as described

HALVES = "halves"
KERNELS = ("nngp", "ntk")
# what a model's images are put through beside being left as they are, at its largest depth
TURNED = {"LCN": ("pixelwise",), "VEC": ("colour", "pixelwise", "rotation"), "GAP": ("pixelwise",)}

_EXACT = "exact"
_NARROW = (6, 5)  # hidden widths in exact checks
_STRETCH = 0.5  # of the maps that are orthogonal no more


@dataclasses.dataclass(frozen=True)
class FiniteWidth:
    """Every number of the experiment.

    Args:
        source: ``halves``, made images (:func:`halves`); or a source of real images.
        checksum: of the real images; others are refused.
        side: of the images.
        images: how many.
        models: names of architectures, LAP with the side of its windows.
        widths: for each model, increasing.
        depths: numbers of hidden layers, for each model, increasing.
        draws: of weights, for each model.
        elements: of each group in exact checks.
        seed: of everything.
    """

    source: str = HALVES
    checksum: str = ""
    side: int = 8
    images: int = 3
    models: tuple[str, ...] = ("FCN", "LCN", "VEC", "LAP2", "GAP")
    widths: tuple[tuple[int, ...], ...] = (
        (8, 16, 32, 64),
        (6, 12, 24),
        (8, 16, 32, 64),
        (16, 32, 64),
        (16, 32, 64),
    )
    depths: tuple[tuple[int, ...], ...] = ((1, 3), (1, 2), (1, 2), (1, 2), (1, 2))
    draws: tuple[int, ...] = (6000, 600, 1000, 600, 600)
    elements: int = 3
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        if not self.models or len(set(self.models)) < len(self.models):
            raise ValueError(f"models must be distinct, at least one, got {self.models}")
        for name in ("widths", "depths", "draws"):
            if len(getattr(self, name)) != len(self.models):
                raise ValueError(
                    f"{name} must have one entry for each of the models {', '.join(self.models)}, "
                    f"got {getattr(self, name)}"
                )
        for name in ("widths", "depths"):
            for values in getattr(self, name):
                if not values or any(a >= b for a, b in itertools.pairwise((0, *values))):
                    raise ValueError(f"{name} of a model must increase from 1 on, got {values}")
        for name, count, least in (
            ("draws", min(self.draws), 2),
            ("images", self.images, 2),
            ("elements", self.elements, 1),
            ("seed", self.seed, 0),
        ):
            if count < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if self.source != HALVES:
            ImageSource(self.source, self.checksum, self.side)  # raises for a source that is none
        elif self.checksum:
            raise ValueError(f"{HALVES} images have no checksum, got {self.checksum!r}; leave it empty")
        for model in self.models:  # raises for windows that do not tile the image
            finite(self, model, self.depths_of(model)[-1], self.widths_of(model)[0])

    def widths_of(self, model: str) -> tuple[int, ...]:
        """Return the widths of a model."""
        return self.widths[self.models.index(model)]

    def depths_of(self, model: str) -> tuple[int, ...]:
        """Return the numbers of hidden layers of a model."""
        return self.depths[self.models.index(model)]


def finite(config: FiniteWidth, model: str, depth: int, width: int) -> Network:
    """Return a network of one output, as wide in every hidden layer."""
    architecture = dataclasses.replace(described(model, depth), widths=(width,) * depth)
    return network(architecture, config.side, config.side, 3, 1)


def pairs(config: FiniteWidth) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of images that are kept, as two lists: an image with itself, or with a later one."""
    return np.triu_indices(config.images)


def transformations(config: FiniteWidth, model: str, depth: int) -> tuple[str, ...]:
    """Return the kinds of transformations of a model at a depth, the identity first."""
    return ("identity", *(TURNED.get(model, ()) if depth == config.depths_of(model)[-1] else ()))


def pictures(config: FiniteWidth) -> np.ndarray:
    """Return the images, (images, H, W, 3), float64."""
    if config.source == HALVES:
        return halves(config)
    source = ImageSource(config.source, config.checksum, config.side)
    return task(source, config.images, config.images, config.seed, 0).train.images.astype(np.float64)


def halves(config: FiniteWidth) -> np.ndarray:
    """Make images of one smooth grey picture, three quarters of their variance, and colours of their own.

    In every other image the right half of the picture is inverted: such an image and another agree in one
    half and are opposites in the other, which kernels that look at pixels one by one can tell from two images
    without relation.

    Returns:
        (images, H, W, 3), float64.
    """
    side = config.side
    picture, *own = smooth_images((config.seed, side), config.images + 1, side, side)
    grey = picture.mean(-1, keepdims=True)
    shared = np.repeat((grey / grey.std())[None], config.images, axis=0)
    shared[1::2, :, side // 2 :] *= -1
    return (3**0.5 * shared + np.stack(own)) / 2


def turned(config: FiniteWidth, kinds: tuple[str, ...]) -> np.ndarray:
    """Return the images under one element of each group, (kinds, images, H, W, 3), float64."""
    images = pictures(config)
    seed = stream(config.seed, 0)
    return np.stack([transformation(kind, config.side, config.side, seed)(images) for kind in kinds])


def shards(config: FiniteWidth) -> tuple[str, ...]:
    """Return ``model:depth``, with all widths, and ``exact``, the dearest first."""

    def cost(cell: tuple[str, int]) -> float:
        model, depth = cell
        units = sum(width**2 for width in config.widths_of(model))
        # an LCN draws weights for every place
        draws = config.draws[config.models.index(model)] * (config.side if model == "LCN" else 1)
        return draws * depth * units * len(transformations(config, model, depth))

    cells = [(model, depth) for model in config.models for depth in config.depths_of(model)]
    named = [f"{model}:{depth}" for model, depth in sorted(cells, key=cost, reverse=True)]
    return (*named[:1], _EXACT, *named[1:])


def run_shard(config: FiniteWidth, shard: str) -> dict[str, np.ndarray]:
    """Compute the shard ``exact``, or the kernels of one model at one depth."""
    if shard == _EXACT:
        return _exactness(config)
    model, depth = shard.split(":")
    return _kernels(config, model, int(depth))


def _kernels(config: FiniteWidth, model: str, depth: int) -> dict[str, np.ndarray]:
    images = turned(config, transformations(config, model, depth))
    first, second = pairs(config)
    architecture = described(model, depth)
    limit = np.stack([pair_kernels(architecture, x, precision="float64", threads=1) for x in images])
    place = config.models.index(model)
    base = jax.random.fold_in(jax.random.fold_in(jax.random.key(config.seed), place), 1000 * depth)
    found = {"limit": limit[..., first, second]}
    for width in config.widths_of(model):
        keys = jax.random.split(jax.random.fold_in(base, width), config.draws[place])
        # rounding of single precision, 1e-6, is far below what any number of draws can see
        kernels = drawn(finite(config, model, depth, width), keys, jnp.asarray(images, "float32"))
        found[f"kernels_{width}"] = np.asarray(kernels)[..., first, second]
    return found


def _exactness(config: FiniteWidth) -> dict[str, np.ndarray]:
    """The three arrays of exact checks, a model at a time."""
    side = config.side
    x = jnp.asarray(pictures(config))
    found: dict[str, list] = {"exact": [], "unmoved": [], "beyond": []}
    for place, model in enumerate(config.models):
        architecture: Architecture = dataclasses.replace(described(model, len(_NARROW)), widths=_NARROW)
        net = network(architecture, side, side, 3, 1)
        own = scope(net)
        rows: dict[str, list] = {name: [] for name in found}
        for element in range(config.elements):
            seed = stream(config.seed, element)
            theta = net.init(jax.random.key(stream(config.seed, element, place)), "float64")
            tau = draw_element("orthogonal", own, side, side, seed)
            larger, nearest = _next(own, side, seed)
            still, moved, beyond = (both(net, theta, images) for images in (x, tau(x), larger(x)))
            rows["exact"].append(_apart(moved, both(net, tau.pulled_back(net, theta), x)))
            rows["unmoved"].append(_apart(moved, still))
            rows["beyond"].append(_apart(beyond, both(net, nearest.pulled_back(net, theta), x)))
        for name, values in rows.items():
            found[name].append(np.stack(values, axis=-1))
    return {name: np.stack(values) for name, values in found.items()}


def _next(own: str, side: int, seed: int) -> tuple[Element, Element]:
    """A transformation beyond a scope, and the nearest map within; a stretched one for the largest scope."""
    if own == SCOPES[-1]:
        tau = draw_element("orthogonal", own, side, side, seed)
        stretch = np.linspace(1 - _STRETCH, 1 + _STRETCH, 3 * side**2)
        larger = Element(own, tau.matrices * stretch[:, None])
        return larger, larger
    larger = draw_element("orthogonal", SCOPES[SCOPES.index(own) + 1], side, side, seed)
    return larger, larger.nearest(own, side, side)


def _apart(one: jax.Array, other: jax.Array) -> np.ndarray:
    """The largest difference over the largest entry of either, of each kernel, (2,)."""
    one, other = np.asarray(one), np.asarray(other)
    return np.abs(one - other).max((1, 2)) / np.maximum(np.abs(one), np.abs(other)).max((1, 2))


def gather(config: FiniteWidth, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Return the arrays by their names."""
    found = {name: parts[_EXACT][name] for name in ("exact", "unmoved", "beyond")}
    for model in config.models:
        for depth in config.depths_of(model):
            part = parts[f"{model}:{depth}"]
            found[f"limit_{model}_{depth}"] = part["limit"]
            for width in config.widths_of(model):
                found[f"kernels_{model}_{depth}_{width}"] = part[f"kernels_{width}"]
    return found


EXPERIMENT = Experiment(
    name="synergy.finite-width",
    config_type=FiniteWidth,
    profiles={
        "quick": FiniteWidth(
            models=("FCN", "VEC"),
            widths=((8, 32), (8, 32)),
            depths=((1, 2), (2,)),
            draws=(400, 200),
            elements=1,
        ),
        "default": FiniteWidth(),
        "paper": FiniteWidth(
            source=JPEG_COPY,
            checksum=JPEG_CHECKSUM,
            side=32,
            models=("FCN", "LCN", "VEC", "LAP4", "GAP"),
            widths=((64, 128, 256, 512, 1024), (8, 16, 32), (32, 64, 128), (32, 64, 128), (32, 64, 128)),
            depths=((1, 8),) * 5,
            draws=(1000, 100, 200, 200, 200),
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-S5",),
)
