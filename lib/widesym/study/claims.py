r"""Claims: what the papers say, what was measured, and the verdicts.

A claim is an entry of the register `book/claims.yml`, one for each statement, figure, table and
extension. A check compares a measured value $v$, known up to an interval $[l, h]$ (a confidence
interval, or $l = h = v$), with a rule $v \in A$: it *holds* if $[l, h] \subseteq A$, *fails* if
$[l, h] \cap A = \emptyset$, and is *inconclusive* otherwise. The verdict on a claim is the worst of its
checks, in the order fails, inconclusive, not run at this scale, holds; without a page or without a
check it is *missing*.
"""

import dataclasses
import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from widesym.study.names import did_you_mean
from widesym.study.provenance import project_root

_NOT_RUN = "not run at this scale"
VERDICTS = ("fails", "inconclusive", _NOT_RUN, "holds")
MISSING = "missing"
SCALES = ("live", "record")
KINDS = {"S": "statement", "F": "figure", "T": "table", "X": "extension"}
PAPERS = {"A": "MF", "B": "SS"}
MIME = "application/vnd.widesym.claims+json"

_ID = re.compile(r"([AB])-([SFTX])[1-9][0-9]*")
_PAGE = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*")
_MATHS = re.compile(r"\$([^$]+)\$")
_SIGNS = {"holds": "✓", "fails": "✗", "inconclusive": "?", "not run at this scale": "–"}


@dataclasses.dataclass(frozen=True)
class Check:
    """One measured comparison with a claim.

    Args:
        id: the claim's id, such as `A-F1`.
        statement: what is checked, a sentence; mathematics between dollar signs.
        rule: when it holds, in words or symbols.
        measured: what was found, as it is shown.
        value: the number that was judged, or None.
        interval: (low, high) within which the value is known, or None.
        verdict: one of `VERDICTS`.
        scale: `live` for this run, `record` for the recorded run at the paper's scale.

    Raises:
        ValueError: a malformed id, an unknown verdict or scale, an empty text, a number that is not
            finite, an interval whose ends are the wrong way round.
    """

    id: str
    statement: str
    rule: str
    measured: str
    value: float | None
    interval: tuple[float, float] | None
    verdict: str
    scale: str

    def __post_init__(self) -> None:
        """Refuse what cannot be shown or judged."""
        if not isinstance(self.id, str) or not _ID.fullmatch(self.id):
            raise ValueError(f"a check's id must look like 'A-F1' or 'B-S2', got {self.id!r}")
        for name, valid in (("verdict", VERDICTS), ("scale", SCALES)):
            given = getattr(self, name)
            if given not in valid:
                raise ValueError(f"{self.id}: unknown {name} {given!r}; {did_you_mean(given, valid)}")
        for name in ("statement", "rule", "measured"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                raise ValueError(f"{self.id}: {name} must be a non-empty text, got {text!r}")
            if text.count("$") % 2:
                raise ValueError(f"{self.id}: {name} has an odd number of dollar signs: {text!r}")
        if self.value is not None:
            object.__setattr__(self, "value", _number(self.id, self.value))
        if self.interval is not None:
            object.__setattr__(self, "interval", _interval(self.id, self.interval))


def judge(
    value: float,
    *,
    lower: float = -math.inf,
    upper: float = math.inf,
    interval: tuple[float, float] | None = None,
) -> str:
    r"""Return the verdict on $v \in [\mathrm{lower}, \mathrm{upper}]$.

    `holds` if the whole interval lies inside, `fails` if the whole of it lies outside, `inconclusive`
    if it lies across a bound. Without an interval the value itself decides. Bounds are inclusive.

    Raises:
        ValueError: a value or an interval that is not finite: a NaN is a failure of the computation,
            not a verdict.
    """
    value = _number("judge", value)
    low, high = (value, value) if interval is None else _interval("judge", interval)
    if lower <= low and high <= upper:
        return "holds"
    if high < lower or low > upper:
        return "fails"
    return "inconclusive"


def at_least(id: str, statement: str, value: float, bound: float, **options: Any) -> Check:
    """Return the check of value ≥ bound; options as for `within`."""
    return _check(id, statement, value, bound, math.inf, f"≥ {bound:.3g}", **options)


def at_most(id: str, statement: str, value: float, bound: float, **options: Any) -> Check:
    """Return the check of value ≤ bound; options as for `within`."""
    return _check(id, statement, value, -math.inf, bound, f"≤ {bound:.3g}", **options)


def within(id: str, statement: str, value: float, lower: float, upper: float, **options: Any) -> Check:
    r"""Return the check of lower ≤ value ≤ upper.

    Args:
        id: the claim's id.
        statement: what is checked; mathematics between dollar signs.
        value: the measured number.
        lower: the least value allowed.
        upper: the greatest value allowed.
        **options: `interval`, (low, high) within which the value is known; `scale`, `live` (the
            default) or `record`; `rule` and `measured`, texts instead of those made from the numbers.

    Raises:
        ValueError: see `judge` and `Check`.
    """
    if not lower <= upper:
        raise ValueError(f"{id}: lower must not exceed upper, got {lower!r} and {upper!r}")
    return _check(id, statement, value, lower, upper, f"from {lower:.3g} to {upper:.3g}", **options)


def not_run(id: str, statement: str, reason: str, *, rule: str = "none", scale: str = "live") -> Check:
    """Return the check of a claim that this run is too small to judge, with the reason."""
    return Check(id, statement, rule, reason, None, None, _NOT_RUN, scale)


def _check(
    id: str,
    statement: str,
    value: float,
    lower: float,
    upper: float,
    default_rule: str,
    *,
    interval: tuple[float, float] | None = None,
    scale: str = "live",
    rule: str | None = None,
    measured: str | None = None,
) -> Check:
    verdict = judge(_number(id, value), lower=lower, upper=upper, interval=interval)
    if measured is None:
        measured = f"{value:.3g}"
        if interval is not None:
            measured += f" [{interval[0]:.3g}, {interval[1]:.3g}]"
    return Check(id, statement, rule or default_rule, measured, value, interval, verdict, scale)


def _number(where: str, value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(
            f"{where}: the measured value is {number}, which no rule can judge; find where it arose"
        )
    return number


def _interval(where: str, interval: Sequence[float]) -> tuple[float, float]:
    if len(interval) != 2:
        raise ValueError(f"{where}: an interval must be (low, high), got {interval!r}")
    low, high = (_number(where, end) for end in interval)
    if low > high:
        raise ValueError(f"{where}: an interval must be (low, high) with low <= high, got {(low, high)}")
    return low, high


@dataclasses.dataclass(frozen=True)
class ClaimTable:
    """Checks as a table for a page: HTML, plain text, and JSON that the scoreboard collects."""

    checks: tuple[Check, ...]

    def __init__(self, checks: Iterable[Check]):
        """Take the checks in the order in which they are shown.

        Raises:
            ValueError: something that is no `Check`.
        """
        object.__setattr__(self, "checks", tuple(checks))
        for check in self.checks:
            if not isinstance(check, Check):
                raise ValueError(f"a ClaimTable is made of checks, got {repr(check):.80}")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.html(), "text/plain": self.text(), MIME: self.json()}

    def html(self) -> str:
        """Return the table as HTML; mathematics as spans that MathJax sets."""
        head = "".join(
            f'<th scope="col">{name}</th>' for name in ("Id", "Claim", "Rule", "Measured", "Run", "Verdict")
        )
        ids = ", ".join(dict.fromkeys(check.id for check in self.checks))
        rows = "".join(
            "<tr>"
            f"<td>{check.id}</td><td>{maths_html(check.statement)}</td><td>{maths_html(check.rule)}</td>"
            f"<td>{maths_html(check.measured)}</td><td>{check.scale}</td>"
            f'<td class="verdict verdict-{check.verdict.split()[0]}">'
            f"{_SIGNS[check.verdict]} {check.verdict}</td></tr>"
            for check in self.checks
        )
        return (
            # a part that scrolls must be within reach of the keyboard
            f'<div class="widesym-claims" style="overflow-x: auto" tabindex="0" role="group" '
            f'aria-label="Checks of {ids}"><table class="table">'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )

    def text(self) -> str:
        """Return one line a check."""
        return "\n".join(
            f"{check.id}  {_SIGNS[check.verdict]} {check.verdict} ({check.scale}): {check.statement} "
            f"[rule: {check.rule}; measured: {check.measured}]"
            for check in self.checks
        )

    def json(self) -> dict[str, Any]:
        """Return the payload of the type `MIME`; `checks_from_json` reads it back."""
        return {"version": 1, "checks": [dataclasses.asdict(check) for check in self.checks]}


def checks_from_json(payload: Mapping[str, Any]) -> tuple[Check, ...]:
    """Return the checks in a payload of the type `MIME`.

    Raises:
        ValueError: another version, missing or unknown fields, or a value that `Check` refuses.
    """
    if not isinstance(payload, Mapping) or payload.get("version") != 1:
        raise ValueError(f"a claims payload must have version 1, got {repr(payload):.80}")
    fields = {field.name for field in dataclasses.fields(Check)}
    checks = []
    for entry in payload.get("checks", ()):
        if not isinstance(entry, Mapping) or set(entry) != fields:
            raise ValueError(f"a check must have exactly the fields {sorted(fields)}, got {repr(entry):.200}")
        interval = entry["interval"]
        checks.append(Check(**{**entry, "interval": None if interval is None else tuple(interval)}))
    return tuple(checks)


def maths_html(text: str) -> str:
    """Return text escaped for HTML, with what stands between dollar signs marked as mathematics."""
    return _MATHS.sub(r'<span class="math notranslate nohighlight">\\(\1\\)</span>', html.escape(text))


@dataclasses.dataclass(frozen=True)
class Claim:
    """One entry of the register.

    `page` is the page that judges it, None while it is not written; `fails` has the statements of checks that
    are known to fail in the book's own run, so that no other failure hides behind them.
    """

    id: str
    paper: str
    title: str
    statement: str
    kind: str
    source: str
    page: str | None
    fails: tuple[str, ...] = ()


def load_register(path: Path | None = None) -> tuple[Claim, ...]:
    """Return every claim of the register, in its order.

    Args:
        path: the file; None means `book/claims.yml` in the project.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: not YAML, or an entry that is malformed; names the entry, the field and the rule.
    """
    source = project_root() / "book" / "claims.yml" if path is None else Path(path)
    try:
        entries = yaml.safe_load(source.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{source} is not valid YAML: {error}") from error
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{source} must be a list of claims")
    claims: dict[str, Claim] = {}
    for number, entry in enumerate(entries, 1):
        claim = _claim(entry, f"{source.name}, entry {number}")
        if claim.id in claims:
            raise ValueError(f"{source.name}, entry {number}: the id {claim.id} is used twice")
        claims[claim.id] = claim
    return tuple(claims.values())


def _claim(entry: Any, where: str) -> Claim:
    fields = [field.name for field in dataclasses.fields(Claim) if field.name != "fails"]
    if not isinstance(entry, dict) or set(entry) - {"fails"} != set(fields):
        got = sorted(map(str, entry)) if isinstance(entry, dict) else repr(entry)
        raise ValueError(f"{where}: must have exactly the fields {fields}, and fails or not, got {got}")
    match = _ID.fullmatch(str(entry["id"]))
    if match is None:
        raise ValueError(f"{where}: id must look like 'A-F1' or 'B-S2', got {entry['id']!r}")
    where = f"{where} ({entry['id']})"
    part, letter = match.groups()
    for name, expected in (("paper", PAPERS[part]), ("kind", KINDS[letter])):
        if entry[name] != expected:
            raise ValueError(f"{where}: {name} must be {expected!r}, got {entry[name]!r}")
    fails = entry.get("fails", [])
    if not isinstance(fails, list) or not all(isinstance(text, str) and text.strip() for text in fails):
        raise ValueError(f"{where}: fails must be a list of the statements of checks, got {fails!r}")
    for name in ("title", "statement", "source"):
        if not isinstance(entry[name], str) or not entry[name].strip():
            raise ValueError(f"{where}: {name} must be a non-empty text, got {entry[name]!r}")
        if entry[name].count("$") % 2:
            raise ValueError(f"{where}: {name} has an odd number of dollar signs")
    page = entry["page"]
    if page is not None and (not isinstance(page, str) or not _PAGE.fullmatch(page)):
        raise ValueError(f"{where}: page must be null or like 'meanfield/rmd-strong-start', got {page!r}")
    return Claim(**{**entry, "statement": " ".join(entry["statement"].split()), "fails": tuple(fails)})


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the scoreboard: a claim, its verdict (one of `VERDICTS` or `missing`) and its checks."""

    claim: Claim
    verdict: str
    checks: tuple[Check, ...]


def scoreboard(register: Iterable[Claim], checks: Iterable[Check]) -> tuple[Row, ...]:
    """Return a row for every claim of the register, in its order, with the worst verdict of its checks.

    Raises:
        ValueError: a check whose id is not in the register, or whose claim has no page.
    """
    claims = {claim.id: claim for claim in register}
    found: dict[str, list[Check]] = {identity: [] for identity in claims}
    for check in checks:
        if check.id not in claims:
            raise ValueError(f"a check has the id {check.id!r}; {did_you_mean(check.id, claims)}")
        if claims[check.id].page is None:
            raise ValueError(f"{check.id} was checked, but the register names no page for it; add the page")
        found[check.id].append(check)
    return tuple(Row(claim, _worst(found[name]), tuple(found[name])) for name, claim in claims.items())


def _worst(checks: Sequence[Check]) -> str:
    """The worst verdict; what one run is too small for does not count where the other run has judged it.

    A run that could judge nothing at all does not count beside one that judged something.
    """
    judged = {(check.statement, check.scale) for check in checks if check.verdict != _NOT_RUN}
    elsewhere = {(text, other) for text, scale in judged for other in SCALES if other != scale}
    scales = {scale for _, scale in judged}
    counted = (
        check.verdict
        for check in checks
        if check.verdict != _NOT_RUN
        or ((check.statement, check.scale) not in elsewhere and (check.scale in scales or not scales))
    )
    return min(counted, key=VERDICTS.index, default=MISSING)


def surprises(rows: Iterable[Row]) -> list[str]:
    """Return a sentence for each check that fails unforeseen, or holds though it is known to fail."""
    found = []
    for row in rows:
        for check in row.checks:
            name, known = f"{row.claim.id}, {check.statement}", check.statement in row.claim.fails
            if check.verdict == "fails" and not known:
                found.append(f"{name}: fails; find out why, or explain it on its page and in the register")
            elif check.verdict == "holds" and known:
                found.append(f"{name}: holds, but is known to fail; take it out of the register")
    return found


def tally(rows: Iterable[Row]) -> dict[str, int]:
    """Return how many claims have each verdict, `holds` first and `missing` last, zeros included."""
    counts = dict.fromkeys((*reversed(VERDICTS), MISSING), 0)
    for row in rows:
        counts[row.verdict] += 1
    return counts
