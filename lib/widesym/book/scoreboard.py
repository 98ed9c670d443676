r"""The scoreboard: the verdict on every id of the two papers, collected from executed pages.

A page shows its checks as a ``ClaimTable``; that leaves in the executed
notebook an output of the type ``widesym.study.claims.MIME``.  Here these are
read back from the notebooks of all pages that are not ``last``, written to
``claims.json`` of the build, and joined with the register ``book/claims.yml``.
An id without a check is *missing*; none is left out.  ``widesym.book.board``
makes HTML of it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from widesym.book.board import SIGNS, board_html, tally_html
from widesym.book.faults import told
from widesym.book.pages import discover
from widesym.book.project import Build, find_project, load_build, write_if_changed
from widesym.study.claims import (
    MIME,
    Check,
    Row,
    checks_from_json,
    load_register,
    scoreboard,
    tally,
)


def checks_of(notebook: dict) -> tuple[Check, ...]:
    """Return the checks shown in the outputs of an executed notebook, in order.

    Raises ``ValueError`` when an output of the claims type is malformed.
    """
    found: list[Check] = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            if MIME in output.get("data", {}):
                found.extend(checks_from_json(output["data"][MIME]))
    return tuple(found)


def collect(build: Build) -> tuple[Check, ...]:
    """Collect the checks of all executed pages that are not last, and write ``claims.json``.

    Raises ``ValueError`` as ``executed`` does.
    """
    found = executed(build)
    text = json.dumps({"version": 1, "checks": [dataclasses.asdict(check) for check in found]}, indent=1)
    write_if_changed(build.claims, text + "\n")
    return found


def executed(build: Build) -> tuple[Check, ...]:
    """Return the checks of all executed pages that are not last, whether or not a build has collected them.

    Raises ``ValueError`` naming the page when a check is malformed or its id is not the page's.
    """
    found: list[Check] = []
    for page in discover(build.project):
        path = build.notebook(page.name)
        if not page.executable or page.last or not path.is_file():
            continue
        try:
            checks = checks_of(json.loads(path.read_text("utf-8")))
            foreign = sorted({check.id for check in checks} - set(page.ids))
            if foreign:
                raise ValueError(f"it checks {foreign[0]}, which its front matter does not list under ids")
            found.extend(checks)
            twice = [
                name for name, n in Counter((c.id, c.scale, c.statement) for c in found).items() if n > 1
            ]
            if twice:  # the register and the kept numbers know a check by these
                raise ValueError(f"{twice[0][0]} has two checks ({twice[0][1]}) that state {twice[0][2]!r}")
        except ValueError as error:
            raise ValueError(f"page {page.name}: {error}") from None
    return tuple(found)


def read(build: Build) -> tuple[Row, ...]:
    """Return the scoreboard of ``build`` from its ``claims.json`` (no checks while there is none)."""
    checks = checks_from_json(json.loads(build.claims.read_text("utf-8"))) if build.claims.is_file() else ()
    return scoreboard(load_register(build.project.register), checks)


def current(profile: str = "default") -> Scoreboard:
    """Return the scoreboard for a page: of the build that runs it, else of ``profile`` in this project."""
    folder = os.environ.get("WIDESYM_BUILD")
    build = load_build(folder) if folder else Build(find_project(), profile)
    return Scoreboard(read(build), build.profile)


def tally_line(rows: Iterable[Row]) -> str:
    """Return the tally as one line for the terminal."""
    counts = tally(rows)
    return f"{sum(counts.values())} claims: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items())


def lines(rows: Iterable[Row]) -> list[str]:
    """Return one line of text for each claim."""
    return [
        f"{row.claim.id:6} {SIGNS[row.verdict]} {row.verdict:21}  {row.claim.title}  "
        f"[{_measured(row) or 'no check'}]"
        for row in rows
    ]


@dataclass(frozen=True)
class Scoreboard:
    """The rows of a scoreboard as something that a notebook can show."""

    rows: tuple[Row, ...]
    profile: str = "default"

    def tally(self) -> Tally:
        """Return the number of claims of each verdict."""
        return Tally(self.rows, self.profile)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": board_html(self.rows), "text/plain": "\n".join(lines(self.rows))}


@dataclass(frozen=True)
class Tally:
    """The number of claims of each verdict as something that a notebook can show."""

    rows: tuple[Row, ...]
    profile: str = "default"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        shown = tally_html(self.rows, "scoreboard.html", self.profile)
        return {"text/html": shown, "text/plain": tally_line(self.rows)}


def _measured(row: Row) -> str:
    return next((check.measured for check in row.checks if check.verdict == row.verdict), "")


def main(arguments: list[str] | None = None) -> int:
    """Collect the claims of a prepared build: ``python -m widesym.book.scoreboard BUILD_FOLDER``."""
    (folder,) = sys.argv[1:] if arguments is None else arguments
    build = load_build(folder)
    try:
        collect(build)
        read(build)  # refuses checks that the register does not know
        os.utime(build.claims)  # the workflow goes by times: this is newer than the pages it was made from
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(told(error, build.claims), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
