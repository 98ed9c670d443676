"""Kernel pairs a second: the compiled path against Neural Tangents.

    python benchmarks/kernels.py [--cores 4] [--quick]

NNGP and NTK together, float32, ReLU, 8 hidden layers, three channels, for all kinds of networks, on random
images. Neural Tangents runs jitted, in the batch of those below that it is fastest in; the compiled path in
one block, images prepared (their time is shown). Errors are the largest over some pairs, relative to Neural
Tangents in float64. The arithmetic peak is measured in the same run: multiply-adds on registers, all cores.
"""

import argparse
import functools
import os
import time
from concurrent.futures import ThreadPoolExecutor

import timing

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--cores", type=int, default=4, help="cores that both may use")
parser.add_argument("--quick", action="store_true", help="no 32 x 32 images, and fewer repetitions")
options = parser.parse_args()
timing.pin(options.cores)

import jax  # noqa: E402  (pinned first: XLA sizes its thread pool when it starts)
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from numba import njit  # noqa: E402

from widesym.architectures import Architecture  # noqa: E402
from widesym.kernels.compiled.vectors import LANES, fma, splat, store  # noqa: E402
from widesym.kernels.images import prepare  # noqa: E402
from widesym.kernels.offsets import offsets  # noqa: E402
from widesym.kernels.pairs import kernels_of  # noqa: E402
from widesym.oracles.kernels import stax_kernels  # noqa: E402
from widesym.study.provenance import device, versions  # noqa: E402

DEPTH, CHANNELS = 8, 3
KINDS = [("GAP", 0), ("LAP", 8), ("LAP", 4), ("VEC", 0), ("LCN", 0), ("FCN", 0)]
# images on each side of a batch of Neural Tangents; it keeps (H W)^2 numbers a pair for the pooling kinds
BATCHES = {
    "pooling": {8: (4, 8, 16, 32), 16: (1, 2, 4, 8), 32: (1, 2, 3)},
    "VEC": {8: (16, 32, 64, 128), 16: (8, 16, 32, 64), 32: (4, 8, 16, 32)},
    "FCN": {size: (128, 256, 512, 1024) for size in (8, 16, 32)},
}
SECONDS = 0.2 if options.quick else 1.0  # about, that one call of the compiled path shall take
REPEATS = 3 if options.quick else 7
PATIENCE = 5 if options.quick else 60  # seconds that one batch of Neural Tangents may take
AGREE = 1e-5

# Of one later layer and pixel pair: 13 additions, products and maxima, one root, 17 multiply-adds.
OPERATIONS, INSTRUCTIONS = 48, 31


def images(seed: int, count: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, size, size, CHANNELS), np.float32)


@njit(nogil=True, error_model="numpy")
def multiply_adds(count, number, out):
    """12 independent chains of ``count`` multiply-adds each."""
    x = splat(number)
    a = b = c = d = e = f = g = h = i = j = k = l = x  # noqa: E741
    for _ in range(count):
        a, b, c, d = fma(a, x, x), fma(b, x, x), fma(c, x, x), fma(d, x, x)
        e, f, g, h = fma(e, x, a), fma(f, x, b), fma(g, x, c), fma(h, x, d)
        i, j, k, l = fma(i, x, a), fma(j, x, b), fma(k, x, c), fma(l, x, d)  # noqa: E741
    store(out, 0, a + b + c + d + e + f + g + h + i + j + k + l)


def peak() -> float:
    """Return the floating-point operations a second of all cores, float32."""
    lanes, count = LANES[np.dtype(np.float32)], 2_000_000

    def work():
        with ThreadPoolExecutor(options.cores) as pool:
            out = [np.zeros(lanes, np.float32) for _ in range(options.cores)]
            list(pool.map(lambda place: multiply_adds(count, np.float32(0.5), place), out))

    return options.cores * count * 12 * lanes * 2 / timing.best(work, repeats=10)


def neural_tangents(architecture: Architecture, size: int) -> tuple[float, int]:
    """Return seconds a pair, and the batch in which it is fastest."""
    kernels, found = stax_kernels(architecture), {}
    kind = {"GAP": "pooling", "LAP": "pooling", "FCN": "FCN"}.get(architecture.kind, "VEC")

    def work(x1, x2):
        for kernel in kernels(x1, x2):
            kernel.block_until_ready()

    jax.config.update("jax_enable_x64", False)  # or it computes in float64 whatever its input
    for batch in BATCHES[kind][size]:
        if found and min(found.values()) * batch**2 * 3 > PATIENCE:
            break
        x1, x2 = (jnp.asarray(images(seed, batch, size)) for seed in (0, 1))
        assert kernels(x1, x2)[1].dtype == np.float32
        repeats = 2 if kind == "pooling" else REPEATS
        found[batch] = timing.best(functools.partial(work, x1, x2), repeats=repeats) / batch**2
    jax.config.update("jax_enable_x64", True)
    batch = min(found, key=found.get)
    return found[batch], batch


def compiled(architecture: Architecture, size: int) -> tuple[float, float]:
    """Return seconds a pair, and seconds to prepare an image."""
    rows, columns, seconds = 2, 4 * LANES[np.dtype(np.float32)], 0.0
    while seconds < SECONDS / 2 and rows < 1024:
        rows, columns = (2 * rows, columns) if rows < columns else (rows, 2 * columns)
        start = time.perf_counter()
        one, other = (prepare(architecture, images(seed, n, size)) for seed, n in ((0, rows), (1, columns)))
        prepared = (time.perf_counter() - start) / (rows + columns)
        work = functools.partial(kernels_of, one, other, threads=options.cores)
        seconds = timing.best(work, repeats=1)
    best = timing.best(work, repeats=REPEATS)
    return best / (rows * columns), prepared


def error(architecture: Architecture, size: int) -> float:
    """Return the largest relative error of both kernels of four pairs, one an image with itself."""
    x1, x2 = images(0, 2, size), images(1, 2, size)
    x2[0] = x1[0]
    expected = stax_kernels(architecture)(x1.astype(np.float64), x2.astype(np.float64))
    found = kernels_of(prepare(architecture, x1), prepare(architecture, x2), threads=options.cores)
    return max(
        float(np.abs(kernel / np.asarray(other) - 1).max())
        for kernel, other in zip(found, expected, strict=True)
    )


def main() -> None:
    rows, top = [], peak()
    for kind, window in KINDS:
        for size in (8, 16) if options.quick else (8, 16, 32):
            architecture = Architecture(kind, DEPTH, window=window)
            if window == size:
                continue  # that is GAP
            other, batch = neural_tangents(architecture, size)
            seconds, prepared = compiled(architecture, size)
            difference = error(architecture, size)
            assert difference < AGREE, (architecture, size, difference)
            places = offsets(architecture, size, size)
            numbers = len(places.rows) * len(places.columns) * size**2 * DEPTH
            rate = "" if kind == "FCN" else f"{numbers * OPERATIONS / seconds / top:.0%}"
            rows.append(
                (
                    architecture.name,
                    f"{size}×{size}",
                    f"{other * 1e6:.3g}",
                    str(batch),
                    f"{seconds * 1e6:.3g}",
                    f"{1 / seconds:.3g}",
                    f"**{other / seconds:.3g}×**",
                    f"{difference:.0e}",
                    rate,
                    f"{prepared * 1e6:.0f}",
                )
            )
            print(" ".join(rows[-1]), flush=True)
    title = (
        f"NNGP and NTK, L = {DEPTH}, float32, {options.cores} cores; {device()}; jax {versions()['jax']}; "
        f"load {os.getloadavg()[0]:.1f}\n\nPeak {top / 1e9:.0f} Gflop/s; the mix of operations allows "
        f"{OPERATIONS / (2 * INSTRUCTIONS):.0%} of it"
    )
    header = (
        "network",
        "images",
        "Neural Tangents, µs a pair",
        "its batch",
        "compiled, µs a pair",
        "pairs a second",
    )
    timing.show(title, (*header, "ratio", "error", "of peak", "prepare, µs an image"), rows)


if __name__ == "__main__":
    main()
