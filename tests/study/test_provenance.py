import subprocess

import pytest

from widesym.study import provenance
from widesym.study.store import load_or_run

PYPROJECT = '[project]\nname = "widesym"\n'


def test_the_project_is_found_upwards(tmp_path, monkeypatch):
    monkeypatch.delenv("WIDESYM_ROOT", raising=False)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    inner = tmp_path / "book" / "meanfield"
    inner.mkdir(parents=True)
    assert provenance.project_root(inner) == tmp_path
    monkeypatch.chdir(inner)
    assert provenance.project_root() == tmp_path


@pytest.mark.parametrize("text", ['[project]\nname = "another"\n', "not [ toml", "", b"\xff\xfe"])
def test_another_project_on_the_way_is_passed_by(tmp_path, monkeypatch, text):
    monkeypatch.delenv("WIDESYM_ROOT", raising=False)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert provenance.project_root(inner) == tmp_path


def test_the_project_is_found_from_the_package_when_started_elsewhere(tmp_path, monkeypatch):
    monkeypatch.delenv("WIDESYM_ROOT", raising=False)
    assert (provenance.project_root(tmp_path) / "lib" / "widesym").is_dir()


def test_the_project_can_be_named(tmp_path, monkeypatch):
    monkeypatch.setenv("WIDESYM_ROOT", str(tmp_path))
    assert provenance.project_root() == tmp_path


def test_no_project_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.delenv("WIDESYM_ROOT", raising=False)
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "site" / "provenance.py"))
    with pytest.raises(FileNotFoundError, match="go to the project's folder or set WIDESYM_ROOT"):
        provenance.project_root(tmp_path)


def git(folder, *words):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_the_commit_and_whether_the_tree_is_clean(tmp_path):
    def found():
        provenance.commit.cache_clear()
        return provenance.commit(tmp_path)

    assert found() == (None, None)
    git(tmp_path, "init", "-q")
    assert found() == (None, None)
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-q", "-m", "one")
    name, clean = found()
    assert len(name) == 40 and clean is True
    (tmp_path / "b").write_text("an untracked module can be imported")
    assert found() == (name, False)
    (tmp_path / "b").unlink()
    (tmp_path / "a").write_text("2")
    assert found() == (name, False)
    provenance.commit.cache_clear()


def test_without_git_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    provenance.commit.cache_clear()
    assert provenance.commit(tmp_path) == (None, None)
    provenance.commit.cache_clear()


def test_every_package_of_the_key_has_a_version(monkeypatch):
    found = provenance.versions()
    assert set(found) == {"jax", "jaxlib", "numpy", "scipy", "numba", "pot"}
    assert all(version[0].isdigit() for version in found.values())
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "no-such-package"))
    assert provenance.versions()["no-such-package"] == "absent"


def test_a_result_says_where_it_comes_from(toy, root):
    config = toy.ToyConfig(seed=5)
    found = load_or_run(toy.EXPERIMENT, config, workers=1).provenance
    assert found["experiment"] == "toy.powers" and found["profile"] == "default with seed=5"
    assert found["seed"] == 5 and found["config"]["sizes"] == [4, 3, 2] and found["shards"] == 3
    assert found["precision"] == "float64" and "core" in found["device"]
    assert found["versions"] == provenance.versions() and len(found["fingerprint"]) == 64
    assert found["started_at"] <= found["finished_at"] and found["started_at"].endswith("+00:00")
    assert {"commit", "clean", "key", "wall_seconds", "compute_seconds"} <= set(found)
    assert "shard" not in found


def part(shard, start, end, **changes):
    times = [provenance.timestamp(1.7e9 + second) for second in (start, end)]
    base = {"experiment": "toy", "shard": shard, "commit": "a" * 40, "clean": True, "device": "X"}
    clock = {"started_at": times[0], "finished_at": times[1], "wall_seconds": float(end - start)}
    return {**base, **clock, **changes}


def test_joint_times_do_not_count_pauses_nor_twice_what_ran_at_once():
    joint = provenance.merge([part("a", 0, 10), part("b", 5, 8), part("c", 9, 12), part("d", 100, 101)])
    assert joint["wall_seconds"] == pytest.approx(13.0, abs=0.01)
    assert joint["compute_seconds"] == pytest.approx(17.0)
    assert joint["shards"] == 4 and joint["commit"] == "a" * 40
    assert joint["finished_at"] == provenance.timestamp(1.7e9 + 101)


def test_what_differs_between_shards_is_listed():
    joint = provenance.merge([part("a", 0, 1), part("b", 1, 2, commit="b" * 40, clean=False, device="Y")])
    assert joint["commit"] == ["a" * 40, "b" * 40] and joint["device"] == ["X", "Y"]
    line = provenance.one_line({**joint, "profile": "quick", "precision": "float32"})
    assert "commit aaaaaaaaaa, bbbbbbbbbb, tree not clean" in line and "X + Y" in line


def test_one_line(toy, root):
    found = load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1).provenance
    found.update(commit=None, clean=None, wall_seconds=184.6, compute_seconds=720.0, device="CPU X, 4 cores")
    found.update(started_at="2026-01-02T03:04:05.678+00:00", versions={"jax": "1", "numpy": "2", "pot": "3"})
    assert provenance.one_line(found) == (
        "profile default · seed 0 · no commit · jax 1, numpy 2 · CPU X, 4 cores · float64 · "
        "3 min 05 s (12 min 00 s of work) · 2026-01-02 03:04 UTC"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.042, "0.042 s"),
        (9.94, "9.9 s"),
        (59.4, "59 s"),
        (59.9, "1 min 00 s"),
        (3600, "1 h 00 min"),
        (7620, "2 h 07 min"),
    ],
)
def test_durations_for_readers(seconds, text):
    assert provenance.duration(seconds) == text


def test_precision_is_the_configs_own_or_what_jax_is_set_to(toy):
    import jax

    assert provenance.precision(toy.ToyConfig(precision="float32")) == "float32"
    before = jax.config.jax_enable_x64
    try:
        for flag, name in ((True, "float64"), (False, "float32")):
            jax.config.update("jax_enable_x64", flag)
            assert provenance.precision(object()) == name
    finally:
        jax.config.update("jax_enable_x64", before)
