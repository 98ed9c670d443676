"""SGD steps a second: the compiled path against the JAX scan and a Python loop over a jitted step.

    python benchmarks/sgd_steps.py [--cores 1]

The same steps of the paper's network (vanilla, B = 20, float32) from the same start with the same
draws, by three ways; the ends must agree. The loop over a jitted step is how the peer packages train.
With noise (beta = 1e-6, as in the paper) and without (beta = 0).
"""

import argparse
import functools

import timing

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--cores", type=int, default=1, help="cores that every way may use")
timing.pin(parser.parse_args().cores)

import jax  # noqa: E402  (pinned first: XLA sizes its thread pool when it starts)
import numpy as np  # noqa: E402

from widesym.meanfield import dynamics  # noqa: E402
from widesym.meanfield.dynamics import SGD, simulate, start_cloud  # noqa: E402
from widesym.meanfield.schemes import scheme  # noqa: E402
from widesym.meanfield.teachers import paper_teacher  # noqa: E402
from widesym.study.provenance import device, versions  # noqa: E402

STEPS = {100: 4000, 1000: 1000, 5000: 300}
AGREE = 1e-3  # float32, hundreds of steps


def loop(teacher, schemes, start, keys, sgd, steps):
    """One jitted step at a time, as a training loop written in Python does it."""
    advance = dynamics._advance(teacher, schemes, sgd)
    clouds = jax.numpy.asarray(start[:, None])
    for step in range(steps):
        clouds, _ = advance(clouds, keys, step, 1)
    return np.asarray(clouds)


def main() -> None:
    teacher, schemes = paper_teacher("WI"), (scheme("vanilla"),)
    key = jax.random.key(0)
    cores = parser.parse_args().cores
    rows = []
    for beta in (1e-6, 0.0):
        sgd = SGD(beta=beta)
        for N, steps in STEPS.items():
            start = start_cloud(key, N, teacher)[None].astype(np.float32)
            run = functools.partial(simulate, teacher, schemes, start, key[None], sgd, (steps,))
            ends = {
                "compiled": lambda run=run: run(backend="compiled").clouds[:, :, 0],
                "scan": lambda run=run: run(backend="jax").clouds[:, :, 0],
                "loop": functools.partial(loop, teacher, schemes, start, key[None], sgd, steps),
            }
            clouds = {name: work() for name, work in ends.items()}
            for name, cloud in clouds.items():
                assert np.abs(cloud - clouds["compiled"]).max() < AGREE, name
            seconds = {name: timing.best(work) / steps for name, work in ends.items()}
            fast = seconds["compiled"]
            rows.append(
                (
                    f"{beta:.0e}" if beta else "0",
                    str(N),
                    *(f"{seconds[name] * 1e6:.1f}" for name in ends),
                    *(f"{seconds[name] / fast:.1f}×" for name in ("scan", "loop")),
                    f"{fast / (N * sgd.batch * 2) * 1e9:.2f}",
                )
            )
    title = f"SGD step, {cores} core(s), float32, B = 20; {device()}; jax {versions()['jax']}"
    header = ("β", "N", "compiled, µs", "JAX scan, µs", "jitted loop, µs", "scan / compiled")
    timing.show(title, (*header, "loop / compiled", "ns a sigmoid"), rows)


if __name__ == "__main__":
    main()
