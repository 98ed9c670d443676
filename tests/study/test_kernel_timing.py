"""How kernels are timed: what is counted, on which clock, and that nothing is timed that disagrees."""

import time

import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.kernels.readout import Kernels
from widesym.study import configure, kernel_timing
from widesym.study.experiments import get
from widesym.study.experiments.speed import Speed
from widesym.study.kernel_timing import BATCHES, Effort, alone, best, compiled, measure, steps, tangents

EXPERIMENT = get("synergy.speed")
LITTLE = Effort(cores=1, seconds=0.01, repeats=1, batches=2, patience=1.0)


@pytest.mark.parametrize(
    ("name", "window", "expected"),
    [("GAP", 0, 64 * 64 * 3), ("LAP", 2, 9 * 64 * 3), ("VEC", 0, 64 * 3), ("LCN", 0, 64 * 3), ("FCN", 0, 3)],
)
def test_steps_are_offsets_times_pixels_times_layers(name, window, expected):
    assert steps(Architecture(name, 3, window=window), 8) == expected


@pytest.mark.parametrize("cores", [1, 2])
def test_on_one_core_sleeping_does_not_count(cores):
    calls = []

    def work():
        calls.append(0)
        time.sleep(0.05)

    seconds = best(LITTLE._replace(cores=cores), work, 2)
    assert len(calls) == 3  # the first does not count
    assert seconds < 0.02 if cores == 1 else seconds >= 0.05


def test_the_least_counts():
    pauses = iter([0.0, 0.06, 0.02, 0.04])
    assert 0.02 <= best(LITTLE._replace(cores=2), lambda: time.sleep(next(pauses)), 3) < 0.04


def test_neural_tangents_takes_its_best_batch(monkeypatch):
    monkeypatch.setitem(BATCHES, "FCN", {8: (4, 8)})
    times = iter([16 * 3.0, 64 * 2.0])  # a pair: 3 and 2
    monkeypatch.setattr(kernel_timing, "best", lambda effort, work, repeats: (work(), next(times))[1])
    found = tangents(LITTLE._replace(patience=1e6), Architecture("FCN", 1), 8)
    assert (found["tangents"], found["batch"]) == (2.0, 8) and found["difference"] < 1e-5


def test_no_patience_no_further_batch(monkeypatch):
    monkeypatch.setitem(BATCHES, "FCN", {8: (4, 8)})
    times = iter([16 * 3.0])
    monkeypatch.setattr(kernel_timing, "best", lambda effort, work, repeats: (work(), next(times))[1])
    assert tangents(LITTLE, Architecture("FCN", 1), 8)["batch"] == 4


def test_results_are_compared(monkeypatch):
    network = Architecture("FCN", 1)
    honest = kernel_timing.kernels_of

    def off(one, other, **options):
        return Kernels(*(kernel * (1 + 1e-3) for kernel in honest(one, other, **options)))

    monkeypatch.setattr(kernel_timing, "kernels_of", off)
    assert tangents(LITTLE, network, 8)["difference"] == pytest.approx(1e-3, rel=1e-2)
    monkeypatch.setattr(kernel_timing.os, "sched_setaffinity", lambda *_: None, raising=False)
    monkeypatch.setattr(kernel_timing, "peak", lambda effort: 1.0)
    with pytest.raises(RuntimeError, match="FCN on 8 x 8: the compiled path differs .* a time says nothing"):
        measure(LITTLE, ("FCN",), (8,), 1)


def test_the_compiled_path_is_timed_in_a_block_as_long_as_asked(monkeypatch):
    sizes = []

    def timed(effort, work, repeats):
        sizes.append(tuple(len(images) for images in work.args))
        return 0.004 * len(sizes)

    monkeypatch.setattr(kernel_timing, "best", timed)
    found = compiled(LITTLE, Architecture("FCN", 1), 8)
    assert sizes[-1] == sizes[-2] and len(sizes) == 3  # 0.004, then 0.008, which is half of what is asked
    assert found["compiled"] == pytest.approx(0.012 / np.prod(sizes[-1]))


def test_a_process_of_its_own_measures_everything():
    found = alone(LITTLE._replace(batches=1), ("VEC", "FCN"), (8,), 1)
    for name in ("compiled", "tangents", "prepare", "batch", "difference", "steps"):
        assert found[name].shape == (2, 1) and (found[name] > 0).all()
    assert found["difference"].max() < 1e-5 and found["peak"] > 1e8 and found["load"].shape == (2,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"networks": ("GAP", "LAP2")}, "networks must be distinct and some of"),
        ({"sides": (8, 12)}, "sides must be distinct and some of"),
        ({"repeats": 0}, "repeats must be at least 1"),
        ({"seconds": 0.0}, "seconds and patience must be positive"),
        ({"precision": "float64"}, "precision must be 'float32'"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)


def test_more_cores_than_there_are():
    with pytest.raises(ValueError, match="cores=4096, but this process may use"):
        EXPERIMENT.run_shard(Speed(cores=4096), "measurements")
