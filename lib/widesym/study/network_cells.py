"""What is kept of the runs of a cell: which test images they have right, and how they ended."""

import numpy as np

from widesym.networks.runs import OUTCOMES, Runs

MEASURES = ("best", "fit", "steps", "outcome")


def kept(runs: Runs, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Return what tables of runs are made from.

    Args:
        runs: R of them.
        labels: of the t test images.

    Returns:
        ``correct`` (R, t), at each run's end; and (R,) each: ``best`` test accuracy along training, ``fit``,
        the training accuracy at the end, ``steps``, and the ``outcome`` as an index into
        :data:`widesym.networks.runs.OUTCOMES`.
    """
    # of a run that diverged nothing is right: argmax of NaN is the first class
    whole = np.isfinite(runs.predictions).all((1, 2))[:, None]
    return {
        "correct": whole & (runs.predictions.argmax(-1) == labels),
        "best": runs.best,
        "fit": runs.train_accuracy[np.arange(len(runs.last)), runs.last],
        "steps": runs.steps[runs.last],
        "outcome": np.array([OUTCOMES.index(outcome) for outcome in runs.outcome]),
    }
