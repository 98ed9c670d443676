"""Files of a folder or of an archive, under one interface and without extracting anything to disk."""

import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

ARCHIVES = (".tar.xz", ".tar.gz", ".tgz", ".txz", ".tar.bz2", ".tar", ".zip")

_BROKEN = (tarfile.TarError, zipfile.BadZipFile, EOFError, lzma.LZMAError, zlib.error, OSError, RuntimeError)


def is_archive(path: Path) -> bool:
    """Tell whether a path names an archive, by its suffix."""
    return path.name.lower().endswith(ARCHIVES)


def read_files(path: Path, wanted: Callable[[PurePosixPath], bool]) -> dict[PurePosixPath, bytes]:
    """Read files of a folder or archive, sorted by their path inside it.

    Links and whatever else is no plain file are passed over in an archive.

    Args:
        path: a folder, or an archive with one of the suffixes :data:`ARCHIVES`.
        wanted: from a path inside to whether the file is read.

    Raises:
        FileNotFoundError: there is nothing at the path.
        ValueError: it is a file but no archive, or one that is cut short or damaged.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist: must be a folder or an archive; remedy: check it")
    if path.is_dir():
        return dict(sorted(_of_folder(path, wanted)))
    if not is_archive(path):
        raise ValueError(
            f"{path} is no folder and its name ends in none of {', '.join(ARCHIVES)}; "
            "remedy: name one of these"
        )
    members = _of_zip if path.name.lower().endswith(".zip") else _of_tar
    try:
        return dict(sorted(members(path, wanted)))
    except _BROKEN as error:
        raise ValueError(
            f"{path} cannot be read as an archive ({error}): it is damaged or cut short; "
            "remedy: fetch it again"
        ) from error


def _of_folder(path: Path, wanted: Callable) -> Iterator[tuple[PurePosixPath, bytes]]:
    for folder, _, names in os.walk(path, followlinks=True):
        for name in names:
            inside = PurePosixPath((Path(folder) / name).relative_to(path).as_posix())
            if wanted(inside):
                yield inside, (Path(folder) / name).read_bytes()


def _of_tar(path: Path, wanted: Callable) -> Iterator[tuple[PurePosixPath, bytes]]:
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and wanted(PurePosixPath(member.name)):
                yield PurePosixPath(member.name), archive.extractfile(member).read()
        # tarfile takes a damaged or missing header for the end; the true end is two blocks of zeros, and
        # the checksum of the compression comes after them
        rest = archive.fileobj.read(tarfile.BLOCKSIZE)
        good = len(rest) == tarfile.BLOCKSIZE
        while rest:
            good = good and not any(rest)
            rest = archive.fileobj.read(tarfile.RECORDSIZE)
        if not good:
            raise tarfile.ReadError("no end of archive")


def _of_zip(path: Path, wanted: Callable) -> Iterator[tuple[PurePosixPath, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.is_dir() and wanted(PurePosixPath(member.filename)):
                yield PurePosixPath(member.filename), archive.read(member)
