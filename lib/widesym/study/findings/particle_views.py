r"""A-F4 judged: which of the clouds that are seen lie in :math:`\mathcal E^G`, near it, and off it.

The measure is :math:`\mathrm{RMD}^2(\nu,P_{\mathcal E^G}\#\nu)`, which is 1/2 for a cloud orthogonal to the
subspace. *Off* and *near* are on two sides of 1e-2, with a factor of ten between them. Intervals are 95 %
bootstraps over repetitions (:mod:`widesym.study.statistics`).
"""

from collections.abc import Iterator

import numpy as np

from widesym.meanfield.teachers import TEACHERS
from widesym.study.claims import Check, at_least, at_most
from widesym.study.experiments.particle_views import STARTS
from widesym.study.statistics import median_with_interval
from widesym.study.store import Stored
from widesym.study.sweeps import SCHEMES

ID = "A-F4"

_OFF = 1e-2  # RMD^2 of a cloud that is seen to leave the subspace: a tenth of its size
_NEAR = 1e-3  # RMD^2 of a cloud that is seen to lie in it
_EXACT = 1e-12  # projected particles, in float32 at the worst: rounding of 1e-7, squared


def distances(stored: Stored, start: str, teacher: str, scheme: str) -> np.ndarray:
    """Return RMD^2 (repetitions,) of the final clouds to their projection."""
    return stored.arrays["distance"][STARTS.index(start), TEACHERS.index(teacher), :, SCHEMES.index(scheme)]


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``meanfield.particle-views`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    return [*_architecture(stored, scale), *_strong_start(stored, scale), *_weak_start(stored, scale)]


def _architecture(stored: Stored, scale: str) -> Iterator[Check]:
    worst = max(distances(stored, start, teacher, "ea").max() for start in STARTS for teacher in TEACHERS)
    statement = "EA: all particles lie in $\\mathcal E^G$, both starts, every teacher"
    yield at_most(
        ID, statement, worst, _EXACT, scale=scale, rule=f"largest RMD² to projection ≤ {_EXACT:.0e}"
    )
    if stored.config.precision == "float64":
        worst = max(
            np.median(distances(stored, "SI", teacher, scheme))
            for teacher in TEACHERS
            for scheme in ("da-orbit", "fa")
        )
        statement = "SI start: whole-orbit DA and FA stay in $\\mathcal E^G$ unenforced, every teacher"
        rule = f"median RMD² to projection ≤ {_EXACT:.0e}"
        yield at_most(ID, statement, worst, _EXACT, scale=scale, rule=rule)
        value, interval = median_with_interval(distances(stored, "SI", "arbitrary", "da-sampled"))
        statement = "Control: SI start, arbitrary teacher: sampled DA does not"
        rule = f"median RMD² to projection ≥ {_NEAR:.0e}"
        yield at_least(ID, statement, value, _NEAR, interval=interval, scale=scale, rule=rule)


def _strong_start(stored: Stored, scale: str) -> Iterator[Check]:
    value, interval = median_with_interval(distances(stored, "SI", "arbitrary", "vanilla"))
    statement = "SI start, arbitrary teacher: vanilla training leaves $\\mathcal E^G$"
    rule = f"median RMD² to projection ≥ {_OFF:.0e}"
    yield at_least(ID, statement, value, _OFF, interval=interval, scale=scale, rule=rule)
    for teacher in ("WI", "SI"):
        value, interval = median_with_interval(distances(stored, "SI", teacher, "vanilla"))
        statement = f"SI start, {teacher} teacher: vanilla training stays near $\\mathcal E^G$"
        rule = f"median RMD² to projection ≤ {_NEAR:.0e}"
        yield at_most(ID, statement, value, _NEAR, interval=interval, scale=scale, rule=rule)


def _weak_start(stored: Stored, scale: str) -> Iterator[Check]:
    found = {
        (teacher, scheme): median_with_interval(distances(stored, "WI", teacher, scheme))
        for teacher in TEACHERS
        for scheme in SCHEMES
        if scheme != "ea"
    }
    (teacher, scheme), (value, interval) = min(found.items(), key=lambda item: item[1][0])
    statement = "WI start: particles lie off $\\mathcal E^G$ under every scheme but EA, every teacher"
    rule = f"least median RMD² to projection ≥ {_OFF:.0e}"
    measured = f"{value:.2g} [{interval[0]:.2g}, {interval[1]:.2g}] ({teacher} teacher, {scheme})"
    yield at_least(ID, statement, value, _OFF, interval=interval, scale=scale, rule=rule, measured=measured)
