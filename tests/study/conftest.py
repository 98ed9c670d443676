"""Where the toy experiment of `tests/conftest.py` keeps its results, and what it computed."""

import numpy as np
import pytest
from PIL import Image

from widesym.data import cifar
from widesym.data.sources import open_source
from widesym.study import image_tasks


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty folder of results."""
    folder = tmp_path / "results"
    monkeypatch.setenv("WIDESYM_RESULTS", str(folder))
    return folder


@pytest.fixture
def log(tmp_path, monkeypatch):
    """The shards that were really computed, in order, as a function."""
    path = tmp_path / "computed"
    monkeypatch.setenv("TOY_LOG", str(path))
    return lambda: path.read_text().split() if path.exists() else []


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """A folder that looks like the copy of CIFAR-10 in JPEG: noise of 8 x 8, its classes unlike in colour."""
    folder = tmp_path_factory.mktemp("photographs") / "cifar10-jpeg"
    rng = np.random.default_rng(7)
    for split, count in (("train", 6), ("test", 4)):
        for number, name in enumerate(cifar.CLASSES):
            place = folder / split / name
            place.mkdir(parents=True)
            for i in range(count):
                pixels = rng.integers(0, 120, size=(8, 8, 3))
                pixels[..., number % 3] += 10 * number
                Image.fromarray(pixels.astype(np.uint8)).save(place / f"{i}.png")
    return folder


@pytest.fixture
def photographs_checksum(photographs, monkeypatch):
    """The checksum of these photographs, which are found while the test runs."""
    monkeypatch.setenv("WIDESYM_DATA", str(photographs))
    image_tasks.task.cache_clear()
    yield image_tasks.checksum(*open_source("cifar10-jpeg"))
    image_tasks.task.cache_clear()
