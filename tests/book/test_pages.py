"""Pages: declarations, parameters and their checking; the pages of this book."""

import jupytext
import pytest
import yaml
from jupytext.config import load_jupytext_configuration_file

from widesym.book import pages
from widesym.book.project import Project, find_project
from widesym.book.sphinx.html import listed_pages
from widesym.study.claims import load_register

BOOK = find_project()


def checked(book, **changes):
    found = pages.discover(Project(book.root))
    return pages.check_changes([pages.find_page(found, "typed")], changes)


@pytest.fixture
def typed(tiny_book):
    parameters = 'seed = 0\nrate = 0.5\nfast = True\nsizes = (5, 10)\nname: str = "a"\nlimit = None'
    tiny_book.page("typed", [], parameters=parameters)
    return tiny_book


def test_page_declares_name_title_ids_and_parameters(tiny_book):
    tiny_book.page("part/deep", [], ids="A-S1, A-S3", parameters="seed = 3", last=True)
    page = pages.find_page(pages.discover(Project(tiny_book.root)), "book/part/deep.md")
    assert (page.name, page.title, page.ids, page.last) == (
        "part/deep",
        "Page part/deep",
        ("A-S1", "A-S3"),
        True,
    )
    assert page.parameters == {"profile": "default", "seed": 3}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("seed", "3", 3),
        ("rate", "2", 2.0),
        ("rate", "1e-3", 1e-3),
        ("fast", "false", False),
        ("sizes", "[1, 2, 3]", (1, 2, 3)),
        ("sizes", "50", (50,)),
        ("name", "0", "0"),
        ("limit", "7", 7),
        ("limit", "word", "word"),
    ],
)
def test_value_gets_the_type_that_the_page_declares(typed, name, text, value):
    found = checked(typed, **{name: text})[name]
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("seed", "0.5"), ("seed", "three"), ("seed", "True"), ("rate", "x"), ("fast", "1"),
     ("sizes", "a"), ("sizes", "(1, 'a')")],
)  # fmt: skip
def test_value_of_another_type_is_refused_by_name(typed, name, text):
    with pytest.raises(ValueError, match=f"parameter '{name}' is"):
        checked(typed, **{name: text})


@pytest.mark.parametrize(
    ("text", "value"), [("50", (50,)), ("5,10", (5, 10)), ("[5, 10]", (5, 10)), ("None", None)]
)
def test_value_left_to_the_profile_is_read_as_its_experiment_reads_it(tiny_book, text, value):
    tiny_book.page("typed", [], parameters="sizes = None", experiments="meanfield.strong-start")
    assert checked(tiny_book, sizes=text) == {"sizes": value}


def test_page_of_an_unknown_experiment_is_named(tiny_book):
    tiny_book.page("typed", [], parameters="sizes = None", experiments="meanfield.strong-stort")
    with pytest.raises(ValueError, match=r"page typed: unknown experiment .*did you mean"):
        checked(tiny_book, sizes="50")


def test_unknown_parameter_is_refused_with_the_valid_names(typed):
    with pytest.raises(ValueError, match="unknown parameter 'sead'.*did you mean 'seed'.*rate"):
        checked(typed, sead="3")


def test_profile_is_not_changed_like_a_parameter(typed):
    with pytest.raises(ValueError, match="use --profile"):
        checked(typed, profile="quick")


def test_types_must_agree_between_pages(typed):
    typed.page("other", [], parameters="seed = 0.5")
    found = pages.discover(Project(typed.root))
    with pytest.raises(ValueError, match="different types"):
        pages.check_changes(found, {"seed": "3"})


@pytest.mark.parametrize("words", [["seed"], ["=3"], ["a b=3"], ["seed=1", "seed=2"]])
def test_malformed_assignments_are_refused(words):
    with pytest.raises(ValueError, match="name=value|given twice"):
        pages.parse_changes(words)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[parameters]", "[other]", "expected one code cell tagged 'parameters', found 0"),
        ('profile = "default"', "seed = 0", "must set profile"),
        (
            'profile = "default"',
            'profile = "default"\nx = 1 + y',
            "only assignments of literals.*x = 1 [+] y",
        ),
        ('profile = "default"', "import os", "only assignments of literals"),
        ("last: false", "lasst: false", "unknown key 'lasst'.*did you mean 'last'"),
        ("widesym:", "widesym: [", "not valid YAML"),
        ("ids: []", "ids: A-S1", r"ids must be a list, as in ids: \[A-S1\]; got 'A-S1'"),
    ],
)
def test_malformed_page_is_refused_by_name(tiny_book, old, new, message):
    path = tiny_book.page("bad", [])
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ValueError, match=f"page bad: .*{message}"):
        pages.discover(Project(tiny_book.root))


def test_injected_are_only_the_differences(typed):
    page = pages.find_page(pages.discover(Project(typed.root)), "typed")
    assert pages.changes_for(page, "default", {"seed": 0, "foreign": 1}) == {}
    assert pages.changes_for(page, "quick", {"seed": 1}) == {"profile": "quick", "seed": 1}


def test_line_of_cell_counts_the_pages_own_cells(tiny_book):
    text = tiny_book.page("lines", ["first", "second"]).read_text()
    line = pages.line_of_cell(text, 2)
    assert text.splitlines()[line] == "second"


def saved(text, config=None):
    """The page as an editor leaves it: opened as a notebook and saved."""
    return jupytext.writes(jupytext.reads(text, "md:myst", config=config), "md:myst", config=config)


def content(text):
    cells = pages.notebook_of(text).cells
    return [(cell.cell_type, cell.source, cell.metadata) for cell in cells]


EXECUTABLE = [page for page in pages.discover(BOOK) if page.executable]


@pytest.mark.parametrize("page", EXECUTABLE, ids=lambda page: page.name)
def test_page_survives_an_editors_round_trip(page):
    config = load_jupytext_configuration_file(str(BOOK.book / "jupytext.toml"))
    text = page.path.read_text("utf-8")
    after = saved(text, config)
    assert content(after) == content(text)
    assert pages.front_matter(after) == pages.front_matter(text)
    # without jupytext.toml the declarations of a page would be lost
    assert "widesym" in pages.front_matter(text) and "widesym" not in pages.front_matter(saved(text))


# code that the text is about: how to find the group of one's own data
STORIES = {"meanfield/discovery": 2}


@pytest.mark.parametrize("page", EXECUTABLE, ids=lambda page: page.name)
def test_code_that_does_not_carry_the_story_is_folded(page):
    folded = {"parameters", "hide-input", "remove-input", "remove-cell"}
    cells = [
        cell for cell in pages.notebook_of(page.path.read_text("utf-8")).cells if cell.cell_type == "code"
    ]
    open_cells = [cell for cell in cells if not folded & set(cell.metadata.get("tags", ()))]
    assert len(open_cells) == STORIES.get(page.name, 0), open_cells


def test_table_of_contents_lists_every_page_once():
    listed = listed_pages(BOOK.root / "_toc.yml")
    assert sorted(listed) == [f"book/{page.name}" for page in pages.discover(BOOK)]


def test_pages_and_register_agree():
    """The register names a page for exactly the ids that the page lists."""
    found = {(id, page.name) for page in pages.discover(BOOK) for id in page.ids}
    registered = {(claim.id, claim.page) for claim in load_register(BOOK.register) if claim.page is not None}
    assert registered <= found
    assert {id for id, _ in found} <= {id for id, _ in registered}


def test_nothing_the_book_loads_is_elsewhere():
    config = yaml.safe_load((BOOK.root / "_config.yml").read_text("utf-8"))
    assert "sphinx-mathjax-offline" in config["sphinx"]["extra_extensions"]
    assert config["launch_buttons"]["thebe"] is False
    assert config["execute"]["execute_notebooks"] == "off"
