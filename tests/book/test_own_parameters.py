"""Parameters that are lists of lists, on the way from the command line to a page; and those refused."""

import nbformat
import pytest

OWN = "inputs = [[[0, -1], [1, 0]]]\noutputs = [[0]]\nunit = 'neuron'\nsizes = None"


def output(book, folder):
    (path,) = (book.root / "build").glob(f"{folder}*/pages/own.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", ()))


def test_lists_reach_the_page_as_lists(tiny_book):
    tiny_book.page("own", ["print(inputs, sizes)"], parameters="inputs = [[0]]\nsizes = None")
    done = tiny_book.run("run", "own", "--cores", "1", "--set", "inputs=[[1, 2, 0]]", "sizes=5,10")
    assert done.returncode == 0, done.stdout + done.stderr
    assert output(tiny_book, "default+") == "[[1, 2, 0]] [5, 10]\n"


def test_a_page_that_refuses_the_value_does_not_stop_another(tiny_book):
    for name in ("own", "other"):
        experiments = "tiny.squares" if name == "other" else ""
        tiny_book.page(name, ["print(count)"], parameters="count = 4", experiments=experiments)
    done = tiny_book.run("run", "own", "--cores", "1", "--set", "count=0")
    assert done.returncode == 0, done.stderr
    refused = tiny_book.run("run", "other", "--cores", "1", "--set", "count=0")
    assert refused.returncode == 2 and "page other: count must be at least 1, got 0" in refused.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["inputs=[]"], "no generators on inputs"),
        (["inputs=[[1,2,0]]", "outputs=[[1,0]]"], "s1^3 = 1 on inputs, but not on outputs"),
        (["inputs=[[1,2,0],[0,1,2]]"], "2 generators on inputs and 1 on outputs"),
        (['inputs=[[["cos(1)","-sin(1)"],["sin(1)","cos(1)"]]]'], "too many to enumerate"),
        (["unit=matrix", "outputs=[[[0,-1],[1,0]]]"], "not jointly equivariant: at element 1, s1"),
    ],
)
def test_bad_group_is_told_in_one_line_before_anything_is_computed(tiny_book, words, message):
    tiny_book.page("own", ["print(unit)"], parameters=OWN, experiments="beyond.own-group")
    done = tiny_book.run("run", "own", "--cores", "1", "--set", *words)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("widesym: page own: ") and message in line
    assert not (tiny_book.root / "build").exists()
