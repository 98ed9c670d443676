r"""A-X2 judged: the checks that a result of ``beyond.deep`` supports.

Bounds are those of the claims; intervals are 95 % bootstraps over repetitions
(:mod:`widesym.study.statistics`).
"""

from collections.abc import Iterator

import numpy as np

from widesym.study.claims import VERDICTS, Check, at_least, at_most, judge, not_run, within
from widesym.study.deep_statements import AVERAGING_DEPTHS, LAWS, LIMIT_DEPTHS
from widesym.study.experiments.deep import UNITS
from widesym.study.statistics import bootstrap_interval, log_slope, median_with_interval
from widesym.study.store import Stored
from widesym.study.sweeps import SCHEMES

ID = "A-X2"
NAMES = {"matrix": "matrix unit, $C_2$", "neuron": "neuron, $C_3$"}

_ROUNDING = 1e-12  # float64: 50 layers, states of order 10
_EXACT = 1e-8  # a path in float64: rounding of 1e-16, amplified over at most 25,000 steps
_BROKEN = 1e-3  # what a negative control must exceed: nine orders above rounding
_APART = 3  # depths from the least to the greatest, as a ratio, below which no slope is fitted


def row(stored: Stored, unit: str, scheme: str, teacher: str) -> dict[int, np.ndarray]:
    """Return ``{L: RMD^2 of all particles to the projection at time T, (repetitions,)}``."""
    values = stored.arrays[f"{unit}_to_projection"][stored.config.teachers.index(teacher)]
    return {L: values[i, :, SCHEMES.index(scheme), -1] for i, L in enumerate(stored.config.depths_of(unit))}


def slope(samples: dict[int, np.ndarray]) -> tuple[float, tuple[float, float]] | None:
    """Return the log-log slope in L and its interval; None over less than a factor 3, or from zeros."""
    kept = {L: values for L, values in samples.items() if (values > 0).all()}
    if not kept or max(kept) < _APART * min(kept):
        return None
    return log_slope(list(kept), list(kept.values()))


def disagreement(stored: Stored, teacher: str) -> dict[int, np.ndarray]:
    """Return ``{L: distance of vanilla networks' outputs from their mean, (repetitions,)}``, matrix unit."""
    outputs = stored.arrays["matrix_outputs"][stored.config.teachers.index(teacher), :, :, 0]  # (L, R, P, d)
    away = outputs - outputs.mean(axis=1, keepdims=True)
    return dict(zip(stored.config.depths, np.sqrt((away**2).sum(axis=3).mean(axis=2)), strict=True))


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports; what it is too small for is *not run at this scale*.

    Args:
        stored: a result of ``beyond.deep`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    parts = (_layers_are_equivariant, _averaging_does_not_carry_over, _vanilla, _layers_alike)
    rest = (_schemes_coincide, _noise, _mean_ode, _trained_networks_agree)
    return [check for part in (*parts, *rest) for check in part(stored, scale)]


def _layers_are_equivariant(stored: Stored, scale: str) -> Iterator[Check]:
    worst = dict(zip(LAWS, stored.arrays["equivariance"].T, strict=True))  # law -> one number a unit
    for law in ("SI", "WI"):
        value = worst[law].max()
        statement = f"{law} layers: every layer is equivariant, for three groups and units"
        yield at_most(ID, statement, value, _ROUNDING, scale=scale, measured=f"{value:.1e}")
    value = worst["arbitrary"].min()
    yield at_least(ID, "Control: arbitrary layers are not equivariant", value, _BROKEN, scale=scale)
    value = float(stored.arrays["broken_equivariance"])
    statement = "Control: SI layers of a unit that is not jointly equivariant are not equivariant"
    yield at_least(ID, statement, value, _BROKEN, scale=scale)


def _averaging_does_not_carry_over(stored: Stored, scale: str) -> Iterator[Check]:
    gaps = dict(zip(AVERAGING_DEPTHS, stored.arrays["averaging_gap"].T, strict=True))
    value = gaps.pop(1).max()
    statement = "One layer: symmetrising its law is averaging the network, $\\Phi_{\\mu^G}=Q_G\\Phi_\\mu$"
    yield at_most(ID, statement, value, _ROUNDING, scale=scale, measured=f"{value:.1e}")
    value = min(gap.min() for gap in gaps.values())
    depths = " and ".join(f"${L}$" for L in gaps)
    statement = f"Control: {depths} layers symmetrised one by one are not the averaged network"
    yield at_least(ID, statement, value, _BROKEN, scale=scale)


def _vanilla(stored: Stored, scale: str) -> Iterator[Check]:
    for unit in UNITS:
        for teacher in ("WI", "SI", "arbitrary"):
            falls = teacher != "arbitrary"
            verb = "falls with $L$" if falls else "does not fall with $L$"
            statement = f"Vanilla training, {NAMES[unit]}, {teacher} teacher: RMD² to the projection {verb}"
            if teacher not in stored.config.teachers:
                yield not_run(ID, statement, f"needs the {teacher} teacher", scale=scale)
                continue
            fitted = slope(row(stored, unit, "vanilla", teacher))
            if fitted is None:
                yield not_run(ID, statement, f"needs depths a factor {_APART} apart", scale=scale)
            elif falls:
                # the random walk of a small escape gives -1; the neuron's escape grows towards a ceiling
                bound, rule = (-0.5, "slope ≤ −1/2") if unit == "matrix" else (0.0, "slope ≤ 0")
                yield _slope_check(statement, fitted, -np.inf, bound, rule, scale)
            else:
                yield _slope_check(statement, fitted, -0.2, 0.2, "slope from −0.2 to 0.2", scale)
        if "arbitrary" in stored.config.teachers:
            yield _stays_away(stored, unit, scale)


def _slope_check(
    statement: str,
    fitted: tuple[float, tuple[float, float]],
    lower: float,
    upper: float,
    rule: str,
    scale: str,
) -> Check:
    value, (low, high) = fitted
    return Check(
        ID,
        statement,
        rule=rule,
        measured=f"{value:.2f} ({low:.2f} to {high:.2f})".replace("-", "−"),
        value=value,
        interval=(low, high),
        verdict=judge(value, lower=lower, upper=upper, interval=(low, high)),
        scale=scale,
    )


def _stays_away(stored: Stored, unit: str, scale: str) -> Check:
    medians = [median_with_interval(v) for v in row(stored, unit, "vanilla", "arbitrary").values()]
    verdicts = [judge(value, lower=0.01, interval=interval) for value, interval in medians]
    low, high = min(interval[0] for _, interval in medians), max(interval[1] for _, interval in medians)
    return Check(
        ID,
        f"Control: with the arbitrary teacher it stays away at every depth, {NAMES[unit]}",
        rule="every median ≥ 0.01",
        measured=f"{low:.3f} to {high:.3f}",
        value=min(value for value, _ in medians),
        interval=(low, high),
        verdict=min(verdicts, key=VERDICTS.index),
        scale=scale,
    )


def _layers_alike(stored: Stored, scale: str) -> Iterator[Check]:
    for unit in UNITS:
        L = stored.config.depths_of(unit)[-1]
        for teacher in ("WI", "SI"):
            who = f"Vanilla training, {NAMES[unit]}, {teacher} teacher"
            statement = f"{who}: at the greatest depth no part of the network escapes alone"
            if teacher not in stored.config.teachers or L < 100:
                yield not_run(ID, statement, "needs L ≥ 100: ten layers in each tenth", scale=scale)
                continue
            profile = stored.arrays[f"{unit}_by_depth"][stored.config.teachers.index(teacher), -1, :, 0]
            value = float(profile_ratio(*profile.T))
            interval = bootstrap_interval(list(profile.T), profile_ratio)
            # a maximum grows under resampling: the interval may lie above the value
            low, high = min(value, interval[0]), max(value, interval[1])
            yield at_most(
                ID, statement, value, 4.0, interval=(low, high), scale=scale,
                rule="largest over median tenth of the depth ≤ 4",
                measured=f"{value:.2f} ({low:.2f} to {high:.2f}), L = {L}",
            )  # fmt: skip


def profile_ratio(*tenths: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the largest over the median tenth of the depth, of means over repetitions, along ``axis``."""
    means = np.stack([np.mean(tenth, axis=axis) for tenth in tenths])
    return means.max(axis=0) / np.median(means, axis=0)


def _schemes_coincide(stored: Stored, scale: str) -> Iterator[Check]:
    if stored.config.precision == "float64":
        for scheme, name in (("da-orbit", "Whole-orbit DA"), ("fa", "FA")):
            gaps = [stored.arrays[f"{unit}_path_gap"][..., SCHEMES.index(scheme)].max() for unit in UNITS]
            rule = f"largest distance of a particle from its twin ≤ {_EXACT:.0e}"
            statement = f"{name} follows the same path as EA in every layer, at every depth, both units"
            measured = ", ".join(f"{gap:.1e}" for gap in gaps)
            yield at_most(ID, statement, max(gaps), _EXACT, scale=scale, rule=rule, measured=measured)
    value = stored.arrays["broken_gap"].min()
    statement = "Control: with a unit that is not jointly equivariant whole-orbit DA leaves the path of EA"
    yield at_least(ID, statement, value, _BROKEN, scale=scale)


def _noise(stored: Stored, scale: str) -> Iterator[Check]:
    projected, full = stored.arrays["noise_rmd"]
    value = projected.max()
    statement = "FA with projected noise stays in $\\mathcal E^G$, RMD²"
    yield at_most(ID, statement, value, 1e-20, scale=scale, measured=f"{value:.1e}")
    statement = "Control: FA with full noise leaves $\\mathcal E^G$, RMD²"
    yield at_least(ID, statement, full.min(), _BROKEN, scale=scale)


def _mean_ode(stored: Stored, scale: str) -> Iterator[Check]:
    errors, wrong = stored.arrays["limit_error"], stored.arrays["wrong_limit_error"]
    fitted = log_slope(LIMIT_DEPTHS, list(errors))
    statement = "Outputs of SI layers drawn from one law approach its mean ODE like $L^{-1/2}$"
    yield _slope_check(statement, fitted, -0.6, -0.4, "slope from −0.6 to −0.4", scale)
    euler = np.polyfit(np.log(LIMIT_DEPTHS), np.log(stored.arrays["euler_error"]), 1)[0]
    statement = "Layers that all carry the law itself approach it like $L^{-1}$"
    yield within(ID, statement, euler, -1.1, -0.9, scale=scale, rule="slope from −1.1 to −0.9")
    value, interval = median_with_interval(wrong[-1] / np.median(errors[-1]))
    statement = (
        f"Control: the ODE of another law is not approached, error at $L={LIMIT_DEPTHS[-1]}$ over the true"
    )
    yield at_least(ID, statement, value, 5.0, interval=interval, scale=scale)


def _trained_networks_agree(stored: Stored, scale: str) -> Iterator[Check]:
    known = [teacher for teacher in ("WI", "SI", "arbitrary") if teacher in stored.config.teachers]
    for teacher in known:
        statement = (
            f"Vanilla-trained networks, matrix unit, {teacher} teacher: outputs agree like $L^{{-1/2}}$"
        )
        fitted = slope(disagreement(stored, teacher))
        if fitted is None:
            yield not_run(ID, statement, f"needs depths a factor {_APART} apart, 2 repetitions", scale=scale)
        else:
            yield _slope_check(statement, fitted, -0.8, -0.2, "slope from −0.8 to −0.2", scale)
    statement = "Control: networks of different teachers do not agree, distance over that of one teacher's"
    if not {"WI", "arbitrary"} <= set(known) or stored.config.repetitions < 2:
        yield not_run(ID, statement, "needs the arbitrary and the WI teacher, 2 repetitions", scale=scale)
        return
    outputs = stored.arrays["matrix_outputs"][:, -1, :, 0].mean(axis=1)  # (teacher, P, d)
    places = [stored.config.teachers.index(teacher) for teacher in ("WI", "arbitrary")]
    apart = np.sqrt(((outputs[places[0]] - outputs[places[1]]) ** 2).sum(axis=1).mean())
    own = np.median(disagreement(stored, "WI")[stored.config.depths[-1]])
    yield at_least(ID, statement, float(apart / own), 10.0, scale=scale)


__all__ = ["NAMES", "disagreement", "findings", "profile_ratio", "row", "slope"]
