r"""Tiles of a kernel matrix: which there are, and what determines each.

The images are cut into blocks of s; a tile holds NNGP and NTK of one block against another, and the
matrix of one set against itself needs the tiles on and above the diagonal only. The side

.. math:: s = \max\big\{2^i\le512:\ 4^i\,c\le2^{36},\ 2^i\,b\le2^{23}\big\},\qquad
    b = HW\,(L+C),\quad c = \#\{\delta\}\,b,

or 1, keeps a tile below half a minute of one core and a block below 32 MiB (b = L + HWC for an FCN). It
depends on the architecture and the shape of an image alone: the same images have the same tiles on every
machine, and a larger matrix with the same first images goes on from those of a smaller one.

A tile is found by what its numbers depend on: the network's kernel, the pixels of the two blocks, the
precision, the code and the versions.

Letters: n images, H x W pixels, C channels, L layers; b numbers an image, c numbers of the recursion a pair.
"""

import functools
import hashlib
import importlib.metadata
import json
import math
import platform
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import jax
import numpy as np

from widesym import files
from widesym.architectures import Architecture
from widesym.fingerprint import closure, edited_since_import, fingerprint
from widesym.kernels import pairs, paths
from widesym.kernels.offsets import offsets
from widesym.kernels.readout import Kernels

FORMAT = 1
LARGEST = 512
PACKAGES = ("jax", "jaxlib", "numpy", "numba", "llvmlite")

_NUMBERS = 2**36  # of the recursion, in a tile
_BLOCK = 2**23  # of a block made ready
_SLOWER = 16  # the reference path, for windows that the compiled one does not know
_GRACE = 2.0  # seconds that a writer may take between its two files where the file system has no locks


class Tile(NamedTuple):
    """A block of rows and one of columns; ``triangle`` where they are the same block of one set."""

    rows: range
    columns: range
    triangle: bool

    @property
    def place(self) -> tuple[slice, slice]:
        """Where it lies in the matrix."""
        return slice(self.rows.start, self.rows.stop), slice(self.columns.start, self.columns.stop)

    @property
    def pairs(self) -> int:
        """How many kernels are computed."""
        n = len(self.rows)
        return n * (n + 1) // 2 if self.triangle else n * len(self.columns)


def side(architecture: Architecture, shape: tuple[int, int, int]) -> int:
    """Return the side of a tile, in images, a power of two.

    Args:
        architecture: the network.
        shape: of an image, (H, W, C).

    Raises:
        ValueError: windows that do not tile the image.
    """
    numbers = numbers_an_image(architecture, shape)
    cost = numbers
    if architecture.kind != "FCN":
        places = offsets(architecture, *shape[:2])
        cost *= len(places.rows) * len(places.columns)
        cost *= 1 if architecture.kernel_size in pairs.COMPILED_SIDES else _SLOWER
    most = min(LARGEST, math.isqrt(_NUMBERS // cost), _BLOCK // numbers)
    return 2 ** (max(1, most).bit_length() - 1)


def numbers_an_image(architecture: Architecture, shape: tuple[int, int, int]) -> int:
    """Return how many numbers an image made ready has, b."""
    height, width, channels = shape
    maps = 1 if architecture.kind == "FCN" else height * width
    return height * width * channels + architecture.depth * maps


def tiles(count: int, others: int | None, side: int, strip: int) -> Iterator[Tile]:
    """Give the tiles of a matrix, so that few blocks are in use at a time.

    Args:
        count: images of the first set.
        others: images of the second; None for one set against itself.
        side: of a tile.
        strip: blocks of columns that are walked through before the next row of tiles.
    """
    one = others is None
    columns = _blocks(count if one else others, side)
    for start in range(0, len(columns), strip):
        for rows in _blocks(count, side):
            for block in columns[start : start + strip]:
                if not one or block.start >= rows.start:
                    yield Tile(rows, block, one and block.start == rows.start)


def _blocks(count: int, side: int) -> list[range]:
    return [range(start, min(start + side, count)) for start in range(0, count, side)]


def digest(images: np.ndarray) -> str:
    """Return the SHA-256 of images (n, H, W, C): dtype, shape and pixels."""
    found = hashlib.sha256(f"{images.dtype.str} {images.shape}\n".encode())
    found.update(np.ascontiguousarray(images).data)
    return found.hexdigest()


def description(architecture: Architecture, height: int, width: int, precision: str) -> dict[str, Any]:
    """Return what a kernel depends on besides the images: equal for networks with one kernel.

    So LCN shares its tiles with VEC, and widths do not matter.

    Raises:
        RuntimeError: the code was edited since this process loaded it.
    """
    dense = architecture.kind == "FCN"
    return {
        "format": FORMAT,
        "layers": "dense" if dense else "convolution",
        "kernel_size": None if dense else int(architecture.kernel_size),
        "pooling": [int(length) for length in architecture.pooling(height, width)],
        "depth": int(architecture.depth),
        "activation": architecture.activation,
        "weight_variance": float(architecture.weight_variance),
        "bias_variance": float(architecture.bias_variance),
        "parametrisation": architecture.parametrisation,
        "precision": precision,
        "code": _code(paths.path()),
        "versions": {package: importlib.metadata.version(package) for package in PACKAGES},
    }


def key(described: dict[str, Any], rows: str, columns: str, triangle: bool) -> str:
    """Return the name of a tile, 32 hex digits.

    Args:
        described: from :func:`description`.
        rows: digest of the block of rows.
        columns: digest of the block of columns.
        triangle: whether the tile is one block against itself, symmetric to the last bit.
    """
    text = json.dumps([described, rows, columns, triangle], sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@functools.cache
def _code(module: ModuleType) -> str:
    edited = edited_since_import(closure(module).values())
    if edited:
        raise RuntimeError(
            f"{edited[0].name} was edited after this process had loaded it, and tiles would be stored under "
            "the wrong code; start Python again"
        )
    return fingerprint(module)


def is_stored(folder: Path, stem: str) -> bool:
    """Return whether a tile has been written; it may be damaged."""
    return (folder / stem[:2] / f"{stem}.json").exists()


def fetch(
    folder: Path, stem: str, described: dict[str, Any], compute: Callable[[], Kernels]
) -> tuple[Kernels, bool] | None:
    """Return a tile and whether it had to be computed; None while another process computes it.

    Args:
        folder: of the tiles.
        stem: the tile's name, from :func:`key`.
        described: from :func:`description`, kept beside the numbers.
        compute: called where the tile is not stored, or damaged; what it returns is stored.

    Raises:
        StoreError: the tile cannot be written or read.
    """
    place = folder / stem[:2]
    try:
        stored = _read(place, stem)
    except files.Damaged:
        stored = None  # or another process is between its two files: its lock says so
    if stored is not None:
        return stored, False
    try:
        with files.locked(place, stem, _give_way) as held:
            stored = _read_or_set_aside(folder, place, stem, held)
            if stored is not None:
                return stored, False
            began = time.perf_counter()
            computed = compute()
            provenance = {
                "kernel": described,
                "device": f"{jax.devices()[0].device_kind}, {platform.machine()}",
                "wall_seconds": round(time.perf_counter() - began, 6),
            }
            files.write_pair(place, stem, computed._asdict(), {"provenance": provenance}, compressed=False)
            return computed, True
    except _Busy:
        return None


class _Busy(Exception):
    """Another process computes this tile."""


def _give_way() -> None:
    raise _Busy


def _read(place: Path, stem: str) -> Kernels | None:
    pair = files.read_pair(place, stem)
    return None if pair is None else Kernels(**pair[0])


def _read_or_set_aside(folder: Path, place: Path, stem: str, held: bool) -> Kernels | None:
    try:
        return _read(place, stem)
    except files.Damaged:
        if not held:
            time.sleep(_GRACE)
    try:
        return _read(place, stem)
    except files.Damaged as damage:
        files.set_aside(place, stem, folder / "damaged")
        warnings.warn(
            f"stored tile {stem} of a kernel matrix is damaged ({damage}); it is computed again, and its "
            f"files are kept in {folder / 'damaged'}",
            files.DamagedResult,
            stacklevel=5,
        )
    return None
