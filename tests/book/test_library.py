"""What the library offers, read from its sources, and whether its docstrings say enough."""

import ast
import io
import re

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import roles

from widesym.book import library
from widesym.book.pages import discover
from widesym.book.project import find_project
from widesym.book.sphinx import used
from widesym.book.sphinx.docstrings import restructured
from widesym.fingerprint import PACKAGE

PROJECT = find_project(PACKAGE.parents[1])
DOCUMENTED = library.documented(PROJECT)
NUMERICS = ("groups", "meanfield", "architectures", "kernels", "networks", "data", "oracles")
# (n, d), (..., K), (S,); or in words
SHAPE = re.compile(
    r"\([\w.!^*+ -]+,[^()]*\)|\(\)|any (?:one )?shape|same shape|last axis|typed key|as in :func:"
    r"|as :func:",
    re.IGNORECASE,
)
ARRAY = re.compile(r"\b(?<!key: )(?<!index: )(?:ArrayLike|Array|ndarray)\b")


def entries():
    for name in DOCUMENTED:
        module = library.read(name)
        for entry in module.entries:
            yield f"{name}.{entry.name}", entry, ""
            for member in entry.members:
                yield f"{name}.{entry.name}.{member.name}", member, entry.docstring


def test_every_public_module_has_its_place_on_a_page():
    files = [path.relative_to(PACKAGE.parent).with_suffix("") for path in PACKAGE.rglob("*.py")]
    modules = {".".join(path.parts).removesuffix(".__init__") for path in files}
    tools = {"widesym", "widesym.cli", "widesym.machine_code"}
    assert {name for name in modules if library.is_public(name)} - tools == set(DOCUMENTED)


def test_a_public_name_says_in_a_sentence_what_it_is():
    silent = [
        name
        for name, entry, _ in entries()
        if entry.kind != "data" and not re.match(r"(?s)\S.*?[.:](\s|$)", entry.docstring)
    ]
    assert silent == []


def test_what_takes_arrays_says_their_shapes():
    vague = [
        name
        for name, entry, owner in entries()
        if name.split(".")[1] in NUMERICS
        and ARRAY.search(re.sub(r"Callable.*?\](?=[,)= ]|$)", "", entry.signature))
        and not SHAPE.search(re.sub(r":math:`[^`]*`", "", entry.docstring + owner))
    ]
    assert vague == []


@pytest.fixture
def plain_roles(monkeypatch):
    """The roles of Sphinx, as texts, for docutils alone."""
    known = dict(roles._roles)

    def text(name, raw, content, *_, **__):
        return [nodes.literal(raw, content)], []

    for name in ("py:obj", "func", "class", "meth", "mod", "data", "attr", "exc"):
        monkeypatch.setitem(roles._roles, name, text)
    yield
    assert set(known) <= set(roles._roles)


def test_every_docstring_becomes_clean_text(plain_roles):
    faults = {}
    docstrings = [(name, "module", library.docstring_of(name)) for name in DOCUMENTED]
    docstrings += [(name, entry.kind, entry.docstring) for name, entry, _ in entries()]
    for name, kind, text in docstrings:
        told = io.StringIO()
        lines = "\n".join(restructured(text, kind))
        tree = publish_doctree(lines, settings_overrides={"warning_stream": told, "report_level": 2})
        left = [
            part
            for part in tree.findall(nodes.Text)
            if not isinstance(part.parent, nodes.literal | nodes.math)
        ]
        raw = [
            part for part in left
            if re.search(r"(?<![\w/])\$\S|\\(math|frac|sum|rho|theta|hat)|:\w+:`", part)
            and not isinstance(part.parent, nodes.math_block | nodes.literal_block | nodes.system_message)
        ]  # fmt: skip
        if told.getvalue() or raw:
            faults[name] = told.getvalue() or raw
    assert faults == {}


def test_signatures_are_those_of_the_source_with_full_names():
    (entry,) = [
        e
        for e in library.read("widesym.meanfield.transport").entries
        if e.name == "rmd_squared_to_projection"
    ]
    assert entry.signature == "(theta: ArrayLike, subspace: widesym.groups.invariants.Subspace) -> float"
    (described,) = [e for e in library.read("widesym.architectures").entries if e.kind == "class"]
    assert described.signature.startswith("(kind: str, depth: int, window: int = 0, ")
    assert {member.name: member.kind for member in described.members} == {
        "name": "property",
        "pooling": "method",
    }


@pytest.mark.parametrize(
    ("name", "defined"),
    [
        ("widesym.groups.cyclic", "widesym.groups.finite.cyclic"),  # handed on by an import
        ("widesym.study.ClaimTable", "widesym.study.claims.ClaimTable"),  # handed on when asked for
        ("widesym.study.experiments.get", "widesym.study.experiments.get"),  # a package's own
        ("widesym.kernels.gram", "widesym.kernels.gram"),
        ("widesym.architectures.Architecture.name", "widesym.architectures.Architecture.name"),
        ("widesym.groups.cyclyc", None),
        ("widesym.nowhere.name", None),
    ],
)
def test_a_name_is_followed_to_where_it_is_defined(name, defined):
    assert library.home(name) == defined


def test_constants_have_their_comment():
    told = {entry.name: entry for entry in library.read("widesym.kernels.regression").entries}
    assert told["RIDGE"].value == "1e-06"
    assert "curve" in told["Curve"].docstring
    exact = {entry.name: entry.docstring for entry in library.read("widesym.groups.compact").entries}["Exact"]
    assert exact == "from a degree to a rule"


def test_every_page_uses_what_the_library_documents():
    found = {page.name: used.uses(page) for page in discover(PROJECT) if page.executable}
    for uses in found.values():
        for name in uses.names:
            assert name in DOCUMENTED or name.rpartition(".")[0] in DOCUMENTED, f"{uses.page}: {name}"
    sweep = found["meanfield/rmd-strong-start"]
    assert "widesym.figures.strong_start.figure" in sweep.cells
    ((name, module, called),) = sweep.experiments
    assert (name, module) == ("meanfield.strong-start", "widesym.study.experiments.strong_start")
    # called through widesym.study.sweeps
    assert "widesym.meanfield.dynamics.simulate" in called


def test_names_of_a_module_count_where_they_are_taken_from_it():
    code = "from widesym.book import scoreboard\nimport numpy\nscoreboard.current('quick')"
    assert used.names_in(code, "here") == ("widesym.book.scoreboard.current",)
    assert used.names_in("from widesym.book import scoreboard", "here") == ("widesym.book.scoreboard",)


def test_an_import_of_what_is_not_there_is_named():
    with pytest.raises(
        ValueError, match="page x uses widesym.groups.cyclyc, which the library does not define"
    ):
        used.names_in("from widesym.groups import cyclyc", "page x")


def test_readme_uses_what_the_library_documents():
    text = (PROJECT.root / "README.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names = used.names_in("\n".join(blocks), "README")
    assert "widesym.kernels.gram.gram" in names
    assert {name.rpartition(".")[0] for name in names} <= set(DOCUMENTED)
    assert all(isinstance(ast.parse(block), ast.Module) for block in blocks)
