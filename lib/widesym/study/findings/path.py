r"""B-F6 judged: the checks that a result of ``synergy.path`` supports.

Differences are paired, draw by draw. A monotone quantity may go the other way from one time to the next by a
tolerance: two points of accuracy, or a tenth of the largest distance in the panel.
"""

from collections.abc import Iterator

import numpy as np

from widesym.study.claims import Check, not_run
from widesym.study.experiments.path import Path
from widesym.study.findings.network_draws import ENOUGH, difference
from widesym.study.findings.verdicts import Estimate, all_of
from widesym.study.store import Stored

ID = "B-F6"
_STEP = 2.0  # points of accuracy
_PART = 0.1  # of the largest distance
_LEAST = 200  # training images from which on the claims are judged
# quantity, what it is called, and the direction in which it goes
QUANTITIES = {
    "ensemble": ("ensemble accuracy", -1),
    "to_pooled": (r"S-Dist to $\mathsf{GAP}_n$", +1),
    "to_limit": (r"S-Dist to $\mathsf{VEC}_\infty$", -1),
}
_VERBS = {-1: "falls", +1: "rises"}


def values(stored: Stored, quantity: str) -> np.ndarray:
    """Return a quantity, (widths, times, draws): accuracies in percent, distances as they are."""
    found = stored.arrays[quantity]
    return 100 * found if quantity in ("ensemble", "single") else found


def tolerance(stored: Stored, quantity: str) -> float:
    """Return how far a monotone quantity may go the other way in one step."""
    return _STEP if quantity == "ensemble" else _PART * float(values(stored, quantity).mean(-1).max())


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.path`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    config = stored.config
    statement = f"Distances along the path ({config.where})"
    if config.train < _LEAST:
        return [not_run(ID, statement, f"needs m ≥ {_LEAST}", scale=scale)]
    if (stored.arrays["fit"] < ENOUGH).any():
        return [not_run(ID, statement, "fewer than four runs in five succeed somewhere", scale=scale)]
    return [check for quantity in QUANTITIES for check in _checks(stored, config, quantity, scale)]


def _checks(stored: Stored, config: Path, quantity: str, scale: str) -> Iterator[Check]:
    name, sign = QUANTITIES[quantity]
    found, least = values(stored, quantity), tolerance(stored, quantity)
    unit = " points" if quantity == "ensemble" else ""
    options = {"unit": unit, "digits": 1 if unit else 3, "scale": scale}
    name = name[0].upper() + name[1:]
    along = {f"n = {n}": _gain(sign, found[i, 0], found[i, -1]) for i, n in enumerate(config.widths)}
    yield all_of(
        ID, f"{name} {_VERBS[sign]} along the path ({config.where})", along, lower=0.0,
        rule=f"at each width it {_VERBS[sign]} by more than 0 from the first time to the last", **options,
    )  # fmt: skip
    # one curve a draw: steps of single widths are too many to be judged by a few draws
    whole = found.mean(0)
    steps = {
        f"t = {t:g} to {config.times[j + 1]:g}": _gain(sign, whole[j], whole[j + 1])
        for j, t in enumerate(config.times[:-1])
    }
    yield all_of(
        ID, f"… and at no step goes back ({name}, {config.where})", steps, lower=-least,
        rule=f"mean over widths: each step back ≤ {least:.2g}{unit}", **options,
    )  # fmt: skip
    if len(config.widths) > 1:
        across = {f"t = {t:g}": _gain(sign, found[0, j], found[-1, j]) for j, t in enumerate(config.times)}
        yield all_of(
            ID, f"{name} {_VERBS[sign]} with the width, on clean images ({config.where})",
            {"": across[f"t = {config.times[0]:g}"]}, lower=0.0,
            rule=f"it {_VERBS[sign]} by more than 0 from the narrowest to the widest", **options,
        )  # fmt: skip


def _gain(sign: int, first: np.ndarray, last: np.ndarray) -> Estimate:
    return difference(sign * last, sign * first)
