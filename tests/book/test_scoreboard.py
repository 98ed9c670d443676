"""The scoreboard: every id, the worst verdict, no check from nowhere."""

import dataclasses
import json

import nbformat
import pytest

from widesym.book import board, scoreboard
from widesym.book.project import Build, Project
from widesym.study.claims import MIME, ClaimTable, at_most


@pytest.fixture
def build(tiny_book):
    return Build(Project(tiny_book.root))


def publish(build, page, *payloads):
    outputs = [nbformat.v4.new_output("display_data", data={MIME: payload}) for payload in payloads]
    cells = [nbformat.v4.new_markdown_cell("text"), nbformat.v4.new_code_cell("", outputs=outputs)]
    build.notebook(page).parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), build.notebook(page))


def table(id, *values):
    return ClaimTable([at_most(id, f"value below $1$, {value}", value, 1.0) for value in values]).json()


def verdicts(build):
    scoreboard.collect(build)
    return {row.claim.id: row.verdict for row in scoreboard.read(build)}


def test_worst_check_decides_and_unchecked_ids_are_missing(build):
    publish(build, "one", table("A-S1", 0.5), table("A-S1", 2.0, 0.1))
    assert verdicts(build) == {"A-S1": "fails", "A-S2": "missing", "A-S3": "missing"}
    publish(build, "one", table("A-S1", 0.5))
    assert verdicts(build)["A-S1"] == "holds"


def test_last_pages_do_not_count_what_they_show(build):
    publish(build, "intro", table("A-S1", 0.5))
    assert set(verdicts(build).values()) == {"missing"}


def test_check_of_a_foreign_id_is_refused_by_page(build):
    publish(build, "one", table("A-S2", 0.5))
    with pytest.raises(ValueError, match="page one: it checks A-S2, which its front matter does not list"):
        scoreboard.collect(build)


def test_two_checks_of_one_statement_are_refused_by_page(build):
    publish(build, "one", table("A-S1", 0.5), table("A-S1", 0.5))
    with pytest.raises(ValueError, match=r"page one: A-S1 has two checks \(live\) that state 'value below"):
        scoreboard.collect(build)


def test_malformed_checks_are_refused_by_page(build):
    publish(build, "one", {"version": 1, "checks": [{"id": "A-S1"}]})
    with pytest.raises(ValueError, match="page one: a check must have exactly the fields"):
        scoreboard.collect(build)


def test_every_id_is_shown_with_number_and_link(build):
    publish(build, "one", table("A-S1", 0.5, 2.0))
    scoreboard.collect(build)
    made = scoreboard.Scoreboard(scoreboard.read(build))
    shown = made._repr_mimebundle_()
    for id in ("A-S1", "A-S2", "A-S3"):
        assert f'id="{id}"' in shown["text/html"] and id in shown["text/plain"]
    assert '<a href="one.html#claim-A-S1">A-S1</a>' in shown["text/html"]
    assert "<b>2</b>" in shown["text/html"] and "2 checks: 1 holds, 1 fails" in shown["text/html"]
    assert "no page yet" in shown["text/html"]
    tally = made.tally()._repr_mimebundle_()
    assert '<a href="scoreboard.html#verdict=missing"><b>2</b> · missing</a>' in tally["text/html"]
    assert tally["text/plain"] == (
        "3 claims: 0 holds, 0 not run at this scale, 0 inconclusive, 1 fails, 2 missing"
    )


def test_texts_of_the_register_are_escaped(tiny_book, build):
    register = tiny_book.root / "book" / "claims.yml"
    register.write_text(register.read_text().replace("title: Claim A-S3", "title: a < b & c"))
    shown = board.board_html(scoreboard.read(build))
    assert "a &lt; b &amp; c" in shown and "a < b" not in shown


def test_page_shows_the_board_of_the_build_that_runs_it(build, monkeypatch):
    publish(build, "one", table("A-S1", 0.5))
    scoreboard.collect(build)
    build.save()
    monkeypatch.setenv("WIDESYM_BUILD", str(build.directory))
    assert scoreboard.current("quick").rows[0].verdict == "holds"
    told = (
        "<li>profile <b>quick</b></li>"  # said of any but the default one, whose numbers the book talks about
    )
    assert told not in scoreboard.current("quick").tally()._repr_mimebundle_()["text/html"]
    dataclasses.replace(build, profile="quick").save()
    monkeypatch.setenv("WIDESYM_BUILD", str(dataclasses.replace(build, profile="quick").directory))
    assert told in scoreboard.current().tally()._repr_mimebundle_()["text/html"]
    monkeypatch.delenv("WIDESYM_BUILD")
    monkeypatch.setenv("WIDESYM_ROOT", str(build.project.root))
    assert scoreboard.current("quick").rows[0].verdict == "missing"  # nothing was run under this profile
    assert scoreboard.current("default").rows[0].verdict == "holds"


def test_claims_are_stored_as_they_were_measured(build):
    publish(build, "one", table("A-S1", 0.5))
    scoreboard.collect(build)
    assert json.loads(build.claims.read_text())["checks"][0]["value"] == 0.5


def test_row_leads_to_the_place_in_the_paper_and_carries_what_the_script_filters_by(build):
    publish(build, "one", table("A-S1", 2.0, 0.5))
    scoreboard.collect(build)
    shown = board.board_html(scoreboard.read(build))
    assert (
        '<tr id="A-S1" class="verdict-fails" data-paper="MF" data-part="Part A" data-kind="statement" '
        'data-verdict="fails">' in shown
    )
    assert 'href="https://arxiv.org/abs/2405.19995" title="arXiv:2405.19995, Section 1"' in shown
    # the worst verdict comes first, and a column of numbers is sorted as numbers
    assert (
        'class="verdict" data-order="0">✗ fails' in shown and 'data-label="Checks" data-order="2">' in shown
    )
    assert [shown.index(f'<tr id="{id}"') for id in ("A-S1", "A-S2", "A-S3")] == sorted(
        shown.index(f'<tr id="{id}"') for id in ("A-S1", "A-S2", "A-S3")
    )


def test_paper_that_is_not_known_gives_no_link(tiny_book, build):
    shown = board.board_html(
        tuple(
            dataclasses.replace(row, claim=dataclasses.replace(row.claim, paper="<X>"))
            for row in scoreboard.read(build)
        )
    )
    assert "&lt;X&gt;" in shown and "arxiv.org" not in shown
