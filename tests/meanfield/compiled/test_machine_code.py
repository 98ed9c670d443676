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
