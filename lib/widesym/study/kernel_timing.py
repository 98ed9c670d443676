"""Seconds a pair of the compiled path and of Neural Tangents, and the arithmetic peak, in an own process.

On one core the time is the CPU time of the process: what its neighbours take does not count. On more it is
the time on the wall. Each number is the least of several calls, after one that does not count.
"""

import concurrent.futures
import functools
import multiprocessing
import os
import time
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numba import njit

from widesym.architectures import Architecture
from widesym.kernels.compiled.vectors import LANES, fma, splat, store
from widesym.kernels.images import prepare
from widesym.kernels.offsets import offsets
from widesym.kernels.pairs import kernels_of
from widesym.oracles.kernels import stax_kernels

CHANNELS = 3
# images on each side of a batch of Neural Tangents, the one most often fastest first; it keeps (H W)^2
# numbers a pair for GAP and LAP, H W for VEC and LCN, one for FCN
BATCHES = {
    "GAP": {8: (8, 16, 32, 4), 16: (2, 4, 8, 1), 32: (1, 2, 3)},
    "VEC": {8: (64, 32, 128, 16), 16: (32, 16, 64, 8), 32: (16, 8, 32, 4)},
    "FCN": {side: (512, 256, 1024, 128) for side in (8, 16, 32)},
}
# Of one later layer and pair of pixels: 13 additions, products and maxima, one root, 17 multiply-adds.
OPERATIONS, INSTRUCTIONS = 48, 31
AGREE = 1e-5


class Effort(NamedTuple):
    """How careful to be: cores, seconds of one call, calls, batches tried, seconds that a batch may take."""

    cores: int
    seconds: float
    repeats: int
    batches: int
    patience: float


def alone(effort: Effort, names: tuple[str, ...], sides: tuple[int, ...], depth: int) -> dict:
    """Run :func:`measure` in a new process, which keeps to its cores: XLA sizes its threads at its start."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        return pool.submit(measure, effort, names, sides, depth).result()


def measure(effort: Effort, names: tuple[str, ...], sides: tuple[int, ...], depth: int) -> dict:
    """Return the measurements of all networks and sizes.

    Args:
        effort: how careful to be.
        names: of networks, such as ``LAP4``.
        sides: of the square images.
        depth: hidden layers, ReLU.

    Returns:
        Arrays (network, side): ``compiled`` and ``tangents``, seconds a pair; ``prepare``, seconds an image;
        ``batch``, in which Neural Tangents was fastest; ``difference``, the largest relative one between the
        kernels of the two, both in float32; ``steps``, of the recursion in a pair. And ``peak``,
        floating-point operations a second, and ``load``, processes that wanted a core, before and after.

    Raises:
        RuntimeError: the two ways do not agree, and their times mean nothing.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: effort.cores])
    load = [os.getloadavg()[0]]
    found: dict = {"peak": peak(effort)}
    for name in names:
        for side in sides:
            network = Architecture(name[:3], depth, window=int(name[3:] or 0))
            one = {
                **compiled(effort, network, side),
                **tangents(effort, network, side),
                "steps": steps(network, side),
            }
            if not one["difference"] < AGREE:
                raise RuntimeError(
                    f"{name} on {side} x {side}: the compiled path differs from Neural Tangents by "
                    f"{one['difference']:.1e}, more than {AGREE:.0e}: a time says nothing then"
                )
            for quantity, value in one.items():
                found.setdefault(quantity, []).append(value)
    shape = (len(names), len(sides))
    arrays = {
        quantity: np.array(values).reshape(shape) if isinstance(values, list) else values
        for quantity, values in found.items()
    }
    return {**arrays, "load": np.array([*load, os.getloadavg()[0]])}


def images(seed: int, count: int, side: int) -> np.ndarray:
    """Return random images, (count, H, W, 3), float32."""
    return np.random.default_rng(seed).standard_normal((count, side, side, CHANNELS), np.float32)


def steps(network: Architecture, side: int) -> int:
    """Return the steps of the recursion in a pair of images: offsets x pixels x layers; FCN has one pixel."""
    if network.kind == "FCN":
        return network.depth
    places = offsets(network, side, side)
    return len(places.rows) * len(places.columns) * side**2 * network.depth


def best(effort: Effort, work: Callable[[], object], repeats: int) -> float:
    """Return the least time of some calls, in seconds, after one call that does not count."""
    clock = time.process_time if effort.cores == 1 else time.perf_counter
    work()
    times = []
    for _ in range(repeats):
        start = clock()
        work()
        times.append(clock() - start)
    return min(times)


@njit(nogil=True, error_model="numpy")
def _multiply_adds(count, number, out):
    """12 independent chains of ``count`` multiply-adds each."""
    x = splat(number)
    a = b = c = d = e = f = g = h = i = j = k = l = x  # noqa: E741
    for _ in range(count):
        a, b, c, d = fma(a, x, x), fma(b, x, x), fma(c, x, x), fma(d, x, x)
        e, f, g, h = fma(e, x, a), fma(f, x, b), fma(g, x, c), fma(h, x, d)
        i, j, k, l = fma(i, x, a), fma(j, x, b), fma(k, x, c), fma(l, x, d)  # noqa: E741
    store(out, 0, a + b + c + d + e + f + g + h + i + j + k + l)


def peak(effort: Effort) -> float:
    """Return the floating-point operations a second of all cores, float32: multiply-adds on registers."""
    lanes, count = LANES[np.dtype(np.float32)], 2_000_000

    def work():
        with concurrent.futures.ThreadPoolExecutor(effort.cores) as pool:
            out = [np.zeros(lanes, np.float32) for _ in range(effort.cores)]
            list(pool.map(lambda place: _multiply_adds(count, np.float32(0.5), place), out))

    return effort.cores * count * 12 * lanes * 2 / best(effort, work, 2 * effort.repeats)


def compiled(effort: Effort, network: Architecture, side: int) -> dict[str, float]:
    """Time the compiled path: ``compiled``, seconds a pair in a block, and ``prepare``, seconds an image."""
    rows, columns, seconds = 2, 4 * LANES[np.dtype(np.float32)], 0.0
    while seconds < effort.seconds / 2 and rows < 1024:
        rows, columns = (2 * rows, columns) if rows < columns else (rows, 2 * columns)
        start = time.perf_counter()
        one, other = (prepare(network, images(seed, n, side)) for seed, n in ((0, rows), (1, columns)))
        prepared = (time.perf_counter() - start) / (rows + columns)
        work = functools.partial(kernels_of, one, other, backend="compiled", threads=effort.cores)
        seconds = best(effort, work, 1)
    return {"compiled": best(effort, work, effort.repeats) / (rows * columns), "prepare": prepared}


def tangents(effort: Effort, network: Architecture, side: int) -> dict[str, float]:
    """Time Neural Tangents, jitted, float32: ``tangents``, seconds a pair, ``batch`` and ``difference``."""
    kernels, found, worst = stax_kernels(network), {}, 0.0
    kind = {"LAP": "GAP", "LCN": "VEC"}.get(network.kind, network.kind)
    with jax.enable_x64(False):  # or it computes in float64 whatever its input
        for batch in BATCHES[kind][side][: effort.batches]:
            if found and min(found.values()) * batch**2 * 3 > effort.patience:
                continue
            x1, x2 = images(0, batch, side), images(1, batch, side)
            one, other, results = jnp.asarray(x1), jnp.asarray(x2), []

            def work(one: jax.Array = one, other: jax.Array = other, results: list = results) -> None:
                results[:] = jax.block_until_ready(kernels(one, other))

            repeats = max(1, effort.repeats // 2) if kind == "GAP" else effort.repeats  # seconds a call
            found[batch] = best(effort, work, repeats) / batch**2
            own = kernels_of(prepare(network, x1), prepare(network, x2), backend="compiled")
            worst = max(
                worst,
                *(float(np.abs(a / np.asarray(b) - 1).max()) for a, b in zip(own, results, strict=True)),
            )
    batch = min(found, key=found.get)
    return {"tangents": found[batch], "batch": batch, "difference": worst}
