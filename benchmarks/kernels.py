"""Kernel pairs a second: the compiled path against Neural Tangents.

    python benchmarks/kernels.py [--cores 4] [--quick]

NNGP and NTK together, float32, ReLU, 8 hidden layers, three channels, for all kinds of networks, on random
images. Neural Tangents runs jitted, in the batch that it is fastest in of those tried; the compiled path in
one block, images prepared (their time is shown). The results of the two must agree to 1e-5. The arithmetic
peak is measured in the same run: multiply-adds on registers, all cores.

It is the `paper` profile of the experiment `synergy.speed`: `widesym record synergy.speed` keeps its numbers
for the page. On one core the time is the CPU time of the process, on more the time on the wall.
"""

import argparse
import dataclasses

import timing

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--cores", type=int, default=4, help="cores that both may use")
parser.add_argument("--quick", action="store_true", help="no 32 x 32 images, and fewer repetitions")


def main() -> None:
    options = parser.parse_args()
    # imported here: the process that measures imports this file too
    from widesym.figures.speed import table, whole_table
    from widesym.study.experiments.speed import EXPERIMENT, run_shard
    from widesym.study.provenance import device, versions
    from widesym.study.store import Stored

    config = dataclasses.replace(EXPERIMENT.profiles["paper"], cores=options.cores)
    if options.quick:
        config = dataclasses.replace(config, sides=(8, 16), seconds=0.2, repeats=3, batches=2, patience=5.0)
    arrays = run_shard(config, "measurements")
    stored = Stored(arrays, {}, config)
    shown = table(stored)
    title = (
        f"NNGP and NTK, L = {config.depth}, float32, {config.cores} cores; {device()}; jax "
        f"{versions()['jax']}; load {arrays['load'][0]:.1f} to {arrays['load'][1]:.1f}; peak "
        f"{arrays['peak'] / 1e9:.0f} Gflop/s"
    )
    timing.show(title, shown.header, shown.rows)
    if 32 in config.sides:
        whole = whole_table(stored)
        timing.show("All of CIFAR-10 on all cores of this machine, extrapolated", whole.header, whole.rows)


if __name__ == "__main__":
    main()
