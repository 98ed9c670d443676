r"""B-X4, first step: the symmetries of a residual convolution and of a network of patches.

Six transformations of images, :data:`TRANSFORMATIONS`, and for each network the nearest map that its weights
can absorb (:func:`partner`). Where that is the transformation itself, :data:`ABSORBED`, training with it and
training with transformed weights must agree, and so must empirical kernels. Arrays:

* ``outputs``: (model, transformation, element, step), paired runs (:mod:`widesym.networks.paired`), float64:
  the largest difference over probe images, relative to the largest output; ``losses``, ``moved`` likewise;
* ``kernels``: (model, transformation, element, 2), the empirical NNGP and NTK at the start, likewise;
* ``law_MODEL``: (1 + transformation, draw, 2, pair of images), float32: empirical kernels of wider networks
  at images as they are, and transformed, with the same weights;
* ``limit``: (readout, transformation, 2), the change of the infinite residual network's kernels, by Neural
  Tangents; and ``infinite``: (2, pair of images), of GAP, the images of ``law`` as they are;
* ``spread_NAME``: (width, draw, pair of images), float32, NNGP of ever wider networks: the residual one,
  and networks of patches of each size.

Source: [SS], Section 4, which leaves these networks to a case-by-case treatment.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from widesym.architectures import Architecture
from widesym.data.synthetic import Family
from widesym.groups.images import transformation
from widesym.kernels.regression import one_hot
from widesym.networks.actions import Element
from widesym.networks.empirical import nngp
from widesym.networks.mixing import MixingNetwork, PatchElement, cut, joined, nearest_patch_element
from widesym.networks.models import network
from widesym.networks.objective import Descent
from widesym.networks.paired import paired_runs
from widesym.networks.residual import ResidualNetwork, residual
from widesym.oracles.skips import skip_kernels
from widesym.study.experiment import Experiment
from widesym.study.experiments._empirical import both, drawn
from widesym.study.image_tasks import SYNTHETIC, ImageSource, stream, task

MODELS = ("residual", "mixer")
TRANSFORMATIONS = ("colour", "shift", "patch", "order", "pixelwise", "patchwise")
ABSORBED = {"residual": ("colour", "shift"), "mixer": ("colour", "patch", "order")}
READOUTS = ("GAP", "VEC")
LIMIT_HOLDS = {"GAP": ("colour", "shift"), "VEC": ("colour", "shift", "pixelwise")}

_CLASSES = 10
_PROBE = 6
_PENALTY = 1e-4
_Map = Callable[[np.ndarray], np.ndarray]


@dataclasses.dataclass(frozen=True)
class OtherArchitectures:
    """Every number of the experiment.

    Args:
        side: of the images.
        patch: side of the patches; it must divide the side, and leave more than one patch.
        depth: convolutions of the residual network.
        blocks: of the network of patches.
        width: channels, features and hidden units in paired runs.
        train: images.
        batch: images a step.
        steps: of each run.
        rates: of training, for the residual network and that of patches, whose outputs are larger.
        elements: of each kind of transformation.
        law_width: width where laws are compared.
        law_draws: of weights there, for the residual network and that of patches, which is noisier.
        images: how many, for kernels.
        patches: sides of patches in the question whether kernels settle.
        widths: there, of networks of patches, increasing.
        skip_widths: there, of the residual network, increasing.
        draws: of weights there, of networks of patches.
        skip_draws: of weights there, of the residual network.
        seed: of everything.
    """

    side: int = 8
    patch: int = 2
    depth: int = 3
    blocks: int = 2
    width: int = 6
    train: int = 40
    batch: int = 10
    steps: int = 200
    rates: tuple[float, float] = (0.05, 0.005)
    elements: int = 2
    law_width: int = 16
    law_draws: tuple[int, int] = (400, 1500)
    images: int = 3
    patches: tuple[int, ...] = (4, 2)
    widths: tuple[int, ...] = (64, 256, 512)
    skip_widths: tuple[int, ...] = (16, 32, 64, 128)
    draws: int = 150
    skip_draws: int = 600
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        for name in ("depth", "blocks", "width", "steps", "elements", "law_width", "train"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("law_draws", "draws", "skip_draws", "images"):
            if np.min(getattr(self, name)) < 2:
                raise ValueError(f"{name} must be at least 2, got {getattr(self, name)}")
        for patch in (self.patch, *self.patches):
            if patch < 1 or self.side % patch or patch == self.side:
                raise ValueError(
                    f"patches of {patch} must tile images of side {self.side}, and be more than one; take a "
                    "side that divides it"
                )
        if not 1 <= self.batch <= self.train:
            raise ValueError(f"batch={self.batch} must be from 1 to train={self.train}")
        if not min(self.rates) > 0:
            raise ValueError(f"rates must be positive, got {self.rates}: they are step sizes")
        for name in ("widths", "skip_widths"):
            values = getattr(self, name)
            if not values or any(a >= b for a, b in itertools.pairwise((0, *values))):
                raise ValueError(f"{name} must increase from 1 on, got {values}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")


def skips(config: OtherArchitectures, width: int, outputs: int) -> ResidualNetwork:
    """Return a residual network with global average pooling."""
    architecture = Architecture("GAP", config.depth, widths=(width,) * config.depth)
    return residual(network(architecture, config.side, config.side, 3, outputs))


def mixer(config: OtherArchitectures, width: int, outputs: int, patch: int = 0) -> MixingNetwork:
    """Return a network of patches; of another size than the config's, if given."""
    side = config.side
    return MixingNetwork(side, side, 3, outputs, patch or config.patch, config.blocks, width, width, width)


def moves(config: OtherArchitectures, kind: str, seed: int) -> _Map:
    r"""Return a transformation of images (n, H, W, 3), float64.

    ``colour`` and ``pixelwise`` are those of :mod:`widesym.groups.images`; ``shift`` moves all pixels by one,
    round the border; ``patch`` turns all numbers of a patch, all patches alike, ``patchwise`` each by its
    own; ``order`` permutes patches.
    """
    side, p = config.side, config.patch
    if kind in ("colour", "pixelwise"):
        return transformation(kind, side, side, seed)
    if kind == "shift":
        return lambda x: np.roll(x, (1, 1), (1, 2))
    rng = np.random.default_rng([seed, TRANSFORMATIONS.index(kind)])
    count, size = (side // p) ** 2, 3 * p * p
    order, matrices = np.arange(count), np.broadcast_to(np.eye(size), (count, size, size))
    if kind == "order":
        order = rng.permutation(count)
    else:
        matrices = np.linalg.qr(rng.standard_normal((count if kind == "patchwise" else 1, size, size)))[0]
        matrices = np.broadcast_to(matrices, (count, size, size))

    def move(x: np.ndarray) -> np.ndarray:
        moved = np.einsum("tij,ntj->nti", matrices, np.asarray(cut(x, p))[:, order])
        return np.asarray(joined(moved, p, x.shape[1:]))

    return move


def as_matrix(config: OtherArchitectures, move: _Map) -> np.ndarray:
    """Return a linear map of images as a matrix (3 d, 3 d), colours of a pixel next to each other."""
    size = 3 * config.side**2
    return move(np.eye(size).reshape(size, config.side, config.side, 3)).reshape(size, size).T


def partner(
    config: OtherArchitectures, model: str, kind: str, seed: int, matrix: np.ndarray
) -> Element | PatchElement:
    """Return the orthogonal map that a network's weights can absorb and that is nearest.

    Of a residual network one rotation of colours, and, as pooling does not see it, any shift; of a network of
    patches one rotation of patches, in the order of the transformation.
    """
    side, p = config.side, config.patch
    if model == "residual":
        blocks = Element("whole", jnp.asarray(matrix)).nearest("colour", side, side).matrices
        return Element("colour", _orthogonal(blocks))
    found = nearest_patch_element(jnp.asarray(matrix), side, side, p)
    order = found.order
    if kind == "order":
        numbered = np.arange(len(order), dtype=float)[None, :, None]
        painted = np.asarray(joined(numbered.repeat(3 * p * p, -1), p, (side, side, 3)))
        order = jnp.asarray(cut(moves(config, kind, seed)(painted), p)[0, :, 0].astype(int))
    return PatchElement(p, _orthogonal(found.matrix), order)


def _orthogonal(matrix: jax.Array) -> jax.Array:
    """The nearest orthogonal matrix; the identity for zero."""
    left, _, right = np.linalg.svd(np.asarray(matrix))
    return jnp.asarray(left @ right)


def shards(config: OtherArchitectures) -> tuple[str, ...]:
    """Return the shards, the dearest first."""
    return (
        *(f"law:{model}" for model in MODELS),
        *(f"runs:{model}" for model in MODELS),
        "limit",
        *(f"spread:{name}" for name in spread_names(config)),
    )


def spread_names(config: OtherArchitectures) -> tuple[str, ...]:
    """Return the networks that are widened: ``residual``, ``mixer_4`` and so on."""
    return ("residual", *(f"mixer_{patch}" for patch in config.patches))


def spread_widths(config: OtherArchitectures, name: str) -> tuple[int, ...]:
    """Return the widths of one of them."""
    return config.skip_widths if name == "residual" else config.widths


def run_shard(config: OtherArchitectures, shard: str) -> dict[str, np.ndarray]:
    """Compute one shard of :func:`shards`."""
    kind, _, name = shard.partition(":")
    if kind == "limit":
        return _limit(config)
    return {"runs": _runs, "law": _law, "spread": _spread}[kind](config, name)


def _network(config: OtherArchitectures, model: str, width: int, outputs: int) -> Any:
    return (skips if model == "residual" else mixer)(config, width, outputs)


def _runs(config: OtherArchitectures, model: str) -> dict[str, np.ndarray]:
    net = _network(config, model, config.width, _CLASSES)
    source = ImageSource(SYNTHETIC, "", config.side, Family(side=config.side))
    data = task(source, config.train, _PROBE, config.seed, 0)
    images, probe = (jnp.asarray(part.images, "float64") for part in data)
    targets = jnp.asarray(one_hot(data.train.labels, _CLASSES))
    rng = np.random.default_rng([config.seed, MODELS.index(model)])
    batches = np.stack([rng.permutation(config.train)[: config.batch] for _ in range(config.steps)])
    descent = Descent(config.rates[MODELS.index(model)], 0.9, _PENALTY)
    found: dict[str, list] = {"outputs": [], "losses": [], "moved": [], "kernels": []}
    for kind in TRANSFORMATIONS:
        rows: dict[str, list] = {name: [] for name in found}
        for element in range(config.elements):
            seed = stream(config.seed, element)
            theta = net.init(jax.random.key(stream(config.seed, element, MODELS.index(model))), "float64")
            matrix = as_matrix(config, moves(config, kind, seed))
            tau, near = Element("whole", jnp.asarray(matrix)), partner(config, model, kind, seed, matrix)
            pair = paired_runs(net, theta, tau, images, targets, probe, batches, descent, near)
            rows["outputs"].append(pair.outputs / pair.size.max())
            rows["losses"].append(pair.losses)
            rows["moved"].append(pair.moved)
            one = both(net, theta, tau(probe))
            other = both(net, near.pulled_back(net, theta), probe)
            rows["kernels"].append(np.abs(one - other).max((1, 2)) / np.abs(other).max((1, 2)))
        for name, values in rows.items():
            found[name].append(np.stack(values))
    return {name: np.stack(values) for name, values in found.items()}


def pictures(config: OtherArchitectures) -> np.ndarray:
    """Return images for kernels, (images, H, W, 3): white noise, moved by patches, and noise of their own.

    Any two are alike after a shift only, so that it matters how a kernel compares different patches.
    """
    rng = np.random.default_rng([config.seed, config.side])
    shared, *own = rng.standard_normal((config.images + 1, config.side, config.side, 3))
    moved = np.stack([np.roll(shared, step * config.patch, 0) for step in range(config.images)])
    return (3**0.5 * moved + np.stack(own)) / 2


def _law(config: OtherArchitectures, model: str) -> dict[str, np.ndarray]:
    net = _network(config, model, config.law_width, 1)
    draws = config.law_draws[MODELS.index(model)]
    seed, images = stream(config.seed, 0), pictures(config)
    stacks = np.stack([images, *(moves(config, kind, seed)(images) for kind in TRANSFORMATIONS)])
    key = jax.random.fold_in(jax.random.key(config.seed), MODELS.index(model))
    found = np.asarray(drawn(net, jax.random.split(key, draws), jnp.asarray(stacks, "float32")))
    first, second = np.triu_indices(config.images)
    return {"law": np.moveaxis(found[..., first, second], 1, 0)}


def _limit(config: OtherArchitectures) -> dict[str, np.ndarray]:
    images, seed = pictures(config), stream(config.seed, 0)
    moved = [moves(config, kind, seed)(images) for kind in TRANSFORMATIONS]
    found, infinite = [], None
    for readout in READOUTS:
        kernels = skip_kernels(Architecture(readout, config.depth))
        # two sets of images: where they coincide, a root costs half of the digits
        still = np.stack(kernels(images[:1], images[1:]))
        rows = [np.abs(np.stack(kernels(x[:1], x[1:])) - still).max((1, 2)) for x in moved]
        found.append(np.stack(rows) / np.abs(still).max((1, 2)))
        if readout == "GAP":
            infinite = np.stack(kernels(images, images))
    first, second = np.triu_indices(config.images)
    return {"limit": np.stack(found), "infinite": infinite[:, first, second]}


def _spread(config: OtherArchitectures, name: str) -> dict[str, np.ndarray]:
    place = spread_names(config).index(name)
    x = jnp.asarray(pictures(config), "float32")
    first, second = np.triu_indices(config.images)
    draws = config.draws if place else config.skip_draws
    found = []
    for width in spread_widths(config, name):
        net = mixer(config, width, 1, config.patches[place - 1]) if place else skips(config, width, 1)
        base = jax.random.fold_in(jax.random.fold_in(jax.random.key(config.seed), 10 + place), width)
        found.append(np.asarray(_nngps(net, jax.random.split(base, draws), x))[:, first, second])
    return {"spread": np.stack(found)}


@functools.partial(jax.jit, static_argnums=0)
def _nngps(net: Any, keys: jax.Array, x: jax.Array) -> jax.Array:
    return jax.lax.map(lambda key: nngp(net, net.init(key), x, x), keys)


def gather(config: OtherArchitectures, parts: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Stack the models, and name the rest."""
    found = {
        name: np.stack([parts[f"runs:{model}"][name] for model in MODELS])
        for name in ("outputs", "losses", "moved", "kernels")
    }
    return (
        found
        | parts["limit"]
        | {f"law_{model}": parts[f"law:{model}"]["law"] for model in MODELS}
        | {f"spread_{name}": parts[f"spread:{name}"]["spread"] for name in spread_names(config)}
    )


EXPERIMENT = Experiment(
    name="synergy.other-architectures",
    config_type=OtherArchitectures,
    profiles={
        "quick": OtherArchitectures(
            side=4, depth=2, blocks=1, width=4, steps=20, elements=1, law_width=8, law_draws=(40, 40),
            patches=(2,), widths=(8, 32), skip_widths=(8, 32), draws=40, skip_draws=40,
        ),
        "default": OtherArchitectures(),
        "paper": OtherArchitectures(
            side=16, patch=4, depth=8, blocks=4, width=16, steps=1000, law_width=64, law_draws=(1000, 1000),
            patches=(8, 4, 2), widths=(32, 128, 512, 2048), skip_widths=(16, 64, 256),
            draws=1000, skip_draws=1000,
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-X4",),
)  # fmt: skip
