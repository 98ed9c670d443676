r"""B-S2 and B-S6: training on transformed images, beside training on the images from transformed weights.

Two runs share their batches; the first, on :math:`\tau X`, starts from :math:`\theta_0`, the second, on X,
from :math:`\tau^*\theta_0`. Kept is, before each step and after the last (the last axis, T + 1),

.. math:: \max_{x,k}|f_k(\theta_t,\tau x)-f_k(\theta'_t,x)|\;/\;\max_{t,x,k}|f_k(\theta'_t,x)|

over test images, in float64. Beyond an architecture's scope there is no :math:`\tau^*\theta`; the second run
then starts from what the nearest map within gives. For every model of :data:`MODELS` and every draw of
:math:`\theta_0`, :math:`\tau` and the batches:

* ``MODEL_deviation`` (one of :data:`ELEMENTS`, draw, step): with momentum and L2 penalty; ``MODEL_weights``
  the same for :math:`|\tau^*\theta_t-\theta'_t|` over the largest move of a weight, and ``MODEL_loss`` the
  loss of the second run on its first batch;
* ``MODEL_plain`` (own, next, draw, step): SGD by itself, for the largest of the model's own elements and the
  next one, as in :data:`OWN` and :data:`NEXT`;
* ``MODEL_uncoupled`` (draw, step): both runs from :math:`\theta_0`.

For the models of ``variants`` (B-S6):

* ``MODEL_uniform`` (own, next, draw, step): weights of uniform law at the start;
* ``MODEL_power`` and ``MODEL_adam`` (one of :data:`FAMILIES`, draw, step): an :math:`L^4` penalty, and the
  optimiser Adam, for elements of the model's own form;
* ``MODEL_standard`` and so on, see :data:`OTHERS` (own, next, draw, step): the other parametrisations.

The law of the start (shard ``laws``), for scopes of :data:`SCOPES`, families and laws:

* ``moments`` (scope, family, law, draw): the largest :math:`|E(\tau^\top w)_i^4-Ew_i^4|`, by formula;
* ``sampled`` (law, family, value and half-width of its 95 % interval) and ``by_formula`` (law, family): the
  mean fourth moment of VEC's first weights, drawn by the library and moved, and ``histogram`` (law, family,
  bin) with ``bins``; before the families stands the identity;
* ``units`` (FCN or VEC, clean or moved, image): :math:`E z^4/(Ez^2)^2` of a first-layer unit with uniform
  weights, the mean over pixels.

Source: [SS], Theorem 4.1, Appendix D, Remarks S1 and S2. Adam and signs are ours.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.architectures import PARAMETRISATIONS, Architecture
from widesym.data.synthetic import Family
from widesym.groups.images import transformation
from widesym.kernels.regression import one_hot
from widesym.networks.actions import (
    FAMILIES,
    SCOPES,
    Element,
    draw_element,
    element,
    fourth_moments,
    scope,
)
from widesym.networks.convolutions import patches
from widesym.networks.models import LAWS, Network, Parameters, network
from widesym.networks.objective import Descent
from widesym.networks.paired import Deviations, paired_runs
from widesym.study.experiment import Experiment
from widesym.study.image_tasks import JPEG_CHECKSUM, JPEG_COPY, SYNTHETIC, ImageSource, stream, task

MODELS = ("FCN", "LCN", "VEC", "LAP", "GAP")
# the paper's four, and a map of colours that is not orthogonal
ELEMENTS = ("colour", "pixelwise", "permutation", "rotation", "stretched")
_CONVOLUTION = ("colour",)
HELD = {
    "FCN": ("colour", "pixelwise", "permutation", "rotation"),
    "LCN": ("colour", "pixelwise"),
    "VEC": _CONVOLUTION,
    "LAP": _CONVOLUTION,
    "GAP": _CONVOLUTION,
}
OWN = {model: held[-1] for model, held in HELD.items()}
# no group of rotations is larger than that of FCN: maps that weights absorb and steps do not
NEXT = {"FCN": "stretched", "LCN": "rotation", "VEC": "pixelwise", "LAP": "pixelwise", "GAP": "pixelwise"}
# other parametrisations, and what their arrays are called
OTHERS = {name: name.replace("-", "_") for name in PARAMETRISATIONS if name != "ntk"}
MOVES = ("identity", *FAMILIES)


@dataclasses.dataclass(frozen=True)
class SamePath:
    r"""Every number of the experiment.

    Args:
        source: ``synthetic``, or a source of real images.
        checksum: of the real images; others are refused. Empty for synthetic ones.
        side: of the images.
        classes, motif, noise: of the synthetic family.
        train: images that batches are drawn from.
        probe: test images at which outputs are compared.
        depth: hidden layers.
        widths: of every model of :data:`MODELS`.
        window: of LAP.
        variants: models of B-S6's runs; by default one for each form of transformations.
        batch: images a step.
        steps: T.
        rate: in the NTK parametrisation.
        other_rates: in those of :data:`OTHERS`.
        adam_rate: of Adam.
        mass: of the momentum.
        penalty: :math:`\lambda`, of L2.
        power_penalty: of :math:`L^4`.
        draws: of start, element and batches.
        units: first-layer units that the fourth moments are sampled from.
        seed: of everything.
    """

    source: str = SYNTHETIC
    checksum: str = ""
    side: int = 8
    classes: int = 4
    motif: int = 4
    noise: float = 0.6
    train: int = 60
    probe: int = 8
    depth: int = 2
    widths: tuple[int, ...] = (24, 6, 6, 6, 6)
    window: int = 2
    variants: tuple[str, ...] = ("FCN", "LCN", "VEC")
    batch: int = 10
    steps: int = 200
    rate: float = 0.6
    other_rates: tuple[float, ...] = (0.02, 1.0, 1.0)
    adam_rate: float = 0.01
    mass: float = 0.9
    penalty: float = 1e-6
    power_penalty: float = 1e-3
    draws: int = 2
    units: int = 100_000
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        if len(self.widths) != len(MODELS) or len(self.other_rates) != len(OTHERS):
            raise ValueError(
                f"widths must be one for each of {', '.join(MODELS)} and other_rates for each of "
                f"{', '.join(OTHERS)}, got {self.widths} and {self.other_rates}"
            )
        known, chosen = set(MODELS), set(self.variants)
        if not chosen or not chosen <= known or len(chosen) < len(self.variants):
            raise ValueError(
                f"variants must be distinct, at least one, of {', '.join(MODELS)}, got {self.variants}"
            )
        for name in ("probe", "steps", "draws", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.batch > self.train:
            raise ValueError(
                f"batch={self.batch} is more than the {self.train} training images; remedy: a smaller batch"
            )
        if self.units < 1000:
            raise ValueError(f"units={self.units}: fewer than 1000 say little about a law")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")
        for model in MODELS:
            self.network(model)
        self.descent()
        self.image_source()

    def network(self, model: str, parametrisation: str = "ntk") -> Network:
        """Return the network that a name means."""
        widths = (self.widths[MODELS.index(model)],) * self.depth
        architecture = Architecture(
            model, self.depth, window=self.window if model == "LAP" else 0, widths=widths,
            parametrisation=parametrisation,
        )  # fmt: skip
        return network(architecture, self.side, self.side, 3, self.classes)

    def descent(self, parametrisation: str = "ntk") -> Descent:
        """Return momentum SGD with L2 penalty, at the parametrisation's rate."""
        rates = dict(zip(OTHERS, self.other_rates, strict=True))
        return Descent(rates.get(parametrisation, self.rate), self.mass, self.penalty)

    def image_source(self) -> ImageSource:
        """Return where the images come from."""
        family = Family(side=self.side, classes=self.classes, motif=self.motif, noise=self.noise)
        return ImageSource(
            self.source, self.checksum, self.side, family if self.source == SYNTHETIC else None
        )


@dataclasses.dataclass(frozen=True)
class Setup:
    """What all pairs of runs of one draw share: images, targets, probe images and batches."""

    images: Array
    targets: Array
    probe: Array
    batches: Array

    def pair(
        self,
        net: Network,
        parameters: Parameters,
        tau: Element,
        descent: Descent,
        partner: Element | None = None,
    ) -> Deviations:
        """Train the two runs; the second starts from the nearest of ``tau`` unless a partner is given."""
        height, width = net.height, net.width
        partner = tau.nearest(scope(net), height, width) if partner is None else partner
        # one form for all: each network is compiled once a descent
        return paired_runs(
            net, parameters, tau.widened("whole", height, width), self.images, self.targets, self.probe,
            self.batches, descent, partner,
        )  # fmt: skip


def setup(config: SamePath, number: int) -> Setup:
    """Return images, the same for all draws, and the batches of a draw."""
    train, test = task(config.image_source(), config.train, config.probe, config.seed, 0)
    rng = np.random.default_rng([config.seed, number])
    batches = np.stack([rng.permutation(config.train)[: config.batch] for _ in range(config.steps)])
    return Setup(
        jnp.asarray(train.images, jnp.float64), jnp.asarray(one_hot(train.labels, config.classes)),
        jnp.asarray(test.images, jnp.float64), jnp.asarray(batches),
    )  # fmt: skip


def drawn(config: SamePath, name: str, number: int) -> Element:
    """Return one of :data:`ELEMENTS` of a draw."""
    seed = stream(config.seed, number)
    if name != "stretched":
        return element(transformation(name, config.side, config.side, seed))
    turned = element(transformation("colour", config.side, config.side, seed)).matrices
    return Element("colour", turned * jnp.array([[0.5], [1.0], [1.5]]))


def moving(config: SamePath, family: str, form: str, number: int) -> Element:
    """Return an element of a family that is not the identity: one in six permutations of colours is."""
    seed = stream(config.seed, number)
    while True:
        found = draw_element(family, form, config.side, config.side, seed)
        if np.any(np.asarray(found.matrices) != np.eye(found.matrices.shape[-1])):
            return found
        seed += 1


def relative(found: Deviations) -> np.ndarray:
    """Return deviations of the outputs over the largest output, (T + 1,)."""
    return np.asarray(found.outputs) / float(found.size.max())


def run_shard(config: SamePath, shard: str) -> dict[str, np.ndarray]:
    """Compute the shard ``laws``, or all pairs of runs of one model."""
    if shard == "laws":
        return _laws(config)
    arrays = _model(config, shard)
    if shard in config.variants:
        arrays |= _variants(config, shard)
    return arrays


def _model(config: SamePath, model: str) -> dict[str, np.ndarray]:
    net, descent = config.network(model), config.descent()
    plain = dataclasses.replace(descent, mass=0.0, penalty=0.0)
    still = Element("colour", jnp.eye(3)).widened(scope(net), config.side, config.side)
    rows: dict[str, list] = {name: [] for name in ("deviation", "weights", "loss", "plain", "uncoupled")}
    for number in range(config.draws):
        data = setup(config, number)
        start = net.init(_key(config, number), "float64")
        found = [data.pair(net, start, drawn(config, name, number), descent) for name in ELEMENTS]
        rows["deviation"].append([relative(one) for one in found])
        rows["weights"].append([np.asarray(one.parameters) / float(one.moved.max()) for one in found])
        rows["loss"].append([one.losses for one in found])
        both = (OWN[model], NEXT[model])
        ends = [relative(data.pair(net, start, drawn(config, name, number), plain)) for name in both]
        rows["plain"].append(ends)
        tau = drawn(config, OWN[model], number)
        rows["uncoupled"].append([relative(data.pair(net, start, tau, descent, still))])
    # draws behind the elements
    arrays = {name: np.moveaxis(np.array(values), 0, 1) for name, values in rows.items()}
    arrays["uncoupled"] = arrays["uncoupled"][0]
    return arrays


def _variants(config: SamePath, model: str) -> dict[str, np.ndarray]:
    both = (OWN[model], NEXT[model])
    nets = {name: config.network(model, name) for name in PARAMETRISATIONS}
    net, descent = nets["ntk"], config.descent()
    powers = dataclasses.replace(descent, penalty=config.power_penalty, power=4.0)
    adam = dataclasses.replace(descent, rate=config.adam_rate, penalty=0.0, optimiser="adam")
    rows: dict[str, list] = {name: [] for name in ("uniform", "power", "adam", *OTHERS.values())}
    for number in range(config.draws):
        data, key = setup(config, number), _key(config, number)
        start = net.init(key, "float64")
        uniform = net.init(key, "float64", "uniform")
        ends = {name: drawn(config, name, number) for name in both}
        rows["uniform"].append([relative(data.pair(net, uniform, tau, descent)) for tau in ends.values()])
        own = {family: moving(config, family, scope(net), number) for family in FAMILIES}
        for name, how in (("power", powers), ("adam", adam)):
            rows[name].append([relative(data.pair(net, start, tau, how)) for tau in own.values()])
        for name, called in OTHERS.items():
            own_start, how = nets[name].init(key, "float64"), config.descent(name)
            found = [data.pair(nets[name], own_start, tau, how) for tau in ends.values()]
            rows[called].append([relative(one) for one in found])
    return {name: np.moveaxis(np.array(values), 0, 1) for name, values in rows.items()}


def _key(config: SamePath, number: int) -> Array:
    return jax.random.fold_in(jax.random.key(config.seed), number)


def _laws(config: SamePath) -> dict[str, np.ndarray]:
    moments = np.zeros((len(SCOPES), len(FAMILIES), len(LAWS), config.draws))
    still = [fourth_moments(np.eye(3), law)[0] for law in LAWS]
    for place in np.ndindex(*moments.shape):
        form, family, law = SCOPES[place[0]], FAMILIES[place[1]], LAWS[place[2]]
        matrices = moving(config, family, form, place[3]).matrices
        moments[place] = np.abs(fourth_moments(matrices, law) - still[place[2]]).max()
    # VEC's filters: nine independent draws of three colours a unit
    net = network(Architecture("VEC", 1, widths=(config.units,)), 3, 3, 3, 1)
    bins = np.linspace(-4, 4, 65)
    shape = (len(LAWS), len(MOVES))
    sampled, by_formula = np.zeros((*shape, 2)), np.zeros(shape)
    histogram = np.zeros((*shape, len(bins) - 1))
    for i, law in enumerate(LAWS):
        start = net.init(_key(config, 0), "float64", law)
        for j, name in enumerate(MOVES):
            tau = Element("colour", jnp.eye(3)) if name == "identity" else moving(config, name, "colour", 0)
            weights = np.asarray(tau.pulled_back(net, start)["hidden_1"]["weight"])
            fourth = (weights**4).mean(axis=2).ravel()
            sampled[i, j] = fourth.mean(), 1.96 * fourth.std() / fourth.size**0.5
            by_formula[i, j] = fourth_moments(tau.matrices, law).mean()
            histogram[i, j] = np.histogram(weights, bins, density=True)[0]
    return {
        "moments": moments, "sampled": sampled, "by_formula": by_formula, "histogram": histogram,
        "bins": bins, "units": _units(config),
    }  # fmt: skip


def _units(config: SamePath) -> np.ndarray:
    """Fourth moments of first-layer units with uniform weights: FCN, VEC; clean and moved; images."""
    images = setup(config, 0).probe

    def spread(seen: Array) -> np.ndarray:
        # of the sum of w_i x_i, w iid uniform: 3 + (1.8 - 3) sum x^4 / (sum x^2)^2
        share = np.asarray((seen**4).sum(-1) / (seen**2).sum(-1) ** 2)
        return (3 - 1.2 * share).reshape(len(images), -1).mean(axis=1)

    flat = [tau.reshape(len(images), -1) for tau in (images, drawn(config, "rotation", 0)(images))]
    near = [patches(tau, 3, (1, 2)) for tau in (images, drawn(config, "colour", 0)(images))]
    return np.array([[spread(seen) for seen in pair] for pair in (flat, near)])


def shards(config: SamePath) -> tuple[str, ...]:
    """Return the models, those with variants first, and the law of the start."""
    dearest = sorted(MODELS, key=lambda model: (model not in config.variants, model == "FCN"))
    return (*dearest, "laws")


def gather(config: SamePath, parts: dict) -> dict[str, np.ndarray]:
    """Return all arrays, those of a model with its name in front."""
    found = {f"{model}_{name}": array for model in MODELS for name, array in parts[model].items()}
    return found | parts["laws"]


EXPERIMENT = Experiment(
    name="synergy.same-path",
    config_type=SamePath,
    profiles={
        "quick": SamePath(
            side=4, motif=2, train=12, probe=4, batch=6, steps=20, depth=1,
            widths=(6, 3, 3, 3, 3), variants=("VEC",), draws=1,
        ),
        "default": SamePath(),
        # the paper's networks and batches, in float64: for a GPU
        "paper": SamePath(
            source=JPEG_COPY, checksum=JPEG_CHECKSUM, side=32, classes=10, train=4000, probe=32, depth=8,
            widths=(1024, 32, 128, 128, 128), window=4, batch=40, steps=1000, rate=0.2,
            other_rates=(1e-5, 0.1, 0.1), adam_rate=1e-3, penalty=1e-7,
        ),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-S2", "B-S6"),
)  # fmt: skip
