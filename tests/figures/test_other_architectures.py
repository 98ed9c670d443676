"""The figure and the table of B-X4 show the numbers they were given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from widesym.figures.other_architectures import change_table, figure
from widesym.study.experiments.other_architectures import OtherArchitectures
from widesym.study.store import Stored


@pytest.fixture
def stored():
    config = OtherArchitectures(steps=4, law_draws=(6, 6), draws=5)
    rng = np.random.default_rng(0)
    arrays = {
        "outputs": rng.uniform(0, 1, (2, 6, 2, 5)),
        "kernels": rng.uniform(0, 1, (2, 6, 2, 2)),
    }
    arrays |= {f"law_{model}": rng.uniform(1, 2, (7, 6, 2, 6)) for model in ("residual", "mixer")}
    arrays |= {f"spread_{name}": rng.uniform(1, 2, (3, 5, 6)) for name in ("mixer_4", "mixer_2")}
    arrays["spread_residual"] = rng.uniform(1, 2, (4, 5, 6))
    return Stored(arrays, {}, config)


def test_the_figure(stored):
    residual, patches, widths = figure(stored).axes
    outputs = stored.arrays["outputs"]
    # the largest where runs should agree, the median where not
    np.testing.assert_array_equal(residual.lines[0].get_ydata(), outputs[0, 0].max(0))
    np.testing.assert_array_equal(patches.lines[1].get_ydata(), np.median(outputs[1, 1], 0))
    found = stored.arrays["spread_mixer_2"]
    mean = found.mean(1, keepdims=True)
    expected = (((found - mean) ** 2).sum(-1) / (mean**2).sum(-1)).mean(1)
    lines = {container.get_label(): container.lines[0] for container in widths.containers}
    np.testing.assert_allclose(lines["16 patches"].get_ydata(), expected)
    np.testing.assert_array_equal(lines["4 patches"].get_xdata(), stored.config.widths)
    np.testing.assert_array_equal(lines["residual network"].get_xdata(), stored.config.skip_widths)
    assert not plt.get_fignums()


def test_the_table(stored):
    table = change_table(stored)
    assert len(table.rows) == 6 and len(table.header) == 7
    assert table.rows[3][0] == "order of patches"
    assert table.rows[3][4] == f"{stored.arrays['outputs'][1, 3].max():.1e}"
    assert table.rows[3][2] == f"{np.median(stored.arrays['kernels'][0, 3]):.1e}"
