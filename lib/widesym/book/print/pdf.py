r"""The whole book as one PDF, from its HTML, without TeX.

    html/*.html --articles, one after the other--> one document --Chromium--> PDF

Chromium lays out the document, numbers the pages, tags it for screen readers and
makes the outline from its headings: parts, pages, sections.  Ids are made unique
by the name of their page, so a link to another page of the book becomes a link
inside the document.  The numbers in the table of contents are read from a first
printing and put into a second one, which breaks its pages at the same places.
"""

from __future__ import annotations

import datetime
import html
import io
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from widesym.book import scoreboard
from widesym.book.pipeline.workflow import BuildFailed
from widesym.book.print import browser
from widesym.book.project import STYLE, Build
from widesym.book.sphinx.html import listed_pages
from widesym.study import provenance

# pypdf tells of every count in Chromium's PDF that is off by some
logging.getLogger("pypdf").setLevel(logging.ERROR)
_SCRIPTS = Path(__file__).parent
_PRINT = STYLE.with_name("print.css")
# width of A4 less the margins of print.css, at 96 pixels an inch: what is measured is what is printed
_COLUMN = {"width": round((210 - 2 * 17) / 25.4 * 96), "height": 900}
_HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .map(heading => heading.textContent.replace(/\\s+/g, " ").trim())"""
_PATIENCE = 600  # seconds for the whole document to be laid out, on a busy machine
_LEGIBLE = 0.55  # of its size: a table shrunk further should be made narrower


def parts(toc: Path) -> list[tuple[str | None, list[str]]]:
    """Return the parts of a table of contents: caption and pages; the first page has no caption."""
    listed = yaml.safe_load(toc.read_text("utf-8"))
    first, *others = listed_pages(toc)
    if "parts" not in listed:
        return [(None, [first]), *((None, [name]) for name in others)]
    captioned = ((part["caption"], [page["file"] for page in part["chapters"]]) for part in listed["parts"])
    return [(None, [first]), *captioned]


def make(build: Build) -> Path:
    """Print the built HTML of ``build`` as ``book.pdf`` in its folder; return the path.

    Raises ``ValueError`` when there is no browser, ``BuildFailed`` or an ``OSError`` when it does not print.
    """
    with browser.launched() as chromium:
        return write(build, chromium)


def write(build: Build, chromium) -> Path:
    """Do as ``make`` does, with a browser that is open."""
    groups = parts(build.project.root / "_toc.yml")
    target = build.directory / "book.pdf"
    document = build.directory / "book.print.html"
    articles = {article["page"]: article for article in _articles(chromium, build, groups)}
    try:
        document.write_text(_document(build, groups, articles, {}), "utf-8")
        first, _ = _printed(chromium, document)
        numbers = page_numbers(first, [article["anchor"] for article in articles.values()])
        document.write_text(_document(build, groups, articles, numbers), "utf-8")
        pdf, headings = _printed(chromium, document)
    finally:
        document.unlink(missing_ok=True)
    if page_numbers(pdf, list(numbers)) != numbers:
        raise BuildFailed("the second printing breaks its pages at other places than the first")
    _publish(pdf, target, _title(build), headings)
    return target


def page_numbers(pdf: bytes, anchors: Sequence[str]) -> dict[str, int]:
    """Return the page, from 1, on which each anchor lies.

    Raises ``BuildFailed`` naming an anchor that the PDF lacks.
    """
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(pdf))
    found = {name.lstrip("/"): place for name, place in reader.named_destinations.items()}
    missing = [anchor for anchor in anchors if anchor not in found]
    if missing:
        raise BuildFailed(f"the PDF has no place named {missing[0]}")
    return {anchor: reader.get_destination_page_number(found[anchor]) + 1 for anchor in anchors}


def _articles(chromium, build: Build, groups) -> Iterator[dict]:
    """Yield the article of each page, ready for the common document; nothing but the text is loaded."""
    names = [name for _, names in groups for name in names]
    page = chromium.new_page()
    page.route("**/*", _only_the_page)
    script = (_SCRIPTS / "article.js").read_text("utf-8")
    folder = build.html.as_uri() + "/"
    for caption, listed in groups:
        for name in listed:
            page.goto(f"{folder}{name}.html", wait_until="domcontentloaded")
            yield {"page": name, **page.evaluate(script, [names, folder, 0 if caption is None else 1])}
    page.close()


def _only_the_page(route) -> None:
    if route.request.is_navigation_request():
        route.continue_()
    else:
        route.abort()


def _document(build: Build, groups, articles: Mapping[str, dict], numbers: Mapping[str, int]) -> str:
    """Return the document of all pages; ``numbers`` are those for the table of contents."""
    first = next(iter(articles.values()))
    body, lines = [], []
    for count, (caption, names) in enumerate(groups):
        if caption is not None:
            body.append(f'<h1 class="print-part" id="part-{count}">{html.escape(caption)}</h1>')
            lines.append(f'<li class="part">{html.escape(caption)}</li>')
        for name in names:
            article = articles[name]
            body.append(article["html"])
            lines.append(
                f'<li><a href="#{article["anchor"]}">{html.escape(article["title"])}'
                f'<span class="number">{numbers.get(article["anchor"], "000")}</span></a></li>'
            )
    styles = dict.fromkeys(style for article in articles.values() for style in article["styles"])
    links = "".join(f'<link rel="stylesheet" href="{style}">' for style in styles)
    interactive = any("widesym-interactive" in article["html"] for article in articles.values())
    scripts = [first["mathematics"]]
    if interactive:
        scripts += [(build.html / "_static" / name).as_uri() for name in ("plotly.min.js", "interactive.js")]
    loads = "".join(f'<script defer src="{script}"></script>' for script in scripts if script)
    title = html.escape(_title(build))
    return (
        '<!doctype html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
        f"<title>{title}</title>{links}"
        f'<link rel="stylesheet" href="{_PRINT.as_uri()}"><script>{first["options"]}</script>{loads}</head>'
        '<body class="print-book"><main class="bd-main"><div class="bd-content">'
        f'<div class="bd-article-container">{_cover(build)}'
        f'<section class="print-contents"><h1>Contents</h1><ol>{"".join(lines)}</ol></section>'
        f'<article class="bd-article">{"".join(body)}</article></div></div></main></body></html>'
    )


def _cover(build: Build) -> str:
    made = datetime.datetime.fromtimestamp((build.html / ".built").stat().st_mtime, datetime.UTC)
    commit, clean = provenance.commit(build.project.root)
    changes = [f"{name} = {value}" for name, value in build.changes.items()]
    told = {
        "Built": f"{made:%d %B %Y}",
        "From": f"commit {commit[:10]}{'' if clean else ', tree not clean'}" if commit else "no commit",
        "Profile": ", ".join([build.profile, *changes]),
        "Verdicts": scoreboard.tally_line(scoreboard.read(build)),
        "In print": "Folded code is left out, and figures that turn stand still: both are in the HTML book.",
    }
    rows = "".join(f"<dt>{name}</dt><dd>{html.escape(text)}</dd>" for name, text in told.items())
    title = html.escape(_title(build))
    return f'<section class="print-cover"><p class="print-title">{title}</p><dl>{rows}</dl></section>'


def _title(build: Build) -> str:
    return yaml.safe_load((build.project.root / "_config.yml").read_text("utf-8"))["title"]


def _printed(chromium, document: Path) -> tuple[bytes, list[str]]:
    """Return the PDF of a document, and its headings in their order."""
    page = chromium.new_page(viewport=_COLUMN)
    page.emulate_media(media="print", color_scheme="light")
    page.set_default_timeout(1e3 * _PATIENCE)
    page.goto(document.as_uri(), wait_until="domcontentloaded")
    browser.settle(page, seconds=_PATIENCE)
    for found in page.evaluate((_SCRIPTS / "fit.js").read_text("utf-8"), _LEGIBLE):
        print(f"hard to read in print: {found}", flush=True)
    headings = page.evaluate(_HEADINGS)
    pdf = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    page.close()
    return pdf, headings


def _publish(pdf: bytes, target: Path, title: str, headings: Sequence[str]) -> None:
    """Write the PDF whole or not at all, opening with its outline."""
    from pypdf import PdfWriter
    from pypdf.generic import NameObject, TextStringObject

    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    entries = list(_entries(writer.root_object["/Outlines"]))
    if len(entries) != len(headings):
        raise BuildFailed(f"the PDF's outline has {len(entries)} entries for {len(headings)} headings")
    # Chromium writes a heading of several lines without the space between them, or twice
    for entry, heading in zip(entries, headings, strict=True):
        entry[NameObject("/Title")] = TextStringObject(heading)
    writer.add_metadata({"/Title": title})
    writer.page_mode = "/UseOutlines"
    writer.compress_identical_objects()
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    writer.write(temporary)
    os.replace(temporary, target)


def _entries(parent) -> Iterator:
    """Yield the entries of an outline in the order of reading."""
    entry = parent.get("/First")
    while entry is not None:
        entry = entry.get_object()
        yield entry
        yield from _entries(entry)
        entry = entry.get("/Next")
