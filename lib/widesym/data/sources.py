"""Real images by name: found through ``$WIDESYM_DATA``, or downloaded once with a checksum.

``$WIDESYM_DATA`` names a folder that holds an archive or its extracted folder, or one of these itself;
several are separated as in ``$PATH``.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from widesym.data import cifar
from widesym.data.datasets import Dataset
from widesym.data.folders import load_splits

VARIABLE = "WIDESYM_DATA"
TIMEOUT = 30  # seconds without an answer


@dataclass(frozen=True)
class Source:
    """Where a data set may lie and how it is read.

    Attributes:
        label: what figures call it.
        names: of the archive and of the extracted folder, inside a folder of data.
        is_folder: whether a folder is the extracted one, by what it holds.
        load: from a path to (train, test).
        fetch: download, and return the path; None where nobody offers the files.
    """

    label: str
    names: tuple[str, ...]
    is_folder: Callable[[Path], bool]
    load: Callable[[Path], tuple[Dataset, Dataset]]
    fetch: Callable[[], Path] | None = None


def _load_jpeg(path: Path) -> tuple[Dataset, Dataset]:
    splits = load_splits(path, name=SOURCES["cifar10-jpeg"].label)
    if set(splits) != {"train", "test"} or splits["train"].classes != cifar.CLASSES:
        raise ValueError(
            f"{path} has splits {', '.join(splits)} and classes {', '.join(splits[min(splits)].classes)}: "
            f"must be train and test with {', '.join(cifar.CLASSES)}; remedy: name the JPEG copy of CIFAR-10"
        )
    return splits["train"], splits["test"]


def _fetch_cifar() -> Path:
    import pooch  # here: it brings a progress bar that warns on pages

    return Path(
        pooch.retrieve(
            cifar.URL,
            known_hash=f"sha256:{cifar.SHA256}",
            fname=cifar.ARCHIVE,
            path=pooch.os_cache("widesym"),
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
        )
    )


SOURCES = {
    "cifar10": Source(
        "CIFAR-10",
        (cifar.ARCHIVE, cifar.FOLDER),
        cifar.is_batches,
        cifar.load_batches,
        _fetch_cifar,
    ),
    "cifar10-jpeg": Source(
        "CIFAR-10 (JPEG copy)",
        ("cifar10-jpeg.tar.xz", "cifar10-jpeg.tar.gz", "cifar10-jpeg.zip", "cifar10-jpeg"),
        lambda path: all((path / split / cifar.CLASSES[0]).is_dir() for split in ("train", "test")),
        _load_jpeg,
    ),
}


def open_source(name: str) -> tuple[Dataset, Dataset]:
    """Return training and test images of a named source.

    Args:
        name: ``"cifar10"``, the original archive, or ``"cifar10-jpeg"``, the lossy copy.

    Returns:
        (train, test), pixels from 0 to 1, classes in the usual order.

    Raises:
        ValueError: an unknown name, or files that are damaged or something else.
        FileNotFoundError: the files are nowhere, and cannot be downloaded; says where they were looked for.
    """
    if name not in SOURCES:
        raise ValueError(f"source {name!r}: must be one of {', '.join(SOURCES)}; remedy: choose one")
    source = SOURCES[name]
    found, looked = locate(source)
    if found is None:
        found = _fetched(source, looked)
    return source.load(found)


def locate(source: Source) -> tuple[Path | None, tuple[str, ...]]:
    """Look for a source through ``$WIDESYM_DATA``; return its path or None, and where was looked."""
    looked = []
    for entry in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
        given = Path(entry).expanduser()
        if given.name in source.names and given.exists() or source.is_folder(given):
            return given, ()
        for candidate in (given / name for name in source.names):
            if candidate.exists():
                return candidate, ()
        looked.append(str(given) if given.exists() else f"{given} (which does not exist)")
    return None, tuple(looked)


def _fetched(source: Source, looked: tuple[str, ...]) -> Path:
    where = f"not found in ${VARIABLE} = {', '.join(looked)}" if looked else f"${VARIABLE} is not set"
    remedy = f"remedy: set {VARIABLE} to the folder that holds {source.names[0]}, or to that file"
    if source.fetch is None:
        raise FileNotFoundError(f"{source.label}: {where}, and it cannot be downloaded; {remedy}")
    try:
        return source.fetch()
    except Exception as error:  # whatever the network, the disk or the checksum brings up
        raise FileNotFoundError(
            f"{source.label}: {where}, and the download failed ({error!s:.200}); {remedy}"
        ) from error
