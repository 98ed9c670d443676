r"""Fingerprints: one number for all the code that a computation depends on.

For modules $m_1, \dots$ let $C$ be the least set that contains them and, with each module, every module
of the package that it imports. The fingerprint is SHA-256 over $\{(m, \mathrm{ast}(m)) : m \in C\}$,
where $\mathrm{ast}$ is the syntax tree without docstrings. So an edit of any line that can run changes
it; an edit of a comment, a docstring or the layout does not.

The closure is static: sources are read, nothing is imported. It errs towards too much: imports inside
functions and under `TYPE_CHECKING` count, and so do the packages that are passed through on the way
to a module, since Python runs their `__init__`. A package with lazy names (a module-level
`__getattr__`) counts with all its modules when a name is taken from it. Modules named by computed
strings and data files are not followed; other distributions enter the key by version.
"""

import ast
import functools
import hashlib
import inspect
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = Path(__file__).resolve().parent

# Code that this process has loaded is at most this old: see edited_since_import.
_LOADED = time.time()


def fingerprint(*parts: ModuleType | Callable[..., Any] | type | str, root: Path = PACKAGE) -> str:
    """Return the SHA-256 (64 hex digits) of the code that modules, functions or classes depend on.

    Args:
        *parts: modules, functions or classes, or dotted module names; a function stands for its module.
        root: folder of the package inside which imports are followed.

    Raises:
        ValueError: a part whose source is not in a file, such as a function typed into a notebook.
    """
    digest = hashlib.sha256()
    for name, path in sorted(closure(*parts, root=root).items()):
        digest.update(f"{name}\n{_canonical_source(path, *_stamp(path))}\n".encode())
    return digest.hexdigest()


def closure(*parts: ModuleType | Callable[..., Any] | type | str, root: Path = PACKAGE) -> dict[str, Path]:
    """Return the modules that the parts depend on, as a dict from dotted name to source file.

    Raises:
        ValueError: a part whose source is not in a file.
    """
    found: dict[str, Path] = {}
    waiting: list[tuple[str, bool]] = []
    for part in parts:
        name, path = _locate(part, root)
        if _resolve(name, root) is None:  # outside the package: the file counts, its imports are followed
            found[name] = path
            waiting.extend(_imports(path, name, root))
        else:
            waiting.append((name, False))
    passed: set[tuple[str, bool]] = set()
    while waiting:
        item = waiting.pop()
        if item in passed:
            continue
        passed.add(item)
        path = _resolve(item[0], root)
        if path is None:
            continue
        name, named = item
        if name not in found:
            found[name] = path
            waiting.extend((parent, False) for parent in _parents(name))
            waiting.extend(_imports(path, name, root))
        if named and path.name == "__init__.py" and _is_lazy(path, *_stamp(path)):
            waiting.extend((module, False) for module in _modules_below(name, path.parent))
    return found


def edited_since_import(paths: Iterable[Path]) -> list[Path]:
    """Return the files edited after this process began to load the library.

    The process may still run the code of before the edit, so it must not store numbers under the
    fingerprint of the new one; a fresh process can.
    """
    return [path for path in paths if path.stat().st_mtime > _LOADED]


def _locate(part: ModuleType | Callable[..., Any] | type | str, root: Path) -> tuple[str, Path]:
    if isinstance(part, str):
        path = _resolve(part, root)
        if path is None:
            raise ValueError(f"no module {part!r} in the package {root.name!r}")
        return part, path
    name = part.__name__ if isinstance(part, ModuleType) else part.__module__
    path = _resolve(name, root)
    if path is not None:
        return name, path
    module = sys.modules.get(name)
    on_disk = name != "__main__" and getattr(module, "__file__", None) is not None
    file = inspect.getsourcefile(module) if on_disk else None
    if file is None:
        raise ValueError(
            f"{part!r} is defined in {name!r}, which has no source file to take a fingerprint of; "
            "move it into a module"
        )
    return name, Path(file)


def _resolve(name: str, root: Path) -> Path | None:
    first, *rest = name.split(".")
    if first != root.name:
        return None
    place = root.joinpath(*rest)
    if (place / "__init__.py").is_file():
        return place / "__init__.py"
    module = place.with_name(place.name + ".py")
    return module if rest and module.is_file() else None


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


def _modules_below(name: str, folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        inner = path.relative_to(folder).with_suffix("").parts
        yield ".".join((name, *(part for part in inner if part != "__init__")))


def _imports(path: Path, name: str, root: Path) -> list[tuple[str, bool]]:
    """Return (module, whether names may be taken from it) for each import in the file."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return _imports_of(path, package, root, *_stamp(path))


@functools.cache
def _imports_of(path: Path, package: str, root: Path, *stamp: int) -> list[tuple[str, bool]]:
    targets: list[tuple[str, bool]] = []
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                targets += [(module, True) for module in (*_parents(alias.name), alias.name)]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*up, *([node.module] if node.module else [])])
            for alias in node.names:
                is_module = _resolve(f"{base}.{alias.name}", root) is not None
                targets.append((f"{base}.{alias.name}", True) if is_module else (base, True))
    return targets


@functools.cache
def _is_lazy(path: Path, *stamp: int) -> bool:
    return any(isinstance(n, ast.FunctionDef) and n.name == "__getattr__" for n in _parse(path).body)


@functools.cache
def _canonical_source(path: Path, *stamp: int) -> str:
    return _canonical(_parse(path))


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), filename=str(path))


def _canonical(node: Any) -> str:
    """Spell a syntax tree without docstrings; empty fields are left out, as Python versions add some."""
    if isinstance(node, list):
        return "[" + ",".join(_canonical(item) for item in node) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.Constant):
        return f"Constant({node.value!r})"
    fields = dict(ast.iter_fields(node))
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        fields["body"] = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    spelled = (f"{key}={_canonical(value)}" for key, value in fields.items() if value not in (None, []))
    return f"{type(node).__name__}({','.join(spelled)})"
