r"""The workflow: what a build consists of, handed to Snakemake.

    experiments, in parts ---> pages ---> claims.json ---> last pages ---> html

``prepare`` writes the build's plan and keys; ``workflow/Snakefile`` turns them
into rules; ``run`` drives Snakemake under a lock.  The lock is an ``flock`` on
``build.lock`` held by this process and inherited by Snakemake: should this
process be killed, a second build still waits for the first one's Snakemake;
should that be killed, its jobs are ended (``widesym.book.pipeline.jobs``).
Killed in the middle, a build finds its finished pages again, because pages
are published whole (``widesym.book.pipeline.execute``).
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import math
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from widesym import threads
from widesym.book import faults
from widesym.book.pages import Page
from widesym.book.pipeline import compilation, freshness, jobs, keys, logs
from widesym.book.pipeline.cluster import Cluster
from widesym.book.pipeline.execute import state
from widesym.book.pipeline.part import parts_on_one_machine
from widesym.book.project import Build, write_if_changed
from widesym.study import provenance


class BuildFailed(RuntimeError):
    """The build stopped; the message names what failed."""


def prepare(
    build: Build,
    pages: Sequence[Page],
    cores: int,
    cluster: Cluster | None = None,
    wanted: Sequence[Page] | None = None,
) -> None:
    """Write ``build.json``, the keys of ``pages`` and ``plan.json`` for the Snakefile.

    For a cluster the plan has what the jobs of the ``wanted`` pages (None: of
    all) ask for, and is printed.

    Raises ``ValueError`` when a page names an unknown experiment or sets a
    parameter to a value its experiment refuses.
    """
    build.save()
    plan: dict[str, dict] = {"pages": {}, "computations": {}, "cluster": {}}
    for page in pages:
        if not page.executable:
            continue
        needed = keys.computations(page, build)
        for computation in needed:
            write_if_changed(build.computation_key(computation.name), computation.digest + "\n")
            seconds = _seconds(build, computation)
            parts = parts_on_one_machine(computation.shards, seconds, cores)
            plan["computations"][computation.name] = {
                "command": shlex.join((sys.executable, "-m", "widesym.cli", *computation.arguments)),
                "parts": parts,
                "compiled": list(computation.compiled),
                "seconds": seconds // parts,
            }
        plan["pages"][page.name] = {"last": page.last, "computations": [c.name for c in needed]}
        keys.write(build, page, needed)
    keys.write_book(build, pages)
    if cluster is not None:
        _for_cluster(plan, build, pages if wanted is None else wanted, cores, cluster)
    freshness.age(build, pages)
    write_if_changed(build.directory / "plan.json", json.dumps(plan, indent=1, sort_keys=True))


def _seconds(build: Build, computation: keys.Computation) -> int:
    """Return about how long a computation takes on one core; 0 where nobody knows."""
    # imported here: pages without computations need neither
    from widesym.costs import estimate, taken
    from widesym.study.experiments import get

    asked = get(computation.experiment), computation.config, build.project.root
    measured = taken(*asked)
    if measured is not None:
        return round(sum(measured.values()))
    known = estimate(*asked)
    return 0 if known is None else round(sum(known.seconds.values()))


def _for_cluster(
    plan: dict[str, dict], build: Build, pages: Sequence[Page], cores: int, cluster: Cluster
) -> None:
    # imported here: it imports all experiments, and JAX with them
    from widesym.book.pipeline import plan as costs

    found = costs.items(build, pages, cores, cluster)
    for item in found:
        plan["computations"][item.computation.name] |= {
            "parts": item.parts,
            "asks": costs.resources(item, cluster),
        }
    plan["cluster"] = {
        "account": cluster.account,
        "longest_minutes": math.ceil(60 * cluster.longest_hours),
        "page": {**costs.PAGE, "partition": cluster.partition},
        "retries": costs.retries(found, cluster),
    }
    print("\n".join(costs.lines(found, build, cores, cluster)) + "\n", flush=True)


def stale(build: Build, pages: Sequence[Page]) -> list[str]:
    """Return what of ``build`` is not made from what is there now: names of pages, or ``["html"]``.

    Writes the keys by which this is told; raises ``ValueError`` as ``prepare`` does.
    """
    built = build.html / ".built"
    if not built.is_file():
        return ["html"]
    with locked(build):
        prepare(build, pages, provenance.cores())
    executed = [page for page in pages if page.executable]
    old = [page.name for page in executed if state(build, page.name, page.path.read_text("utf-8")) != "fresh"]
    if old:
        return old
    sources = [build.directory / "keys" / "book.json", *(build.notebook(page.name) for page in executed)]
    return ["html"] if max(path.stat().st_mtime for path in sources) > built.stat().st_mtime else []


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
    cluster: Cluster | None = None,
) -> None:
    """Bring ``targets`` (files of the build's folder) up to date, with ``cores`` jobs at a time.

    ``force`` makes the targets anew even where nothing they depend on changed;
    ``options`` are further options of Snakemake. With a ``cluster`` the jobs go
    there, as many at a time as its profile says.
    Raises ``BuildFailed``.
    """
    with locked(build) as handle:
        jobs.end_orphans(build)
        freshness.level(build)
        wanted = [page for page in pages if f"pages/{page.name}.ipynb" in targets]
        every = not wanted or any(page.last for page in wanted)
        prepare(build, pages, cores, cluster, None if every else wanted)
        for report in build.directory.glob("failed/**/*.txt"):
            report.unlink()
        command = [sys.executable, "-m", "snakemake", *targets]
        command += ["--snakefile", str(build.project.snakefile), "--directory", str(build.directory)]
        command += ["--keep-going"]
        if cluster is None:
            command += ["--cores", str(cores), "--quiet", "all"]
        else:
            command += ["--workflow-profile", str(cluster.folder), "--local-cores", str(cores)]
            command += ["--quiet", "rules", "reason", "host"]
            # here, and not in the Snakefile, which jobs read too: they would try again by themselves
            command += ["--retries", str(_plan(build)["cluster"]["retries"])]
        # the lock above replaces Snakemake's, which a killed run leaves locked; every output appears whole or
        # not at all, so one that was published just before a kill is no half-written file
        command += ["--nolock", "--ignore-incomplete"]
        # keys are rewritten only when they differ, so times of change say it all
        command += ["--rerun-triggers", "mtime"]
        if force:
            command += ["--forcerun", *targets]
        # one thread a job, so that `cores` jobs use `cores` cores
        environment = {**threads.limit(1), **os.environ, **_account(build), **jobs.mark(build)}
        environment["WIDESYM_ROOT"] = str(build.project.root)
        if cluster is None:  # whose nodes need not be alike
            environment = {**compilation.shared(build.directory / "programs"), **environment}
        command += options
        began = time.time()
        code = _wait(subprocess.Popen(command, pass_fds=(handle,), env=environment))
        if code < 0:  # killed; its jobs were not
            jobs.end_orphans(build)
    if code < 0:
        raise BuildFailed(f"Snakemake was killed (signal {-code}); run again, finished parts stay")
    if code != 0:
        reports = sorted(build.directory.glob("failed/**/*.txt"))
        texts = [report.read_text("utf-8").rstrip() for report in reports]
        if cluster is not None:
            texts += logs.unexplained(build, began)
        told = "\n".join(texts)
        log = build.directory / ".snakemake" / "log"
        if faults.full(build.directory):
            told += f"\nthe disk is full: no room for {build.directory}; free some space and run again, "
            told = told.lstrip() + "finished parts stay"
        raise BuildFailed(told or f"the build failed; see the messages above and the newest file in {log}")


def _plan(build: Build) -> dict[str, dict]:
    return json.loads((build.directory / "plan.json").read_text("utf-8"))


def _account(build: Build) -> dict[str, str]:
    """Return a home and a name for a user without: Snakemake asks for both, Jupyter keeps files at home."""
    found = {}
    home = os.path.expanduser("~")  # stays as it is where nobody knows
    if not (os.path.isdir(home) and os.access(home, os.W_OK | os.X_OK)):
        place = build.directory / "home"
        place.mkdir(exist_ok=True)
        found["HOME"] = str(place)
    try:
        getpass.getuser()
    except (KeyError, OSError):  # a number that no account has, as in a container
        found["LOGNAME"] = f"user-{os.getuid()}"
    return found


def _wait(process: subprocess.Popen) -> int:
    try:
        return process.wait()
    except KeyboardInterrupt:
        jobs.stop(process)
        raise
