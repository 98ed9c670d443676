"""Finding the browser: the one that is named, one on the path, or one sentence that says what to do."""

import pytest

from widesym import cli
from widesym.book.print import browser


def program(folder, name):
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine without a browser; its folder of programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(browser, "_PLACES", ())
    monkeypatch.setattr(browser, "_playwrights_own", lambda: None)
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    return folder


def test_the_one_that_is_named_wins_then_the_path_then_playwrights(machine, monkeypatch, tmp_path):
    own = tmp_path / "own"
    monkeypatch.setattr(browser, "_playwrights_own", lambda: own)
    assert browser.find() == own
    chrome = program(machine, "google-chrome")
    assert browser.find() == chrome
    chromium = program(machine, "chromium")
    assert browser.find() == chromium
    other = program(tmp_path, "other")
    monkeypatch.setenv(browser.VARIABLE, str(other))
    assert browser.find() == other


def test_none_is_told_with_what_to_do(machine):
    with pytest.raises(ValueError, match="no Chromium found .* install .* or name it in WIDESYM_CHROMIUM"):
        browser.find()


def test_a_wrong_name_is_told(machine, monkeypatch):
    monkeypatch.setenv(browser.VARIABLE, "/nowhere/chromium")
    with pytest.raises(ValueError, match="WIDESYM_CHROMIUM is '/nowhere/chromium', which is no program"):
        browser.find()


def test_pdf_needs_one_before_it_builds_anything(machine, tiny_book, capsys, monkeypatch):
    monkeypatch.setenv("WIDESYM_ROOT", str(tiny_book.root))
    assert cli.main(["--root", str(tiny_book.root), "pdf"]) == 2
    assert capsys.readouterr().err.startswith("widesym: no Chromium found")
    assert not (tiny_book.root / "build").exists()
