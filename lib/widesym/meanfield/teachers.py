r"""Teachers: the data law :math:`X\sim\mathcal N(0,s^2I_d),\ Y=f_*(X)` with :math:`f_*=\Phi_{\theta_*}`.

A teacher is itself a cloud. Its law decides what is symmetric about the data: an arbitrary teacher
gives data without symmetry, a weakly invariant (WI) one an equivariant :math:`f_*`, a strongly
invariant (SI) one an :math:`f_*` that an equivariant architecture can represent. Letters as in
:mod:`widesym.meanfield.units`. Source of the numbers: [MF], Appendix F.
"""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.groups import swap
from widesym.meanfield.draws import Draw
from widesym.meanfield.laws import symmetrise
from widesym.meanfield.units import Unit, matrix_unit, network

TEACHERS = ("arbitrary", "WI", "SI")

# rows: flattened 2x2 particles, before the common factor 0.5
_ARBITRARY = ((-1, 0, 0, 0.5), (0.5, 1, 0, 1), (-0.5, 0.3, 1, 0), (0, -1, -0.5, 1), (0.7, -0.7, 0.5, 0.7))
# coefficients in the orthonormal basis (I, P) / sqrt(2) of the invariant subspace
_INVARIANT = ((1, 0), (0.5, 1), (-0.5, 0.3), (0, -1), (0.7, 0.7))


@dataclasses.dataclass(frozen=True, eq=False)
class Teacher:
    r"""The data law :math:`X\sim\mathcal N(0,s^2I_d)`, :math:`Y=\Phi_{\theta_*}(X)` without noise.

    Args:
        name: for messages and legends.
        unit: the unit of the teacher network (and of the students).
        theta: its particles, (K, D) float64.
        scale: the standard deviation s of the inputs.

    Raises:
        ValueError: a cloud of another shape or with entries that are not finite, s not positive.
    """

    name: str
    unit: Unit
    theta: np.ndarray
    scale: float

    def __post_init__(self) -> None:
        """Check the cloud and the scale."""
        theta = np.asarray(self.theta, np.float64)
        if theta.ndim != 2 or theta.shape[1] != self.unit.D or not len(theta) or not np.isfinite(theta).all():
            raise ValueError(
                f"teacher {self.name!r} needs finite particles of shape (K >= 1, {self.unit.D}), "
                f"got {theta.shape}"
            )
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"teacher {self.name!r}: the inputs' scale must be positive, got {self.scale}")
        object.__setattr__(self, "theta", theta)

    def label(self, x: Array) -> Array:
        """Return ``f(x)`` (B, c) for points (B, d), in the dtype of ``x``."""
        return network(self.unit, jnp.asarray(self.theta, x.dtype), x)

    def batch(self, key: Array, step: Array, drawn: Draw, real: type) -> tuple[Array, Array]:
        """Return the inputs (B, d) and targets (B, c) of one step; everything random is in ``drawn``."""
        x = (jnp.float32(self.scale) * drawn.x).astype(real)
        return x, self.label(x)


def paper_unit() -> Unit:
    """Return the unit of all [MF] experiments: ``sigmoid(zx)`` on 2x2 matrices, C2 swapping coordinates."""
    return matrix_unit(swap(), swap())


def paper_teacher(name: str, *, unit: Unit | None = None, scale: float = 4.0) -> Teacher:
    """Return one of the three teachers of [MF], Appendix F: ``arbitrary``, ``WI`` or ``SI``.

    Args:
        name: the teacher's name. WI is the arbitrary one and its image under the swap (ten particles).
        unit: the unit to use, :func:`paper_unit` if not given; passing one shares it with the student.
        scale: standard deviation of the inputs (4 in the paper, covariance 16 I).

    Raises:
        ValueError: an unknown name.
    """
    unit = paper_unit() if unit is None else unit
    arbitrary = 0.5 * np.array(_ARBITRARY)
    if name == "arbitrary":
        theta = arbitrary
    elif name == "WI":
        theta = symmetrise(arbitrary, unit.action)
    elif name == "SI":
        identity, exchange = np.eye(2), np.eye(2)[::-1]
        basis = np.stack([identity.ravel(), exchange.ravel()]) / np.sqrt(2)
        theta = 0.5 * np.array(_INVARIANT) @ basis
    else:
        raise ValueError(f"unknown teacher {name!r}; valid: {', '.join(TEACHERS)}")
    return Teacher(name, unit, theta, scale)
