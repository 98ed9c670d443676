"""The CPU fast path: noisy SGD compiled by numba, one core a repetition.

On the paper's unit a step costs about 0.33 ns a sigmoid, forward and pull-back together, against
1.8 ns for the JAX scan (``benchmarks/sgd_steps.py``, N = 5000, without noise). What makes it fast:

* particles are stored coordinate-major, in blocks that stay in the first-level cache together with
  their gradients;
* the sigmoid is a rational tanh (float32), and the 2x2 matrix unit's two divisions become one;
* the pull-back needs only ``sigma' = 1/4 - t^2`` with ``t = sigma - 1/2``, which the forward
  pass keeps;
* the noise is JAX's own threefry, evaluated in vector registers once for all schemes.

Nothing here is public: :func:`widesym.meanfield.dynamics.simulate` chooses this path.
"""

import hashlib
import importlib
from pathlib import Path

import llvmlite.binding
from numba.core import config

# LLVM keeps to half-width vectors on processors with AVX-512 unless it is told otherwise; full
# width gains about a quarter here. Read once, when numba first compiles: later it is a no-op.
if config.CPU_NAME is None and config.CPU_FEATURES is None:
    config.CPU_NAME = llvmlite.binding.get_host_cpu_name()
    config.CPU_FEATURES = llvmlite.binding.get_host_cpu_features().flatten() + ",-prefer-256-bit"


def _import_with_own_cache(name: str) -> None:
    """Import a module so that numba keeps its machine code under a digest of all sources here.

    numba's own stamp covers the file of the cached function only: after an edit of ``units.py`` it
    would go on serving the old machine code of ``sgd.run``.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(here.glob("*.py")))).hexdigest()
    before = config.CACHE_DIR
    config.CACHE_DIR = str(Path(before or here / "__pycache__") / f"numba-{digest[:16]}")
    try:
        importlib.import_module(name)
    finally:
        config.CACHE_DIR = before


_import_with_own_cache(f"{__name__}.sgd")
