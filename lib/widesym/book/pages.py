r"""Pages: what a page of the book declares before anything of it is run.

A page is a file ``book/**/*.md``.  It is *executable* when its front matter
says so (jupytext's ``format_name: myst``); then it has one code cell tagged
``parameters`` of the form

    profile = "default"
    seed = 0

whose right-hand sides are literals.  Their types are the types of the
parameters: a changed value is checked against them *before* execution, since
papermill only warns about a name that the page does not declare.

Front matter may carry

    widesym:
      ids: [A-F1]                              claims the page answers
      experiments: [meanfield.strong-start]    computed first, in parallel parts
      last: true                               needs the claims of all other pages
      reads: [glossary.yml, "**/*.md"]         other files of book/ whose content it shows
"""

from __future__ import annotations

import ast
import copy
import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from widesym.book.project import Project
from widesym.study import configs
from widesym.study.names import did_you_mean

if TYPE_CHECKING:
    from nbformat import NotebookNode

_FRONT_KEYS = ("ids", "experiments", "last", "reads")
_FENCE = re.compile(r"^(`{3,}|~{3,})\{code-cell\}")


@dataclass(frozen=True)
class Page:
    """One page: ``name`` is its path under ``book/`` without the suffix."""

    name: str
    path: Path
    title: str
    executable: bool = False
    ids: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()
    last: bool = False
    reads: tuple[str, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)


def discover(project: Project) -> tuple[Page, ...]:
    """List all pages of the project, sorted by name.

    Raises ``ValueError`` naming the page and the rule when a page is malformed.
    """
    files = (p for p in project.book.rglob("*.md") if not any(part.startswith(".") for part in p.parts))
    return tuple(sorted((read_page(project, path) for path in files), key=lambda page: page.name))


def find_page(pages: Iterable[Page], name: str) -> Page:
    """Return the page called ``name`` (``book/`` in front and ``.md`` behind are allowed).

    Raises ``ValueError`` with the valid names.
    """
    wanted = name.removeprefix("./").removeprefix("book/")
    wanted = wanted.removesuffix(".md").removesuffix(".ipynb")
    named = {page.name: page for page in pages}
    if wanted in named:
        return named[wanted]
    raise ValueError(f"no page {name!r}; {did_you_mean(wanted, sorted(named))}")


def read_page(project: Project, path: Path) -> Page:
    """Read the declarations of the page at ``path``.

    Raises ``ValueError`` naming the page when its front matter or parameters
    cell breaks a rule stated at the top of this module.
    """
    name = path.relative_to(project.book).with_suffix("").as_posix()
    text = path.read_text("utf-8")
    try:
        front = front_matter(text)
        own = front.get("widesym") or {}
        unknown = sorted(set(own) - set(_FRONT_KEYS))
        if unknown:
            remedy = did_you_mean(unknown[0], _FRONT_KEYS)
            raise ValueError(f"front matter 'widesym' has unknown key {unknown[0]!r}; {remedy}")
        for key in ("ids", "experiments", "reads"):
            if not isinstance(own.get(key) or [], list):
                raise ValueError(f"{key} must be a list, as in {key}: [{own[key]}]; got {own[key]!r}")
        executable = _is_notebook(front)
        parameters = declared_parameters(notebook_of(text)) if executable else {}
        if executable and not isinstance(parameters.get("profile"), str):
            raise ValueError('the parameters cell must set profile, as in: profile = "default"')
    except ValueError as error:
        raise ValueError(f"page {name}: {error}") from None
    return Page(
        name=name,
        path=path,
        title=_title(text, name),
        executable=executable,
        ids=tuple(own.get("ids") or ()),
        experiments=tuple(own.get("experiments") or ()),
        last=bool(own.get("last", False)),
        reads=tuple(own.get("reads") or ()),
        parameters=parameters,
    )


def front_matter(text: str) -> dict:
    """Return the YAML front matter of a page, ``{}`` when it has none.

    Raises ``ValueError`` when it is not valid YAML or not a mapping.
    """
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---":
        return {}
    try:
        end = next(i for i, line in enumerate(lines[1:], 1) if line.strip() in ("---", "..."))
    except StopIteration:
        raise ValueError("front matter is not closed by '---'") from None
    try:
        front = yaml.safe_load("\n".join(lines[1:end])) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"front matter is not valid YAML: {error}") from None
    if not isinstance(front, dict):
        raise ValueError("front matter must be a mapping of names to values")
    return front


def notebook_of(text: str) -> NotebookNode:
    """Convert the text of an executable page to a notebook without outputs."""
    return copy.deepcopy(_notebook_of(text))


@functools.lru_cache(maxsize=256)
def _notebook_of(text: str) -> NotebookNode:
    # imported here: more than a second, which commands and pages that read no page need not wait for
    import jupytext

    return jupytext.reads(text, fmt="md:myst")


def line_of_cell(text: str, code_cell: int) -> int:
    """Return the line of the page on which code cell number ``code_cell`` (from 0) opens."""
    opens = [n for n, line in enumerate(text.splitlines(), 1) if _FENCE.match(line)]
    return opens[code_cell]


def declared_parameters(notebook: NotebookNode) -> dict[str, object]:
    """Return name -> default of the cell tagged ``parameters``, in order.

    Raises ``ValueError`` when there is not exactly one such cell, or when it
    holds anything but assignments of literals.
    """
    cells = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", ())
    ]
    if len(cells) != 1:
        raise ValueError(f"expected one code cell tagged 'parameters', found {len(cells)}")
    rule = "the parameters cell may hold only assignments of literals, as in: seed = 0"
    try:
        statements = ast.parse(cells[0].source).body
    except SyntaxError as error:
        raise ValueError(f"{rule}; Python says: {error.msg}, line {error.lineno} of the cell") from None
    parameters: dict[str, object] = {}
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                raise ValueError(f"{rule}; got: {ast.unparse(statement)}")
        try:
            parameters[name] = ast.literal_eval(value)
        except ValueError:
            raise ValueError(f"{rule}; got: {ast.unparse(statement)}") from None
    return parameters


def parse_changes(assignments: Sequence[str]) -> dict[str, str]:
    """Split ``name=value`` words from a command line; raise ``ValueError`` on anything else."""
    changes: dict[str, str] = {}
    for word in assignments:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise ValueError(f"{word!r} is not of the form name=value, as in: --set seed=3")
        if name in changes:
            raise ValueError(f"parameter {name!r} is given twice")
        changes[name] = value
    return changes


def check_changes(pages: Iterable[Page], changes: Mapping[str, str]) -> dict[str, object]:
    """Turn texts into values of the types that ``pages`` declare.

    Every name must be declared by at least one of ``pages``, and all that
    declare it must agree on its type.  What a page leaves to the profile, by
    ``None``, is read as ``widesym compute`` reads it for the page's experiment.
    Raises ``ValueError`` otherwise, with the valid names.
    """
    pages = [page for page in pages if page.executable]
    valid = {name for page in pages for name in page.parameters} - {"profile"}
    checked: dict[str, object] = {}
    for name, text in changes.items():
        if name == "profile":
            raise ValueError("profile is not changed with --set: use --profile")
        if name not in valid:
            raise ValueError(f"unknown parameter {name!r}; {did_you_mean(name, sorted(valid))}")
        values = [_changed(page, name, text) for page in pages if name in page.parameters]
        if len({repr(value) for value in values}) > 1:
            raise ValueError(f"parameter {name!r} has different types on these pages: run them one by one")
        checked[name] = values[0]
    return checked


def changes_for(page: Page, profile: str, changes: Mapping[str, object]) -> dict[str, object]:
    """Return what to inject into ``page``: only what differs from what it declares."""
    wanted = {"profile": profile, **changes}
    return {
        name: value
        for name, value in wanted.items()
        if name in page.parameters and page.parameters[name] != value
    }


def _changed(page: Page, name: str, text: str) -> object:
    """Read ``text`` as a value for the parameter ``name`` of a page."""
    default = page.parameters[name]
    if default is None and text != "None":
        # imported here: the experiments import JAX, which other changes need not wait for
        from widesym.study.experiments import get

        try:
            for experiment in map(get, page.experiments):
                if name in configs.field_types(experiment.config_type):
                    value = configs.parse_changes(experiment, [f"{name}={text}"])[name]
                    return tuple(value) if isinstance(value, list) else value
        except ValueError as error:
            raise ValueError(f"page {page.name}: {error}") from None
    return _value(name, text, default)


def _value(name: str, text: str, default: object) -> object:
    """Read ``text`` as a value of the type of ``default``."""
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise ValueError(f"parameter {name!r} is true or false, got {text!r}")
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        if default is None:
            return text
        raise ValueError(f"parameter {name!r} is {_kind(default)}, got {text!r}") from None
    if isinstance(default, (tuple, list)):
        # a single value stands for a sequence of one, as for `widesym compute`
        value = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        default = tuple(default)
    if isinstance(default, float) and type(value) is int:
        value = float(value)
    if default is not None and not _same_kind(value, default):
        raise ValueError(f"parameter {name!r} is {_kind(default)}, got {text!r}")
    return value


def _same_kind(value: object, default: object) -> bool:
    if isinstance(default, tuple):
        if not isinstance(value, tuple):
            return False
        return not default or all(_same_kind(item, default[0]) for item in value)
    if isinstance(default, float):
        return type(value) in (int, float)
    return type(value) is type(default)


def _kind(default: object) -> str:
    if isinstance(default, (tuple, list)):
        inner = f" with items like {default[0]!r}" if default else ""
        return f"a sequence{inner}"
    return {int: "a whole number", float: "a number"}.get(type(default), f"a {type(default).__name__}")


def _is_notebook(front: Mapping) -> bool:
    representation = (front.get("jupytext") or {}).get("text_representation") or {}
    return representation.get("format_name") == "myst"


def _title(text: str, name: str) -> str:
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    heading = re.search(r"^#\s+(.+?)\s*$", body, flags=re.MULTILINE)
    return heading.group(1) if heading else name
