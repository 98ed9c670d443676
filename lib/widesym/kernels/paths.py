"""Which code computes kernel matrices on this machine: the fused kernel on a GPU, pairs of images elsewhere.

Tiles are stored under the fingerprint of the code that computed them, so those of a GPU, which differ in
the last digits, are never taken for those of a CPU.
"""

from types import ModuleType

import jax
import numpy as np

from widesym.kernels import pairs
from widesym.kernels.images import Images
from widesym.kernels.readout import Kernels


def path() -> ModuleType:
    """Return the module that computes here: :mod:`widesym.kernels.fused` on a GPU, else ``pairs``."""
    if jax.default_backend() == "gpu":
        from widesym.kernels import fused  # here: Pallas is of no use elsewhere

        return fused
    return pairs


def kernels_of(one: Images, other: Images | None = None, *, threads: int | None = None) -> Kernels:
    """Return NNGP and NTK of prepared images, (n1, n2) each, by the path of this machine.

    Args:
        one: images.
        other: images; None for ``one`` against itself.
        threads: on a CPU, None for one a core.

    Raises:
        ValueError: as :func:`widesym.kernels.pairs.kernels_of`.
        FloatingPointError: the kernels leave the range of the precision.
    """
    module = path()
    if module is pairs:
        return pairs.kernels_of(one, other, threads=threads)
    found = module.kernels(one, other)
    if not all(np.isfinite(kernel).all() for kernel in found):
        raise FloatingPointError(
            f"kernels of {one.architecture.name} with {one.architecture.depth} layers leave the range of "
            f"{found.ntk.dtype}; standardise the images, or use precision='float64'"
        )
    return found
