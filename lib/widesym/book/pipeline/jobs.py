"""Jobs: the processes of a build, ended when nobody waits for them any more."""

import contextlib
import os
import subprocess
from collections.abc import Iterable

import psutil

from widesym.book.project import Build

_MARK = "WIDESYM_BUILD"
_GRACE = 3.0  # seconds that interrupted jobs have to end by themselves


def stop(process: subprocess.Popen) -> None:
    """End Snakemake and its jobs; where a terminal interrupted them too, they are ending already."""
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:  # only this process was told
        with contextlib.suppress(psutil.NoSuchProcess):
            _terminate(psutil.Process(process.pid).children(recursive=True))
            process.terminate()  # it begins no other job, and ends when it has seen these end
        process.wait()


def mark(build: Build) -> dict[str, str]:
    """Return the environment variable by which the processes of a build are known."""
    return {_MARK: str(build.directory)}


def end_orphans(build: Build) -> None:
    """End what a killed Snakemake has left running; only for the holder of the build's lock."""
    orphans = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(_MARK) == str(build.directory) and process.pid != os.getpid():
                orphans.append(process)
    _terminate(orphans)
    psutil.wait_procs(orphans, timeout=_GRACE)


def _terminate(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
