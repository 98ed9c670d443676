"""Real images by name: where they are looked for, downloads without a network, what is said without them."""

import hashlib
import os

import pooch
import pytest

from widesym.data import cifar, open_source
from widesym.data.sources import SOURCES, locate


@pytest.fixture(autouse=True)
def nothing_at_hand(monkeypatch, tmp_path):
    monkeypatch.delenv("WIDESYM_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def offline(url, output, downloader):
        raise ConnectionError(f"no route to {url}")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", lambda self, *args: offline(*args))


@pytest.fixture
def jpegs(pixels, encode):
    """The layout of the JPEG copy: two training images and a test image of each class."""
    return {
        f"{split}/{name}/{i:04d}.jpg": encode(pixels(i, 32, 32), "JPEG")
        for split, count in (("train", 2), ("test", 1))
        for name in cifar.CLASSES
        for i in range(count)
    } | {"README.md": b"a copy"}


@pytest.fixture
def fake(monkeypatch, batches):
    """Batches that pass for the published ones."""
    files, pixels, labels = batches()
    md5 = {name: hashlib.md5(data).hexdigest() for name, data in files.items()}
    monkeypatch.setattr(cifar.load_batches, "__defaults__", (md5,))
    return files


@pytest.mark.parametrize("name", ["cifar10-jpeg.tar.xz", "cifar10-jpeg.zip", "cifar10-jpeg"])
@pytest.mark.parametrize("given", ["folder", "itself"])
def test_the_jpeg_copy_is_found(tmp_path, monkeypatch, pack, jpegs, name, given):
    path = pack(tmp_path / name, jpegs)
    monkeypatch.setenv("WIDESYM_DATA", str(tmp_path if given == "folder" else path))
    train, test = open_source("cifar10-jpeg")
    assert (len(train), len(test)) == (20, 10)
    assert train.name == test.name == "CIFAR-10 (JPEG copy)"
    assert train.classes == test.classes == cifar.CLASSES
    assert test.labels.tolist() == list(range(10))


def test_an_extracted_folder_of_any_name_is_found(tmp_path, monkeypatch, pack, jpegs, fake):
    monkeypatch.setenv("WIDESYM_DATA", str(pack(tmp_path / "mine", jpegs)))
    assert len(open_source("cifar10-jpeg")[0]) == 20
    monkeypatch.setenv("WIDESYM_DATA", str(pack(tmp_path / "other", fake)))
    assert len(open_source("cifar10")[0]) == 20


@pytest.mark.parametrize("name", [cifar.ARCHIVE, cifar.FOLDER])
def test_the_original_is_found(tmp_path, monkeypatch, pack, fake, name):
    path = pack(tmp_path / name, fake)
    for given in (tmp_path, path):
        monkeypatch.setenv("WIDESYM_DATA", str(given))
        train, test = open_source("cifar10")
        assert (len(train), len(test), train.name) == (20, 4, "CIFAR-10")


def test_several_places_are_searched_in_order(tmp_path, monkeypatch, pack, jpegs):
    first, second = tmp_path / "first", tmp_path / "second"
    pack(second / "cifar10-jpeg", jpegs)
    first.mkdir()
    monkeypatch.setenv("WIDESYM_DATA", os.pathsep.join([str(first), str(second)]))
    assert locate(SOURCES["cifar10-jpeg"]) == (second / "cifar10-jpeg", ())
    pack(first / "cifar10-jpeg", jpegs)
    assert locate(SOURCES["cifar10-jpeg"]) == (first / "cifar10-jpeg", ())


def test_what_was_looked_for_is_said(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError) as caught:
        open_source("cifar10-jpeg")
    assert "$WIDESYM_DATA is not set, and it cannot be downloaded; remedy: set WIDESYM_DATA" in str(
        caught.value
    )
    missing = tmp_path / "missing"
    monkeypatch.setenv("WIDESYM_DATA", os.pathsep.join([str(tmp_path), str(missing)]))
    with pytest.raises(FileNotFoundError) as caught:
        open_source("cifar10-jpeg")
    said = str(caught.value)
    assert f"not found in $WIDESYM_DATA = {tmp_path}, {missing} (which does not exist)" in said
    assert "cifar10-jpeg.tar.xz" in said


def test_offline_there_is_one_message():
    with pytest.raises(FileNotFoundError) as caught:
        open_source("cifar10")
    said = str(caught.value)
    assert "CIFAR-10: $WIDESYM_DATA is not set, and the download failed (no route to https://" in said
    assert said.endswith(
        f"remedy: set WIDESYM_DATA to the folder that holds {cifar.ARCHIVE}, or to that file"
    )
    assert "\n" not in said


def serve(monkeypatch, data):
    """Let downloads give these bytes; returns the list of what was asked for."""
    asked = []

    def download(self, url, output, downloader):
        asked.append(url)
        with open(output, "wb") as file:
            file.write(data)

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", download)
    return asked


def test_a_download_is_checked_and_kept(tmp_path, monkeypatch, pack, fake):
    data = pack(tmp_path / "server.tar.gz", fake).read_bytes()
    monkeypatch.setattr(cifar, "SHA256", hashlib.sha256(data).hexdigest())
    asked = serve(monkeypatch, data)
    assert len(open_source("cifar10")[0]) == len(open_source("cifar10")[0]) == 20
    assert asked == [cifar.URL]
    kept = tmp_path / "cache" / "widesym" / cifar.ARCHIVE
    kept.write_bytes(data[:100])  # damaged in the cache: fetched again
    assert len(open_source("cifar10")[0]) == 20
    assert len(asked) == 2


def test_a_download_of_something_else_is_refused(tmp_path, monkeypatch, pack, fake):
    serve(monkeypatch, pack(tmp_path / "server.tar.gz", fake).read_bytes())
    with pytest.raises(FileNotFoundError, match="(?s)download failed.*hash.*remedy: set WIDESYM_DATA"):
        open_source("cifar10")
    assert not (tmp_path / "cache" / "widesym" / cifar.ARCHIVE).exists()


def test_other_images_are_not_taken_for_the_copy(tmp_path, monkeypatch, pack, jpegs):
    others = {name.replace("cat", "lynx"): data for name, data in jpegs.items()}
    pack(tmp_path / "cifar10-jpeg.zip", others)
    monkeypatch.setenv("WIDESYM_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="classes .*lynx.*must be train and test with .*cat"):
        open_source("cifar10-jpeg")
    with pytest.raises(ValueError, match="source 'cifar': must be one of cifar10, cifar10-jpeg"):
        open_source("cifar")
