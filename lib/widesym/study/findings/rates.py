r"""A-X3 judged: the checks that a result of ``beyond.rates`` supports.

Exponents and ratios are of means over repetitions, intervals 95 % bootstraps
(:mod:`widesym.study.powers`). Schemes of a repetition are coupled, so their ratios are paired.
"""

from collections.abc import Iterator

import numpy as np

from widesym.study.claims import VERDICTS, Check, at_least, at_most, judge, not_run, within
from widesym.study.experiments.rates import SCHEMES
from widesym.study.powers import Estimate, bootstrap_of_means, power, ratio, spelled
from widesym.study.store import Stored

ID = "A-X3"
SETTINGS = {"line": "bumps on the line", "plane": "the paper's setting"}
MEASURES = {
    "total": "E\\|\\Phi_N-\\Phi_\\infty\\|^2",
    "symmetric": "E\\|Q_G\\Phi_N-\\Phi_\\infty\\|^2",
    "transport": "W_2^2(\\nu_N,\\mu_\\infty)",
}
NAMES = {"vanilla": "vanilla", "da-sampled": "sampled DA", "da-orbit": "whole-orbit DA", "fa": "FA"}
_FEWEST = 3  # sizes that an exponent needs
_GRID = 1e-6  # of the limit's own error in W2^2, beside the clouds' 1e-3 and more


def sizes_of(stored: Stored, setting: str) -> tuple[int, ...]:
    """Return the particle numbers of a setting, ``line`` or ``plane``."""
    return stored.config.line_sizes if setting == "line" else stored.config.plane_sizes


def scheme_row(
    stored: Stored, setting: str, measure: str, scheme: str, time: int = -1
) -> dict[int, np.ndarray]:
    """Return ``{N: (repetitions,)}`` of ``total``, ``symmetric``, ``asymmetry`` or ``transport``."""
    values = stored.arrays[f"{setting}_{measure}"][:, :, SCHEMES.index(scheme), time]
    return dict(zip(sizes_of(stored, setting), values, strict=True))


def exponent(samples: dict[int, np.ndarray]) -> Estimate:
    """Return the exponent in N of a row."""
    return power(list(samples), list(samples.values()))


def error_ratio(stored: Stored, setting: str, measure: str, scheme: str, time: int = -1) -> Estimate:
    """Return the error of a scheme over that of vanilla, as the mean of N times the error over all N."""
    rows = [scheme_row(stored, setting, measure, name, time) for name in (scheme, "vanilla")]
    upper, lower = (
        np.mean([N * values / _level(rows[1], N) for N, values in row.items()], axis=0) for row in rows
    )
    return ratio(upper, lower, paired=True)


def _level(row: dict[int, np.ndarray], N: int) -> float:
    """Mean of N times the error, so that every size weighs the same."""
    return N * float(row[N].mean())


def particles_needed(stored: Stored, setting: str, measure: str, scheme: str) -> Estimate:
    """Return how many times as many particles a scheme needs for vanilla's error at the largest N.

    By the scheme's own fitted line, so beyond the largest N it is an extrapolation.
    """
    sizes = np.array(sizes_of(stored, setting), float)
    x = np.log(sizes) - np.log(sizes).mean()
    rows = [scheme_row(stored, setting, measure, name) for name in (scheme, "vanilla")]

    def needed(means: np.ndarray) -> np.ndarray:
        logs = np.log(means)
        own, vanilla = logs[..., : len(sizes)], logs[..., len(sizes) :]
        slopes = [part @ x / (x @ x) for part in (own, vanilla)]
        target = vanilla.mean(-1) + slopes[1] * x[-1]
        return np.exp((target - own.mean(-1)) / slopes[0] - x[-1])

    samples = [values for row in rows for values in row.values()]
    return bootstrap_of_means(samples, needed, paired=True)


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports; what it is too small for is *not run at this scale*.

    Args:
        stored: a result of ``beyond.rates`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    return [
        *_limit_is_known(stored, scale),
        *_rates(stored, scale),
        *_compared(stored, scale),
    ]


def _limit_is_known(stored: Stored, scale: str) -> Iterator[Check]:
    grids = stored.config.grids
    used = grids.index(stored.config.cells)
    worst = stored.arrays["grid_transport"][used].max()
    statement = (
        "The solver of the flow's equation has converged: its law on its grid and on one twice as fine"
    )
    yield at_most(ID, statement, worst, _GRID, scale=scale, rule=f"$W_2^2$ ≤ {_GRID:.0e}")
    falls = np.log2(stored.arrays["grid_transport"][:-1] / stored.arrays["grid_transport"][1:]) / 2
    statement = "It converges at second order in the cell's width"
    order = falls.min()
    yield within(ID, statement, order, 1.5, 2.5, scale=scale, rule="order in $W_2$ from 1.5 to 2.5")
    N, sizes = stored.config.large_size, stored.config.line_sizes
    last = sizes[-1]
    large = N * stored.arrays["large_total"][:, -1]
    smaller = np.mean([M * v for M, v in scheme_row(stored, "line", "total", "vanilla").items()], axis=0)
    value, interval = ratio(large, smaller)
    # a floor of the error from the largest small N on would give a ratio of N / last
    bound = 0.75 * N / last
    statement = (
        f"Clouds of $N={N}$ go on approaching the solver's law as $N^{{-1}}$ from $N\\leq{last}$ foretells"
    )
    yield at_most(
        ID, statement, value, bound, interval=interval, scale=scale,
        rule=f"$N$ times the error, ratio ≤ {bound:g} (a floor: {N / last:g})",
        measured=spelled((value, interval)),
    )  # fmt: skip
    statement = "Control: against the solution a quarter of the horizon earlier the error does not fall"
    earlier = stored.arrays["line_earlier"][:, :, SCHEMES.index("vanilla"), 0]
    fitted = power(sizes, list(earlier))
    yield at_least(
        ID, statement, fitted[0], -0.3, interval=fitted[1], scale=scale, rule="exponent in $N$ ≥ −0.3",
        measured=spelled(fitted),
    )  # fmt: skip


def _rates(stored: Stored, scale: str) -> Iterator[Check]:
    for setting, words in SETTINGS.items():
        for measure, tex in MEASURES.items():
            if f"{setting}_{measure}" not in stored.arrays:
                continue
            statement = f"${tex}$ falls like $N^{{-1}}$ for all four schemes, {words}"
            if len(sizes_of(stored, setting)) < _FEWEST:
                yield not_run(ID, statement, f"needs {_FEWEST} sizes", scale=scale)
                continue
            found = [exponent(scheme_row(stored, setting, measure, scheme)) for scheme in SCHEMES]
            verdicts = [judge(value, lower=-1.5, upper=-0.5, interval=interval) for value, interval in found]
            worst = max(range(len(found)), key=lambda i: abs(found[i][0] + 1))
            yield Check(
                ID, statement, "exponents nearer to −1 than to 0 or −2",
                f"{spelled(found[worst])} for {NAMES[SCHEMES[worst]]}, the worst of {len(found)}",
                found[worst][0], found[worst][1], min(verdicts, key=VERDICTS.index), scale,
            )  # fmt: skip


def _compared(stored: Stored, scale: str) -> Iterator[Check]:
    for setting, words in SETTINGS.items():
        error = error_ratio(stored, setting, "total", "da-sampled")
        yield within(
            ID, f"Sampled DA is as far as vanilla, {words}", error[0], 0.85, 1.15, interval=error[1],
            scale=scale, rule="ratio of errors from 0.85 to 1.15", measured=spelled(error),
        )  # fmt: skip
        error = error_ratio(stored, setting, "total", "da-orbit")
        yield at_most(
            ID, f"Whole-orbit DA is no farther than vanilla, {words}", error[0], 1.05, interval=error[1],
            scale=scale, rule="ratio of errors ≤ 1.05", measured=spelled(error),
        )  # fmt: skip
        error = error_ratio(stored, setting, "symmetric", "fa")
        yield within(
            ID, f"FA, symmetrised model: as far as vanilla, {words}", error[0], 0.8, 1.25, interval=error[1],
            scale=scale, rule="ratio of errors from 0.8 to 1.25", measured=spelled(error),
        )  # fmt: skip
        error = error_ratio(stored, setting, "asymmetry", "fa")
        yield at_least(
            ID, f"FA, plain model: does not correct its asymmetry, {words}", error[0], 2.0, interval=error[1],
            scale=scale, rule="$E\\|\\Phi_N-Q_G\\Phi_N\\|^2$, ratio to vanilla ≥ 2",
            measured=spelled(error, digits=0),
        )  # fmt: skip
