"""The numerical settings that silently move numbers, set in one place.

* ``jax_threefry_partitionable``: the same key gives the same bits whatever the JAX release and
  however an array is split over devices (JAX changed its default at 0.5).
* ``jax_default_matmul_precision = "float32"``: recent GPUs otherwise multiply float32 in TF32,
  three decimal digits.
* ``jax_enable_x64``: theorem checks and solves need float64; arrays that shall be float32 say so.
* numba's vectors: LLVM keeps to half-width ones on processors with AVX-512 unless it is told otherwise;
  full width gains about a quarter. The width decides the order of sums, and numba reads its setting once,
  when it first compiles: so it is set here, before any module of ours with a compiled function, and
  all processes compute the same bits whatever they import first.
"""

import jax
import llvmlite.binding
from numba.core import config as numba_config

SETTINGS = {
    "jax_threefry_partitionable": True,
    "jax_default_matmul_precision": "float32",
    "jax_enable_x64": True,
}


def enable() -> None:
    """Put :data:`SETTINGS` into JAX's configuration, and wide vectors into numba's if it has none of its own.

    Called when ``widesym.meanfield`` or ``widesym.kernels`` is imported; a second call changes nothing.
    """
    for name, value in SETTINGS.items():
        jax.config.update(name, value)
    if numba_config.CPU_NAME is None and numba_config.CPU_FEATURES is None:
        numba_config.CPU_NAME = llvmlite.binding.get_host_cpu_name()
        features = llvmlite.binding.get_host_cpu_features().flatten()
        numba_config.CPU_FEATURES = features + ",-prefer-256-bit"
