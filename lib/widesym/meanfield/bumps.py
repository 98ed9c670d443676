r"""The bump unit: a one-dimensional unit whose group is seen by the network.

.. math:: \sigma_*(x,z)=e^{-(x-z)^2/(2w^2)},\qquad x,z\in\mathbb R,\qquad G=\{\pm1\}
    \text{ acting by sign on } x \text{ and on } z, \text{ trivially on the output.}

It is jointly equivariant, :math:`\sigma_*(-x,-z)=\sigma_*(x,z)`, and not even in x alone. So a cloud that is
not symmetric gives a model that is not symmetric, and the schemes differ; with the unit
:math:`e^{-z^2x^2}` of [MF], Section 3, every model is even and they are one and the same path.
The network :math:`\Phi_\mu` is the law of the centres, smoothed.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.groups import Representation, cyclic_permutation, trivial
from widesym.meanfield.units import Unit


def bump_unit(width: float = 1.0) -> Unit:
    r"""Return :math:`\sigma_*(x,z)=e^{-(x-z)^2/(2w^2)}` on R with :math:`\pm1` acting by sign on x and on z.

    Args:
        width: :math:`w`, the width of a bump.

    Raises:
        ValueError: a width that is not positive. Source: [MF], Section 2, for the setting.
    """
    if not (np.isfinite(width) and width > 0):
        raise ValueError(f"the width of a bump must be positive and finite, got {width}; for example 1.0")
    group = cyclic_permutation(2).group
    flip = Representation(group, np.array([[[1.0]], [[-1.0]]]), name="sign")

    def apply(x: Array, z: Array) -> Array:
        return jnp.exp(-((x - z) ** 2) / (2 * width**2))

    known = "bump" if width == 1 else None
    return Unit("exp(-(x-z)^2/2w^2)", apply, flip, trivial(group, 1), flip, compiled=known)
