r"""Kernel matrices of any size: the one entry, in tiles that are kept and shared.

.. math:: \mathcal K_{ij}=\mathcal K(\tau x_i,\tau x'_j),\qquad \Theta_{ij}=\Theta(\tau x_i,\tau x'_j),

for one transformation of all images. With a folder, each tile is written when it is finished: a killed
run goes on where it was, to the same bits; a damaged tile is recognised, set aside and computed again;
processes and machines that are given the same folder share the tiles among them.

Memory: the images, the two matrices, and less than 1 GiB, whatever the size.
"""

import dataclasses
import functools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from widesym.architectures import Architecture
from widesym.kernels import paths, tiles
from widesym.kernels.images import PRECISIONS, Images, prepare
from widesym.kernels.readout import Kernels
from widesym.kernels.tiles import Tile

Progress = bool | Callable[[int, int, str], None] | None

_PREPARED = 2**28  # bytes of blocks made ready that are kept
_PAUSE = 0.5  # seconds, when all that is missing is computed by others
_LONG = 20.0  # seconds from which on a run is announced


def gram(
    architecture: Architecture,
    x1: ArrayLike,
    x2: ArrayLike | None = None,
    *,
    transformation: Callable[[np.ndarray], np.ndarray] | None = None,
    precision: str = "float32",
    folder: Path | str | None = None,
    out: Kernels | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> Kernels:
    """Return NNGP and NTK of every image against every other.

    The numbers are those of :func:`widesym.kernels.pairs.pair_kernels`, on its compiled path bit by bit.

    Args:
        architecture: the network; ``widths`` do not matter here.
        x1: images (n1, H, W, C); a memory map is read block by block.
        x2: images (n2, H, W, C); None for ``x1`` against itself, at half the cost.
        transformation: applied to all images, a block (n, H, W, C) at a time; such as those of
            :mod:`widesym.groups.images`.
        precision: ``"float32"`` or ``"float64"``.
        folder: where tiles are kept and found again; None keeps them in memory only.
        out: matrices to fill, such as memory maps; None for new ones.
        threads: for None one a core; the numbers do not depend on it.
        progress: True for a line with bytes and expected time and one with the tiles done, False for none,
            None for them on terminals and in long runs only, or a function called with (finished, total,
            tile).

    Returns:
        The kernels, (n1, n2), in that precision; ``out`` where it is given.

    Raises:
        ValueError: images, precision or ``out`` that mean nothing, with the reason.
        NotImplementedError: no closed form for the activation or the parametrisation.
        FloatingPointError: the kernels leave the range of the precision.
        StoreError: the folder cannot be written, or the disk is full.
        RuntimeError: the code was edited since this process loaded it, with a folder. Source: [SS],
            Section 5.
    """
    matrix = _matrix(architecture, x1, x2, transformation, precision, threads)
    found = _output(matrix, out)
    for tile, kernels in _finished(matrix, matrix.tiles, folder, progress):
        for whole, part in zip(found, kernels, strict=True):
            whole[tile.place] = part
            if matrix.others is None and not tile.triangle:
                whole[tile.place[::-1]] = part.T
    return found


def compute_tiles(
    architecture: Architecture,
    x1: ArrayLike,
    x2: ArrayLike | None = None,
    *,
    folder: Path | str,
    part: tuple[int, int] = (0, 1),
    transformation: Callable[[np.ndarray], np.ndarray] | None = None,
    precision: str = "float32",
    threads: int | None = None,
    progress: Progress = None,
) -> int:
    """Store every n-th tile from the i-th on, ``part=(i, n)``: one share of a matrix on a cluster.

    The matrix itself is not held. When all shares are there, :func:`gram` with the same folder only reads.

    Args:
        architecture: as for :func:`gram`, like all that is not described here.
        x1: images.
        x2: images, or None.
        folder: shared by all that compute a share.
        part: which share, and of how many.
        transformation: of all images.
        precision: of the kernels.
        threads: of this process.
        progress: see :func:`gram`.

    Returns:
        How many tiles this share has; all of them are in the folder.

    Raises:
        ValueError: a share that is none; see :func:`gram` for the rest.
    """
    first, step = part
    if not 0 <= first < step:
        raise ValueError(f"part={part!r} must be (i, n) with 0 <= i < n: the i-th of n shares")
    matrix = _matrix(architecture, x1, x2, transformation, precision, threads)
    share = matrix.tiles[first::step]
    for _ in _finished(matrix, share, folder, progress):
        pass
    return len(share)


@dataclasses.dataclass(frozen=True, eq=False)
class _Matrix:
    """What is to be computed: checked images, transformed, and the tiles of their kernels in order."""

    architecture: Architecture
    images: np.ndarray
    others: np.ndarray | None
    precision: str
    threads: int | None
    side: int
    tiles: tuple[Tile, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Of the kernels."""
        return len(self.images), len(self.images if self.others is None else self.others)

    def block(self, first: bool, block: range) -> np.ndarray:
        """A block of the first or of the second set."""
        return np.asarray((self.images if first else self.others)[block.start : block.stop])


def _matrix(architecture, x1, x2, transformation, precision, threads) -> _Matrix:
    given = [np.asarray(x) for x in ((x1,) if x2 is None else (x1, x2))]
    for images in given:  # all that can be refused is refused before the first hour
        prepare(architecture, images[:1] if images.ndim == 4 else images, precision)
    if len({images.shape[1:] for images in given}) > 1:
        raise ValueError(
            f"both sets of images must have one shape (H, W, C), got {given[0].shape[1:]} and "
            f"{given[1].shape[1:]}"
        )
    if threads is not None and threads < 1:
        raise ValueError(f"threads={threads} must be at least 1, or None for one a core")
    shape = given[0].shape[1:]
    side = tiles.side(architecture, shape)
    given = [_transformed(images, transformation, side) for images in given]
    walk = tiles.tiles(
        len(given[0]),
        None if x2 is None else len(given[1]),
        side,
        _kept_blocks(architecture, shape, precision, side) - 2,
    )
    others = None if x2 is None else given[1]
    return _Matrix(architecture, given[0], others, precision, threads, side, tuple(walk))


def _kept_blocks(architecture: Architecture, shape: Sequence[int], precision: str, side: int) -> int:
    """How many blocks made ready are kept: one strip of columns and two blocks of rows."""
    numbers = side * tiles.numbers_an_image(architecture, shape)
    return max(3, _PREPARED // (numbers * np.dtype(PRECISIONS[precision]).itemsize))


def _transformed(images: np.ndarray, transformation: Callable | None, side: int) -> np.ndarray:
    """Images after the transformation, applied to blocks, so that its bits are those of the block alone."""
    out = images
    for start in range(0, len(images), side):
        block = np.asarray(images[start : start + side])
        if transformation is not None:
            moved = np.asarray(transformation(block))
            if moved.shape != block.shape:
                raise ValueError(
                    f"the transformation takes images of shape {block.shape} to {moved.shape}; "
                    "it must keep their number and their shape"
                )
            if out is images:
                out = np.empty(images.shape, moved.dtype)
            out[start : start + side] = block = moved
        if not np.isfinite(block).all():
            raise ValueError(
                f"images must be finite; found NaN or infinity among those from {start} to "
                f"{start + len(block) - 1}; remove or replace these pixels"
            )
    return out


def _output(matrix: _Matrix, out: Kernels | None) -> Kernels:
    real = PRECISIONS[matrix.precision]
    if out is None:
        return Kernels(*(np.empty(matrix.shape, real) for _ in Kernels._fields))
    for name, array in zip(Kernels._fields, out, strict=True):
        if array.shape != matrix.shape or array.dtype != real:
            raise ValueError(
                f"out.{name} must be of shape {matrix.shape} and dtype {matrix.precision}, got "
                f"{array.shape} and {array.dtype}"
            )
    return Kernels(*out)


def _finished(
    matrix: _Matrix, wanted: Sequence[Tile], folder: Path | str | None, progress: Progress
) -> Iterator[tuple[Tile, Kernels]]:
    """Give the wanted tiles, each when it is there; those that other processes compute come last."""
    compute = _computing(matrix)
    stems, described = {}, {}
    if folder is not None:
        folder = Path(folder)
        described = tiles.description(matrix.architecture, *matrix.images.shape[1:3], matrix.precision)
        stems = _stems(matrix, wanted, described)
    stored = {tile for tile, stem in stems.items() if tiles.is_stored(folder, stem)}
    with _Report(matrix, wanted, stored, progress) as report:
        waiting = list(wanted)
        while waiting:
            busy = []
            for tile in waiting:
                began = time.perf_counter()
                if folder is None:
                    found = compute(tile), True
                else:
                    found = tiles.fetch(folder, stems[tile], described, functools.partial(compute, tile))
                if found is None:
                    busy.append(tile)
                    continue
                kernels, new = found
                report.finished(tile, time.perf_counter() - began if new else None)
                yield tile, kernels
            if len(busy) == len(waiting):
                time.sleep(_PAUSE)
            waiting = busy


def _computing(matrix: _Matrix) -> Callable[[Tile], Kernels]:
    """The function that computes a tile; a block is made ready once, as long as it is in use."""
    one_set = matrix.others is None

    @functools.lru_cache(
        _kept_blocks(matrix.architecture, matrix.images.shape[1:], matrix.precision, matrix.side)
    )
    def ready(first: bool, block: range) -> Images:
        return prepare(matrix.architecture, matrix.block(first, block), matrix.precision)

    def compute(tile: Tile) -> Kernels:
        columns = None if tile.triangle else ready(one_set, tile.columns)
        return paths.kernels_of(ready(True, tile.rows), columns, threads=matrix.threads)

    return compute


def _stems(matrix: _Matrix, wanted: Sequence[Tile], described: dict) -> dict[Tile, str]:
    """The names of tiles; every block is read once for its digest."""

    @functools.cache
    def digest(first: bool, block: range) -> str:
        return tiles.digest(matrix.block(first, block))

    one_set = matrix.others is None
    return {
        tile: tiles.key(described, digest(True, tile.rows), digest(one_set, tile.columns), tile.triangle)
        for tile in wanted
    }


class _Report:
    """Progress: what is to be done and how long it takes, said after the first tile, then a line a tile."""

    def __init__(self, matrix: _Matrix, wanted: Sequence[Tile], stored: set[Tile], progress: Progress):
        self._matrix, self._total, self._stored = matrix, len(wanted), len(stored)
        self._missing = sum(tile.pairs for tile in wanted if tile not in stored)
        self._function = progress if callable(progress) else None
        self._wanted = sys.stderr.isatty() if progress is None else progress is True
        self._least = _LONG if progress is None else 0.0
        self._done, self._said, self._bar = 0, False, None

    def __enter__(self) -> "_Report":
        if self._wanted and self._missing:
            # load or make the machine code first: the time of the first tile shall be that of the others
            one = prepare(self._matrix.architecture, self._matrix.images[:1], self._matrix.precision)
            paths.kernels_of(one, threads=self._matrix.threads)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def finished(self, tile: Tile, seconds: float | None) -> None:
        """Count a tile; ``seconds`` that it took, None when it was only read."""
        self._done += 1
        if self._wanted and not self._said and seconds is not None:
            self._said = True
            self._say(seconds * (self._missing / tile.pairs))
        name = f"rows from {tile.rows.start}, columns from {tile.columns.start}"
        if self._bar is not None:
            self._bar.update(self._done - self._bar.n)
        if self._function is not None:
            self._function(self._done, self._total, name)

    def _say(self, seconds: float) -> None:
        if seconds < self._least:
            return
        from tqdm import tqdm

        matrix = self._matrix
        rows, columns = matrix.shape
        size = 2 * rows * columns * np.dtype(PRECISIONS[matrix.precision]).itemsize
        print(
            f"kernels of {matrix.architecture.name}, {rows} x {columns} in {matrix.precision}: "
            f"{_bytes(size)}, {self._total} tiles of which {self._stored} are stored, "
            f"about {_duration(seconds)} for this process alone",
            file=sys.stderr,
        )
        self._bar = tqdm(
            total=self._total, initial=self._done, desc=matrix.architecture.name, unit="tile",
            file=sys.stderr,
        )  # fmt: skip


def _bytes(size: int) -> str:
    return _spelled(size / 1e9, "GB") if size >= 1e9 else _spelled(size / 1e6, "MB")


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return _spelled(seconds / length, unit)
    return f"{seconds:.0f} s"


def _spelled(number: float, unit: str) -> str:
    return f"{number:,.0f} {unit}" if number >= 10 else f"{number:.2g} {unit}"
