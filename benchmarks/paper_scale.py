"""What training at the papers' scale costs: arithmetic, and hours on this device or at an assumed pace.

    python benchmarks/paper_scale.py [--epochs 100] [--pace 20] [--time] [--runs 1]

For each experiment that trains finite networks, at its profile `paper`: how many trainings, and the floating
point operations of all their steps, counted by XLA in one compiled step of each network. How many epochs a
training takes nobody knows beforehand: `--epochs` is an assumption, and so is `--pace`, the TFLOP/s that a
device sustains (20 is 30 % of what an H100 does in float32 at most). With `--time` each step is
timed here instead, `--runs` of them together, as training does it on an accelerator; the wide ones take
seconds each on a CPU.
"""

import argparse
import dataclasses
import functools
from collections import Counter

import timing

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--epochs", type=float, default=100.0, help="through the training images, per training")
parser.add_argument("--pace", type=float, default=20.0, help="TFLOP/s, where nothing is timed")
parser.add_argument("--time", action="store_true", help="time every step on this device")
parser.add_argument("--runs", type=int, default=1, help="trainings side by side, where steps are timed")

import jax  # noqa: E402  (the parser first: --help needs no JAX)
import jax.numpy as jnp  # noqa: E402

from widesym.networks.models import Network, network  # noqa: E402
from widesym.networks.objective import Descent, step  # noqa: E402
from widesym.study.experiments import get  # noqa: E402
from widesym.study.experiments.data_efficiency import NETWORKS  # noqa: E402
from widesym.study.experiments.uniform_start import SEEN  # noqa: E402
from widesym.study.image_tasks import architecture  # noqa: E402
from widesym.study.provenance import device, versions  # noqa: E402

CHANNELS = 3
HOUR = 3600.0


def table(config) -> Counter:
    """B-F2: models under transformations, by every inference."""
    each = len(config.transformations) * len(config.inferences) * config.draws
    return Counter({(m, n, config.train): each for m, n in zip(config.models, config.widths, strict=True)})


def width(config) -> Counter:
    """B-F3: VEC of every width, two transformations."""
    each = len(config.transformations) * len(config.trainings) * config.draws
    return Counter({("VEC", n, config.train): each for n in config.widths})


def data_efficiency(config) -> Counter:
    """B-F4: every network at every size of the training set."""
    found = Counter()
    for model, _ in NETWORKS.values():
        for size in config.sizes:
            found[model, config.local_width if model == "LCN" else config.width, size] += config.draws
    return found


def path(config) -> Counter:
    """B-F6: VEC along the path, and GAP once."""
    each = config.members * config.draws
    vec = {("VEC", n, config.train): each * len(config.times) for n in config.widths}
    return Counter(vec | {("GAP", n, config.train): each for n in config.widths})


def uniform_start(config) -> Counter:
    """B-F9: two laws of the first layer."""
    pairs = zip(config.models, config.widths, strict=True)
    return Counter({(m, n, config.train): 2 * len(SEEN[m]) * config.draws for m, n in pairs})


EXPERIMENTS = {
    "synergy.network-table": table,
    "synergy.width": width,
    "synergy.data-efficiency": data_efficiency,
    "synergy.path": path,
    "synergy.uniform-start": uniform_start,
}


def described(model: str, width: int, config) -> Network:
    """The network of a training."""
    one = dataclasses.replace(architecture(model, config.depth), widths=(width,) * config.depth)
    return network(one, config.side, config.side, CHANNELS, config.classes)


@functools.cache
def compiled(net: Network, batch: int, runs: int):
    """One step of as many runs, and what it starts from."""

    def steps(parameters, memory, images, targets):
        moved = jax.vmap(lambda p, m: step(net, p, m, images, targets, Descent(1e-6, 0.9))[:2])
        return moved(parameters, memory)

    keys = jax.random.split(jax.random.key(0), runs)
    parameters = jax.vmap(net.init)(keys)
    memory = jax.vmap(Descent(1e-6, 0.9).memory.init)(parameters)
    images = jnp.ones((batch, net.height, net.width, net.channels), jnp.float32)
    arguments = (parameters, memory, images, jnp.zeros((batch, net.outputs), jnp.float32))
    return jax.jit(steps).lower(*arguments).compile(), arguments


def finished(program, *arguments):
    return jax.block_until_ready(program(*arguments))


def main() -> None:
    options = parser.parse_args()
    rows = []
    for name, count in EXPERIMENTS.items():
        config = get(name).profiles["paper"]
        trainings, operations, seconds = 0, 0.0, 0.0
        for (model, n, images), number in count(config).items():
            program, arguments = compiled(described(model, n, config), config.batch, options.runs)
            steps = number * options.epochs * (images // config.batch)
            flops = program.cost_analysis()["flops"] / options.runs
            trainings += number
            operations += steps * flops
            if options.time:
                taken = timing.best(functools.partial(finished, program, *arguments), repeats=2)
                seconds += steps * taken / options.runs
            else:
                seconds += steps * flops / (options.pace * 1e12)
        rows.append((name, str(trainings), f"{operations:.1e}", f"{seconds / HOUR:,.0f} h"))
    where = device() if options.time else f"an assumed {options.pace:g} TFLOP/s"
    timing.show(
        f"Training at the paper's scale, {options.epochs:g} epochs each; {where}; jax {versions()['jax']}",
        ("experiment", "trainings", "operations", "time"),
        rows,
    )


if __name__ == "__main__":
    main()
