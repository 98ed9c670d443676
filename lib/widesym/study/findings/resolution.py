r"""What a result of ``synergy.resolution`` says: accuracies at each size of the images, and differences.

No claim of the papers is judged here.
"""

from widesym.study import paired
from widesym.study.experiments.resolution import CELLS
from widesym.study.findings.verdicts import Estimate
from widesym.study.store import Stored

Cell = tuple[str, str]


def accuracy(stored: Stored, side: int, cell: Cell, size: int = -1) -> Estimate:
    """Return the accuracy in percent of a cell (model, transformation), with its interval.

    Args:
        stored: a result of ``synergy.resolution``.
        side: of the images.
        cell: one of ``CELLS``.
        size: index of the number of training images.
    """
    correct = stored.arrays[f"correct_{side}"][CELLS.index(cell), :, size]
    return _points(paired.mean(correct))


def difference(stored: Stored, side: int, one: Cell, other: Cell, size: int = -1) -> Estimate:
    """Return by how many points the first cell is more accurate than the second, paired."""
    found = (stored.arrays[f"correct_{side}"][CELLS.index(cell), :, size] for cell in (one, other))
    return _points(paired.difference(*found))


def _points(estimate: Estimate) -> Estimate:
    value, (low, high) = estimate
    return 100 * value, (100 * low, 100 * high)
