r"""B-F2 judged, all three columns: the checks that a result of ``synergy.network-table`` supports.

Numbers are percentage points of test accuracy at the end of training; differences are paired, test image by
test image, over the draws in which both runs count (:mod:`widesym.study.findings.network_draws`). A cell in
which fewer than four runs in five count is left out.

What a finite network does not see is smaller than what its limit does not see for VEC alone. A run is as
random as its start: cells that Theorem 4.1 makes equal have the same law, not the same numbers.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from widesym.study.claims import Check, not_run
from widesym.study.experiments.network_table import LIMIT
from widesym.study.findings import kernel_table
from widesym.study.findings.kernel_table import CLOSE, FLAT, ID, LABELS, OWN
from widesym.study.findings.network_draws import counted, counts, percent
from widesym.study.findings.verdicts import Estimate, all_of
from widesym.study.store import Stored

LESS = 3.5  # points: half the least gain that the paper reports, 77 to 84 %; what is called no gain is less
ROOM = 98.0  # percent: where the infinite network has as many right, there is no room for a gain
_LEAST = 200  # training images from which on the claims are judged
# where VEC's gain is looked for, in which words, and the bound of the rule
_GAINS = (("identity", "gains", {"lower": 0.0}), ("pixelwise", "gains nothing", {"upper": LESS}))
_SPURIOUS = ("pixelwise", "permutation", "rotation")
_GROUPS = {"FCN": "$O(3d)$", "LCN": "$O(3)^d$", "GAP": "$O(3)\\otimes I_d$"}

Cell = tuple[str, str, str]  # model, transformation, inference


def own(model: str, inference: str) -> tuple[str, ...]:
    """Return the transformations that a model does not see: at finite width VEC's group is GAP's."""
    return OWN["GAP"] if model == "VEC" and inference != LIMIT else kernel_table.own(model)


def correct(stored: Stored, cell: Cell) -> np.ndarray:
    """Return which test images a cell has right, (draws, test images), NaN for runs that do not count."""
    config, (model, kind, inference) = stored.config, cell
    at, column = config.transformations.index(kind), config.columns.index(inference)
    right = stored.arrays[f"{model}_correct"][column, at].astype(np.float64)
    if inference == LIMIT:
        return right
    return counted(right, stored.arrays[f"{model}_fit"][column - 1, at][:, None])


def successes(stored: Stored, cell: Cell) -> int:
    """Return how many runs of a cell count."""
    return int(np.isfinite(correct(stored, cell)).all(1).sum())


def judged(stored: Stored, cell: Cell) -> bool:
    """Return whether a cell counts."""
    return bool(counts(correct(stored, cell)[:, 0]))


def accuracy(stored: Stored, cell: Cell) -> Estimate:
    """Return a cell's accuracy in percent with its interval; of all runs where the cell does not count."""
    values = correct(stored, cell)
    if not judged(stored, cell):
        model, kind, inference = cell
        config = stored.config
        place = config.columns.index(inference), config.transformations.index(kind)
        return percent(stored.arrays[f"{model}_correct"][place])
    return percent(values)


def difference(stored: Stored, one: Cell, other: Cell) -> Estimate:
    """Return by how many points the first cell is more accurate than the second, with the paired interval."""
    return percent(correct(stored, one) - correct(stored, other))


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports, beyond those of the kernels' own table.

    Args:
        stored: a result of ``synergy.network-table`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    config = stored.config
    if config.train < _LEAST:
        return [_small(f"NN and NN+: the claims on accuracy ({config.where})", scale)]
    by_group = [
        check
        for inference in config.inferences
        for part in (_flat, _drops)
        for check in part(stored, inference, scale)
    ]
    by_symmetry = [c for inference in config.columns for c in _set_by_symmetry(stored, inference, scale)]
    gains = _gains(stored, scale) if "NN+" in config.inferences else ()
    return [*by_group, *by_symmetry, *gains, *_limits(stored, scale)]


def _small(statement: str, scale: str) -> Check:
    return not_run(ID, statement, f"needs m ≥ {_LEAST}", scale=scale)


def _groups(stored: Stored, inference: str) -> Iterator[tuple[str, list[str]]]:
    """Models that share a group at finite width, by one of them that is in OWN."""
    for kind in _GROUPS:
        models = [m for m in stored.config.models if own(m, inference) == OWN[kind]]
        if models:
            yield kind, models


def _changes(
    stored: Stored, models: list[str], kinds: tuple[str, ...], inference: str
) -> dict[str, Estimate]:
    """Changes from clean images, by model and transformation, of cells that count."""
    cells = [
        ((model, kind, inference), (model, "identity", inference))
        for model in models
        for kind in kinds
        if kind != "identity" and kind in stored.config.transformations
    ]
    return {
        f"{one[0]}, {LABELS[one[1]]}": difference(stored, one, other)
        for one, other in cells
        if judged(stored, one) and judged(stored, other)
    }


def _check(found: Mapping[str, Estimate], statement: str, *, scale: str, **bounds: object) -> Iterator[Check]:
    """One check of all estimates; none where no cell counts."""
    if found:
        yield all_of(ID, statement, found, scale=scale, **bounds)


def _flat(stored: Stored, inference: str, scale: str) -> Iterator[Check]:
    for kind, models in _groups(stored, inference):
        yield from _check(
            _changes(stored, models, OWN[kind], inference),
            f"{inference}, {', '.join(models)}: flat up to {_GROUPS[kind]} ({stored.config.where})",
            lower=-CLOSE, upper=CLOSE, rule=f"each change from clean within ±{CLOSE:g} points", scale=scale,
        )  # fmt: skip


def _drops(stored: Stored, inference: str, scale: str) -> Iterator[Check]:
    for kind, models in _groups(stored, inference):
        beyond = tuple(one for one in OWN["FCN"] if one not in OWN[kind])
        changes = _changes(stored, models, beyond, inference)
        if not changes:
            continue
        statement = f"{inference}, {', '.join(models)}: lower beyond {_GROUPS[kind]} ({stored.config.where})"
        rule = f"each change from clean ≤ −{FLAT:g} point, where there is one to expect"
        changes = {name: change for name, change in changes.items() if name not in _nothing_to_lose(stored)}
        if not changes:
            reason = f"the infinite network loses less than {FLAT:g} point either"
            yield not_run(ID, statement, reason, rule=rule, scale=scale)
        yield from _check(changes, statement, upper=-FLAT, rule=rule, scale=scale)


def _nothing_to_lose(stored: Stored) -> set[str]:
    """Name the cells whose limit has the same group as the finite network, and loses nothing beyond it."""
    models = [m for m in stored.config.models if own(m, "NN") == own(m, LIMIT)]
    changes = _changes(stored, models, OWN["FCN"], LIMIT)
    return {name for name, (change, _) in changes.items() if change > -FLAT}


def same_symmetry(stored: Stored, inference: str) -> dict[str, dict[str, Estimate]]:
    """Return, by statement, cells with a symmetry of the data against the model that has it by itself."""
    config = stored.config
    blind = [m for m in config.models if own(m, inference) == OWN["GAP"]]
    pooled = [m for m in blind if m != "VEC"]
    unpooled = [m for m in blind if m == "VEC"]
    found = {}
    for kind, like, who in (
        ("pixelwise", "LCN", unpooled),
        ("pixelwise", "LCN", pooled),
        ("rotation", "FCN", [m for m in config.models if m in ("LCN", "VEC")]),
        ("rotation", "FCN", pooled),
    ):
        partner = (like, "identity", inference)
        if not who or kind not in config.transformations or like not in config.models:
            continue
        if judged(stored, partner):
            cells = {model: (model, kind, inference) for model in who}
            verb = "are" if len(who) > 1 else "is"
            found[f"{', '.join(who)} under {LABELS[kind]} {verb} close to {like}"] = {
                model: difference(stored, cell, partner)
                for model, cell in cells.items()
                if judged(stored, cell)
            }
    return found


def _set_by_symmetry(stored: Stored, inference: str, scale: str) -> Iterator[Check]:
    for title, differences in same_symmetry(stored, inference).items():
        yield from _check(
            differences, f"{inference}: {title} ({stored.config.where})", lower=-CLOSE, upper=CLOSE,
            rule=f"differ by at most {CLOSE:g} points", scale=scale,
        )  # fmt: skip


def gain(stored: Stored, model: str, kind: str, inference: str = "NN+") -> Estimate:
    """Return by how many points training is more accurate than regression with the NTK."""
    return difference(stored, (model, kind, inference), (model, kind, LIMIT))


def _gains(stored: Stored, scale: str) -> Iterator[Check]:
    config = stored.config
    cells = [(model, kind) for model in config.models for kind in config.transformations]
    cells = [cell for cell in cells if judged(stored, (*cell, "NN+"))]
    spurious = [(m, k) for m, k in cells if k in _SPURIOUS or own(m, "NN+") != OWN["GAP"]]
    yield from _check(
        {f"{m}, {LABELS[k]}": gain(stored, m, k) for m, k in spurious},
        f"With a spurious symmetry NN+ gains nothing over NTK ({config.where})",
        upper=LESS, rule=f"each difference ≤ {LESS:g} points, half the paper's least gain", scale=scale,
    )  # fmt: skip
    free = [cell for cell in cells if cell not in spurious]
    room = [c for c in free if accuracy(stored, (*c, LIMIT))[0] < ROOM]
    for model in dict.fromkeys(model for model, _ in free):
        statement = f"Without spurious symmetry NN+ gains over NTK: {model} ({config.where})"
        found = {LABELS[k]: gain(stored, m, k) for m, k in room if m == model}
        if not found:
            yield not_run(
                ID, statement, f"NTK has {ROOM:g} % right or more: no room for a gain",
                rule="each difference ≥ 0 points", scale=scale,
            )  # fmt: skip
        yield from _check(found, statement, lower=0.0, rule="each difference ≥ 0 points", scale=scale)


def _limits(stored: Stored, scale: str) -> Iterator[Check]:
    """Is it all one which kernel is called the limit?"""
    config, found = stored.config, {}
    for model in config.models:
        # the mean over transformations: one number a test image
        gap = stored.arrays[f"{model}_nngp"].mean(0) - stored.arrays[f"{model}_correct"][0].mean(0)
        found[model] = percent(gap)
    yield from _check(
        found, f"NNGP, the limit of the silent start, is as good as NTK ({config.where})", lower=-CLOSE,
        upper=CLOSE, rule=f"mean differences at most {CLOSE:g} points", scale=scale,
    )  # fmt: skip


def start_findings(results: Mapping[str, Stored], *, scale: str = "live") -> list[Check]:
    """Return the checks on whether VEC's gain depends on the start.

    Args:
        results: of ``synergy.network-table``, by the start of its networks.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    found = []
    for start, stored in results.items():
        for kind, verb, least in _GAINS:
            statement = f"VEC, {LABELS[kind]}, {start} start: NN+ {verb} over NTK ({stored.config.where})"
            rule = "difference ≥ 0 points" if kind == "identity" else f"difference ≤ {LESS:g} points"
            if stored.config.train < _LEAST or not judged(stored, ("VEC", kind, "NN+")):
                reason = f"needs m ≥ {_LEAST}, and four runs in five that succeed"
                found.append(not_run(ID, statement, reason, rule=rule, scale=scale))
                continue
            found += _check({"": gain(stored, "VEC", kind)}, statement, rule=rule, scale=scale, **least)
    return found


def width_findings(narrow: Stored, wide: Stored, *, scale: str = "live") -> list[Check]:
    """Return the check that what rotated images cost pooled networks beyond FCN falls with the width.

    Args:
        narrow: a result of ``synergy.network-table``.
        wide: the same of wider networks, perhaps with fewer draws.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    config = wide.config
    factor = config.widths[0] // narrow.config.widths[narrow.config.models.index(config.models[0])]
    names = ", ".join(config.models)
    statement = f"NN+, {names} under $O(3d)$: better at {factor} times the width ({config.where})"
    cells = [(model, "rotation", "NN+") for model in config.models]
    cells = [cell for cell in cells if judged(narrow, cell) and judged(wide, cell)]
    if config.train < _LEAST or not cells:
        return [_small(statement, scale)]
    found = {}
    for cell in cells:
        values = correct(wide, cell) - correct(narrow, cell)[: config.draws]
        found[cell[0]] = percent(values)
    return list(_check(found, statement, lower=0.0, rule="each difference ≥ 0 points", scale=scale))
