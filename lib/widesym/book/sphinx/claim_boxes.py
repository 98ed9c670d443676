r"""Claim boxes: where a page says what it tests, with the verdict of this build and the ways onward.

On a page, which is prose in any editor, a claim is a paragraph that begins ``**Claim (A-F1).**``; the next
paragraph that begins ``Source:`` is its source, and that of all claims before it that have none.  In the
book each becomes a box with the id ``claim-A-F1``: the claim and its source as they stand, the verdict of
this build from ``claims.json``, and links to the checks on the page, the scoreboard's row and the paper.

This is done when a page is written, so that a verdict that another page has changed is never an old one.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from widesym.book import scoreboard
from widesym.book.board import SIGNS, counted, verdict_class
from widesym.book.papers import place_html
from widesym.book.project import Build, load_build
from widesym.study.claims import Check, Row

LOGGER = logging.getLogger(__name__)
BOARD = "book/scoreboard"
_CLAIM = re.compile(r"Claim \(([^)]+)\)\.")
# as widesym.study.claims.ClaimTable writes a row
_ROW = "<td>{id}</td>"


class claim_box(nodes.General, nodes.Element):  # noqa: N801  the name that docutils makes visit_... from
    """A claim, its source, and what is known of it."""


class ClaimBoxes(SphinxPostTransform):
    """Put the claims of a page into boxes."""

    # after MyST-NB has chosen the outputs that are shown
    default_priority = 200
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Rewrite the page that is being written."""
        claims = list(claim_paragraphs(self.document))
        if not claims:
            return
        build = load_build(self.config.widesym_build)
        rows = _rows(build.directory, *(_stamp(path) for path in (build.claims, build.project.register)))
        docname = self.env.docname
        checks = checks_on(build, docname)
        board = None
        if BOARD in self.env.found_docs:
            board = self.app.builder.get_relative_uri(docname, BOARD)
        for name, paragraph, source in claims:
            if name not in rows:
                LOGGER.warning("claim %s is not in the register", name, location=paragraph)
                continue
            own = [check for check in checks if check.id == name]
            if own:
                _mark_checks(self.document, name)
            paragraph.replace_self(_box(rows[name], own, paragraph, source, board))
        # several claims may have one source
        for source in {id(source): source for _, _, source in claims if source is not None}.values():
            source.parent.remove(source)


@functools.lru_cache(maxsize=1)
def _rows(folder: Path, *stamps: int) -> dict[str, Row]:
    """Read the scoreboard of a build once for all its pages."""
    return {row.claim.id: row for row in scoreboard.read(load_build(folder))}


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns if path.is_file() else 0


def claim_paragraphs(
    document: nodes.document,
) -> Iterator[tuple[str, nodes.paragraph, nodes.paragraph | None]]:
    """Find the claims of a page: id, paragraph, and the paragraph of the source or None."""
    paragraphs = list(document.findall(nodes.paragraph))
    for place, paragraph in enumerate(paragraphs):
        # MyST may put an empty text in front
        first = next((child for child in paragraph.children if child.astext()), None)
        match = _CLAIM.fullmatch(first.astext()) if isinstance(first, nodes.strong) else None
        if match is None:
            continue
        source = None
        for following in paragraphs[place + 1 :]:
            if following.parent is not paragraph.parent:
                break
            if following.astext().startswith("Source:"):
                source = following
                break
            if not following.astext().startswith("Claim ("):
                break
        yield match[1], paragraph, source


def checks_on(build: Build, docname: str) -> tuple[Check, ...]:
    """Return the checks that the executed notebook of a document shows, in order."""
    notebook = build.notebook(docname.removeprefix("book/"))
    return scoreboard.checks_of(json.loads(notebook.read_text("utf-8"))) if notebook.is_file() else ()


def _box(
    row: Row,
    checks: Sequence[Check],
    paragraph: nodes.paragraph,
    source: nodes.paragraph | None,
    board: str | None,
) -> claim_box:
    claim = row.claim
    box = claim_box("", classes=[verdict_class(row.verdict)], ids=[f"claim-{claim.id}"], claim=claim.id)
    words = paragraph.deepcopy()
    # the head of the box says the id
    del words.children[: words.index(next(words.findall(nodes.strong))) + 1]
    if words.children and isinstance(words[0], nodes.Text):
        words[0] = nodes.Text(words[0].lstrip())
    box += _raw(
        f'<div class="widesym-claim-head"><span>Claim <b>{claim.id}</b></span>'
        f'<a class="widesym-sign {verdict_class(row.verdict)}" href="{_checks_address(claim.id, checks)}">'
        f"{SIGNS[row.verdict]} {row.verdict}</a></div>"
    )
    box += words
    if source is not None:
        copied = source.deepcopy()
        for node in copied.findall(nodes.Element):
            node["ids"] = []  # a source may stand in several boxes
        copied["classes"].append("widesym-claim-source")
        box += copied
    box += _raw(f'<p class="widesym-claim-ways">{" · ".join(_ways(row, checks, board))}</p>')
    return box


def _checks_address(id: str, checks: Sequence[Check]) -> str:
    return f"#checks-{id}" if checks else f"#claim-{id}"


def _ways(row: Row, checks: Sequence[Check], board: str | None) -> Iterator[str]:
    """The links at the foot of a box."""
    if checks:
        yield f'<a href="#checks-{row.claim.id}">{counted(checks)}</a>'
    else:
        yield "no check on this page"
    if board is not None:
        yield f'<a href="{board}#{row.claim.id}">in the scoreboard</a>'
    yield place_html(row.claim.paper, row.claim.source)


def _mark_checks(document: nodes.document, id: str) -> None:
    """Put an anchor in front of the first table that checks the claim ``id``."""
    wanted = _ROW.format(id=id)
    for node in document.findall(nodes.raw):
        if wanted in node.astext():
            node.insert(0, nodes.Text(f'<span id="checks-{id}"></span>'))
            return


def _raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def _visit(translator, node: claim_box) -> None:
    label = f"Claim {node['claim']}"
    translator.body.append(
        translator.starttag(node, "div", CLASS="widesym-claim", role="group", **{"aria-label": label})
    )


def _depart(translator, node: claim_box) -> None:
    translator.body.append("</div>\n")


def setup(app) -> None:
    """Register boxes with Sphinx."""
    app.add_node(claim_box, html=(_visit, _depart))
    app.add_post_transform(ClaimBoxes)
