"""The README's "Ten things people do": every command in it exists, and those that can run here do."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from widesym import cli
from widesym.book.pages import discover, find_page
from widesym.book.project import Project
from widesym.study.experiments import get

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SECTION = README.partition("## Ten things people do\n")[2].partition("\n## ")[0]
COMMANDS = [
    line
    for block in re.findall(r"```\n(.*?)```", SECTION, re.DOTALL)
    for line in (re.sub(r"\s+#.*", "", line).strip() for line in block.splitlines())
    if line
]
# what the commands say, for the tiny book
TINY = {
    "meanfield/rmd-strong-start": "two",
    "--set seed=3": "--set level=0.5",
    "meanfield.strong-start": "tiny.squares",
    "book/meanfield/flow.md": "book/two.md",
    "book/beyond/mine.md": "book/mine.md",
    "beyond/mine": "mine",
    "beyond/own-group": "group",
    "--profile paper --part 3/20": "--profile paper --part 1/2",
}
# a book, or a cluster: `tests/book` builds one, and here their words are checked
ELSEWHERE = ("widesym book", "widesym keep", "--cluster")


def words_of_widesym(line):
    """The arguments of a call of widesym in a line of a shell, or None."""
    found = re.search(r"(?:^|\.venv/bin/)widesym (.*?)(?: \||$)", line)
    return None if found is None else shlex.split(found.group(1))


def test_there_are_ten():
    numbers = re.findall(r"^(\d+)\. \*", SECTION, re.MULTILINE)
    assert numbers == [str(number) for number in range(1, 11)]
    assert len(re.findall(r"\b(?:one|two|three|four|five) steps?\b", SECTION)) >= 10
    for word in ("A reader", "Someone who reruns", "Someone who maintains"):
        assert f"**{word}**" in SECTION


@pytest.mark.parametrize("line", [line for line in COMMANDS if words_of_widesym(line)])
def test_words_of_a_command_exist(line):
    arguments = cli._parser().parse_args(words_of_widesym(line))
    for page in getattr(arguments, "pages", ()):
        if page not in ("all", "beyond/mine"):
            found = find_page(discover(Project(ROOT)), page)
            cli.book_pages.check_changes([found], cli.book_pages.parse_changes(arguments.changes))
    for name in ("experiment", "what"):
        if getattr(arguments, name, None):
            get(getattr(arguments, name))


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make ")])
def test_targets_exist_and_call_what_exists(line):
    done = subprocess.run([*line.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Nothing to be done" not in done.stdout  # as for a word that is .PHONY and no more
    for recipe in done.stdout.splitlines():
        words = words_of_widesym(recipe)
        if words:
            cli._parser().parse_args(words)
        for script in re.findall(r"\btools/\w+\.py\b", recipe):
            assert (ROOT / script).is_file()


def test_other_programs_exist_and_find_their_files():
    others = [line for line in COMMANDS if line.split()[0] not in ("make", "widesym")]
    assert {line.split()[0] for line in others} == {"jupyter", "ls", "cp"}
    for line in others:
        program, *words = line.split()
        if program == "jupyter":
            words = words[1:]
            done = subprocess.run([sys.executable, "-m", "jupyterlab", "--version"], capture_output=True)
            assert done.returncode == 0
        first = ROOT / words[0]
        assert first.exists() or words[0].startswith("build/")


def test_commands_run_in_their_order(tiny_book):
    """On a tiny book, whose names take the place of the real ones."""
    tiny_book.page("group", ["print(inputs, outputs)"], parameters="inputs = [[0]]\noutputs = [[0]]")
    tiny_book.register({"A-S1": "one", "A-S2": "two", "A-S3": "mine"})
    ran = []
    for line in COMMANDS:
        for name, tiny in TINY.items():
            line = line.replace(name, tiny)
        words = words_of_widesym(line)
        if line.startswith("cp "):
            _, source, target = line.split()
            shutil.copy(tiny_book.root / source, tiny_book.root / target)
            page = tiny_book.root / target
            page.write_text(page.read_text().replace("A-S2", "A-S3"))
        elif words and not any(part in line for part in ELSEWHERE):
            if words[0] == "record":  # the other half first
                assert tiny_book.run("compute", "tiny.squares", "--profile", "paper").returncode == 0
            done = tiny_book.run(*words)
            assert done.returncode == 0 and "Traceback" not in done.stderr, (line, done.stdout, done.stderr)
            ran.append(words[0])
    assert set(ran) == {"claims", "pages", "run", "show", "compute", "record"}
    assert (tiny_book.root / "build" / "default+level=0.5" / "pages" / "two.ipynb").is_file()
    assert (tiny_book.root / "records" / "tiny.squares.npz").is_file()
    assert tiny_book.build("pages", "mine.ipynb").is_file()
    groups = [
        path for path in (tiny_book.root / "build").rglob("group.ipynb") if "[[1, 2, 0]]" in path.read_text()
    ]
    assert groups
