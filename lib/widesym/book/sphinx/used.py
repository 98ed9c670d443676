r"""What of the library a page uses: the names that its cells import, and those that its experiments import.

Most cells name an experiment, and the experiment calls the library.  So a page uses two sets of names: its
own, and those of groups, particles, kernels, networks and data in the modules of its experiments.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from widesym.book import library
from widesym.book.pages import Page, discover, notebook_of
from widesym.book.project import Project

EXPERIMENTS = "widesym.study.experiments"
# the rooms whose functions an experiment is made from
_ROOMS = ("groups", "meanfield", "architectures", "kernels", "networks", "data", "oracles")
_NAMED = re.compile(r"Experiment\(name='([^']+)'")


@dataclass(frozen=True)
class Uses:
    """The names that one page uses, with their modules, in alphabetical order.

    ``cells`` are those of its cells, ``experiments`` those that its experiments call, ``(experiment, module,
    names)`` each.
    """

    page: str
    title: str
    cells: tuple[str, ...]
    experiments: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """All of them, the experiments' modules too."""
        modules = [module for _, module, _ in self.experiments]
        return frozenset(
            (*self.cells, *modules, *(name for _, _, names in self.experiments for name in names))
        )


def uses(page: Page) -> Uses:
    """Find what a page uses of the library.

    Raises ``ValueError`` for an import of what the library does not have.
    """
    cells, experiments = _uses(page.path, page.path.stat().st_mtime_ns, page.experiments)
    return Uses(page.name, page.title, cells, experiments)


def users(project: Project) -> dict[str, tuple[Uses, ...]]:
    """Return ``{name: pages that use it}``."""
    return _users(project, tuple((path, path.stat().st_mtime_ns) for path in project.book.rglob("*.md")))


@functools.cache
def _users(project: Project, stamps: tuple) -> dict[str, tuple[Uses, ...]]:
    found: dict[str, list[Uses]] = {}
    for page in discover(project):
        if page.executable:
            one = uses(page)
            for name in one.names:
                found.setdefault(name, []).append(one)
    return {name: tuple(pages) for name, pages in found.items()}


def names_in(code: str, where: str, rooms: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of the library that some code uses, where they are defined.

    Of an imported module count the names that are taken from it, or itself where none is. ``rooms`` leaves
    only those of some subpackages.

    Raises ``ValueError`` for a name that the library does not have, as it stands in ``where``.
    """
    tree = ast.parse(code)
    found = set()
    for local, name in library.imports(tree).items():
        if rooms and not (name.split(".")[1] in rooms and library.is_public(name)):
            continue
        if library.path_of(name) is None:
            taken = [name]
        else:
            taken = [f"{name}.{last}" for last in _attributes(tree, local)] or [name]
        for one in taken:
            defined = library.home(one)
            if defined is None:
                raise ValueError(f"{where} uses {one}, which the library does not define; mend the import")
            found.add(defined)
    return tuple(sorted(found))


@functools.cache
def experiment_modules() -> dict[str, str]:
    """Return ``{name of an experiment: its module}``, read from the sources."""
    found = {}
    for module in library.modules_of(EXPERIMENTS):
        for entry in library.read(module).entries:
            if entry.name == "EXPERIMENT" and (named := _NAMED.match(entry.value)):
                found[named[1]] = module
    return found


@functools.cache
def _uses(path: Path, stamp: int, experiments: tuple[str, ...]) -> tuple:
    cells = (c.source for c in notebook_of(path.read_text("utf-8")).cells if c.cell_type == "code")
    code = "\n".join(cell for cell in cells if _parses(cell))
    known = experiment_modules()
    called = tuple((name, known[name], _of_rooms(known[name])) for name in experiments if name in known)
    return names_in(code, f"page {path.stem}"), called


@functools.cache
def _of_rooms(module: str) -> tuple[str, ...]:
    """Return functions and classes that an experiment uses, itself and through modules of studies."""
    found: set[str] = set()
    passed: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = library.path_of(name)
        if name in passed or path is None:
            continue
        passed.add(name)
        names, called = _called(name, path)
        found.update(names)
        waiting += called
    return tuple(sorted(name for name in found if not name.rpartition(".")[2].isupper()))


@functools.cache
def _called(module: str, path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    code = path.read_text("utf-8")
    imported = [
        name for name in library.imports(ast.parse(code)).values() if name.startswith("widesym.study.")
    ]
    return names_in(code, module, _ROOMS), (*imported, *(name.rpartition(".")[0] for name in imported))


def _attributes(tree: ast.AST, local: str) -> Iterable[str]:
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == local
    }


def _parses(cell: str) -> bool:
    try:
        ast.parse(cell)
    except SyntaxError:  # a line magic is no Python
        return False
    return True
