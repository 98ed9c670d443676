r"""A-F3 judged: the checks that a result of ``meanfield.weak-start`` supports.

The *ratio* of a cloud is :math:`\mathrm{RMD}^2(\nu,\nu^G)` over its sampling floor, the mean of the same
distance with randomly moved particles: 1 for independent draws of a weakly invariant law. Bounds are those
of the claims; intervals are 95 % bootstraps over repetitions (:mod:`widesym.study.statistics`).
"""

from collections.abc import Iterable, Iterator

import numpy as np

from widesym.study.claims import VERDICTS, Check, at_least, at_most, judge, not_run
from widesym.study.experiments.weak_start import FREE
from widesym.study.findings.sweeps import ASYMPTOTIC, asymptotic_slope, pair_row, scheme_row
from widesym.study.statistics import decades_fallen, median_with_interval
from widesym.study.store import Stored
from widesym.study.sweeps import BETWEEN, SCHEMES

ID = "A-F3"

# Medians of small independent runs, given with the claim; N -> RMD^2 to the symmetrised cloud, WI teacher
REFERENCE = {5: 0.067, 500: 0.010}
# The clouds whose law stays weakly invariant: all with equivariant data, all but vanilla otherwise
KEPT = {"arbitrary": FREE[1:], "WI": FREE, "SI": FREE}

_RATE = 0.25  # by which a fitted slope may miss -1/2: nearer to it than to 0 and to -1
_SAME = 1.5  # of a ratio that counts as 1: distances of single clouds vary by tenths; the control is at 20
_APART = 0.05  # an RMD^2 that no sampling explains: the floor is 0.01 at N = 500 and falls
_LARGE = 500  # the least N at which a ratio is judged


def ratio_row(stored: Stored, scheme: str, teacher: str, *, start: str = "") -> dict[int, np.ndarray]:
    """Return ``{N: (repetitions,)}``, the distances to the symmetrised cloud over their sampling floors."""
    distance = scheme_row(stored, scheme, teacher, start + "to_symmetrised")
    floor = scheme_row(stored, scheme, teacher, start + "floor")
    return {N: distance[N] / floor[N].mean(axis=-1) for N in distance}


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports; what it is too small for is *not run at this scale*.

    Args:
        stored: a result of ``meanfield.weak-start`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    parts = (_rate, _floor, _architecture, _schemes, _spread, _reference, _strong_start)
    return [check for part in parts for check in part(stored, scale)]


def _rate(stored: Stored, scale: str) -> Iterator[Check]:
    for teacher in ("WI", "SI"):
        statement = (
            f"WI start, {teacher} teacher: RMD² to the symmetrised cloud falls like $N^{{-1/2}}$ under "
            f"vanilla, both DA and FA"
        )
        slopes = _slopes(stored, FREE, teacher)
        if not slopes:
            yield not_run(ID, statement, "needs the teacher and two sizes N ≥ 50", scale=scale)
            continue
        bounds = {"lower": -0.5 - _RATE, "upper": -0.5 + _RATE}
        rule = f"every slope over N ≥ {ASYMPTOTIC} from −0.75 to −0.25"
        yield _worst(statement, slopes, -0.5, bounds, rule, scale)
    statement = "Control: vanilla, arbitrary teacher: it does not fall"
    slopes = _slopes(stored, FREE[:1], "arbitrary")
    if slopes:
        ((value, interval),) = slopes.values()
        yield at_least(ID, statement, value, -_RATE, interval=interval, scale=scale, rule="slope ≥ −0.25")
    else:
        yield not_run(ID, statement, "needs the teacher and two sizes N ≥ 50", scale=scale)


def _floor(stored: Stored, scale: str) -> Iterator[Check]:
    largest = stored.config.sizes[-1]
    for teacher, schemes in KEPT.items():
        who = "every scheme" if schemes == FREE else "both DA and FA"
        statement = (
            f"WI start, {teacher} teacher, {who}: the cloud is as near to its symmetrised cloud as "
            "independent draws of a WI law are"
        )
        if teacher not in stored.config.teachers or largest < _LARGE:
            yield not_run(ID, statement, f"needs the teacher and N ≥ {_LARGE}", scale=scale)
            continue
        ratios = {s: median_with_interval(ratio_row(stored, s, teacher)[largest]) for s in schemes}
        rule = f"RMD² over its sampling floor ≤ {_SAME} at N = {largest}"
        yield _worst(statement, ratios, 0.0, {"upper": _SAME}, rule, scale)
    statement = "Control: vanilla, arbitrary teacher: it is farther, by more than the floor allows"
    if "arbitrary" not in stored.config.teachers or largest < _LARGE:
        yield not_run(ID, statement, f"needs the teacher and N ≥ {_LARGE}", scale=scale)
        return
    value, interval = median_with_interval(ratio_row(stored, "vanilla", "arbitrary")[largest])
    rule = f"the same ratio ≥ 3 at N = {largest}"
    yield at_least(ID, statement, value, 3.0, interval=interval, scale=scale, rule=rule)


def _architecture(stored: Stored, scale: str) -> Iterator[Check]:
    worst = float(stored.arrays["to_symmetrised"][..., SCHEMES.index("ea")].max())
    statement = "WI start: EA's cloud is its own symmetrised cloud, every teacher, $N$ and repetition"
    # exact in exact arithmetic; the projector's entries and sums round at 1e-16, and RMD² is a square
    yield at_most(ID, statement, worst, 1e-12, scale=scale, rule="largest RMD² ≤ 1e-12")


def _schemes(stored: Stored, scale: str) -> Iterator[Check]:
    for teacher in ("WI", "SI"):
        statement = (
            f"WI start, {teacher} teacher: vanilla, sampled DA and FA approach each other, $N=5$ to $N=1000$"
        )
        if teacher not in stored.config.teachers or not {5, 1000} <= set(stored.config.sizes):
            yield not_run(ID, statement, "needs N = 5 and N = 1000", scale=scale)
            continue
        rows = {f"{a} – {b}": pair_row(stored, (a, b), teacher) for a, b in BETWEEN}
        falls = {name: decades_fallen(samples[5], samples[1000]) for name, samples in rows.items()}
        # N^{-1/2}, the rate of independent clouds, is 1.15 decades
        rule = "every RMD² between two of them falls by ≥ 2 decades"
        yield _worst(statement, falls, 9.0, {"lower": 2.0}, rule, scale)
    statement = "Control: arbitrary teacher: vanilla and FA stay apart"
    largest = stored.config.sizes[-1]
    if "arbitrary" not in stored.config.teachers or largest < _LARGE:
        yield not_run(ID, statement, f"needs the teacher and N ≥ {_LARGE}", scale=scale)
        return
    value, interval = median_with_interval(pair_row(stored, ("vanilla", "fa"), "arbitrary")[largest])
    rule = f"RMD² between them ≥ {_APART} at N = {largest}"
    yield at_least(ID, statement, value, _APART, interval=interval, scale=scale, rule=rule)


def _spread(stored: Stored, scale: str) -> Iterator[Check]:
    largest = stored.config.sizes[-1]
    statement = (
        "WI start: no cloud but EA's goes to $\\mathcal E^G$: what stays is weak invariance, not strong"
    )
    if largest < _LARGE:
        yield not_run(ID, statement, f"needs N ≥ {_LARGE}", scale=scale)
        return
    found = {
        f"{teacher}, {scheme}": median_with_interval(scheme_row(stored, scheme, teacher)[largest])
        for teacher in stored.config.teachers
        for scheme in FREE
    }
    rule = f"every median RMD² to the projection ≥ {_APART} at N = {largest}"
    yield _worst(statement, found, 1.0, {"lower": _APART}, rule, scale)


def _reference(stored: Stored, scale: str) -> Iterator[Check]:
    statement = "WI start, WI teacher, vanilla: the values of independent small runs, 0.067 and 0.010"
    sizes = [N for N in REFERENCE if N in stored.config.sizes]
    if "WI" not in stored.config.teachers or not sizes:
        yield not_run(ID, statement, "needs the WI teacher and N = 5 or N = 500", scale=scale)
        return
    samples = scheme_row(stored, "vanilla", "WI", "to_symmetrised")
    inside = [samples[N].min() <= REFERENCE[N] <= samples[N].max() for N in sizes]
    told = ", ".join(f"N = {N}: {samples[N].min():.3f} to {samples[N].max():.3f}" for N in sizes)
    yield at_least(
        ID, statement, sum(inside) / len(inside), 1.0, scale=scale,
        rule="within the range over repetitions", measured=told,
    )  # fmt: skip


def _strong_start(stored: Stored, scale: str) -> Iterator[Check]:
    if "SI" not in stored.config.starts:
        return
    for teacher in ("WI", "SI"):
        statement = (
            f"SI start, {teacher} teacher, vanilla: RMD² to the symmetrised cloud falls with the escape, "
            "below any sampling error"
        )
        if teacher not in stored.config.teachers or not {5, 1000} <= set(stored.config.sizes):
            yield not_run(ID, statement, "needs N = 5 and N = 1000", scale=scale)
            continue
        samples = scheme_row(stored, "vanilla", teacher, "strong_to_symmetrised")
        value, interval = decades_fallen(samples[5], samples[1000])
        measured = f"{value:.2f} decades ({interval[0]:.2f} to {interval[1]:.2f})"
        # the sampling error, N^{-1/2}, falls by 1.15
        rule = "≥ 2 decades from N = 5 to N = 1000"
        yield at_least(
            ID, statement, value, 2.0, interval=interval, scale=scale, rule=rule, measured=measured
        )
    statement = "SI start, arbitrary teacher, vanilla: the cloud is not even weakly invariant"
    largest = stored.config.sizes[-1]
    if "arbitrary" not in stored.config.teachers or largest < _LARGE:
        yield not_run(ID, statement, f"needs the teacher and N ≥ {_LARGE}", scale=scale)
        return
    value, interval = median_with_interval(
        ratio_row(stored, "vanilla", "arbitrary", start="strong_")[largest]
    )
    rule = f"RMD² over its sampling floor ≥ 3 at N = {largest}"
    yield at_least(ID, statement, value, 3.0, interval=interval, scale=scale, rule=rule)


def _slopes(
    stored: Stored, schemes: Iterable[str], teacher: str
) -> dict[str, tuple[float, tuple[float, float]]]:
    """Return the fitted slope of each scheme's distance; empty when the run is too small."""
    if teacher not in stored.config.teachers:
        return {}
    fitted = {s: asymptotic_slope(scheme_row(stored, s, teacher, "to_symmetrised")) for s in schemes}
    return {scheme: slope for scheme, slope in fitted.items() if slope is not None}


def _worst(
    statement: str,
    values: dict[str, tuple[float, tuple[float, float]]],
    best: float,
    bounds: dict[str, float],
    rule: str,
    scale: str,
) -> Check:
    """Judge each of several values with its interval by one rule; the worst verdict decides."""
    verdicts = [judge(value, interval=interval, **bounds) for value, interval in values.values()]
    low = min(interval[0] for _, interval in values.values())
    high = max(interval[1] for _, interval in values.values())
    name, (value, _) = max(values.items(), key=lambda item: abs(item[1][0] - best))
    measured = f"{low:z.3g} to {high:z.3g} (farthest: {name}, {value:z.3g})".replace("-0", "−0")
    verdict = min(verdicts, key=VERDICTS.index)
    return Check(ID, statement, rule, measured, value, (low, high), verdict, scale)
