"""The Sphinx extension: pages are read through their executed notebooks."""

import inspect
import json
from types import SimpleNamespace

import myst_nb.sphinx_
import nbformat
import pytest
from myst_nb.core.config import NbParserConfig
from myst_parser.config.main import MdParserConfig

from widesym.book.project import Build, Project, sha256
from widesym.book.sphinx import extension


@pytest.fixture
def build(tiny_book):
    return Build(Project(tiny_book.root))


@pytest.fixture
def warnings(monkeypatch):
    told = []
    logger = SimpleNamespace(warning=lambda text, *values, **more: told.append(text % values))
    monkeypatch.setattr(extension, "LOGGER", logger)
    return told


def read(build, name):
    path = build.project.book / f"{name}.md"
    text = path.read_text()
    reader = extension.reader_for(build)(str(path), MdParserConfig(), NbParserConfig(), text)
    return None if reader is None else reader.read(text)


def publish(build, name, *, key="k", source=None):
    text = (build.project.book / f"{name}.md").read_text()
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text="executed")])
    told = {"source": sha256(text) if source is None else source, "key": key}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widesym": told})
    for path, content in (
        (build.notebook(name), nbformat.writes(notebook)),
        (build.key(name), '{"digest": "k"}'),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def test_myst_nb_still_reads_through_the_function_that_is_wrapped():
    """The one internal of MyST-NB this relies on: same name, same arguments, looked up at each call."""
    parameters = list(inspect.signature(extension._CREATE_NB_READER).parameters)
    assert parameters == ["path", "md_config", "nb_config", "content"]
    assert "create_nb_reader(document_path, md_config, nb_config, inputstring)" in inspect.getsource(
        myst_nb.sphinx_.Parser.parse
    )


def test_fresh_page_is_read_with_its_outputs(build, warnings):
    publish(build, "one")
    assert read(build, "one").cells[0].outputs[0].text == "executed"
    assert warnings == []


@pytest.mark.parametrize("how", [{"key": "old"}, {"source": "old"}])
def test_stale_page_warns(build, warnings, how):
    publish(build, "one", **how)
    assert read(build, "one") is not None
    assert len(warnings) == 1 and "page one" in warnings[0] and "stale" in warnings[0]


def test_missing_page_warns(build, warnings):
    assert not any(cell.get("outputs") for cell in read(build, "one").cells)
    assert len(warnings) == 1 and "missing" in warnings[0]


def test_text_page_is_left_to_the_ordinary_reader(build, warnings):
    (build.project.book / "plain.md").write_text("# Plain\n\nText.\n")
    assert read(build, "plain") is None and warnings == []


def test_state_of_the_front_matter_is_the_pages(build, warnings):
    publish(build, "one")
    assert read(build, "one").metadata["kernelspec"]["name"] == "python3"
    assert json.loads(build.notebook("one").read_text())["metadata"].get("kernelspec") is None


def test_unused_mathjax_is_dropped_and_the_used_kept(tmp_path):
    mathjax = tmp_path / "_static" / "mathjax"
    kept = ("tex-chtml.js", "output/chtml/fonts/woff-v2/a.woff")
    for name in (*kept, "sre/speech.js", "tex-svg.js", "output/svg.js"):
        (mathjax / name).parent.mkdir(parents=True, exist_ok=True)
        (mathjax / name).write_text("")
    extension._drop_unused_mathjax(SimpleNamespace(outdir=tmp_path), None)
    left = {path.relative_to(mathjax).as_posix() for path in mathjax.rglob("*") if path.is_file()}
    assert left == set(kept) and not (mathjax / "sre").exists()
