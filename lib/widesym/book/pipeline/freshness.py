"""Freshness: what the workflow reads off time stamps, put right where the contents know better.

Snakemake makes an output anew when an input is younger. That holds as long as the clock only goes
forward and nobody touches files; a clock that was wrong for a day, or a build copied from elsewhere,
leaves outputs of the future, which would hide an edit until that day has come, and inputs of the
future, which would run the same page at every build. So before each build

* `level`: nothing is younger than now, and what was younger keeps its order;
* `age`: a page whose executed notebook says that it was made from something else is older than all
  that it is made from.
"""

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

from widesym.book.pages import Page
from widesym.book.pipeline.execute import state
from widesym.book.project import Build

# what the workflow compares; `html` through its stamp alone
_COMPARED = ("keys/**/*", "computed/**/*", "pages/**/*", "claims.json", "html/.built")


def level(build: Build) -> None:
    """Move files of the build that are younger than now back to now, in their order."""
    now = time.time_ns()
    young = sorted(
        (path for path in _compared(build) if path.stat().st_mtime_ns > now),
        key=lambda path: path.stat().st_mtime_ns,
    )
    # a microsecond apart: finer than what file systems keep would make them equal
    for steps, path in enumerate(reversed(young), start=1):
        moment = now - 1000 * steps
        os.utime(path, ns=(moment, moment))


def age(build: Build, pages: Iterable[Page]) -> None:
    """Make stale what its contents show to be so: notebooks, and claims that cannot be read.

    The keys must have been written: they say what a page is made from now.
    """
    for page in pages:
        if page.executable and state(build, page.name, page.path.read_text("utf-8")) == "stale":
            os.utime(build.notebook(page.name), (1, 1))
    if build.claims.is_file():
        try:
            json.loads(build.claims.read_bytes())
        except ValueError:
            build.claims.unlink()


def _compared(build: Build) -> Iterable[Path]:
    for pattern in _COMPARED:
        yield from (path for path in build.directory.glob(pattern) if path.is_file())
