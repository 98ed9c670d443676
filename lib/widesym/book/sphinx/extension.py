r"""The Sphinx extension: a page is read through its executed notebook.

When Sphinx reads ``book/X.md``, MyST-NB asks ``create_nb_reader`` for a reader
of the text.  This extension wraps that one function: for a page of a build the
reader returns ``pages/X.ipynb`` instead, outputs included.  The ``.md`` stays
the page, so source, edit and download links come out right.

A page whose executed notebook is missing, or was made from another text or
another key, gives a warning, which ``-W`` turns into a failed build: the book
never shows numbers of code that is no longer there.

The extension also adds the book's style sheet, loads the one copy of Plotly on
pages with an interactive figure, and drops the parts of MathJax that the book
does not load (22 of 24 MB).
"""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import nbformat
import plotly
from myst_nb import sphinx_ as myst_nb_sphinx
from sphinx.util import logging

from widesym.book import launch
from widesym.book.board import MARK as BOARD
from widesym.book.pages import front_matter
from widesym.book.pipeline.execute import state
from widesym.book.project import STYLE, Build, load_build
from widesym.book.sphinx import claim_boxes, figure_data, outdated, reference, run_panel, theme, workers
from widesym.book.sphinx.downloads import offered
from widesym.figures.marks import MARK

LOGGER = logging.getLogger(__name__)
# the one internal this relies on; kept as found, so that a second build in one process does not wrap twice
_CREATE_NB_READER = myst_nb_sphinx.create_nb_reader
# what tex-chtml.js loads: its own file, the woff fonts, and nothing else
_MATHJAX_KEPT = ("tex-chtml.js", "output/chtml/fonts/woff-v2")
# Plotly's script as its wheel brings it, and ours that draws with it, in the order of loading
_PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_INTERACTIVE = STYLE.with_name("interactive.js")


def reader_for(build: Build):
    """Wrap MyST-NB's ``create_nb_reader(path, md_config, nb_config, content)`` for ``build``."""

    def create_nb_reader(path, md_config, nb_config, content):
        reader = _CREATE_NB_READER(path, md_config, nb_config, content)
        source = Path(path)
        if reader is None or not source.is_relative_to(build.project.book) or source.suffix != ".md":
            return reader
        page = source.relative_to(build.project.book).with_suffix("").as_posix()
        text = source.read_text("utf-8")
        found = state(build, page, text)
        if found != "fresh":
            LOGGER.warning(
                "page %s: executed notebook is %s; run: widesym book --profile %s",
                page,
                found,
                build.profile,
                type="widesym",
                subtype=found,
            )
        if found == "missing":
            return reader
        return dataclasses.replace(reader, read=lambda _: _executed(build, page, text))

    return create_nb_reader


def _executed(build: Build, page: str, text: str) -> nbformat.NotebookNode:
    """Return the executed notebook, with the line numbers of the page for messages."""
    notebook = nbformat.read(build.notebook(page), as_version=4)
    # the front matter counts as it is now, the rest of the metadata as executed
    notebook.metadata.update(nbformat.from_dict(front_matter(text)))
    return notebook


def _on_builder_inited(app) -> None:
    build = load_build(app.config.widesym_build)
    myst_nb_sphinx.create_nb_reader = reader_for(build)
    app.config.html_static_path.append(str(STYLE.parent))
    app.config.html_static_path.append(str(_PLOTLY))
    for name in (STYLE.name, "board.css", "boxes.css", "first-page.css"):
        app.add_css_file(name)
    app.add_css_file("print.css", media="print")
    # mathematics may stand in a table that a page computes, where Sphinx does not see it
    app.set_html_assets_policy("always")


def _on_source_read(app, docname: str, source: list[str]) -> None:
    """Make the page depend on its executed notebook, so that a new one is read again."""
    build = load_build(app.config.widesym_build)
    path = Path(app.env.doc2path(docname))
    if path.is_relative_to(build.project.book) and "format_name: myst" in source[0][:2000]:
        page = path.relative_to(build.project.book).with_suffix("").as_posix()
        app.env.note_dependency(str(build.notebook(page)))
        app.env.note_dependency(str(build.key(page)))


def _load_plotly(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load Plotly on a page that has an interactive figure; Sphinx makes the address relative."""
    if f'class="{MARK}"' in context.get("body", ""):
        for path in (_PLOTLY, _INTERACTIVE):
            # deferred scripts run in their order, when the page is there
            app.add_js_file(path.name, loading_method="defer")


def _load_board(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load the script that sorts and filters on the page that has the scoreboard."""
    if f'class="table {BOARD}"' in context.get("body", ""):
        app.add_js_file("board.js", loading_method="defer")


def _on_html_page_context(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Offer the executed notebook for download; the theme does so only beside a launch button."""
    build = load_build(app.config.widesym_build)
    path = app.srcdir / f"{pagename}.md"
    if not path.is_relative_to(build.project.book):
        return
    notebook = build.notebook(path.relative_to(build.project.book).with_suffix("").as_posix())
    if notebook.is_file():
        target = app.outdir / "_sources" / f"{pagename}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(offered(notebook.read_text("utf-8")), "utf-8")
        context["ipynb_source"] = f"{pagename}.ipynb"


def _drop_unused_mathjax(app, error) -> None:
    mathjax = Path(app.outdir) / "_static" / "mathjax"
    if error is not None or not mathjax.is_dir():
        return
    kept = [mathjax / name for name in _MATHJAX_KEPT]
    for path in sorted(mathjax.rglob("*"), reverse=True):
        if path.is_file() and not any(path == keep or keep in path.parents for keep in kept):
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            shutil.rmtree(path)


def setup(app):
    """Register the extension with Sphinx."""
    app.add_config_value("widesym_build", None, "env", [str])
    # Sphinx copies static files only when some page is written: an edited one rewrites them all, as code does
    app.add_config_value("widesym_style", None, "html", [str])
    # a page shows verdicts to which other pages contribute: other verdicts rewrite them all
    app.add_config_value("widesym_claims", None, "html", [str])
    workers.setup(app)
    claim_boxes.setup(app)
    run_panel.setup(app)
    reference.connect(app)
    app.connect("builder-inited", _on_builder_inited)
    app.connect("source-read", _on_source_read)
    launch.setup(app)
    outdated.setup(app)
    # before the theme makes its buttons
    app.connect("html-page-context", _on_html_page_context, priority=400)
    app.connect("html-page-context", _load_plotly)
    app.connect("html-page-context", _load_board)
    figure_data.setup(app)
    theme.setup(app)
    # after sphinx-mathjax-offline, which copies its files at the same event
    app.connect("build-finished", _drop_unused_mathjax, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
