r"""A-F1 judged: the checks that a result of ``meanfield.strong-start`` supports.

Bounds are those of the claims; intervals are 95 % bootstraps over repetitions
(:mod:`widesym.study.statistics`).
"""

from collections.abc import Iterator

import numpy as np

from widesym.study.claims import VERDICTS, Check, at_least, at_most, judge, not_run
from widesym.study.findings.sweeps import scheme_row
from widesym.study.statistics import decades_fallen, median_with_interval
from widesym.study.store import Stored
from widesym.study.sweeps import SCHEMES

ID = "A-F1"

# Medians of small independent runs, given with the claim (row 1 of the figure); N -> RMD^2
REFERENCE = {
    ("vanilla", "WI"): {5: 3.2e-2, 10: 9.1e-3, 50: 1.0e-4, 100: 1.8e-5, 500: 5.4e-6},
    ("vanilla", "SI"): {5: 2.6e-2, 10: 9.0e-3, 50: 1.4e-4, 100: 7.0e-5, 500: 1.2e-5},
    ("vanilla", "arbitrary"): {5: 0.13, 10: 0.089, 50: 0.095, 100: 0.093, 500: 0.092},
    ("da-sampled", "WI"): {5: 3.5e-2, 10: 9.9e-3, 50: 4.6e-5, 100: 2.6e-5, 500: 3.7e-6},
    ("da-sampled", "arbitrary"): {5: 8.7e-2, 10: 4.7e-2, 50: 2.7e-2, 100: 1.9e-2, 500: 2.3e-3},
}
_EXACT = 1e-8  # a path in float64: rounding of 1e-16, amplified over at most 10^5 steps
_AMPLIFIED = (
    1e-4  # where the subspace is unstable single repetitions may reach size one, half of them must not
)


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports; what it is too small for is *not run at this scale*.

    Args:
        stored: a result of ``meanfield.strong-start`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    checks = [
        *_vanilla_falls(stored, scale),
        *_vanilla_stays(stored, scale),
        *_schemes_coincide(stored, scale),
    ]
    return [*checks, *_agrees_with_reference(stored, scale)]


def _vanilla_falls(stored: Stored, scale: str) -> Iterator[Check]:
    for teacher in ("WI", "SI"):
        statement = (
            f"Vanilla training, {teacher} teacher: RMD² to the projection falls from $N=5$ to $N=1000$"
        )
        if teacher not in stored.config.teachers or not {5, 1000} <= set(stored.config.sizes):
            yield not_run(ID, statement, "needs N = 5 and N = 1000", scale=scale)
            continue
        samples = scheme_row(stored, "vanilla", teacher)
        value, interval = decades_fallen(samples[5], samples[1000])
        measured = f"{value:.2f} decades ({interval[0]:.2f} to {interval[1]:.2f})"
        yield at_least(
            ID, statement, value, 3.0, interval=interval, scale=scale, rule="≥ 3 decades", measured=measured
        )


def _vanilla_stays(stored: Stored, scale: str) -> Iterator[Check]:
    statement = (
        "Vanilla training, arbitrary teacher: RMD² to the projection stays near $10^{-1}$ for $N\\geq50$"
    )
    sizes = [N for N in stored.config.sizes if N >= 50]
    if "arbitrary" not in stored.config.teachers or not sizes:
        yield not_run(ID, statement, "needs the arbitrary teacher and N ≥ 50", scale=scale)
        return
    samples = scheme_row(stored, "vanilla", "arbitrary")
    medians = [median_with_interval(samples[N]) for N in sizes]
    verdicts = [judge(value, lower=0.08, upper=0.14, interval=interval) for value, interval in medians]
    low, high = min(interval[0] for _, interval in medians), max(interval[1] for _, interval in medians)
    yield Check(
        ID,
        statement,
        rule="every median from 0.08 to 0.14",
        measured=f"{low:.3f} to {high:.3f} over N = {sizes[0]} to {sizes[-1]}",
        value=max((value for value, _ in medians), key=lambda value: abs(value - 0.11)),
        interval=(low, high),
        verdict=min(verdicts, key=VERDICTS.index),
        scale=scale,
    )


def _schemes_coincide(stored: Stored, scale: str) -> Iterator[Check]:
    if stored.config.precision != "float64":
        return
    gap = stored.arrays["path_gap"]  # (teacher, N, repetition, scheme): farthest particle from its twin
    sizes = np.array(stored.config.sizes)
    for scheme, name in (("da-orbit", "Whole-orbit DA"), ("fa", "FA")):
        values = gap[..., SCHEMES.index(scheme)]
        statement = f"{name} follows the same path as EA, float64, $N\\geq50$"
        if (sizes >= 50).any():
            worst = values[:, sizes >= 50].max()
            rule = f"largest distance of a particle from its twin ≤ {_EXACT:.0e}"
            yield at_most(ID, statement, worst, _EXACT, scale=scale, rule=rule, measured=f"{worst:.1e}")
        else:
            yield not_run(ID, statement, "no such N in this run", scale=scale)
        statement = f"{name}, float64, $N<50$: the same path but for rounding, amplified by instability"
        if (sizes < 50).any():
            narrow = values[:, sizes < 50]
            typical = np.median(narrow, axis=2).max()
            rule = f"the same distance, median over repetitions ≤ {_AMPLIFIED:.0e}"
            measured = f"{typical:.1e} (worst repetition {narrow.max():.1e})"
            yield at_most(ID, statement, typical, _AMPLIFIED, scale=scale, rule=rule, measured=measured)
        else:
            yield not_run(ID, statement, "no such N in this run", scale=scale)


def _agrees_with_reference(stored: Stored, scale: str) -> Iterator[Check]:
    statement = "Row 1 agrees with the reference medians of independent small runs"
    inside = total = 0
    for (scheme, teacher), medians in REFERENCE.items():
        if teacher not in stored.config.teachers:
            continue
        samples = scheme_row(stored, scheme, teacher)
        for N, reference in medians.items():
            if N in samples:
                total += 1
                inside += samples[N].min() <= reference <= samples[N].max()
    if not total:
        yield not_run(ID, statement, "no size of the reference table in this run", scale=scale)
        return
    # A median of n draws lies within the range of 10 other draws with probability 1 - O(2^-10); the
    # reference's own errors are unknown, so one cell in ten may lie outside.
    yield at_least(
        ID, statement, inside / total, 0.9, scale=scale,
        rule="at least 9 of 10 cells within the range over repetitions",
        measured=f"{inside} of {total} cells",
    )  # fmt: skip
