r"""Where a book lives (project) and where one execution of it goes (build).

A *project* is a folder with ``_toc.yml``, ``_config.yml`` and ``book/``.  A
*build* is the pair (profile, changed parameters) of a project; its folder is

    build/<profile>                      nothing changed
    build/<profile>+seed=3,...           with changed parameters

so that a changed run never overwrites the book's own pages.  Inside it:

    pages/X.ipynb    executed page          keys/X.json   what it depends on
    failed/X.ipynb   page that raised       claims.json   all claims, collected
    html/            the book
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from widesym.study.configs import PROFILES

STYLE = Path(__file__).parent / "sphinx" / "static" / "widesym.css"
_MARKERS = ("_toc.yml", "_config.yml", "book")


@dataclass(frozen=True)
class Project:
    """A folder that holds a book; all paths derive from ``root``."""

    root: Path

    @property
    def book(self) -> Path:
        """Folder of the pages."""
        return self.root / "book"

    @property
    def register(self) -> Path:
        """File with every id of the two papers."""
        return self.book / "claims.yml"

    @property
    def records(self) -> Path:
        """Folder of the recorded paper-scale results."""
        return self.root / "records"

    @property
    def snakefile(self) -> Path:
        """The workflow."""
        return self.root / "workflow" / "Snakefile"


def is_project(folder: Path) -> bool:
    """Tell whether ``folder`` holds a book."""
    return all((folder / marker).exists() for marker in _MARKERS)


def find_project(root: str | os.PathLike | None = None) -> Project:
    """Find the project: ``root``, else ``$WIDESYM_ROOT``, else upwards from here, else this checkout.

    Raises ``ValueError`` when the folder named holds no book, or none is found.
    """
    named = root if root is not None else os.environ.get("WIDESYM_ROOT")
    if named is not None:
        folder = Path(named).resolve()
        if not is_project(folder):
            raise ValueError(f"{folder} holds no book: expected {', '.join(_MARKERS)} in it")
        return Project(folder)
    here = Path.cwd()
    checkout = Path(__file__).resolve().parents[3]
    for folder in (here, *here.parents, checkout):
        if is_project(folder):
            return Project(folder)
    raise ValueError(
        f"no book found in {here} or above it (expected {', '.join(_MARKERS)}): "
        "go to the project's folder or name it with --root"
    )


@dataclass(frozen=True)
class Build:
    """One execution of the book: a profile and changed parameters.

    ``changes`` holds values already checked by ``widesym.book.pages``.
    """

    project: Project
    profile: str = "default"
    changes: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse an unknown profile."""
        if self.profile not in PROFILES:
            raise ValueError(f"unknown profile {self.profile!r}: choose one of {', '.join(PROFILES)}")

    @property
    def directory(self) -> Path:
        """Folder of this build."""
        return self.project.root / "build" / (self.profile + _suffix(self.changes))

    @property
    def html(self) -> Path:
        """Folder of the HTML book."""
        return self.directory / "html"

    @property
    def claims(self) -> Path:
        """File of the collected claims."""
        return self.directory / "claims.json"

    def notebook(self, page: str) -> Path:
        """Path of the executed notebook of ``page``."""
        return self.directory / "pages" / f"{page}.ipynb"

    def failed(self, page: str) -> Path:
        """Path of the notebook kept when ``page`` raised."""
        return self.directory / "failed" / f"{page}.ipynb"

    def key(self, page: str) -> Path:
        """Path of the record of what the executed ``page`` depends on."""
        return self.directory / "keys" / f"{page}.json"

    def computation_key(self, computation: str) -> Path:
        """Path of the record of what a computation depends on."""
        return self.directory / "keys" / "computations" / f"{computation}.txt"

    def save(self) -> None:
        """Write ``build.json``, from which jobs in other processes read the build back."""
        write_if_changed(
            self.directory / "build.json",
            json.dumps(
                {"root": str(self.project.root), "profile": self.profile, "changes": dict(self.changes)},
                indent=1,
            ),
        )


def load_build(directory: str | os.PathLike) -> Build:
    """Read back the build whose folder is ``directory``."""
    stored = json.loads((Path(directory) / "build.json").read_text("utf-8"))
    # JSON has no tuples; parameters that are sequences are tuples everywhere else
    changes = {k: tuple(v) if isinstance(v, list) else v for k, v in stored["changes"].items()}
    return Build(Project(Path(stored["root"])), stored["profile"], changes)


def sha256(text: str) -> str:
    """Return the SHA-256 of ``text`` in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def write_if_changed(path: Path, text: str) -> bool:
    """Write ``text`` to ``path`` atomically unless it is there already; return whether it was written.

    Leaving an equal file untouched keeps its time stamp, so nothing downstream reruns.
    """
    data = text.encode("utf-8")
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(data)
    os.replace(temporary, path)
    return True


def _suffix(changes: Mapping[str, object]) -> str:
    if not changes:
        return ""
    plain = ",".join(f"{name}={value}" for name, value in sorted(changes.items()))
    safe = re.sub(r"[^A-Za-z0-9._,=-]+", "_", plain)[:60]
    if safe != plain:  # two different changes must not share a folder
        safe += "-" + sha256(plain)[:8]
    return "+" + safe
