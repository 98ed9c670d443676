r"""Parts: one part of a computation as a job, which says why when it fails.

    python -m widesym.book.pipeline.part BUILD_FOLDER COMPUTATION I/N

runs the command that ``plan.json`` has for the computation. What fails leaves a
text in ``failed/computations/``, and the driver prints these at the end of the
build: on a cluster the reason would otherwise lie in one of many logs. A part
that raised would raise again, so a second try of it ends at once; one that was
killed, or that ran out of memory, is computed again.
"""

from __future__ import annotations

import collections
import json
import os
import platform
import shlex
import signal
import subprocess
import sys
from pathlib import Path

_SHARDS_A_PART = 3  # at least, where there are so many
_SECONDS_A_PART = 15  # at least, where the time is known: a process takes two to start
_KEPT_LINES = 12
# what is worth another try, with more memory
_SHORT_OF_MEMORY = ("MemoryError", "RESOURCE_EXHAUSTED", "out of memory", "a worker process died")
_AGAIN = "it may be tried again"


def parts_on_one_machine(shards: int, seconds: float, cores: int) -> int:
    """Return into how many parts a computation is cut, such that it is worth while to start each.

    ``seconds`` are those of all shards on one core, 0 where nobody knows.
    """
    most = min(-(-shards // _SHARDS_A_PART), cores)
    return most if seconds == 0 else min(most, max(1, int(seconds // _SECONDS_A_PART)))


def report(folder: Path, name: str, part: str) -> Path:
    """Return the path of the text that a failed part leaves."""
    return folder / "failed" / "computations" / f"{name}.{part.replace('/', '-of-')}.txt"


def run(folder: Path, name: str, part: str) -> int:
    """Run one part; return its exit status."""
    told = report(folder, name, part)
    if told.is_file() and not told.read_text("utf-8").rstrip().endswith(_AGAIN):
        print(f"{name} {part} failed before, and would again: see {told}", file=sys.stderr)
        return 1
    plan = json.loads((folder / "plan.json").read_text("utf-8"))
    command = [*shlex.split(plan["computations"][name]["command"]), "--part", part]
    last: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as process:

        def ended(number: int, _frame: object) -> None:
            # there are seconds left to say so
            process.terminate()
            by = signal.Signals(number).name
            _tell(told, name, part, f"was ended by {by}: a time limit, or somebody", last, True)
            sys.exit(128 + number)

        before = signal.signal(signal.SIGTERM, ended)
        for line in process.stderr:
            last.append(line.rstrip("\n"))
            print(line, end="", file=sys.stderr, flush=True)
        status = process.wait()
        signal.signal(signal.SIGTERM, before)
    if status == 0:
        told.unlink(missing_ok=True)
        return 0
    text = "\n".join(last)
    if status < 0:
        reason = f"was killed by {signal.Signals(-status).name}"
        reason += ": for want of memory, it may be" if status == -signal.SIGKILL else ""
    else:
        reason = f"ended with status {status}"
    again = status < 0 or any(words in text for words in _SHORT_OF_MEMORY)
    _tell(told, name, part, reason, last, again)
    return 1


def _tell(path: Path, name: str, part: str, reason: str, last: collections.deque[str], again: bool) -> None:
    job = os.environ.get("SLURM_JOB_ID")
    where = platform.node() + (f", SLURM job {job}" if job else "")
    lines = [f"computation {name}, part {part}, {reason} (on {where})"]
    lines += [f"  {line}" for line in last if line]
    if again:
        lines.append(f"  finished shards are kept; {_AGAIN}")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text("\n".join(lines) + "\n", "utf-8")
        os.replace(temporary, path)
    except OSError:  # where nothing can be written, the job's own log must do
        print(lines[0], file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run one part of a prepared build."""
    folder, name, part = sys.argv[1:] if arguments is None else arguments
    return run(Path(folder), name, part)


if __name__ == "__main__":
    sys.exit(main())
