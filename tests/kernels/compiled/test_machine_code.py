"""The compiled kernels give the same bits in a process that compiles them and in one that loads them."""

import os
import subprocess
import sys

RUN = """
import hashlib, numpy as np
from widesym.architectures import Architecture
from widesym.kernels.compiled import recursion
from widesym.kernels.pairs import pair_kernels

x = np.random.default_rng(0).standard_normal((20, 6, 5, 3))
digest = hashlib.sha256()
for activation in ("relu", "erf"):
    for kind in ("GAP", "FCN"):
        for kernel in pair_kernels(Architecture(kind, 3, activation=activation), x):
            digest.update(kernel.tobytes())
print(*(sum(run.stats.cache_hits.values()) for run in (recursion.relu, recursion.erf)), digest.hexdigest())
"""


def test_compiling_and_loading_give_the_same_bits(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    runs = [
        subprocess.run(
            [sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert [run[:2] for run in runs] == [["0", "0"], ["1", "1"]]
    assert runs[0][2] == runs[1][2]
