"""Every image of one set against every image of another, on several cores.

Work is cut into parts that do not depend on each other: ranges of images of the first set, of groups of
images of the second, and, for few images, of rows of offsets. A sum is always taken in the same order, so
that neither the cut nor the number of threads can change a bit.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import NamedTuple

import numpy as np

from widesym.kernels.images import Images
from widesym.kernels.offsets import offsets
from widesym.kernels.readout import Kernels

from . import layout, recursion
from .steps import constants
from .tables import aligned, grouped, tables, units
from .vectors import LANES

_PARTS_A_THREAD = 4  # so that no thread is idle for long at the end
_IMAGES = 64  # of the first set, in a part: their tables stay in the second-level cache from group to group
_STEPS = 2**28  # of the recursion, one vector each, in a part: about a second and a half, for an interrupt


class Part(NamedTuple):
    """Ranges of images of the first set and of groups of the second."""

    images: range
    groups: range


def kernels(one: Images, other: Images | None, threads: int) -> Kernels:
    """Return the kernels in the images' precision, (n1, n2).

    With ``other=None``, of the images against themselves: pairs below the diagonal mirror those above.
    """
    architecture, real = one.architecture, one.pixels.dtype
    height, width, channels = one.pixels.shape[1:]
    places, scale = offsets(architecture, height, width), units(architecture, one.side)
    second, triangle, size = one if other is None else other, other is None, LANES[real]
    relu = architecture.activation == "relu"
    unit = scale.units[-1] / 2 if relu else 1.0  # the last activation doubles the state too
    network = recursion.Network(
        one.side, channels, architecture.depth,
        constants(architecture.activation, real, scale.factor, architecture.bias_variance),
        scale.period, real.type(scale.rescale), *places,
    )  # fmt: skip
    found = Kernels(*(np.empty((len(one), len(second)), real) for _ in Kernels._fields))

    def sums(task: tuple[Part, range]) -> np.ndarray:
        """The sums of the state over pairs of pixels: (G, n, R, 2, V)."""
        (images, groups), rows = task
        out = np.zeros((len(groups), len(images), len(rows), 2, size))
        run = recursion.relu if relu else recursion.erf
        scratch = aligned((5, max(height * width, 4) * size), real)
        run(
            network, first, (images.start, images.stop), others, (groups.start, groups.stop), triangle,
            (rows.start, rows.stop), scratch, out.ravel(),
        )  # fmt: skip
        return out

    def finish(part: Part, found_sums: np.ndarray) -> None:
        layout.scatter(
            found_sums, relu, unit / places.pairs, one.last, second.last, architecture.weight_variance,
            architecture.bias_variance, (part.images.start, part.images.stop),
            (part.groups.start, part.groups.stop), triangle, *found,
        )  # fmt: skip

    steps = len(places.rows) * len(places.columns) * height * width * architecture.depth
    parts, rows = cut(len(one), len(second), size, len(places.rows), steps, triangle, threads)
    with ThreadPoolExecutor(threads) as pool:
        try:
            first = tables(one, scale.units)
            others = grouped(first if triangle else tables(other, scale.units), len(second), pool)
            if len(rows) == 1:
                list(pool.map(lambda part: finish(part, sums((part, rows[0]))), parts))
            else:
                pieces = pool.map(sums, product(parts, rows))
                for part in parts:
                    finish(part, np.concatenate([next(pieces) for _ in rows], axis=2))
        except BaseException:
            pool.shutdown(cancel_futures=True)  # an interrupt shall not wait for what has not begun
            raise
    return found


def cut(
    count: int, others: int, size: int, rows: int, steps: int, triangle: bool, threads: int
) -> tuple[list[Part], list[range]]:
    """Cut the work into parts, and the rows of offsets of each into ranges.

    Args:
        count: images of the first set.
        others: images of the second set.
        size: images in a group.
        rows: rows of offsets.
        steps: of the recursion, of one image against one group.
        triangle: whether the sets are the same, and parts below the diagonal are left out.
        threads: how many share the work.
    """
    groups = -(-others // size)
    share = count * groups * rows / (_PARTS_A_THREAD * threads * (2 if triangle else 1))
    images_a_part = max(1, min(_IMAGES, int(share / rows), _STEPS // steps))
    groups_a_part = max(1, min(int(share / (rows * images_a_part)), _STEPS // (steps * images_a_part)))
    parts = [
        Part(some, which)
        for some in _ranges(count, images_a_part)
        for which in _ranges(groups, groups_a_part)
        if not triangle or some.start < which.stop * size
    ]
    return parts, _ranges(rows, max(1, int(share)))


def _ranges(count: int, step: int) -> list[range]:
    return [range(start, min(start + step, count)) for start in range(0, count, step)]
