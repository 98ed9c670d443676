"""CIFAR-10 as its authors publish it: five pickled batches of training images and one of test images.

The files are recognised by their published MD5 before anything in them is looked at, and unpickled by a
reader that can make arrays, numbers, bytes, lists and dictionaries only. Source: Krizhevsky, Learning
Multiple Layers of Features from Tiny Images (2009).
"""

import hashlib
import io
import pickle
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy._core.multiarray import _reconstruct

from widesym.data.archives import read_files
from widesym.data.datasets import Dataset, digest

ARCHIVE = "cifar-10-python.tar.gz"
FOLDER = "cifar-10-batches-py"
URL = f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"
SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"  # of the archive
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
TRAIN = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5")
TEST = ("test_batch",)
MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}

_PIXELS = 3 * 32 * 32


def load_batches(path: str | Path, md5: Mapping[str, str] | None = MD5) -> tuple[Dataset, Dataset]:
    """Load training and test images from the archive, or from the folder that it extracts to.

    Args:
        path: the archive or the folder.
        md5: of each batch; None takes any files of this layout.

    Returns:
        (train, test), pixels divided by 255.

    Raises:
        FileNotFoundError: there is nothing at the path.
        ValueError: a damaged archive, a batch that is missing, altered, or holds anything else.
    """
    path = Path(path)
    found = read_files(path, lambda inside: inside.name in TRAIN + TEST)
    batches = {inside.name: data for inside, data in found.items()}
    for name in TRAIN + TEST:
        where = f"{path}: {name} of CIFAR-10"
        if name not in batches:
            raise ValueError(f"{where} is missing; remedy: give {ARCHIVE} or the folder {FOLDER} whole")
        if md5 is not None and hashlib.md5(batches[name], usedforsecurity=False).hexdigest() != md5[name]:
            raise ValueError(
                f"{where} is not the published file (its MD5 differs): damaged or altered; "
                "remedy: fetch it again"
            )
    return _joined(path, batches, TRAIN), _joined(path, batches, TEST)


def _joined(path: Path, batches: dict[str, bytes], names: tuple[str, ...]) -> Dataset:
    parts = [_batch(f"{path}: {name} of CIFAR-10", batches[name]) for name in names]
    pixels = np.concatenate([pixels for pixels, _ in parts])
    images = pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).astype(np.float32, order="C")
    images /= 255
    checksum = digest(*(part for name in names for part in (name.encode(), batches[name])))
    return Dataset("CIFAR-10", images, np.concatenate([labels for _, labels in parts]), CLASSES, checksum)


def _batch(where: str, data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Pixels uint8 (n, 3072), colour by colour, and labels (n,)."""
    try:
        content = _Reader(io.BytesIO(data), encoding="bytes").load()
        pixels, labels = content[b"data"], np.asarray(content[b"labels"])
        good = pixels.dtype == np.uint8 and pixels.shape[1:] == (_PIXELS,) and labels.dtype.kind == "i"
        good = good and labels.shape == pixels.shape[:1] and len(labels) > 0
        good = good and labels.min() >= 0 and labels.max() < len(CLASSES)
    except Exception as error:  # a pickle can fail in any way
        raise ValueError(
            f"{where} cannot be read ({error!r:.200}); remedy: fetch the archive again"
        ) from error
    if not good:
        raise ValueError(
            f"{where} must hold bytes (n, {_PIXELS}) and n labels from 0 to {len(CLASSES) - 1}; "
            "remedy: fetch the archive again"
        )
    return pixels, labels


def _latin(text: str, encoding: str) -> bytes:
    """What Python 3 writes for bytes in an old pickle."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"encoding {encoding!r} is not allowed")
    return text.encode("latin1")


class _Reader(pickle.Unpickler):
    """Makes arrays and plain values; every other name in a pickle is refused, so nothing of it can run."""

    _allowed = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
        ("_codecs", "encode"): _latin,
    }

    def find_class(self, module: str, name: str) -> object:
        """Return one of the few allowed objects."""
        if (module, name) not in self._allowed:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a file of images")
        return self._allowed[module, name]


def is_batches(path: Path) -> bool:
    """Tell whether a path is the extracted folder."""
    return all((path / name).is_file() for name in TRAIN + TEST)
