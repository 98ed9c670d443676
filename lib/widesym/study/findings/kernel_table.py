r"""B-F2 judged, the NTK column: the checks that a result of ``synergy.kernel-table`` supports.

Numbers are percentage points of accuracy; differences are paired, test image by test image
(:mod:`widesym.study.paired`).
"""

from collections.abc import Iterator

import numpy as np

from widesym.study import paired
from widesym.study.claims import Check, not_run
from widesym.study.experiments.kernel_table import KERNELS, KernelTable
from widesym.study.findings.verdicts import Estimate, all_of
from widesym.study.image_tasks import SYNTHETIC
from widesym.study.store import Stored

ID = "B-F2"

# the transformations that each kernel does not see (Theorem 4.1)
_COLOUR = ("identity", "colour")
_PIXELWISE = (*_COLOUR, "pixelwise")
_ALL = (*_PIXELWISE, "permutation", "rotation")
OWN = {"FCN": _ALL, "LCN": _PIXELWISE, "VEC": _PIXELWISE, "LAP": _COLOUR, "GAP": _COLOUR}

LABELS = {
    "identity": "clean",
    "colour": "$O(3)\\otimes I_d$",
    "pixelwise": "$O(3)^d$",
    "permutation": "$P(3d)$",
    "rotation": "$O(3d)$",
}
_GROUP = {_ALL: "$O(3d)$", _PIXELWISE: "$O(3)^d$", _COLOUR: "$O(3)\\otimes I_d$"}

FLAT = 1.0  # points: what is called the same accuracy, and the least that is called a drop
CLOSE = 5.0  # points: what is called close, where no theorem makes it equal
_LEAST = 200  # training images from which on the claims are judged

Cell = tuple[str, str]


def own(model: str) -> tuple[str, ...]:
    """Return the transformations under which the model's kernel does not change."""
    return OWN[model.rstrip("0123456789")]


def correct(stored: Stored, cell: Cell, kernel: str = "ntk") -> np.ndarray:
    """Return which test images a cell (model, transformation) has right, (draws, test images)."""
    model, kind = cell
    at = stored.config.transformations.index(kind)
    return stored.arrays[f"{model}_correct"][at, :, KERNELS.index(kernel)]


def accuracy(stored: Stored, cell: Cell, kernel: str = "ntk") -> Estimate:
    """Return a cell's accuracy in percent with its interval."""
    return _points(paired.mean(correct(stored, cell, kernel)))


def difference(stored: Stored, one: Cell, other: Cell, kernel: str = "ntk") -> Estimate:
    """Return by how many points the first cell is more accurate than the second, with the paired interval."""
    return _points(paired.difference(correct(stored, one, kernel), correct(stored, other, kernel)))


def _points(estimate: Estimate) -> Estimate:
    value, (low, high) = estimate
    return 100 * value, (100 * low, 100 * high)


def by_pooling(config: KernelTable) -> list[str]:
    """Return GAP, LAP from the largest windows on, VEC and FCN, as far as the config has them."""
    windows = [m for m in config.models if m.startswith("LAP")]
    windows.sort(key=lambda m: int(m[3:]), reverse=True)
    return [m for m in ("GAP", *windows, "VEC", "FCN") if m in config.models]


def where(config: KernelTable) -> str:
    """Return the images of a result in a word."""
    return "synthetic" if config.source == SYNTHETIC else "photographs"


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.kernel-table`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    if stored.config.train < _LEAST:
        return [
            not_run(
                ID, f"The claims on accuracy ({where(stored.config)})", f"needs m ≥ {_LEAST}", scale=scale
            )
        ]
    parts = (_flat, _drops, _set_by_symmetry, _order, _inference)
    return [check for part in parts for check in part(stored, scale)]


def _groups(config: KernelTable) -> Iterator[tuple[str, list[str]]]:
    """Models that share a group, with their name in a sentence."""
    for group in (_ALL, _PIXELWISE, _COLOUR):
        models = [m for m in config.models if own(m) == group]
        if models:
            yield ", ".join(models), models


def _changes(stored: Stored, models: list[str], kinds: list[str]) -> dict[str, Estimate]:
    return {
        f"{model}, {LABELS[kind]}": difference(stored, (model, kind), (model, "identity"))
        for model in models
        for kind in kinds
        if kind in stored.config.transformations and kind != "identity"
    }


def _flat(stored: Stored, scale: str) -> Iterator[Check]:
    for names, models in _groups(stored.config):
        group = own(models[0])
        changes = _changes(stored, models, list(group))
        if changes:
            yield all_of(
                ID, f"{names}: flat up to {_GROUP[group]} ({where(stored.config)})", changes,
                lower=-FLAT, upper=FLAT, rule=f"each change from clean within ±{FLAT:g} point", scale=scale,
            )  # fmt: skip


def _drops(stored: Stored, scale: str) -> Iterator[Check]:
    for names, models in _groups(stored.config):
        beyond = [kind for kind in _ALL if kind not in own(models[0])]
        changes = _changes(stored, models, beyond)
        if changes:
            yield all_of(
                ID, f"{names}: lower beyond {_GROUP[own(models[0])]} ({where(stored.config)})", changes,
                upper=-FLAT, rule=f"each change from clean ≤ −{FLAT:g} point", scale=scale,
            )  # fmt: skip


def same_symmetry(stored: Stored) -> dict[str, dict[str, Estimate]]:
    """Return, by statement, cells with a symmetry of the data against the model that has it by itself."""
    models, kinds = stored.config.models, stored.config.transformations
    pooled = [m for m in by_pooling(stored.config) if own(m) == _COLOUR]
    convolutional = [*pooled, *(["VEC"] if "VEC" in models else [])]
    found = {}
    for title, who, kind, like in (
        ("GAP under $O(3)^d$ is close to VEC", [m for m in pooled if m == "GAP"], "pixelwise", "VEC"),
        ("LAP under $O(3)^d$ is close to VEC", [m for m in pooled if m != "GAP"], "pixelwise", "VEC"),
        ("VEC, LAP, GAP under $O(3d)$ are close to FCN", convolutional, "rotation", "FCN"),
    ):
        if who and kind in kinds and like in models:
            found[title] = {m: difference(stored, (m, kind), (like, "identity")) for m in who}
    return found


def _set_by_symmetry(stored: Stored, scale: str) -> Iterator[Check]:
    for title, differences in same_symmetry(stored).items():
        yield all_of(
            ID, f"{title} ({where(stored.config)})", differences, lower=-CLOSE, upper=CLOSE,
            rule=f"differ by at most {CLOSE:g} points", scale=scale,
        )  # fmt: skip


def _order(stored: Stored, scale: str) -> Iterator[Check]:
    order = by_pooling(stored.config)
    for better, worse in zip(order, order[1:], strict=False):
        found = {"": difference(stored, (better, "identity"), (worse, "identity"))}
        yield all_of(
            ID, f"Clean: {better} above {worse} ({where(stored.config)})", found, lower=0.0,
            rule="difference ≥ 0 points", scale=scale,
        )  # fmt: skip
    if {"LCN", "VEC"} <= set(stored.config.models):
        found = {
            LABELS[kind]: difference(stored, ("LCN", kind), ("VEC", kind))
            for kind in stored.config.transformations
        }
        yield all_of(
            ID, f"LCN equals VEC under every transformation ({where(stored.config)})", found, lower=-FLAT,
            upper=FLAT, rule=f"each difference within ±{FLAT:g} point", scale=scale,
        )  # fmt: skip


def _inference(stored: Stored, scale: str) -> Iterator[Check]:
    models, kinds = stored.config.models, stored.config.transformations
    gaps = {}
    for model in models:
        cells = [(model, kind) for kind in kinds]
        both = [np.stack([correct(stored, cell, kernel) for cell in cells]) for kernel in KERNELS]
        # the mean over transformations: one number a test image
        gaps[model] = _points(paired.difference(both[0].mean(axis=0), both[1].mean(axis=0)))
    yield all_of(
        ID, f"NNGP and NTK are similar for every model ({where(stored.config)})", gaps, lower=-CLOSE,
        upper=CLOSE, rule=f"mean differences at most {CLOSE:g} points", scale=scale,
    )  # fmt: skip
