"""CIFAR-10's own files: layout of pixels, checksums, and that a pickle can run nothing."""

import hashlib
import os
import pickle

import numpy as np
import pytest

from widesym.data import cifar
from widesym.data.cifar import load_batches


@pytest.mark.parametrize("protocol", [0, 2])
@pytest.mark.parametrize("container", [cifar.ARCHIVE, cifar.FOLDER])
def test_batches_become_images(tmp_path, pack, batches, container, protocol):
    files, pixels, labels = batches(protocol=protocol)
    wrapped = {f"{cifar.FOLDER}/{name}": data for name, data in files.items()} | {"readme.html": b"hello"}
    path = pack(tmp_path / container, files if container == cifar.FOLDER else wrapped)
    train, test = load_batches(path, md5=None)
    assert train.classes == test.classes == cifar.CLASSES
    assert train.labels.tolist() == labels[:5].ravel().tolist()
    assert test.labels.tolist() == labels[5].tolist()
    assert train.images.shape == (20, 32, 32, 3) and train.images.flags.c_contiguous
    # red first, row by row
    for row, column, colour in ((0, 0, 0), (3, 7, 1), (31, 31, 2)):
        expected = pixels[1, 2, colour * 1024 + row * 32 + column] / np.float32(255)
        assert train.images[6, row, column, colour] == expected
    assert test.images.max() <= 1 and test.images.min() >= 0


def python_2(pixels, labels):
    """A batch pickled opcode by opcode as Python 2 with its NumPy wrote them: strings are its bytes."""

    def short(text):
        return b"U" + bytes([len(text)]) + text

    def number(n):
        return b"J" + n.to_bytes(4, "little", signed=True)

    dtype = b"cnumpy\ndtype\n" + short(b"u1") + b"K\x00K\x01\x87R"
    dtype += b"(K\x03" + short(b"|") + b"NNN" + number(-1) + number(-1) + b"K\x00tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85" + short(b"b") + b"tR"
    array += b"(K\x01" + number(len(pixels)) + number(3072) + b"\x86" + dtype + b"\x89"
    array += b"T" + (pixels.size).to_bytes(4, "little") + pixels.tobytes() + b"tb"
    listed = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}(" + short(b"data") + array + short(b"labels") + listed + b"u."


def test_batches_of_python_2_are_read(tmp_path, pack, batches):
    _, pixels, labels = batches()
    files = {
        name: python_2(p, y.tolist())
        for name, p, y in zip(cifar.TRAIN + cifar.TEST, pixels, labels, strict=True)
    }
    train, test = load_batches(pack(tmp_path / cifar.FOLDER, files), None)
    assert train.labels.tolist() == labels[:5].ravel().tolist()
    rows = test.images.transpose(0, 3, 1, 2).reshape(4, 3072)
    assert np.array_equal(rows, pixels[5] / np.float32(255))


def test_folder_and_archive_have_one_checksum(tmp_path, pack, batches):
    files, *_ = batches()
    one = load_batches(pack(tmp_path / cifar.ARCHIVE, files), None)
    other = load_batches(pack(tmp_path / cifar.FOLDER, files), None)
    assert [a.checksum for a in one] == [b.checksum for b in other]
    assert one[0].checksum != one[1].checksum


def test_only_the_published_files_are_taken(tmp_path, pack, batches, monkeypatch):
    files, *_ = batches()
    path = pack(tmp_path / cifar.FOLDER, files)
    with pytest.raises(ValueError, match="data_batch_1 of CIFAR-10 is not the published file"):
        load_batches(path)
    md5 = {name: hashlib.md5(data).hexdigest() for name, data in files.items()}
    assert len(load_batches(path, md5)[0]) == 20
    altered = bytearray(files["test_batch"])
    altered[-40] ^= 1
    (path / "test_batch").write_bytes(altered)
    with pytest.raises(ValueError, match="test_batch of CIFAR-10 is not the published file"):
        load_batches(path, md5)


def test_missing_and_damaged_batches_are_named(tmp_path, pack, batches):
    files, *_ = batches()
    path = pack(
        tmp_path / cifar.FOLDER, {name: data for name, data in files.items() if name != "data_batch_3"}
    )
    with pytest.raises(ValueError, match="data_batch_3 of CIFAR-10 is missing"):
        load_batches(path, None)
    (path / "data_batch_3").write_bytes(files["data_batch_3"][:2000])
    with pytest.raises(ValueError, match="data_batch_3 of CIFAR-10 cannot be read"):
        load_batches(path, None)
    archive = pack(tmp_path / cifar.ARCHIVE, files)
    archive.write_bytes(archive.read_bytes()[:5000])
    with pytest.raises(ValueError, match="cannot be read as an archive"):
        load_batches(archive, None)


@pytest.mark.parametrize(
    "content",
    [
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 10]},
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, -1]},
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0]},
        {b"data": np.zeros((2, 3072), np.float32), b"labels": [0, 1]},
        {b"data": np.zeros((2, 3071), np.uint8), b"labels": [0, 1]},
        {b"data": np.zeros((0, 3072), np.uint8), b"labels": []},
        {b"data": np.zeros((2, 3072), np.uint8)},
        {b"data": 3, b"labels": [0]},
        [],
    ],
)
def test_batches_of_another_form_are_refused(tmp_path, pack, batches, content):
    files, *_ = batches()
    path = pack(tmp_path / cifar.FOLDER, {**files, "data_batch_2": pickle.dumps(content, protocol=2)})
    with pytest.raises(ValueError, match="data_batch_2 of CIFAR-10 .*remedy"):
        load_batches(path, None)


class Evil:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_a_pickle_runs_nothing(tmp_path, pack, batches):
    files, *_ = batches()
    mark = tmp_path / "ran"
    for evil, name in (
        (Evil(os.system, f"touch {mark}"), "posix.system|nt.system"),
        (Evil(eval, f"open({str(mark)!r}, 'w')"), "eval"),
        (Evil(np.load, str(mark)), "load"),
    ):
        bad = pickle.dumps({b"data": evil, b"labels": [0]}, protocol=2)
        path = pack(tmp_path / cifar.FOLDER, {**files, "data_batch_1": bad})
        with pytest.raises(ValueError, match=f"({name}) is not allowed"):
            load_batches(path, None)
    assert not mark.exists()
    zipped = b"c_codecs\nencode\n(Vabc\nVrot13\ntR."
    path = pack(tmp_path / cifar.FOLDER, {**files, "data_batch_1": zipped})
    with pytest.raises(ValueError, match="encoding 'rot13' is not allowed"):
        load_batches(path, None)
