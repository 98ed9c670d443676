"""The panel at the foot of a page: its command, its downloads, its provenance."""

import csv
import io
import shlex

import pytest
from docutils import nodes

from widesym.book import pages
from widesym.book.project import Build, Project
from widesym.book.sphinx import run_panel
from widesym.study.claims import at_most, not_run


@pytest.fixture
def project(tiny_book):
    tiny_book.page("typed", [], parameters='seed = 0\nsizes = (5, 10)\nname: str = "a"')
    return Project(tiny_book.root)


@pytest.mark.parametrize(
    ("profile", "changes", "expected"),
    [
        ("default", {}, "widesym run typed"),
        ("quick", {}, "widesym run typed --profile quick"),
        ("default", {"seed": 3, "foreign": 1}, "widesym run typed --set seed=3"),
        ("paper", {"name": "a b", "sizes": (1, 2)}, "widesym run typed --profile paper --set 'name=a b' "
         "'sizes=(1, 2)'"),
        ("default", {"seed": 0}, "widesym run typed"),
    ],
)  # fmt: skip
def test_command_is_that_of_the_build(project, profile, changes, expected):
    page = pages.read_page(project, project.book / "typed.md")
    command = run_panel.command(page, Build(project, profile, changes))
    assert command == expected
    # and what follows --set is read back as the same values
    words = shlex.split(command)
    if "--set" in words:
        given = pages.parse_changes(words[words.index("--set") + 1 :])
        own = {name: value for name, value in changes.items() if name in page.parameters}
        assert pages.check_changes([page], given) == own


def test_checks_as_csv_keep_numbers_and_leave_out_what_is_not_there():
    checks = [
        at_most("A-S1", 'small, "so"', 0.25, 1.0, interval=(0.1, 0.4)),
        not_run("A-S1", "large", "too small"),
    ]
    first, second = csv.DictReader(io.StringIO(run_panel.checks_csv(checks)))
    assert (first["statement"], float(first["value"]), float(first["low"]), float(first["high"])) == (
        'small, "so"', 0.25, 0.1, 0.4,
    )  # fmt: skip
    assert (second["verdict"], second["value"], second["low"]) == ("not run at this scale", "", "")


def document(*blocks):
    """A page of one cell a block of printed text, as MyST-NB makes them."""
    made = nodes.document(None, None)
    for text in blocks:
        cell = nodes.container("", nb_element="cell_code")
        output = nodes.container("", nb_element="cell_code_output")
        output += nodes.literal_block(text, text)
        cell += output
        made += cell
    return made


def test_provenance_is_lifted_out_of_the_page():
    made = document("a table: of numbers", "this run: profile default · seed 3\nrecord:   none yet\n")
    assert run_panel.lift_origins(made) == [("this run", "profile default · seed 3"), ("record", "none yet")]
    assert made.astext() == "a table: of numbers"


def test_page_without_provenance_keeps_all_it_prints():
    made = document("a table: of numbers", "profile: none", "this run: profile default\nand other words")
    assert run_panel.lift_origins(made) == [] and len(made.children) == 3


def test_panel_escapes_what_it_shows(project):
    page = pages.read_page(project, project.book / "typed.md")
    shown = run_panel.panel_html(page, Build(project), [("this run", "a < b")], [("x & y", "_data/a.csv")])
    assert "a &lt; b" in shown and "x &amp; y" in shown and 'href="_data/a.csv"' in shown
    assert "<code>sizes</code>" in shown and "widesym run typed" in shown
