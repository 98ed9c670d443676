r"""Regeneration: the numbers of a built book, kept, and compared with those of a new build.

``keep`` writes every check of a build to ``records/book.<profile>.json``, one a line, with where they come
from.  ``compare`` joins them with the checks of another build by (claim, scale, statement) and tells of each
pair whether it is the same within its tolerance (``widesym.book.check.tolerances``).  What is news:

    moved      the value, beyond its tolerance
    verdict    another verdict
    rule       another rule: the two are not comparable until the new one is kept
    new, gone  a check that was not there, or is not any more
"""

from __future__ import annotations

import dataclasses
import html
import json
import platform
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from widesym.book.check.tolerances import Tolerance, distance, tolerance_for
from widesym.book.project import Build, Project, write_if_changed
from widesym.study import provenance
from widesym.study.claims import Check, checks_from_json

NEWS = ("verdict", "moved", "rule", "new", "gone")
QUIET = ("within", "same")

# Digits of a kept number: tolerances are far wider, and the next digits differ from machine to machine.
_DIGITS = 6


@dataclass(frozen=True)
class Pair:
    """A recorded check and the same check measured again; one of them is None where it is new or gone."""

    old: Check | None
    new: Check | None
    state: str
    tolerance: Tolerance | None = None
    distance: float = 0.0

    @property
    def check(self) -> Check:
        """The check, as measured again where it was."""
        return self.old if self.new is None else self.new


def path_of(project: Project, profile: str) -> Path:
    """Return the file of the kept numbers of a profile."""
    return project.records / f"book.{profile}.json"


def tolerances_path(project: Project) -> Path:
    """Return the file of the tolerances."""
    return project.records / "tolerances.yml"


def keep(build: Build, checks: Iterable[Check]) -> Path:
    """Write the checks of a build as the numbers to compare with; return the file.

    Raises:
        ValueError: there are none.
    """
    ordered = sorted(checks, key=lambda check: (_natural(check.id), check.scale, check.statement))
    if not ordered:
        raise ValueError(f"the book of the profile {build.profile!r} has no checks to keep")
    commit, clean = provenance.commit(build.project.root)
    origin = {
        "commit": commit,
        "clean": clean,
        "python": platform.python_version(),
        "versions": provenance.versions(),
        "machine": provenance.processor(),
    }
    lines = ",\n".join(json.dumps(_rounded(check), ensure_ascii=False) for check in ordered)
    head = json.dumps(
        {"version": 1, "profile": build.profile, "origin": origin}, ensure_ascii=False, indent=1
    )
    target = path_of(build.project, build.profile)
    write_if_changed(target, head.removesuffix("\n}") + f',\n "checks": [\n{lines}\n ]\n}}\n')
    return target


def kept(project: Project, profile: str) -> tuple[tuple[Check, ...], dict]:
    """Return the kept checks of a profile, and where they come from.

    Raises:
        ValueError: none are kept, or the file is no such record.
    """
    path = path_of(project, profile)
    if not path.is_file():
        raise ValueError(
            f"the profile {profile!r} has no kept numbers ({path.name} in {path.parent}): "
            f"build the book and keep them with `widesym keep --profile {profile}`"
        )
    try:
        record = json.loads(path.read_text("utf-8"))
        return checks_from_json(record), record["origin"]
    except (ValueError, KeyError) as error:
        raise ValueError(f"{path} is no record of a book, {error}; restore it from version control") from None


def compare(old: Iterable[Check], new: Iterable[Check], tolerances: Sequence[Tolerance]) -> tuple[Pair, ...]:
    """Return a pair for each check of either, in the order of the new ones, those that are gone at the end.

    Raises:
        ValueError: a recorded check that no tolerance fits.
    """
    before = {_key(check): check for check in old}
    pairs = [_pair(before.pop(_key(check), None), check, tolerances) for check in new]
    return (*pairs, *(Pair(check, None, "gone") for check in before.values()))


def _key(check: Check) -> tuple[str, str, str]:
    return check.id, check.scale, check.statement


def _pair(old: Check | None, new: Check, tolerances: Sequence[Tolerance]) -> Pair:
    if old is None:
        return Pair(None, new, "new")
    tolerance = tolerance_for(tolerances, old)
    moved = distance(tolerance, old, new)
    if old.verdict != new.verdict:
        state = "verdict"
    elif old.rule != new.rule:
        state = "rule"
    elif tolerance.limit is not None and moved > tolerance.limit:
        state = "moved"
    else:
        state = "same" if old.measured == new.measured else "within"
    return Pair(old, new, state, tolerance, moved)


def news(pairs: Iterable[Pair]) -> list[Pair]:
    """Return the pairs that are news, the worst first."""
    return sorted((p for p in pairs if p.state in NEWS), key=lambda pair: NEWS.index(pair.state))


def summary(pairs: Iterable[Pair]) -> str:
    """Return how many pairs are in each state, as one line."""
    counts = Counter(pair.state for pair in pairs)
    told = ", ".join(f"{counts[state]} {state}" for state in (*QUIET, *NEWS) if counts[state])
    return f"{sum(counts.values())} checks against their record: {told or 'none'}"


def lines(pairs: Iterable[Pair]) -> list[str]:
    """Return the pairs for a terminal: the check, and below it old beside new."""
    found = []
    for pair in pairs:
        found.append(f"{pair.state:8} {pair.check.id:6} {pair.check.scale:6}  {pair.check.statement}")
        found.append(f"{'':8} {_side(pair.old)}  →  {_side(pair.new)}{_moved(pair, '   ')}")
    return found


def markdown(pairs: Sequence[Pair], origin: dict, surprises: Sequence[str] = ()) -> str:
    """Return the comparison as Markdown: what is news as a table, every check folded behind it."""
    found = news(pairs)
    machine, commit = origin.get("machine"), str(origin.get("commit"))[:10]
    parts = [f"## The book's numbers\n\n{summary(pairs)} (commit {commit}, {machine}).\n"]
    parts += [f"- {_cell(sentence)}\n" for sentence in surprises]
    parts.append(_table(found) if found else "Nothing moved beyond its tolerance.\n")
    parts.append(f"<details><summary>Every check, old beside new</summary>\n\n{_table(pairs)}\n</details>\n")
    return "\n".join(parts)


def _table(pairs: Iterable[Pair]) -> str:
    head = "| | Claim | Run | Check | Recorded | Now | Moved |\n|---|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {pair.state} | {pair.check.id} | {pair.check.scale} | {_cell(pair.check.statement)} "
        f"| {_cell(_side(pair.old))} | {_cell(_side(pair.new))} | {_cell(_moved(pair))} |\n"
        for pair in pairs
    )


def _side(check: Check | None) -> str:
    return "–" if check is None else f"{check.measured} ({check.verdict}; rule: {check.rule})"


def _moved(pair: Pair, before: str = "") -> str:
    """How far it went, of what is allowed, and by which tolerance."""
    if pair.tolerance is None or pair.tolerance.limit is None:
        return ""
    return f"{before}{pair.distance:.2g} of {pair.tolerance.limit:g} ({pair.tolerance.name})"


def _cell(text: str) -> str:
    # GitHub sets what stands between dollar signs, in a table too, where a bar would end the cell
    parts = html.escape(text, quote=False).replace("\n", " ").split("$")
    parts[::2] = [part.replace("|", "\\|") for part in parts[::2]]
    parts[1::2] = [part.replace("\\|", r"\Vert ").replace("|", r"\vert ") for part in parts[1::2]]
    return "$".join(parts)


def _rounded(check: Check) -> dict:
    fields = dataclasses.asdict(check)
    fields["value"] = _short(fields["value"])
    if fields["interval"] is not None:
        fields["interval"] = [_short(end) for end in fields["interval"]]
    return fields


def _short(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.{_DIGITS}g}")


def _natural(identity: str) -> tuple:
    """Sort A-F2 before A-F10."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", identity))
