r"""Weight: how many bytes the built book has, and each of its pages; limits that a build must keep.

    a page     its HTML and the pictures, films and sounds it shows, each once
    the book   everything below its folder

What all pages share, scripts, styles and fonts, is loaded once and counts for the book alone.  A page with a
film or a figure that can be turned has a limit of its own.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import unquote

from widesym.figures.marks import MARK

MB = 1_000_000
BOOK_LIMIT = 40 * MB
PAGE_LIMIT = 3 * MB
ANIMATED_PAGE_LIMIT = 8 * MB

_SHOWN = re.compile(r'<(?:img|source|video|audio)\b[^>]*?\ssrc="([^"]+)"')
_ANIMATED = re.compile(rf'<video\b|class="{MARK}"')
# for those who debug or translate the theme; a font that is there as woff2 needs no ttf
_UNUSED = ("_static/**/*.map", "_static/locales/**/*", "_static/vendor/fontawesome/webfonts/*.ttf")


def drop_unused(book: Path) -> None:
    """Remove what no page of the built book loads: files of the theme, pictures of earlier builds."""
    used = {path for page in book.rglob("*.html") for path in _beside(page)}
    for path in (book / "_images").glob("*"):
        if path.resolve() not in used:
            path.unlink()
    for pattern in _UNUSED:
        for path in sorted(book.glob(pattern), reverse=True):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
    shutil.rmtree(book / "_static" / "locales", ignore_errors=True)


def page_weight(page: Path) -> int:
    """Return the bytes of a page: its HTML and what it shows from beside it."""
    return page.stat().st_size + sum(path.stat().st_size for path in _beside(page) if path.is_file())


def _beside(page: Path) -> set[Path]:
    """Return the files that a page shows."""
    return {
        (page.parent / unquote(address.split("?")[0])).resolve()
        for address in _SHOWN.findall(page.read_text("utf-8"))
        if not re.match(r"[a-z]+:", address)
    }


def limit_of(page: Path) -> int:
    """Return how many bytes a page may have."""
    return ANIMATED_PAGE_LIMIT if _ANIMATED.search(page.read_text("utf-8")) else PAGE_LIMIT


def excesses(book: Path) -> list[str]:
    """Return a sentence for each page, and for the book, that weighs more than it may."""
    found = []
    for page in sorted(book.glob("book/**/*.html")):
        weight, limit = page_weight(page), limit_of(page)
        if weight > limit:
            name = page.relative_to(book).as_posix()
            found.append(
                f"{name} weighs {weight / MB:.1f} MB with its pictures, limit {limit / MB:g} MB: "
                "draw fewer dots, or split the page"
            )
    sizes = {path: path.stat().st_size for path in book.rglob("*") if path.is_file()}
    whole = sum(sizes.values())
    if whole > BOOK_LIMIT:
        largest = max(sizes, key=sizes.get)
        found.append(
            f"the book weighs {whole / MB:.1f} MB, limit {BOOK_LIMIT / MB:g} MB: see what is large, "
            f"first of all {largest.relative_to(book).as_posix()}"
        )
    return found
