r"""B-F10 judged: the checks that a result of ``synergy.learning-curves`` supports.

The exponent of a curve is :math:`\alpha` in :math:`\mathrm{MSE}\propto m^{-\alpha}`, by least squares through
all its sizes in log-log; its interval is a bootstrap over draws. With one draw it is the value itself.
"""

from collections.abc import Callable, Iterator

import numpy as np

from widesym.study import paired
from widesym.study.claims import Check, at_least, not_run
from widesym.study.experiments.learning_curves import KERNELS, LearningCurves, curves
from widesym.study.findings.verdicts import Estimate, all_of
from widesym.study.image_tasks import SYNTHETIC
from widesym.study.powers import bootstrap_of_means
from widesym.study.store import Stored

ID = "B-F10"
# NNGP, 14 layers, zero padding, trained on three quarters of N images, accuracy in percent: published values
PUBLISHED = {
    "VEC": {160: 28.8, 640: 37.0, 2560: 46.9, 10240: 56.3},
    "GAP": {160: 34.9, 640: 46.0, 2560: 58.1, 10240: 68.4},
}
NAMES = {"colour": "$O(3)\\otimes I_d$", "pixelwise": "$O(3)^d$", "rotation": "$O(3d)$"}
SYMMETRIES = ("colour", "pixelwise", "rotation")

_STRAIGHT = 0.95  # R² of a line in log-log
_AGREE = 3.0  # points: other padding, another copy of the images, other samples
_LEAST = 400  # training images of the longest curve, from which on the claims are judged

Curve = tuple[str, str]


def symmetry(curve: Curve) -> str:
    """Return the spurious symmetry of a curve: the larger of the model's group and that of the data."""
    model, kind = curve
    own = {"FCN": "rotation", "VEC": "pixelwise"}.get(model, "colour")
    return max(own, "colour" if kind == "identity" else kind, key=SYMMETRIES.index)


def mse(stored: Stored, curve: Curve, kernel: str = "ntk") -> np.ndarray:
    """Return the mean squared errors of a curve, (draws, sizes)."""
    return stored.arrays["_".join((*curve, "mse"))][:, KERNELS.index(kernel)]


def accuracy(stored: Stored, curve: Curve, kernel: str = "ntk") -> np.ndarray:
    """Return the accuracies of a curve in percent, (draws, sizes)."""
    return 100 * stored.arrays["_".join((*curve, "accuracy"))][:, KERNELS.index(kernel)]


def _slope(sizes: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Exponents of errors (..., sizes)."""
    x = np.log(sizes) - np.log(sizes).mean()
    return -np.log(errors) @ x / (x @ x)


def exponent(stored: Stored, curve: Curve, kernel: str = "ntk") -> Estimate:
    """Return a curve's exponent and its interval over draws."""
    sizes = np.array(stored.config.sizes(curve[0]), float)
    errors = mse(stored, curve, kernel)
    return bootstrap_of_means(list(errors.T), lambda means: _slope(sizes, means), paired=True)


def straightness(stored: Stored, curve: Curve, kernel: str = "ntk") -> float:
    """Return R² of the line through a curve's mean errors in log-log."""
    y = np.log(mse(stored, curve, kernel).mean(axis=0))
    x = np.log(stored.config.sizes(curve[0]))
    rest = y - np.polyval(np.polyfit(x, y, 1), x)
    return float(1 - rest.var() / y.var())


def explained(exponents: np.ndarray, groups: list[str]) -> np.ndarray:
    """Return the share of the variance of exponents (..., curves) that lies between groups of curves."""
    total = exponents.var(axis=-1)
    means = np.empty_like(exponents)
    for group in set(groups):
        members = [i for i, other in enumerate(groups) if other == group]
        means[..., members] = exponents[..., members].mean(axis=-1, keepdims=True)
    return means.var(axis=-1) / total


def of_exponents(stored: Stored, statistic: Callable[[np.ndarray], np.ndarray]) -> Estimate:
    """Return a statistic of the exponents (..., curves) of all curves, with its interval over draws.

    Draws of different models are resampled independently, those of one model together.
    """
    known = curves(stored.config)
    rng = np.random.default_rng(20240613)
    samples, values = [], []
    chosen: dict[str, np.ndarray] = {}
    for curve in known:
        errors = mse(stored, curve)
        sizes = np.array(stored.config.sizes(curve[0]), float)
        values.append(_slope(sizes, errors.mean(axis=0)))
        if curve[0] not in chosen:
            chosen[curve[0]] = rng.integers(len(errors), size=(2000, len(errors)))
        samples.append(_slope(sizes, errors[chosen[curve[0]]].mean(axis=1)))
    low, high = np.quantile(statistic(np.stack(samples, axis=-1)), [0.025, 0.975])
    value = float(statistic(np.array(values)))
    # a share of variance is biased under resampling: the interval shall hold the value
    return value, (min(float(low), value), max(float(high), value))


def where(config: LearningCurves) -> str:
    """Return the images of a result in a word."""
    return "synthetic" if config.source == SYNTHETIC else "photographs"


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.learning-curves`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    checks = list(_reference(stored, scale))
    if max(stored.config.largest) < _LEAST:
        statement = f"Power laws and their exponents ({where(stored.config)})"
        return [not_run(ID, statement, f"needs curves to m ≥ {_LEAST}", scale=scale), *checks]
    return [*_power_laws(stored, scale), *_exponents(stored, scale), *checks]


def _power_laws(stored: Stored, scale: str) -> Iterator[Check]:
    known = curves(stored.config)
    straight = [straightness(stored, curve) >= _STRAIGHT for curve in known]
    yield at_least(
        ID, f"MSE against $m$: most curves are power laws ({where(stored.config)})",
        float(np.mean(straight)), 0.5, scale=scale,
        rule=f"$R^2$ ≥ {_STRAIGHT} of a line in log-log, for at least half of the curves",
        measured=f"{sum(straight)} of {len(known)}",
    )  # fmt: skip


def _exponents(stored: Stored, scale: str) -> Iterator[Check]:
    known = curves(stored.config)
    groups, models = [symmetry(curve) for curve in known], [model for model, _ in known]
    words = where(stored.config)
    share = of_exponents(stored, lambda found: explained(found, groups))
    yield all_of(
        ID, f"The spurious symmetry sets the exponents largely ({words})", {"": share}, lower=0.5, digits=2,
        rule="it explains at least half of their variance between curves", scale=scale,
    )  # fmt: skip
    more = of_exponents(stored, lambda found: explained(found, groups) - explained(found, models))
    yield all_of(
        ID, f"It explains more than the architecture does ({words})", {"": more}, lower=0.0, digits=2,
        rule="difference of the shares ≥ 0", scale=scale,
    )  # fmt: skip
    present = [group for group in SYMMETRIES if group in groups]
    for small, large in zip(present, present[1:], strict=False):
        gap = of_exponents(
            stored, lambda found, a=small, b=large: _mean(found, groups, a) - _mean(found, groups, b)
        )
        yield all_of(
            ID, f"Mean exponent with {NAMES[small]} above that with {NAMES[large]} ({words})", {"": gap},
            lower=0.0, digits=3, rule="difference ≥ 0", scale=scale,
        )  # fmt: skip


def _mean(exponents: np.ndarray, groups: list[str], group: str) -> np.ndarray:
    return exponents[..., [i for i, other in enumerate(groups) if other == group]].mean(axis=-1)


def reference(stored: Stored) -> dict[int, Estimate]:
    """Return, by N, the accuracy in percent of VEC (NNGP, 14 layers) trained on three quarters of N."""
    found = {}
    for size in stored.config.reference_sizes:
        value, (low, high) = paired.mean(stored.arrays[f"reference_{size}"])
        found[round(size * 4 / 3)] = (100 * value, (100 * low, 100 * high))
    return found


def _reference(stored: Stored, scale: str) -> Iterator[Check]:
    if stored.config.source == SYNTHETIC or not stored.config.reference_sizes:
        return
    found = reference(stored)
    gaps = {}
    for count in sorted(set(found) & set(PUBLISHED["VEC"])):
        value, (low, high) = found[count]
        target = PUBLISHED["VEC"][count]
        gaps[f"N = {count:,}"] = (value - target, (low - target, high - target))
    if gaps:
        yield all_of(
            ID, "VEC with 14 layers, NNGP: consistent with the published curve", gaps, lower=-_AGREE,
            upper=_AGREE, rule=f"each accuracy within {_AGREE:g} points", unit=" points", scale=scale,
        )  # fmt: skip
