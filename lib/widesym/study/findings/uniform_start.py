"""B-F9 judged: the checks that a result of ``synergy.uniform-start`` supports.

Numbers are percentage points of test accuracy at the end of training; differences are paired, test image by
test image, over the draws in which both runs count (:mod:`widesym.study.findings.network_draws`).
"""

from collections.abc import Iterator

import numpy as np

from widesym.networks.models import LAWS
from widesym.study.claims import Check, not_run
from widesym.study.experiments.uniform_start import SEEN
from widesym.study.findings.kernel_table import CLOSE, LABELS
from widesym.study.findings.network_draws import counted, counts, percent
from widesym.study.findings.network_table import own
from widesym.study.findings.verdicts import Estimate, all_of
from widesym.study.store import Stored

ID = "B-F9"
_LEAST = 200  # training images from which on the claims are judged

Cell = tuple[str, str, str]  # model, transformation, law


def correct(stored: Stored, cell: Cell) -> np.ndarray:
    """Return which test images a cell has right, (draws, test images), NaN for runs that do not count."""
    model, kind, law = cell
    at = LAWS.index(law), SEEN[model].index(kind)
    return counted(
        stored.arrays[f"{model}_correct"][at].astype(np.float64), stored.arrays[f"{model}_fit"][at][:, None]
    )


def judged(stored: Stored, *cells: Cell) -> bool:
    """Return whether all of these cells count."""
    return all(counts(correct(stored, cell)[:, 0]) for cell in cells)


def accuracy(stored: Stored, cell: Cell) -> Estimate:
    """Return the accuracy in percent of a cell that counts, with its interval."""
    return percent(correct(stored, cell))


def difference(stored: Stored, one: Cell, other: Cell) -> Estimate:
    """Return by how many points the first cell is more accurate than the second, with the paired interval."""
    return percent(correct(stored, one) - correct(stored, other))


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.uniform-start`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    config = stored.config
    if config.train < _LEAST:
        statement = f"A uniform first layer: the claims on accuracy ({config.where})"
        return [not_run(ID, statement, f"needs m ≥ {_LEAST}", scale=scale)]
    return [*_same(stored, scale), *_blind(stored, scale)]


def _same(stored: Stored, scale: str) -> Iterator[Check]:
    config = stored.config
    for model in config.models:
        pairs = {kind: [(model, kind, law) for law in reversed(LAWS)] for kind in SEEN[model]}
        found = {
            LABELS[kind]: difference(stored, *pair) for kind, pair in pairs.items() if judged(stored, *pair)
        }
        if found:
            yield all_of(
                ID, f"{model}: a uniform first layer changes accuracy little ({config.where})", found,
                lower=-CLOSE, upper=CLOSE, rule=f"each difference within ±{CLOSE:g} points", scale=scale,
            )  # fmt: skip


def _blind(stored: Stored, scale: str) -> Iterator[Check]:
    config = stored.config
    found = {}
    for model in config.models:
        for kind in SEEN[model]:
            pair = (model, kind, "uniform"), (model, "identity", "uniform")
            if kind != "identity" and kind in own(model, config.inference) and judged(stored, *pair):
                found[f"{model}, {LABELS[kind]}"] = difference(stored, *pair)
    if found:
        yield all_of(
            ID, f"From a uniform first layer too, accuracy is flat up to the model's group ({config.where})",
            found, lower=-CLOSE, upper=CLOSE, rule=f"each change from clean within ±{CLOSE:g} points",
            scale=scale,
        )  # fmt: skip
