"""Shards under way: a computation that would wait in silence says what for."""

import select
import subprocess

from widesym import files
from widesym.book.pipeline import underway
from widesym.study import configure
from widesym.study.store import run_shards, shard_keys


def test_shards_under_way_are_those_whose_lock_another_holds(toy, tmp_path, monkeypatch):
    monkeypatch.setenv("WIDESYM_RESULTS", str(tmp_path))
    config = configure(toy.EXPERIMENT, "default")
    assert underway.elsewhere(toy.EXPERIMENT, config) == ()
    folder, keys = tmp_path / toy.EXPERIMENT.name, shard_keys(toy.EXPERIMENT, config)
    with files.locked(folder, keys["size-3"]):
        assert underway.elsewhere(toy.EXPERIMENT, config) == ("size-3",)
        assert underway.elsewhere(toy.EXPERIMENT, config, (1, 2)) == ()
        assert underway.elsewhere(toy.EXPERIMENT, config, (2, 2)) == ("size-3",)
    run_shards(toy.EXPERIMENT, config, workers=1)
    assert underway.elsewhere(toy.EXPERIMENT, config) == ()


def test_only_the_first_shards_are_named():
    shown = underway.told([str(number) for number in range(9)], 12)
    assert shown.startswith("another process is computing 9 of the 12 shards (0, 1, 2, …);")


def test_second_computation_says_that_it_waits(tiny_book):
    words = ("compute", "tiny.squares", "--workers", "1", "--set", "count=1")
    assert tiny_book.run(*words).stderr == ""
    folder = tiny_book.root / "build" / "results" / "tiny.squares"
    (lock,) = (folder / ".locks").iterdir()
    for path in folder.glob(f"{lock.name}.*"):
        path.unlink()
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with files.locked(folder, lock.name):
        waiting = subprocess.Popen(
            tiny_book.command(*words), cwd=tiny_book.root, env=tiny_book.environment(), **pipes
        )
        ready, _, _ = select.select([waiting.stderr], [], [], 60)
        said = waiting.stderr.readline() if ready else ""
        assert waiting.poll() is None and not (folder / f"{lock.name}.npz").exists()
    assert said.startswith("tiny.squares 1/1: another process is computing 1 of the 1 shards (0); this one")
    assert waiting.communicate()[1] == "" and waiting.returncode == 0
    assert (folder / f"{lock.name}.npz").is_file()
