"""Weight: what counts for a page, which limit it has, what a build drops."""

import pytest

from widesym.book.sphinx import weight
from widesym.figures.interactive import MARK


@pytest.fixture
def book(tmp_path):
    """A built book of one page."""

    def write(body, **files):
        for name, size in files.items():
            path = tmp_path / "_images" / name.replace("_", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"0" * size)
        page = tmp_path / "book" / "part" / "page.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(body)
        return page

    return write


def test_page_weighs_its_html_and_each_picture_once(book):
    body = '<img alt="a" src="../../_images/a.png"><img src="../../_images/a.png"><img src="data:x">'
    assert weight.page_weight(book(body, a_png=1000, b_png=7)) == len(body) + 1000


def test_heavy_page_is_named_with_its_limit(book, tmp_path):
    book('<img src="../../_images/a.png">', a_png=weight.PAGE_LIMIT)
    (sentence,) = weight.excesses(tmp_path)
    assert sentence.startswith("book/part/page.html weighs 3.0 MB with its pictures, limit 3 MB: ")


@pytest.mark.parametrize("moving", ["<video src='x'>", f'<div class="{MARK}">'])
def test_page_that_moves_may_be_heavier_to_a_limit(book, tmp_path, moving):
    book('<img src="../../_images/a.png">' + moving, a_png=weight.PAGE_LIMIT)
    assert weight.excesses(tmp_path) == []
    book('<img src="../../_images/a.png">' + moving, a_png=weight.ANIMATED_PAGE_LIMIT)
    assert "limit 8 MB" in weight.excesses(tmp_path)[0]


def test_heavy_book_is_told_with_what_is_largest(book, tmp_path, monkeypatch):
    monkeypatch.setattr(weight, "BOOK_LIMIT", 500)
    book("small", a_png=400, b_png=200)
    (sentence,) = weight.excesses(tmp_path)
    assert sentence.startswith("the book weighs") and "first of all _images/a.png" in sentence


def test_what_no_page_loads_is_dropped_and_the_rest_kept(tmp_path):
    fonts = "_static/vendor/fontawesome/webfonts"
    kept = (
        "_static/a.js",
        f"{fonts}/fa.woff2",
        "_static/mathjax/font.ttf",
        "_images/new.png",
        "book/page.html",
    )
    dropped = ("_static/scripts/a.js.map", "_static/locales/de/x.mo", f"{fonts}/fa.ttf", "_images/old.png")
    for name in (*kept, *dropped):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('<img src="../_images/new.png">' if name.endswith("page.html") else "")
    weight.drop_unused(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(kept) and not (tmp_path / "_static" / "locales").exists()
