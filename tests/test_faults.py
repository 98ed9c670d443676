"""Faults of the machine: nothing is lost, nothing stays behind, and one sentence says what happened.

A fault is made where it arises, by a `sitecustomize` module that every Python process of a build
imports: a disk that fills up, a user without an account, a clock that is wrong. What the store and the
files do under faults is in `study/test_store.py` and `test_files.py`, a killed build and two at once in
`book/test_pipeline.py`.
"""

import errno
import json
import os
import shutil
import signal
import time

import psutil
import pytest

from widesym import cli
from widesym.book import faults
from widesym.book.pages import discover
from widesym.book.pipeline import freshness
from widesym.book.project import Build, Project, sha256, write_if_changed

PATIENCE = 120
DAY = 86400
COMPUTE = ("compute", "tiny.squares", "--set", "count=4", "pause=0.5", "--workers", "2")
FULL_DISK = """
import errno, os
def fsync(descriptor):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
os.fsync = fsync
"""
FULL_FOLDER = """
import builtins, errno, os
real = open
def refuse(path, mode="r", *arguments, **options):
    if "w" in mode and "/{folder}/" in str(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    return real(path, mode, *arguments, **options)
builtins.open = refuse
"""
NO_ACCOUNT = """
import pwd
def getpwuid(number):
    raise KeyError(f"getpwuid(): uid not found: {number}")
pwd.getpwuid = getpwuid
"""
A_DAY_AHEAD = """
import time
now, now_ns = time.time, time.time_ns
time.time = lambda: now() + 86400
time.time_ns = lambda: now_ns() + 86400 * 10**9
"""


@pytest.fixture
def machine(tiny_book, tmp_path):
    """Return the environment of a machine with a fault."""

    def made(fault, **more):
        folder = tmp_path / "fault"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(fault)
        return {"PYTHONPATH": f"{folder}{os.pathsep}{tiny_book.root / 'lib'}", **more}

    return made


def wait_until(condition, *, while_running=None):
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, "waited too long"
        assert while_running is None or while_running.poll() is None, "ended too early"
        time.sleep(0.05)


def family(process):
    """All that a command has started: Snakemake, jobs, workers, kernels."""
    return psutil.Process(process.pid).children(recursive=True)


def alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def named(process, word):
    try:
        return word in " ".join(process.cmdline())
    except psutil.Error:
        return False


def shards(book):
    return sorted((book.root / "build" / "results" / "tiny.squares").glob("*.json"))


def executed(done):
    return {line.split()[1].rstrip(":") for line in done.stdout.splitlines() if line.startswith("page ")}


# --- full disk, folders that cannot be written -------------------------------------------------------


def test_full_disk_is_told_in_one_sentence_and_the_next_run_goes_on(tiny_book, machine):
    assert tiny_book.run(*COMPUTE[:2], "--set", "count=2", "--workers", "1").returncode == 0
    kept = {path.name: path.read_bytes() for path in shards(tiny_book)}
    done = tiny_book.run(*COMPUTE, **machine(FULL_DISK))
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "the disk is full: free some space" in done.stderr
    done = tiny_book.run("run", "two", "--cores", "1", **machine(FULL_DISK))
    assert done.returncode == 1 and "Traceback" not in done.stdout + done.stderr
    assert "page two failed" in done.stderr and "the disk is full: cannot write" in done.stderr
    assert not list(tiny_book.build().glob("pages/*"))  # no page, and no half of one
    assert not list(tiny_book.build().glob("failed/*.ipynb"))  # it may be cut short
    assert {path.name: path.read_bytes() for path in shards(tiny_book)} == kept
    assert tiny_book.run("run", "two", "--cores", "1").returncode == 0


def test_disk_that_fills_up_under_the_html_is_told_in_one_sentence(tiny_book, machine):
    texts = [f"text-{number}" for number in range(5)]  # more pages than one process reads
    for name in texts:
        (tiny_book.root / "book" / f"{name}.md").write_text(f"# {name}\n")
    tiny_book.toc("intro", "one", "two", *texts)
    tiny_book.book()
    for folder, jobs in (("doctrees", "1"), ("doctrees", "2"), ("html", "1"), ("html", "2")):
        for made in ("doctrees", "html"):
            shutil.rmtree(tiny_book.build(made), ignore_errors=True)
        fault = machine(FULL_FOLDER.format(folder=folder))
        done = tiny_book.module("widesym.book.sphinx.html", str(tiny_book.build()), jobs, **fault)
        assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.startswith(f"the disk is full: cannot write {tiny_book.build(folder)}")
    assert tiny_book.module("widesym.book.sphinx.html", str(tiny_book.build()), "2").returncode == 0


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (errno.ENOSPC, "the disk is full: cannot write {place}; free some space"),
        (errno.EDQUOT, "the disk is full: cannot write {place}; free some space"),
        (errno.EFBIG, "the disk is full: cannot write {place}; free some space"),
        (errno.EROFS, "{place} cannot be written: give yourself the right"),
        (errno.EACCES, "{place} cannot be written: give yourself the right"),
        (errno.EPERM, "{place} cannot be written: give yourself the right"),
        (errno.EIO, "{place}"),
    ],
)
def test_build_folder_that_cannot_be_written_is_told(tiny_book, monkeypatch, capsys, code, sentence):
    monkeypatch.setenv("WIDESYM_ROOT", str(tiny_book.root))
    real = os.open

    def refuse(path, *arguments, **options):
        if str(path).endswith("build.lock"):
            raise OSError(code, os.strerror(code), str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    assert cli.main(["--root", str(tiny_book.root), "run", "two"]) == 1
    told = capsys.readouterr().err
    assert sentence.format(place=tiny_book.build("build.lock")) in told and told.count("\n") == 1


def test_disk_without_room_is_noticed(tmp_path, monkeypatch):
    assert not faults.full(tmp_path)
    monkeypatch.setattr(faults.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 4096}))
    assert faults.full(tmp_path)


# --- no home -----------------------------------------------------------------------------------------


def test_user_without_home_and_name_builds_a_page(tiny_book, machine):
    tiny_book.page("two", ["import matplotlib.pyplot as plt\nplt.plot([1, 2])\nprint('drawn')"])
    environment = machine(NO_ACCOUNT)
    for name in ("HOME", "USER", "LOGNAME", "LNAME", "USERNAME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        environment[name] = ""  # as good as unset for all who ask
    environment["HOME"] = str(tiny_book.root / "nowhere")
    done = tiny_book.run("run", "two", "--cores", "1", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "drawn" in tiny_book.build("pages", "two.ipynb").read_text()
    assert tiny_book.build("home").is_dir() and not (tiny_book.root / "nowhere").exists()


# --- what is killed ----------------------------------------------------------------------------------


def test_killed_worker_is_told_and_no_finished_shard_is_computed_again(tiny_book):
    process = tiny_book.start(*COMPUTE)
    wait_until(lambda: shards(tiny_book), while_running=process)
    relatives = family(process)
    worker = next(p for p in relatives if named(p, "spawn_main"))
    worker.kill()
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and "Traceback" not in output
    assert "widesym: a worker process died" in output and "Finished shards are kept" in output
    wait_until(lambda: not any(alive(p) for p in relatives))
    before = {path.name: path.stat().st_mtime_ns for path in shards(tiny_book)}
    assert before
    assert tiny_book.run(*COMPUTE).returncode == 0
    after = {path.name: path.stat().st_mtime_ns for path in shards(tiny_book)}
    assert len(after) == 4 and after.items() >= before.items()


def test_killed_kernel_is_told_with_its_page(tiny_book):
    tiny_book.page("two", ["import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"])
    done = tiny_book.run("run", "two", "--cores", "1")
    assert done.returncode == 1 and "page two failed" in done.stderr and "died" in done.stderr.lower()
    assert not list(tiny_book.build().glob("pages/*"))


@pytest.mark.parametrize(
    ("victim", "number", "status"), [("widesym", signal.SIGTERM, 130), ("snakemake", signal.SIGKILL, 1)]
)
def test_stopped_build_leaves_nothing_running_and_the_next_goes_on(tiny_book, victim, number, status):
    tiny_book.page("two", ["import os, time", "time.sleep(0 if os.path.exists('done') else 600)"])
    process = tiny_book.start("run", "two", "--cores", "1")
    wait_until(lambda: list(tiny_book.build().glob("pages/.two.*.ipynb")), while_running=process)
    wait_until(lambda: any(named(p, "ipykernel") for p in family(process)), while_running=process)
    relatives = family(process)
    try:
        if victim == "snakemake":
            next(p for p in relatives if named(p, "-m snakemake")).send_signal(number)
        else:
            process.send_signal(number)
        output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == status and "Traceback" not in output
        assert output.splitlines()[-1].startswith("widesym: ")
        wait_until(lambda: not any(alive(p) for p in relatives))
    finally:
        for relative in filter(alive, relatives):
            relative.kill()
    (tiny_book.root / "book" / "done").touch()
    assert tiny_book.run("run", "two", "--cores", "1").returncode == 0
    assert [path.name for path in tiny_book.build("pages").iterdir()] == ["two.ipynb"]


# --- a clock that jumps ------------------------------------------------------------------------------


def test_build_made_under_a_clock_that_was_ahead_neither_loops_nor_skips_nor_is_stale(tiny_book, machine):
    done = tiny_book.run("book", "--cores", "2", **machine(A_DAY_AHEAD))
    assert done.returncode == 0, done.stdout + done.stderr
    for path in tiny_book.root.rglob("*"):  # the file system's clock is not Python's
        if path.is_file() and "lib" not in path.parts:
            os.utime(path, (time.time() + DAY, time.time() + DAY))
    page = tiny_book.root / "book" / "two.md"
    page.write_text(page.read_text().replace("# Page two", "# Page 2"))
    assert executed(tiny_book.book()) == {"two", "intro"}
    assert "Page 2" in tiny_book.build("html", "book", "two.html").read_text()
    assert executed(tiny_book.book()) == set()


def test_times_of_the_future_come_back_in_their_order(tiny_book):
    build = Build(Project(tiny_book.root))
    now = time.time()
    moments = {
        "keys/one.json": DAY,
        "pages/one.ipynb": 2 * DAY,
        "claims.json": 2 * DAY + 1,
        "keys/two.json": -9,
    }
    for name, later in moments.items():
        path = build.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (now + later, now + later))
    freshness.level(build)
    found = {name: (build.directory / name).stat().st_mtime for name in moments}
    assert found["keys/one.json"] < found["pages/one.ipynb"] < found["claims.json"] <= time.time()
    assert found["keys/one.json"] > now - 1 and found["keys/two.json"] == pytest.approx(now - 9, abs=0.1)


def test_page_that_a_copy_or_a_clock_made_look_new_is_made_old(tiny_book):
    build = Build(Project(tiny_book.root))
    pages = discover(build.project)
    digest = {"digest": "now"}
    for name, made_from in (("one", "now"), ("two", "before")):
        page = next(page for page in pages if page.name == name)
        told = {"source": sha256(page.path.read_text()), "key": made_from}
        for path, content in (
            (build.key(name), digest),
            (build.notebook(name), {"metadata": {"widesym": told}, "cells": []}),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))
    build.claims.write_text("{damaged")
    freshness.age(build, pages)
    assert build.notebook("two").stat().st_mtime < build.key("two").stat().st_mtime - DAY
    assert build.notebook("one").stat().st_mtime > build.key("two").stat().st_mtime - DAY
    assert not build.claims.exists()
    # a damaged notebook is stale too, and so is one whose key is damaged
    build.notebook("one").write_bytes(b"\xff\xfe{")
    freshness.age(build, pages)
    assert build.notebook("one").stat().st_mtime < time.time() - DAY


def test_damaged_key_is_written_again(tmp_path):
    path = tmp_path / "key.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert write_if_changed(path, "whole") and path.read_text() == "whole"
    assert not write_if_changed(path, "whole")
