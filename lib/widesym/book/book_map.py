r"""The map of the book: its parts and pages from ``_toc.yml``, with the verdicts of each page's claims."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from widesym.book.board import SIGNS, verdict_class
from widesym.book.pages import Page, discover
from widesym.book.project import Project
from widesym.study.claims import Row


@dataclass(frozen=True)
class Map:
    """The parts of a book, as (caption, pages), and the rows of its scoreboard, to be shown by a notebook.

    A part without any claim, such as that on the library, takes a line below the others.
    """

    parts: tuple[tuple[str, tuple[Page, ...]], ...]
    rows: tuple[Row, ...]

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.text()}

    def html(self) -> str:
        """Return the map as lists of parts, each a list of pages."""
        judged, others = [], []
        for caption, pages in self.parts:
            listed = "".join(map(self._page, pages))
            part = f"<li><span>{html.escape(caption)}</span><ul>{listed}</ul></li>"
            (judged if any(map(self._claims, pages)) else others).append(part)
        return (
            f'<nav class="widesym-map" aria-label="Map of the book"><ul>{"".join(judged)}</ul>'
            f'<ul class="widesym-map-others">{"".join(others)}</ul></nav>'
        )

    def _page(self, page: Page) -> str:
        title = html.escape(page.title)
        signs = "".join(
            f'<a class="{verdict_class(row.verdict)}" href="{page.name}.html#claim-{row.claim.id}" '
            f'title="{row.claim.id}: {row.verdict}" aria-label="{row.claim.id}: {row.verdict}">'
            f"{SIGNS[row.verdict]}</a>"
            for row in self._claims(page)
        )
        return f'<li><a href="{page.name}.html" title="{title}">{title}</a><span>{signs}</span></li>'

    def _claims(self, page: Page) -> list[Row]:
        return [row for row in self.rows if row.claim.id in page.ids]

    def text(self) -> str:
        """Return one line a page, with signs and ids."""
        lines = []
        for caption, pages in self.parts:
            lines.append(caption)
            for page in pages:
                told = " ".join(f"{SIGNS[row.verdict]} {row.claim.id}" for row in self._claims(page))
                lines.append(f"  {page.title}  {told}".rstrip())
        return "\n".join(lines)


def book_map(project: Project, rows: Sequence[Row]) -> Map:
    """Return the map of the parts that ``_toc.yml`` lists, or of one, *Pages*, where it lists none.

    Pages of which the table of contents makes no chapter, the first one above all, are left out.
    """
    toc = yaml.safe_load((project.root / "_toc.yml").read_text("utf-8"))
    pages = {f"book/{page.name}": page for page in discover(project)}
    parts = toc.get("parts") or [{"caption": "Pages", "chapters": toc.get("chapters", [])}]
    return Map(
        tuple(
            (part["caption"], tuple(pages[chapter["file"]] for chapter in part["chapters"])) for part in parts
        ),
        tuple(rows),
    )
