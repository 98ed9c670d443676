"""Launching: where links lead, that there are none without a repository, and the cell that prepares Colab."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import pytest
import yaml

from widesym.book import launch
from widesym.book.pages import discover
from widesym.book.pipeline import keys
from widesym.book.project import Build, Project, find_project

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = launch.Repository("someone", "widesym")


@pytest.fixture
def colab():
    spec = importlib.util.spec_from_file_location("colab", ROOT / "tools" / "colab.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.delenv("WIDESYM_REPOSITORY", raising=False)
    (tmp_path / "book").mkdir()
    (tmp_path / "_toc.yml").touch()

    def configured(**repository):
        (tmp_path / "_config.yml").write_text(yaml.safe_dump({"repository": repository}))
        return Project(tmp_path)

    return configured


def test_links_lead_to_the_page_as_a_notebook():
    assert PUBLIC.binder("part/one") == (
        "https://mybinder.org/v2/gh/someone/widesym/main?urlpath=lab/tree/book/part/one.md"
    )
    assert PUBLIC.colab("part/one") == (
        "https://colab.research.google.com/github/someone/widesym/blob/notebooks/book/part/one.ipynb"
    )


def test_address_stands_in_the_config_and_the_variable_wins(project, monkeypatch):
    assert launch.repository(project(url="")) is None
    for address in ("https://github.com/a/b", "https://github.com/a/b/", "https://github.com/a/b.git"):
        assert launch.repository(project(url=address)).url == "https://github.com/a/b"
    assert launch.repository(project(url="https://github.com/a/b", branch="dev")).branch == "dev"
    monkeypatch.setenv("WIDESYM_REPOSITORY", "https://github.com/c/d/")
    assert launch.repository(project(url="https://github.com/a/b")).url == "https://github.com/c/d"


@pytest.mark.parametrize(
    "address", ["somewhere", "https://github.com/a", "https://example.org/a/b", "github.com/a/b"]
)
def test_address_of_nothing_is_refused(project, address):
    with pytest.raises(ValueError, match="is no address of a repository: WIDESYM_REPOSITORY, or url:"):
        launch.repository(project(url=address))


def test_address_in_the_wrong_place_is_told(project, tmp_path):
    named = project()
    (tmp_path / "_config.yml").write_text("repository: https://github.com/a/b\n")
    with pytest.raises(ValueError, match="_config.yml is 'https://github.com/a/b': write it below, as url:"):
        launch.repository(named)


def test_another_address_makes_the_html_anew(project, monkeypatch):
    project(url="")
    build = Build(project(url=""))
    before = keys.write_book(build, [])
    assert keys.write_book(build, []) == before
    monkeypatch.setenv("WIDESYM_REPOSITORY", "https://github.com/a/b")
    assert keys.write_book(build, []) != before


def test_buttons_are_there_with_a_repository_only(tiny_book):
    tiny_book.book()
    page = tiny_book.build("html", "book", "one.html")
    assert "mybinder" not in page.read_text("utf-8")
    done = tiny_book.run("book", "--cores", "2", WIDESYM_REPOSITORY="https://github.com/someone/widesym")
    assert done.returncode == 0, done.stderr
    links = re.findall(r'href="(https://(?:mybinder|colab)[^"]*)"', page.read_text("utf-8"))
    assert sorted(set(links)) == [PUBLIC.colab("one"), PUBLIC.binder("one")]
    # the first page shows what the others found: nothing to launch
    assert "mybinder" not in tiny_book.build("html", "book", "intro.html").read_text("utf-8")
    wrong = tiny_book.run("book", WIDESYM_REPOSITORY="nowhere")
    assert wrong.returncode == 2 and wrong.stderr.count("\n") == 1 and "no address" in wrong.stderr


def test_notebooks_for_colab_are_the_executed_pages_with_one_cell_more(
    tmp_path, tiny_book, monkeypatch, capsys
):
    monkeypatch.delenv("WIDESYM_REPOSITORY", raising=False)
    for name in ("intro", "one", "two"):
        path = tiny_book.build("pages", f"{name}.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1", id="a")]), path)
    build = Build(Project(tiny_book.root))
    build.save()
    folder, target = str(build.directory), str(tmp_path / "out")
    assert launch.main([folder, target]) == 2 and "no repository is named" in capsys.readouterr().err
    monkeypatch.setenv("WIDESYM_REPOSITORY", PUBLIC.url)
    assert launch.main([folder, target]) == 2 and "has no commit" in capsys.readouterr().err
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run([*git, "init", "-q"], cwd=tiny_book.root, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "m"], cwd=tiny_book.root, check=True)
    launch.provenance.commit.cache_clear()
    assert launch.main([folder, target]) == 0
    assert sorted(p.name for p in Path(target).rglob("*.ipynb")) == ["intro.ipynb", "one.ipynb", "two.ipynb"]
    first, second = nbformat.read(Path(target, "book", "one.ipynb"), as_version=4).cells
    head = launch.provenance.commit(tiny_book.root)[0]
    assert f"fetch -q --depth 1 {PUBLIC.url} {head} " in first.source and second.source == "1 + 1"


def test_cell_does_nothing_elsewhere_and_fetches_the_commit_on_colab(tmp_path, monkeypatch):
    """Run by IPython: a stand-in for Colab, a repository in a folder, and a script that says it ran."""
    origin = tmp_path / "origin"
    (origin / "tools").mkdir(parents=True)
    (origin / "tools" / "colab.py").write_text("import sys\nsys.prepared = 'first'\n")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "m"]):
        subprocess.run([*git, *words], cwd=origin, check=True)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=origin, capture_output=True, text=True
    ).stdout.strip()
    (origin / "tools" / "colab.py").write_text("import sys\nsys.prepared = 'second'\n")
    subprocess.run([*git, "commit", "-q", "-a", "-m", "m"], cwd=origin, check=True)
    source = launch._COLAB_CELL.format(url=origin.as_uri(), commit=head)
    program = textwrap.dedent(
        """
        import sys
        from IPython.core.interactiveshell import InteractiveShell
        shell, cell = InteractiveShell.instance(), sys.stdin.read()
        assert shell.run_cell(cell).success
        assert not hasattr(sys, "prepared")
        sys.modules["google.colab"] = sys
        for _ in range(2):
            assert shell.run_cell(cell).success
            assert sys.prepared == "first"
        """
    )
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, input=source, env=environment,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "widesym" / "tools" / "colab.py").is_file()


def test_colab_gets_what_every_page_imports(colab):
    """The pages' imports, in a process where nothing of what Colab does not get can be imported."""
    normal, alone = colab.requirements()
    listed = [*normal, *alone]
    assert any(name.startswith("jax") for name in normal) and alone == ["neural-tangents==0.6.5"]
    left_out = [name for name in _dependencies() if name not in listed]
    # distributions and modules have the same names, up to these
    modules = {re.split(r"[<>=\[]", name)[0].replace("-", "_") for name in left_out} - {"ipykernel"}
    assert {"jupyter_book", "jupytext", "papermill", "snakemake", "playwright", "pypdf", "psutil"} <= modules
    imports = "\n".join(sorted(_imports()))
    blocked = sorted(modules | {"myst_nb"})
    program = f"import sys\nfor name in {blocked!r}: sys.modules[name] = None\n{imports}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _dependencies():
    import tomllib

    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]


def _imports():
    import ast

    from widesym.book.pages import notebook_of

    for page in filter(launch.launches, discover(find_project(ROOT))):
        for cell in notebook_of(page.path.read_text("utf-8")).cells:
            if cell.cell_type == "code":
                for node in ast.walk(ast.parse(cell.source)):
                    if isinstance(node, ast.Import | ast.ImportFrom):
                        yield ast.unparse(node)


def test_packages_that_were_loaded_before_are_named(colab):
    import numpy

    class Old:
        __version__ = "0.1"

    assert colab.stale({"numpy": numpy, "scipy": None}) == []
    assert colab.stale({"numpy": Old, "jax": Old}) == ["numpy", "jax"]


def test_binder_opens_pages_as_notebooks(tmp_path):
    """What ``postBuild`` sets is the name under which jupytext's own extension opens a notebook."""
    script = ROOT / "postBuild"
    assert os.access(script, os.X_OK) and not (ROOT / "binder").exists() and not (ROOT / ".binder").exists()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run([script], check=True, env={"HOME": str(tmp_path), "PATH": path})
    (settings,) = tmp_path.rglob("default_setting_overrides.json")
    viewers = json.loads(settings.read_text())["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"]
    assert viewers["markdown"] == "Jupytext Notebook"
