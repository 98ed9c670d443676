"""A-S4 judged: what a result of ``meanfield.strong-optimum`` says of the best strongly invariant law."""

import math

import numpy as np

from widesym.study.claims import Check, at_least, at_most, within
from widesym.study.experiments.strong_optimum import STARTS
from widesym.study.findings.exactness import exact
from widesym.study.store import Stored

ID = "A-S4"
# E(e^{-X^2} - 1)^2 for X standard normal, from E e^{-sX^2} = (1 + 2s)^{-1/2}
STRONG_RISK = 1 - 2 / math.sqrt(3) + 1 / math.sqrt(5)
# d/dt z = 4 E[(1 - Y) X^2] z near 0, with Y = e^{-X^2}
GROWTH = 4 * (1 - 3**-1.5)
_GROWTH_RANGE = (10.0, 1e4)  # multiples of the start between which the growth is exponential


def growth(stored: Stored) -> float:
    """Return the measured rate at which the cloud near 0 leaves it, an average over the exponential part."""
    size, times = np.abs(stored.arrays["paths"][0, STARTS.index("near"), :, 0]), stored.arrays["times"]
    inside = (size > _GROWTH_RANGE[0] * size[0]) & (size < _GROWTH_RANGE[1] * size[0])
    return float(np.polyfit(times[inside], np.log(size[inside]), 1)[0])


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``meanfield.strong-optimum`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    formula, risks, paths = (stored.arrays[name] for name in ("by_formula", "risks", "paths"))
    ends = {name: float(risks[0, STARTS.index(name), -1]) for name in STARTS}
    discrete = math.log1p(stored.config.step * GROWTH) / stored.config.step  # of Euler's method
    optimum = stored.arrays["optimum"]  # (cases, teacher, (risk, lower bound))
    near = np.abs(paths[1, STARTS.index("near")])
    of_zero = np.array([formula[0, 0], stored.arrays["by_quadrature"][0, 0]])
    left = 100 * max(ends["weak"], ends["generic"]) / STRONG_RISK
    worse = int((optimum[:, 0, 1] > 1e-2).sum())
    return [
        exact(
            ID,
            r"$\mathcal E^G=\{0\}$, and the risk of $\delta_0$ is "
            r"$1-\frac{2}{\sqrt3}+\frac{1}{\sqrt5}=0.2925$",
            [stored.arrays["dimension"], *np.abs(of_zero - STRONG_RISK)], scale=scale,
        ),
        exact(
            ID, r"The risk of $\frac12(\delta_1+\delta_{-1})$ is 0",
            np.abs([formula[0, 1], stored.arrays["by_quadrature"][0, 1]]), scale=scale,
        ),
        at_least(
            ID, "So the best strongly invariant law is worse than the best weakly invariant one by",
            float(formula[0, 0] - formula[0, 1]), 0.29, scale=scale, measured=f"{formula[0, 0]:.4f}",
        ),
        exact(
            ID, r"The flow from $\delta_0$ stays there", np.abs(paths[:, STARTS.index("strong")]), scale=scale
        ),
        within(
            ID, r"$\delta_0$ is unstable, with the rate $4(1-3^{-3/2})$ of the linearised flow",
            growth(stored) / discrete, 0.999, 1.001, scale=scale,
            rule="rate over that of Euler's method from 0.999 to 1.001",
            measured=f"{growth(stored):.4f} / {discrete:.4f}",
        ),
        at_most(
            ID, "From weakly invariant and generic starts the flow comes below 1 % of that risk",
            left / 100, 0.01, scale=scale, measured=f"{left:.2f} %", rule="≤ 1 %",
        ),
        exact(
            ID, r"Control: for a strongly invariant teacher $\delta_0$ is the optimum, risk 0",
            np.abs(formula[1]), scale=scale,
        ),
        exact(
            ID, r"Control: with that teacher $\delta_0$ is stable: a cloud near it comes no farther from it",
            near[-1] / near[0] - 1, scale=scale,
        ),
        at_least(
            ID, "Other groups: the best strongly invariant law is worse, relative to $E\\|Y\\|^2$, by up to",
            float(optimum[:, 0, 1].max()), 0.1, scale=scale, rule="largest lower bound over the cases ≥ 0.1",
            measured=f"{optimum[:, 0, 1].max():.2f}; {worse} of {len(optimum)} cases above 0.01",
        ),
        exact(
            ID, "Control: for strongly invariant teachers it is as good, in every case", optimum[:, 1, 0],
            scale=scale,
        ),
    ]  # fmt: skip
