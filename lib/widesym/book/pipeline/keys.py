r"""Keys: everything an executed page depends on, as one digest.

    key(page) = SHA-256 of { the page's text, profile, changed parameters,
                             code of the widesym modules it imports,
                             configs and code of its experiments, their records,
                             the register's entries of its ids, files it reads, versions }

Each key is written to ``keys/X.json`` of a build *only when it differs*, and is
an input of the page's rule: so Snakemake, which looks at time stamps, reruns a
page exactly when one of these changed.  A touched file, an edited comment or
docstring of the library changes no key.  The parts are kept readable in the
file, to answer "why did this page run again?".
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from widesym.book import library
from widesym.book.launch import repository
from widesym.book.pages import Page, notebook_of
from widesym.book.pipeline import compilation
from widesym.book.project import STYLE, Build, Project, sha256, write_if_changed
from widesym.fingerprint import PACKAGE, closure, fingerprint
from widesym.study.configs import configure
from widesym.study.experiment import Experiment
from widesym.study.store import shard_keys

# what can change a page besides the project's own files
_DISTRIBUTIONS = ("jax", "jaxlib", "numpy", "scipy", "numba", "pot", "matplotlib", "plotly", "ipykernel")
_BOOK_DISTRIBUTIONS = ("jupyter-book", "sphinx", "myst-nb", "sphinx-book-theme", "sphinx-proof", "plotly")
_BOOK_FILES = (".bib", ".css", ".png", ".svg")


@dataclass(frozen=True)
class Computation:
    """An experiment at one configuration, as a page asks for it.

    ``name`` is the experiment's, with a digest behind it where the page sets
    other numbers than the profile; ``digest`` covers configuration and code;
    ``compiled`` is the machine code that it runs (``widesym.book.pipeline.compilation``).
    """

    name: str
    arguments: tuple[str, ...]
    shards: int
    digest: str
    compiled: tuple[str, ...]
    experiment: str
    config: Any


def computations(page: Page, build: Build) -> tuple[Computation, ...]:
    """List what ``page`` needs computed before it runs.

    The parameters of a page that are also fields of an experiment's config
    configure that experiment; ``None`` leaves the profile's value.  The variants
    of an experiment are computed as well.  (A page that uses other numbers computes
    what is missing itself, only not in parallel.)

    Raises ``ValueError`` for an unknown experiment or a refused value.
    """
    if not page.experiments:
        return ()
    # imported here: the experiments import JAX, which pages without them need not wait for
    from widesym.study.experiments import get

    found = []
    for name in page.experiments:
        try:
            experiment = get(name)
            fields = {field.name for field in dataclasses.fields(experiment.config_type)}
            given = {**page.parameters, **build.changes}
            settings = {
                key: value
                for key, value in given.items()
                if key in fields and key in page.parameters and value is not None
            }
            config = configure(experiment, build.profile, **settings)
        except ValueError as error:
            raise ValueError(f"page {page.name}: {error}") from None
        configs = (config, *experiment.variants(config).values())
        found += [_computation(experiment, each, build.profile) for each in configs]
    return tuple(found)


def _computation(experiment: Experiment, config: Any, profile: str) -> Computation:
    plain = configure(experiment, profile)
    names = sorted(field.name for field in dataclasses.fields(config))
    words = [f"{k}={getattr(config, k)!r}" for k in names if getattr(config, k) != getattr(plain, k)]
    suffix = "@" + sha256(" ".join(words))[:8] if words else ""
    arguments = ["compute", experiment.name, "--profile", profile, "--workers", "1"]
    for word in words:
        arguments += ["--set", word]
    shards = shard_keys(experiment, config)
    return Computation(
        name=experiment.name + suffix,
        arguments=tuple(arguments),
        shards=len(shards),
        digest=sha256(" ".join(shards.values())),
        compiled=compilation.needed(closure(experiment.run_shard, experiment.config_type)),
        experiment=experiment.name,
        config=config,
    )


def write(build: Build, page: Page, needed: Sequence[Computation]) -> str:
    """Write the key of ``page`` where it differs; return its digest."""
    project = build.project
    text = page.path.read_text("utf-8")
    parts = {
        "page": page.name,
        "profile": build.profile,
        "changes": {k: v for k, v in build.changes.items() if k in page.parameters},
        "source": sha256(text),
        "code": _code(text),
        "computations": {computation.name: computation.digest for computation in needed},
        "records": {name: _record(project, name) for name in page.experiments},
        "register": _register(project, page),
        "reads": _read(project, page),
        "versions": _versions(_DISTRIBUTIONS),
    }
    return _write(build.key(page.name), parts)


def write_book(build: Build, pages: Sequence[Page]) -> str:
    """Write the key of the HTML beyond its executed pages; return its digest."""
    root = build.project.root
    files = [root / "_config.yml", root / "_toc.yml"]
    files += [page.path for page in pages]
    files += [p for p in sorted(build.project.book.rglob("*")) if p.suffix in _BOOK_FILES]
    parts = {
        "files": {path.relative_to(root).as_posix(): _file_digest(path) for path in files},
        "code": fingerprint("widesym.book.sphinx.html", "widesym.book.sphinx.extension"),
        "repository": str(repository(build.project)),
        "library": library.digest(build.project),
        "static": {path.name: _file_digest(path) for path in sorted(STYLE.parent.iterdir())},
        "versions": _versions(_BOOK_DISTRIBUTIONS),
    }
    return _write(build.directory / "keys" / "book.json", parts)


def library_modules(code: str) -> list[str]:
    """Return the modules of widesym that ``code`` imports.

    A package counts with all its modules: names of it may be fetched lazily.
    """
    named: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named.update(f"{node.module}.{alias.name}" for alias in node.names)
    modules: set[str] = set()
    for name in named:
        words = name.split(".")
        if words[0] != PACKAGE.name:
            continue
        while words and not _path_of(words):
            words = words[:-1]
        path = _path_of(words)
        if path.is_dir():
            inner = (p.relative_to(PACKAGE.parent).with_suffix("").parts for p in path.rglob("*.py"))
            modules.update(".".join(w for w in parts if w != "__init__") for parts in inner)
        else:
            modules.add(".".join(words))
    return sorted(modules)


def _path_of(words: Sequence[str]) -> Path | None:
    """Return the file of a module, the folder of a package, or None."""
    place = PACKAGE.parent.joinpath(*words)
    if (place / "__init__.py").is_file():
        return place
    module = place.with_name(place.name + ".py")
    return module if module.is_file() else None


def _code(text: str) -> str:
    cells = [cell.source for cell in notebook_of(text).cells if cell.cell_type == "code"]
    # a cell with a line magic is no Python; its imports are not followed, its text still counts as source
    python = "\n".join(cell for cell in cells if _parses(cell))
    modules = library_modules(python)
    return fingerprint(*modules) if modules else ""


def _parses(cell: str) -> bool:
    try:
        ast.parse(cell)
    except SyntaxError:
        return False
    return True


def _record(project: Project, experiment: str) -> dict[str, str]:
    return {path.name: _file_digest(path) for path in sorted(project.records.glob(f"{experiment}.*"))}


def _read(project: Project, page: Page) -> dict[str, str]:
    """Digest the files of the book that the page says it reads.

    Raises ``ValueError`` for a pattern that no file fits.
    """
    found = {}
    for pattern in page.reads:
        paths = sorted(path for path in project.book.glob(pattern) if path.is_file())
        if not paths:
            raise ValueError(f"page {page.name}: reads {pattern!r}, but no file under book/ fits it")
        found |= {path.relative_to(project.book).as_posix(): _file_digest(path) for path in paths}
    return found


def _register(project: Project, page: Page) -> str:
    """Digest the register's entries that the page shows: those of its ids, or all for a last page."""
    if not project.register.is_file() or not (page.ids or page.last):
        return ""
    if page.last:
        return _file_digest(project.register)
    entries = _entries(project.register.read_text("utf-8"))
    shown = [entry for entry in entries if entry.get("id") in page.ids]
    return sha256(json.dumps(shown, sort_keys=True, default=str))


@functools.lru_cache(maxsize=1)  # every page asks
def _entries(register: str) -> list[dict]:
    return yaml.safe_load(register)


def _versions(distributions: Sequence[str]) -> dict[str, str]:
    found = {name: importlib.metadata.version(name) for name in distributions}
    return {"python": platform.python_version(), **found}


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path: Path, parts: Mapping) -> str:
    digest = sha256(json.dumps(parts, sort_keys=True, default=str))
    write_if_changed(path, json.dumps({"digest": digest, **parts}, indent=1, default=str) + "\n")
    return digest
