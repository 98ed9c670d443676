"""Where the toy experiment of `tests/conftest.py` keeps its results, and what it computed."""

import pytest


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty folder of results."""
    folder = tmp_path / "results"
    monkeypatch.setenv("WIDESYM_RESULTS", str(folder))
    return folder


@pytest.fixture
def log(tmp_path, monkeypatch):
    """The shards that were really computed, in order, as a function."""
    path = tmp_path / "computed"
    monkeypatch.setenv("TOY_LOG", str(path))
    return lambda: path.read_text().split() if path.exists() else []
