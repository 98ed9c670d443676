"""Small image files, archives and CIFAR batches that tests make for themselves."""

import io
import pickle
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from widesym.data import cifar


def encoded(pixels, form="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form)
    return buffer.getvalue()


def random_pixels(seed, height=6, width=5):
    return np.random.default_rng(seed).integers(256, size=(height, width, 3), dtype=np.uint8)


@pytest.fixture
def pixels():
    """Pixels of one random image, uint8 (H, W, 3)."""
    return random_pixels


@pytest.fixture
def encode():
    """Pixels as the bytes of a PNG or JPEG file."""
    return encoded


@pytest.fixture
def pack():
    """Write {path inside: bytes} at a path: a folder, or an archive by its suffix."""

    def write(path, files):
        if path.name.endswith(".zip"):
            with zipfile.ZipFile(path, "w") as archive:
                for name, data in files.items():
                    archive.writestr(name, data)
        elif ".tar" in path.name:
            with tarfile.open(path, "w:" + path.suffix[1:].replace("tar", "")) as archive:
                for name, data in files.items():
                    member = tarfile.TarInfo(name)
                    member.size = len(data)
                    archive.addfile(member, io.BytesIO(data))
        else:
            for name, data in files.items():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_bytes(data)
        return path

    return write


@pytest.fixture
def batches():
    """Pickled batches as CIFAR-10 has them: {name: bytes}, pixels uint8 (6, n, 3072) and labels (6, n)."""

    def make(n=4, seed=0, protocol=2):
        rng = np.random.default_rng(seed)
        pixels = rng.integers(256, size=(6, n, 3072), dtype=np.uint8)
        labels = rng.integers(10, size=(6, n))
        files = {
            name: pickle.dumps(
                {b"batch_label": b"one", b"data": p, b"labels": y.tolist(), b"filenames": [b"a.png"] * n},
                protocol=protocol,
            )
            for name, p, y in zip(cifar.TRAIN + cifar.TEST, pixels, labels, strict=True)
        }
        return files, pixels, labels

    return make
