"""Every page of the built book, over file:// and http://: one visit each, and no fault of any kind."""

import pytest

from widesym.book.sphinx.html import listed_pages

from .audit import visit
from .conftest import ROOT

# those of the table of contents, those that Sphinx adds, and one of the sources, which are all made alike
ADDED = ("search", "genindex", "py-modindex", "prf-prf", "source/widesym/kernels/gram")
PAGES = [f"{name}.html" for name in [*listed_pages(ROOT / "_toc.yml"), *ADDED]]


@pytest.mark.parametrize("scheme", ["file", "http"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_fault(visitors, sites, folder, scheme, name):
    # what is read over the network is the same: one audit by axe-core will do
    faults = visit(visitors[scheme], sites[scheme], folder, name, accessible=scheme == "file")
    assert {kind: told for kind, told in faults.items() if told} == {}


def test_every_page_that_was_built_is_visited(folder):
    built = {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}
    others = {path for path in built if path.startswith(("_static/", "source/"))}
    assert built - others == {*PAGES, "index.html"} - others
