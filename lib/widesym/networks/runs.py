r"""What came of training runs: curves, outcomes, predictions; and the ledger in which it is written down.

Letters: R runs, S of them still at work, t test images, K outputs, C looks.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array

from widesym.networks.models import Parameters

OUTCOMES = ("running", "fitted", "stopped", "diverged")
_RUNNING, _FITTED, _STOPPED, _DIVERGED = range(4)
CURVES = ("train_accuracy", "test_accuracy", "loss")


class Look(NamedTuple):
    """What is seen of runs at one moment: accuracies and loss (S,), and outputs at test images (S, t, K)."""

    train_accuracy: Array
    test_accuracy: Array
    loss: Array
    predictions: Array


@dataclasses.dataclass(frozen=True, eq=False)
class Runs:
    """What came of R runs.

    Attributes:
        steps: at each look, (C,); the first look is at the start.
        train_accuracy: (R, C), NaN after a run's end and where it has diverged.
        test_accuracy: (R, C).
        loss: of the training images without penalty, (R, C).
        outcome: (R,), each ``fitted``, ``stopped`` or ``diverged``.
        predictions: outputs at the test images at the end, (R, t, K); not finite of a run that diverged.
        parameters: at the end, stacked.
    """

    steps: np.ndarray
    train_accuracy: np.ndarray
    test_accuracy: np.ndarray
    loss: np.ndarray
    outcome: np.ndarray
    predictions: np.ndarray
    parameters: Parameters

    @property
    def last(self) -> np.ndarray:
        """The index of each run's last look before it ended or diverged, (R,)."""
        return np.isfinite(self.loss).cumsum(1).argmax(1)

    @property
    def best(self) -> np.ndarray:
        """The best test accuracy along training, (R,)."""
        return np.fmax.reduce(self.test_accuracy, axis=1)

    @property
    def final(self) -> np.ndarray:
        """The test accuracy at the last look, (R,)."""
        return self.test_accuracy[np.arange(len(self.outcome)), self.last]

    def succeeded(self, enough: float = 0.95) -> np.ndarray:
        """Return which runs count: training accuracy from ``enough`` on. Source: [SS], Section B.1."""
        reached = self.train_accuracy[np.arange(len(self.outcome)), self.last]
        return (self.outcome != "diverged") & (reached >= enough)


class Ledger:
    """Runs while they go on.

    Attributes:
        slots: the runs at work, (S,): some may have ended already.
    """

    def __init__(self, count: int) -> None:
        """Open a ledger of that many runs."""
        self.slots = np.arange(count)
        self._outcome = np.zeros(count, np.int8)
        self._steps: list[int] = []
        self._curves: dict[str, list[np.ndarray]] = {name: [] for name in CURVES}
        self._predictions: np.ndarray | None = None
        self._leaves: list[np.ndarray] = []
        self._structure: Any = None

    @property
    def looks(self) -> int:
        """How many looks there were."""
        return len(self._steps)

    @property
    def running(self) -> np.ndarray:
        """Which of the runs at work have not ended, (S,)."""
        return self._outcome[self.slots] == _RUNNING

    def enter(self, steps: int, look: Look, parameters: Parameters, enough: float, most: int) -> None:
        """Write a look down, and end what has come to an end.

        Args:
            steps: done so far.
            look: of the runs at work.
            parameters: of the runs at work, stacked.
            enough: training accuracy that ends a run.
            most: steps that end it.
        """
        running, count = self.running, len(self._outcome)
        finite = np.isfinite(np.asarray(look.loss))
        self._steps.append(steps)
        for name in CURVES:
            row = np.full(count, np.nan)
            row[self.slots] = np.where(running & finite, np.asarray(getattr(look, name), np.float64), np.nan)
            self._curves[name].append(row)
        not_fitted = _STOPPED if steps >= most else _RUNNING
        ended = np.where(np.asarray(look.train_accuracy) >= enough, _FITTED, not_fitted)
        ended = np.where(finite, ended, _DIVERGED)
        over = running & (ended != _RUNNING)
        self._outcome[self.slots[over]] = ended[over]
        leaves, self._structure = jax.tree.flatten(parameters)
        if self._predictions is None:
            self._predictions = np.zeros((count, *look.predictions.shape[1:]), look.predictions.dtype)
            self._leaves = [np.zeros((count, *leaf.shape[1:]), leaf.dtype) for leaf in leaves]
        if over.any():
            self._predictions[self.slots[over]] = np.asarray(look.predictions)[over]
            for kept, leaf in zip(self._leaves, leaves, strict=True):
                kept[self.slots[over]] = np.asarray(leaf)[over]

    def stored(self) -> dict[str, np.ndarray]:
        """Return everything as arrays by name, for a checkpoint."""
        leaves = {f"kept_{i}": leaf for i, leaf in enumerate(self._leaves)}
        curves = {name: np.stack(rows) for name, rows in self._curves.items()}
        return {
            "slots": self.slots,
            "outcome": self._outcome,
            "steps": np.array(self._steps),
            "predictions": self._predictions,
            **curves,
            **leaves,
        }

    def restore(self, stored: dict[str, Any], parameters: Parameters) -> None:
        """Go on from what :meth:`stored` gave; ``parameters`` give the structure."""
        self.slots, self._outcome = stored["slots"], stored["outcome"]
        self._steps = stored["steps"].tolist()
        self._curves = {name: list(stored[name]) for name in CURVES}
        self._predictions = stored["predictions"]
        self._structure = jax.tree.structure(parameters)
        self._leaves = [stored[f"kept_{i}"] for i in range(self._structure.num_leaves)]

    def closed(self) -> Runs:
        """Return what came of the runs, all of which have ended."""
        curves = {name: np.stack(rows, axis=1) for name, rows in self._curves.items()}
        return Runs(
            steps=np.array(self._steps),
            **curves,
            outcome=np.array(OUTCOMES)[self._outcome],
            predictions=self._predictions,
            parameters=jax.tree.unflatten(self._structure, self._leaves),
        )
