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

from numba.core import config


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
_import_with_own_cache(f"{__name__}.deep")
