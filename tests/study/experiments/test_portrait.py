"""The opening picture's experiment: its coordinates mean what they say, and what it refuses."""

import numpy as np
import pytest

from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.portrait import Portrait, gather, run_shard, shards

EXPERIMENT = get("meanfield.portrait")


def test_symmetric_data_keep_a_wide_cloud_at_the_subspace_and_others_do_not():
    config = Portrait(sizes=(10, 300))
    found = gather(config, {shard: run_shard(config, shard) for shard in shards(config)})
    assert set(found) == {"along_10", "across_10", "along_300", "across_300"}
    spread = {N: np.abs(found[f"across_{N}"]).mean(axis=1) for N in config.sizes}
    assert spread[300][0] < 0.02 < 0.1 < spread[300][1]  # WI, arbitrary
    assert spread[10][0] > 0.02  # and a narrow one has left
    # negative control: along the subspace both are spread out
    assert (found["along_300"].std(axis=1) > 0.1).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [({"sizes": (5, 5)}, "increasing"), ({"horizon": 0.0}, "raise T"), ({"seed": -1}, "not be negative")],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
