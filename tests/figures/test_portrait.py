"""The opening picture shows every particle that it was given."""

import numpy as np

from widesym.figures.portrait import figure
from widesym.study.experiments.portrait import Portrait
from widesym.study.store import Stored


def test_every_particle_is_drawn_where_it_is():
    rng = np.random.default_rng(0)
    arrays = {f"{name}_{N}": rng.standard_normal((2, N)) for N in (3, 7) for name in ("along", "across")}
    drawn = figure(Stored(arrays, {}, Portrait(sizes=(3, 7))))
    axes = np.array(drawn.axes).reshape(2, 2)
    for row in range(2):
        for column, N in enumerate((3, 7)):
            (dots,) = axes[row, column].collections
            expected = np.stack([arrays[f"along_{N}"][row], arrays[f"across_{N}"][row]], axis=1)
            np.testing.assert_array_equal(dots.get_offsets(), expected)
