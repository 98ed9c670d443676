r"""B-X4 judged, first step: what a residual network and a network of patches cannot tell apart.

Intervals are 95 % bootstraps over draws of weights. Changes of the mean kernel are looked for where it has
least noise, in correlations :math:`\hat K(x,x')/\sqrt{\hat K(x,x)\hat K(x',x')}`, along the direction in
which one half of the draws finds the largest: the other half tells whether it is one.
"""

from collections.abc import Iterator

import numpy as np

from widesym.study.claims import Check, at_most, not_run
from widesym.study.experiments.other_architectures import (
    ABSORBED,
    LIMIT_HOLDS,
    MODELS,
    READOUTS,
    TRANSFORMATIONS,
    spread_names,
)
from widesym.study.findings.exactness import control, exact
from widesym.study.findings.verdicts import all_of
from widesym.study.powers import Estimate, bootstrap_of_means, mean_with_interval, power
from widesym.study.store import Stored

ID = "B-X4"
# rounding, grown over some hundred steps of a training that converges
RUNS = 1e-10
# a change of correlations that counts as none, and draws that can tell
UNCHANGED, ENOUGH = 0.02, 400
# of the mean kernel of patches a shift by one pixel moves next to nothing: it keeps the sum of all products
UNSEEN = {"residual": (), "mixer": ("shift",)}
NAMES = {"residual": "Residual network", "mixer": "Network of patches"}
GROUPS = {
    "colour": r"$O(3)\otimes I_d$",
    "shift": "translations",
    "patch": r"$O(3p^2)\otimes I_T$",
    "order": "$S_T$",
    "pixelwise": "$O(3)^d$",
    "patchwise": "$O(3p^2)^T$",
}
_KERNELS = {"nngp": "NNGP", "ntk": "NTK"}


def _places(names: tuple[str, ...]) -> list[int]:
    return [TRANSFORMATIONS.index(name) for name in names]


def _others(names: tuple[str, ...], but: tuple[str, ...] = ()) -> tuple[str, ...]:
    return tuple(name for name in TRANSFORMATIONS if name not in names + but)


def change(stored: Stored, model: str, kind: str, kernel: str) -> Estimate:
    """Return the change of the mean correlations under a transformation, in its own direction, with interval.

    Args:
        stored: a result of ``synergy.other-architectures``.
        model: one of ``MODELS``.
        kind: one of ``TRANSFORMATIONS``.
        kernel: ``nngp`` or ``ntk``.
    """
    found = stored.arrays[f"law_{model}"][:, :, list(_KERNELS).index(kernel)].astype(np.float64)
    first, second = np.triu_indices(stored.config.images)
    alone = found[..., first == second]
    apart = first != second
    correlations = found[..., apart] / np.sqrt(alone[..., first[apart]] * alone[..., second[apart]])
    moved = correlations[1 + TRANSFORMATIONS.index(kind)] - correlations[0]
    half = len(moved) // 2
    direction = moved[:half].mean(0)
    size = np.linalg.norm(direction)
    if size == 0:
        return 0.0, (0.0, 0.0)
    return mean_with_interval(moved[half:] @ direction / size)


def spread(stored: Stored, name: str) -> list[np.ndarray]:
    """Return the squared deviations of a network's NNGP from their mean, relative to it, for each width."""
    found = stored.arrays[f"spread_{name}"].astype(np.float64)
    mean = found.mean(1, keepdims=True)
    return list(((found - mean) ** 2).sum(-1) / (mean**2).sum(-1))


def to_limit(stored: Stored) -> list[np.ndarray]:
    """Return the squared errors of the residual network's NNGP against the infinite one's, for each width."""
    infinite = stored.arrays["infinite"][0]
    apart = stored.arrays["spread_residual"].astype(np.float64) - infinite
    return list((apart**2).sum(-1) / (infinite**2).sum())


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.other-architectures`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    return [
        *_training(stored, scale),
        *_kernels(stored, scale),
        *_infinite(stored, scale),
        *_widths(stored, scale),
        not_run(
            ID, "Attention, and accuracies of all three", "a first step: two networks, no attention",
            rule="the same questions", scale=scale,
        ),
    ]  # fmt: skip


def _training(stored: Stored, scale: str) -> Iterator[Check]:
    outputs, losses = stored.arrays["outputs"], stored.arrays["losses"]
    for place, model in enumerate(MODELS):
        absorbed = ABSORBED[model]
        groups = ", ".join(GROUPS[kind] for kind in absorbed)
        text = f"{NAMES[model]}: both runs agree at every step for {groups}"
        yield exact(ID, text, outputs[place, _places(absorbed)], bound=RUNS, scale=scale)
        groups = ", ".join(GROUPS[kind] for kind in _others(absorbed))
        found = outputs[place, _places(_others(absorbed))]
        yield control(ID, f"{NAMES[model].lower()}, {groups}", found, scale=scale)
    worst = float((losses[..., -1] / losses[..., 0]).max())
    text = "These runs learn: the last loss over the first"
    yield at_most(ID, text, worst, 0.5, scale=scale)


def _kernels(stored: Stored, scale: str) -> Iterator[Check]:
    kernels = stored.arrays["kernels"]
    same = np.concatenate([kernels[m, _places(ABSORBED[model])] for m, model in enumerate(MODELS)])
    text = r"Both: $\hat K(\theta;\tau x,\tau x')=\hat K(\tau^*\theta;x,x')$ for the same groups"
    yield exact(ID, text, same, scale=scale)
    other = np.concatenate([kernels[m, _places(_others(ABSORBED[model]))] for m, model in enumerate(MODELS)])
    yield control(ID, "both, the other groups", other, scale=scale)
    text = "In the mean over weights, kernels of neither change under the same groups"
    draws = min(stored.config.law_draws)
    if draws < ENOUGH:
        yield not_run(ID, text, f"{draws} draws are too few", scale=scale)
        return

    def changes(kernels: tuple[str, ...], kinds: dict[str, tuple[str, ...]]) -> dict[str, Estimate]:
        return {
            f"{NAMES[model].lower()}, {GROUPS[kind]}, {_KERNELS[kernel]}": change(stored, model, kind, kernel)
            for model in MODELS
            for kind in kinds[model]
            for kernel in kernels
        }

    yield all_of(
        ID, text, changes(tuple(_KERNELS), ABSORBED), lower=-UNCHANGED, upper=UNCHANGED,
        rule=f"change of correlations from −{UNCHANGED:g} to {UNCHANGED:g}", digits=4, scale=scale,
    )  # fmt: skip
    yield all_of(
        ID, "Control: the tangent kernels of both change under the others",
        changes(("ntk",), {model: _others(ABSORBED[model], UNSEEN[model]) for model in MODELS}),
        lower=0.0, rule="change of correlations > 0", digits=4, scale=scale,
    )  # fmt: skip


def _infinite(stored: Stored, scale: str) -> Iterator[Check]:
    limit = stored.arrays["limit"]
    for place, readout in enumerate(READOUTS):
        kinds = LIMIT_HOLDS[readout]
        groups = ", ".join(GROUPS[kind] for kind in kinds)
        text = f"Infinite residual network, {readout}: kernels invariant under {groups}"
        yield exact(ID, text, limit[place, _places(kinds)], scale=scale)
        groups = ", ".join(GROUPS[kind] for kind in _others(kinds))
        found = limit[place, _places(_others(kinds))]
        yield control(ID, f"infinite residual network, {readout}, {groups}", found, scale=scale)


def _widths(stored: Stored, scale: str) -> Iterator[Check]:
    config = stored.config
    if min(len(config.widths), len(config.skip_widths)) < 3:
        return
    found = {"NNGP": power(config.skip_widths, to_limit(stored))}
    yield all_of(
        ID, "Residual network: the squared error against the infinite kernel falls as $1/n$", found,
        lower=-1.25, upper=-0.75, rule="exponent from −1.25 to −0.75", digits=2, scale=scale,
    )  # fmt: skip
    patches = {
        f"{name.removeprefix('mixer_')}×{name.removeprefix('mixer_')} pixels": power(
            config.widths, spread(stored, name)
        )
        for name in spread_names(config)[1:]
    }
    yield all_of(
        ID, "Network of patches: the variance of its kernel does not, it levels off", patches, lower=-0.75,
        rule="exponents ≥ −0.75", digits=2, scale=scale,
    )  # fmt: skip
    if len(config.patches) > 1:
        largest, smallest = max(config.patches), min(config.patches)
        samples = [spread(stored, f"mixer_{patch}")[-1] for patch in (largest, smallest)]
        few, many = ((config.side // patch) ** 2 for patch in (largest, smallest))
        found = {f"T = {few} and {many}": bootstrap_of_means(samples, lambda m: m[..., 0] / m[..., 1])}
        yield all_of(
            ID, "The more patches, the less is left at the largest width", found, lower=1.5,
            rule="ratio of variances ≥ 1.5", digits=1, scale=scale,
        )  # fmt: skip
