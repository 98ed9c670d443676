"""The compiled step gives the same bits in a process that compiles it and in one that loads it.

numba compiles a called function once by itself and once inside its caller; before inlining was
forced, the first process to run linked the one and every later process the other.
"""

import os
import subprocess
import sys

RUN = """
import hashlib, jax, numpy as np
from widesym.meanfield.compiled import sgd
from widesym.meanfield.dynamics import SGD, simulate, start_cloud
from widesym.meanfield.schemes import SCHEMES
from widesym.meanfield.teachers import paper_teacher

teacher, key = paper_teacher("WI"), jax.random.key(1)
start = start_cloud(key, 700, teacher)[None]
clouds = simulate(teacher, list(SCHEMES.values()), start, key[None], SGD(), (20,), backend="compiled").clouds
loaded = sum(sgd.run.stats.cache_hits.values())
print(loaded, hashlib.sha256(np.ascontiguousarray(clouds).tobytes()).hexdigest())
"""


def test_compiling_and_loading_give_the_same_bits(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    runs = [
        subprocess.run(
            [sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, check=True
        )
        for _ in range(2)
    ]
    (compiled, first), (loaded, second) = (run.stdout.split() for run in runs)
    assert (compiled, loaded) == ("0", "1")
    assert first == second


TARGET = """
import numpy as np
from widesym.meanfield.transport import wasserstein2_squared
from numba.core.registry import cpu_target

wasserstein2_squared(np.arange(12.0).reshape(6, 2), np.ones((6, 2)))
print(cpu_target.target_context.codegen().magic_tuple()[2])
"""


def test_whatever_compiles_first_all_processes_use_vectors_of_one_width():
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CPU_FEATURES"}
    found = subprocess.run(
        [sys.executable, "-c", TARGET], env=environment, capture_output=True, text=True, check=True
    )
    assert "-prefer-256-bit" in found.stdout
