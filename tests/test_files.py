import errno
import json
import multiprocessing
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra import numpy as hnp

from widesym import files

ARRAYS = {"x": np.arange(6.0).reshape(2, 3), "n": np.asarray(3), "file": np.array(["a", "bc"])}
HEADER = {"provenance": {"seed": 0}}


def write(folder, stem="k", arrays=ARRAYS):
    files.write_pair(folder, stem, arrays, HEADER)


def contents(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_is_written_is_read_back(tmp_path):
    write(tmp_path / "new" / "folder")
    arrays, header = files.read_pair(tmp_path / "new" / "folder", "k")
    assert np.array_equal(arrays["x"], ARRAYS["x"]) and arrays["x"].dtype == float
    assert arrays["n"] == 3 and type(arrays["n"]) is int
    assert arrays["file"].tolist() == ["a", "bc"]
    assert header["provenance"] == {"seed": 0}
    assert contents(tmp_path) == ["k.json", "k.npz"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    hnp.arrays(
        hnp.boolean_dtypes() | hnp.integer_dtypes() | hnp.floating_dtypes(), hnp.array_shapes(min_dims=1)
    )
)
def test_any_array_comes_back_bit_by_bit(tmp_path, array):
    write(tmp_path, arrays={"a": array})
    back = files.read_pair(tmp_path, "k")[0]["a"]
    assert back.dtype == array.dtype and back.shape == array.shape and back.tobytes() == array.tobytes()


def test_equal_results_are_equal_files(tmp_path):
    for name in "ab":
        write(tmp_path / name)
    assert (tmp_path / "a/k.npz").read_bytes() == (tmp_path / "b/k.npz").read_bytes()


def test_nothing_there_is_none(tmp_path):
    assert files.read_pair(tmp_path, "k") is None
    assert files.read_pair(tmp_path / "absent", "k") is None


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def alter(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def another_result(path):
    other = path.parent / "other"
    write(other, arrays={"x": np.zeros(2)})
    os.replace(other / path.name, path)


def rename(path):
    header = json.loads(path.read_text())
    path.write_text(json.dumps({**header, "stem": "elsewhere"}))


DAMAGE = [
    ("k.npz", cut, "cut short or altered"),
    ("k.npz", alter, "cut short or altered"),
    ("k.npz", another_result, "cut short or altered"),
    ("k.npz", os.unlink, "its .npz is missing"),
    ("k.json", os.unlink, "its .json is missing: writing was interrupted"),
    ("k.json", cut, "its .json cannot be read"),
    ("k.json", lambda path: path.write_text("{garbage"), "its .json cannot be read"),
    ("k.json", lambda path: path.write_bytes(b"\xff\xfe\x00"), "its .json cannot be read"),
    ("k.json", lambda path: path.write_text(""), "its .json cannot be read"),
    ("k.json", lambda path: path.write_text("[1]"), "not of format"),
    ("k.json", lambda path: path.write_text('{"format": 1, "stem": "k"}'), "incomplete"),
    ("k.json", rename, "belongs to 'elsewhere'"),
]


@pytest.mark.parametrize(("name", "damage", "reason"), DAMAGE)
def test_every_damage_is_recognised_and_set_aside(tmp_path, name, damage, reason):
    folder = tmp_path / "toy"
    write(folder)
    damage(folder / name)
    with pytest.raises(files.Damaged, match=reason):
        files.read_pair(folder, "k")
    moved = files.set_aside(folder, "k", tmp_path / "damaged")
    assert moved and all(path.exists() for path in moved)
    assert files.read_pair(folder, "k") is None


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_writer_killed_at_any_step_leaves_the_old_result_or_recognised_damage(tmp_path, call, count):
    write(tmp_path)
    script = f"""
        import os, signal, numpy as np
        from pathlib import Path
        from widesym import files
        calls, real = [], os.{call}
        def deadly(*arguments):
            calls.append(1)
            if len(calls) == {count}:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)
        os.{call} = deadly
        folder = Path({str(tmp_path)!r})
        with files.locked(folder, "k"):
            files.write_pair(folder, "k", {{"x": np.ones(3)}}, {HEADER!r})
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    # two renames and four fsyncs (two files, their folder after each) a pair
    assert done.returncode == (-9 if count <= {"replace": 2, "fsync": 4}[call] else 0)
    try:
        arrays, _ = files.read_pair(tmp_path, "k")
    except files.Damaged:
        pass
    else:
        assert np.array_equal(arrays["x"], ARRAYS["x"]) or np.array_equal(arrays["x"], np.ones(3))
    with files.locked(tmp_path, "k"):  # the lock of the dead is free, and its leftovers go
        assert not list(tmp_path.glob(".*.tmp"))
        write(tmp_path)
    assert files.read_pair(tmp_path, "k") is not None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errno.EROFS, "cannot be written to: change its rights, or set WIDESYM_RESULTS"),
        (errno.EACCES, "cannot be written to"),
        (errno.EPERM, "cannot be written to"),
        (errno.ENOSPC, "the disk is full: free some space, or set WIDESYM_RESULTS"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EIO, "WIDESYM_RESULTS can name another folder"),
    ],
)
@pytest.mark.parametrize("call", ["replace", "fsync", "open"])
def test_a_folder_that_cannot_be_written_gives_one_clear_message(tmp_path, monkeypatch, code, expected, call):
    def refuse(*arguments, **options):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(files.os, call, refuse)
    with pytest.raises(files.StoreError, match=expected) as caught:
        write(tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "non-empty dict"),
        ([1, 2], "non-empty dict"),
        ({"x": object()}, "'x' must be an array of numbers"),
        ({"x": None}, "got NoneType of dtype object"),
        ({"a b": 1}, "'a b' of a value must be a Python identifier"),
        ({3: 1}, "must be a Python identifier"),
    ],
)
def test_what_cannot_be_stored_is_refused(values, expected):
    with pytest.raises(ValueError, match=expected):
        files.as_arrays(values, "shard 's'")


def hold(folder, ready, release):
    with files.locked(folder, "k"):
        ready.set()
        release.wait(20)


def test_a_held_lock_is_waited_for(tmp_path):
    context = multiprocessing.get_context("fork")
    ready, release = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path, ready, release))
    other.start()
    ready.wait(20)
    told = []
    with files.locked(tmp_path, "k", lambda: (told.append(1), release.set())):
        assert told == [1]
    other.join()


def test_without_file_locks_results_are_still_written(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(files.fcntl, "flock", refuse)
    (tmp_path / ".k.npz.1234.tmp").touch()
    with files.locked(tmp_path, "k"):
        write(tmp_path)
    # a live writer may own it when nobody can lock
    assert contents(tmp_path) == [".k.npz.1234.tmp", "k", "k.json", "k.npz"]
