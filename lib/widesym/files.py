r"""Files of results: an `.npz` of arrays and a `.json` that vouches for it.

A result $r$ under the stem $k$ is the pair ($k$.npz, $k$.json), where the JSON carries SHA-256 of the
npz and is written last. Each file appears whole (temporary file, fsync, rename), so the pair is valid
if and only if the JSON can be read, names the stem, and its sum fits; whatever a kill, a full disk or
a stray edit leaves behind is told apart and never read as a result.

Writers of one stem exclude each other by a lock file, which the kernel frees when a process dies.
Without locks (some network file systems) pairs are still never mixed up unnoticed: the sum decides.
"""

import contextlib
import errno
import fcntl
import hashlib
import io
import json
import os
import secrets
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = 1

_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}


class StoreError(RuntimeError):
    """Results cannot be written or read, with the folder, the reason and the remedy in one sentence."""


class Damaged(Exception):
    """A pair of files that is no valid result; the argument is the reason."""


class DamagedResult(UserWarning):
    """A stored result was damaged, has been set aside and is computed again."""


@contextlib.contextmanager
def explained(path: Path, doing: str) -> Iterator[None]:
    """Turn an `OSError` inside the block into one `StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = "the disk is full: free some space, or set WIDESYM_RESULTS to a folder elsewhere"
        elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            remedy = "it cannot be written to: change its rights, or set WIDESYM_RESULTS to a folder of yours"
        else:
            remedy = f"{error.strerror or error}; WIDESYM_RESULTS can name another folder"
        raise StoreError(f"cannot {doing} {path}: {remedy}; shards that were finished are kept") from error


def as_arrays(values: Mapping[str, Any], where: str) -> dict[str, np.ndarray]:
    """Return values as the arrays that are stored.

    Raises:
        ValueError: no value at all, a name that is no identifier, or a value that is no array of
            numbers, bools or strings.
    """
    if not isinstance(values, Mapping) or not values:
        raise ValueError(
            f"{where} must return a non-empty dict of arrays and numbers, got {repr(values):.80}"
        )
    arrays = {}
    for name, value in values.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(f"{where}: the name {name!r} of a value must be a Python identifier")
        array = np.asarray(value)
        if array.dtype.kind not in "biufcUS":
            raise ValueError(
                f"{where}: {name!r} must be an array of numbers, bools or strings, "
                f"got {type(value).__name__} of dtype {array.dtype}; store what can be drawn from it instead"
            )
        arrays[name] = array
    return arrays


def write_pair(
    folder: Path,
    stem: str,
    arrays: Mapping[str, np.ndarray],
    header: Mapping[str, Any],
    *,
    compressed: bool = True,
) -> None:
    """Write a result as `stem.npz` and then `stem.json`, each at once or not at all.

    Args:
        folder: made when it is not there.
        stem: the name of both files; also inside the JSON.
        arrays: as from `as_arrays`.
        header: JSON values that describe the result.
        compressed: False for arrays that would hardly become smaller, such as random floats; much faster.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
    """
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    # as numpy.savez_compressed does, which cannot store an array named `file`
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    data = buffer.getvalue()
    text = json.dumps(
        {"format": FORMAT, "stem": stem, "sha256": hashlib.sha256(data).hexdigest(), **header},
        indent=1,
        ensure_ascii=False,
        allow_nan=False,
    )
    with explained(folder, "store results in"):
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(folder / f"{stem}.npz", data)
        _write_whole(folder / f"{stem}.json", text.encode() + b"\n")


def _write_whole(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    # the rename itself is on the disk only when the folder is
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_pair(folder: Path, stem: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the arrays and the header of a result, or None when neither file is there.

    Arrays without dimensions come back as Python numbers or strings.

    Raises:
        Damaged: the pair is not valid.
        StoreError: the files are there and cannot be read.
    """
    with explained(folder, "read results in"):
        text, data = _bytes(folder / f"{stem}.json"), _bytes(folder / f"{stem}.npz")
    if text is None and data is None:
        return None
    if text is None:
        raise Damaged("its .json is missing: writing was interrupted")
    header = _header(text, stem)
    if data is None:
        raise Damaged("its .npz is missing")
    if hashlib.sha256(data).hexdigest() != header["sha256"]:
        raise Damaged("its .npz is not the one that the .json vouches for: cut short or altered")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise Damaged(f"its .npz cannot be read: {error}") from error
    return {name: a.item() if a.ndim == 0 else a for name, a in arrays.items()}, header


def read_header(path: Path) -> dict[str, Any]:
    """Return the header in a result's `.json`.

    Raises:
        Damaged: it is no header of that name.
        StoreError: it cannot be read.
    """
    with explained(path.parent, "read results in"):
        text = _bytes(path)
    if text is None:
        raise Damaged("its .json is missing")
    return _header(text, path.stem)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _header(text: bytes, stem: str) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except ValueError as error:  # also what is no UTF-8
        raise Damaged(f"its .json cannot be read: {error}") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise Damaged(f"its .json is not of format {FORMAT}")
    if header.get("stem") != stem:
        raise Damaged(f"its .json belongs to {header.get('stem')!r}")
    if not isinstance(header.get("sha256"), str) or not isinstance(header.get("provenance"), dict):
        raise Damaged("its .json is incomplete")
    return header


def set_aside(folder: Path, stem: str, place: Path) -> list[Path]:
    """Move the files of a damaged result to `place`, where their names carry the time; return them.

    Raises:
        StoreError: they cannot be moved.
    """
    moved = []
    with explained(place, "set damaged files aside in"):
        place.mkdir(parents=True, exist_ok=True)
        for suffix in (".npz", ".json"):
            target = place / f"{folder.name}-{stem}-{time.time_ns()}{suffix}"
            with contextlib.suppress(FileNotFoundError):
                os.replace(folder / f"{stem}{suffix}", target)
                moved.append(target)
    return moved


@contextlib.contextmanager
def locked(folder: Path, stem: str, waiting: Callable[[], None] = lambda: None) -> Iterator[bool]:
    """Hold the lock of one result; calls `waiting` once when another process holds it.

    Gives whether the lock is held: False on a file system that has none.

    Temporary files that a killed writer of the same result left behind are removed.

    Raises:
        StoreError: the lock file cannot be made, as in a read-only folder.
    """
    place = folder / ".locks"
    with explained(folder, "store results in"):
        place.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(place / stem, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        held = _acquire(descriptor, folder, waiting)
        if held:
            for leftover in folder.glob(f".{stem}.*.tmp"):
                with contextlib.suppress(OSError):
                    leftover.unlink(missing_ok=True)
        yield held
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, folder: Path, waiting: Callable[[], None]) -> bool:
    with explained(folder, "lock results in"):
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return False
    return True
