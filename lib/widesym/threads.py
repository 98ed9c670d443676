"""Threads: how many a process may use, told to numerical libraries before they are loaded.

Each of k processes that takes all cores for itself makes all of them slow: idle threads wait by spinning.
Measured: the linear theory of A-S8, one of two processes on four busy cores, 20 s with one thread each and
more than 500 s with four.
"""

import contextlib
import os
from collections.abc import Iterator

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NPROC",  # size of the thread pools of JAX's CPU client
)


def limit(count: int) -> dict[str, str]:
    """Return the environment variables that keep a process to ``count`` threads of computing."""
    return dict.fromkeys(VARIABLES, str(count))


@contextlib.contextmanager
def limited(count: int) -> Iterator[None]:
    """Have processes that start in this context use ``count`` threads; what the user has set wins."""
    added = {name: value for name, value in limit(count).items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
