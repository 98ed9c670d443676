r"""Beside B-F2: what a result of ``synergy.rotated-pooling`` says of GAP under :math:`O(3)^d` and VEC."""

import numpy as np

from widesym.study import paired
from widesym.study.claims import Check, not_run
from widesym.study.experiments.rotated_pooling import CELLS, RotatedPooling
from widesym.study.findings.kernel_table import CLOSE, ID
from widesym.study.findings.verdicts import Estimate, all_of
from widesym.study.image_tasks import SYNTHETIC
from widesym.study.store import Stored

SMOOTH = 1.0  # pixels: from this width of the filter on neighbouring pixels agree
_LEAST = 200  # training images from which on the claims are judged


def accuracy(stored: Stored, cell: int, noise: int, blur: int) -> Estimate:
    """Return the accuracy in percent of one of ``CELLS`` at one noise and blur, with its interval."""
    value, (low, high) = paired.mean(stored.arrays["correct"][cell, noise, blur])
    return 100 * value, (100 * low, 100 * high)


def gap_to_vec(stored: Stored, noises: slice, blur: int) -> Estimate:
    r"""Return the accuracy of GAP under pixelwise rotations minus that of VEC, in points, paired.

    Where there are several noises, each image counts with its mean over them: they share images and
    :math:`\tau`, so that they are no independent draws.
    """
    correct = stored.arrays["correct"][:, noises, blur].mean(1)
    rotated, flat = (CELLS.index(cell) for cell in (("GAP", "pixelwise"), ("VEC", "identity")))
    value, (low, high) = paired.difference(correct[rotated], correct[flat])
    return 100 * value, (100 * low, 100 * high)


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.rotated-pooling`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    config: RotatedPooling = stored.config
    images = "synthetic" if config.source == SYNTHETIC else "photographs"
    smooth = [b for b, blur in enumerate(config.blurs) if blur >= SMOOTH]
    statements = (
        f"Smooth images: GAP under $O(3)^d$ is close to VEC, on average over the noises ({images})",
        f"Control: with the strongest noise and no filter GAP under $O(3)^d$ falls below VEC ({images})",
    )
    if config.train < _LEAST or not smooth or config.blurs[0] > 0 or config.noises[-1] == 0:
        reason = f"needs m ≥ {_LEAST}, noise, and blurs of 0 and of {SMOOTH:g} or more pixels"
        return [not_run(ID, statement, reason, scale=scale) for statement in statements]
    found = {f"filter {config.blurs[b]:g}": gap_to_vec(stored, slice(None), b) for b in smooth}
    rough = {f"noise {config.noises[-1]:g}": gap_to_vec(stored, slice(-1, None), 0)}
    return [
        all_of(
            ID, statements[0], found, lower=-CLOSE, upper=CLOSE, rule=f"differ by at most {CLOSE:g} points",
            scale=scale,
        ),
        all_of(ID, statements[1], rough, upper=-CLOSE, rule=f"by more than {CLOSE:g} points", scale=scale),
    ]  # fmt: skip


def grid(stored: Stored) -> np.ndarray:
    """Return mean accuracies in percent, (cells, noises, blurs)."""
    return 100 * stored.arrays["correct"].mean(axis=(3, 4))
