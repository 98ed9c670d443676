"""The command line: what it prints, and that a typing mistake never gives a traceback."""

import json

import nbformat
import pytest

from widesym import cli
from widesym.study.claims import MIME, ClaimTable, at_most


@pytest.fixture
def told(tiny_book, capsys, monkeypatch):
    """Run a command on the tiny book; returns status, output and errors."""
    monkeypatch.setenv("WIDESYM_ROOT", str(tiny_book.root))
    monkeypatch.delenv("WIDESYM_RESULTS", raising=False)

    def run(*words):
        try:
            status = cli.main(["--root", str(tiny_book.root), *words])
        except SystemExit as exit:  # argparse's
            status = exit.code
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "tvo"], "no page 'tvo'; did you mean 'two'"),
        (["run", "two", "--set", "lewel=3"], "unknown parameter 'lewel'; did you mean 'level'"),
        (["run", "two", "--set", "level=high"], "parameter 'level' is a number, got 'high'"),
        (["run", "two", "--set", "level"], "not of the form name=value"),
        (["run", "two", "--set", "profile=quick"], "use --profile"),
        (["run", "two", "--profile", "fast"], "invalid choice: 'fast'"),
        (["run", "two", "--cores", "0"], "at least 1, got '0'"),
        (["run", "plain"], "text only"),
        (["run"], "required: PAGE"),
        (["book", "--set", "lewel=3"], "unknown parameter 'lewel'"),
        (["compute", "meanfield.strong-stort"], "did you mean 'meanfield.strong-start'"),
        (["compute", "meanfield.strong-start", "--part", "3/2"], "expected I/N with 1 <= I <= N"),
        (["compute", "meanfield.strong-start", "--part", "one"], "expected I/N"),
        (["compute", "meanfield.strong-start", "--set", "sead=1"], "has no parameter 'sead'"),
        (["show", "meanfield.strong"], "unknown experiment 'meanfield.strong'"),
        (["show", "0123abcd"], "no stored result has a key that begins with '0123abcd'"),
        (["record", "meanfield.strong-start", "--profile", "quick"], "first run: widesym compute"),
        (["pagse"], "invalid choice: 'pagse'"),
        ([], "required: COMMAND"),
    ],
)
def test_mistake_is_told_in_one_line_with_the_remedy(tiny_book, told, words, message):
    (tiny_book.root / "book" / "plain.md").write_text("# Plain\n")
    status, _, errors = told(*words)
    assert status == 2 and message in errors.splitlines()[-1] and "Traceback" not in errors
    assert not (tiny_book.root / "build").exists()


def test_folder_without_a_book_is_told(tmp_path, capsys):
    assert cli.main(["--root", str(tmp_path), "pages"]) == 2
    assert "holds no book" in capsys.readouterr().err


def test_broken_page_is_told_by_name(tiny_book, told):
    tiny_book.page("bad", []).write_text("---\nwidesym: {lasst: true}\n---\n")
    status, _, errors = told("pages")
    assert status == 2 and errors.startswith("widesym: page bad: ")


def test_pages_lists_names_state_ids_and_parameters(told):
    status, output, _ = told("pages")
    assert status == 0
    assert [line.split() for line in output.splitlines()] == [
        ["intro", "missing", "-"],
        ["one", "missing", "A-S1"],
        ["two", "missing", "A-S2", "level=0.25"],
    ]


def test_claims_lists_every_id(told):
    status, output, _ = told("claims")
    assert status == 0
    assert [line.split()[0] for line in output.splitlines()] == ["A-S1", "A-S2", "A-S3", "3"]


def test_claims_counts_a_page_that_was_run_by_itself(tiny_book, told):
    """No book has collected its checks yet."""
    output = nbformat.v4.new_output(
        "display_data", data={MIME: ClaimTable([at_most("A-S1", "s", 0, 1)]).json()}
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[output])])
    tiny_book.build("pages").mkdir(parents=True)
    nbformat.write(notebook, tiny_book.build("pages", "one.ipynb"))
    status, output, _ = told("claims")
    assert status == 0 and output.splitlines()[0].split()[:3] == ["A-S1", "✓", "holds"]


def test_numbers_are_checked_and_kept_on_a_cluster_too(tiny_book, told):
    for command in ("check", "keep"):
        (tiny_book.root / "records").mkdir(exist_ok=True)
        (tiny_book.root / "records" / "book.default.json").write_text(
            '{"origin": {}, "version": 1, "checks": []}'
        )
        (tiny_book.root / "records" / "tolerances.yml").write_text("- {name: n, reason: r, measure: verdict}")
        status, _, errors = told(command, "--cluster", "slrum")
        assert status == 2 and "no cluster 'slrum'" in errors


def test_experiment_is_shown_computed_in_parts_and_recorded(tiny_book):
    """In processes of its own: the tiny experiment is in the tiny book's copy of the library."""
    assert "tiny.squares" in tiny_book.run("show").stdout.split()
    shown = tiny_book.run("show", "tiny.squares", "--set", "count=3")
    assert "count = 3" in shown.stdout and "stored: 0 of 3 shards" in shown.stdout
    refused = tiny_book.run("compute", "tiny.squares", "--set", "count=0")
    assert refused.returncode == 2 and "count must be at least 1" in refused.stderr
    assert "Traceback" not in refused.stderr
    first = tiny_book.run("compute", "tiny.squares", "--set", "count=3", "--part", "1/2")
    assert first.returncode == 0 and "1/2: 2 shards stored" in first.stdout
    early = tiny_book.run("record", "tiny.squares", "--set", "count=3")
    assert early.returncode == 2 and "1 shards of tiny.squares are not computed yet" in early.stderr
    assert early.stderr.endswith("widesym compute tiny.squares --profile paper --set count=3\n")
    assert tiny_book.run("compute", "tiny.squares", "--set", "count=3", "--workers", "1").returncode == 0
    recorded = tiny_book.run("record", "tiny.squares", "--set", "count=3", "--profile", "default")
    assert recorded.returncode == 0, recorded.stderr
    assert (tiny_book.root / "records" / "tiny.squares.npz").is_file()
    shown = tiny_book.run("show", "tiny.squares", "--set", "count=3")
    assert "record: profile default" in shown.stdout and "stored: 3 of 3" in shown.stdout
    key = next((tiny_book.root / "build" / "results" / "tiny.squares").glob("*.json")).stem
    assert json.loads(tiny_book.run("show", key[:8]).stdout)[0]["experiment"] == "tiny.squares"
