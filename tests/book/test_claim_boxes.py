"""Claim boxes: found in prose, filled with the verdict of the build, linked both ways."""

import re

import pytest
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from myst_parser.docutils_ import Parser

from widesym.book.pages import discover
from widesym.book.project import find_project
from widesym.book.sphinx import claim_boxes


def parsed(text):
    document = new_document("page.md", get_default_settings(Parser))
    Parser().parse(text, document)
    return document


def found(text):
    return [
        (id, paragraph.astext(), source.astext() if source else None)
        for id, paragraph, source in claim_boxes.claim_paragraphs(parsed(text))
    ]


def test_claim_and_its_source_are_found():
    (claim,) = found(
        "# T\n\n**Claim (A-F1).** *It holds.*\n\nSource: Figure 1.\n\nSource: of another thing.\n"
    )
    assert claim == ("A-F1", "Claim (A-F1). It holds.", "Source: Figure 1.")


def test_source_is_of_all_claims_before_it_that_have_none():
    text = (
        "# T\n\n**Claim (A-S1).** *One.*\n\nSource: a.\n\n**Claim (A-S2).** *Two.*\n\n"
        "**Claim (A-S3).** *Three.*\n\nSource: b.\n"
    )
    assert [(id, source) for id, _, source in found(text)] == [
        ("A-S1", "Source: a."),
        ("A-S2", "Source: b."),
        ("A-S3", "Source: b."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "**Claim (A-F1).** *It holds.*\n\nOther words.\n\nSource: of something else.",
        "# T\n\n**Claim (A-F1).** *It holds.*\n\n## Next\n\nSource: of something else.",
    ],
)
def test_source_further_on_is_not_the_claims(text):
    assert found(text)[0][2] is None


def test_bold_words_in_prose_are_no_claim():
    assert found("The **Claim (A-F1).** is below.\n\n**Claim.** *None.*\n\nClaim (A-F1).\n") == []


PAGES = [page for page in discover(find_project()) if page.ids]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_opens_with_each_of_its_claims_and_their_source(page):
    listed = re.findall(r"^\*\*Claim \(([^)]+)\)\.\*\* ", page.path.read_text("utf-8"), re.MULTILINE)
    assert tuple(listed) == page.ids
    text = page.path.read_text("utf-8")
    # the glossary of notation is the page whose claims stand where they are answered
    opening = text if page.name == "notation" else text[text.index("\n# ") : text.index("\n## ")]
    shown = list(claim_boxes.claim_paragraphs(parsed(opening)))
    assert [id for id, _, _ in shown] == list(page.ids)
    assert all("Source: " in (source or paragraph).astext() for _, paragraph, source in shown)
