r"""A-S8 judged: the checks that a result of ``meanfield.escape`` supports.

Exponents and levels are of means over repetitions, intervals 95 % bootstraps
(:mod:`widesym.study.powers`).
"""

import math
from collections.abc import Iterator

import numpy as np

from widesym.study.claims import VERDICTS, Check, at_least, at_most, judge, not_run, within
from widesym.study.experiments.escape import EQUIVARIANT, FACTORS
from widesym.study.powers import Estimate, power, ratio, spelled
from widesym.study.store import Stored

ID = "A-S8"
ASYMPTOTIC_FROM = 200  # particles; below, the cloud's own instability amplifies the escape
NARROW_TO = 100
LEVEL = 3.0  # factor; near the horizon the mean over repetitions is made by a few of them, in both
WIDEST = 2  # sizes whose level is compared with the prediction: the escape's distribution has a long tail
RATE = (-1.75, -0.5)  # nearer to -1 than to 0, and than to the -2.6 or so of narrow clouds
WALK = {"N": -1.0, "T": 1.0, "alpha": 2.0, "B": -1.0}  # exponents of the random walk alpha^2 T / (B N)
_TEX = {"N": "N", "T": "T", "alpha": r"\alpha", "B": "B"}
_LEFT = 1e-10  # a distance squared that float64 cannot make: rounding is 1e-16, its square 1e-32
_ROUNDING = 1e-25


def escape_row(stored: Stored, teacher: str, time: int = -1) -> dict[int, np.ndarray]:
    """Return ``{N: RMD^2 of vanilla, (repetitions,)}`` at one of the measured times."""
    values = stored.arrays["escape"][EQUIVARIANT.index(teacher)]
    return {N: values[i, :, time] for i, N in enumerate(stored.config.sizes)}


def control_row(stored: Stored, time: int = -1) -> dict[int, np.ndarray]:
    """Return ``{N: RMD^2 of vanilla on the arbitrary teacher, (repetitions,)}``."""
    return {N: stored.arrays["arbitrary"][i, :, time] for i, N in enumerate(stored.config.sizes)}


def exponent(samples: dict[int, np.ndarray], *, smallest: int = 1, largest: int = 10**9) -> Estimate | None:
    """Return the exponent in N over a range of sizes; None with fewer than two of them."""
    kept = {N: values for N, values in samples.items() if smallest <= N <= largest}
    return power(list(kept), list(kept.values())) if len(kept) >= 2 else None


def walk_exponent(stored: Stored, factor: str, teacher: str | None = None) -> Estimate:
    """Return the exponent of the escape in one factor of the random walk, of one teacher or of both pooled.

    To pool, each teacher's values are divided by their mean: teachers have levels of their own.
    """
    values = stored.arrays[f"law_{factor}"]  # (teacher, value, repetition)
    chosen = values if teacher is None else values[[EQUIVARIANT.index(teacher)]]
    pooled = np.concatenate(chosen / chosen.mean(axis=(1, 2), keepdims=True), axis=1)
    return power(stored.config.law_values(factor), list(pooled))


def levels(stored: Stored, teacher: str) -> list[Estimate]:
    """Return measured over predicted N RMD^2 at the two largest N together, an estimate for each time."""
    predicted = stored.arrays["predicted"][EQUIVARIANT.index(teacher)]
    found = []
    for time in range(len(stored.config.times)):
        row = escape_row(stored, teacher, time)
        measured = np.concatenate([N * row[N] for N in stored.config.sizes[-WIDEST:]])
        found.append(ratio(measured, predicted[:, time]))
    return found


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports; what it is too small for is *not run at this scale*.

    Args:
        stored: a result of ``meanfield.escape`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    return [
        *_leaves(stored, scale),
        *_vanishes(stored, scale),
        *_walks(stored, scale),
        *_is_predicted(stored, scale),
    ]


def _leaves(stored: Stored, scale: str) -> Iterator[Check]:
    smallest = stored.arrays["escape"].min()
    statement = (
        "Vanilla training leaves $\\mathcal E^G$ at every $N$, in every repetition, WI and SI teachers"
    )
    yield at_least(ID, statement, smallest, _LEFT, scale=scale, rule=f"smallest RMD² ≥ {_LEFT:.0e}")
    largest = stored.arrays["ea"].max()
    statement = "Control: EA stays, to rounding"
    yield at_most(ID, statement, largest, _ROUNDING, scale=scale, rule=f"largest RMD² ≤ {_ROUNDING:.0e}")


def _vanishes(stored: Stored, scale: str) -> Iterator[Check]:
    horizon = stored.config.times[-1]
    for teacher in EQUIVARIANT:
        samples, where = escape_row(stored, teacher), f"{teacher} teacher, $T={horizon:g}$"
        statement = f"{where}: the escape falls like $N^{{-1}}$, $N\\geq{ASYMPTOTIC_FROM}$"
        fitted = exponent(samples, smallest=ASYMPTOTIC_FROM)
        if fitted is None:
            yield not_run(ID, statement, f"needs two sizes N ≥ {ASYMPTOTIC_FROM}", scale=scale)
        else:
            yield within(
                ID, statement, fitted[0], *RATE, interval=fitted[1], scale=scale,
                rule=f"exponent from {RATE[0]:g} to {RATE[1]:g}".replace("-", "−"), measured=spelled(fitted),
            )  # fmt: skip
        statement = f"{where}: steeper than that for $N\\leq{NARROW_TO}$"
        fitted = exponent(samples, largest=NARROW_TO)
        if fitted is None:
            yield not_run(ID, statement, f"needs two sizes N ≤ {NARROW_TO}", scale=scale)
        else:
            yield at_most(
                ID, statement, fitted[0], -1.5, interval=fitted[1], scale=scale,
                rule="exponent ≤ −1.5", measured=spelled(fitted),
            )  # fmt: skip
    statement = "Control: with the arbitrary teacher the escape does not fall, $N\\geq50$"
    samples = control_row(stored)
    fitted = exponent(samples, smallest=50)
    if fitted is None:
        yield not_run(ID, statement, "needs two sizes N ≥ 50", scale=scale)
    else:
        yield at_least(
            ID, statement, fitted[0], -0.1, interval=fitted[1], scale=scale,
            rule="exponent ≥ −0.1", measured=spelled(fitted),
        )  # fmt: skip


def _walks(stored: Stored, scale: str) -> Iterator[Check]:
    for factor in FACTORS:
        expected = WALK[factor]
        fitted = walk_exponent(stored, factor)
        statement = f"Early escapes are a random walk: exponent of ${_TEX[factor]}$, both teachers"
        yield within(
            ID, statement, fitted[0], expected - 0.25, expected + 0.25, interval=fitted[1], scale=scale,
            rule=f"{expected:+.0f} ± 0.25".replace("-", "−"), measured=spelled(fitted),
        )  # fmt: skip


def _is_predicted(stored: Stored, scale: str) -> Iterator[Check]:
    N, times = stored.config.sizes[-WIDEST:][0], stored.config.times
    for teacher in EQUIVARIANT:
        statement = (
            f"{teacher} teacher: linear theory gives the level, nothing fitted, $N\\geq{N}$, every time"
        )
        if N < ASYMPTOTIC_FROM:
            yield not_run(ID, statement, f"needs N ≥ {ASYMPTOTIC_FROM}", scale=scale)
            continue
        found = levels(stored, teacher)
        verdicts = [
            judge(value, lower=1 / LEVEL, upper=LEVEL, interval=interval) for value, interval in found
        ]
        worst = max(range(len(found)), key=lambda i: abs(math.log(found[i][0])))
        yield Check(
            ID, statement, f"measured / predicted within a factor of {LEVEL:g}",
            f"{spelled(found[worst])} at T = {times[worst]:g}, the worst of {len(times)}",
            found[worst][0], found[worst][1], min(verdicts, key=VERDICTS.index), scale,
        )  # fmt: skip
        index = EQUIVARIANT.index(teacher)
        walk, predicted = (stored.arrays[name][index, :, -1] for name in ("walk", "predicted"))
        value, interval = ratio(walk, predicted, paired=True)
        statement = f"Control, {teacher} teacher: the walk without the drift overshoots at $T={times[-1]:g}$"
        yield at_least(
            ID, statement, value, LEVEL, interval=interval, scale=scale,
            rule=f"walk / linear theory ≥ {LEVEL:g}",
            measured=spelled((value, interval), digits=1),
        )  # fmt: skip
