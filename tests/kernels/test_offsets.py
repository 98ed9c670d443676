"""Offsets and masks, against a list of all pairs of pixels."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widesym.architectures import Architecture
from widesym.kernels.offsets import offsets


def pairs_in_one_window(height, width, tall, wide):
    pixels = list(itertools.product(range(height), range(width)))
    return {
        (p, q)
        for p, q in itertools.product(pixels, pixels)
        if (p[0] // tall, p[1] // wide) == (q[0] // tall, q[1] // wide)
    }


def pairs_by_offsets(places, height, width):
    found = [
        ((h, w), ((h + dy) % height, (w + dx) % width))
        for dy, in_row in zip(places.rows, places.in_rows, strict=True)
        for dx, in_column in zip(places.columns, places.in_columns, strict=True)
        for h, w in itertools.product(range(height), range(width))
        if in_row[h] and in_column[w]
    ]
    assert len(found) == len(set(found)) == places.pairs
    return set(found)


@given(k=st.integers(1, 4), tall=st.integers(1, 3), wide=st.integers(1, 3))
def test_every_pair_in_one_window_is_met_once(k, tall, wide):
    height, width = k * tall, k * wide
    for kind, window, sides in (("LAP", k, (k, k)), ("GAP", 0, (height, width)), ("VEC", 0, (1, 1))):
        places = offsets(Architecture(kind, 1, window=window), height, width)
        expected = pairs_in_one_window(height, width, *sides)
        assert pairs_by_offsets(places, height, width) == expected


@pytest.mark.parametrize(
    ("kind", "window", "count"),
    [
        ("GAP", 0, 32 * 16),
        ("LAP", 4, 7 * 7),
        ("LAP", 8, 15 * 15),
        ("LAP", 16, 31 * 16),
        ("VEC", 0, 1),
        ("LCN", 0, 1),
    ],
)
def test_only_the_offsets_that_are_needed(kind, window, count):
    places = offsets(Architecture(kind, 1, window=window), 32, 16)
    assert len(places.rows) * len(places.columns) == count
    assert places.in_rows.any(1).all() and places.in_columns.any(1).all()


def test_windows_that_do_not_tile_are_refused():
    with pytest.raises(ValueError, match="do not tile"):
        offsets(Architecture("LAP", 1, window=3), 9, 8)
