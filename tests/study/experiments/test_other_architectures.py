"""B-X4's experiment: its transformations as matrices, partners, what agrees and what does not, refusals."""

import dataclasses

import numpy as np
import pytest

from widesym.networks.actions import Element
from widesym.networks.mixing import PatchElement
from widesym.study.experiments import get
from widesym.study.experiments.other_architectures import (
    ABSORBED,
    LIMIT_HOLDS,
    MODELS,
    READOUTS,
    TRANSFORMATIONS,
    OtherArchitectures,
    as_matrix,
    mixer,
    moves,
    partner,
    pictures,
    run_shard,
    shards,
    skips,
)

EXPERIMENT = get("synergy.other-architectures")
TINY = OtherArchitectures(
    side=4, depth=2, blocks=1, width=3, train=8, batch=4, steps=4, elements=1, law_width=3, law_draws=(3, 5),
    images=2, patches=(2,), widths=(3, 5), skip_widths=(2, 3, 4), draws=3, skip_draws=4,
)  # fmt: skip
D = 48


def matrix(kind, seed=5):
    found = as_matrix(TINY, moves(TINY, kind, seed))
    np.testing.assert_allclose(found @ found.T, np.eye(D), atol=1e-12)
    return found


def by_patches(found):
    """The blocks (4, 4, 12, 12) of a matrix, from patch to patch, by listing pixels."""
    corners = [(row, column) for row in (0, 2) for column in (0, 2)]
    places = [
        [3 * (4 * (row + i) + column + j) + c for i in (0, 1) for j in (0, 1) for c in range(3)]
        for row, column in corners
    ]
    return np.array([[found[np.ix_(a, b)] for b in places] for a in places])


def test_rotations_of_patches():
    same, each = by_patches(matrix("patch")), by_patches(matrix("patchwise"))
    for blocks in (same, each):
        assert not blocks[~np.eye(4, dtype=bool)].any()
    np.testing.assert_array_equal(same[0, 0], same[3, 3])
    assert np.abs(each[0, 0] - each[3, 3]).max() > 0.1
    assert np.abs(same[0, 0][:3, 3:]).max() > 0.05  # pixels mix


def test_order_and_shift():
    blocks = by_patches(matrix("order"))
    where = np.abs(blocks).max((2, 3))
    assert (where.sum(0) == 1).all() and (where.sum(1) == 1).all() and where.trace() < 4
    np.testing.assert_array_equal(blocks[where == 1], np.broadcast_to(np.eye(12), (4, 12, 12)))
    x = np.arange(96.0).reshape(2, 4, 4, 3)
    moved = moves(TINY, "shift", 0)(x)
    np.testing.assert_array_equal(moved[:, 1, 2], x[:, 0, 1])
    np.testing.assert_array_equal(moved[:, 0, 0], x[:, 3, 3])


@pytest.mark.parametrize("model", MODELS)
def test_partners_are_the_transformation_where_it_can_be_absorbed(model):
    x = pictures(TINY)
    for kind in TRANSFORMATIONS:
        near = partner(TINY, model, kind, 5, matrix(kind))
        assert isinstance(near, Element if model == "residual" else PatchElement)
        inside = np.asarray(near.matrices if model == "residual" else near.matrix)
        np.testing.assert_allclose(inside @ inside.T, np.eye(len(inside)), atol=1e-12)
        moved = moves(TINY, kind, 5)(x)
        # pooling does not see a shift: there the partner is no transformation at all
        expected = x if (model, kind) == ("residual", "shift") else moved
        apart = np.abs(np.asarray(near(x)) - expected).max()
        assert apart < 1e-12 if kind in ABSORBED[model] else apart > 1e-2, kind


@pytest.fixture(scope="module")
def tiny():
    return EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})


def test_what_agrees_and_what_does_not(tiny):
    assert tiny["outputs"].shape == (2, 6, 1, 5) and tiny["kernels"].shape == (2, 6, 1, 2)
    for m, model in enumerate(MODELS):
        for t, kind in enumerate(TRANSFORMATIONS):
            for name in ("outputs", "kernels"):
                found = tiny[name][m, t]
                assert found.max() < 1e-12 if kind in ABSORBED[model] else found.min() > 1e-4, (model, kind)
    assert tiny["moved"][..., -1].min() > 1e-3


def test_laws_share_their_weights(tiny):
    law = tiny["law_residual"]
    assert law.shape == (7, 3, 2, 3) and law.dtype == np.float32
    assert tiny["law_mixer"].shape == (7, 5, 2, 3)
    # a shift is no change at all for the residual network, draw by draw
    np.testing.assert_allclose(law[2], law[0], rtol=1e-5)
    assert np.abs(law[1] / law[0] - 1).max() > 1e-3


def test_infinite_networks(tiny):
    assert tiny["limit"].shape == (2, 6, 2) and tiny["infinite"].shape == (2, 3)
    for r, readout in enumerate(READOUTS):
        for t, kind in enumerate(TRANSFORMATIONS):
            found = tiny["limit"][r, t].max()
            assert found < 1e-12 if kind in LIMIT_HOLDS[readout] else found > 1e-5, (readout, kind)


def test_widths(tiny):
    assert tiny["spread_residual"].shape == (3, 4, 3) and tiny["spread_mixer_2"].shape == (2, 3, 3)
    assert skips(TINY, 3, 2).architecture.widths == (3, 3)
    net = mixer(dataclasses.replace(TINY, side=8, patches=(4,)), 3, 2, 4)
    assert (net.tokens, net.features, net.token_units, net.channel_units) == (4, 3, 3, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"patch": 3}, "patches of 3 must tile images of side 4"),
        ({"patches": (4,)}, "patches of 4 must tile images of side 4, and be more than one"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"draws": 1}, "draws must be at least 2"),
        ({"law_draws": (1, 5)}, "law_draws must be at least 2"),
        ({"batch": 9}, "batch=9 must be from 1 to train=8"),
        ({"rates": (0.1, 0.0)}, "rates must be positive"),
        ({"widths": (3, 3)}, "widths must increase"),
        ({"skip_widths": ()}, "skip_widths must increase"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TINY, **change)
