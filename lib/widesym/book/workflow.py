r"""The workflow: what a build consists of, handed to Snakemake.

    experiments, in parts ---> pages ---> claims.json ---> last pages ---> html

``prepare`` writes the build's plan and keys; ``workflow/Snakefile`` turns them
into rules; ``run`` drives Snakemake under a lock.  The lock is an ``flock`` on
``build.lock`` held by this process and inherited by Snakemake: should this
process be killed, a second build still waits for the first one's Snakemake.
Killed in the middle, a build finds its finished pages again, because pages
are published whole (``widesym.book.execute``).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence

from widesym.book import keys
from widesym.book.execute import one_thread
from widesym.book.pages import Page
from widesym.book.project import Build, write_if_changed

_SHARDS_A_PART = 3  # at least, where there are so many


class BuildFailed(RuntimeError):
    """The build stopped; the message names what failed."""


def prepare(build: Build, pages: Sequence[Page], cores: int) -> None:
    """Write ``build.json``, the keys of ``pages`` and ``plan.json`` for the Snakefile.

    Raises ``ValueError`` when a page names an unknown experiment or sets a
    parameter to a value its experiment refuses.
    """
    build.save()
    plan: dict[str, dict] = {"pages": {}, "computations": {}}
    for page in pages:
        if not page.executable:
            continue
        needed = keys.computations(page, build)
        for computation in needed:
            write_if_changed(build.computation_key(computation.name), computation.digest + "\n")
            plan["computations"][computation.name] = {
                "command": shlex.join((sys.executable, "-m", "widesym.cli", *computation.arguments)),
                # a process takes some seconds to start: a few shards each make it worth while
                "parts": min(-(-computation.shards // _SHARDS_A_PART), cores),
                "compiled": list(computation.compiled),
            }
        plan["pages"][page.name] = {"last": page.last, "computations": [c.name for c in needed]}
        keys.write(build, page, needed)
    keys.write_book(build, pages)
    write_if_changed(build.directory / "plan.json", json.dumps(plan, indent=1, sort_keys=True))


@contextlib.contextmanager
def locked(build: Build) -> Iterator[int]:
    """Hold the build's lock; wait, and say so, while another build holds it."""
    build.directory.mkdir(parents=True, exist_ok=True)
    handle = os.open(build.directory / "build.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"another build of {build.directory.name} is running; waiting for it to end", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def run(
    build: Build,
    pages: Sequence[Page],
    targets: Sequence[str],
    *,
    cores: int,
    force: bool = False,
    options: Sequence[str] = (),
) -> None:
    """Bring ``targets`` (files of the build's folder) up to date, with ``cores`` jobs at a time.

    ``force`` makes the targets anew even where nothing they depend on changed;
    ``options`` are further options of Snakemake, such as a cluster's executor.
    Raises ``BuildFailed``.
    """
    with locked(build) as handle:
        prepare(build, pages, cores)
        for report in build.directory.glob("failed/**/*.txt"):
            report.unlink()
        command = [sys.executable, "-m", "snakemake", *targets]
        command += ["--snakefile", str(build.project.snakefile), "--directory", str(build.directory)]
        command += ["--cores", str(cores), "--keep-going"]
        # the lock above replaces Snakemake's, which a killed run leaves locked; every output appears whole or
        # not at all, so one that was published just before a kill is no half-written file
        command += ["--nolock", "--ignore-incomplete"]
        # keys are rewritten only when they differ, so times of change say it all
        command += ["--rerun-triggers", "mtime", "--quiet", "all"]
        if force:
            command += ["--forcerun", *targets]
        # one thread a job, so that `cores` jobs use `cores` cores
        environment = {**one_thread(), **os.environ, "WIDESYM_ROOT": str(build.project.root)}
        command += options
        code = _wait(subprocess.Popen(command, pass_fds=(handle,), env=environment))
    if code != 0:
        reports = sorted(build.directory.glob("failed/**/*.txt"))
        told = "\n".join(report.read_text("utf-8").rstrip() for report in reports)
        log = build.directory / ".snakemake" / "log"
        raise BuildFailed(told or f"the build failed; see the messages above and the newest file in {log}")


def _wait(process: subprocess.Popen) -> int:
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()  # it was interrupted too, and ends its jobs first
        raise
