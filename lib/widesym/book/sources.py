r"""The sources of the library as pages of their own, one a module, light: what a link ``[source]`` opens.

A page of Sphinx carries the whole table of contents; with some 200 modules that weighs more than the book.
These pages hold the text, coloured where it helps (keywords, texts, comments, what is defined), an anchor at
each public name, and the way back to the documentation.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path

from pygments import highlight
from pygments.filter import simplefilter
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, String, Text

from widesym.book import library
from widesym.book.project import write_if_changed

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


def write(folder: Path, pages: Mapping[str, str]) -> None:
    """Write the sources of modules under a folder of HTML and remove others; ``pages`` document them."""
    for module, page in pages.items():
        write_if_changed(folder / _file(module), page_of(library.read(module), page))
    kept = {folder / _file(module) for module in pages}
    for path in (folder / FOLDER).rglob("*.html"):
        if path not in kept:
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
    return _PAGE.format(name=module.name, page=page, up=up, code="\n".join(lines))


@simplefilter
def _few_colours(self, lexer, stream, options):
    for kind, text in stream:
        yield (kind if any(kind in wanted for wanted in _COLOURED) else Text), text


def _file(module: str) -> str:
    return f"{FOLDER}/{module.replace('.', '/')}.html"
