"""The whole pipeline on a tiny book: what reruns, what fails and how, what survives a kill."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from widesym.book.pages import discover
from widesym.book.pipeline import part, workflow
from widesym.book.project import Build, Project

# a page says on the terminal when it was executed; a kill is sent after the first one
DEADLINE = 120.0


def executed(done):
    """The pages that a finished command executed."""
    return {line.split()[1].rstrip(":") for line in done.stdout.splitlines() if line.startswith("page ")}


def outputs(book, name):
    cells = nbformat.read(book.build("pages", f"{name}.ipynb"), as_version=4).cells
    return [cell.get("outputs") for cell in cells]


def test_only_what_an_edit_concerns_runs_again(tiny_book):
    first = tiny_book.book()
    assert executed(first) == {"intro", "one", "two"}
    assert "3 claims: 2 holds, 0 not run at this scale, 0 inconclusive, 0 fails, 1 missing" in first.stdout
    assert first.stdout.count("file://") == 1 and tiny_book.build("html", "index.html").is_file()

    page, library = tiny_book.root / "book" / "two.md", tiny_book.root / "lib" / "widesym" / "tiny.py"
    os.utime(page)
    os.utime(library)
    library.write_text(library.read_text().replace("# the value", "# another comment"))
    assert executed(tiny_book.book()) == set()

    page.write_text(page.read_text().replace("# Page two", "# Page 2"))
    assert executed(tiny_book.book()) - {"intro"} == {"two"}
    assert "Page 2" in tiny_book.build("html", "book", "two.html").read_text()

    library.write_text(library.read_text().replace("0.5", "0.75"))
    assert executed(tiny_book.book()) == {"one", "intro"}
    assert "<b>0.75</b>" in tiny_book.build("html", "book", "intro.html").read_text()


def test_a_book_that_is_not_up_to_date_is_told(tiny_book):
    ask = (
        "from widesym.book import pages; from widesym.book.pipeline import workflow; "
        "from widesym.book.project import Build, find_project; "
        "project = find_project(); print(workflow.stale(Build(project), pages.discover(project)))"
    )

    def stale():
        done = subprocess.run(
            [sys.executable, "-c", ask],
            cwd=tiny_book.root,
            env=tiny_book.environment(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert stale() == "['html']" and not (tiny_book.root / "build").exists()
    tiny_book.book()
    assert stale() == "[]"
    style = tiny_book.root / "lib" / "widesym" / "book" / "sphinx" / "static" / "widesym.css"
    style.write_text(style.read_text() + "p { margin: 0 }")
    assert stale() == "['html']"
    page = tiny_book.root / "book" / "two.md"
    page.write_text(page.read_text() + "\nMore.\n")
    assert stale() == "['two']"


def test_built_book_loads_nothing_from_elsewhere(tiny_book):
    tiny_book.book()
    html = [path.read_text() for path in tiny_book.build("html").rglob("*.html")]
    assert any("_static/mathjax/tex-chtml.js" in text for text in html)
    for text in html:
        for tag in ("<script", "<link", "<img", "<iframe"):
            for piece in text.split(tag)[1:]:
                assert '="http' not in piece.split(">")[0] and '="//' not in piece.split(">")[0], piece[:200]
    # the page stays the .md: source and notebook can be had from the book
    assert tiny_book.build("html", "_sources", "book", "one.md").is_file()
    assert "_sources/book/one.ipynb" in tiny_book.build("html", "book", "one.html").read_text()
    assert tiny_book.build("html", "_sources", "book", "one.ipynb").is_file()


def test_failing_cell_fails_the_build_and_names_page_and_cell(tiny_book):
    tiny_book.page("two", ["1 / 0"], ids="A-S2")
    done = tiny_book.run("book", "--cores", "2")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "page two failed at book/two.md, line" in done.stderr and "(code cell 2)" in done.stderr
    assert "ZeroDivisionError" in done.stderr and tiny_book.build("failed", "two.ipynb").is_file()
    assert not tiny_book.build("html", "index.html").exists()
    assert tiny_book.build("pages", "one.ipynb").is_file()  # the others went on
    tiny_book.page("two", ["1 + 0"], ids="A-S2")
    assert executed(tiny_book.book()) == {"two", "intro"}


def test_warning_of_sphinx_fails_the_build(tiny_book):
    (tiny_book.root / "book" / "plain.md").write_text("# Plain\n\n[nowhere](nowhere.md)\n")
    tiny_book.toc("intro", "one", "two", "plain")
    done = tiny_book.run("book", "--cores", "2")
    assert done.returncode == 1 and "nowhere" in done.stderr


def test_stale_page_is_never_shown(tiny_book):
    """Built behind the workflow's back, the book refuses a page whose executed notebook is another's."""
    tiny_book.book()
    page = tiny_book.root / "book" / "two.md"
    page.write_text(page.read_text() + "\nA new sentence.\n")
    done = tiny_book.module("widesym.book.sphinx.html", str(tiny_book.build()))
    assert done.returncode == 1 and "page two: executed notebook is stale" in done.stderr


def test_changed_parameters_go_into_a_build_of_their_own(tiny_book):
    done = tiny_book.run("run", "two", "--set", "level=3", "--cores", "1")
    assert done.returncode == 0, done.stderr
    made = tiny_book.root / "build" / "default+level=3.0" / "pages" / "two.ipynb"
    assert str(made) in done.stdout and "fails" in made.read_text()
    assert not tiny_book.build().exists()


def test_experiments_are_computed_in_parts_before_their_pages(tiny_book):
    code = (
        "from widesym.study import configure, missing_shards\n"
        "from widesym.study.experiments import get\n"
        "experiment = get('tiny.squares')\n"
        "print('missing', missing_shards(experiment, configure(experiment, profile, count=count)))"
    )
    for name, count in (("one", 4), ("two", 6)):  # the profile's own number, and another
        tiny_book.page(name, [code], parameters=f"count = {count}", experiments="tiny.squares")
    done = tiny_book.run("run", "one", "two", "--cores", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("one", "two"):
        assert "missing ()" in str(outputs(tiny_book, name))
    assert len(list(tiny_book.build("computed").rglob("*-of-2"))) == 4
    shards = tiny_book.root / "build" / "results" / "tiny.squares"
    assert len(list(shards.glob("*.npz"))) == 10
    # another cut into parts is no reason to run a page again
    done = tiny_book.run("book", "--cores", "1")
    assert done.returncode == 0 and executed(done) == {"intro"}


@pytest.mark.parametrize(
    ("shards", "seconds", "parts"),
    [(1, 100, 1), (7, 0, 3), (90, 0, 4), (90, 14.9, 1), (90, 31, 2), (90, 1e6, 4), (4, 1e6, 2)],
)
def test_short_computations_are_cut_into_fewer_parts(shards, seconds, parts):
    assert part.parts_on_one_machine(shards, seconds, cores=4) == parts


def test_killed_in_the_middle_it_resumes_and_gives_the_same(tiny_book):
    slow = "import time\ntime.sleep(0 if profile == 'quick' else 3)\nprint(sum(range(1000)))"
    for name in ("one", "two"):
        tiny_book.page(name, [slow])
    tiny_book.register({"A-S1": "null"})
    process = tiny_book.start("book", "--cores", "1")
    started = time.monotonic()
    while not (done := list(tiny_book.build().glob("pages/[!.]*.ipynb"))):
        assert time.monotonic() - started < DEADLINE and process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (first,) = done
    kept = first.read_bytes()
    assert not tiny_book.build("html").exists()
    again = tiny_book.book()
    assert executed(again) == {"intro", "one", "two"} - {first.stem}
    assert first.read_bytes() == kept
    undisturbed = [outputs(tiny_book, name) for name in ("one", "two")]
    assert tiny_book.run("run", "all", "--cores", "2").returncode == 0
    assert [outputs(tiny_book, name) for name in ("one", "two")] == undisturbed


def test_second_build_waits_for_the_first(tiny_book):
    build = Build(Project(tiny_book.root))
    with workflow.locked(build):
        process = tiny_book.start("run", "two", "--cores", "1")
        assert "waiting" in process.stdout.readline()
        time.sleep(2)  # what comes first after the lock takes a few hundredths
        assert process.poll() is None and not (build.directory / "plan.json").exists()
    process.communicate(timeout=DEADLINE)
    assert process.returncode == 0 and build.notebook("two").is_file()


def test_lock_outlives_a_killed_driver_while_snakemake_lives(tiny_book):
    tiny_book.page("two", ["import time\ntime.sleep(4)"])
    process = tiny_book.start("run", "two", "--cores", "1")
    started = time.monotonic()
    while not list(tiny_book.build().glob("pages/.two.*.ipynb")):  # its kernel is at work
        assert time.monotonic() - started < DEADLINE and process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    with open(tiny_book.build("build.lock"), "r+") as handle, pytest.raises(BlockingIOError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    process.communicate(timeout=DEADLINE)  # the output closes when Snakemake and its job have ended
    assert tiny_book.build("pages", "two.ipynb").is_file()


def test_plan_says_what_the_build_consists_of(tiny_book):
    build = Build(Project(tiny_book.root))
    workflow.prepare(build, discover(build.project), 2)
    plan = json.loads((build.directory / "plan.json").read_text())
    assert {name: page["last"] for name, page in plan["pages"].items()} == {
        "intro": True,
        "one": False,
        "two": False,
    }
    assert {path.stem for path in (build.directory / "keys").glob("*.json")} == {
        "intro",
        "one",
        "two",
        "book",
    }
