"""Below each figure of the built book: what was run, and files that hold what was plotted."""

import base64
import csv
import io
import re

import nbformat
import numpy as np

from widesym.book.pages import discover, notebook_of
from widesym.book.project import Build, Project, sha256
from widesym.book.sphinx.figure_data import FigureCell, figure_cells, lacks, line_of, settings
from widesym.figures.enclosure import MIME
from widesym.study.provenance import project_root

PNG = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
).decode()
ALT = "A line that falls from one to zero and stays."
CAPTION = "Errors against $N$."


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return base64.b64encode(buffer.getvalue()).decode()


def source(name="toy.widths-01234567", scale="live", **more):
    config = {"sizes": [5, 10], "repetitions": 3, "noise": 0.5, "seed": 7, "parts": [0, 0], "exact": True}
    given = {"experiment": "toy.widths", "profile": "quick", "source": ""}
    return {"name": name, "scale": scale, "config": list(config.items()), **given, **more}


def cell(*sources, csv="panel,x\n1,2\n", figure=None, alt=ALT, data=True):
    figure = {"name": "fig-toy", "caption": CAPTION} if figure is None else figure
    bundle = {"image/png": PNG, "text/plain": "<Figure>"}
    if data:
        bundle[MIME] = {"version": 1, "csv": csv, "sources": list(sources)}
    options = {"figure": figure, "image": {"alt": alt, "classes": "wide"}}
    output = nbformat.v4.new_output("display_data", bundle)
    return nbformat.v4.new_code_cell("draw()", outputs=[output], metadata={"mystnb": options})


def book(tiny_book, *cells):
    """Build the HTML of a tiny book whose page ``deep/page`` has these cells."""
    tiny_book.page("deep/page", ["1"])
    tiny_book.toc("intro", "deep/page")
    build = Build(Project(tiny_book.root), "default")
    build.save()
    for name, content in (("intro", []), ("deep/page", list(cells))):
        text = (build.project.book / f"{name}.md").read_text("utf-8")
        cells = [nbformat.v4.new_markdown_cell("# Title"), *content]
        told = {"widesym": {"source": sha256(text), "key": "k"}}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=told)
        for path, words in (
            (build.notebook(name), nbformat.writes(notebook)),
            (build.key(name), '{"digest": "k"}'),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(words, "utf-8")
    done = tiny_book.module("widesym.book.sphinx.html", str(build.directory))
    return build, done


def test_the_book_offers_the_data_of_a_figure(tiny_book):
    stale = Build(Project(tiny_book.root), "default").html / "_downloads" / "figures" / "fig-old.csv"
    stale.parent.mkdir(parents=True)
    stale.write_text("of another build")
    live = source(npz=npz(errors=np.arange(4.0)))
    record = source("toy.widths-89abcdef", "record", npz=npz(errors=np.ones(2)), profile="paper")
    build, done = book(tiny_book, cell(live, record))
    assert done.returncode == 0, done.stdout + done.stderr
    page = build.html / "book" / "deep" / "page.html"
    text = page.read_text("utf-8")
    figure = re.search(r"<figure.*?</figure>", text, re.DOTALL).group()
    assert "This run: profile quick, seed 7, sizes 5 / 10, repetitions 3." in figure
    assert "Record: profile paper" in figure and CAPTION.split("$")[0] in figure
    links = dict(re.findall(r'<a download href="([^"]+)">([^<]+)</a>', figure))
    assert list(links.values()) == ["CSV", "NPZ (this run)", "NPZ (record)"]
    files = [(page.parent / address).resolve() for address in links]
    assert files[0].name == "fig-toy.csv" and list(csv.reader(files[0].read_text().splitlines())) == [
        ["panel", "x"],
        ["1", "2"],
    ]
    np.testing.assert_array_equal(np.load(files[1])["errors"], np.arange(4.0))
    np.testing.assert_array_equal(np.load(files[2])["errors"], np.ones(2))
    assert not stale.exists()
    # the picture leads to itself, and may step into the margin
    address = re.search(r'<a class="widesym-picture" href="([^"]+)"', figure).group(1)
    assert (page.parent / address).resolve().read_bytes() == base64.b64decode(PNG)
    assert f'alt="{ALT}"' in figure and "full-width" in figure.split(">")[0]
    # the notebook for download is not twice as large
    assert MIME not in (build.html / "_sources" / "book" / "deep" / "page.ipynb").read_text("utf-8")
    assert MIME not in text


def test_a_figure_that_lacks_something_fails_the_build(tiny_book):
    others = [{"name": f"fig-{number}", "caption": CAPTION} for number in range(2)]
    _, done = book(
        tiny_book,
        cell(source(), figure={"name": "fig-plain"}),
        cell(source(), figure={"caption": CAPTION}),
        cell(source(), figure=others[0], alt=""),
        cell(figure=others[1], data=False),
    )
    told = done.stdout + done.stderr
    assert done.returncode == 1
    lacking = {"fig-plain": "a caption", "without a name": "a name", "fig-0": "a text (alt)", "fig-1": "data"}
    for name, words in lacking.items():
        assert f"figure {name} lacks {words}" in told


def test_what_a_figure_must_have():
    whole = FigureCell("fig", CAPTION, ALT, {"csv": "", "sources": [source()]})
    assert lacks(whole) == []
    assert len(lacks(whole._replace(alt="A plot."))) == 1
    assert len(lacks(whole._replace(alt="Six panels with dots; described in the caption."))) == 1
    assert len(lacks(whole._replace(caption=ALT))) == 1
    assert len(lacks(whole._replace(data={"csv": "x", "sources": []}))) == 1


def test_settings_follow_the_config():
    given = source(source="synthetic family")
    assert settings(given) == ("profile quick, seed 7, images: synthetic family, sizes 5 / 10, repetitions 3")
    given["config"] = [
        ("seed", 1), ("widths", [[8, 16], [8, 4]]), ("draws", [6, 6, 6]), ("grid", list(range(1, 10))),
    ]  # fmt: skip
    assert settings(given).endswith(
        "seed 1, images: synthetic family, widths 4 / 8 / 16, draws 6, grid 1 to 9 (9)"
    )
    given["config"] = [("networks", ["VEC"]), ("rates", [0.5]), ("none_left", 0), ("train_size", 60000)]
    assert settings(given).endswith("family, train size 60,000")
    assert settings(given | {"profile": "paper with train=5"}).startswith("profile paper, changed, images")


def test_results_alike_are_told_apart_by_what_differs():
    given = [
        source(name) | {"config": [("seed", 1), ("first_start", start), ("where", "here")]}
        for name, start in (("a", "plain"), ("b", "silent"))
    ]
    line = line_of(FigureCell("fig", CAPTION, ALT, {"csv": "", "sources": [*given, source("c", "record")]}))
    said = [text.partition(":")[0] for text in line["lines"]]
    assert said == ["This run 1, first start plain", "This run 2, first start silent", "Record"]
    assert [words for words, _ in line["files"]] == [
        "NPZ (this run 1, first start plain)", "NPZ (this run 2, first start silent)", "NPZ (record)"
    ]  # fmt: skip


def test_an_interactive_figure_brings_its_own_text():
    html = '<div class="widesym-interactive" role="figure"></div>'
    bundle = {"text/html": html, "text/plain": ALT, MIME: {"csv": "", "sources": []}}
    shown = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("display_data", bundle)])
    plain = nbformat.v4.new_code_cell("2", outputs=[nbformat.v4.new_output("stream", text="2")])
    (found,) = figure_cells(nbformat.v4.new_notebook(cells=[shown, plain]))
    assert found.alt == ALT and found.data == {"csv": "", "sources": []} and found.name == ""


def test_every_figure_of_the_pages_is_named_captioned_and_described():
    """The pages as they are written; that the outputs have their data is checked at every build."""
    names, project = [], Project(project_root())
    for page in discover(project):
        if not page.executable:
            continue

        for each in notebook_of(page.path.read_text("utf-8")).cells:
            figure = each.metadata.get("mystnb", {}).get("figure")
            if figure is None:
                continue
            names.append(figure["name"])
            assert re.fullmatch(r"fig-[a-z0-9-]+", figure["name"]), (page.name, figure)
            assert len(figure["caption"].split()) >= 10, (page.name, figure["name"])
            image = each.metadata["mystnb"].get("image")
            if image is not None:
                made = FigureCell(
                    figure["name"], figure["caption"], image["alt"], {"csv": "", "sources": [1]}
                )
                assert lacks(made) == [], (page.name, figure["name"])
    assert len(names) == len(set(names)) >= 60
