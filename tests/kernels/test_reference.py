"""The JAX path by itself: against slow NumPy, in both precisions, and with windows that only it knows."""

import jax.numpy as jnp
import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.kernels.pairs import pair_kernels
from widesym.kernels.readout import Kernels
from widesym.oracles.kernels import slow_kernels, stax_kernels

# of the kernel; erf's pooled kernels are small differences of numbers of order one
CLOSE = {"float64": 1e-12, "float32": 2e-5}


@pytest.mark.parametrize("precision", CLOSE)
@pytest.mark.parametrize("activation", ["relu", "erf"])
@pytest.mark.parametrize(
    ("kind", "window", "size"),
    [
        ("FCN", 0, (2, 3, 2)),
        ("VEC", 0, (2, 3, 1)),
        ("LAP", 2, (4, 2, 2)),
        ("GAP", 0, (3, 5, 1)),
        ("GAP", 0, (1, 1, 3)),
    ],
)
def test_kernels_are_those_of_the_slow_recursion(kind, window, size, activation, precision, draw):
    architecture = Architecture(kind, 3, window=window, activation=activation)
    x1, x2 = 2 + draw(0, 2, *size), 2 + draw(1, 3, *size)
    slow = np.array([[slow_kernels(architecture, a, b) for b in x2] for a in x1])
    found = pair_kernels(architecture, x1, x2, backend="jax", precision=precision)
    np.testing.assert_allclose(found.nngp, slow[..., 0], rtol=CLOSE[precision])
    np.testing.assert_allclose(found.ntk, slow[..., 1], rtol=CLOSE[precision])


def test_a_larger_window_takes_this_path(draw):
    architecture = Architecture("LAP", 2, window=3, kernel_size=5)
    x1, x2 = draw(0, 2, 6, 3, 2), draw(1, 2, 6, 3, 2)
    expected = Kernels(*stax_kernels(architecture)(jnp.asarray(x1), jnp.asarray(x2)))
    for found, other in zip(pair_kernels(architecture, x1, x2, precision="float64"), expected, strict=True):
        np.testing.assert_allclose(found, other, rtol=CLOSE["float64"])
    with pytest.raises(
        ValueError, match="knows convolutions with kernel_size 1 and 3, got 5; use backend='jax'"
    ):
        pair_kernels(architecture, x1, backend="compiled")
