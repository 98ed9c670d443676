r"""The sources of the library as pages of their own, one a module, light: what a link ``[source]`` opens.

A page of Sphinx carries the whole table of contents; with some 200 modules that weighs more than the book.
These pages hold the text, coloured where it helps (keywords, texts, comments, what is defined), an anchor at
each public name, and the way back to the documentation.
"""

from __future__ import annotations

import html
import json
import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pygments
from pygments import highlight
from pygments.filter import simplefilter
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, String, Text

from widesym.book import library
from widesym.book.project import sha256, write_if_changed
from widesym.fingerprint import fingerprint

FOLDER = "source"
_COLOURED = (Comment, Keyword, Number, String, Name.Function, Name.Class, Name.Decorator)
_PAGE = """<!doctype html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}: source</title>
<script>
const chosen = localStorage.getItem("theme");
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme =
  chosen === "dark" || chosen === "light" ? chosen : dark ? "dark" : "light";
</script>
<link rel="stylesheet" href="{up}_static/pygments.css">
<link rel="stylesheet" href="{up}_static/source.css">
</head>
<body>
<header><a href="{up}book/{page}.html#module-{name}">Back to the documentation</a></header>
<main class="highlight">
<h1>{name}</h1>
<pre>{code}</pre>
</main>
</body>
</html>
"""


def address(docname: str, module: str, name: str = "") -> str:
    """Return the address of a module's source, seen from a page, at ``name`` in it."""
    up = "../" * docname.count("/")
    return f"{up}{_file(module)}" + (f"#{name}" if name else "")


def write(folder: Path, pages: Mapping[str, str], jobs: int = 1) -> None:
    """Write the sources of modules under a folder of HTML and remove others; ``pages`` document them.

    A source that is there as it would be written is left alone; the others are dealt to ``jobs`` processes.
    """
    wanted = {folder / _file(module): (library.read(module), page) for module, page in pages.items()}
    changed = [(path, *of) for path, of in wanted.items() if not _is_there(path, *of)]
    jobs = min(jobs, len(changed))
    if jobs > 1:
        with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
            # consumed, so that an error of a process is one of this
            list(pool.map(_write, changed, chunksize=4))
    else:
        for one in changed:
            _write(one)
    for path in (folder / FOLDER).rglob("*.html"):
        if path not in wanted:
            path.unlink()


def page_of(module: library.Module, page: str) -> str:
    """Return the source of a module as HTML; ``page`` documents it."""
    lexer = PythonLexer(stripnl=False)
    lexer.add_filter(_few_colours())
    lines = highlight(module.path.read_text("utf-8"), lexer, HtmlFormatter(nowrap=True)).split("\n")
    for entry in module.entries:
        members = [(f"{entry.name}.{member.name}", member) for member in entry.members]
        for name, one in [(entry.name, entry), *members]:
            lines[one.line - 1] = f'<a id="{html.escape(name)}"></a>{lines[one.line - 1]}'
    up = "../" * _file(module.name).count("/")
    body = _PAGE.format(name=module.name, page=page, up=up, code="\n".join(lines))
    return body + _mark(module, page)


def _write(one: tuple[Path, library.Module, str]) -> None:
    path, module, page = one
    write_if_changed(path, page_of(module, page))


def _is_there(path: Path, module: library.Module, page: str) -> bool:
    return path.is_file() and path.read_text("utf-8").endswith(_mark(module, page))


def _mark(module: library.Module, page: str) -> str:
    """Return the last line of a page: a digest of all that it is made from."""
    made_from = (module.path.read_text("utf-8"), page, pygments.__version__, fingerprint(__name__))
    return f"<!-- {sha256(json.dumps(made_from))} -->\n"


@simplefilter
def _few_colours(self, lexer, stream, options):
    for kind, text in stream:
        yield (kind if any(kind in wanted for wanted in _COLOURED) else Text), text


def _file(module: str) -> str:
    return f"{FOLDER}/{module.replace('.', '/')}.html"
