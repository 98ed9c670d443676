"""Logs of a cluster: what became of jobs that could not say so themselves.

SLURM ends a job for its time or memory, or a node never starts it: then nothing is left but its log, in the
build's ``.snakemake/slurm_logs/rule_<rule>/<wildcards>/<job>.log``. Logs of jobs that went well are deleted.
"""

from __future__ import annotations

import re
from pathlib import Path

from widesym.book.pipeline.part import report
from widesym.book.project import Build

_TELLING = re.compile(r"error:|fatal:|CANCELLED|DUE TO|Killed|oom|Traceback|No such file", re.IGNORECASE)
# what Snakemake says of every failed job
_NOISE = re.compile(r"^(Error in rule|WorkflowError|At least one job)|command exited with non-zero")
_MOST = 5  # lines of each


def unexplained(build: Build, since: float) -> list[str]:
    """Return a text for each job that failed after a time and left no report: what its last log tells."""
    found = []
    for folder in sorted((build.directory / ".snakemake" / "slurm_logs").glob("rule_*/*")):
        written = [path for path in folder.rglob("*.log") if path.stat().st_mtime >= since]
        if written and not _done_or_told(build, folder):
            last = max(written, key=lambda path: path.stat().st_mtime)
            found.append(f"job {folder.name} failed {len(written)} times; {last} ends with\n{_telling(last)}")
    return found


def _done_or_told(build: Build, folder: Path) -> bool:
    rule = folder.parent.name.removeprefix("rule_")
    if rule == "part":
        name, part, parts = folder.name.rsplit("_", 2)
        done = build.directory / "computed" / name / f"{part}-of-{parts}"
        return done.is_file() or report(build.directory, name, f"{part}/{parts}").is_file()
    # slashes of a page's name may be other signs in a folder's
    told = [*build.directory.glob("failed/**/*.txt"), *build.directory.glob("pages/**/*.ipynb")]
    return any(re.sub(r"\W", "_", path.stem) in re.sub(r"\W", "_", folder.name) for path in told)


def _telling(path: Path) -> str:
    lines = [line.rstrip() for line in path.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.search(line) and not _NOISE.search(line.strip())]
    return "\n".join(f"  {line}" for line in (telling or lines)[-_MOST:])
