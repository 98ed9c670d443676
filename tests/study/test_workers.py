import io
import sys

import pytest

from widesym.study.store import load_or_run, missing_shards


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("workers", [0, -1, 2.0, True, "4"])
def test_a_wrong_number_of_workers_is_refused(toy, root, workers):
    with pytest.raises(ValueError, match="workers must be a positive integer or None"):
        load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=workers)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failing_shard_is_named_and_costs_no_finished_one(toy, root, monkeypatch, workers):
    monkeypatch.setenv("TOY_FAIL", "size-2")
    with pytest.raises(FloatingPointError, match="the toy diverged") as caught:
        load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=workers)
    assert "while computing shard 'size-2' of toy.powers" in caught.value.__notes__
    assert missing_shards(toy.EXPERIMENT, toy.ToyConfig()) == ("size-2",)


# when one dies the others are stopped, and one that is just writing leaves half a pair
@pytest.mark.filterwarnings("ignore::widesym.files.DamagedResult")
def test_a_worker_that_dies_is_told_and_the_rest_is_computed_later(toy, root, monkeypatch):
    monkeypatch.setenv("TOY_DIE", "size-2")
    with pytest.raises(RuntimeError, match="a worker process died: out of memory"):
        load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=2)
    assert "size-2" in missing_shards(toy.EXPERIMENT, toy.ToyConfig())
    monkeypatch.delenv("TOY_DIE")
    assert load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=2).arrays["count"] == 3


def test_code_edited_between_key_and_worker_is_refused(toy, root, monkeypatch):
    from widesym.study import workers

    job = workers.Job(
        toy.run_shard, toy.ToyConfig(), "size-2", root, "k", "0" * 64, {"experiment": "toy.powers"}
    )
    with pytest.raises(RuntimeError, match="the library was edited while the run began"):
        workers.compute_all([job] * 2, 0, 2, False)
    assert not list(root.glob("*.npz"))


def test_a_result_that_cannot_be_stored_is_refused(toy, root, monkeypatch):
    monkeypatch.setattr(toy, "run_shard", None)
    from dataclasses import replace

    def empty(config, shard):
        return {}

    empty.__module__ = "toylab"
    with pytest.raises(ValueError, match="shard 'size-4' of toy.powers must return a non-empty dict"):
        load_or_run(replace(toy.EXPERIMENT, run_shard=empty), toy.ToyConfig(), workers=1)


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_calls_the_function_for_each_shard(toy, root, workers):
    calls = []
    load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=workers, progress=lambda *c: calls.append(c))
    assert [call[:2] for call in calls] == [(1, 3), (2, 3), (3, 3)]
    assert sorted(call[2] for call in calls) == ["size-2", "size-3", "size-4"]
    load_or_run(toy.EXPERIMENT, toy.ToyConfig(), progress=lambda *c: calls.append(c))
    assert len(calls) == 3


def test_progress_counts_what_was_there_already(toy, root):
    calls = []
    load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1)
    # the same shards under the same config: take one away
    for path in list((root / "toy.powers").glob("*.npz"))[:1]:
        path.unlink()
        path.with_suffix(".json").unlink()
    load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1, progress=lambda *c: calls.append(c[:2]))
    assert calls == [(3, 3)]


@pytest.mark.parametrize(
    ("stream", "progress", "shown"),
    [
        (io.StringIO, None, False), (Terminal, None, True), (Terminal, False, False),
        (io.StringIO, True, True), (io.StringIO, False, False),
    ],
)  # fmt: skip
def test_a_line_with_the_time_left_on_terminals_only_unless_asked(
    toy, root, monkeypatch, stream, progress, shown
):
    err = stream()
    monkeypatch.setattr(sys, "stderr", err)
    load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1, progress=progress)
    text = err.getvalue()
    assert bool(text) == shown
    if shown:
        assert "toy.powers: 100%" in text and "3/3" in text and "<" in text


def test_nothing_is_printed_when_nothing_is_computed(toy, root, monkeypatch, capsys):
    load_or_run(toy.EXPERIMENT, toy.ToyConfig(), workers=1)
    err = Terminal()
    monkeypatch.setattr(sys, "stderr", err)
    load_or_run(toy.EXPERIMENT, toy.ToyConfig())
    assert err.getvalue() == "" and capsys.readouterr().out == ""
