r"""Your own group judged: the steps of the chain, each with its rule, what was measured and a verdict.

The group is the reader's, so its results are no claims of the papers and stay off the scoreboard: a *step*
is judged like a check (:func:`widesym.study.claims.judge`) but has no id. Every rule stands beside a control
that breaks it on purpose. Intervals are 95 % bootstraps over repetitions.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from widesym.meanfield.described import EQUIVARIANT
from widesym.study.claims import judge
from widesym.study.experiments.own_group import SCHEMES
from widesym.study.statistics import log_slope
from widesym.study.store import Stored

VISIBLE = 1e-6  # a difference between projectors that rounding cannot make
# FA and EA in float64: rounding, amplified where the invariant subspace is unstable.
SAME_PATH = 1e-6
SINE = 0.05  # of the largest angle between what is found and what is true
SLOPE = -0.5  # the escape falls like 1/N while it is small; this is half of it


@dataclasses.dataclass(frozen=True)
class Step:
    """One step: what is asked, the rule, what was measured, and the verdict."""

    question: str
    rule: str
    measured: str
    verdict: str


def findings(stored: Stored) -> list[Step]:
    """Return the judged steps of a result of ``beyond.own-group``, in the order of the chain."""
    steps = (_equivariance, _subspace, _escape, _same_path, _discovery)
    return [found for step in steps for found in step(stored)]


def scheme_row(stored: Stored, quantity: str, scheme: str, teacher: str) -> dict[int, np.ndarray]:
    """Return ``{N: (repetitions,)}`` of one scheme and teacher; without sizes that went to infinity."""
    values = stored.arrays[quantity][stored.config.teachers.index(teacher), ..., SCHEMES.index(scheme)]
    rows = zip(stored.config.sizes, values, strict=True)
    return {N: row for N, row in rows if np.isfinite(row).all()}


def lost(stored: Stored) -> list[str]:
    """Say which students are missing because a cloud stopped being finite."""
    return [
        f"{teacher} teacher, N = {N}: a cloud did not stay finite; a smaller alpha keeps it bounded"
        for i, teacher in enumerate(stored.config.teachers)
        for k, N in enumerate(stored.config.sizes)
        if np.isnan(stored.arrays["to_projection"][i, k]).any()
    ]


def _equivariance(stored: Stored) -> Iterator[Step]:
    worst, control = stored.arrays["deviation"], stored.arrays["control"]
    yield Step(
        "The unit is jointly equivariant, at every element and 576 pairs of points",
        f"≤ {EQUIVARIANT:.0e} of the largest output",
        f"{worst:.1e}",
        judge(worst, upper=EQUIVARIANT),
    )
    yield Step(
        "Control: another parameter in the place of the moved one",
        "≥ 1e-03",
        f"{control:.1e}",
        judge(control, lower=1e-3),
    )


def _subspace(stored: Stored) -> Iterator[Step]:
    found = stored.arrays
    ways = [found[f"dimension_by_{way}"] for way in ("null_space", "average", "character")]
    yield Step(
        "Dimension of the invariant subspace by null space, average and character",
        "all three equal",
        f"{ways[0]}, {ways[1]}, {ways[2]} of {found['shape'][2]}",
        judge(max(ways) - min(ways), upper=0),
    )
    yield Step(
        "Its projectors by null space and by average agree",
        f"≤ {found['projector_allowed']:.0e} in every entry",
        f"{found['projector_gap']:.1e}",
        judge(found["projector_gap"], upper=found["projector_allowed"]),
    )
    if ways[0] == found["shape"][2]:
        return  # nothing moves, whatever is averaged
    part = "all elements but the identity" if found["table"].size or found["words"].size else "one element"
    yield Step(
        f"Control: the average over {part}",
        f"≥ {VISIBLE:.0e}",
        f"{found['projector_control']:.1e}",
        judge(found["projector_control"], lower=VISIBLE),
    )


def _escape(stored: Stored) -> Iterator[Step]:
    for teacher in stored.config.teachers:
        symmetric = teacher != "arbitrary"
        question = f"Vanilla training, {teacher} teacher: slope of RMD² to the projection in N"
        rule = f"≤ {SLOPE}: the escape fades" if symmetric else f"≥ {SLOPE} (control: it need not fade)"
        if teacher == "WI" and not stored.arrays["closed"]:
            reason = "an average over samples is not symmetric; the SI teacher is"
            yield Step(question, rule, reason, "not run at this scale")
            continue
        samples = {
            N: v for N, v in scheme_row(stored, "to_projection", "vanilla", teacher).items() if (v > 0).all()
        }
        if len(samples) < 2:
            yield Step(question, rule, "needs two sizes with a positive distance", "not run at this scale")
            continue
        slope, interval = log_slope(list(samples), list(samples.values()))
        bounds = {"upper": SLOPE} if symmetric else {"lower": SLOPE}
        measured = f"{slope:.2f} ({interval[0]:.2f} to {interval[1]:.2f})"
        yield Step(question, rule, measured, judge(slope, interval=interval, **bounds))


def _same_path(stored: Stored) -> Iterator[Step]:
    if stored.config.precision != "float64":
        return
    if not stored.arrays["closed"]:  # an average over samples is no projection, and FA no EA
        yield Step(
            "FA ends where EA ends",
            "needs elements that form a group",
            f"{stored.arrays['order']} samples, whose average is off by {stored.arrays['node_error']:.2g}",
            "not run at this scale",
        )
        return
    gap = stored.arrays["path_gap"]  # (teacher, N, repetition, scheme)
    finite = gap[np.isfinite(gap).all(axis=(2, 3))]  # (cells, repetition, scheme)
    if not len(finite):
        return
    fa = float(np.median(finite[..., SCHEMES.index("fa")], axis=1).max())
    vanilla = float(np.median(finite[..., SCHEMES.index("vanilla")], axis=1).min())
    if vanilla == 0:
        yield Step("FA ends where EA ends", "clouds that move", "no cloud moves", "not run at this scale")
        return
    yield Step(
        "FA ends where EA ends: farthest particle from its twin, median over repetitions",
        f"≤ {SAME_PATH:.0e}",
        f"{fa:.1e}",
        judge(fa, upper=SAME_PATH),
    )
    yield Step(
        "Control: the same for vanilla training", "≥ 1e-03", f"{vanilla:.1e}", judge(vanilla, lower=1e-3)
    )


def _discovery(stored: Stored) -> Iterator[Step]:
    found, true = stored.arrays, stored.arrays["dimension_by_null_space"]
    question = f"Discovery from data of the {found['found_from']} teacher alone: sine of the largest angle"
    rule = f"dimension {true}, sine ≤ {SINE}"
    if found["found_dimension"] < 0:
        yield Step(question, rule, "a cloud did not stay finite", "not run at this scale")
        return
    if true == 0:
        reason = "any cloud that moves leaves {0}: the search cannot end there"
        yield Step(question, rule, reason, "not run at this scale")
        return
    dimension, sine = found["found_dimension"], found["found_sine"]
    right = judge(abs(dimension - true), upper=0)
    yield Step(
        question,
        rule,
        f"dimension {dimension}, sine {sine:.1e}",
        right if right == "fails" else judge(sine, upper=SINE),
    )
    if true < found["shape"][2]:
        control = found["found_control"]
        yield Step(
            "Control: a random subspace of that dimension",
            f"≥ {SINE}",
            f"{control:.2f}",
            judge(control, lower=SINE),
        )
