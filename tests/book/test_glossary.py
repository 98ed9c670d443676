"""The glossary: what counts as an abbreviation, and that an unexplained one is found."""

import pytest

from widesym.book import glossary
from widesym.book.glossary import Abbreviation, Glossary
from widesym.book.project import Project
from widesym.study import load_register

ENTRY = "{short: WI, long: weakly invariant, meaning: 'a law', paper: MF}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A WI law and two SGDs, NN+ too", {"WI", "SGD", "NN+"}),
        ("---\ntitle: ABC\n---\nprose", set()),
        ("```{code-cell} ipython3\nDA = 1\n```\nFA", {"FA"}),
        ("````{prf:theorem} On EA\n```{math}\nQQ\n```\nby RMD\n````", {"EA", "RMD"}),
        ("`DA`, {cite}`MF`, $WI$, $$\nSI\n$$, [MF], [text](PATH/FA.md)", {}),
        ("A-S1 and B-X12, C2, D4, one X", set()),
        ("**DA**, (FA): EA.", {"DA", "FA", "EA"}),
    ],
)
def test_abbreviations_of_prose(text, words):
    assert glossary.used(text) == set(words)


def test_an_unexplained_abbreviation_is_named_with_its_pages():
    known = Glossary((Abbreviation("WI", "weakly invariant", "a law", "MF"),), frozenset({"CPU"}))
    found = glossary.undefined(known, {"one": "WI on a CPU with XYZ", "two": "XYZ and WI", "three": "WI"})
    assert found == {"XYZ": ("one", "two")}


def test_the_books_own_pages_are_explained_and_the_control_is_seen():
    explained, control = glossary.checks("A-T1")
    assert explained.verdict == "holds", explained.measured
    assert control.verdict == "holds", control.measured


def test_a_page_with_an_unexplained_abbreviation_fails_the_claim(tiny_book):
    tiny_book.page("one", ["pass"])
    project = Project(tiny_book.root)
    path = project.book / "one.md"
    path.write_text(path.read_text("utf-8") + "\nNow the QZV.\n", "utf-8")
    content = f"abbreviations: [{ENTRY}]\nnames: []\n"
    (project.book / "glossary.yml").write_text(content, "utf-8")
    first = glossary.checks("A-T1", project)[0]
    assert first.verdict == "fails"
    assert "QZV on one" in first.measured


def test_the_table_links_and_marks_mathematics():
    page = glossary.load()._repr_html_()
    assert 'id="abbreviation-wi"' in page
    assert "math notranslate" in page
    assert all(entry.long in repr(glossary.load()) for entry in glossary.load().entries)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("abbreviations: []", "must hold 'abbreviations' and 'names'"),
        ("abbreviations: [{short: WI}]\nnames: []", "entry 1: must have exactly the fields"),
        (f"abbreviations: [{ENTRY}, {ENTRY}]\nnames: []", "entry 2: WI is given twice"),
        (f"abbreviations: [{ENTRY.replace('MF', 'XX')}]\nnames: []", "paper must be one of MF, SS, book"),
        (f"abbreviations: [{ENTRY.replace('a law', 'a $law')}]\nnames: []", "odd number of dollar signs"),
    ],
)
def test_malformed_glossaries_are_refused(tmp_path, content, message):
    path = tmp_path / "glossary.yml"
    path.write_text(content, "utf-8")
    with pytest.raises(ValueError, match=message):
        glossary.load(path)


def test_the_register_gives_the_table_a_page():
    pages = {claim.id: claim.page for claim in load_register()}
    assert pages["A-T1"] == "notation"
