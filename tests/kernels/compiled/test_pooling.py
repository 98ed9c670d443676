"""Work is cut without gaps and overlaps, and stops when it is told to."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widesym.architectures import Architecture
from widesym.kernels.compiled import pooling
from widesym.kernels.images import prepare

counts = st.integers(1, 40)


@given(count=counts, others=counts, size=st.sampled_from([4, 16]), rows=st.integers(1, 9), threads=counts)
def test_parts_cover_the_work_once(count, others, size, rows, threads):
    for triangle in (False, True):
        others = count if triangle else others
        parts, ranges = pooling.cut(count, others, size, rows, 1, triangle, threads)
        assert [row for part in ranges for row in part] == list(range(rows))
        done = [place for part in parts for place in itertools.product(part.images, part.groups)]
        assert len(done) == len(set(done))
        every = set(itertools.product(range(count), range(-(-others // size))))
        below = {(image, group) for image, group in every if image >= (group + 1) * size}
        assert set(done) | below == every and (triangle or set(done) == every)


@given(threads=st.integers(1, 8))
def test_there_is_work_for_every_thread(threads):
    for count, others, triangle in ((1, 1, False), (500, 500, True), (20, 500, False)):
        parts, ranges = pooling.cut(count, others, 16, 32, 2**23, triangle, threads)
        assert len(parts) * len(ranges) >= min(32, 4 * threads)


def test_parts_stay_short():
    """GAP at 32 x 32, eight layers, is 2^23 steps for one image and group."""
    parts, _ = pooling.cut(5000, 5000, 16, 32, 2**23, False, 1)
    assert max(len(part.images) * len(part.groups) for part in parts) <= 32


def test_an_error_does_not_wait_for_the_rest(monkeypatch, draw):
    done = []

    def fail(*_):
        done.append(time.sleep(0.05))
        raise KeyboardInterrupt

    monkeypatch.setattr(pooling.recursion, "relu", fail)
    images = prepare(Architecture("GAP", 1), draw(0, 64, 4, 4, 1))
    with pytest.raises(KeyboardInterrupt):
        pooling.kernels(images, None, 1)
    assert len(done) < 4 and len(pooling.cut(64, 64, 16, 4, 1, True, 1)[0]) >= 4
    assert np.isfinite(images.last).all()
