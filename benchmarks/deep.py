"""Steps of residual networks: the compiled path against the JAX scan.

    python benchmarks/deep.py [--cores 1] [--depths 10 100 1000]

The same steps of the matrix unit (all five schemes, M = 5, B = 20, float64) from the same start with the
same draws; the ends must agree. Last column: what the paper's profile costs, L M T steps a training.
"""

import argparse
import functools

import timing

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--cores", type=int, default=1, help="cores that every way may use")
parser.add_argument("--depths", type=int, nargs="+", default=[10, 100, 1000])
timing.pin(parser.parse_args().cores)

import jax  # noqa: E402  (pinned first: XLA sizes its thread pool when it starts)
import numpy as np  # noqa: E402

from widesym.meanfield.deep import start_layers  # noqa: E402
from widesym.meanfield.deep_dynamics import simulate_deep, time_steps  # noqa: E402
from widesym.meanfield.schemes import scheme  # noqa: E402
from widesym.study.experiments.deep import EXPERIMENT, SCHEMES, teacher_of  # noqa: E402
from widesym.study.provenance import device, versions  # noqa: E402

STEPS = {10: 2000, 100: 200, 1000: 20}  # the nearest depth's; work of about a second
AGREE = 1e-9  # float64


def main() -> None:
    options = parser.parse_args()
    config = EXPERIMENT.profiles["paper"]
    teacher = teacher_of(config, "matrix", "WI")
    key = jax.random.key(0)
    rows = []
    for L in options.depths:
        steps = STEPS[min(STEPS, key=lambda depth: abs(depth - L))]
        start = start_layers(key, L, config.width, teacher.model)[None]
        run = functools.partial(
            simulate_deep, teacher, [scheme(s) for s in SCHEMES], start, key[None], config.sgd()
        )
        ends = {name: run((steps,), backend=name).clouds for name in ("compiled", "jax")}
        assert np.abs(ends["compiled"] - ends["jax"]).max() < AGREE
        # the difference of two lengths leaves out what a call costs besides its steps
        seconds = {}
        for name in ends:
            long, short = (
                timing.best(functools.partial(run, (count,), backend=name), repeats=2)
                for count in (2 * steps, steps)
            )
            seconds[name] = (long - short) / steps
        # a datum passes LM units of two sigmoids, once for each of the 3 + 2 * 2 points that five schemes see
        sigmoids = L * config.width * 2 * config.batch * 7
        whole = seconds["compiled"] * config.horizon * time_steps(config.count, L, config.width)
        rows.append(
            (
                str(L), *(f"{seconds[name] * 1e3:.3f}" for name in ends),
                f"{seconds['jax'] / seconds['compiled']:.1f}×", f"{seconds['compiled'] / sigmoids * 1e9:.2f}",
                f"{whole:.1f}",
            )
        )  # fmt: skip
    title = (
        f"Residual step, {options.cores} core(s), float64, all schemes; {device()}; jax {versions()['jax']}"
    )
    header = ("L", "compiled, ms", "JAX scan, ms", "scan / compiled", "ns a sigmoid", "a training, s")
    timing.show(title, header, rows)


if __name__ == "__main__":
    main()
