r"""The dense readout: from pooled covariance and NTK to the kernels.

With :math:`\bar K,\bar\Theta` the covariance and the NTK after the last activation, averaged over the
pairs of pixels that the readout sees together (:mod:`widesym.kernels.offsets`),

.. math:: \mathcal K=\sigma_w^2\bar K+\sigma_b^2,\qquad \Theta=\mathcal K+\sigma_w^2\bar\Theta.
"""

from typing import NamedTuple

import numpy as np

from widesym.architectures import Architecture


class Kernels(NamedTuple):
    """NNGP and NTK, (n1, n2) each."""

    nngp: np.ndarray
    ntk: np.ndarray


def readout(architecture: Architecture, covariance: np.ndarray, ntk: np.ndarray) -> Kernels:
    """Return the kernels from pooled covariance and NTK, arrays of any one shape. Source: [SS], Section 5."""
    nngp = architecture.weight_variance * covariance + architecture.bias_variance
    return Kernels(nngp, nngp + architecture.weight_variance * ntk)
