"""The built book over `file://` and over a local server, and one browser for all tests."""

import contextlib
import functools
import http.server
import threading
from pathlib import Path

import pytest

from widesym.book import pages
from widesym.book.pipeline import workflow
from widesym.book.print import browser as browsers
from widesym.book.project import PROFILES, Build, Project

from .audit import closed

ROOT = Path(__file__).resolve().parents[2]


def pytest_addoption(parser):
    parser.addoption("--profile", choices=PROFILES, default="default", help="whose book is tested")


def pytest_configure(config):
    """Refuse, in one sentence and before anything runs, to test no book or an old one."""
    if hasattr(config, "workerinput"):  # the process that started this one has looked
        return
    build = Build(Project(ROOT), config.getoption("profile"))
    try:
        browsers.find()
        stale = workflow.stale(build, pages.discover(build.project))
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    if stale:
        raise pytest.UsageError(
            f"the book of profile {build.profile} is not up to date ({', '.join(stale[:3])}"
            f"{' and others' if stale[3:] else ''}); first run: make book PROFILE={build.profile}"
        )


@contextlib.contextmanager
def served(folder):
    """Serve ``folder`` on a free port of this machine; the address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *words):
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def chromium():
    with browsers.launched() as launched:
        yield launched


@pytest.fixture(scope="session")
def folder(pytestconfig):
    return Build(Project(ROOT), pytestconfig.getoption("profile")).html


@pytest.fixture(scope="session")
def sites(folder):
    """The book's address for each scheme."""
    with served(folder) as address:
        yield {"file": folder.as_uri() + "/", "http": address}


@pytest.fixture(scope="session")
def visitors(chromium, sites):
    """A page of the browser for each scheme, which no request leads out of the book."""
    contexts = {scheme: chromium.new_context() for scheme in sites}
    for scheme, context in contexts.items():
        closed(context, sites[scheme])
    yield {scheme: context.new_page() for scheme, context in contexts.items()}
    for context in contexts.values():
        context.close()


@pytest.fixture
def reader(chromium, sites, scheme):
    """A page of a reader who was never here before."""
    context = chromium.new_context(viewport={"width": 1300, "height": 900})
    closed(context, sites[scheme])
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.faults.append(message.text))
    yield page
    context.close()
