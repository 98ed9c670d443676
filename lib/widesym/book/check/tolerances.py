r"""Tolerances: how far a number may move from its record before that is news.

A check recorded with the value $v_0$, known within $[l_0, h_0]$, is measured again as $v$. How far it moved
is, by one of four measures,

.. math::
    \text{interval: } \frac{2|v-v_0|}{h_0-l_0},\qquad
    \text{orders: } \Bigl|\log_{10}\frac{v}{v_0}\Bigr|,\qquad
    \text{relative: } \frac{|v-v_0|}{\max(|v|,|v_0|)},

or, by *verdict*, nothing: the verdict alone counts. A tolerance names its measure, the most that is no news,
the checks that it is for, and the reason; the first in the list that fits a check is the check's own. They
stand in `records/tolerances.yml`.
"""

import dataclasses
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from widesym.study.claims import SCALES, Check
from widesym.study.names import did_you_mean

MEASURES = ("interval", "orders", "relative", "verdict")

# Smaller numbers are no number: an exact zero is as good as this.
_ZERO = 1e-300


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """How far some checks may move.

    Args:
        name: as it stands in the table of what moved.
        reason: why so far and no farther.
        measure: one of `MEASURES`.
        limit: the most that is no news; None for the measure `verdict`.
        ids: of the claims that it is for; empty for all.
        scale: `live` or `record`; None for both.
        statement: a regular expression that the check's statement must contain; empty for every one.
        below: only recorded values smaller than this in size.
        interval: only checks whose value is known within an interval.

    Raises:
        ValueError: an unknown measure or scale, a limit that is missing, negative or not needed, an empty
            name or reason, an expression that does not compile, a field of another type.
    """

    name: str
    reason: str
    measure: str
    limit: float | None = None
    ids: tuple[str, ...] = ()
    scale: str | None = None
    statement: str = ""
    below: float = math.inf
    interval: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be applied."""
        if not (isinstance(self.name, str) and self.name and isinstance(self.reason, str) and self.reason):
            raise ValueError(f"a tolerance needs a name and a reason, got {self.name!r} and {self.reason!r}")
        where = f"tolerance {self.name!r}"
        if self.measure not in MEASURES:
            raise ValueError(f"{where}: unknown measure {self.measure!r}; valid: {', '.join(MEASURES)}")
        if self.scale is not None and self.scale not in SCALES:
            raise ValueError(f"{where}: unknown scale {self.scale!r}; valid: {', '.join(SCALES)}")
        needed = self.measure != "verdict"
        if needed != (type(self.limit) in (int, float) and self.limit >= 0):
            rule = "a limit of at least 0" if needed else "no limit"
            raise ValueError(f"{where}: the measure {self.measure!r} takes {rule}, got {self.limit!r}")
        if self.measure == "interval" and not self.interval:
            raise ValueError(f"{where}: the measure 'interval' is for checks with one; add interval: true")
        try:
            re.compile(self.statement)
        except (re.error, TypeError) as error:
            raise ValueError(f"{where}: statement {self.statement!r} is no expression: {error}") from None
        # a text would be taken letter by letter, and fit nothing
        if not isinstance(self.ids, list | tuple):
            raise ValueError(f"{where}: ids must be a list of claims, got {self.ids!r}")
        if type(self.below) not in (int, float) or not self.below > 0:
            raise ValueError(f"{where}: below must be a number above 0, got {self.below!r}")
        if not isinstance(self.interval, bool):
            raise ValueError(f"{where}: interval must be true or false, got {self.interval!r}")
        object.__setattr__(self, "ids", tuple(self.ids))

    def fits(self, check: Check) -> bool:
        """Tell whether a recorded check is one of those that this tolerance is for."""
        return (
            (not self.ids or check.id in self.ids)
            and self.scale in (None, check.scale)
            and re.search(self.statement, check.statement) is not None
            and (self.below == math.inf or (check.value is not None and abs(check.value) < self.below))
            and (not self.interval or (check.interval is not None and check.interval[0] < check.interval[1]))
        )


def distance(tolerance: Tolerance, recorded: Check, measured: Check) -> float:
    """Return how far a check moved, in the unit of its tolerance; 0 where only the verdict counts.

    A value that appeared or vanished moved infinitely far.
    """
    old, new = recorded.value, measured.value
    if tolerance.measure == "verdict" or old == new:
        return 0.0
    if old is None or new is None:
        return math.inf
    if tolerance.measure == "interval":
        low, high = recorded.interval
        return 2 * abs(new - old) / (high - low)
    if tolerance.measure == "orders":
        if old * new < 0:
            return math.inf
        return abs(math.log10(max(abs(new), _ZERO) / max(abs(old), _ZERO)))
    return abs(new - old) / max(abs(new), abs(old))


def tolerance_for(tolerances: Sequence[Tolerance], check: Check) -> Tolerance:
    """Return the first tolerance that fits a check.

    Raises:
        ValueError: none fits.
    """
    for tolerance in tolerances:
        if tolerance.fits(check):
            return tolerance
    raise ValueError(
        f"no tolerance fits {check.id}, {check.statement!r}: add one for it, or one for all others"
    )


def load_tolerances(path: Path) -> tuple[Tolerance, ...]:
    """Return the tolerances of a file, in its order.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: not YAML, no list, an unknown field, a name used twice, or what `Tolerance` refuses.
    """
    try:
        entries = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{path} must be a list of tolerances")
    found = tuple(
        _tolerance(entry, f"{path.name}, entry {number}") for number, entry in enumerate(entries, 1)
    )
    names = [tolerance.name for tolerance in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{path.name}: the name {twice!r} is used twice")
    return found


def _tolerance(entry: Any, where: str) -> Tolerance:
    fields = {field.name: field for field in dataclasses.fields(Tolerance)}
    if not isinstance(entry, dict):
        raise ValueError(f"{where}: must have name, reason and measure, got {entry!r}")
    for name in entry:
        if name not in fields:
            raise ValueError(f"{where}: unknown field {name!r}; {did_you_mean(name, fields)}")
    missing = [
        name for name, field in fields.items() if field.default is dataclasses.MISSING and name not in entry
    ]
    if missing:
        raise ValueError(f"{where}: {missing[0]} is missing")
    try:
        return Tolerance(**{**entry, "reason": " ".join(str(entry["reason"]).split())})
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
