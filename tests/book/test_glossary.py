"""The glossary: what counts as an abbreviation, and that an unexplained one is found."""

import pytest

from widesym.book import glossary
from widesym.book.glossary import APPENDIX, Abbreviation, Glossary, Symbol
from widesym.book.project import Project
from widesym.study import load_register

SYMBOL = r"{symbol: '\mathsf{GAP}_n', long: pooling, meaning: a mean, paper: SS}"
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


@pytest.mark.parametrize(("id", "count"), [("A-T1", 2), ("B-T1", 5)])
def test_the_books_own_pages_are_explained_and_the_controls_are_seen(id, count):
    checks = glossary.checks(id)
    assert len(checks) == count
    for check in checks:
        assert check.id == id and check.verdict == "holds", check.measured
    assert [check.statement.startswith("Control") for check in checks] == [False, True, False, False, True][
        :count
    ]


@pytest.mark.parametrize(
    ("maths", "found"),
    [
        (r"\mathsf{VEC}_n \subseteq \mathsf{LCN}_n", {("VEC", "finite"), ("LCN", "finite")}),
        (r"\mathsf{VEC}_{dn}, \mathsf{FCN}_{d^2n}", {("VEC", "finite"), ("FCN", "finite")}),
        (r"\mathsf{VEC}_\infty = \mathsf{LCN}_{\infty}", {("VEC", "infinite"), ("LCN", "infinite")}),
        (r"\mathsf{LAP}^k_n + \mathsf{LAP}_\infty^{k}", {("LAP", "finite"), ("LAP", "infinite")}),
        (r"\mathsf{LAP}^4 \mathsf{GAP}(x)", {("LAP", ""), ("GAP", "")}),
        (r"\Theta_{\mathsf{GAP}}(x)", {("GAP", "")}),
        (r"\mathsf{+LR}\mathsf{+L2}", {("+LR", ""), ("+L2", "")}),
        (r"A^{\mathsf T}, \mathsf{T}, \mathrm{VEC}_n", set()),
    ],
)
def test_symbols_of_mathematics(maths, found):
    assert glossary.symbols_in(maths) == found
    for text in (f"a ${maths}$ b", f"$$\n{maths}\n$$", f"```{{math}}\n:label: x\n{maths}\n```"):
        assert glossary.symbols_used(text) == found
    for text in (maths, f"```{{code-cell}} ipython3\nr'${maths}$'\n```", f"---\ntitle: ${maths}$\n---\n"):
        assert glossary.symbols_used(text) == set()


def test_an_unexplained_symbol_is_named_with_its_pages():
    known = Glossary(
        (Abbreviation("GAP", "pooling", "a mean", "SS"),), frozenset(),
        (Symbol(r"\mathsf{VEC}_n", "a network", "of width $n$", "SS"),),
    )  # fmt: skip
    texts = {
        "one": r"$\mathsf{VEC}_{2n}$, $\mathsf{GAP}$",
        "two": r"$\mathsf{VEC}_\infty$ and $\mathsf{MIX}_n$",
    }
    found = glossary.unexplained_symbols(known, texts)
    assert found == {"VEC infinite": ("two",), "MIX finite": ("two",)}


def test_the_symbols_of_the_appendix_are_as_the_paper_lists_them():
    assert len(APPENDIX) == len(set(APPENDIX)) == 12
    assert {one.key for one in glossary.load().symbols} == set(APPENDIX)


def test_a_symbol_that_is_left_out_fails_the_claim(tiny_book):
    tiny_book.page("one", ["pass"])
    project = Project(tiny_book.root)
    path = project.book / "one.md"
    path.write_text(path.read_text("utf-8") + "\nBy $\\mathsf{GAP}_\\infty$.\n", "utf-8")
    content = f"abbreviations: [{ENTRY}]\nnames: []\nsymbols: [{SYMBOL}]\n"
    (project.book / "glossary.yml").write_text(content, "utf-8")
    _, _, absent, unexplained, control = glossary.checks("B-T1", project)
    assert absent.verdict == "fails" and absent.value == 11 and "GAP infinite" in absent.measured
    assert unexplained.verdict == "fails" and unexplained.measured == "GAP infinite on one"
    assert control.verdict == "holds"


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
        ("abbreviations: []\nnames: []\nsymbols: [{symbol: X}]", "symbol 1: must have exactly the fields"),
        (f"abbreviations: []\nnames: []\nsymbols: [{SYMBOL.replace('GAP', 'gap')}]", "must be one .*mathsf"),
        (f"abbreviations: []\nnames: []\nsymbols: [{SYMBOL}, {SYMBOL}]", "symbol 2: .* is given twice"),
    ],
)
def test_malformed_glossaries_are_refused(tmp_path, content, message):
    path = tmp_path / "glossary.yml"
    path.write_text(content, "utf-8")
    with pytest.raises(ValueError, match=message):
        glossary.load(path)


def test_the_register_gives_the_table_a_page():
    pages = {claim.id: claim.page for claim in load_register()}
    assert pages["A-T1"] == pages["B-T1"] == "notation"
