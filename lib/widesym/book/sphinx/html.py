r"""HTML: executed notebooks -> the book, with Jupyter Book, nothing executed here.

``index.html`` leads to the first page.  After the build every page of the table
of contents must have its HTML file: a build that silently makes nothing fails.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import io
import multiprocessing
import sys
from pathlib import Path

import yaml

from widesym.book.faults import found, told
from widesym.book.launch import repository
from widesym.book.project import STYLE, Build, load_build, sha256
from widesym.book.sphinx import weight
from widesym.fingerprint import fingerprint

_REDIRECT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="refresh" content="0; url={first}"></head>
<body><p><a href="{first}">{title}</a></p></body>
</html>
"""


def listed_pages(toc: Path) -> list[str]:
    """Return the documents of a Jupyter Book table of contents, the first page first."""
    listed: list[str] = []

    def walk(node) -> None:
        if isinstance(node, dict):
            listed.extend(node[key] for key in ("root", "file") if key in node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for item in node:
                walk(item)

    walk(yaml.safe_load(toc.read_text("utf-8")))
    return listed


def make(build: Build, jobs: int = 1) -> Path:
    """Build the HTML of ``build`` with ``jobs`` processes and return its first page.

    Raises ``RuntimeError`` when Sphinx warns, fails or leaves a page out, or a page is too heavy, ``OSError``
    when the machine is what stops it.
    """
    # imported here: two seconds that no other command needs
    from jupyter_book.sphinx import build_sphinx

    root = build.project.root
    config = root / "_config.yml"
    toc = root / "_toc.yml"
    public = repository(build.project)
    messages = io.StringIO()  # kept back: on a full disk there is one for each page
    with contextlib.redirect_stderr(messages):
        result = build_sphinx(
            root,
            build.html,
            path_config=config,
            noconfig=True,
            confoverrides={
                "external_toc_path": toc.as_posix(),
                "latex_individualpages": False,
                "widesym_build": str(build.directory),
                "widesym_claims": sha256(build.claims.read_text("utf-8")) if build.claims.is_file() else "",
                "widesym_style": _writers(),
                "widesym_repository": public and dataclasses.asdict(public),
            },
            doctreedir=build.directory / "doctrees",
            warningiserror=True,
            keep_going=True,
            quiet=True,
            jobs=jobs,
        )
    for worker in multiprocessing.active_children():  # of a build that failed: nobody hears them any more
        worker.terminate()
    if result != 0:
        fault = found(f"{result}\n{messages.getvalue()}")
        if fault is not None:
            raise fault
        sys.stderr.write(messages.getvalue())
        raise RuntimeError(f"Sphinx could not build the book ({result}); its messages are above")
    listed = listed_pages(toc)
    missing = [name for name in listed if not (build.html / f"{name}.html").is_file()]
    if missing:
        raise RuntimeError(f"no HTML was made for {', '.join(missing)}")
    weight.drop_unused(build.html)
    excesses = weight.excesses(build.html)
    if excesses:
        raise RuntimeError("\n".join(excesses))
    title = yaml.safe_load(config.read_text("utf-8"))["title"]
    index = build.html / "index.html"
    index.write_text(_REDIRECT.format(title=title, first=f"{listed[0]}.html"), "utf-8")
    return index


def _writers() -> str:
    """Digest what writes a page besides Sphinx: static files, and the code of the extension."""
    static = "".join(path.read_text("utf-8") for path in sorted(STYLE.parent.iterdir()))
    return sha256(static + fingerprint("widesym.book.sphinx.extension"))


def main(arguments: list[str] | None = None) -> int:
    """Build the HTML of a prepared build: ``python -m widesym.book.sphinx.html BUILD_FOLDER [PROCESSES]``."""
    folder, *jobs = sys.argv[1:] if arguments is None else arguments
    build = load_build(folder)
    # documents are trees that point to their parents, and nearly all live until the end: to look for
    # those that do not is a sixth of the time
    gc.disable()
    try:
        make(build, *map(int, jobs))
        (build.html / ".built").touch()
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(told(error, build.html), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
