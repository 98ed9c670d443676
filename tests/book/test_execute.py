"""Execution of one page: parameters, publication, failure."""

import json

import nbformat
import pytest

from widesym.book import pages
from widesym.book.pipeline import execute
from widesym.book.project import Build, Project


def prepared(book, name, profile="default", **changes):
    build = Build(Project(book.root), profile, changes)
    return build, pages.find_page(pages.discover(build.project), name)


def texts(path):
    cells = nbformat.read(path, as_version=4).cells
    return [output.get("text", "") for cell in cells for output in cell.get("outputs", ())]


def test_page_runs_with_changed_parameters_and_says_what_it_was_made_from(tiny_book):
    path = tiny_book.page("print", ["print(profile, seed)"], parameters="seed = 0")
    build, page = prepared(tiny_book, "print", "quick", seed=3)
    made = execute.execute(build, page, "the key")
    assert made == build.notebook("print") and texts(made) == ["quick 3\n"]
    told = json.loads(made.read_text())["metadata"]["widesym"]
    assert (told["profile"], told["changes"], told["key"]) == ("quick", {"seed": 3}, "the key")
    assert execute.state(build, "print", path.read_text()) == "missing"  # no key was written
    build.key("print").parent.mkdir(parents=True)
    build.key("print").write_text('{"digest": "the key"}')
    assert execute.state(build, "print", path.read_text()) == "fresh"
    assert execute.state(build, "print", path.read_text() + " ") == "stale"
    build.key("print").write_text('{"digest": "another"}')
    assert execute.state(build, "print", path.read_text()) == "stale"


def test_unchanged_page_gets_no_extra_cell(tiny_book):
    build, page = prepared(tiny_book, "two")
    cells = nbformat.read(execute.execute(build, page, ""), as_version=4).cells
    assert not any("injected-parameters" in cell.metadata.get("tags", ()) for cell in cells)
    assert not any("papermill" in cell.metadata for cell in cells)


@pytest.mark.parametrize("hidden", ["", "remove-cell", "hide-input"])
def test_changes_are_shown_as_the_page_shows_its_parameters(tiny_book, hidden):
    path = tiny_book.page("two", ["print(seed)"], parameters="seed = 0")
    path.write_text(
        path.read_text().replace("[parameters]", f"[parameters, {hidden}]" if hidden else "[parameters]")
    )
    cells = nbformat.read(execute.execute(*prepared(tiny_book, "two", seed=3), ""), as_version=4).cells
    (injected,) = [
        cell.metadata.tags for cell in cells if "injected-parameters" in cell.metadata.get("tags", ())
    ]
    assert injected == ["injected-parameters", *([hidden] if hidden else [])]


@pytest.mark.parametrize("changes", [{}, {"seed": 1}])
def test_failure_names_line_and_cell_and_keeps_the_notebook(tiny_book, changes):
    path = tiny_book.page("bad", ["print('before')", "1 / 0", "print('after')"], parameters="seed = 0")
    build, page = prepared(tiny_book, "bad", **changes)
    line = path.read_text().splitlines().index("1 / 0")  # counted from 0: the line of the fence above it
    where = rf"book/bad.md, line {line} \(code cell 3\)\n.*ZeroDivisionError"
    with pytest.raises(execute.PageFailed, match=where):
        execute.execute(build, page, "")
    assert not build.notebook("bad").exists()
    assert texts(build.failed("bad"))[0] == "before\n" and "after\n" not in texts(build.failed("bad"))
    assert "ZeroDivisionError" in build.failed("bad").with_suffix(".txt").read_text()
    tiny_book.page("bad", ["print('mended')"], parameters="seed = 0")
    execute.execute(*prepared(tiny_book, "bad", **changes), "")
    assert not build.failed("bad").exists() and not build.failed("bad").with_suffix(".txt").exists()


def test_failure_leaves_an_earlier_notebook_whole(tiny_book):
    build, page = prepared(tiny_book, "two")
    before = execute.execute(build, page, "").read_bytes()
    tiny_book.page("two", ["raise SystemExit(3)"], parameters="level = 0.25")
    with pytest.raises(execute.PageFailed, match="SystemExit"):
        execute.execute(*prepared(tiny_book, "two"), "")
    assert build.notebook("two").read_bytes() == before


def test_dead_kernel_is_a_failure_of_the_page_and_its_notebook_is_kept(tiny_book):
    tiny_book.page("dies", ["print('before')", "import os\nos._exit(1)"])
    build, page = prepared(tiny_book, "dies")
    with pytest.raises(execute.PageFailed, match="book/dies.md\n.*Dead"):
        execute.execute(build, page, "")
    assert not build.notebook("dies").exists()
    assert texts(build.failed("dies"))[0] == "before\n"


def test_notebook_is_not_saved_at_every_cell(tiny_book, monkeypatch):
    import papermill.engines

    saved, save = [], papermill.engines.write_ipynb
    monkeypatch.setattr(
        papermill.engines, "write_ipynb", lambda *arguments: saved.append(save(*arguments)) or saved[-1]
    )
    tiny_book.page("long", ["print('cell')"] * 6)
    execute.execute(*prepared(tiny_book, "long"), "")
    assert len(saved) == 2  # before the first cell and after the last


def test_half_written_leftovers_are_removed(tiny_book):
    build, page = prepared(tiny_book, "two")
    leftover = build.notebook("two").with_name(".two.12345.ipynb")
    leftover.parent.mkdir(parents=True)
    leftover.write_text("{")
    execute.execute(build, page, "")
    assert [path.name for path in leftover.parent.iterdir()] == ["two.ipynb"]


def test_kernel_looks_for_garbage_less_often_than_python_by_itself(tiny_book):
    tiny_book.page("garbage", ["import gc\nprint(gc.get_threshold()[0])"])
    (said,) = texts(execute.execute(*prepared(tiny_book, "garbage"), ""))
    assert int(said) > 10_000


def test_kernel_has_one_thread_and_the_cpu_unless_the_user_says_otherwise(tiny_book):
    build, _ = prepared(tiny_book, "two")
    plain = execute.kernel_environment(build, {})
    assert plain["JAX_PLATFORMS"] == "cpu" and plain["OMP_NUM_THREADS"] == plain["NPROC"] == "1"
    wishes = {"JAX_PLATFORMS": "cuda", "OMP_NUM_THREADS": "4", "WIDESYM_BUILD": "x"}
    user = execute.kernel_environment(build, wishes)
    assert (user["JAX_PLATFORMS"], user["OMP_NUM_THREADS"]) == ("cuda", "4")
    assert user["WIDESYM_BUILD"] == str(build.directory)
