r"""Recomputation: does a part of a record come out again?

A record of many draws, models and sizes is dear; a part of it is cheap: the same config with fewer of them.
Its arrays are then the leading corners of the record's,

.. math:: A'_{i_1\dots i_k}=A_{i_1\dots i_k},\qquad i_j<n'_j,

up to the rounding of another machine, and up to test images whose two best classes nearly tie.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

# Other vector widths change kernels in float32 by 1e-6 of themselves; with a ridge of 1e-6 the condition
# number amplifies that in the error of predictions, by far less than this.
SAME_NUMBER = 1e-2
# Predictions that nearly tie may turn: 5 of 1000.
SAME_SHARE = 5e-3


@dataclasses.dataclass(frozen=True)
class Difference:
    """How far an array is from the record's corner.

    Attributes:
        name: of the array.
        count: numbers compared.
        measured: share of entries that differ, of booleans and integers; else the largest difference
            relative to the largest number of the corner.
        allowed: the most that is the same.
    """

    name: str
    count: int
    measured: float
    allowed: float

    @property
    def same(self) -> bool:
        """Whether the two are the same up to rounding."""
        return self.measured <= self.allowed


def differences(recorded: Mapping[str, np.ndarray], again: Mapping[str, np.ndarray]) -> list[Difference]:
    """Return the difference of every array that was computed again.

    Args:
        recorded: arrays of a record.
        again: arrays of a smaller config of the same experiment.

    Raises:
        ValueError: an array that the record has not, or that is larger than its own.
    """
    found = []
    for name, values in again.items():
        if name not in recorded:
            raise ValueError(f"the record has no array {name!r}; it has {', '.join(recorded)}")
        whole, values = np.asarray(recorded[name]), np.asarray(values)
        if whole.ndim != values.ndim or any(a < b for a, b in zip(whole.shape, values.shape, strict=True)):
            raise ValueError(
                f"{name}: shape {values.shape} is no corner of the record's {whole.shape}; remedy: change "
                "only how many models, draws or sizes there are"
            )
        corner = whole[tuple(map(slice, values.shape))]
        if values.dtype.kind in "biu":
            found.append(Difference(name, values.size, float((corner != values).mean()), SAME_SHARE))
            continue
        apart = np.abs(corner - values).max(initial=0.0) / max(np.abs(corner).max(initial=0.0), 1e-300)
        found.append(Difference(name, values.size, float(apart), SAME_NUMBER))
    return found
