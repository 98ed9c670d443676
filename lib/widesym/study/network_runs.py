r"""Runs of finite networks on a task, as the paper trains them, and the regression they tend to.

The paper has three ways from a model to predictions:

* ``NN``: momentum SGD at the rate :math:`\eta_0=2m/\lambda_{\max}` of the empirical NTK, no penalty;
* ``NN+``: at :math:`8\eta_0`, with an :math:`L^2` penalty of :math:`10^{-7}`;
* ``NTK``: regression with the kernel of the infinite network.

Every run has a rate of its own: :math:`\lambda_{\max}` is that of its start and of its images as it sees
them, by the first 64 of them. For 8 x 8 pixels, three hidden layers and 8 or 32 channels that is within 6 %
of what all 320 training images give, while it differs by a factor of up to three between starts.

**Starts.** A network's output at its start, :math:`f_0`, is as large as :math:`\sigma_w^2` says, whatever the
width, and training on m images corrects it at those images only. In the infinite network a run from one
start predicts

.. math:: f(x_*)=\Theta_*\Theta^{-1}Y+\big(f_0(x_*)-\Theta_*\Theta^{-1}f_0(X)\big),

regression plus an error that has nothing to do with the labels. With 45,000 images of CIFAR-10 it is small;
with a few hundred it is larger than what is learned (:func:`limit_runs`). So there are three starts:

* ``plain``: the paper's, all weights independent;
* ``mirrored``: two halves of each layer start equal and unconnected, and the readout takes their difference,
  so that :math:`f_0=0`, with the NTK in the limit as before: there one run is the regression;
* ``silent``: the readout starts at zero, so that :math:`f_0=0`; in the limit only the readout learns, and one
  run is regression with the NNGP kernel. At finite width the weights below it move further than from the
  other starts.

On a CPU runs are trained one after another, each until it ends by itself: what has ended costs nothing then,
and all runs of one shape are one compiled program. On an accelerator they are one batch.

Letters: R runs, m training and t test images, K classes.
"""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from widesym.groups.images import ImageTransformation
from widesym.kernels.gram import gram
from widesym.kernels.regression import RIDGE, one_hot, predict
from widesym.networks.actions import SCOPES, Element, element
from widesym.networks.empirical import base_rate
from widesym.networks.models import Network, Parameters, network
from widesym.networks.objective import Descent
from widesym.networks.runs import CURVES, Runs
from widesym.networks.training import Images, Plan, train
from widesym.study.image_tasks import Task, architecture, stream

_RATE_IMAGES = 64  # a whole block
_STARTS = 4  # a draw's streams from here on; those before are its images' and its transformation's


@dataclasses.dataclass(frozen=True)
class Inference:
    r"""How a finite network is trained.

    Attributes:
        factor: of :math:`\eta_0`.
        penalty: :math:`\lambda`.
        mass: :math:`\mu`.
    """

    factor: float
    penalty: float
    mass: float = 0.9


INFERENCES = {"NN": Inference(1.0, 0.0), "NN+": Inference(8.0, 1e-7)}
STARTS = ("plain", "mirrored", "silent")


def finite(model: str, depth: int, width: int, task: Task) -> Network:
    """Return the network of a name such as ``VEC`` or ``LAP4`` with equal widths, for the images of a task.

    Raises:
        ValueError: another name, or numbers that define no network.
    """
    described = dataclasses.replace(architecture(model, depth), widths=(width,) * depth)
    height, breadth, channels = task.train.images.shape[1:]
    return network(described, height, breadth, channels, len(task.train.classes))


def run_seeds(seed: int, draw: int, count: int = 1) -> tuple[int, ...]:
    """Return the seeds of the runs of one draw of a task: the same for every model and transformation."""
    return tuple(stream(seed, draw, _STARTS + run) for run in range(count))


def arrays(task: Task) -> Images:
    """Return a task as arrays: float32 images, and targets of mean zero."""
    parts = ((part.images, one_hot(part.labels, len(part.classes))) for part in task)
    return Images(*(jnp.asarray(array, jnp.float32) for part in parts for array in part))


def train_runs(
    net: Network,
    task: Task,
    inference: str,
    plan: Plan,
    seeds: Sequence[int],
    transformations: Sequence[ImageTransformation] | ImageTransformation | None = None,
    *,
    start: str = "plain",
    first: str = "gaussian",
    folder: Path | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Runs:
    """Train R runs of one network on a task.

    Args:
        net: see :func:`finite`.
        task: the images of all runs.
        inference: one of :data:`INFERENCES`.
        plan: how long, and when to look.
        seeds: of the start and the order of the images of each run, (R,); see :func:`run_seeds`.
        transformations: of the images, training and test: one for each run, one for all, or none.
        start: one of :data:`STARTS`; ``mirrored`` needs even widths.
        first: the law of the first layer's weights at the start.
        folder: of checkpoints.
        report: as for :func:`widesym.networks.training.train`.

    Returns:
        The runs, in the order of their seeds.

    Raises:
        ValueError: an unknown inference or start, no runs, transformations that are not one for each, or odd
            widths to be mirrored. Source: [SS], Section B.1.
    """
    if inference not in INFERENCES:
        raise ValueError(f"unknown inference {inference!r}; valid: {', '.join(INFERENCES)}")
    if not seeds:
        raise ValueError("seeds is empty: every run has one; remedy: run_seeds(seed, draw, runs)")
    if transformations is None or isinstance(transformations, ImageTransformation):
        transformations = [transformations] * len(seeds)
    if len(transformations) != len(seeds):
        raise ValueError(
            f"{len(seeds)} runs need a transformation each, got {len(transformations)}; remedy: give one "
            "for all by itself, not in a list"
        )
    images, chosen = arrays(task), INFERENCES[inference]
    keys = [jax.random.split(jax.random.key(seed)) for seed in seeds]
    # one by one: the draw is compiled once, whatever the number of runs
    starts = jax.tree.map(
        lambda *leaves: jnp.stack(leaves), *(start_of(net, key[0], start, first) for key in keys)
    )
    orders = jnp.stack([key[1] for key in keys])
    elements = _elements(net, transformations)
    rates = np.array(
        [_rate(net, _one(starts, run), images, _one(elements, run)) for run in range(len(seeds))]
    )
    # every run has its own rate: one in here would compile each training anew
    descent = Descent(1.0, chosen.mass, chosen.penalty)

    def of(runs: slice) -> Runs:
        here = jax.tree.map(lambda a: a[runs], (starts, orders, elements))
        return train(
            net, here[0], images, descent, plan, keys=here[1], rates=rates[runs] * chosen.factor,
            elements=here[2], folder=folder, report=report,
        )  # fmt: skip

    if plan.together or (plan.together is None and jax.default_backend() != "cpu"):
        return of(slice(None))
    return joined([of(slice(run, run + 1)) for run in range(len(seeds))])


def start_of(net: Network, key: jax.Array, start: str = "plain", first: str = "gaussian") -> Parameters:
    r"""Draw the parameters at which a run starts; also under ``jax.vmap`` over keys.

    Mirrored: with weights W of a network of half the width,

    .. math:: W^1=(U,U),\qquad W^l=\begin{pmatrix}\sqrt2W&0\\0&\sqrt2W\end{pmatrix},\qquad
        W^{L+1}=\begin{pmatrix}V\\-V\end{pmatrix},\quad b^{L+1}=0.

    The root makes up for the fan-in, twice that of each half. In the NTK the zero blocks count as any others:
    its limit is that of independent weights.

    Args:
        net: the network, in the NTK parametrisation where it is mirrored.
        key: of this draw.
        start: one of :data:`STARTS`.
        first: the law of the first layer's weights.

    Raises:
        ValueError: an unknown start, or a network that cannot be mirrored. Source: the start with output zero
            is that of Chizat, Oyallon and Bach 2019, Section 2.
    """
    if start not in STARTS:
        raise ValueError(f"unknown start {start!r}; valid: {', '.join(STARTS)}")
    if start == "plain":
        return net.init(key, first=first)
    if start == "silent":
        found = net.init(key, first=first)
        return {**found, "readout": jax.tree.map(jnp.zeros_like, found["readout"])}
    described = net.architecture
    if described.parametrisation != "ntk" or any(width % 2 for width in described.widths):
        raise ValueError(
            f"widths={described.widths}, parametrisation={described.parametrisation!r}: a mirrored start "
            "needs even widths and 'ntk'; remedy: those, or start='plain'"
        )
    narrow = dataclasses.replace(described, widths=tuple(width // 2 for width in described.widths))
    half = dataclasses.replace(net, architecture=narrow).init(key, first=first)
    found = {}
    for name in net.layers[:-1]:
        weight, bias = half[name]["weight"], half[name]["bias"]
        if name == "hidden_1":
            twice = jnp.concatenate([weight, weight], -1)
        else:
            zero = jnp.zeros_like(weight)
            rows = [jnp.concatenate(pair, -1) for pair in ((weight, zero), (zero, weight))]
            twice = 2**0.5 * jnp.concatenate(rows, -2)
        found[name] = {"weight": twice, "bias": jnp.concatenate([bias, bias], -1)}
    weight, bias = half["readout"]["weight"], half["readout"]["bias"]
    found["readout"] = {"weight": jnp.concatenate([weight, -weight], -2), "bias": jnp.zeros_like(bias)}
    return found


def joined(parts: Sequence[Runs]) -> Runs:
    """Return runs that were looked at after the same numbers of steps as one, in order.

    Raises:
        ValueError: none, or other steps between looks.
    """
    if not parts:
        raise ValueError("there are no runs to join; train at least one")
    longest = max(parts, key=lambda part: len(part.steps)).steps
    for part in parts:
        if not np.array_equal(part.steps, longest[: len(part.steps)]):
            raise ValueError(f"looks at {part.steps} and {longest} differ; train with one plan")
    curves = {}
    for name in CURVES:
        rows = [getattr(part, name) for part in parts]
        padded = [np.pad(r, ((0, 0), (0, len(longest) - r.shape[1])), constant_values=np.nan) for r in rows]
        curves[name] = np.concatenate(padded)
    return Runs(
        steps=longest,
        **curves,
        outcome=np.concatenate([part.outcome for part in parts]),
        predictions=np.concatenate([part.predictions for part in parts]),
        parameters=jax.tree.map(lambda *leaves: np.concatenate(leaves), *(part.parameters for part in parts)),
    )


def limit(
    model: str,
    depth: int,
    task: Task,
    transformation: ImageTransformation | None = None,
    *,
    ridge: float = RIDGE,
) -> np.ndarray:
    """Return the predictions (t, K) of the infinite network, by regression with its NTK.

    Args:
        model: a name such as ``VEC``.
        depth: hidden layers.
        task: training and test images.
        transformation: of all images.
        ridge: as a fraction of the mean diagonal.
    """
    # one thread: shards run side by side
    options = {"transformation": transformation, "threads": 1, "progress": False}
    described, (train_, test) = architecture(model, depth), task
    within = gram(described, train_.images, **options)
    across = gram(described, test.images, train_.images, **options)
    return predict(within.ntk, across.ntk, one_hot(train_.labels, len(train_.classes)), ridge=ridge)


def limit_runs(
    model: str,
    depth: int,
    task: Task,
    seeds: Sequence[int],
    transformation: ImageTransformation | None = None,
    *,
    ridge: float = RIDGE,
) -> np.ndarray:
    r"""Return the predictions (R, t, K) of the infinite network trained from R plain starts.

    .. math:: \Theta_*\Theta^{-1}(Y-f_0(X))+f_0(X_*),\qquad f_0\sim\mathcal N(0,\mathcal K),

    the limit of one run as the width grows, and then training time; :func:`limit` is the mean over starts.

    Args:
        model: a name such as ``VEC``.
        depth: hidden layers.
        task: training and test images.
        seeds: of :math:`f_0`, (R,).
        transformation: of all images.
        ridge: as a fraction of the mean diagonal, of both kernels. Source: Lee et al. 2019, equation (15).
    """
    images = np.concatenate([part.images for part in task])
    kernels = gram(
        architecture(model, depth), images, transformation=transformation, threads=1, progress=False
    )
    count, classes = len(task.train.labels), len(task.train.classes)
    covariance = kernels.nngp.astype(np.float64)
    covariance[np.diag_indices(len(images))] += ridge * np.diag(covariance).mean()
    factor = np.linalg.cholesky(covariance)
    normals = (np.random.default_rng(seed).standard_normal((len(images), classes)) for seed in seeds)
    begun = np.stack([factor @ normal for normal in normals])
    targets = one_hot(task.train.labels, classes) - begun[:, :count]
    ntk = kernels.ntk
    return begun[:, count:] + predict(ntk[:count, :count], ntk[count:, :count], targets, ridge=ridge)


def _elements(net: Network, transformations: Sequence[ImageTransformation | None]) -> Element | None:
    """Transformations as one stack, in the narrowest form that holds them all; None if there is none."""
    if all(each is None or each.kind == "identity" for each in transformations):
        return None
    unmoved = Element("colour", jnp.eye(net.channels))
    found = [unmoved if each is None else element(each) for each in transformations]
    widest = max((each.scope for each in found), key=SCOPES.index)
    found = [each.widened(widest, net.height, net.width) for each in found]
    return jax.tree.map(lambda *matrices: jnp.stack(matrices), *found)


def _one(stack: object, run: int) -> object:
    return jax.tree.map(lambda a: a[run], stack)


def _rate(net: Network, start: dict, images: Images, own: Element | None) -> float:
    seen = images.train[:_RATE_IMAGES]
    return float(base_rate(net, start, seen if own is None else own(seen)))
