import dataclasses
import functools
import subprocess
import sys

import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.kernels import tiles
from widesym.kernels.pairs import pair_kernels

VEC = Architecture("VEC", 3)
CASES = [
    (7, 5, 2, 1),
    (7, 5, 2, 2),
    (4, 9, 3, 100),
    (1, 1, 512, 1),
    (6, None, 2, 1),
    (7, None, 2, 2),
    (9, None, 1, 4),
]


@pytest.mark.parametrize(("count", "others", "side", "strip"), CASES)
def test_every_pair_is_in_one_tile(count, others, side, strip):
    seen = np.zeros((count, others or count), int)
    found = list(tiles.tiles(count, others, side, strip))
    for tile in found:
        assert 0 < len(tile.rows) <= side and 0 < len(tile.columns) <= side
        assert tile.triangle == (others is None and tile.rows == tile.columns)
        seen[tile.place] += 1
        if others is None and not tile.triangle:
            assert tile.rows.start < tile.columns.start
            seen[tile.place[::-1]] += 1
    assert (seen == 1).all()
    assert len(set(found)) == len(found)
    triangle = sum(tile.triangle * len(tile.rows) * (len(tile.rows) - 1) // 2 for tile in found)
    assert sum(tile.pairs for tile in found) + triangle == sum(len(t.rows) * len(t.columns) for t in found)


@pytest.mark.parametrize(("count", "others", "side", "strip"), CASES)
def test_blocks_come_back_seldom(count, others, side, strip):
    """With one strip and two blocks of rows kept, a column is made ready once and a row once a strip."""
    made = []
    ready = functools.lru_cache(strip + 2)(lambda *block: made.append(block))
    for tile in tiles.tiles(count, others, side, strip):
        ready(0, tile.rows)
        ready(0 if others is None else 1, tile.columns)
    rows, columns = -(-count // side), -(-(others or count) // side)
    assert len(made) <= columns + rows * -(-columns // strip)


def test_the_side_is_written_down():
    """Tiles that others have stored are found as long as these numbers stand."""
    found = {
        architecture.name: [tiles.side(architecture, (height, height, 3)) for height in (8, 16, 32)]
        for architecture in (
            Architecture("FCN", 8),
            Architecture("VEC", 8),
            Architecture("LAP", 8, window=4),
            Architecture("LAP", 8, window=8),
            Architecture("GAP", 8),
        )
    }
    assert found == {
        "FCN": [512, 512, 512],
        "VEC": [512, 512, 512],
        "LAP4": [512, 512, 256],
        "LAP8": [512, 256, 128],
        "GAP": [512, 256, 64],
    }
    assert tiles.side(Architecture("GAP", 8, kernel_size=5), (32, 32, 3)) == 16  # the slower path
    assert tiles.side(Architecture("VEC", 8), (224, 224, 3)) == 8  # of 2 MB an image
    assert tiles.side(Architecture("FCN", 8), (224, 224, 3)) == 32
    assert tiles.side(Architecture("GAP", 200), (512, 512, 3)) == 1


CHANGES = {
    "depth": 4,
    "activation": "erf",
    "weight_variance": 1.5,
    "bias_variance": 0.0,
    "kernel_size": 1,
    "parametrisation": "mup",
}


def name(architecture=VEC, precision="float32", rows="a", columns="b", triangle=False, height=4):
    return tiles.key(tiles.description(architecture, height, 4, precision), rows, columns, triangle)


def test_a_tile_is_named_by_all_that_its_numbers_depend_on():
    names = [
        name(),
        *(name(dataclasses.replace(VEC, **{field: value})) for field, value in CHANGES.items()),
        name(Architecture("FCN", 3)),
        name(Architecture("GAP", 3)),
        name(Architecture("GAP", 3), height=8),
        name(Architecture("LAP", 3, window=2)),
        name(precision="float64"),
        name(rows="b"),
        name(columns="a"),
        name(rows="b", columns="a"),
        name(triangle=True),
    ]
    assert len(set(names)) == len(names)
    assert all(len(name) == 32 for name in names)


def test_a_tile_is_named_by_code_and_versions(monkeypatch):
    before = name()
    monkeypatch.setattr(tiles, "_code", lambda module: "other code")
    other = name()
    monkeypatch.setattr(tiles.importlib.metadata, "version", lambda package: "0")
    assert len({before, other, name()}) == 3


def test_numbers_that_python_spells_differently_are_one_name():
    assert name(Architecture("VEC", np.int64(3), weight_variance=2, bias_variance=np.float64(0.01))) == name()


SAME = [
    (VEC, Architecture("LCN", 3)),
    (VEC, Architecture("LAP", 3, window=1)),
    (Architecture("GAP", 3), Architecture("LAP", 3, window=4)),
    (VEC, Architecture("VEC", 3, widths=(8, 8, 8))),
    (Architecture("FCN", 3), Architecture("FCN", 3, kernel_size=5)),
]


@pytest.mark.parametrize(("one", "other"), SAME)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_networks_that_share_tiles_have_one_kernel(one, other, precision, draw):
    assert name(one, precision) == name(other, precision)
    x, y = draw(0, 5, 4, 4, 3), draw(1, 3, 4, 4, 3)
    for first, second in zip(
        pair_kernels(one, x, y, precision=precision),
        pair_kernels(other, x, y, precision=precision),
        strict=True,
    ):
        np.testing.assert_array_equal(first, second)


def test_names_are_those_of_any_process():
    script = (
        "from widesym.architectures import Architecture as A; from widesym.kernels import tiles\n"
        "print(tiles.key(tiles.description(A('VEC', 3), 4, 4, 'float32'), 'a', 'b', False))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == name()


def test_digests_tell_pixels_shapes_and_types_apart(draw):
    x = draw(0, 2, 4, 2, 3)
    near = x.copy()
    near[1, 2, 1, 0] = np.nextafter(near[1, 2, 1, 0], 9)
    others = [near, x.reshape(2, 2, 4, 3), x.astype(np.float32), x[:1], x.view(np.int64)]
    found = [tiles.digest(images) for images in (x, *others)]
    assert len(set(found)) == len(found)
    assert tiles.digest(np.asfortranarray(x)) == tiles.digest(np.repeat(x, 2, 0)[::2]) == found[0]


def test_edited_code_stores_nothing():
    """Files newer than the process: it may run what they said before."""
    script = """
import os
from widesym import fingerprint
from widesym.kernels import tiles
from widesym.architectures import Architecture
fingerprint._LOADED = os.path.getmtime(tiles.pairs.__file__) - 1
tiles.description(Architecture("VEC", 3), 4, 4, "float32")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode and "start Python again" in done.stderr
