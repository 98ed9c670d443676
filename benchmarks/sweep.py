"""The whole paper-scale sweep of A-F1: 840 trainings, N up to 5000, on all cores.

    python benchmarks/sweep.py [--cores 4] [--sizes 5 10 ...]

Vanilla, sampled DA, FA and EA, three teachers, 10 repetitions, float32: the trainings alone, without
the distances. The JAX scan is timed on a stretch of steps of each size and scaled up by the number of
steps, on as many cores; it prints the ratio.
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor

import timing

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--cores", type=int, default=4)
parser.add_argument("--sizes", type=int, nargs="+", default=[5, 10, 50, 100, 500, 1000, 5000])
timing.pin(parser.parse_args().cores)

import jax  # noqa: E402  (pinned first: XLA sizes its thread pool when it starts)
import numpy as np  # noqa: E402

from widesym.meanfield.dynamics import SGD, simulate, start_cloud  # noqa: E402
from widesym.meanfield.schemes import scheme  # noqa: E402
from widesym.meanfield.teachers import TEACHERS, paper_teacher  # noqa: E402
from widesym.study.provenance import device  # noqa: E402
from widesym.study.sweeps import repetition_key  # noqa: E402

SCHEMES = [scheme(name) for name in ("vanilla", "da-sampled", "fa", "ea")]
REPETITIONS, HORIZON = 10, 20
STRETCH = 50  # steps on which the JAX scan is timed


def train(teacher, N, repetition, steps, backend):
    key = repetition_key(2024, N, repetition)
    start = start_cloud(jax.random.fold_in(key, 0), N, teacher)[None]
    keys = jax.random.fold_in(key, 1)[None]
    return simulate(teacher, SCHEMES, start, keys, SGD(), (steps,), backend=backend).clouds


def main() -> None:
    arguments = parser.parse_args()
    teachers = {name: paper_teacher(name) for name in TEACHERS}
    train(teachers["WI"], 5, 0, 1, "compiled")  # compile
    rows, total, scan_total = [], 0.0, 0.0
    with ThreadPoolExecutor(arguments.cores) as pool:
        for N in arguments.sizes:
            start = time.perf_counter()
            jobs = [
                pool.submit(train, teacher, N, r, HORIZON * N, "compiled")
                for teacher in teachers.values()
                for r in range(REPETITIONS)
            ]
            assert all(np.isfinite(job.result()).all() for job in jobs)
            seconds = time.perf_counter() - start
            one = timing.best(lambda N=N: train(teachers["WI"], N, 0, STRETCH, "jax"), repeats=3) / STRETCH
            scan = one * HORIZON * N * len(teachers) * REPETITIONS
            total, scan_total = total + seconds, scan_total + scan
            trainings = len(jobs) * len(SCHEMES)
            rows.append((str(N), str(trainings), f"{seconds:.1f}", f"{scan:.0f}", f"{scan / seconds:.1f}×"))
    count = sum(int(row[1]) for row in rows)
    rows.append(("all", str(count), f"{total:.1f}", f"{scan_total:.0f}", f"{scan_total / total:.1f}×"))
    title = f"A-F1 at the paper's scale, trainings only, {arguments.cores} cores; {device()}"
    timing.show(title, ("N", "trainings", "compiled, s", "JAX scan, s (scaled up)", "ratio"), rows)


if __name__ == "__main__":
    main()
