r"""The scoreboard as HTML: one table, whole without a script; ``board.js`` sorts and filters it.

What the script needs stands in the table: a row carries its paper, kind and verdict, a cell its place in the
order of its column where that is not the order of its text.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence

from widesym.book.papers import PAPERS, place_html
from widesym.study.claims import MISSING, VERDICTS, Check, Row, maths_html, tally

SIGNS = {"holds": "✓", "fails": "✗", "inconclusive": "?", "not run at this scale": "–", MISSING: "·"}
# as the script finds the table, and the page its script
MARK = "widesym-scoreboard"
_ORDER = (*VERDICTS, MISSING)


def verdict_class(verdict: str) -> str:
    """Return the class of everything that has the colour of ``verdict``."""
    return f"verdict-{verdict.split()[0]}"


def claim_address(row: Row) -> str | None:
    """Return where the claim's box is, seen from the folder of the book; None without a page."""
    return None if row.claim.page is None else f"{row.claim.page}.html#claim-{row.claim.id}"


def tally_html(rows: Iterable[Row], board: str = "", profile: str = "default") -> str:
    """Return the number of claims of each verdict; each leads to its claims on the page ``board``.

    Any profile but the default one is named: its numbers are not those the book talks about.
    """
    cells = "".join(
        f'<li class="{verdict_class(verdict)}"><a href="{board}#verdict={verdict.replace(" ", "+")}">'
        f"<b>{number}</b> {SIGNS[verdict]} {verdict}</a></li>"
        for verdict, number in tally(rows).items()
    )
    if profile != "default":
        cells += f"<li>profile <b>{html.escape(profile)}</b></li>"
    return f'<ul class="widesym-tally">{cells}</ul>'


def board_html(rows: Sequence[Row]) -> str:
    """Return the scoreboard as HTML; cells carry their column's name for phones."""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Id", "Claim", "Kind", "Verdict", "Checks"))
    body = "".join(_row(number, row) for number, row in enumerate(rows))
    return (
        f'<table class="table {MARK}"><caption>Every claim of the two papers</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _row(number: int, row: Row) -> str:
    claim = row.claim
    name = html.escape(claim.id)
    address = claim_address(row)
    if address is not None:
        name = f'<a href="{html.escape(address)}">{name}</a>'
    paper = PAPERS[claim.paper].part if claim.paper in PAPERS else claim.paper
    return (
        f'<tr id="{html.escape(claim.id)}" class="{verdict_class(row.verdict)}" '
        f'data-paper="{html.escape(claim.paper)}" data-part="{html.escape(paper)}" '
        f'data-kind="{html.escape(claim.kind)}" data-verdict="{html.escape(row.verdict)}">'
        f'<th scope="row" data-label="Id" data-order="{number}">{name}</th>'
        f'<td data-label="Claim"><b>{maths_html(claim.title)}</b><br>{maths_html(claim.statement)}<br>'
        f"<small>{place_html(claim.paper, claim.source)}, {html.escape(claim.source)}</small></td>"
        f'<td data-label="Kind">{html.escape(claim.kind)}</td>'
        f'<td data-label="Verdict" class="verdict" data-order="{_ORDER.index(row.verdict)}">'
        f"{SIGNS[row.verdict]} {html.escape(row.verdict)}</td>"
        f'<td data-label="Checks" data-order="{len(row.checks)}">{_measured(row)}</td></tr>'
    )


def _measured(row: Row) -> str:
    """Return the decisive check, with all of them folded behind it when there are several."""
    if not row.checks:
        return "no page yet" if row.claim.page is None else "no check"
    if len(row.checks) == 1:
        return _check(row.checks[0])
    worst = next(check for check in row.checks if check.verdict == row.verdict)
    listed = "".join(f"<li>{SIGNS[check.verdict]} {_check(check)}</li>" for check in row.checks)
    return (
        f"{_check(worst)}<details><summary>{counted(row.checks)}</summary><ul>{listed}</ul></details>"
    )  # fmt: skip


def counted(checks: Sequence[Check]) -> str:
    """Return how many checks there are of each verdict, in words."""
    counts = Counter(check.verdict for check in checks)
    told = ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    return f"{len(checks)} check{'s' * (len(checks) != 1)}: {told}"


def _check(check: Check) -> str:
    return (
        f"<b>{maths_html(check.measured)}</b> (rule: {maths_html(check.rule)}; {check.scale}) "
        f"<small>{maths_html(check.statement)}</small>"
    )
