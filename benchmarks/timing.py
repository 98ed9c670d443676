"""What the benchmarks share: the machine in words, best-of-several times, pinning to cores, tables.

A benchmark prints times and ratios of two ways to do the same work in the same run; it asserts that
the results agree, never a time.
"""

import os
import time
from collections.abc import Callable, Sequence


def pin(cores: int) -> None:
    """Keep this process on its first ``cores`` cores; call it before JAX is imported."""
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    os.sched_setaffinity(0, allowed)
    for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
        os.environ[f"{library}_NUM_THREADS"] = str(len(allowed))


def best(work: Callable[[], object], *, repeats: int = 5) -> float:
    """Return the least wall time of ``repeats`` calls, in seconds, after one call that does not count."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def show(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table, ready for the README."""
    print(f"\n{title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |")
