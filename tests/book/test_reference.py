"""The pages on the library, built by Sphinx: entries, sources, and links both ways."""

import re
from html.parser import HTMLParser
from pathlib import Path

from widesym.book import library
from widesym.book.sphinx import sources

PAGE = """\
# The tiny module

What is here.

```{eval-rst}
.. library:: widesym.tiny
```
"""
MODULE = '''r"""Tiny things, $a^2$ of them, as :func:`double` says."""

VALUE = 0.5  # half_ of 1


def double(x: "Pair") -> "Pair":
    r"""Return :math:`2x`, as `Pair` twice; see :mod:`widesym.tiny`.

    Args:
        x: ``(2,)``.
    """
    return x


class Pair:
    """A pair."""
'''


class Links(HTMLParser):
    """The addresses of a page and its ids."""

    def __init__(self, path: Path):
        super().__init__()
        self.targets, self.ids = [], set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids.add(found.get("id"))
        if tag == "a" and "href" in found:
            self.targets.append(found["href"])


def assert_resolves(page, address):
    path, _, anchor = address.partition("#")
    target = (page.parent / path).resolve() if path else page
    assert target.is_file(), f"{page.name}: {address}"
    assert not anchor or anchor in Links(target).ids, f"{page.name}: {address}"


def test_entries_sources_and_links_both_ways(tiny_book):
    root = tiny_book.root
    (root / "lib" / "widesym" / "tiny.py").write_text(MODULE)
    (root / "book" / "library").mkdir()
    (root / "book" / "library" / "tiny.md").write_text(PAGE)
    check = "ClaimTable([at_most('A-S1', 'small', float(double(VALUE)), 1.0)])"
    cell = f"from widesym.tiny import VALUE, double\nfrom widesym.study import ClaimTable, at_most\n{check}"
    tiny_book.page("one", [cell], ids="A-S1")
    tiny_book.toc("intro", "one", "two", "library/tiny")
    # what the pages use besides has its entries too
    (root / "book" / "library" / "tiny.md").write_text(
        PAGE.replace("widesym.tiny\n", "widesym.tiny widesym.study.claims widesym.book.scoreboard\n")
    )
    tiny_book.book()

    entries = tiny_book.build("html", "book", "library", "tiny.html")
    one = tiny_book.build("html", "book", "one.html")
    text = entries.read_text("utf-8")
    assert "\\(a^2\\)" in text and "$a^2$" not in text and ":math:" not in text
    assert "half_ of 1" in text
    for page in (entries, one):
        for address in Links(page).targets:
            if re.search(r"library/tiny|source/|one\.html|^#widesym", address):
                assert_resolves(page, address)
    # an annotation, a name in single backticks and a role lead to the entries
    targets = Links(entries).targets
    assert targets.count("#widesym.tiny.Pair") >= 2 + 1 and "#widesym.tiny.double" in targets
    assert "../../source/widesym/tiny.html#double" in targets
    assert "../one.html" in targets
    assert "library/tiny.html#widesym.tiny.double" in Links(one).targets
    assert "Functions used on this page" in one.read_text("utf-8")
    index = tiny_book.build("html", "searchindex.js").read_text("utf-8")
    assert '"double"' in index or "double:" in index

    # another page's import changes the entry, and a reference to nothing fails the build
    tiny_book.page(
        "one", [cell.replace("VALUE, double", "VALUE").replace("double(VALUE)", "VALUE")], ids="A-S1"
    )
    tiny_book.book()
    assert tiny_book.build("html", "book", "library", "tiny.html").read_text("utf-8").count("Used on") == (
        text.count("Used on") - 1
    )
    module = root / "lib" / "widesym" / "tiny.py"
    module.write_text(MODULE.replace(":func:`double`", ":func:`treble`"))
    failed = tiny_book.run("book", "--cores", "2")
    assert failed.returncode != 0
    assert "nothing is called treble in widesym.tiny" in failed.stdout + failed.stderr


def test_a_source_page_has_an_anchor_at_each_name_and_escapes_the_code():
    module = library.read("widesym.book.sphinx.sources")
    page = sources.page_of(module, "library/book")
    assert {'id="address"', 'id="page_of"'} <= set(re.findall(r'id="[^"]+"', page))
    assert "&lt;!doctype html&gt;" in page and page.count("<html") == 1
    assert 'href="../../../../book/library/book.html#module-widesym.book.sphinx.sources"' in page
