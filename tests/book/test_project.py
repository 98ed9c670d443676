"""Projects and builds: where things are."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widesym.book.project import Build, Project, find_project, load_build, write_if_changed

VALUES = st.dictionaries(st.sampled_from(["seed", "rate", "sizes"]), st.integers() | st.text(max_size=80))


@given(VALUES, VALUES)
def test_different_changes_have_different_folders(one, other):
    project = Project(Path("/somewhere"))
    folders = {Build(project, "default", one).directory, Build(project, "default", other).directory}
    plain = [{k: str(v) for k, v in each.items()} for each in (one, other)]
    assert len(folders) == (1 if plain[0] == plain[1] else 2)
    assert all(folder.parent == project.root / "build" for folder in folders)


def test_build_reads_back_as_written(tiny_book):
    build = Build(Project(tiny_book.root), "quick", {"seed": 3, "sizes": (1, 2)})
    build.save()
    assert load_build(build.directory) == build


def test_unknown_profile_is_refused(tmp_path):
    with pytest.raises(ValueError, match="unknown profile 'fast'.*quick, default, paper"):
        Build(Project(tmp_path), "fast")


def test_equal_text_leaves_the_file_alone(tmp_path):
    path = tmp_path / "deep" / "file"
    assert write_if_changed(path, "a")
    os.utime(path, (1, 1))
    assert not write_if_changed(path, "a")
    assert path.stat().st_mtime == 1
    assert write_if_changed(path, "b") and path.read_text() == "b"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_project_is_found_from_below_and_by_name(tiny_book, monkeypatch):
    monkeypatch.delenv("WIDESYM_ROOT", raising=False)
    monkeypatch.chdir(tiny_book.root / "book")
    assert find_project().root == tiny_book.root.resolve()
    monkeypatch.chdir(tiny_book.root.parent)
    assert find_project(tiny_book.root).root == tiny_book.root.resolve()


def test_folder_without_a_book_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no book"):
        find_project(tmp_path)
