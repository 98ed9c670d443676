"""Faults of the machine, told in one sentence: a full disk, a folder that cannot be written."""

import errno
import os
import re
import shutil
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}
# less free space than this, and it is the disk that stopped a build
_LEAST = 2**18
_PRINTED = re.compile(r"\[Errno (\d+)\] [^\n:]*(?:: '([^'\n]+)')?")


def found(messages: str) -> OSError | None:
    """Return the fault of the machine that the messages of a program tell of, None for any other failure."""
    for number, place in _PRINTED.findall(messages):
        if int(number) in _FULL | _CLOSED:
            return OSError(int(number), os.strerror(int(number)), place or None)
    return None


def told(error: OSError, place: str | os.PathLike = "") -> str:
    """Return what a failed call of the system means, and what to do.

    Args:
        error: as raised; where it names a file, that is the place.
        place: the file or folder that was being written.
    """
    where = error.filename or place
    if error.errno in _FULL:
        return f"the disk is full: cannot write {where}; free some space and run again, finished parts stay"
    if error.errno in _CLOSED:
        return (
            f"{where or 'a file'} cannot be written: give yourself the right to, "
            "or work in a copy of the project that is yours; finished parts stay"
        )
    return str(error)


def full(folder: Path) -> bool:
    """Tell whether the disk that a folder is on has no room left."""
    try:
        return shutil.disk_usage(folder).free < _LEAST
    except OSError:
        return False
