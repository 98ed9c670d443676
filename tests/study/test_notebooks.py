"""A notebook opened by hand: a real kernel, started in the page's folder, with nothing prepared."""

import io
import os
import signal
import sys
import threading
import time

import jupytext
import psutil
import pytest
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop

from widesym.study import notebooks

PATIENCE = 120
PAGE = """\
from widesym import figures
from widesym.study import configure, load_or_run
from widesym.study.experiments import get
experiment = get("tiny.squares")
"""
RUN = "result = load_or_run(experiment, configure(experiment, profile, count=count, pause=pause), workers=2)"


class Kernel:
    """What JupyterLab and VS Code start for a page."""

    def __init__(self, folder, environment):
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(folder), env=environment)
        self.client = self.manager.client()
        self.client.start_channels(hb=False)
        self.client.wait_for_ready(timeout=PATIENCE)

    def run(self, code):
        """Run a cell; returns what it printed, and its error as shown or an empty text."""
        printed, error = [], []

        def keep(message):
            content = message["content"]
            if message["msg_type"] == "stream":
                printed.append(content["text"])
            elif message["msg_type"] == "error":
                error.append("\n".join(content["traceback"]))

        self.client.execute_interactive(code, output_hook=keep, timeout=PATIENCE, allow_stdin=False)
        return "".join(printed), "".join(error)

    def children(self):
        found = psutil.Process(self.manager.provisioner.pid).children(recursive=True)
        return [child for child in found if "spawn_main" in " ".join(child.cmdline())]

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        ensure_event_loop().close()  # of the calls above, which would be told as a leak


@pytest.fixture
def kernel(tiny_book):
    (tiny_book.root / "pyproject.toml").write_text('[project]\nname = "widesym"\n')  # by which it is found
    environment = {k: v for k, v in tiny_book.environment().items() if not k.startswith("WIDESYM_")}
    started = Kernel(tiny_book.root / "book", environment)
    yield started
    started.stop()


def test_page_opened_by_hand_computes_shows_progress_is_interrupted_and_goes_on(tiny_book, kernel):
    page = tiny_book.page("one", [PAGE, RUN, "print(result.arrays)"], parameters="count = 6\npause = 0.0")
    cells = [cell.source for cell in jupytext.read(page).cells if cell.cell_type == "code"]
    for cell in cells[:2]:
        assert kernel.run(cell) == ("", "")

    # nonsense in the cell of parameters: the sentence alone, the rest on demand
    kernel.run("count = -1")
    printed, error = kernel.run(cells[2])
    assert error == "ValueError: count must be at least 1, got -1\n(%tb shows where)" and printed == ""
    shown = "".join(kernel.run("%tb"))
    assert "Traceback" in shown and "configure" in shown

    # an interrupt in the middle: one sentence, finished shards kept, no process left
    results = tiny_book.root / "build" / "results" / "tiny.squares"
    kernel.run("count, pause = 6, 0.5")

    def interrupt():
        limit = time.monotonic() + PATIENCE
        while not list(results.glob("*.json")) and time.monotonic() < limit:
            time.sleep(0.05)
        os.killpg(kernel.manager.provisioner.pgid, signal.SIGINT)  # as the button does

    meanwhile = threading.Thread(target=interrupt, daemon=True)
    meanwhile.start()
    printed, error = kernel.run(cells[2])
    meanwhile.join()
    assert error.startswith("interrupted; what was finished is kept: run the cell again"), error
    assert error.count("\n") == 1
    assert "tiny.squares:" in printed and "shard" in printed  # progress, with the time left
    limit = time.monotonic() + PATIENCE
    while kernel.children():
        assert time.monotonic() < limit, "a worker outlived the interrupt"
        time.sleep(0.1)
    kept = {path.stem: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert 0 < len(kept) < 6

    # run again, it goes on
    printed, error = kernel.run(cells[2])
    assert error == "" and "6/6" in printed and "<" in printed
    assert {path.stem: path.stat().st_mtime_ns for path in results.glob("*.json")}.items() >= kept.items()
    printed, error = kernel.run(cells[3])
    assert error == "" and "55.0" in printed


def raised(function):
    try:
        function()
    except BaseException as error:
        return notebooks.sentence(type(error), error, error.__traceback__)


def wrong_profile():
    from widesym.study.configs import configure

    configure(None, "fast")


def test_only_what_the_library_itself_refuses_is_told_in_a_sentence():
    assert raised(wrong_profile).startswith("ValueError: unknown profile 'fast'")

    def elsewhere():
        raise ValueError("not ours")

    def inside_a_computation():
        try:
            wrong_profile()
        except ValueError as error:
            error.add_note("while computing shard 'a'")
            raise

    def interrupted_elsewhere():
        raise KeyboardInterrupt

    assert raised(elsewhere) is None
    assert raised(inside_a_computation) is None
    assert raised(interrupted_elsewhere) is None


def test_scripts_and_builds_are_left_alone(monkeypatch):
    class Shell:
        def set_custom_exc(self, kinds, handler):
            self.handler = handler

    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.delenv("WIDESYM_BUILD", raising=False)
    assert notebooks.prepare() is False and not sys.stderr.isatty()  # no kernel
    shell = Shell()
    monkeypatch.setattr(notebooks, "_notebook", lambda: shell)
    monkeypatch.setenv("WIDESYM_BUILD", "anywhere")
    assert notebooks.prepare() is False and not sys.stderr.isatty() and not hasattr(shell, "handler")
    monkeypatch.delenv("WIDESYM_BUILD")
    assert notebooks.prepare() is True and sys.stderr.isatty() and shell.handler is notebooks._show
    drawn = sys.stderr
    assert notebooks.prepare() is True and sys.stderr is drawn
