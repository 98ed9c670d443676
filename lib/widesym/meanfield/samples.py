r"""Samples: the data law of observed pairs :math:`(x_m,y_m)`, for one's own data.

The law is :math:`\pi=\frac1M\sum_m\delta_{(x_m,y_m)}`; a batch is drawn from it with replacement. Beside
it stands :class:`~widesym.meanfield.teachers.Teacher`, the law of a teacher network. Letters as in
:mod:`widesym.meanfield.units`; M pairs.
"""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.meanfield.draws import Draw, draw_rows
from widesym.meanfield.units import Unit


@dataclasses.dataclass(frozen=True, eq=False)
class Sample:
    r"""The empirical data law :math:`\frac1M\sum_m\delta_{(x_m,y_m)}`.

    Args:
        name: for messages and legends.
        unit: the unit of the students.
        x: inputs, (M, d).
        y: targets, (M, c).

    Raises:
        ValueError: shapes that do not fit each other or the unit, no pair, NaN or infinity.
    """

    name: str
    unit: Unit
    x: np.ndarray
    y: np.ndarray

    def __post_init__(self) -> None:
        """Check that inputs and targets fit the unit, and keep read-only float64 copies."""
        for letter, size, which in (("x", self.unit.d, "inputs"), ("y", self.unit.c, "outputs")):
            values = np.array(getattr(self, letter), np.float64)
            if values.ndim != 2 or values.shape[1] != size or not len(values):
                raise ValueError(
                    f"sample {self.name!r}: {letter} must have shape (M >= 1, {size}), the unit "
                    f"{self.unit.name!r} has {size} {which}; got {values.shape}"
                )
            if not np.isfinite(values).all():
                row = int(np.argwhere(~np.isfinite(values))[0, 0])
                raise ValueError(
                    f"sample {self.name!r}: {letter} has NaN or infinity, first in row {row}; drop such rows"
                )
            values.setflags(write=False)
            object.__setattr__(self, letter, values)
        if len(self.x) != len(self.y):
            raise ValueError(
                f"sample {self.name!r}: {len(self.x)} inputs but {len(self.y)} targets; give one target a row"
            )

    def batch(self, key: Array, step: Array, drawn: Draw, real: type) -> tuple[Array, Array]:
        """Return B pairs, (B, d) and (B, c), drawn with replacement for one step."""
        rows = draw_rows(key, step, batch=len(drawn.g), count=len(self.x))
        return jnp.asarray(self.x, real)[rows], jnp.asarray(self.y, real)[rows]
