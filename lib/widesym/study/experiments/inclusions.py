r"""B-S1: the weights of Theorem 3.1 give the larger network the smaller one's function.

Of each class networks are drawn, some are trained, and put into the next larger class:

.. math:: \max_{x,k}|f_k(x)-\tilde f_k(x)|\;/\;\max_{x,k}|f_k(x)|,

in float64, at test images. Arrays over the cases (sizes, and for each its depths, in the config's order), the
maps of :data:`MAPS`, the classes of :data:`KINDS` and the draws:

* ``deviation`` (map, case, draw): the inclusions, of random networks; NaN for LAP where it does not tile;
* ``trained`` (map, size, draw): of trained ones, at the first depth of each size; ``loss`` (class, size,
  draw, before and after) and ``moved`` (class, size, draw), how far training has moved the outputs;
* ``carried`` (case, draw): equation (S6), what block :math:`\alpha` of every hidden layer of the wide VEC
  holds at location :math:`\alpha`, against LCN;
* controls, each with one fault in the larger weights: ``faulty`` (map, case, draw), ``elsewhere`` and
  ``rooted`` (case, draw), ``printed`` (cases of two hidden layers or more, draw);
* ``roots_HxWxL`` (layer): how much larger the parameters of the wide VEC are than those of LCN, in norm.

For n = K = L = 1 and the last size, ``parameters`` and ``rank`` (class of :data:`CLASSES`): how many
parameters a class has, and the rank of :math:`\partial f(x_i)/\partial\theta` at one random network. The
functions of a class form a set of dimension at most the first and at least the second. So if the rank of the
larger class exceeds the parameters of the smaller one, almost no network of the larger class has its function
in the smaller one.

For the drawing, one LCN of that size with two hidden layers (``picture_*``): its weights in VEC and in FCN,
and what the wide VEC's last hidden layer holds.

Source: [SS], Theorem 3.1 and Appendix C. The dimensions and LAP are ours.
"""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from widesym.architectures import Architecture
from widesym.data.synthetic import Family, draw
from widesym.kernels.regression import one_hot
from widesym.networks.embeddings import carried, effective, embed, larger
from widesym.networks.models import Network, Parameters, network
from widesym.networks.objective import Descent, step
from widesym.study.experiment import Experiment

KINDS = ("GAP", "VEC", "LCN", "wide VEC")  # of which networks are drawn
WINDOW = 2  # of LAP
# by name: what the small network is, and the classes that it is put into, one after the other
MAPS = {
    "GAP-VEC": ("GAP", ("VEC",)),
    "VEC-LCN": ("VEC", ("LCN",)),
    "LCN-VEC": ("LCN", ("VEC",)),
    "VEC-FCN": ("wide VEC", ("FCN",)),
    "LCN-FCN": ("LCN", ("FCN",)),
    "chain": ("GAP", ("VEC", "LCN", "VEC", "FCN")),
    "LAP": ("GAP", ("LAP", "VEC")),
}
# with n = 1; the FCN of the last inclusion is narrower
CLASSES = ("GAP", "VEC", "LCN", "wide VEC", "FCN", "wide FCN")
STRICT = (("GAP", "VEC"), ("VEC", "LCN"), ("LCN", "wide VEC"), ("wide VEC", "wide FCN"), ("LCN", "FCN"))


@dataclasses.dataclass(frozen=True)
class Inclusions:
    """Every number of the experiment.

    Args:
        sizes: (height, width) of the images; LAP is tried where windows of 2 x 2 tile them.
        depths: for each size, the numbers of hidden layers; at the first, networks are also trained.
        width: n.
        draws: networks of each class.
        images: at which outputs are compared.
        train: images of the training, the whole set in each step.
        classes: K.
        noise: of the images.
        steps: of the training.
        rate: of the training.
        seed: of everything.
    """

    sizes: tuple[tuple[int, int], ...] = ((4, 4), (3, 4))
    depths: tuple[tuple[int, ...], ...] = ((3, 1), (2, 4))
    width: int = 2
    draws: int = 2
    images: int = 8
    train: int = 40
    classes: int = 4
    noise: float = 0.3
    steps: int = 100
    rate: float = 0.2
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        if not self.sizes or len(set(self.sizes)) < len(self.sizes):
            raise ValueError(f"sizes must be distinct and at least one, got {self.sizes}")
        for size in self.sizes:
            if len(size) != 2 or min(size) < 3:
                raise ValueError(
                    f"size {size} must be (height, width), each at least 3: in fewer pixels two offsets of a "
                    "3 x 3 window meet, and weights are redundant"
                )
        if len(self.depths) != len(self.sizes) or any(min(depths, default=0) < 1 for depths in self.depths):
            raise ValueError(
                f"depths must be a tuple of numbers from 1 on for each of the {len(self.sizes)} sizes, got "
                f"{self.depths}"
            )
        for name, least in (("width", 1), ("draws", 1), ("images", 1), ("train", 1), ("classes", 2)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if self.steps < 1 or not self.rate > 0:
            raise ValueError(f"a training needs steps and a rate, got {self.steps} and {self.rate}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")


def cases(config: Inclusions) -> tuple[tuple[int, int, int], ...]:
    """Return (height, width, depth) of every case, in the order of the arrays."""
    return tuple(
        (*size, depth) for size, depths in zip(config.sizes, config.depths, strict=True) for depth in depths
    )


def small_networks(config: Inclusions, height: int, width: int, depth: int) -> dict[str, Network]:
    """Return a network of each of :data:`KINDS`: of width n, and d n for the wide VEC."""
    n = config.width
    widths = {kind: n * (height * width if kind == "wide VEC" else 1) for kind in KINDS}
    return {
        kind: network(
            Architecture(kind.removeprefix("wide "), depth, widths=(widths[kind],) * depth),
            height, width, 3, config.classes,
        )
        for kind in KINDS
    }  # fmt: skip


def pictures(config: Inclusions, height: int, width: int) -> tuple[Array, Array, Array]:
    """Return training images, their targets, and other images, float64.

    The synthetic family has square images: theirs are cut to the size.
    """
    family = Family(
        side=max(height, width), classes=config.classes, motif=2, noise=config.noise, seed=config.seed
    )
    train = draw(family, config.train, config.seed)
    others = draw(family, config.images, config.seed + 1)
    x, y = (jnp.asarray(part.images[:, :height, :width], jnp.float64) for part in (train, others))
    return x, jnp.asarray(one_hot(train.labels, config.classes)), y


def gaussian(net: Network, rng: np.random.Generator) -> Parameters:
    """Draw parameters as NumPy arrays: in the NTK parametrisation all are standard normal.

    ``Network.init`` has the same law, and is compiled anew for each network, which takes longer than all that
    is done with these small ones.
    """
    return {
        name: {part: rng.standard_normal(shape) for part, shape in layer.items()}
        for name, layer in net.shapes().items()
    }


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def descend(
    net: Network, descent: Descent, steps: int, parameters: Parameters, images: Array, targets: Array
) -> tuple[Parameters, Array]:
    """Train on all images at every step; return the weights and the loss before each step."""

    def one(state: tuple, _: None) -> tuple[tuple, Array]:
        parameters, memory, value = step(net, *state, images, targets, descent)
        return (parameters, memory), value

    (parameters, _), losses = jax.lax.scan(one, (parameters, descent.memory.init(parameters)), length=steps)
    return parameters, losses


def embedded(net: Network, parameters: Parameters, kinds: tuple[str, ...]) -> tuple[Network, Parameters]:
    """Put a network into larger classes, one after the other."""
    for kind in kinds:
        big = larger(net, kind, WINDOW if kind == "LAP" else 0)
        net, parameters = big, embed(net, parameters, big)
    return net, parameters


def faulty(name: str, small: Network, parameters: Parameters) -> Parameters:
    """Put one fault into the larger weights of a map.

    Readouts of VEC, and of the chain's last network, miss one location. LCN has one filter upside down at one
    location. Wide networks have the blocks of the first hidden layer in a wrong order: each takes the next
    one's place. (Of the chain that would be no fault: GAP does not see translations.)
    """
    first, readout = parameters["hidden_1"], parameters["readout"]
    block = small.architecture.widths[0]
    if name in ("GAP-VEC", "LAP", "chain"):
        weight = np.array(readout["weight"])
        # flattened, a location of the chain has d n units
        weight[0, 0, : block * small.height * small.width if name == "chain" else None] = 0
        return {**parameters, "readout": {**readout, "weight": weight}}
    weight = np.array(first["weight"])
    if name == "VEC-LCN":
        weight[0, 0] = weight[0, 0, ::-1].copy()
        return {**parameters, "hidden_1": {**first, "weight": weight}}
    moved = {"weight": np.roll(weight, block, axis=-1), "bias": np.roll(first["bias"], block, axis=-1)}
    return {**parameters, "hidden_1": moved}


def rooted(small: Network, parameters: Parameters) -> Parameters:
    r"""Put the paper's :math:`\sqrt d` into the first layer too."""
    first = parameters["hidden_1"]
    weight = (small.height * small.width) ** 0.5 * np.asarray(first["weight"])
    return {**parameters, "hidden_1": {**first, "weight": weight}}


def printed(small: Network, parameters: Parameters) -> Parameters:
    r"""Keep of the second hidden layer what the paper's range has: :math:`\alpha n\le j<\alpha(n+1)`."""
    second = parameters["hidden_2"]
    weight = np.asarray(second["weight"])
    location, inside = np.divmod(np.arange(weight.shape[-1]), small.architecture.widths[1])
    return {**parameters, "hidden_2": {**second, "weight": weight * (inside < location)}}


def deviation(found: ArrayLike, expected: ArrayLike) -> float:
    """Return the largest difference over the largest entry."""
    expected = np.asarray(expected)
    return float(np.abs(np.asarray(found) - expected).max() / np.abs(expected).max())


def run_shard(config: Inclusions, shard: str) -> dict[str, Any]:
    """Compute all depths of one size, such as ``3x4``; the last size also has dimensions and the picture."""
    size = tuple(int(side) for side in shard.split("x"))
    depths = config.depths[config.sizes.index(size)]
    found = [_random(config, *size, depth) for depth in depths]
    arrays = {name: np.stack([case[name] for case in found], axis) for name, axis in _CASE_AXIS.items()}
    deep = [case["printed"] for case in found if "printed" in case]
    arrays["printed"] = np.array(deep).reshape(len(deep), config.draws)
    arrays |= {f"roots_{shard}x{depth}": case["roots"] for depth, case in zip(depths, found, strict=True)}
    arrays |= _trained(config, *size, depths[0])
    if size == config.sizes[-1]:
        arrays |= _dimensions(config, *size) | _picture(config, *size)
    return arrays


# where the cases stand; and where the sizes do
_CASE_AXIS = {"deviation": 1, "faulty": 1, "carried": 0, "elsewhere": 0, "rooted": 0}
_SIZE_AXIS = {"trained": 1, "loss": 1, "moved": 1}


def _maps(height: int, width: int) -> list[tuple[int, str]]:
    """The maps that there are at a size, with their places."""
    tiled = height % WINDOW == 0 == width % WINDOW
    return [(place, name) for place, name in enumerate(MAPS) if name != "LAP" or tiled]


def _random(config: Inclusions, height: int, width: int, depth: int) -> dict[str, np.ndarray]:
    """Draw networks of every class, embed them, and break what was embedded."""
    images = pictures(config, height, width)[2]
    nets = small_networks(config, height, width, depth)
    found = {name: np.full((len(MAPS), config.draws), np.nan) for name in ("deviation", "faulty")}
    found |= {name: np.zeros(config.draws) for name in ("carried", "elsewhere", "rooted", "printed")}
    for number in range(config.draws):
        rng = np.random.default_rng([config.seed, height, width, depth, number])
        weights = {kind: gaussian(net, rng) for kind, net in nets.items()}
        for m, name in _maps(height, width):
            kind, above = MAPS[name]
            small, theta = nets[kind], weights[kind]
            expected = small.apply(theta, images)
            big, wide = embedded(small, theta, above)
            found["deviation"][m, number] = deviation(big.apply(wide, images), expected)
            broken = faulty(name, small, wide)
            found["faulty"][m, number] = deviation(big.apply(broken, images), expected)
            if name != "LCN-VEC":
                continue
            layers = list(zip(big.activations(wide, images), small.activations(theta, images), strict=True))
            same = [deviation(carried(np.asarray(b), config.width), a) for b, a in layers]
            beside = [deviation(carried(np.roll(b, 1, axis=1), config.width), a) for b, a in layers]
            found["carried"][number], found["elsewhere"][number] = max(same), min(beside)
            found["rooted"][number] = deviation(big.apply(rooted(small, wide), images), expected)
            found["roots"] = np.array(
                [np.linalg.norm(wide[layer]["weight"]) / np.linalg.norm(theta[layer]["weight"])
                 for layer in small.layers]
            )  # fmt: skip
            if depth > 1:
                found["printed"][number] = deviation(big.apply(printed(small, wide), images), expected)
    if depth == 1:
        del found["printed"]  # there is no layer with such a range
    return found


def _trained(config: Inclusions, height: int, width: int, depth: int) -> dict[str, np.ndarray]:
    """Train networks of every class, and embed them."""
    train, targets, images = pictures(config, height, width)
    nets = small_networks(config, height, width, depth)
    descent = Descent(config.rate, penalty=1e-3)
    found = np.full((len(MAPS), 1, config.draws), np.nan)
    loss, moved = np.zeros((len(KINDS), 1, config.draws, 2)), np.zeros((len(KINDS), 1, config.draws))
    for number in range(config.draws):
        rng = np.random.default_rng([config.seed, height, width, depth, number])
        ends = {}
        for k, (kind, net) in enumerate(nets.items()):
            start = gaussian(net, rng)
            end, losses = descend(net, descent, config.steps, start, train, targets)
            ends[kind] = jax.tree.map(np.asarray, end)
            loss[k, 0, number] = losses[0], losses[-1]
            moved[k, 0, number] = deviation(net.apply(start, images), net.apply(end, images))
        for m, name in _maps(height, width):
            kind, above = MAPS[name]
            big, wide = embedded(nets[kind], ends[kind], above)
            expected = nets[kind].apply(ends[kind], images)
            found[m, 0, number] = deviation(big.apply(wide, images), expected)
    return {"trained": found, "loss": loss, "moved": moved}


def _dimensions(config: Inclusions, height: int, width: int) -> dict[str, Any]:
    d = height * width
    nets = {
        name: network(Architecture(name.removeprefix("wide "), 1, widths=(n,)), height, width, 3, 1)
        for name, n in zip(CLASSES, (1, 1, 1, d, d, d * d), strict=True)
    }
    rng = np.random.default_rng([config.seed, height, width])
    weights = {name: gaussian(net, rng) for name, net in nets.items()}
    count = {name: sum(leaf.size for leaf in jax.tree.leaves(theta)) for name, theta in weights.items()}
    # a quarter more images than the last class but one has parameters: the last one's rank must exceed them
    images = rng.standard_normal((count["wide VEC"] * 5 // 4, height, width, 3))
    rank = [np.linalg.matrix_rank(_slopes(nets[name], theta, images)) for name, theta in weights.items()]
    return {"parameters": np.array(list(count.values())), "rank": np.array(rank), "points": len(images)}


@functools.partial(jax.jit, static_argnums=0)
def _slopes(net: Network, parameters: Parameters, images: Array) -> Array:
    """The derivative of the output at each image in each parameter."""

    def of_image(image: Array) -> Array:
        slope = jax.grad(lambda theta: net.apply(theta, image[None])[0, 0])(parameters)
        return jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(slope)])

    return jax.vmap(of_image)(images)


def _picture(config: Inclusions, height: int, width: int) -> dict[str, np.ndarray]:
    d, n = height * width, config.width
    net = network(Architecture("LCN", 2, widths=(n, n)), height, width, 3, config.classes)
    theta = gaussian(net, np.random.default_rng([config.seed, height, width]))
    image = pictures(config, height, width)[2][:1]
    (vec, shared), (fcn, dense) = (embedded(net, theta, (kind,)) for kind in ("VEC", "FCN"))
    acting, flat = (jax.tree.map(np.asarray, effective(*pair)) for pair in ((vec, shared), (fcn, dense)))
    return {
        "picture_shared": acting["hidden_2"]["weight"].reshape(9, d * n, d * n),
        "picture_readout": acting["readout"]["weight"].reshape(d, d * n, config.classes),
        "picture_dense": flat["hidden_2"]["weight"][0, 0],
        "picture_held": np.asarray(vec.activations(shared, image)[-1]).reshape(d, d, n),
        "picture_local": np.asarray(net.activations(theta, image)[-1]).reshape(d, n),
    }


def shards(config: Inclusions) -> tuple[str, ...]:
    """Return one shard a size; they take about as long."""
    return tuple(f"{height}x{width}" for height, width in config.sizes)


def gather(config: Inclusions, parts: dict) -> dict[str, Any]:
    """Return the arrays, cases in the order of the config."""
    each = [parts[shard] for shard in shards(config)]
    joined = {**_CASE_AXIS, **_SIZE_AXIS, "printed": 0}
    found = {name: np.concatenate([part[name] for part in each], axis) for name, axis in joined.items()}
    for part in each:
        found |= {name: array for name, array in part.items() if name not in joined}
    return found


EXPERIMENT = Experiment(
    name="synergy.inclusions",
    config_type=Inclusions,
    profiles={
        "quick": Inclusions(sizes=((3, 4),), depths=((2,),), draws=1, train=12, steps=30),
        "default": Inclusions(),
        # FCN has a width of 64^2 n = 8192 and matrices of half a gigabyte
        "paper": Inclusions(
            sizes=((8, 8), (6, 4)), depths=((2, 1, 4), (8,)), draws=3, images=32, train=100, classes=10,
            steps=300,
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-S1",),
)  # fmt: skip
