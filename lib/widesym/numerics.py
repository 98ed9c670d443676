"""The numerical settings that silently move numbers, set in one place.

* ``jax_threefry_partitionable``: the same key gives the same bits whatever the JAX release and
  however an array is split over devices (JAX changed its default at 0.5).
* ``jax_default_matmul_precision = "float32"``: recent GPUs otherwise multiply float32 in TF32,
  three decimal digits.
* ``jax_enable_x64``: theorem checks and solves need float64; arrays that shall be float32 say so.
"""

import jax

SETTINGS = {
    "jax_threefry_partitionable": True,
    "jax_default_matmul_precision": "float32",
    "jax_enable_x64": True,
}


def enable() -> None:
    """Put :data:`SETTINGS` into JAX's configuration; called once, when ``widesym.meanfield`` is imported."""
    for name, value in SETTINGS.items():
        jax.config.update(name, value)
