"""Training steps of finite networks: one compiled scan against a plain Flax and optax loop.

    python benchmarks/networks.py [--cores 1] [--kinds FCN LCN VEC GAP] [--side 8] [--steps 40] [--runs 4]

Both train the same network (standard parametrisation, float32, batches of 40, momentum 0.9) from the same
weights on the same batches, and their ends must agree. The plain way is that of Flax's examples: `nn.Conv`,
`nn.ConvLocal`, `nn.Dense`, `optax.sgd`, and a Python loop over a jitted step. The last two columns are our
step with several runs at once, under `vmap` and in turn, per step and run.
"""

import argparse
import functools

import timing

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--cores", type=int, default=1, help="cores that every way may use")
parser.add_argument("--kinds", nargs="+", default=["FCN", "LCN", "VEC", "GAP"])
parser.add_argument("--side", type=int, default=8, help="of the images, in pixels")
parser.add_argument("--depth", type=int, default=3)
parser.add_argument("--steps", type=int, default=40)
parser.add_argument("--runs", type=int, default=4)
parser.add_argument("--factor", type=float, default=1.0, help="of the widths")
timing.pin(parser.parse_args().cores)

import flax.linen as nn  # noqa: E402  (pinned first: XLA sizes its thread pool when it starts)
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402

from widesym.architectures import Architecture  # noqa: E402
from widesym.networks.models import network  # noqa: E402
from widesym.networks.objective import Descent, step  # noqa: E402
from widesym.study.provenance import device, versions  # noqa: E402

WIDTHS = {"FCN": 512, "LCN": 16, "VEC": 32, "GAP": 32}
IMAGES, BATCH, OUTPUTS = 400, 40, 10
AGREE = 1e-4  # float32, after some steps
DESCENT = Descent(0.02, 0.9)


class Plain(nn.Module):
    """The same networks in Flax's own layers."""

    kind: str
    depth: int
    width: int

    @nn.compact
    def __call__(self, x):
        if self.kind == "FCN":
            x = x.reshape(len(x), -1)
        for _ in range(self.depth):
            layer = {
                "FCN": functools.partial(nn.Dense, self.width),
                "LCN": functools.partial(nn.ConvLocal, self.width, (3, 3), padding="CIRCULAR"),
            }.get(self.kind, functools.partial(nn.Conv, self.width, (3, 3), padding="CIRCULAR"))
            x = nn.relu(layer()(x))
        x = x.mean((1, 2)) if self.kind == "GAP" else x.reshape(len(x), -1)
        return nn.Dense(OUTPUTS)(x)


def plain_weights(kind, parameters):
    """Our weights in Flax's layout."""
    names = {"FCN": "Dense", "LCN": "ConvLocal"}
    found = {}
    hidden = [name for name in parameters if name != "readout"]
    for index, name in enumerate(hidden):
        weight, bias = parameters[name]["weight"], parameters[name]["bias"]
        if kind == "FCN":
            weight = weight[0, 0]
        if kind == "LCN":  # Flax has the channels of a patch before its pixels
            weight = jnp.moveaxis(weight, 4, 2).reshape(*weight.shape[:2], -1, weight.shape[-1])
        found[f"{names.get(kind, 'Conv')}_{index}"] = {"kernel": weight, "bias": bias}
    last = parameters["readout"]
    dense = f"Dense_{len(hidden) if kind == 'FCN' else 0}"
    found[dense] = {"kernel": last["weight"].reshape(-1, OUTPUTS), "bias": last["bias"]}
    return found


def measure(kind, options):
    width = max(1, round(WIDTHS[kind] * options.factor))
    architecture = Architecture(
        kind, options.depth, widths=(width,) * options.depth, parametrisation="standard"
    )
    net = network(architecture, options.side, options.side, 3, OUTPUTS)
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(IMAGES, options.side, options.side, 3)), jnp.float32)
    y = jnp.asarray(np.eye(OUTPUTS)[rng.integers(OUTPUTS, size=IMAGES)] - 1 / OUTPUTS, jnp.float32)
    batches = jnp.asarray(rng.integers(IMAGES, size=(options.steps, BATCH)))
    starts = jax.vmap(net.init)(jax.random.split(jax.random.key(0), options.runs))

    plain, transform = Plain(kind, options.depth, width), optax.sgd(DESCENT.rate, momentum=DESCENT.mass)

    @jax.jit
    def plain_step(parameters, memory, images, targets):
        def loss(theta):
            return 0.5 * jnp.mean((plain.apply({"params": theta}, images) - targets) ** 2)

        updates, memory = transform.update(jax.grad(loss)(parameters), memory)
        return optax.apply_updates(parameters, updates), memory

    def loop(parameters):
        memory = transform.init(parameters)
        for batch in batches:
            parameters, memory = plain_step(parameters, memory, x[batch], y[batch])
        return jax.block_until_ready(parameters)

    def run(parameters):
        def one(state, batch):
            return step(net, *state, x[batch], y[batch], DESCENT)[:2], None

        return jax.lax.scan(one, (parameters, DESCENT.memory.init(parameters)), batches)[0][0]

    ours = jax.jit(run)
    ways = {"vmap": jax.jit(jax.vmap(run)), "turn": jax.jit(lambda many: jax.lax.map(run, many))}
    start = jax.tree.map(lambda a: a[0], starts)
    theirs = loop(plain_weights(kind, start))
    here = plain_weights(kind, ours(start))
    apart = max(float(jnp.abs(theirs[n][p] - here[n][p]).max()) for n in here for p in here[n])
    assert apart < AGREE, f"{kind}: ends differ by {apart}"
    seconds = {"plain": timing.best(lambda: loop(plain_weights(kind, start)), repeats=3)}
    seconds["ours"] = timing.best(lambda: jax.block_until_ready(ours(start)), repeats=3)
    for name, way in ways.items():
        seconds[name] = (
            timing.best(lambda way=way: jax.block_until_ready(way(starts)), repeats=3) / options.runs
        )
    milli = {name: f"{value / options.steps * 1e3:.2f}" for name, value in seconds.items()}
    ratio = f"{seconds['plain'] / seconds['ours']:.1f}×"
    return kind, str(width), milli["plain"], milli["ours"], ratio, milli["vmap"], milli["turn"]


def main() -> None:
    options = parser.parse_args()
    rows = [measure(kind, options) for kind in options.kinds]
    title = (
        f"Steps of momentum SGD, {options.side} x {options.side} pixels, {options.depth} hidden layers, "
        f"{options.cores} core(s), float32; {device()}; jax {versions()['jax']}"
    )
    runs = f"{options.runs} runs"
    header = (
        "kind",
        "width",
        "Flax loop, ms",
        "scan, ms",
        "loop / scan",
        f"{runs} by vmap, ms",
        f"{runs} in turn, ms",
    )
    timing.show(title, header, rows)


if __name__ == "__main__":
    main()
