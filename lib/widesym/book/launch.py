r"""Launching: links that open a page as a live notebook on Binder or Colab.

Both need a public repository. Its address stands in one place, ``repository: url:`` of ``_config.yml``, which
the variable ``WIDESYM_REPOSITORY`` overrides; without one the book has no such links.

    Binder   builds ``environment.yml`` of the repository and opens the page itself, book/X.md, as a notebook
    Colab    opens book/X.ipynb of the branch ``notebooks``, which CI fills with executed pages

Colab has an environment of its own, so a notebook for it begins with a cell that fetches the library at the
book's commit and what it needs (``tools/colab.py``); anywhere else the cell does nothing.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

from widesym.book.pages import Page, discover, read_page
from widesym.book.project import Build, Project, load_build
from widesym.study import provenance

# the branch that Colab reads
NOTEBOOKS = "notebooks"

_ADDRESS = re.compile(r"https://github\.com/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)")
_COLAB_CELL = """\
# On Colab this fetches the library that the book was made with (some minutes); elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    !git init -q widesym
    !git -C widesym fetch -q --depth 1 {url} {commit} && git -C widesym checkout -q FETCH_HEAD
    %run widesym/tools/colab.py
"""


@dataclass(frozen=True)
class Repository:
    """A public repository: its owner, its name and the branch that readers start from."""

    owner: str
    name: str
    branch: str = "main"

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://github.com/{self.owner}/{self.name}"

    def binder(self, page: str) -> str:
        """Return the link that opens a page on Binder."""
        place = f"https://mybinder.org/v2/gh/{self.owner}/{self.name}/{self.branch}"
        return f"{place}?urlpath=lab/tree/book/{page}.md"

    def colab(self, page: str) -> str:
        """Return the link that opens a page on Colab."""
        place = f"https://colab.research.google.com/github/{self.owner}/{self.name}"
        return f"{place}/blob/{NOTEBOOKS}/book/{page}.ipynb"


def repository(project: Project) -> Repository | None:
    """Return the public repository of a project, or None while it names none.

    Raises:
        ValueError: an address that is not one of a repository on GitHub.
    """
    settings = yaml.safe_load((project.root / "_config.yml").read_text("utf-8")).get("repository") or {}
    if not isinstance(settings, dict):
        raise ValueError(
            f"repository: in _config.yml is {settings!r}: write it below, as url: of repository:"
        )
    address = os.environ.get("WIDESYM_REPOSITORY") or settings.get("url") or ""
    if not address:
        return None
    match = _ADDRESS.fullmatch(address.rstrip("/").removesuffix(".git"))
    if match is None:
        raise ValueError(
            f"{address!r} is no address of a repository: WIDESYM_REPOSITORY, or url: in _config.yml, "
            "must be like https://github.com/owner/name, or empty"
        )
    return Repository(match["owner"], match["name"], settings.get("branch") or "main")


def launches(page: Page) -> bool:
    """Tell whether a page can be opened by itself: it runs, and not on what all the others found."""
    return page.executable and not page.last


def for_colab(notebook: nbformat.NotebookNode, public: Repository, commit: str) -> nbformat.NotebookNode:
    """Return a copy of an executed notebook with the cell that prepares Colab in front."""
    cell = nbformat.v4.new_code_cell(_COLAB_CELL.format(url=public.url, commit=commit), id="colab")
    cell.metadata["tags"] = ["remove-cell"]
    copy = nbformat.from_dict(notebook)
    copy.cells = [cell, *notebook.cells]
    return copy


def write_notebooks(build: Build, public: Repository, target: Path) -> list[Path]:
    """Write the executed pages of a build as notebooks for Colab: the content of the branch ``notebooks``.

    Raises:
        ValueError: a page that is not executed, or a project without a commit.
    """
    commit, _ = provenance.commit(build.project.root)
    if commit is None:
        raise ValueError(f"{build.project.root} has no commit, which Colab would fetch: commit it first")
    written = []
    # those that no link opens are there too: the next book's figures are compared with all of these
    for page in (page for page in discover(build.project) if page.executable):
        source = build.notebook(page.name)
        if not source.is_file():
            raise ValueError(f"page {page.name} is not executed: first run widesym book")
        path = target / "book" / f"{page.name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(for_colab(nbformat.read(source, as_version=4), public, commit), path)
        written.append(path)
    return written


def buttons(public: Repository, page: str, static: str) -> dict[str, object]:
    """Return the group of buttons for the header of a page; ``static`` is the way to the theme's logos."""
    links = {
        "Binder": (public.binder(page), "images/logo_binder.svg"),
        "Colab": (public.colab(page), "images/logo_colab.png"),
    }
    return {
        "type": "group",
        "tooltip": "Open as a live notebook",
        "icon": "fas fa-rocket",
        "label": "launch-buttons",
        "buttons": [
            {
                "type": "link",
                "text": name,
                "tooltip": f"Open on {name}",
                "icon": f"{static}/{logo}",
                "url": url,
            }
            for name, (url, logo) in links.items()
        ],
    }


def _add_buttons(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put the buttons first in a page's header, where there is a public repository."""
    build = load_build(app.config.widesym_build)
    path = Path(app.srcdir) / f"{pagename}.md"
    public: Mapping | None = app.config.widesym_repository
    if public is None or not path.is_relative_to(build.project.book) or not path.is_file():
        return
    page = read_page(build.project, path)
    if launches(page):
        context["header_buttons"].insert(0, buttons(Repository(**public), page.name, "_static"))


def setup(app) -> None:
    """Register the buttons with Sphinx; ``widesym.book.sphinx.extension`` calls this."""
    # another address rewrites every page
    app.add_config_value("widesym_repository", None, "html", [dict, type(None)])
    # after the theme has made its list
    app.connect("html-page-context", _add_buttons, priority=600)


def main(arguments: list[str] | None = None) -> int:
    """Write the notebooks for Colab: ``python -m widesym.book.launch BUILD_FOLDER TARGET``."""
    folder, target = sys.argv[1:] if arguments is None else arguments
    build = load_build(folder)
    try:
        public = repository(build.project)
        if public is None:
            raise ValueError("no repository is named: set WIDESYM_REPOSITORY, or url: in _config.yml")
        written = write_notebooks(build, public, Path(target))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(written)} notebooks in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
