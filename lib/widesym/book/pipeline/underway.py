"""Shards under way: those that another process computes, told to a user who would wait for them in silence.

On a terminal a worker says what it waits for (`widesym.study.workers`). In a log, or under a build, nobody
would know why nothing happens.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from widesym.study.experiment import Experiment
from widesym.study.store import results_root, shard_keys


def elsewhere(experiment: Experiment, config: Any, part: tuple[int, int] = (1, 1)) -> tuple[str, ...]:
    """Return the shards of a part that another process is computing, as far as locks tell."""
    keys = shard_keys(experiment, config)
    locks = results_root() / experiment.name / ".locks"  # as `widesym.files.locked` makes them
    mine = list(keys)[part[0] - 1 :: part[1]]
    return tuple(shard for shard in mine if _held(locks / keys[shard]))


def told(shards: Iterable[str], total: int) -> str:
    """Return what a user should know of shards that are computed elsewhere, of so many in all."""
    names = list(shards)
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return (
        f"another process is computing {len(names)} of the {total} shards ({shown}); "
        "this one computes the rest, and waits for those"
    )


def _held(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except OSError:  # never computed
        return False
    try:
        # shared: two that ask at once are not in each other's way
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(descriptor)
    return False
