"""B-S2 and B-S6 judged: which runs take the same path, and what breaks it."""

import numpy as np

from widesym.networks.actions import FAMILIES, SCOPES
from widesym.networks.models import LAWS
from widesym.study.claims import Check, within
from widesym.study.experiments.same_path import ELEMENTS, HELD, MODELS, MOVES, OTHERS
from widesym.study.findings.exactness import ROUNDING, control, exact
from widesym.study.store import Stored

PATHS, VARIANTS = "B-S2", "B-S6"
# rounding of 1e-16 a step, which hundreds of steps of a descent may multiply by some thousands
TOLERANCE = 1e-10
# a mean over some 10^5 draws of the library against the formula
SAMPLED = 0.05
_GROUPS = {
    "FCN": "$O(3d)$", "LCN": "$O(3)^d$", "VEC": r"$O(3)\otimes I_d$", "LAP": r"$O(3)\otimes I_d$",
    "GAP": r"$O(3)\otimes I_d$",
}  # fmt: skip
_PARAMETRISATIONS = {"standard": "Standard", "mean-field": "Mean-field", "mup": "μP"}


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.same-path`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    return [*paths(stored, scale), *variants(stored, scale)]


def paths(stored: Stored, scale: str = "live") -> list[Check]:
    """Return the checks of B-S2."""

    def held(text: str, values: np.ndarray) -> Check:
        return exact(PATHS, text, values, bound=TOLERANCE, scale=scale)

    def broken(text: str, values: list) -> Check:
        return control(PATHS, text, np.concatenate(values), scale=scale)

    checks = [
        held(f"{model} takes the same path for {_GROUPS[model]}", _inside(stored, model, "deviation"))
        for model in MODELS
    ]
    weights = np.concatenate([_inside(stored, model, "weights").ravel() for model in MODELS])
    checks.append(held(r"So do the weights: $\theta'_t=\tau^*\theta_t$", weights))
    beyond = {model: [name for name in ELEMENTS[:-1] if name not in HELD[model]] for model in MODELS}
    checks += [
        broken(
            f"{names} beyond {_GROUPS[models[0]]}, that is by {elements}",
            [_last(_of(stored, model, "deviation", beyond[model])) for model in models],
        )
        for models, names, elements in (
            (("LCN",), "LCN", "$P(3d)$ and $O(3d)$"),
            (("VEC", "LAP", "GAP"), "VEC, LAP and GAP", "$O(3)^d$, $P(3d)$ and $O(3d)$"),
        )
    ]
    stretched = [_of(stored, model, "deviation", ("stretched",)) for model in MODELS]
    first = np.concatenate([values[..., 0] for values in stretched])
    checks.append(held("A map of colours that is not orthogonal: the same at the start", first))
    checks.append(broken("and not on the way", [_last(values) for values in stretched]))
    plain = {model: stored.arrays[f"{model}_plain"] for model in MODELS}
    text = "SGD without momentum and penalty: the same path"
    checks.append(held(text, np.concatenate([values[:1] for values in plain.values()])))
    checks.append(broken("the next larger group", [_last(values[1:]) for values in plain.values()]))
    text = r"both runs from $\theta_0$, not from $\tau^*\theta_0$"
    checks.append(broken(text, [_last(stored.arrays[f"{m}_uncoupled"][None]) for m in MODELS]))
    return checks


def variants(stored: Stored, scale: str = "live") -> list[Check]:
    """Return the checks of B-S6."""
    models, arrays = stored.config.variants, stored.arrays

    def of(name: str) -> np.ndarray:
        """The largest deviation along each pair of runs: (kind of element, model, draw)."""
        return np.stack([arrays[f"{model}_{name}"].max(axis=-1) for model in models], axis=1)

    def held(text: str, values: np.ndarray, bound: float = TOLERANCE) -> Check:
        return exact(VARIANTS, text, values, bound=bound, scale=scale)

    def broken(text: str, values: np.ndarray) -> Check:
        return control(VARIANTS, text, values, scale=scale)

    checks = []
    for name, called in OTHERS.items():
        own, larger = of(called)
        checks.append(held(f"{_PARAMETRISATIONS[name]} parametrisation: the same path", own))
        checks.append(broken(f"the next larger group in the {name} parametrisation", larger))
    own, larger = of("uniform")
    checks.append(held("Weights of uniform law: the same path, for rotations too", own))
    checks.append(broken("uniform law, the next larger group", larger))
    moments = dict(zip(FAMILIES, np.moveaxis(arrays["moments"], 1, 0), strict=True))
    normal, uniform = LAWS.index("gaussian"), LAWS.index("uniform")
    text = r"Gaussian weights keep their fourth moments under $\tau^*$, rotations included"
    every = np.stack([values[:, normal] for values in moments.values()])
    checks.append(held(text, every, ROUNDING))
    text = "Uniform weights keep theirs under permutations, with signs or without"
    kept = np.stack([moments[name][:, uniform] for name in ("signed", "permutation")])
    checks.append(held(text, kept, ROUNDING))
    text = f"uniform weights under rotations ({len(SCOPES)} groups)"
    checks.append(broken(text, moments["orthogonal"][:, uniform]))
    checks.append(_sampled(stored, scale))
    for name, text in (("power", "$L^4$ penalty"), ("adam", "Adam")):
        rotated, *permuted = of(name)
        checks.append(
            held(f"{text}: the same path for permutations, with signs or without", np.stack(permuted))
        )
        checks.append(broken(f"{text} under rotations", rotated))
    return checks


def _sampled(stored: Stored, scale: str) -> Check:
    """The library's draws have the moments that the formula gives; the worst of all laws and moves."""
    excess = stored.arrays["sampled"][..., 0] - stored.arrays["by_formula"]
    law, move = np.unravel_index(np.abs(excess).argmax(), excess.shape)
    value, half = excess[law, move], stored.arrays["sampled"][law, move, 1]
    return within(
        VARIANTS, "Fourth moments of VEC's drawn and moved weights are those of the formula", value, -SAMPLED,
        SAMPLED, interval=(value - half, value + half), scale=scale,
        rule=f"all {excess.size} to ±{SAMPLED}",
        measured=f"{LAWS[law]}, {MOVES[move]}: off by {value:+.3f} ± {half:.3f}".replace("-", "−"),
    )  # fmt: skip


def _of(stored: Stored, model: str, name: str, elements: tuple[str, ...] | list[str]) -> np.ndarray:
    """Deviations for some elements, (element, draw, step)."""
    return stored.arrays[f"{model}_{name}"][[ELEMENTS.index(element) for element in elements]]


def _inside(stored: Stored, model: str, name: str) -> np.ndarray:
    return _of(stored, model, name, HELD[model])


def _last(values: np.ndarray) -> np.ndarray:
    """The largest deviation along the way, (element, draw)."""
    return values.max(axis=-1)
