"""Records on real images: no machine of CI has the images, but where two records met, they must agree.

Draw 0 of the table, of the learning curves and of the resolutions is the same sample of images, computed by
different experiments: FCN and VEC from the pixels on each time, GAP from shared tiles. Whoever has the images
computes any part again with ``tools/recompute.py``.
"""

import numpy as np
import pytest

from widesym.study import load_record
from widesym.study.experiments import get
from widesym.study.experiments.kernel_table import KERNELS
from widesym.study.experiments.resolution import CELLS
from widesym.study.image_tasks import JPEG_CHECKSUM

NAMES = ("synergy.kernel-table", "synergy.learning-curves", "synergy.resolution", "synergy.rotated-pooling")
NTK = KERNELS.index("ntk")
# predictions whose two best classes nearly tie may turn with the order of sums: 3 of 1000
TIES = 3e-3


@pytest.fixture(scope="module")
def records():
    return {name: load_record(get(name)) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_the_config_is_that_of_the_paper_profile(records, name):
    config = records[name].config
    assert config == get(name).profiles["paper"]
    assert config.checksum == JPEG_CHECKSUM


def cell_of_table(table, model, kind):
    return table.arrays[f"{model}_correct"][table.config.transformations.index(kind), 0, NTK]


@pytest.mark.parametrize(("model", "kind"), CELLS)
def test_table_and_resolution_agree_where_they_meet(records, model, kind):
    table, resolution = records["synergy.kernel-table"], records["synergy.resolution"]
    size = resolution.config.sizes.index(table.config.train)
    found = resolution.arrays[f"correct_{table.config.side}"][CELLS.index((model, kind)), 0, size]
    expected = cell_of_table(table, model, kind)
    assert found.shape == expected.shape == (1000,)
    assert (found != expected).mean() <= TIES
    # control: another cell differs by more than ties do
    other = cell_of_table(table, "GAP" if model == "FCN" else "FCN", "identity")
    assert (found != other).mean() > 10 * TIES


@pytest.mark.parametrize("kind", ["identity", "pixelwise", "rotation"])
def test_table_and_learning_curves_agree_where_they_meet(records, kind):
    table, curves = records["synergy.kernel-table"], records["synergy.learning-curves"]
    assert curves.config.sizes("GAP")[-1] == table.config.train
    accuracy = curves.arrays[f"GAP_{kind}_accuracy"][0, NTK]
    assert accuracy[-1] == pytest.approx(cell_of_table(table, "GAP", kind).mean(), abs=TIES)
    assert accuracy[-1] - accuracy[0] > 10 * TIES  # control: the smallest size


def test_every_cell_is_there(records):
    for record in records.values():
        for name, values in record.arrays.items():
            assert np.isfinite(values.astype(float)).all(), name
            assert values.astype(float).std() > 0, name
