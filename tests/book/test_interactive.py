"""Interactive figures in the built book: one copy of Plotly, loaded where needed, from relative addresses."""

import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import plotly.graph_objects as go
import pytest

from widesym.book.project import Build, Project, sha256
from widesym.book.sphinx import extension, figure_data
from widesym.figures.interactive import MARK, Interactive


def loaded(body):
    added = []
    app = SimpleNamespace(add_js_file=lambda name, **how: added.append((name, how)))
    context = {} if body is None else {"body": body}
    extension._load_plotly(app, "page", "page.html", context, None)
    return added


def test_scripts_are_loaded_where_there_is_a_figure_and_in_order():
    deferred = {"loading_method": "defer"}
    expected = [("plotly.min.js", deferred), ("interactive.js", deferred)]
    assert loaded(f'<p>…</p><div class="{MARK}" role="figure">') == expected


@pytest.mark.parametrize("body", [None, "", f"<p>the class {MARK} is named in a text</p>"])
def test_other_pages_load_nothing(body):
    assert loaded(body) == []


def test_the_script_that_draws_knows_the_names_that_the_html_uses():
    text = extension._INTERACTIVE.read_text("utf-8")
    assert set(re.findall(r"\.(widesym-[a-z-]+)", text)) == {MARK, f"{MARK}-plot"}
    style = extension.STYLE.read_text("utf-8")
    assert f".{MARK}-plot" in style and "--height" in style
    assert extension._PLOTLY.is_file() and extension._PLOTLY.stat().st_size > 1e6


def publish(build, name, outputs):
    """Put an executed notebook where the HTML is made from, as a build would."""
    text = (build.project.book / f"{name}.md").read_text("utf-8")
    figure = {"mystnb": {"figure": {"name": "fig-points", "caption": "Points."}}} if outputs else {}
    code = nbformat.v4.new_code_cell("1", outputs=outputs, metadata=figure)
    cells = [nbformat.v4.new_markdown_cell("# Title"), code]
    notebook = nbformat.v4.new_notebook(
        cells=cells, metadata={"widesym": {"source": sha256(text), "key": "k"}}
    )
    for path, content in (
        (build.notebook(name), nbformat.writes(notebook)),
        (build.key(name), '{"digest": "k"}'),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")


def test_the_book_draws_offline_at_any_depth(tiny_book):
    alt = "Two points, the second one above the first."
    bundle = Interactive(go.Figure(go.Scatter(y=[1, 2])), alt)._repr_mimebundle_()
    source = {"name": "toy-1", "scale": "live", "profile": "quick", "source": "", "config": []}
    bundle |= {figure_data.MIME: {"version": 1, "csv": "", "sources": [source]}}
    tiny_book.page("deep/page", ["1"])
    tiny_book.toc("intro", "deep/page")
    build = Build(Project(tiny_book.root), "default")
    build.save()
    publish(build, "intro", [])
    publish(build, "deep/page", [nbformat.v4.new_output("display_data", bundle)])
    done = tiny_book.module("widesym.book.sphinx.html", str(build.directory))
    assert done.returncode == 0, done.stdout + done.stderr
    static = build.html / "_static"
    assert (static / "plotly.min.js").read_bytes() == extension._PLOTLY.read_bytes()
    page = build.html / "book" / "deep" / "page.html"
    text = page.read_text("utf-8")
    assert f'class="{MARK}"' in text and "application/vnd.plotly" not in text
    sources = re.findall(r'<script defer="defer" src="([^"?]+)[^"]*"></script>', text)
    drawing = [source for source in sources if Path(source).name in ("plotly.min.js", "interactive.js")]
    assert drawing == ["../../_static/plotly.min.js", "../../_static/interactive.js"]
    assert all((page.parent / source).resolve().is_file() for source in drawing)
    assert "plotly" not in (build.html / "book" / "intro.html").read_text("utf-8")
    # the size of the page is that of the figure, not of the library
    assert page.stat().st_size < 100_000
