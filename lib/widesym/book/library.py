r"""The library as its sources declare it: modules, public names, signatures, docstrings.

Nothing is imported: a signature is what the source says, ``theta: ArrayLike`` and not the union behind it,
and compiled functions are read like any other.  Public is what begins with no underscore, in a module that
begins with none; folders called ``compiled`` are fast paths behind public functions, and not public.
"""

from __future__ import annotations

import ast
import copy
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from widesym.book.project import Project, sha256
from widesym.fingerprint import PACKAGE

_PRIVATE = "compiled"
# how a page names the modules that it documents: the directive of `reference`
_DIRECTIVE = re.compile(r"^\.\. library::\s+(.+)$", re.MULTILINE)
_ERRORS = re.compile(r"(Error|Exception|Warning)$")


@dataclass(frozen=True)
class Entry:
    """A public name of a module.

    ``kind`` is function, class, exception, data, method or property; ``signature`` what stands behind the
    name in the documentation, annotations with their full names; ``value`` that of a constant; ``members``
    the public methods and properties of a class.
    """

    name: str
    kind: str
    signature: str
    docstring: str
    line: int
    value: str = ""
    members: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Module:
    """A module: ``name`` with dots, its docstring and its public names in their order."""

    name: str
    path: Path
    docstring: str
    entries: tuple[Entry, ...]


def path_of(name: str) -> Path | None:
    """Return the source of a module of the library, None where there is no such module."""
    first, *rest = name.split(".")
    place = PACKAGE.joinpath(*rest)
    if first != PACKAGE.name:
        return None
    if (place / "__init__.py").is_file():
        return place / "__init__.py"
    module = place.with_name(place.name + ".py")
    return module if rest and module.is_file() else None


def modules_of(name: str) -> tuple[str, ...]:
    """Return the public modules of a package in the order in which its docstring names them, then the others.

    A module that is no package counts as its only one.

    Raises ``ValueError`` for a name that is none of the library.
    """
    path = path_of(name)
    if path is None:
        raise ValueError(f"the library has no module {name!r}: give its full name, such as widesym.groups")
    if path.name != "__init__.py":
        return (name,)
    told = docstring_of(name)

    def place(stem: str) -> tuple[bool, int, str]:
        found = re.search(rf"[`.]{stem}`", told)
        return found is None, found.start() if found else 0, stem

    stems = [p.stem for p in path.parent.glob("*.py") if not p.stem.startswith("_")]
    return tuple(f"{name}.{stem}" for stem in sorted(stems, key=place))


def listed(words: str) -> tuple[str, ...]:
    """Return the modules behind the names of packages and modules, the packages too."""
    return tuple(dict.fromkeys(one for word in words.split() for one in (word, *modules_of(word))))


def documented(project: Project) -> dict[str, str]:
    """Return ``{module: page}`` for the modules that the pages of a book document."""
    found = {}
    for path in sorted(project.book.rglob("*.md")):
        page = path.relative_to(project.book).with_suffix("").as_posix()
        for words in _DIRECTIVE.findall(path.read_text("utf-8")):
            found |= dict.fromkeys(listed(words), page)
    return found


def digest(project: Project) -> str:
    """Return a digest of the sources that the pages show, comments included; empty where none is shown."""
    names = sorted(documented(project))
    return sha256("".join(sha256(path_of(name).read_text("utf-8")) for name in names)) if names else ""


def docstring_of(name: str) -> str:
    """Return the docstring of a module of the library."""
    return ast.get_docstring(ast.parse(path_of(name).read_bytes())) or ""


def read(name: str) -> Module:
    """Read a module of the library.

    Raises ``ValueError`` for a name that is none of the library.
    """
    path = path_of(name)
    if path is None:
        raise ValueError(f"the library has no module {name!r}: give its full name, such as widesym.groups")
    return _read(name, path, path.stat().st_mtime_ns)


@functools.cache
def _read(name: str, path: Path, stamp: int) -> Module:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    entries = tuple(_entries(tree.body, text.splitlines(), _bound(name)))
    return Module(name, path, ast.get_docstring(tree) or "", entries)


def _bound(name: str) -> dict[str, str]:
    """Return what public names stand for in a module: imports of the library, and what it defines itself."""
    path = path_of(name)
    return _bound_in(name, path, path.stat().st_mtime_ns)


@functools.cache
def _bound_in(name: str, path: Path, stamp: int) -> dict[str, str]:
    tree = ast.parse(path.read_bytes())
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return imports(tree, package) | {local: f"{name}.{local}" for local in _defined(tree)}


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if not name.startswith("_"):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if not name.startswith("_"):
                    yield name
            case ast.Assign(targets=[ast.Tuple(elts=targets)]):
                yield from (one.id for one in targets if not one.id.startswith("_"))


def imports(tree: ast.AST, package: str = "") -> dict[str, str]:
    """Return what the imports of widesym in some code bind: ``{local name: name with dots}``.

    ``package`` is the one that the code lies in, for relative imports.
    """
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    found[alias.asname] = alias.name
                else:
                    found[alias.name.split(".")[0]] = alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            words = package.split(".")
            base = ".".join(words[: len(words) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (base, node.module) if part)
            found |= {alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names}
    return {local: name for local, name in found.items() if name.split(".")[0] == PACKAGE.name}


def home(name: str) -> str | None:
    """Return where the module, function, class or constant called ``name`` is defined; None where nowhere.

    A package may hand on names of its modules, ``widesym.study.ClaimTable``, by an import or lazily.
    What was found stays known to this process until ``forget``.
    """
    return _home(name, PACKAGE)


def forget() -> None:
    """Look names up anew: the sources may have changed."""
    _home.cache_clear()


@functools.cache
def _home(name: str, package: Path) -> str | None:
    if path_of(name) is not None:
        return name
    base, _, last = name.rpartition(".")
    if path_of(base) is None:
        owner = home(base) if "." in base else None  # of a method
        return f"{owner}.{last}" if owner and last in _members(owner) else None
    bound = _bound(base)
    if last in bound:
        return name if bound[last] == name else home(bound[last])
    if path_of(base).name == "__init__.py":
        homes = [inner for inner in modules_of(base) if _bound(inner).get(last) == f"{inner}.{last}"]
        if len(homes) == 1:
            return f"{homes[0]}.{last}"
    return None


def seen_from(module: str, name: str) -> str | None:
    """Return where ``name`` is defined, as a docstring of ``module`` may call it; None where nowhere.

    That is with all its dots, as the module itself calls it, or by the name of a module beside it.
    """
    first, dot, rest = name.partition(".")
    bound = _bound(module)
    package = module if path_of(module).name == "__init__.py" else module.rpartition(".")[0]
    candidates = [name, f"{bound[first]}{dot}{rest}"] if first in bound else [name]
    found = (home(one) for one in (*candidates, f"{package}.{name}") if one.startswith(f"{PACKAGE.name}."))
    return next((one for one in found if one is not None), None)


def is_public(name: str) -> bool:
    """Tell whether no part of a name says that it is private."""
    return not any(word.startswith("_") or word == _PRIVATE for word in name.split("."))


def _members(owner: str) -> list[str]:
    base, _, last = owner.rpartition(".")
    if path_of(base) is None:
        return []
    return [member.name for e in read(base).entries if e.name == last for member in e.members]


def _entries(body: list[ast.stmt], lines: list[str], known: Mapping[str, str]) -> Iterator[Entry]:
    for node in body:
        docstring = ast.get_docstring(node) or "" if isinstance(node, ast.ClassDef | ast.FunctionDef) else ""
        match node:
            case ast.FunctionDef(name=name) if not name.startswith("_"):
                yield Entry(name, "function", _signature(node, known), docstring, _first_line(node))
            case ast.ClassDef(name=name) if not name.startswith("_"):
                kind = "exception" if any(_ERRORS.search(ast.unparse(b)) for b in node.bases) else "class"
                signature, members = _class_signature(node, known), tuple(_methods(node, known))
                yield Entry(name, kind, signature, docstring, _first_line(node), members=members)
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if not name.startswith("_"):
                told = _comment(lines, node)
                yield Entry(name, "data", "", told, node.lineno, value=ast.unparse(value))
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                values = value.elts if isinstance(value, ast.Tuple) else ()
                for target, one in zip_longest(targets, values):
                    if not target.id.startswith("_"):
                        spelled = ast.unparse(one) if one else ""
                        yield Entry(target.id, "data", "", _comment(lines, node), node.lineno, value=spelled)


def _methods(owner: ast.ClassDef, known: Mapping[str, str]) -> Iterator[Entry]:
    for node in owner.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        decorators = {ast.unparse(one).rpartition(".")[2] for one in node.decorator_list}
        is_property = bool(decorators & {"property", "cached_property"})
        signature = "" if is_property else _signature(node, known, "staticmethod" not in decorators)
        yield Entry(
            node.name,
            "property" if is_property else "method",
            signature,
            ast.get_docstring(node) or "",
            _first_line(node),
            value=_annotation(node.returns, known) if is_property and node.returns else "",
        )


def _signature(node: ast.FunctionDef, known: Mapping[str, str], bound: bool = False) -> str:
    arguments = _qualified(node.args, known)
    positional = arguments.posonlyargs or arguments.args
    if bound and positional:
        del positional[0]
    returned = f" -> {_annotation(node.returns, known)}" if node.returns else ""
    return f"({ast.unparse(arguments)}){returned}"


def _class_signature(node: ast.ClassDef, known: Mapping[str, str]) -> str:
    """Return the arguments of a class: those of ``__init__``, or the fields of a dataclass."""
    for inner in node.body:
        if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
            return _signature(inner, known, bound=True).partition(" -> ")[0]
    words = []
    for inner in node.body:
        if not isinstance(inner, ast.AnnAssign) or not isinstance(inner.target, ast.Name):
            continue
        annotation = _annotation(inner.annotation, known)
        if inner.target.id.startswith("_") or "ClassVar" in annotation:
            continue
        default = _default(inner.value)
        words.append(f"{inner.target.id}: {annotation}" + (f" = {default}" if default else ""))
    return f"({', '.join(words)})" if words else ""


def _default(value: ast.expr | None) -> str:
    """Return the default that a field of a dataclass has, empty for none."""
    if isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] == "field":
        given = {keyword.arg: keyword.value for keyword in value.keywords}
        if "default_factory" in given:
            return f"{ast.unparse(given['default_factory'])}()"
        value = given.get("default")
    return "" if value is None else ast.unparse(value)


def _annotation(node: ast.expr, known: Mapping[str, str]) -> str:
    return ast.unparse(_Qualify(known).visit(copy.deepcopy(node)))


def _qualified(node: ast.arguments, known: Mapping[str, str]) -> ast.arguments:
    """Return a copy with the library's names in annotations spelled with their modules."""
    node = copy.deepcopy(node)
    for inner in ast.walk(node):
        if isinstance(inner, ast.arg) and inner.annotation is not None:
            inner.annotation = _Qualify(known).visit(inner.annotation)
    return node


class _Qualify(ast.NodeTransformer):
    def __init__(self, known: Mapping[str, str]):
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = home(self.known[node.id]) if node.id in self.known else None
        return ast.parse(found or node.id, mode="eval").body

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """Read an annotation in quotes."""
        if isinstance(node.value, str) and node.value.isidentifier():
            return self.visit_Name(ast.Name(node.value))
        return node


def _comment(lines: list[str], node: ast.stmt) -> str:
    """Return the comment at a constant: behind it, or in the lines right above."""
    behind = lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode().strip()
    above: list[str] = []
    for line in reversed(lines[: node.lineno - 1]):
        if not line.startswith("#"):
            break
        above.insert(0, line.lstrip("#:").strip())
    told = " ".join(above) if above else behind.lstrip("#:").strip() if behind.startswith("#") else ""
    return "" if told.startswith(("noqa", "fmt:")) else told


def _first_line(node: ast.ClassDef | ast.FunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
