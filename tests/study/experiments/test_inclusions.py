"""B-S1's experiment: its maps, faults and dimensions on one small run, the pictures, refusals."""

import numpy as np
import pytest

from widesym.networks.embeddings import neighbours
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.inclusions import (
    CLASSES,
    KINDS,
    MAPS,
    Inclusions,
    cases,
    deviation,
    faulty,
    gaussian,
    pictures,
    printed,
    rooted,
    run_shard,
    shards,
    small_networks,
)

EXPERIMENT = get("synergy.inclusions")
TINY = Inclusions(sizes=((3, 4),), depths=((2,),), draws=1, train=8, steps=12)
D, N = 12, 2


@pytest.fixture(scope="module")
def found():
    return EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})


def test_inclusions_hold_and_faults_break_them(found):
    maps = len(MAPS) - 1  # windows of 2 do not tile 3 rows
    assert found["deviation"].shape == found["trained"].shape == (maps + 1, 1, 1)
    assert np.isnan(found["deviation"][-1]).all() and np.isnan(found["trained"][-1]).all()
    for name in ("deviation", "trained"):
        assert found[name][:maps].max() < 1e-13
    assert found["carried"].shape == (1, 1) and found["carried"].max() < 1e-13
    for name in ("faulty", "elsewhere", "rooted", "printed", "moved"):
        values = found[name][:maps] if name == "faulty" else found[name]
        assert values.min() > 1e-3, name
    assert found["loss"].shape == (len(KINDS), 1, 1, 2)
    assert np.all(found["loss"][..., 1] < 0.95 * found["loss"][..., 0])


def test_parameters_grow_by_the_root_of_d(found):
    np.testing.assert_allclose(found["roots_3x4x2"], [1, D**0.5, D**0.5], rtol=1e-14)


def test_dimensions_are_parameters_less_one_a_relu_unit(found):
    # by hand: weights, biases, readout, its bias
    filters, own = 27 + 1, 3 * D + 1
    parameters = [filters + 2, filters + D + 1, D * filters + D + 1, D * filters + D * D + 1]
    parameters += [D * own + D + 1, D * D * own + D * D + 1]
    np.testing.assert_array_equal(found["parameters"], parameters)
    units = np.array([1, 1, D, D, D, 0])
    points = int(found["points"])
    assert parameters[3] < points < parameters[5]
    np.testing.assert_array_equal(found["rank"], [*(parameters - units)[:5], points])
    assert len(CLASSES) == 6


def test_the_picture_is_of_one_network(found):
    shared, dense = found["picture_shared"], found["picture_dense"]
    np.testing.assert_allclose(shared.sum(axis=0), dense, rtol=1e-13)
    filled = np.abs(shared.reshape(9, D, N, D, N)).max(axis=(2, 4)) > 0
    for offset, below in enumerate(neighbours(3, 4, 3).reshape(D, 9).T):
        expected = np.zeros((D, D), bool)
        expected[below, np.arange(D)] = True
        np.testing.assert_array_equal(filled[offset], expected)
    held = found["picture_held"]
    np.testing.assert_allclose(held[np.arange(D), np.arange(D)], found["picture_local"], atol=1e-13)
    apart = np.abs(held - found["picture_local"][:, None]).max(axis=-1)[~np.eye(D, dtype=bool)]
    assert np.median(apart) > 1e-3
    read = np.abs(found["picture_readout"].reshape(D, D, N, -1)).max(axis=(2, 3)) > 0
    np.testing.assert_array_equal(read, np.eye(D, dtype=bool))


def test_networks_have_the_widths_of_the_theorem():
    nets = small_networks(TINY, 3, 4, 2)
    assert tuple(nets) == KINDS
    assert [net.architecture.widths for net in nets.values()] == [(2, 2), (2, 2), (2, 2), (24, 24)]
    assert [net.architecture.kind for net in nets.values()] == ["GAP", "VEC", "LCN", "VEC"]


def test_drawn_parameters_have_the_law_of_the_library():
    net = small_networks(TINY, 3, 4, 2)["wide VEC"]
    drawn = gaussian(net, np.random.default_rng(0))
    assert {name: {p: a.shape for p, a in layer.items()} for name, layer in drawn.items()} == net.shapes()
    assert all(s.weight_deviation == s.bias_deviation == 1 for s in net.scales().values())
    values = drawn["hidden_2"]["weight"].ravel()
    assert abs(values.mean()) < 5 / values.size**0.5 and abs(values.var() - 1) < 5 * (2 / values.size) ** 0.5


def test_each_fault_is_one():
    nets = small_networks(TINY, 3, 4, 2)
    rng = np.random.default_rng(1)
    weights = {kind: gaussian(net, rng) for kind, net in nets.items()}
    moved = faulty("GAP-VEC", nets["GAP"], weights["VEC"])
    gone = moved["readout"]["weight"] != weights["VEC"]["readout"]["weight"]
    assert gone[0, 0].all() and gone.sum() == gone[0, 0].size
    moved = faulty("VEC-LCN", nets["VEC"], weights["LCN"])["hidden_1"]["weight"]
    own = weights["LCN"]["hidden_1"]["weight"]
    np.testing.assert_array_equal(moved[0, 0, 0], own[0, 0, 2])
    np.testing.assert_array_equal(moved[0, 1:], own[0, 1:])
    for name, kind, block in (("LCN-VEC", "LCN", 2), ("LCN-FCN", "LCN", 2), ("VEC-FCN", "wide VEC", 24)):
        moved = faulty(name, nets[kind], weights["wide VEC"])["hidden_1"]
        for part, array in weights["wide VEC"]["hidden_1"].items():
            np.testing.assert_array_equal(np.roll(moved[part], -block, axis=-1), array)
    flat = {"hidden_1": {}, "readout": {"weight": np.ones((1, 1, 288, 4))}}
    kept = faulty("chain", nets["GAP"], flat)["readout"]["weight"][0, 0, :, 0]
    np.testing.assert_array_equal(kept, np.arange(288) >= 24)
    moved = rooted(nets["LCN"], weights["wide VEC"])
    np.testing.assert_allclose(
        moved["hidden_1"]["weight"], 12**0.5 * weights["wide VEC"]["hidden_1"]["weight"], rtol=1e-15
    )
    kept = printed(nets["LCN"], weights["wide VEC"])["hidden_2"]["weight"].any(axis=(0, 1, 2))
    # alpha indices of two: none of block 0, one of block 1, all others
    np.testing.assert_array_equal(kept, [0, 0, 1, 0, *[1] * 20])
    # what was given is left as it was
    assert weights["VEC"]["readout"]["weight"].all() and weights["wide VEC"]["hidden_2"]["weight"].all()


def test_deviations_by_hand():
    assert deviation([[1.0, -3.0]], [[2.0, -4.0]]) == 0.25


def test_images_are_cut_to_their_size():
    x, y, others = pictures(TINY, 3, 4)
    assert x.shape == (8, 3, 4, 3) and others.shape == (TINY.images, 3, 4, 3)
    np.testing.assert_allclose(y.sum(axis=1), 0, atol=1e-15)
    assert not np.any(x[0] == others[0])


def test_cases_keep_their_order():
    config = Inclusions(sizes=((3, 4), (4, 4)), depths=((3, 1), (2,)), draws=2)
    assert cases(config) == ((3, 4, 3), (3, 4, 1), (4, 4, 2))
    assert shards(config) == ("3x4", "4x4")

    def part(value, count, deep):
        behind = {"deviation": 7, "faulty": 7}
        sizes = {"trained": (7, 1, 2), "loss": (4, 1, 2, 2), "moved": (4, 1, 2)}
        arrays = {name: np.full((number, count, 2), value) for name, number in behind.items()}
        arrays |= {name: np.full((count, 2), value) for name in ("carried", "elsewhere", "rooted")}
        return arrays | {name: np.full(s, value) for name, s in sizes.items()} | {
            "printed": np.full((deep, 2), value)
        }  # fmt: skip

    joined = EXPERIMENT.gather(config, {"4x4": {**part(2.0, 1, 1), "rank": 5}, "3x4": part(1.0, 2, 1)})
    np.testing.assert_array_equal(joined["deviation"][0, :, 0], [1, 1, 2])
    np.testing.assert_array_equal(joined["carried"][:, 0], [1, 1, 2])
    np.testing.assert_array_equal(joined["trained"][0, :, 0], [1, 2])
    np.testing.assert_array_equal(joined["printed"][:, 0], [1, 2])
    assert joined["rank"] == 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": ((3, 4), (3, 4))}, "sizes must be distinct"),
        ({"sizes": ((2, 4),)}, "each at least 3"),
        ({"depths": ((0,),)}, "depths must be a tuple of numbers from 1 on"),
        ({"depths": ((1,), (2,))}, "for each of the 1 sizes"),
        ({"width": 0}, "width must be at least 1"),
        ({"classes": 1}, "classes must be at least 2"),
        ({"rate": 0.0}, "a training needs steps and a rate"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
