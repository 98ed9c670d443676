"""Workers: shards computed and stored one by one, in this process or in several.

A job is one shard with the place where it is stored. The numbers of a shard depend on its config, its
name and the code alone, so that one worker and many give the same. A job is stored as soon as it is
finished; what an interrupt, a kill or a failing neighbour can cost is the shards under way.
"""

import concurrent.futures
import concurrent.futures.process
import dataclasses
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from widesym import files
from widesym.fingerprint import closure, edited_since_import, fingerprint
from widesym.study import provenance
from widesym.threads import limited

Progress = bool | Callable[[int, int, str], None] | None


@dataclasses.dataclass(frozen=True)
class Job:
    """One shard to compute: what, with which numbers, and where it goes.

    `code` is the fingerprint of `(run_shard, type(config))` that the stem was made from; `origin` is
    the part of the provenance that all shards of a run share.
    """

    run_shard: Callable[[Any, str], dict[str, Any]]
    config: Any
    shard: str
    folder: Path
    stem: str
    code: str
    origin: dict[str, Any]


def compute(job: Job) -> None:
    """Compute and store one shard, unless another process has stored it in the meantime.

    Two processes that want the same shard do not compute it twice: the second waits for the first.

    Raises:
        StoreError: the shard cannot be stored.
        ValueError: `run_shard` returned something that cannot be stored.
    """
    with files.locked(job.folder, job.stem, lambda: _say_waiting(job.shard)):
        try:
            if files.read_pair(job.folder, job.stem) is not None:
                return
        except files.Damaged:
            pass  # written over below
        began, clock = time.time(), time.perf_counter()
        try:
            values = job.run_shard(job.config, job.shard)
        except Exception as error:
            error.add_note(f"while computing shard {job.shard!r} of {job.origin['experiment']}")
            raise
        seconds = time.perf_counter() - clock
        arrays = files.as_arrays(values, f"shard {job.shard!r} of {job.origin['experiment']}")
        header = {
            "provenance": {
                **job.origin,
                "shard": job.shard,
                "device": provenance.device(),
                "precision": provenance.precision(job.config),
                "started_at": provenance.timestamp(began),
                # from the monotonic clock: the wall clock may be set back during a long shard
                "finished_at": provenance.timestamp(began + seconds),
                "wall_seconds": round(seconds, 6),
            }
        }
        files.write_pair(job.folder, job.stem, arrays, header)


def compute_all(jobs: Sequence[Job], done: int, workers: int | None, progress: Progress) -> None:
    """Compute and store all jobs in the order given, in up to `workers` processes.

    Args:
        jobs: the missing shards, the most expensive first.
        done: the number of shards that were there already (for the progress line).
        workers: processes; None takes one for each core. With one worker, or one job, this process
            does the work itself, unless the library was edited since it was loaded.
        progress: True for a line with the time left, False for none, None for a line on terminals
            only, or a function called with (finished, total, shard).

    Raises:
        ValueError: `workers` is not a positive integer.
        StoreError: a shard cannot be stored.
        RuntimeError: a worker process died, or the library was edited while the run began.
    """
    if workers is not None and (type(workers) is not int or workers < 1):
        raise ValueError(f"workers must be a positive integer or None, got {workers!r}")
    if not jobs:
        return
    count = min(workers or provenance.cores(), len(jobs))
    stale = edited_since_import(closure(jobs[0].run_shard, type(jobs[0].config)).values())
    in_processes = count > 1 or bool(stale)
    finished = _in_processes(jobs, count) if in_processes else _here(jobs)
    with _reporter(progress, done, done + len(jobs), jobs[0].origin["experiment"]) as report:
        for shard in finished:
            report(shard)


def _here(jobs: Sequence[Job]) -> Iterator[str]:
    for job in jobs:
        compute(job)
        yield job.shard


def _in_processes(jobs: Sequence[Job], count: int) -> Iterator[str]:
    # spawn, not fork: JAX holds threads, and a forked copy of them deadlocks
    context = multiprocessing.get_context("spawn")
    before = set(multiprocessing.active_children())
    pool = concurrent.futures.ProcessPoolExecutor(count, context, initializer=_prepare_worker)
    try:
        with limited(max(1, provenance.cores() // count)):  # the first submission starts all processes
            waiting = {pool.submit(_compute_with_fresh_code, job): job for job in jobs}
        for future in concurrent.futures.as_completed(waiting):
            future.result()
            yield waiting[future].shard
        pool.shutdown()
    except concurrent.futures.process.BrokenProcessPool:
        raise RuntimeError(
            "a worker process died: out of memory, killed, or started from a script without "
            "`if __name__ == '__main__':`. Finished shards are kept; run again, with workers=1 if need be"
        ) from None
    except Exception:
        pool.shutdown(cancel_futures=True)  # shards under way finish and are kept
        raise
    except BaseException:  # an interrupt, or the caller gave up: do not wait for hours
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def _compute_with_fresh_code(job: Job) -> None:
    if fingerprint(job.run_shard, type(job.config)) != job.code:
        raise RuntimeError("the library was edited while the run began; run again to use the new code")
    compute(job)


def _prepare_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers it, once
    # several processes share one GPU, and JAX would otherwise take most of its memory for the first
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    # a worker whose parent was killed would wait for work for ever, and a shard under way is for nobody
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _say_waiting(shard: str) -> None:
    if sys.stderr.isatty():
        print(f"\nwaiting for another process that computes {shard}", file=sys.stderr)


class _reporter:
    """Progress as a context manager that gives a function of the finished shard."""

    def __init__(self, progress: Progress, done: int, total: int, name: str):
        self._function = progress if callable(progress) else None
        self._done, self._total = done, total
        self._bar = None
        wanted = sys.stderr.isatty() if progress is None else progress is True
        if wanted:
            from tqdm import tqdm

            self._bar = tqdm(total=total, initial=done, desc=name, unit="shard", file=sys.stderr)

    def __enter__(self) -> Callable[[str], None]:
        return self._report

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def _report(self, shard: str) -> None:
        self._done += 1
        if self._bar is not None:
            self._bar.set_postfix_str(shard, refresh=False)
            self._bar.update()
        if self._function is not None:
            self._function(self._done, self._total, shard)
