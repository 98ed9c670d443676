r"""A-X1 judged: the checks that a result of ``beyond.groups`` supports.

Bounds are those of the claim; intervals are 95 % bootstraps over repetitions
(:mod:`widesym.study.statistics`).
"""

from collections.abc import Iterator

import numpy as np

from widesym.study.claims import Check, at_least, at_most, not_run, within
from widesym.study.experiments.groups import COLUMNS, NODED, SAMPLE_SIZES, SCHEMES, TEACHERS
from widesym.study.gallery import CASES, FAMILIES, FINITE, PAIRS
from widesym.study.statistics import bootstrap_interval, log_slope
from widesym.study.store import Stored

ID = "A-X1"

_ROUNDING = 1e-12  # exact algebra in float64, asked for by the claim
_WHOLE = 1e-9  # an integer computed as a mean of traces
_PATH = 1e-8  # a path in float64: rounding of 1e-16, amplified over some 10^3 steps
_SIZES = 3  # a slope needs as many sizes


def dims(stored: Stored, column: str) -> np.ndarray:
    """Return one of ``COLUMNS`` for every pair of the gallery, (pairs,)."""
    return stored.arrays["dims"][:, COLUMNS.index(column)]


def agreeing(stored: Stored) -> np.ndarray:
    """Tell for every pair whether null space, average and character give one dimension, (pairs,) bools."""
    null = dims(stored, "null")
    return np.all(
        [np.abs(dims(stored, other) - null) < _WHOLE for other in ("averaged", "character")], axis=0
    )


def case_row(stored: Stored, case: str, teacher: str, scheme: str) -> dict[int, np.ndarray]:
    """Return ``{N: RMD^2 to the projection, (repetitions,)}``, sizes that were not trained left out."""
    values = stored.arrays["to_projection"][stored.config.cases.index(case), :, TEACHERS.index(teacher)]
    column = values[:, :, SCHEMES.index(scheme)]
    return {N: column[i] for i, N in enumerate(stored.config.sizes) if np.isfinite(column[i]).all()}


def slope(samples: dict[int, np.ndarray]) -> tuple[float, tuple[float, float]] | None:
    """Return the log-log slope over all sizes and its interval; None with fewer than three sizes."""
    return log_slope(list(samples), list(samples.values())) if len(samples) >= _SIZES else None


def exact_cases(stored: Stored) -> list[str]:
    """Return the trained cases whose elements average the action on parameters exactly."""
    return [case for case in stored.config.cases if CASES[case].exact]


def label(case: str) -> str:
    """Return what figures and checks call a case."""
    return f"{CASES[case].group}, {CASES[case].space}"


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports; what it is too small for is *not run at this scale*.

    Args:
        stored: a result of ``beyond.groups`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    return [
        *_dimensions(stored, scale),
        *_samples(stored, scale),
        *_nodes(stored, scale),
        *_averaging(stored, scale),
        *_falls(stored, scale),
        *_stays(stored, scale),
    ]


def _dimensions(stored: Stored, scale: str) -> Iterator[Check]:
    agree = agreeing(stored)
    continuous = len(FAMILIES) - len(FINITE)
    yield at_least(
        ID,
        f"$\\dim\\mathcal E^G$ by null space, averaging and character formula: {len(FINITE)} finite "
        f"and {continuous} continuous groups, 3 to 5 representations each",
        agree.sum(), len(PAIRS), scale=scale, rule="all three equal for every representation",
        measured=f"{agree.sum()} of {len(PAIRS)}",
    )  # fmt: skip
    worst = dims(stored, "deviation").max()
    yield at_most(
        ID, "Projector by null space and projector by averaging agree", worst, _ROUNDING, scale=scale,
        rule="largest entry of the difference ≤ 1e-12", measured=f"{worst:.1e}",
    )  # fmt: skip
    tilted = dims(stored, "perturbed")
    least = np.nanmin(tilted)
    yield at_least(
        ID, "Control: generators or Lie algebra tilted by 0.05: the projectors differ", least, 1e-4,
        scale=scale,
        rule="largest entry of the difference ≥ 1e-4, every representation with $0<\\dim\\mathcal E^G<D$",
        measured=f"{least:.1e} to {np.nanmax(tilted):.1e} ({np.isfinite(tilted).sum()} representations)",
    )  # fmt: skip
    partial = dims(stored, "incomplete")
    least = np.nanmin(partial)
    yield at_least(
        ID, "Control: one element left out of the average, or a rule of too low degree", least, 1e-3,
        scale=scale, rule="largest entry of the difference ≥ 1e-3, every representation that moves something",
        measured=f"{least:.1e} to {np.nanmax(partial):.1e} ({np.isfinite(partial).sum()} representations)",
    )  # fmt: skip


def _samples(stored: Stored, scale: str) -> Iterator[Check]:
    deviation = stored.arrays["sampled_deviation"]
    yield at_most(
        ID, f"Mean over {SAMPLE_SIZES[-1]} Haar samples against the projector, {len(deviation)} "
        "representations of continuous groups", deviation.max(), 5.0, scale=scale,
        rule="every entry within 5 standard errors", measured=f"worst entry {deviation.max():.1f}",
    )  # fmt: skip
    # (representations, sizes, averages): K / (D - dim) times the squared error has mean 1
    each = (stored.arrays["sampled_squares"] * np.array(SAMPLE_SIZES)[:, None]).mean(axis=(0, 1))
    yield within(
        ID, "The squared error of the mean of $K$ samples is $(D-\\dim\\mathcal E^G)/K$: their ratio",
        each.mean(), 0.8, 1.2, interval=bootstrap_interval([each], np.mean), scale=scale,
    )  # fmt: skip
    squares = stored.arrays["sampled_squares"].mean(axis=0)
    value, interval = log_slope(SAMPLE_SIZES, list(squares))
    yield within(ID, "and its slope in $K$", value, -1.2, -0.8, interval=interval, scale=scale)


def _nodes(stored: Stored, scale: str) -> Iterator[Check]:
    linear, model = stored.arrays["node_linear"], stored.arrays["node_model"]
    exact = np.array([CASES[case].exact for case in NODED])
    worst = linear[exact].max()
    yield at_most(
        ID, "Turns of the circle and icosahedral rotations average the action on parameters exactly",
        worst, _ROUNDING, scale=scale, rule="$\\|\\frac1K\\sum_kM_{g_k}-P\\|\\leq10^{-12}$",
        measured=f"{worst:.1e}",
    )  # fmt: skip
    least = linear[~exact].min()
    yield at_least(
        ID, "Control: random nodes do not", least, 1e-3, scale=scale, rule="the same norm ≥ 1e-3",
        measured=f"{linear[~exact][0, 0]:.2f} falling to {least:.2f} at 8 times as many nodes",
    )  # fmt: skip
    circle = [NODED.index(case) for case in ("so2", "so2c2")]
    finest = model[circle, -1].max()
    yield at_most(
        ID, "A network averaged over 128 and over 256 turns of the circle", finest, 1e-9, scale=scale,
        rule="$\\max|Q_K\\Phi-Q_{2K}\\Phi|\\leq10^{-9}$", measured=f"{finest:.1e}",
    )  # fmt: skip


def _averaging(stored: Stored, scale: str) -> Iterator[Check]:
    gap = stored.arrays["fa_gap"]
    cases = exact_cases(stored)
    if cases:
        worst = np.nanmax(gap[[stored.config.cases.index(case) for case in cases]])
        yield at_most(
            ID, "From an SI start FA over exact nodes follows the path of EA, both teachers, $N\\leq100$",
            worst, _PATH, scale=scale, rule="largest distance of a particle from its twin ≤ 1e-8",
            measured=f"{worst:.1e} ({len(cases)} units)",
        )  # fmt: skip
    statement = "Control: FA over random nodes of O(4) leaves the path of EA"
    if "o4" not in stored.config.cases:
        yield not_run(ID, statement, "needs the case o4", scale=scale)
        return
    least = np.nanmin(gap[stored.config.cases.index("o4")])
    yield at_least(ID, statement, least, 1e-4, scale=scale, rule="the same distance ≥ 1e-4")


def _falls(stored: Stored, scale: str) -> Iterator[Check]:
    rows = {case: case_row(stored, case, "WI", "vanilla") for case in exact_cases(stored)}
    statement = "Vanilla training, WI teacher, from an SI start: slope of RMD² in $N$"
    if len(stored.config.sizes) < _SIZES or not rows:
        yield not_run(ID, statement, "needs three sizes and a case with exact nodes", scale=scale)
        return
    for case, samples in rows.items():
        value, interval = slope(samples)
        yield at_most(ID, f"{statement}. {label(case)}", value, -0.5, interval=interval, scale=scale)
    # repetition r has the same key in every case, so cases are joined before repetitions are resampled
    joint = {
        N: np.exp(np.mean([np.log(row[N]) for row in rows.values()], axis=0)) for N in stored.config.sizes
    }
    value, interval = slope(joint)
    yield within(
        ID, f"The same, geometric mean of {len(rows)} units (theory: −1, or steeper at small $N$)",
        value, -1.6, -0.8, interval=interval, scale=scale,
    )  # fmt: skip
    if "o4" in stored.config.cases:
        value, interval = slope(case_row(stored, "o4", "WI", "vanilla"))
        yield at_least(
            ID, "Control: a teacher symmetrised over random nodes only: the slope over O(4)", value, -0.4,
            interval=interval, scale=scale,
        )  # fmt: skip


def _stays(stored: Stored, scale: str) -> Iterator[Check]:
    largest = stored.config.sizes[-1]
    cases = exact_cases(stored)
    if not cases:
        return
    medians = {
        case: [np.median(case_row(stored, case, teacher, "vanilla")[largest]) for teacher in TEACHERS]
        for case in cases
    }
    ratios = {case: arbitrary / symmetric for case, (arbitrary, symmetric) in medians.items()}
    least = min(ratios, key=ratios.get)
    yield at_least(
        ID, f"Control: vanilla training at $N={largest}$: RMD² with the arbitrary teacher against that with "
        "the WI teacher", ratios[least], 100.0, scale=scale, rule="at least 100 times larger for every unit",
        measured=f"{ratios[least]:.0f} ({label(least)}) to {max(ratios.values()):.1e} times",
    )  # fmt: skip
    if len(stored.config.sizes) < _SIZES:
        return
    slopes = {case: slope(case_row(stored, case, "arbitrary", "vanilla")) for case in cases}
    worst = max(slopes, key=lambda case: abs(slopes[case][0]))
    value, interval = slopes[worst]
    yield within(
        ID, f"Control: arbitrary teacher: RMD² does not fall with $N$: the steepest slope ({label(worst)})",
        value, -0.25, 0.25, interval=interval, scale=scale,
    )  # fmt: skip
