"""Checks of identities that hold exactly: all of them at rounding, and a control that is far from it."""

import numpy as np
from numpy.typing import ArrayLike

from widesym.study.claims import Check, at_least, at_most

# An identity in float64: some 10^2 to 10^4 operations on numbers of order one, 10^-16 each, with room.
ROUNDING = 1e-12
# A control counts when it is off by this much; the faults put in are of order 0.1 to 1.
BROKEN = 1e-3


def exact(
    id: str, statement: str, deviations: ArrayLike, *, bound: float = ROUNDING, scale: str = "live"
) -> Check:
    """Return the check that the largest of all deviations is rounding.

    Args:
        id: the claim's id.
        statement: the identity.
        deviations: any shape; absolute values for an equality, signed excesses for an inequality.
        bound: what rounding may reach.
        scale: ``live`` or ``record``.
    """
    deviations = np.asarray(deviations)
    worst = float(deviations.max())
    rule, measured = f"all {deviations.size} ≤ {bound:.0e}", f"{worst:.1e}"
    return at_most(id, statement, worst, bound, scale=scale, rule=rule, measured=measured)


def control(
    id: str, statement: str, deviations: ArrayLike, *, bound: float = BROKEN, scale: str = "live"
) -> Check:
    """Return the check that a negative control breaks the identity: in each case, for half of what was tried.

    Args:
        id: the claim's id.
        statement: what is wrong on purpose; "Control: " is put before it.
        deviations: (cases, ...); the median over all axes but the first must reach the bound in every case.
        bound: what counts as broken.
        scale: ``live`` or ``record``.
    """
    deviations = np.asarray(deviations)
    medians = np.median(deviations.reshape(len(deviations), -1), axis=1)
    return at_least(
        id, f"Control: {statement}", float(medians.min()), bound, scale=scale,
        rule=f"median ≥ {bound:.0e} in every case", measured=f"{medians.min():.1e}",
    )  # fmt: skip
