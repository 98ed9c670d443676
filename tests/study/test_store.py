import errno
import multiprocessing
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import psutil
import pytest

from widesym import files
from widesym.study import configs, provenance, store
from widesym.study.store import DamagedResult, StoreError, load_or_run, missing_shards, run_shards

# a process that is not interrupted ends within this many seconds on a busy machine
PATIENCE = 60


def same(one, other):
    assert one.arrays.keys() == other.arrays.keys()
    assert all(np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays)


def edit(toy, old, new):
    path = Path(toy.__file__)
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def script(toy, body, **environment):
    """Start Python with the toy in reach; it sees the same results and log."""
    folder = str(Path(toy.__file__).parent)
    code = f"import sys; sys.path.insert(0, {folder!r}); import toylab as toy\n" + (
        "from widesym.study.store import load_or_run, run_shards\n" + body
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_result_is_computed_once(toy, root, log):
    config = toy.ToyConfig()
    first = load_or_run(toy.EXPERIMENT, config, workers=1)
    assert log() == ["size-4", "size-3", "size-2"]
    again = load_or_run(toy.EXPERIMENT, config, workers=1)
    assert len(log()) == 3
    same(first, again)
    assert first.provenance == again.provenance and first.config == config
    parts = {s: toy.run_shard(config, s) for s in toy.shards(config)}
    assert np.array_equal(first.arrays["means"], toy.gather(config, parts)["means"])
    assert first.arrays["count"] == 3 and type(first.arrays["count"]) is int


def test_one_worker_and_four_give_identical_arrays(toy, root, tmp_path, log):
    config = toy.ToyConfig(sizes=(50, 40, 30, 20, 10))
    one = load_or_run(toy.EXPERIMENT, config, workers=1)
    four = load_or_run(toy.EXPERIMENT, config, workers=4, root=tmp_path / "four")
    assert len(log()) == 10
    same(one, four)
    for key in store.shard_keys(toy.EXPERIMENT, config).values():
        name = f"toy.powers/{key}.npz"
        assert (root / name).read_bytes() == (tmp_path / "four" / name).read_bytes()


def test_every_shard_that_two_configs_share_by_name_has_its_own_key(toy):
    keys = [
        *store.shard_keys(toy.EXPERIMENT, toy.ToyConfig()).values(),
        *store.shard_keys(toy.EXPERIMENT, toy.ToyConfig(seed=1)).values(),
        *store.shard_keys(toy.EXPERIMENT, toy.ToyConfig(power=3.0)).values(),
    ]
    assert len(set(keys)) == 9 and all(len(key) == 32 for key in keys)


def test_the_key_does_not_depend_on_how_a_number_was_written(toy):
    keys = store.shard_keys(
        toy.EXPERIMENT, configs.configure(toy.EXPERIMENT, "default", power=2, sizes=[4, 3, 2])
    )
    assert keys == store.shard_keys(toy.EXPERIMENT, toy.ToyConfig())


def test_other_versions_give_another_key(toy, monkeypatch):
    before = store.shard_keys(toy.EXPERIMENT, toy.ToyConfig())
    found = provenance.versions()
    monkeypatch.setattr(provenance, "versions", lambda: {**found, "jax": "99.0"})
    after = store.shard_keys(toy.EXPERIMENT, toy.ToyConfig())
    assert not set(before.values()) & set(after.values())


def test_an_edited_comment_recomputes_nothing(toy, root, log):
    load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1)
    edit(
        toy,
        "def run_shard(config, shard):\n",
        'def run_shard(config, shard):\n    """Draw."""\n    # words\n',
    )
    load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1)
    assert len(log()) == 3


def test_edited_code_never_serves_or_stores_old_numbers(toy, root, log):
    config = toy.ToyConfig()
    old = load_or_run(toy.EXPERIMENT, config, workers=1)
    edit(toy, "** config.power", "** config.power + 1000.0")
    # this process still has the old code; the numbers must be those of the new
    new = load_or_run(toy.EXPERIMENT, config, workers=1)
    assert len(log()) == 6
    assert np.allclose(new.arrays["means"], old.arrays["means"] + 1000.0)
    assert new.provenance["fingerprint"] != old.provenance["fingerprint"]
    edit(toy, "** config.power + 1000.0", "** config.power")
    same(load_or_run(toy.EXPERIMENT, config, workers=1), old)
    assert len(log()) == 6


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_run_resumes_with_the_missing_shards(toy, root, log, monkeypatch, workers):
    config = toy.ToyConfig()
    monkeypatch.setenv("TOY_STOP", "size-3")
    with pytest.raises(KeyboardInterrupt):
        load_or_run(toy.EXPERIMENT, config, workers=1)
    assert missing_shards(toy.EXPERIMENT, config) == ("size-3", "size-2")
    monkeypatch.delenv("TOY_STOP")
    resumed = load_or_run(toy.EXPERIMENT, config, workers=workers)
    assert log()[:2] == ["size-4", "size-3"] and sorted(log()[2:]) == ["size-2", "size-3"]
    assert resumed.provenance["shards"] == 3


def test_an_interrupt_stops_the_workers_and_keeps_finished_shards(toy, root, log, monkeypatch):
    monkeypatch.setenv("TOY_HANG", "size-3")

    def stop(done, total, shard):
        raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=2, progress=stop)
        wait_until(lambda: not multiprocessing.active_children())
    finally:
        for worker in multiprocessing.active_children():
            worker.kill()
    missing = missing_shards(toy.EXPERIMENT, toy.ToyConfig())
    assert "size-3" in missing and len(missing) < 3


def test_a_killed_run_resumes_and_leaves_no_worker_behind(toy, root, log):
    body = "load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=2)"
    run = script(toy, body, TOY_SLEEP="3600")
    wait_until(lambda: len(log()) == 2)
    workers = psutil.Process(run.pid).children(recursive=True)
    try:
        assert len(workers) >= 2
        run.kill()
        wait_until(lambda: not any(alive(worker) for worker in workers))
    finally:
        for worker in filter(alive, workers):
            worker.kill()
        run.communicate()
    assert missing_shards(toy.EXPERIMENT, toy.ToyConfig()) == ("size-4", "size-3", "size-2")
    assert load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1).arrays["count"] == 3


def alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def wait_until(condition):
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, "waited too long"
        time.sleep(0.05)


def test_two_processes_at_once_compute_each_shard_once(toy, root, log):
    body = "r = load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1); print(r.arrays['means'].tolist())"
    runs = [script(toy, body, TOY_SLEEP="0.3") for _ in range(3)]
    outputs = [run.communicate(timeout=PATIENCE) for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], outputs
    assert len({out for out, _ in outputs}) == 1
    assert sorted(log()) == ["size-2", "size-3", "size-4"]
    assert missing_shards(toy.EXPERIMENT, toy.ToyConfig()) == ()


def test_two_processes_at_once_without_locks_corrupt_nothing(toy, root, log):
    body = """
import errno
from widesym import files
def refuse(*arguments): raise OSError(errno.ENOLCK, "no locks")
files.fcntl.flock = refuse
for seed in range(20):
    r = load_or_run(toy.EXPERIMENT, toy.ToyConfig(seed=seed), workers=1)
"""
    runs = [script(toy, body) for _ in range(3)]
    outputs = [run.communicate(timeout=PATIENCE) for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], outputs
    for seed in range(20):
        assert missing_shards(toy.EXPERIMENT, toy.ToyConfig(seed=seed)) == ()


DAMAGE = {
    "truncated npz": (".npz", lambda path: path.write_bytes(path.read_bytes()[:50])),
    "altered npz": (".npz", lambda path: path.write_bytes(path.read_bytes()[:-9] + b"altered!!")),
    "garbage json": (".json", lambda path: path.write_text("{garbage")),
    "half-written pair": (".json", os.unlink),
    "lost npz": (".npz", os.unlink),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_shard_is_set_aside_and_computed_again(toy, root, log, kind):
    suffix, damage = DAMAGE[kind]
    config = toy.ToyConfig()
    before = load_or_run(toy.EXPERIMENT, config, workers=1)
    key = store.shard_keys(toy.EXPERIMENT, config)["size-3"]
    damage(root / "toy.powers" / f"{key}{suffix}")
    assert missing_shards(toy.EXPERIMENT, config) == ("size-3",)
    with pytest.warns(
        DamagedResult, match=r"stored shard 'size-3' is damaged \(its .*\); it is computed again"
    ):
        after = load_or_run(toy.EXPERIMENT, config, workers=1)
    same(before, after)
    assert log()[3:] == ["size-3"]
    kept = list((root / "damaged").iterdir())
    assert kept and all(path.name.startswith(f"toy.powers-{key}-") for path in kept)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_or_run(toy.EXPERIMENT, config, workers=1)


def test_a_pair_that_is_being_renewed_is_not_taken_for_damaged(toy, root, monkeypatch):
    config = toy.ToyConfig(sizes=(3,))
    load_or_run(toy.EXPERIMENT, config, workers=1)
    real, calls = files.read_pair, []

    def first_half_way(folder, stem):
        calls.append(stem)
        if len(calls) == 1:
            raise files.Damaged("half way through its renewal")
        return real(folder, stem)

    monkeypatch.setattr(files, "read_pair", first_half_way)
    load_or_run(toy.EXPERIMENT, config, workers=1)
    assert len(calls) == 2 and not (root / "damaged").exists()


@pytest.mark.parametrize(("code", "word"), [(errno.EROFS, "rights"), (errno.ENOSPC, "disk is full")])
def test_a_store_that_cannot_be_written_says_so_once(toy, root, monkeypatch, code, word):
    def refuse(*arguments, **options):
        raise OSError(code, os.strerror(code))

    load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1)
    monkeypatch.setattr(files.os, "replace", refuse)
    monkeypatch.setattr(files.os, "open", refuse)
    # finished results are read from a folder that cannot be written
    load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1)
    with pytest.raises(StoreError, match=word) as caught:
        load_or_run(toy.EXPERIMENT, toy.ToyConfig(seed=1), workers=1)
    assert "shards that were finished are kept" in str(caught.value) and "\n" not in str(caught.value)


def test_a_store_that_cannot_be_written_is_noticed_before_computing(toy, root, log, monkeypatch):
    monkeypatch.setattr(
        files.os, "open", lambda *a, **k: (_ for _ in ()).throw(OSError(errno.EROFS, "read-only"))
    )
    with pytest.raises(StoreError):
        load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1)
    assert log() == []


def test_the_message_of_a_worker_that_cannot_store_arrives(toy, tmp_path, log):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="WIDESYM_RESULTS"):
        load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=2, root=blocked)


def test_parts_of_a_cluster_make_the_whole(toy, root, log):
    config = toy.ToyConfig(sizes=(5, 4, 3, 2, 1))
    assert run_shards(toy.EXPERIMENT, config, (1, 2), workers=1) == ("size-5", "size-3", "size-1")
    assert missing_shards(toy.EXPERIMENT, config) == ("size-4", "size-2")
    assert run_shards(toy.EXPERIMENT, config, (2, 2), workers=1) == ("size-4", "size-2")
    assert run_shards(toy.EXPERIMENT, config, (7, 7), workers=1) == ()
    load_or_run(toy.EXPERIMENT, config, workers=1)
    assert len(log()) == 5


@pytest.mark.parametrize("part", [(0, 2), (3, 2), (1.0, 2), 1, (1, 2, 3), (True, 1)])
def test_a_wrong_part_is_refused(toy, root, part):
    with pytest.raises(ValueError, match="part must be"):
        run_shards(toy.EXPERIMENT, toy.ToyConfig(), part)


def test_a_config_of_another_type_is_refused(toy, root):
    with pytest.raises(ValueError, match=r"needs a config of type ToyConfig, got \{'sizes'"):
        load_or_run(toy.EXPERIMENT, {"sizes": (1,)})


@pytest.mark.parametrize("sizes", [(), (2, 2)])
def test_shards_without_distinct_names_are_refused(toy, root, sizes):
    with pytest.raises(ValueError, match="shards must be distinct, non-empty names"):
        load_or_run(toy.EXPERIMENT, toy.ToyConfig(sizes=sizes))


def test_where_results_lie(toy, root, monkeypatch, tmp_path):
    assert store.results_root() == root
    monkeypatch.delenv("WIDESYM_RESULTS")
    monkeypatch.setenv("WIDESYM_ROOT", str(tmp_path))
    assert store.results_root() == tmp_path / "build" / "results"


def test_a_key_leads_to_its_provenance(toy, root):
    load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1)
    keys = store.shard_keys(toy.EXPERIMENT, toy.ToyConfig())
    (found,) = store.lookup(keys["size-3"][:12])
    assert found["shard"] == "size-3" and found["key"] == keys["size-3"]
    assert found["config"] == {"sizes": [4, 3, 2], "power": 2.0, "seed": 0, "precision": "float64"}
    assert store.lookup("0" * 32) == []
    for wrong in ("abc", "xyzxyz", "*" * 8):
        with pytest.raises(ValueError, match="a key has 32 hex digits"):
            store.lookup(wrong)


def test_a_record_comes_back_whatever_the_code_is_now(toy, root, tmp_path, monkeypatch):
    monkeypatch.setenv("WIDESYM_ROOT", str(tmp_path))
    stored = load_or_run(toy.EXPERIMENT, toy.EXPERIMENT.profiles["paper"], workers=1)
    path = store.save_record(stored)
    assert path == tmp_path / "records" / "toy.powers.npz"
    edit(toy, "** config.power", "** config.power + 1000.0")
    back = store.load_record(toy.EXPERIMENT)
    same(stored, back)
    same(stored, store.find_record(toy.EXPERIMENT))
    assert back.config == stored.config and back.provenance == stored.provenance
    assert back.provenance["profile"] == "paper" and len(back.provenance["fingerprint"]) == 64


def test_no_record_is_none_but_half_of_one_is_damage(toy, root, tmp_path, monkeypatch):
    monkeypatch.setenv("WIDESYM_ROOT", str(tmp_path))
    assert store.find_record(toy.EXPERIMENT) is None
    stored = load_or_run(toy.EXPERIMENT, toy.EXPERIMENT.profiles["paper"], workers=1)
    store.save_record(stored).unlink()
    with pytest.raises(StoreError, match="is damaged"):
        store.find_record(toy.EXPERIMENT)


def test_a_record_that_is_wrong_is_refused_with_the_remedy(toy, root, tmp_path):
    path = tmp_path / "kept" / "toy.powers.npz"
    with pytest.raises(FileNotFoundError, match="make it with `widesym record toy.powers`"):
        store.load_record(toy.EXPERIMENT, path)
    stored = load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1)
    with pytest.raises(ValueError, match="must end in .npz"):
        store.save_record(stored, tmp_path / "kept")
    store.save_record(stored, path)
    good = path.read_bytes()
    path.write_bytes(good[:-1])
    with pytest.raises(StoreError, match="is damaged, its .npz .* restore both files from version control"):
        store.load_record(toy.EXPERIMENT, path)
    assert path.exists()
    path.write_bytes(good)
    text = path.with_suffix(".json").read_text()
    path.with_suffix(".json").write_text(
        text.replace('"experiment": "toy.powers"', '"experiment": "toy.other"')
    )
    with pytest.raises(ValueError, match="a record of 'toy.other', not of 'toy.powers'"):
        store.load_record(toy.EXPERIMENT, path)
