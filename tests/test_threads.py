"""Threads: as many processes as cores, and one thread of computing in each."""

import concurrent.futures
import multiprocessing
import os

import pytest

from widesym import threads
from widesym.study import provenance, workers


@pytest.fixture
def unset(monkeypatch):
    for name in threads.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_processes_that_start_inside_are_told_and_nothing_is_left_behind(unset):
    unset.setenv("OMP_NUM_THREADS", "7")  # the user's own wish
    with threads.limited(2):
        found = {name: os.environ[name] for name in threads.VARIABLES}
    assert found == {**threads.limit(2), "OMP_NUM_THREADS": "7"}
    assert [name for name in threads.VARIABLES if name in os.environ] == ["OMP_NUM_THREADS"]


@pytest.mark.parametrize(("cores", "count", "each"), [(8, 2, "4"), (4, 4, "1"), (2, 3, "1")])
def test_workers_share_the_cores(unset, cores, count, each):
    unset.setattr(provenance, "cores", lambda: cores)
    started = []

    class Pool(concurrent.futures.ProcessPoolExecutor):
        def submit(self, function, job):
            started.append(super().submit(os.getenv, "NPROC"))
            return super().submit(int, 0)

    unset.setattr(concurrent.futures, "ProcessPoolExecutor", Pool)
    job = workers.Job(os.getenv, None, "a", None, "k", "0" * 64, {"experiment": "toy"})
    assert list(workers._in_processes([job], count)) == ["a"]
    assert [future.result() for future in started] == [each]
    assert "NPROC" not in os.environ
    assert not multiprocessing.active_children()
