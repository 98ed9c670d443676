"""The figures of B-S1 show the numbers they were given."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_hex

from widesym.figures import inclusions
from widesym.figures.style import BLUE
from widesym.study.experiments.inclusions import MAPS, Inclusions
from widesym.study.store import Stored

RNG = np.random.default_rng(0)
CONFIG = Inclusions(width=2)


def result():
    count = len(MAPS)
    arrays = {name: 10 ** RNG.uniform(-16, -15, (count, 4, 2)) for name in ("deviation", "faulty")}
    arrays |= {"trained": 10 ** RNG.uniform(-16, -15, (count, 2, 2)), "carried": np.full((4, 2), 1e-16)}
    arrays |= {name: RNG.uniform(0.1, 1, (4, 2)) for name in ("elsewhere", "rooted")}
    arrays["printed"] = RNG.uniform(0.1, 1, (3, 2))
    arrays["deviation"][-1, 2:] = arrays["trained"][-1, 1:] = np.nan
    held = RNG.uniform(0, 1, (12, 12, 2))
    shared = np.zeros((9, 24, 24))
    shared[:, :2, 2:4] = 1.0
    arrays |= {
        "picture_shared": shared, "picture_dense": shared.sum(axis=0), "picture_held": held,
        "picture_local": held[np.arange(12), np.arange(12)],
        "parameters": np.array([30, 41, 349, 481, 457, 5473]), "rank": np.array([29, 40, 337, 469, 445, 601]),
        "points": 601,
    }  # fmt: skip
    return Stored(arrays, {}, CONFIG)


def test_every_deviation_is_a_dot():
    stored = result()
    (ax,) = inclusions.figure(stored).axes
    shown = [line for line in ax.get_lines() if line.get_marker() in "oD"]
    expected = [stored.arrays[name][0].max(axis=1) for name in ("deviation", "trained")]
    np.testing.assert_array_equal(shown[0].get_xdata(), np.concatenate(expected))
    # of LAP only the cases that there are
    assert len(shown[len(MAPS) - 1].get_xdata()) == 3
    np.testing.assert_array_equal(shown[-1].get_xdata(), np.median(stored.arrays["printed"], axis=1))
    assert len(shown) == len(ax.get_yticklabels()) and not plt.get_fignums()
    colours = [to_hex(line.get_color()).upper() for line in shown]
    assert colours.count(BLUE) == len(MAPS) + 1


def test_filled_weights_have_the_colour_of_where_they_lead():
    fig = inclusions.weights(result())
    matrices = [ax for ax in fig.axes if ax.get_images()]
    assert len(matrices) == 10
    drawn = np.asarray(matrices[0].get_images()[0].get_array())
    assert drawn.shape == (24, 24, 3) and (drawn[2:] == 1).all() and (drawn[:, 4:] == 1).all()
    np.testing.assert_allclose(drawn[0, 2], drawn[1, 3])
    # paler, but of the colour of location 1
    missing, colour = 1 - drawn[0, 2], 1 - np.array(inclusions._location(1, 12)[:3])
    np.testing.assert_allclose(missing / missing.max(), colour / colour.max(), rtol=1e-12)
    assert missing.max() > 0.3
    key = [ax for ax in fig.axes if not ax.get_images()]
    np.testing.assert_allclose(key[0].patches[1].get_facecolor()[:3], inclusions._location(1, 12)[:3])
    assert [ax.get_title() for ax in matrices[:3]] == [
        r"$\beta=(-1,-1)$", r"$\beta=(-1,0)$", r"$\beta=(-1,+1)$"]  # fmt: skip


def test_blocks_agree_with_the_network_they_carry():
    stored = result()
    left, right, _ = inclusions.blocks(stored).axes
    wide, narrow = (np.asarray(ax.get_images()[0].get_array()) for ax in (left, right))
    np.testing.assert_allclose(wide, np.linalg.norm(stored.arrays["picture_held"], axis=-1))
    np.testing.assert_allclose(np.diag(wide), narrow[:, 0])


def test_dimensions():
    table = inclusions.dimension_table(result())
    assert len(table.rows) == 6
    assert table.rows[2] == ("LCN, n = 1", "349", "337", "VEC, n = 1 (41 parameters)")
    assert table.rows[5][2] == "≥ 601"
