r"""Training as in the paper: momentum SGD on small batches, many runs at once, until all is fitted.

An epoch goes through a random order of the m training images in :math:`\lfloor m/b\rfloor` batches of b;
what is left over waits for another order. From time to time training and test accuracy are looked at. A run
ends as

* ``fitted``: training accuracy has reached ``plan.enough``, 100 % in the paper;
* ``stopped``: it has used up its steps;
* ``diverged``: its loss is no longer finite.

The paper counts a run as a success from 95 % training accuracy on, and takes the best test accuracy along
training (:class:`widesym.networks.runs.Runs`). Its NN has the rate :math:`\eta_0` of
:func:`widesym.networks.empirical.base_rate` and no penalty; NN+ has :math:`8\eta_0` and
:math:`\lambda=10^{-7}`.

All runs are one compiled program: under ``vmap``, or one after another, which is faster on a CPU (three
hidden layers, four runs, a step and run: 16 x 16 pixels, 16 channels, 17 ms by ``vmap`` and 6 ms in turn; 8
x 8 pixels, 8 channels, 1.8 and 1.1 ms). Its start, rate, key and transformation determine a run; what runs
beside it changes rounding at most.

Letters: R runs, m training and t test images, K outputs, b images a batch.
"""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from widesym.networks.actions import Element
from widesym.networks.checkpoints import Checkpoints
from widesym.networks.models import Network, Parameters
from widesym.networks.objective import Descent, squared_error, step
from widesym.networks.runs import Ledger, Look, Runs

_BLOCK = 40  # images in one forward pass of a look: with more, what wide layers see leaves the cache


@dataclasses.dataclass(frozen=True)
class Plan:
    """How long runs go on, and when they are looked at.

    Args:
        steps: at most; a run ends at the first look from there on.
        batch: b.
        look: steps between looks, rounded up to whole epochs.
        enough: training accuracy at which a run ends; above 1 none ends early.
        together: True for ``vmap`` over runs, False for one after another, None for False on a CPU.

    Raises:
        ValueError: numbers out of range.
    """

    steps: int = 1_000_000
    batch: int = 40
    look: int = 1
    enough: float = 1.0
    together: bool | None = None

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        for name in ("steps", "batch", "look"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)} must be at least 1")
        if not self.enough > 0:
            raise ValueError(f"enough={self.enough} must be positive: every start has reached it")


class Images(NamedTuple):
    """Training and test images, (m, H, W, C) and (t, H, W, C), with targets (m, K) and (t, K).

    The label of an image is the argmax of its targets.
    """

    train: Array
    train_targets: Array
    test: Array
    test_targets: Array


class _State(NamedTuple):
    """What steps change, stacked over the runs at work."""

    parameters: Parameters
    memory: Any


class _Setting(NamedTuple):
    """What they do not, stacked in the same way."""

    rate: Array
    key: Array
    element: Element | None


def train(
    net: Network,
    starts: Parameters,
    images: Images,
    descent: Descent,
    plan: Plan,
    *,
    keys: Array,
    rates: ArrayLike | None = None,
    elements: Element | None = None,
    folder: Path | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Runs:
    """Train R runs; divergence is an outcome, not an error.

    Args:
        net: the network.
        starts: parameters, stacked over runs.
        images: of all runs.
        descent: of all runs.
        plan: of all runs.
        keys: of the orders of the images, (R,).
        rates: of each run, (R,), in place of the descent's.
        elements: transformations of each run's images, training and test, stacked; None for none.
        folder: of checkpoints: a training that was cut off goes on from there, to the same numbers.
        report: called after each look with the steps done and the number of runs that go on.

    Raises:
        ValueError: images, keys or rates that do not fit, or fewer images than one batch.
        StoreError: the folder cannot be written. Source: [SS], Section B.1.
    """
    leaf = jax.tree.leaves(starts)[0]
    rates = np.full(len(leaf), descent.rate) if rates is None else np.asarray(rates, np.float64)
    _check(net, images, plan, keys, rates, len(leaf))
    images = Images(*(jnp.asarray(part, leaf.dtype) for part in images))
    setting = _Setting(jnp.asarray(rates, leaf.dtype), keys, elements)
    state = _State(starts, jax.vmap(descent.memory.init)(starts))
    ledger, batches = Ledger(len(leaf)), len(images.train) // plan.batch
    epochs = -(-plan.look // batches)
    saved = None
    if folder is not None:
        kept = (net, descent, plan, jax.random.key_data(keys), setting.rate, elements, images, starts)
        saved = Checkpoints(Path(folder), kept)
        state = _resumed(saved, ledger, state)
    if not ledger.looks:
        look = _look(net, plan, state, setting, images)
        ledger.enter(0, look, starts, plan.enough, plan.steps)
    while (running := ledger.running).any():
        if 2 * running.sum() <= len(running):  # halves at least: each new size is compiled anew
            ledger.slots = ledger.slots[running]
            state = jax.tree.map(lambda a: a[np.flatnonzero(running)], state)
        here = jax.tree.map(lambda a: a[ledger.slots], setting)
        done = (ledger.looks - 1) * epochs
        state = _advance(net, descent, plan, epochs, state, here, images, jnp.asarray(done))
        look = _look(net, plan, state, here, images)
        steps = (done + epochs) * batches
        ledger.enter(steps, look, state.parameters, plan.enough, plan.steps)
        if saved is not None and saved.due():
            leaves = {f"state_{i}": np.asarray(a) for i, a in enumerate(jax.tree.leaves(state))}
            saved.write({**ledger.stored(), **leaves})
        if report is not None:
            report(steps, int(ledger.running.sum()))
    if saved is not None:
        saved.clear()
    return ledger.closed()


def _check(net: Network, images: Images, plan: Plan, keys: Array, rates: np.ndarray, count: int) -> None:
    if keys.shape != (count,) or rates.shape != (count,):
        raise ValueError(
            f"{count} runs need as many keys and rates, got {keys.shape} and {rates.shape}; remedy: "
            "jax.random.split(key, runs)"
        )
    if not (np.isfinite(rates).all() and (rates > 0).all()):
        raise ValueError(f"rates={rates} must be positive: they are step sizes")
    for name, x, y in (("train", *images[:2]), ("test", *images[2:])):
        if len(x) != len(y) or y.shape[1:] != (net.outputs,):
            raise ValueError(
                f"{name} images {x.shape} need targets of shape ({len(x)}, {net.outputs}), got {y.shape}"
            )
    if len(images.train) < plan.batch:
        raise ValueError(
            f"{len(images.train)} training images are fewer than one batch; remedy: a plan with batch="
            f"{len(images.train)} at most"
        )


def _resumed(saved: Checkpoints, ledger: Ledger, state: _State) -> _State:
    """Go on from a checkpoint, if there is one."""
    stored = saved.load()
    if stored is None:
        return state
    ledger.restore(stored, state.parameters)
    count = jax.tree.structure(state).num_leaves
    return jax.tree.unflatten(
        jax.tree.structure(state), [jnp.asarray(stored[f"state_{i}"]) for i in range(count)]
    )


def _look(net: Network, plan: Plan, state: _State, setting: _Setting, images: Images) -> Look:
    look = _seen(net, plan, state.parameters, setting.element, images)
    # not in the compiled program: XLA multiplies by 1/m, and 100 % may come out as less than 1
    return look._replace(
        train_accuracy=np.asarray(look.train_accuracy) / len(images.train),
        test_accuracy=np.asarray(look.test_accuracy) / len(images.test),
    )


def _over_runs(plan: Plan, function: Callable[..., Any]) -> Callable[..., Any]:
    together = jax.default_backend() != "cpu" if plan.together is None else plan.together
    if together:
        return jax.vmap(function)
    return lambda *stacked: jax.lax.map(lambda one: function(*one), stacked)


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _advance(
    net: Network,
    descent: Descent,
    plan: Plan,
    epochs: int,
    state: _State,
    setting: _Setting,
    images: Images,
    done: Array,
) -> _State:
    """Train some epochs further."""
    count = len(images.train)
    batches = count // plan.batch

    def of_run(state: _State, own: _Setting) -> _State:
        def of_batch(state: _State, batch: Array) -> tuple[_State, None]:
            x = images.train[batch]
            x = x if own.element is None else own.element(x)
            y = images.train_targets[batch]
            parameters, memory, _ = step(net, *state, x, y, descent, own.rate)
            return _State(parameters, memory), None

        def of_epoch(state: _State, epoch: Array) -> tuple[_State, None]:
            order = jax.random.permutation(jax.random.fold_in(own.key, epoch), count)
            return jax.lax.scan(of_batch, state, order[: batches * plan.batch].reshape(batches, plan.batch))

        return jax.lax.scan(of_epoch, state, done + jnp.arange(epochs))[0]

    return _over_runs(plan, of_run)(state, setting)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _seen(net: Network, plan: Plan, parameters: Parameters, element: Element | None, images: Images) -> Look:
    """Look at all runs; the accuracies are still numbers of images."""
    # training and test images in the same blocks, and apart from the steps: compiled once
    sizes = [len(images.train), len(images.test)]
    block = min(_BLOCK, max(sizes))
    # the last block of each is filled up from the beginning
    filled = [np.arange(-(-size // block) * block) % size for size in sizes]
    blocks = np.concatenate([filled[0], sizes[0] + filled[1]]).reshape(-1, block)
    every = jnp.concatenate([images.train, images.test])

    def right(values: Array, targets: Array) -> Array:
        return jnp.sum(values.argmax(1) == targets.argmax(1))

    def of_run(parameters: Parameters, element: Element | None) -> Look:
        def of_block(chosen: Array) -> Array:
            x = every[chosen]
            return net.apply(parameters, x if element is None else element(x))

        outputs = jax.lax.map(of_block, blocks).reshape(-1, net.outputs)
        train, test = outputs[: sizes[0]], outputs[len(filled[0]) :][: sizes[1]]
        return Look(
            right(train, images.train_targets),
            right(test, images.test_targets),
            squared_error(train, images.train_targets),
            test,
        )

    return _over_runs(plan, of_run)(parameters, element)
