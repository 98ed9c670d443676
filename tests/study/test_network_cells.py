"""What is kept of runs, on made-up ones."""

import numpy as np

from widesym.networks.runs import OUTCOMES, Runs
from widesym.study.network_cells import MEASURES, kept


def test_what_is_kept():
    predictions = np.zeros((3, 4, 2))
    predictions[0, :, 1] = 1.0  # class 1 everywhere
    predictions[2] = np.nan
    nan = np.nan
    runs = Runs(
        steps=np.array([0, 5, 10]),
        train_accuracy=np.array([[0.1, 0.5, 1.0], [0.1, 0.96, nan], [0.1, 0.2, nan]]),
        test_accuracy=np.array([[0.2, 0.6, 0.5], [0.2, 0.3, nan], [0.2, 0.4, nan]]),
        loss=np.array([[1.0, 0.5, 0.1], [1.0, 0.5, nan], [1.0, 0.5, nan]]),
        outcome=np.array(["fitted", "stopped", "diverged"]),
        predictions=predictions,
        parameters={},
    )
    found = kept(runs, np.array([1, 0, 1, 0]))
    np.testing.assert_array_equal(found["correct"], [[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]])
    assert set(found) == {"correct", *MEASURES}
    np.testing.assert_array_equal(found["best"], [0.6, 0.3, 0.4])
    np.testing.assert_array_equal(found["fit"], [1.0, 0.96, 0.2])
    np.testing.assert_array_equal(found["steps"], [10, 5, 5])
    assert [OUTCOMES[i] for i in found["outcome"]] == ["fitted", "stopped", "diverged"]
