"""Beside B-F2: what a result of ``synergy.ridges`` says of accuracy, ridge, and the order of the models."""

import numpy as np

from widesym.study import paired
from widesym.study.claims import Check, not_run
from widesym.study.experiments.ridges import KERNELS, Ridges
from widesym.study.findings.kernel_table import ID
from widesym.study.findings.verdicts import Estimate, all_of
from widesym.study.image_tasks import SYNTHETIC
from widesym.study.store import Stored

_LEAST = 200  # training images from which on the claim is judged


def _points(estimate: Estimate) -> Estimate:
    value, (low, high) = estimate
    return 100 * value, (100 * low, 100 * high)


def accuracy(stored: Stored, model: str, ridge: int, kernel: str = "ntk") -> Estimate:
    """Return a model's accuracy in percent with one of the ridges, by its index, with its interval."""
    return _points(paired.mean(stored.arrays[f"{model}_correct"][:, KERNELS.index(kernel), ridge]))


def correct_at_chosen(stored: Stored, model: str, kernel: str = "ntk") -> np.ndarray:
    """Return which test images are right with the ridges that the draws choose, (draws, test images)."""
    at = KERNELS.index(kernel)
    chosen = stored.arrays[f"{model}_chosen"][:, at]
    return stored.arrays[f"{model}_correct"][np.arange(len(chosen)), at, chosen]


def at_chosen(stored: Stored, model: str, kernel: str = "ntk") -> Estimate:
    """Return the accuracy in percent with the chosen ridges, with its interval."""
    return _points(paired.mean(correct_at_chosen(stored, model, kernel)))


def gain(stored: Stored, model: str, kernel: str = "ntk") -> Estimate:
    """Return by how many points a model is more accurate than VEC, each with its chosen ridges, paired."""
    return _points(paired.difference(*(correct_at_chosen(stored, m, kernel) for m in (model, "VEC"))))


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return the check that this result supports.

    Args:
        stored: a result of ``synergy.ridges`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    config: Ridges = stored.config
    images = "synthetic" if config.source == SYNTHETIC else "photographs"
    statement = (
        f"Clean, each with the ridge that its training images choose: LAP and GAP above VEC ({images})"
    )
    pooled = [model for model in config.models if model.startswith(("LAP", "GAP"))]
    if config.train < _LEAST or not pooled or "VEC" not in config.models:
        return [not_run(ID, statement, f"needs m ≥ {_LEAST}, VEC, and a model that pools", scale=scale)]
    gains = {model: gain(stored, model) for model in pooled}
    return [all_of(ID, statement, gains, lower=0.0, rule="each difference ≥ 0 points", scale=scale)]
