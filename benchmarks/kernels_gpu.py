"""Kernel pairs a second on a GPU: the fused kernel against batches in plain JAX, and hours for CIFAR-10.

    python benchmarks/kernels_gpu.py [--kind GAP] [--depth 8] [--sides 32 16 8] [--seconds 3] [--cpu]

NNGP and NTK together, float32, ReLU, three channels, random images, as many pairs as take the given seconds.
Every way is tried with several settings; one that the machine refuses is shown with its reason. All must
agree with float64 to 1e-5 of the kernel. The last column is the time that all pairs of CIFAR-10 would take at
that pace: 50,000 training images against each other, each pair once, and against 10,000 test images.

Without a GPU it stops; `--cpu` tries the script itself, on few pairs and without the fused kernel, whose
interpreter is no measure of anything. **It has not been run on a GPU yet.**
"""

import argparse
import functools
import sys
import time

import timing

CIFAR_PAIRS = 50_000 * 50_001 // 2 + 50_000 * 10_000
AGREE = 1e-5

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--kind", default="GAP", choices=["GAP", "LAP", "VEC", "FCN"])
parser.add_argument("--depth", type=int, default=8)
parser.add_argument("--sides", type=int, nargs="+", default=[32, 16, 8])
parser.add_argument("--seconds", type=float, default=3.0, help="of one timed run")
parser.add_argument("--cpu", action="store_true", help="try the script without a GPU")


def main() -> int:
    options = parser.parse_args()
    import jax
    import numpy as np

    from widesym.architectures import Architecture
    from widesym.kernels import batched, fused
    from widesym.kernels.images import prepare

    device = jax.devices()[0]
    if device.platform != "gpu" and not options.cpu:
        print("kernels_gpu: JAX sees no GPU here; install jax[cuda12], or try the script with --cpu")
        return 2
    rng = np.random.default_rng(0)
    ways = {
        f"batched, 2^{k} pixels": functools.partial(batched.kernels, pixels=1 << k) for k in range(19, 26, 2)
    }
    if device.platform == "gpu":
        ways |= {f"fused, {w} warps": functools.partial(fused.kernels, warps=w) for w in (1, 2, 4, 8)}

    for side in options.sides:
        window = {"window": 4} if options.kind == "LAP" else {}
        architecture = Architecture(options.kind, options.depth, **window)
        images = rng.standard_normal((4096, side, side, 3)).astype(np.float32)
        few = [prepare(architecture, part, "float64") for part in (images[:6], images[3:9])]
        expected = batched.kernels(*few)
        ready = prepare(architecture, images[: 16 if options.cpu else None], "float32")
        few = [prepare(architecture, part, "float32") for part in (images[:6], images[3:9])]
        rows = []
        for name, way in ways.items():
            try:
                error = max(
                    float(np.abs(a - b).max() / np.abs(b).max())
                    for a, b in zip(way(*few), expected, strict=True)
                )
                pace = measured(way, ready, options.seconds)
            except (
                Exception
            ) as reason:  # whatever a compiler or a driver says: the other ways are tried still
                rows.append(
                    (name, "failed", "", f"{type(reason).__name__}: {str(reason).splitlines()[0]:.80}")
                )
                continue
            agrees = f"{error:.0e}" + ("" if error < AGREE else " (too far)")
            rows.append((name, f"{pace:,.0f}", agrees, f"{CIFAR_PAIRS / pace / 3600:,.1f} h"))
        title = (
            f"{architecture.name}, L = {options.depth}, {side}x{side}, NNGP and NTK, float32; "
            f"{device.device_kind}, jax {jax.__version__}"
        )
        timing.show(title, ("way", "pairs a second", "error", "all of CIFAR-10"), rows)
    return 0


def measured(way, images, seconds: float) -> float:
    """Return pairs a second of the largest square block of images that takes the given seconds."""
    count = min(16, len(images))
    while True:
        one, other = images[:count], images[len(images) - count :]
        way(one, other)  # compiles what this size needs
        start = time.perf_counter()
        way(one, other)
        taken = time.perf_counter() - start
        if taken >= seconds or count == len(images):
            return count**2 / taken
        count = min(len(images), max(2 * count, int(0.9 * count * (seconds / taken) ** 0.5)))


if __name__ == "__main__":
    sys.exit(main())
