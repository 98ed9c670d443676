"""The map of the book, and the small figures of the first page."""

import matplotlib.pyplot as plt
import pytest

from widesym.book.book_map import book_map
from widesym.book.pages import discover
from widesym.book.project import Project, find_project
from widesym.book.sphinx.html import listed_pages
from widesym.book.thumbnails import Thumbnail, thumbnails
from widesym.study.claims import at_most, load_register, scoreboard


def rows(project, *checks):
    return scoreboard(load_register(project.register), checks)


def test_map_lists_every_chapter_once_with_the_signs_of_its_claims(tiny_book):
    project = Project(tiny_book.root)
    (tiny_book.root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/intro\nparts:\n- caption: First & only\n  chapters:\n"
        "  - file: book/one\n  - file: book/two\n"
    )
    made = book_map(project, rows(project, at_most("A-S1", "small", 2.0, 1.0)))
    assert made.text() == "First & only\n  Page one  ✗ A-S1\n  Page two  · A-S2"
    shown = made.html()
    assert "First &amp; only" in shown and '<a href="two.html" title="Page two">' in shown
    assert '<a class="verdict-fails" href="one.html#claim-A-S1" title="A-S1: fails" ' in shown


def test_part_without_a_claim_stands_below_the_others(tiny_book):
    tiny_book.page("three", [])
    (tiny_book.root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/intro\nparts:\n- caption: Aside\n  chapters:\n  - file: book/three\n"
        "- caption: Judged\n  chapters:\n  - file: book/one\n"
    )
    project = Project(tiny_book.root)
    judged, others = book_map(project, rows(project)).html().split('<ul class="widesym-map-others">')
    assert "Judged" in judged and "one.html" in judged and "Aside" not in judged
    assert "Aside" in others and "three.html" in others


def test_map_of_a_book_without_parts_has_one(tiny_book):
    project = Project(tiny_book.root)
    assert [page.name for _, pages in book_map(project, rows(project)).parts for page in pages] == [
        "one",
        "two",
    ]


def test_map_of_this_book_has_all_its_pages_and_claims():
    project = find_project()
    made = book_map(project, rows(project))
    pages = [page for _, pages in made.parts for page in pages]
    assert [f"book/{page.name}" for page in pages] == listed_pages(project.root / "_toc.yml")[1:]
    ids = [id for page in discover(project) for id in page.ids]
    assert made.html().count('aria-label="A-') + made.html().count('aria-label="B-') == len(ids)


def figure():
    fig, ax = plt.subplots(figsize=(1, 1))
    ax.plot([0, 1])
    plt.close(fig)
    return fig


def test_thumbnail_leads_to_the_page_of_its_claim_and_tells_the_verdict(tiny_book):
    project = Project(tiny_book.root)
    found = rows(project, at_most("A-S1", "small", 0.5, 1.0))
    shown = thumbnails(found, Thumbnail(figure(), "A-S1", "a < b", 'a "line"'))._repr_mimebundle_()
    assert '<a href="one.html"><img src="data:image/png;base64,' in shown["text/html"]
    assert 'alt="a &quot;line&quot;"' in shown["text/html"] and "<span>a &lt; b</span>" in shown["text/html"]
    assert 'href="one.html#claim-A-S1">A-S1 ✓ holds</a>' in shown["text/html"]
    assert shown["text/plain"] == "A-S1: a < b"


@pytest.mark.parametrize("claim", ["A-S3", "B-F9"])
def test_thumbnail_of_a_claim_without_a_page_is_refused(tiny_book, claim):
    found = rows(Project(tiny_book.root))
    with pytest.raises(ValueError, match=f"needs a claim with a page, got '{claim}'"):
        thumbnails(found, Thumbnail(figure(), claim, "caption", "alt"))
