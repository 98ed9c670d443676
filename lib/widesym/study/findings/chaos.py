r"""A-S9 judged: the checks that a result of ``meanfield.chaos`` supports.

Exponents are of means over repetitions, intervals 95 % bootstraps (:mod:`widesym.study.powers`).
"""

from collections.abc import Iterator

import numpy as np

from widesym.study.claims import VERDICTS, Check, at_least, at_most, judge, not_run, within
from widesym.study.experiments.chaos import SETTINGS
from widesym.study.powers import Estimate, power, ratio, spelled
from widesym.study.store import Stored

ID = "A-S9"
DIMENSION = {"SI": 2, "WI": 4}  # of the space that carries the law
# Exponents of W2^2 between samples: N^-1 times one or two logarithms in dimension 2, N^-1/2 in dimension 4.
TRANSPORT = {"SI": (-1.0, -0.5), "WI": (-0.6, -0.4)}
_FEWEST = 3  # sizes that an exponent of a transport distance needs


def size_row(stored: Stored, name: str, setting: str, time: int | None = -1) -> dict[int, np.ndarray]:
    """Return ``{N: (repetitions,)}`` of a measured array; ``time=None`` for those at the horizon only."""
    values = stored.arrays[name]
    values = values if name == "control" else values[SETTINGS.index(setting)]
    chosen = values if time is None else values[..., time]
    return dict(zip(stored.config.sizes, chosen, strict=True))


def exponent(samples: dict[int, np.ndarray]) -> Estimate | None:
    """Return the exponent in N; None with fewer than two sizes."""
    return power(list(samples), list(samples.values())) if len(samples) >= 2 else None


def against_floor(stored: Stored, name: str, setting: str) -> dict[int, Estimate]:
    """Return, for each N, the trained clouds' distance over that of independent samples, at the horizon.

    Args:
        stored: a result of ``meanfield.chaos``.
        name: ``between`` or ``to_reference``.
        setting: start and teacher.
    """
    trained = size_row(stored, name, setting, -1 if name == "between" else None)
    floor = size_row(stored, {"between": "between_floor"}.get(name, "reference_floor"), setting, None)
    return {N: ratio(trained[N], floor[N]) for N in trained}


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports; what it is too small for is *not run at this scale*.

    Args:
        stored: a result of ``meanfield.chaos`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    checks = []
    for setting in SETTINGS:
        checks += [*_models_converge(stored, setting, scale), *_clouds_converge(stored, setting, scale)]
    return [*checks, *_control(stored, scale)]


def _models_converge(stored: Stored, setting: str, scale: str) -> Iterator[Check]:
    statement = (
        f"{setting} start and teacher: $E\\|\\Phi_N-\\Phi_\\infty\\|^2$ falls like $N^{{-1}}$ at every time"
    )
    found = [exponent(size_row(stored, "output", setting, k)) for k in range(len(stored.config.times))]
    if found[0] is None:
        yield not_run(ID, statement, "needs two sizes", scale=scale)
        return
    verdicts = [judge(value, lower=-1.5, upper=-0.5, interval=interval) for value, interval in found]
    worst = max(range(len(found)), key=lambda k: abs(found[k][0] + 1))
    yield Check(
        ID, statement, "exponents nearer to −1 than to 0 or −2",
        f"{spelled(found[worst])} at T = {stored.config.times[worst]:g}, the worst of {len(found)}",
        found[worst][0], found[worst][1], min(verdicts, key=VERDICTS.index), scale,
    )  # fmt: skip


def _clouds_converge(stored: Stored, setting: str, scale: str) -> Iterator[Check]:
    horizon, largest = stored.config.times[-1], stored.config.sizes[-1]
    dimension, (lower, upper) = DIMENSION[setting], TRANSPORT[setting]
    where = f"{setting} start and teacher (dimension {dimension}), $T={horizon:g}$"
    statement = f"{where}: independent clouds approach each other at the rate of samples"
    if len(stored.config.sizes) < _FEWEST:
        yield not_run(ID, statement, f"needs {_FEWEST} sizes", scale=scale)
    else:
        fitted = exponent(size_row(stored, "between", setting))
        yield within(
            ID, statement, fitted[0], lower, upper, interval=fitted[1], scale=scale,
            rule=f"exponent of $W_2^2$ from {lower:g} to {upper:g}".replace("-", "−"),
            measured=spelled(fitted),
        )  # fmt: skip
    for name, words in (("between", "each other"), ("to_reference", "a very large cloud")):
        value, interval = against_floor(stored, name, setting)[largest]
        statement = f"{where}: clouds are no farther from {words} than independent samples are"
        yield at_most(
            ID, statement, value, 1.15, interval=interval, scale=scale,
            rule=f"ratio of $W_2^2$ at $N={largest}$ ≤ 1.15", measured=spelled((value, interval)),
        )  # fmt: skip


def _control(stored: Stored, scale: str) -> Iterator[Check]:
    samples = size_row(stored, "control", "SI")
    statement = "Control: clouds whose teachers differ do not approach each other"
    fitted = exponent(samples)
    if fitted is None:
        yield not_run(ID, statement, "needs two sizes", scale=scale)
    else:
        yield at_least(
            ID, statement, fitted[0], -0.1, interval=fitted[1], scale=scale,
            rule="exponent of $W_2^2$ ≥ −0.1", measured=spelled(fitted),
        )  # fmt: skip
    N = stored.config.sizes[-1]
    value, interval = ratio(samples[N], size_row(stored, "between", "SI")[N])
    statement = f"Control: at $N={N}$ they are farther apart than clouds of one teacher"
    yield at_least(
        ID, statement, value, 10.0, interval=interval, scale=scale, rule="ratio of $W_2^2$ ≥ 10",
        measured=spelled((value, interval), digits=0),
    )  # fmt: skip
