r"""Below each figure: what was run for it, and the numbers behind it for download.

A figure's output in an executed page carries its data (`widesym.figures.enclosure`). When Sphinx has read the
page, this module adds a line below the caption, made from the provenance of the results and so true for
whatever parameters the page was run with, and links to

    _downloads/figures/NAME.csv    what is plotted
    _downloads/results/RESULT.npz  the arrays of each result that is shown, once for all figures

which are written when the HTML is. A picture of Matplotlib is a link to itself at full size; one of the class
``wide`` may be as wide as the page, margin included, and on a narrow screen scrolls inside its frame, never
smaller than is legible.

A figure cell must have a name, a caption and an alternative text, and its output the data: what is missing is
a warning, which ``-W`` turns into a failed build.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from docutils import nodes
from sphinx.util import logging
from sphinx.util.images import get_image_size
from sphinx.util.osutil import relative_uri

from widesym.book.project import load_build
from widesym.figures.marks import MARK, MIME

LOGGER = logging.getLogger(__name__)
FIGURES, RESULTS = "_downloads/figures", "_downloads/results"
_SCALES = {"live": "this run", "record": "record"}
_WIDE = "full-width"  # the theme's class: it steps out of the column, and the contents step aside
_PIXEL = 96 / 160  # of CSS, of a picture of 160 dots an inch
_LEAST = 0.8  # of its size is what a figure may be shrunk to: its text has 10 points, and needs 8
_SENTENCE = 6  # words at least
_SHOWN = 6  # values of a sequence that are spelled out


class FigureCell(NamedTuple):
    """A cell that shows a figure: its name, caption, alternative text and what its output carries."""

    name: str
    caption: str
    alt: str
    data: Mapping[str, Any] | None


class figure_data(nodes.General, nodes.Element):  # noqa: N801, a node of docutils
    """The line below a caption: ``lines`` (texts) and ``files`` ((words, path from the root), …)."""


def figure_cells(notebook: nbformat.NotebookNode) -> list[FigureCell]:
    """Return the cells of an executed notebook that show a picture, or say that they do."""
    found = []
    for cell in notebook.cells:
        bundles = [output.data for output in cell.get("outputs", ()) if "data" in output]
        options = cell.metadata.get("mystnb", {})
        said = options.get("figure") or {}
        drawn = [data for data in bundles if f'class="{MARK}"' in data.get("text/html", "")]
        if not said and not drawn and not any(name.startswith("image/") for data in bundles for name in data):
            continue
        alt = (options.get("image") or {}).get("alt", "")
        if not alt and drawn:  # an interactive figure brings its own
            alt = drawn[0]["text/plain"]
        data = next((data[MIME] for data in bundles if MIME in data), None)
        found.append(FigureCell(said.get("name", ""), said.get("caption", ""), alt, data))
    return found


def lacks(cell: FigureCell) -> list[str]:
    """Return what a figure lacks that every figure of the book has, in words."""
    found = [
        words
        for words, there in (("a name", cell.name), ("a caption", cell.caption), ("a text (alt)", cell.alt))
        if not there.strip()
    ]
    alt = " ".join(cell.alt.split())
    if alt and (
        len(alt.split()) < _SENTENCE or "the caption" in alt or alt == " ".join(cell.caption.split())
    ):
        found.append("an alt that says in a sentence what is seen, not the caption again")
    if cell.data is None:
        found.append("data: draw it inside widesym.figures.style.style(result)")
    elif not cell.data["sources"]:
        found.append("results: hand them to widesym.figures.style.style(result)")
    return found


def settings(source: Mapping[str, Any]) -> str:
    """Return what was run, in words: the profile, the seed, where images come from, sizes and repetitions.

    Sizes and repetitions are the whole numbers of the config, single or in sequences, by the names that a
    page changes them by; those that are 0 are left out.
    """
    config = dict(source["config"])
    profile, changed, _ = str(source["profile"]).partition(" with ")  # what was changed is among the numbers
    words = [f"profile {profile}{', changed' if changed else ''}"]
    seed = config.pop("seed", None)
    words += [] if seed is None else [f"seed {seed}"]
    words += [f"images: {source['source']}"] if source["source"] else []
    for name, value in config.items():
        numbers = _numbers(value)
        if numbers and any(numbers):
            words.append(f"{name.replace('_', ' ')} {_spelled(numbers)}")
    return ", ".join(words)


def _numbers(value: Any) -> list[int]:
    """The whole numbers of a config's value; of sequences in a sequence each once, in order."""
    if type(value) is int:
        return [value]
    if not isinstance(value, list):
        return []
    if all(type(each) is int for each in value):
        return value if len(set(value)) > 1 else value[:1]
    inner = [_numbers(each) for each in value]
    return sorted({number for numbers in inner for number in numbers}) if all(inner) else []


def _spelled(numbers: list[int]) -> str:
    if len(numbers) <= _SHOWN:
        return " / ".join(f"{number:,}" for number in numbers)
    return f"{min(numbers):,} to {max(numbers):,} ({len(numbers)})"


def line_of(cell: FigureCell) -> figure_data:
    """Return the node that stands below the caption of a figure with data."""
    sources = cell.data["sources"]
    titles = _titles(sources)
    lines = [
        f"{title[0].upper()}{title[1:]}: {settings(source)}."
        for title, source in zip(titles, sources, strict=True)
    ]
    files = [("CSV", f"{FIGURES}/{cell.name}.csv")] if cell.data["csv"] else []
    for title, source in zip(titles, sources, strict=True):
        files.append((f"NPZ ({title})" if len(sources) > 1 else "NPZ", f"{RESULTS}/{source['name']}.npz"))
    return figure_data("", lines=lines, files=files)


def _titles(sources: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what each result of a figure is called; of several alike, what sets them apart is named."""
    titles = []
    for number, source in enumerate(sources, 1):
        title, mine = _SCALES[source["scale"]], dict(source["config"])
        alike = [dict(other["config"]) for other in sources if other["scale"] == source["scale"]]
        if len(alike) > 1:
            names = [name for name, value in mine.items() if isinstance(value, str)]
            apart = [name for name in names if any(other.get(name) != mine[name] for other in alike)]
            title += f" {number}" + "".join(f", {name.replace('_', ' ')} {mine[name]}" for name in apart)
        titles.append(title)
    return titles


def _page(app, docname: str) -> Path | None:
    """Return the executed notebook of a document, None for one that is no executed page."""
    build = load_build(app.config.widesym_build)
    path = Path(app.env.doc2path(docname))
    if not path.is_relative_to(build.project.book):
        return None
    notebook = build.notebook(path.relative_to(build.project.book).with_suffix("").as_posix())
    return notebook if notebook.is_file() else None


def _on_doctree_read(app, doctree) -> None:
    docname = app.env.docname
    path = _page(app, docname)
    if path is None:
        return
    shown = {name: node for node in doctree.findall(nodes.figure) for name in node["names"]}
    for cell in figure_cells(nbformat.read(path, as_version=4)):
        for words in lacks(cell):
            LOGGER.warning(
                "page %s: figure %s lacks %s", docname, cell.name or "without a name", words, type="widesym"
            )
        node = shown.get(nodes.fully_normalize_name(cell.name))
        if node is not None:
            _dress(node, cell, app.srcdir)


def _dress(node: nodes.figure, cell: FigureCell, srcdir: str) -> None:
    """Add the line to a figure, and let its picture lead to itself."""
    if cell.data is not None:
        legend = next((child for child in node.children if isinstance(child, nodes.legend)), None)
        if legend is None:
            legend = nodes.legend()
            node += legend
        legend += line_of(cell)
    for picture in list(node.findall(nodes.image)):
        if "wide" in picture["classes"]:
            node["classes"].append(_WIDE)
        # the writer of HTML knows the size of no file, this event does
        size = get_image_size(Path(srcdir) / picture["uri"])
        legible = round(size[0] * _PIXEL * _LEAST) if size else 0
        picture.replace_self(figure_picture("", picture.deepcopy(), legible=legible))


class figure_picture(nodes.General, nodes.Element):  # noqa: N801
    """An image in a frame that links to its file; ``legible`` is its least width in CSS pixels."""


def _visit_picture(self, node) -> None:
    image = node.children[0]
    name = self.builder.images.get(image["uri"], "")
    address = html.escape(f"{self.builder.imgpath}/{name}", quote=True)
    words = html.escape("Open the figure at full size", quote=True)
    least = f' style="--legible: {node["legible"]}px"' if node["legible"] else ""
    self.body.append(f'<a class="widesym-picture" href="{address}" title="{words}"{least}>')


def _depart_picture(self, node) -> None:
    self.body.append("</a>")


def _visit_data(self, node) -> None:
    here = self.builder.get_target_uri(self.builder.current_docname)
    links = " · ".join(
        f'<a download href="{html.escape(relative_uri(here, path), quote=True)}">{html.escape(words)}</a>'
        for words, path in node["files"]
    )
    lines = "<br>".join(html.escape(line) for line in node["lines"])
    self.body.append(f'<p class="widesym-source">{lines}<br>Data: {links}</p>')
    raise nodes.SkipNode


def _skip(self, node) -> None:
    raise nodes.SkipNode


def _pass(self, node) -> None:
    pass


def write(outdir: Path, cells: Iterable[FigureCell]) -> set[Path]:
    """Write the files that the figures offer, each once; return their paths."""
    written = set()
    for cell in cells:
        if cell.data is None:
            continue
        if cell.data["csv"]:
            written.add(_write(outdir / FIGURES / f"{cell.name}.csv", cell.data["csv"].encode()))
        for source in cell.data["sources"]:
            if "npz" in source:  # the first figure of a page that shows the result carries it
                path = outdir / RESULTS / f"{source['name']}.npz"
                written.add(_write(path, base64.b64decode(source["npz"])))
    return written


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _on_build_finished(app, error) -> None:
    if error is not None or app.builder.format != "html":
        return
    cells = []
    for docname in sorted(app.env.found_docs):
        path = _page(app, docname)
        if path is not None:
            cells += figure_cells(nbformat.read(path, as_version=4))
    written = write(app.outdir, cells)
    for folder in (FIGURES, RESULTS):  # of figures that have gone, or were made with other parameters
        for path in (app.outdir / folder).glob("*"):
            if path not in written:
                path.unlink()


def setup(app) -> None:
    """Register the nodes and events; called by `widesym.book.sphinx.extension`."""
    others = {"latex": (_skip, None), "text": (_skip, None), "man": (_skip, None), "texinfo": (_skip, None)}
    app.add_node(figure_data, html=(_visit_data, None), **others)
    plain = {name: (_pass, _pass) for name in others}
    app.add_node(figure_picture, html=(_visit_picture, _depart_picture), **plain)
    app.connect("doctree-read", _on_doctree_read)
    app.connect("build-finished", _on_build_finished)
