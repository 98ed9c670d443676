"""Workers: pages read and written by several processes make the same book, and the same complaints."""

import filecmp
import shutil
import subprocess
import sys

import pytest

from widesym.book.sphinx.workers import dealt

PAGES = [f"text-{letter}" for letter in "abcdef"]
TEXT = """# Page {name}

({name})=
:::{{prf:theorem}} On {name}
:label: theorem-{name}
All is {name}.
:::

$$ {name_x} = 1 $$ (equation-{name})

See {{prf:ref}}`theorem-{other}`, {{eq}}`equation-{other}` and [the other](text-{other}.md), {{cite}}`{key}`.
"""
TWICE = """
(shared)=
## Shared

$$ y = 1 $$ (same-equation)

:::{prf:theorem}
:label: same-theorem
Twice.
:::

"""
ENTRY = "@misc{{key{0}, author={{Author {0}}}, title={{Title {0}}}, year=2020}}\n"


@pytest.fixture
def book(tiny_book):
    """A book of texts, more than Sphinx reads in one process, that refer to one another."""
    letters = [name[-1] for name in PAGES]
    for number, (name, other) in enumerate(zip(PAGES, letters[1:] + letters[:1], strict=True)):
        words = {"name": name[-1], "name_x": f"x_{number}", "other": other, "key": f"key{number % 3}"}
        (tiny_book.root / "book" / f"{name}.md").write_text(TEXT.format(**words))
    with (tiny_book.root / "book" / "text-a.md").open("a") as page:
        page.write("\n```{bibliography}\n```\n")
    (tiny_book.root / "book" / "references.bib").write_text("".join(map(ENTRY.format, range(3))))
    tiny_book.toc("intro", "one", "two", *PAGES)
    return tiny_book


def differences(compared):
    found = [*compared.left_only, *compared.right_only, *compared.diff_files]
    return found + [name for inner in compared.subdirs.values() for name in differences(inner)]


def test_pages_are_dealt_so_that_all_end_together():
    weights = {"long": 10, "longer": 12, **{f"short-{n}": 1 for n in range(6)}}
    order = dealt(weights, [4, 4], 2)
    loads = [sum(weights[name] for name in chunk) for chunk in (order[:4], order[4:])]
    assert sorted(order) == sorted(weights) and abs(loads[0] - loads[1]) <= 2
    # one more chunk than processes begins when another has ended: the shortest pages are left for it
    assert set(dealt(weights, [3, 3, 2], 2)[6:]) <= {f"short-{n}" for n in range(6)}


def test_book_is_the_same_whoever_reads_its_pages(book):
    done = book.run("book", "--cores", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert book.build("html").rename(book.build("several"))
    shutil.rmtree(book.build("doctrees"))
    done = book.module("widesym.book.sphinx.html", str(book.build()))
    assert done.returncode == 0 and not done.stderr, done.stderr
    compared = filecmp.dircmp(book.build("html"), book.build("several"), ignore=[])
    assert differences(compared) == []
    assert "Theorem 1" in book.build("html", "book", "text-f.html").read_text()


def test_name_that_two_processes_read_is_told_with_both_pages(book):
    for name in ("text-b", "text-e"):  # long ones, and so not dealt to one process
        with (book.root / "book" / f"{name}.md").open("a") as page:
            page.write(TWICE + "Words.\n" * 300)
    done = book.run("book", "--cores", "3")
    assert done.returncode == 1
    for told in ("label shared", "equation same-equation", "proof same-theorem"):
        lines = [line for line in done.stderr.splitlines() if f"duplicate {told}" in line]
        assert len(lines) == 1 and "text-b" in lines[0] and "text-e" in lines[0], done.stderr


def test_step_that_writes_the_html_loads_no_numerics_and_no_grammar():
    """A second each, which the build would wait for at its end."""
    code = "import sys, widesym.book.sphinx.html, widesym.book.sphinx.extension; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "nbformat" in done.stdout.split()
    assert {"jax", "matplotlib", "plotly.graph_objects", "lark"}.isdisjoint(done.stdout.split())
