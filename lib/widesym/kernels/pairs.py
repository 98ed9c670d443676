r"""NNGP and NTK of two sets of images: the one function that everything else asks.

Errors in single precision are some :math:`10^{-7}` of :math:`\tfrac12(\mathcal K(x,x)+\mathcal K(x',x'))`,
also where images or patches coincide.
"""

import os

import jax
import numpy as np
from numpy.typing import ArrayLike

from widesym.architectures import Architecture
from widesym.kernels import reference
from widesym.kernels.compiled import pooling
from widesym.kernels.images import Images, prepare
from widesym.kernels.readout import Kernels

BACKENDS = ("auto", "jax", "compiled")
COMPILED_SIDES = (1, 3)


def pair_kernels(
    architecture: Architecture,
    x1: ArrayLike,
    x2: ArrayLike | None = None,
    *,
    precision: str = "float32",
    backend: str = "auto",
    threads: int | None = None,
) -> Kernels:
    """Return NNGP and NTK of the infinite network, of every image against every other.

    Args:
        architecture: the network; ``widths`` do not matter here.
        x1: images (n1, H, W, C).
        x2: images (n2, H, W, C); None for ``x1`` against itself, at half the cost.
        precision: ``"float32"`` or ``"float64"``.
        backend: ``"jax"``, ``"compiled"``, or ``"auto"``: compiled on a CPU, where it can.
        threads: on the compiled path, None for one a core; the numbers do not depend on it.

    Returns:
        The kernels, (n1, n2), in that precision.

    Raises:
        ValueError: images, precision or backend that mean nothing, with the reason.
        NotImplementedError: no closed form for the activation or the parametrisation.
        FloatingPointError: the kernels leave the range of the precision. Source: [SS], Section 5.
    """
    one = prepare(architecture, x1, precision)
    return kernels_of(
        one, None if x2 is None else prepare(architecture, x2, precision), backend=backend, threads=threads
    )


def kernels_of(
    one: Images, other: Images | None = None, *, backend: str = "auto", threads: int | None = None
) -> Kernels:
    """Return NNGP and NTK of prepared images: as :func:`pair_kernels`, for many blocks of the same images.

    Raises:
        ValueError: images prepared differently, of different shapes, or an unusable backend.
        FloatingPointError: the kernels leave the range of the precision.
    """
    if other is not None:
        _check_alike(one, other)
    architecture = one.architecture
    if threads is not None and threads < 1:
        raise ValueError(f"threads={threads} must be at least 1, or None for one a core")
    if _chosen(backend, one) == "compiled":
        found = pooling.kernels(one, other, threads or _cores())
    else:
        found = reference.kernels(one, other)
    if not (np.isfinite(found.nngp).all() and np.isfinite(found.ntk).all()):
        raise FloatingPointError(
            f"kernels of {architecture.name} with {architecture.depth} layers and weight variance "
            f"{architecture.weight_variance} leave the range of {found.ntk.dtype}; standardise the images, "
            "or use precision='float64'"
        )
    return found


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _check_alike(one: Images, other: Images) -> None:
    for what, first, second in (
        ("architecture", one.architecture, other.architecture),
        ("image shape (H, W, C)", one.pixels.shape[1:], other.pixels.shape[1:]),
        ("precision", one.pixels.dtype, other.pixels.dtype),
    ):
        if first != second:
            raise ValueError(f"both sets of images must have one {what}, got {first} and {second}")


def _chosen(backend: str, images: Images) -> str:
    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r}; valid: {', '.join(BACKENDS)}")
    known = images.side in COMPILED_SIDES
    if backend == "compiled" and not known:
        raise ValueError(
            f"the compiled path knows convolutions with kernel_size 1 and 3, got {images.side}; "
            "use backend='jax'"
        )
    if backend == "auto":
        return "compiled" if known and jax.default_backend() == "cpu" else "jax"
    return backend
