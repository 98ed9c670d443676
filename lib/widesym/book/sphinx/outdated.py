"""Outdated documents: Sphinx reads a page again when its contents differ, whatever the clock said.

Sphinx compares the time stamp of a source with the time at which it last read it. After a clock that
went ahead, or with a page put back to an older text, an edit would not be seen. Here each page carries
the digest of what it was read from: its text and the key of its executed notebook.
"""

from pathlib import Path

from widesym.book.project import Build, load_build, sha256

_NAME = "widesym_read"


def setup(app) -> None:
    """Register with Sphinx."""
    app.connect("env-get-outdated", _outdated)
    app.connect("env-updated", _remember)


def _outdated(app, env, added, changed, removed) -> list[str]:
    build, read = load_build(app.config.widesym_build), getattr(env, _NAME, {})
    return [name for name in env.found_docs if name in read and read[name] != _digest(app, build, name)]


def _remember(app, env) -> None:
    build = load_build(app.config.widesym_build)
    setattr(env, _NAME, {name: _digest(app, build, name) for name in env.found_docs})


def _digest(app, build: Build, name: str) -> str:
    path = Path(app.env.doc2path(name))
    text = path.read_text("utf-8")
    if path.is_relative_to(build.project.book):
        key = build.key(path.relative_to(build.project.book).with_suffix("").as_posix())
        text += key.read_text("utf-8") if key.is_file() else ""
    return sha256(text)
