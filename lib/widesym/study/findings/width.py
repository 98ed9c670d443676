r"""B-F3 judged: the checks that a result of ``synergy.width`` supports.

Numbers are percentage points of best test accuracy along training; differences are paired, draw by draw. The
best width of a draw is that of highest mean accuracy in all *other* draws, so that choosing it favours
nothing; with one draw, that of its own.
"""

from collections.abc import Iterator

import numpy as np

from widesym.study.claims import Check, not_run
from widesym.study.experiments.width import how
from widesym.study.findings.network_draws import counted, counts, difference
from widesym.study.findings.verdicts import Estimate, all_of
from widesym.study.store import Stored

ID = "B-F3"
PEAK = 1.0  # points: from here on a difference is called one
_LEAST = 200  # training images from which on the claims are judged
_WIDTHS = 2  # a difference needs as many
BLIND, SPURIOUS = 0, 1  # places of the two kinds


def accuracy(stored: Stored, training: str) -> np.ndarray:
    """Return accuracies in percent, (widths, kinds, draws), NaN for runs that do not count."""
    at = stored.config.trainings.index(training)
    return 100 * counted(stored.arrays["best"][at], stored.arrays["fit"][at])


def kernel(stored: Stored, which: str = "ntk") -> np.ndarray:
    """Return accuracies in percent at infinite width, (draws,): of ``ntk`` regression, or of one ``run``."""
    return 100 * stored.arrays[f"limit_{which}"]


def judged(stored: Stored, training: str) -> np.ndarray:
    """Return the indices of the widths whose cells count under both kinds."""
    return np.flatnonzero(counts(accuracy(stored, training)).all(-1))


def best_width(values: np.ndarray) -> np.ndarray:
    """Return for each draw of values (widths, draws) the index of the best width in the other draws."""
    draws = values.shape[1]
    if draws == 1:
        return np.array([np.nanargmax(values[:, 0])])
    others = [np.delete(values, draw, axis=1) for draw in range(draws)]
    return np.array([np.nanmean(other, axis=1).argmax() for other in others])


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.width`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    return [check for training in stored.config.trainings for check in _of_training(stored, training, scale)]


# key of the estimates, statement, rule, bounds
_CHECKS = (
    (
        "above widest",
        "Without the spurious symmetry a finite width is better than the widest",
        f"best width − widest ≥ {PEAK:g} point",
        {"lower": PEAK},
    ),
    ("above kernel", "… and better than the kernel", "best width − NTK ≥ 0 points", {"lower": 0.0}),
    (
        "no peak",
        "With it no width is better than the widest",
        f"best width − widest ≤ {PEAK:g} point",
        {"upper": PEAK},
    ),
    ("growth", "… and grows", "widest − narrowest ≥ 0 points", {"lower": 0.0}),
    ("beyond", "… towards the kernel, not beyond it", f"each width − NTK ≤ {PEAK:g} point", {"upper": PEAK}),
    (
        "closing",
        "The symmetry grows with the width: clean and rotated images come together",
        "clean − rotated, at the best width − at the widest, ≥ 0 points",
        {"lower": 0.0},
    ),
)


def _of_training(stored: Stored, training: str, scale: str) -> Iterator[Check]:
    which = f"{called(training)}, {stored.config.where}"
    small = stored.config.train < _LEAST
    if small or len(judged(stored, training)) < _WIDTHS:
        reason = f"needs m ≥ {_LEAST}" if small else "needs two widths at which four runs in five succeed"
        yield not_run(ID, f"Accuracy against width ({which})", reason, scale=scale)
        return
    found = estimates(stored, training)
    for key, statement, rule, bounds in _CHECKS:
        yield all_of(
            ID, f"{statement} ({which})", found[key], rule=rule, unit=" points", scale=scale, **bounds,
        )  # fmt: skip


def called(training: str) -> str:
    """Return what pages call a training: ``NN+, mirrored start``."""
    inference, start = how(training)
    return inference if start == "plain" else f"{inference}, {start} start"


def estimates(stored: Stored, training: str) -> dict[str, dict[str, Estimate]]:
    """Return what the checks judge, by check and name, over the widths that count."""
    places = judged(stored, training)
    values = accuracy(stored, training)[places]
    widths = [stored.config.widths[place] for place in places]
    blind, spurious, limit = values[:, BLIND], values[:, SPURIOUS], kernel(stored)
    best, spurious_best = ((best_width(each), np.arange(values.shape[-1])) for each in (blind, spurious))
    apart = blind - spurious
    return {
        "above widest": {"": difference(blind[best], blind[-1])},
        "above kernel": {"": difference(blind[best], limit)},
        "no peak": {"": difference(spurious[spurious_best], spurious[-1])},
        "growth": {"": difference(spurious[-1], spurious[0])},
        "beyond": {f"n = {n}": difference(row, limit) for n, row in zip(widths, spurious, strict=True)},
        "closing": {"": difference(apart[best], apart[-1])},
    }
