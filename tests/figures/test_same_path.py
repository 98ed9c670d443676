"""The figures of B-S2 and B-S6 show the numbers they were given."""

import matplotlib.pyplot as plt
import numpy as np

from widesym.figures import same_path
from widesym.study.experiments.same_path import ELEMENTS, HELD, MODELS, OTHERS, SamePath
from widesym.study.store import Stored

RNG = np.random.default_rng(0)
CONFIG = SamePath(steps=3)


def result():
    arrays = {}
    for model in MODELS:
        arrays |= {f"{model}_{name}": RNG.uniform(1e-3, 1, (5, 2, 4)) for name in ("deviation", "loss")}
        arrays |= {
            f"{model}_{name}": RNG.uniform(1e-3, 1, (2, 2, 4)) for name in ("uniform", *OTHERS.values())
        }
        arrays |= {f"{model}_{name}": RNG.uniform(1e-3, 1, (3, 2, 4)) for name in ("power", "adam")}
    arrays["FCN_deviation"][0, 0, 1] = 0.0
    sampled = np.stack([RNG.uniform(1.8, 3, (2, 4)), np.full((2, 4), 0.01)], axis=-1)
    units = np.array([[[2.9, 2.7], [2.6, 2.9]], [[2.5, 2.5], [2.6, 2.6]]])
    return Stored(
        arrays | {"histogram": RNG.uniform(size=(2, 4, 8)), "bins": np.linspace(-4, 4, 9), "sampled": sampled,
                  "units": units}, {}, CONFIG,
    )  # fmt: skip


def is_solid(line):
    return line.get_linestyle() == "-"


def test_every_pair_of_runs_is_a_line():
    stored = result()
    fig = same_path.figure(stored)
    assert len(fig.axes) == 2 * len(MODELS) and not plt.get_fignums()
    for column, model in enumerate(MODELS):
        lines = fig.axes[column].get_lines()
        assert fig.axes[column].get_title() == model and len(lines) == 2 * len(ELEMENTS)
        for place, name in enumerate(ELEMENTS):
            for draw in range(2):
                line = lines[2 * place + draw]
                expected = np.maximum(stored.arrays[f"{model}_deviation"][place, draw], 1e-17)
                np.testing.assert_array_equal(line.get_ydata(), expected)
                assert is_solid(line) == (name in HELD[model])
        losses = fig.axes[len(MODELS) + column].get_lines()
        np.testing.assert_array_equal(losses[1].get_ydata(), stored.arrays[f"{model}_loss"][1, 0])


def test_variants():
    stored = result()
    fig = same_path.variants(stored)
    assert len(fig.axes) == 6
    standard, power = fig.axes[0].get_lines(), fig.axes[4].get_lines()
    assert len(standard) == 3 * 4 and len(power) == 3 * 6
    np.testing.assert_array_equal(standard[2].get_ydata(), stored.arrays["FCN_standard"][1, 0])
    assert [is_solid(line) for line in standard[:4]] == [True, True, False, False]
    np.testing.assert_array_equal(power[0].get_ydata(), stored.arrays["FCN_power"][0, 0])
    # rotations first
    assert [is_solid(line) for line in power[:6]] == [False, False, True, True, True, True]


def test_laws():
    stored = result()
    axes = same_path.laws(stored).axes
    assert len(axes) == 6
    np.testing.assert_array_equal(axes[4].patches[0].get_data().values, stored.arrays["histogram"][1, 1])
    # the outline is the law as drawn
    np.testing.assert_array_equal(axes[4].patches[1].get_data().values, stored.arrays["histogram"][1, 0])
    assert f"{stored.arrays['sampled'][1, 1, 0]:.3f}" in axes[4].texts[0].get_text()


def test_units():
    rows = same_path.unit_table(result()).rows
    assert rows[0] == ("FCN", "2.800", "2.750", "O(3d)", "0.300")
    assert rows[1][0] == "VEC, 3 × 3 filters" and rows[1][4] == "0.100"
