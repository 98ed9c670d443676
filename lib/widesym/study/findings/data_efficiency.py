r"""B-F4 judged: the checks that a result of ``synergy.data-efficiency`` supports.

A curve's local exponent between two sizes is the slope of the MSE there, in log-log; it *steepens* by as much
as the slope of its second half exceeds that of the first
(:func:`widesym.study.findings.network_draws.steepening`). Sizes from which on the baseline has 95 % of the
test images right are not judged: there is little left to learn, and networks stop learning. All curves share
their draws, which are resampled together. A run counts by the rule of
:mod:`widesym.study.findings.network_draws`; draws in which one does not are left out.
"""

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from widesym.study.claims import Check, not_run
from widesym.study.experiments.data_efficiency import CURVES, DataEfficiency
from widesym.study.findings.network_draws import (
    ENOUGH,
    counted,
    difference,
    exponents,
    of_curves,
    steepening,
)
from widesym.study.findings.verdicts import Estimate, all_of
from widesym.study.store import Stored

ID = "B-F4"
NAMES = {
    "baseline": "VEC, SGD, clean",
    "data": "data: $O(3)^d$",
    "model": "model: LCN",
    "inference": "inference: NTK",
}
ABLATIONS = CURVES[1:]
SATURATED = 95.0  # percent
GONE = 2.0  # the baseline steepens so many times as much where the effect has gone
SAME = 10.0  # points: what is called close at the smallest size
_LEAST = 400  # training images of the largest set, from which on the claims are judged


def accuracy(stored: Stored, curve: str) -> np.ndarray:
    """Return the accuracies of a curve in percent, (sizes, draws), NaN where a run does not count."""
    return 100 * _counted(stored, curve, "accuracy")


def mse(stored: Stored, curve: str) -> np.ndarray:
    """Return the mean squared errors of a curve, (sizes, draws), NaN where a run does not count."""
    return _counted(stored, curve, "mse")


def complete(values: np.ndarray) -> np.ndarray:
    """Return the values (sizes, draws) of draws whose runs all count."""
    return values[:, np.isfinite(values).all(0)]


def local_exponents(stored: Stored, curve: str) -> list[Estimate]:
    """Return the exponent of the MSE between each size and the next, over :func:`complete` draws."""
    return exponents(stored.config.sizes, complete(mse(stored, curve)))


def judged(stored: Stored) -> tuple[int, ...]:
    """Return the sizes before the baseline is saturated; none where no draw of it is complete."""
    right = complete(accuracy(stored, "baseline"))
    if not right.size:
        return ()
    below = zip(stored.config.sizes, right.mean(-1) < SATURATED, strict=True)
    return tuple(size for size, _ in itertools.takewhile(lambda pair: pair[1], below))


def steepens(stored: Stored, other: str | None = None, times: float = 1.0) -> Estimate:
    """Return by how much the baseline steepens, less so many times what another curve does."""
    curves, sizes = ["baseline"] if other is None else ["baseline", other], judged(stored)

    def statistic(*means: np.ndarray) -> np.ndarray:
        first, *rest = (steepening(sizes, curve) for curve in means)
        return first - times * rest[0] if rest else first

    return of_curves([mse(stored, curve)[: len(sizes)] for curve in curves], statistic)


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.data-efficiency`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    config = stored.config
    if config.train < _LEAST:
        return [
            not_run(ID, f"Learning curves ({config.where})", f"needs curves to m ≥ {_LEAST}", scale=scale)
        ]
    if complete(np.concatenate([mse(stored, curve) for curve in CURVES])).shape[1] < ENOUGH * config.draws:
        reason = "needs four draws in five in which all runs succeed"
        return [not_run(ID, f"Learning curves ({config.where})", reason, scale=scale)]
    if len(judged(stored)) < 3:
        return [
            not_run(ID, f"Learning curves ({config.where})", "saturated before the third size", scale=scale)
        ]
    return list(_checks(stored, config, scale))


def _checks(stored: Stored, config: DataEfficiency, scale: str) -> Iterator[Check]:
    where = config.where

    def each(function: Callable[[str], Estimate]) -> dict[str, Estimate]:
        return {NAMES[curve]: function(curve) for curve in ABLATIONS}

    yield all_of(
        ID, f"The curve of VEC trained by SGD on clean images steepens ({where})",
        {"": steepens(stored)}, lower=0.0, digits=2, scale=scale,
        rule="exponent of the second half − first half ≥ 0",
    )  # fmt: skip
    yield all_of(
        ID, f"It steepens more than with any one thing changed ({where})",
        each(lambda curve: steepens(stored, curve)), lower=0.0, digits=2, scale=scale,
        rule="each difference of what they steepen by ≥ 0",
    )  # fmt: skip
    _, (least, _) = steepens(stored)
    for curve in ABLATIONS:
        statement = f"The effect goes with a change of {NAMES[curve]} ({where})"
        if not least >= 0:
            yield not_run(ID, statement, "the baseline does not steepen: nothing that could go", scale=scale)
            continue
        yield all_of(
            ID, statement,
            {"": steepens(stored, curve, GONE)}, lower=0.0, digits=2, scale=scale,
            rule=f"baseline − {GONE:g} × changed ≥ 0: at most half of it is left",
        )  # fmt: skip
    yield all_of(
        ID, f"With the largest set it is more accurate than every ablation ({where})",
        each(lambda curve: difference(accuracy(stored, "baseline")[-1], accuracy(stored, curve)[-1])),
        lower=0.0, unit=" points", rule="each difference ≥ 0 points", scale=scale,
    )  # fmt: skip
    yield all_of(
        ID, f"With the smallest set rotating the data costs little ({where})",
        {"": difference(accuracy(stored, "baseline")[0], accuracy(stored, "data")[0])},
        lower=-SAME, upper=SAME, unit=" points", rule=f"difference within ±{SAME:g} points", scale=scale,
    )  # fmt: skip


def _counted(stored: Stored, curve: str, name: str) -> np.ndarray:
    values, fit = stored.arrays[f"{curve}_{name}"], stored.arrays.get(f"{curve}_fit")
    return values if fit is None else counted(values, fit)
