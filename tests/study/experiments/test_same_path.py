"""B-S2's and B-S6's experiment: groups and scopes, one model's runs by hand in NumPy, laws, refusals."""

import dataclasses

import jax
import numpy as np
import pytest

from widesym.networks.actions import FAMILIES, SCOPES, fourth_moments, scope
from widesym.networks.paired import Deviations
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.same_path import (
    ELEMENTS,
    HELD,
    MODELS,
    MOVES,
    NEXT,
    OTHERS,
    OWN,
    SamePath,
    drawn,
    moving,
    relative,
    run_shard,
    setup,
    shards,
)

EXPERIMENT = get("synergy.same-path")
TINY = SamePath(
    side=4, motif=2, train=12, probe=4, batch=6, steps=12, depth=1, widths=(5, 3, 3, 3, 3),
    variants=("FCN",), draws=2, units=20_000,
)  # fmt: skip


@pytest.fixture(scope="module")
def fcn():
    return run_shard(TINY, "FCN")


@pytest.fixture(scope="module")
def laws():
    return run_shard(TINY, "laws")


def test_groups_are_those_of_the_scopes():
    for model in MODELS:
        own = SCOPES.index(scope(TINY.network(model)))
        for name in ELEMENTS:
            tau = drawn(TINY, name, 0)
            product = np.asarray(tau.matrices @ np.swapaxes(tau.matrices, -1, -2))
            orthogonal = np.abs(product - np.eye(product.shape[-1])).max() < 1e-12
            assert orthogonal == (name != "stretched")
            absorbed = SCOPES.index(tau.scope) <= own
            assert (name in HELD[model]) == (orthogonal and absorbed)
        assert OWN[model] in HELD[model] and NEXT[model] not in HELD[model]


def descend(theta, x, y, batches, rate, mass, penalty):
    """Train an FCN of one hidden layer in the NTK parametrisation: all parameters along the way."""
    theta = {k: v.copy() for k, v in theta.items()}
    speed = {k: np.zeros_like(v) for k, v in theta.items()}
    path = []
    for batch in batches:
        path.append({k: v.copy() for k, v in theta.items()})
        hidden, out = forward(theta, x[batch])
        error = (out - y[batch]) / out.size
        live = (hidden > 0) * (error @ theta["v"].T) * (2 / len(theta["v"])) ** 0.5
        slope = {
            "v": (2 / len(theta["v"])) ** 0.5 * hidden.T @ error, "c": 0.1 * error.sum(0),
            "w": (2 / x.shape[1]) ** 0.5 * x[batch].T @ live, "b": 0.1 * live.sum(0),
        }  # fmt: skip
        for k in theta:
            speed[k] = mass * speed[k] + slope[k] + penalty * theta[k]
            theta[k] -= rate * speed[k]
    return [*path, theta]


def forward(theta, x):
    hidden = np.maximum((2 / x.shape[1]) ** 0.5 * x @ theta["w"] + 0.1 * theta["b"], 0)
    return hidden, (2 / len(theta["v"])) ** 0.5 * hidden @ theta["v"] + 0.1 * theta["c"]


def by_hand(number, move, plain=False):
    """Deviations of the two runs of a draw, the second from weights moved by a matrix (48, 48)."""
    data, net = setup(TINY, number), TINY.network("FCN")
    key = jax.random.fold_in(jax.random.key(TINY.seed), number)
    start = jax.tree.map(np.asarray, net.init(key, "float64"))
    theta = {
        "w": start["hidden_1"]["weight"][0, 0], "b": start["hidden_1"]["bias"],
        "v": start["readout"]["weight"][0, 0], "c": start["readout"]["bias"],
    }  # fmt: skip
    tau = np.asarray(drawn(TINY, "rotation", number).matrices)
    x, probe = (np.asarray(part).reshape(len(part), -1) for part in (data.images, data.probe))
    how = (TINY.rate, 0.0, 0.0) if plain else (TINY.rate, TINY.mass, TINY.penalty)
    batches, y = np.asarray(data.batches), np.asarray(data.targets)
    one = descend(theta, x @ tau.T, y, batches, *how)
    other = descend({**theta, "w": move(tau) @ theta["w"]}, x, y, batches, *how)
    first = np.array([forward(theta, probe @ tau.T)[1] for theta in one])
    second = np.array([forward(theta, probe)[1] for theta in other])
    return np.abs(first - second).max(axis=(1, 2)) / np.abs(second).max()


def test_runs_of_an_fcn_by_hand(fcn):
    for number in range(2):
        held = by_hand(number, lambda tau: tau.T)
        assert held.max() < 1e-13
        assert fcn["deviation"][ELEMENTS.index("rotation"), number].max() < 1e-13
        assert by_hand(number, lambda tau: tau.T, plain=True).max() < 1e-13
        apart = by_hand(number, lambda tau: np.eye(len(tau)))
        np.testing.assert_allclose(fcn["uncoupled"][number], apart, rtol=1e-8)
        assert apart.min() > 1e-3


def test_shapes_and_verdicts_of_a_model(fcn):
    steps = TINY.steps + 1
    assert fcn["deviation"].shape == fcn["weights"].shape == fcn["loss"].shape == (5, 2, steps)
    inside = [ELEMENTS.index(name) for name in HELD["FCN"]]
    assert fcn["deviation"][inside].max() < 1e-12 and fcn["weights"][inside].max() < 1e-12
    stretched = fcn["deviation"][ELEMENTS.index("stretched")]
    assert stretched[:, 0].max() < 1e-13 and stretched.max(axis=1).min() > 1e-3
    assert np.all(fcn["loss"][..., -1] < 0.8 * fcn["loss"][..., 0])
    for name in ("plain", "uniform", *OTHERS.values()):
        own, larger = fcn[name]
        assert own.shape == (2, steps) and own.max() < 1e-12, name
        assert larger.max(axis=1).min() > 1e-4, name
    for name in ("power", "adam"):
        values = dict(zip(FAMILIES, fcn[name], strict=True))
        assert values["orthogonal"][:, 0].max() < 1e-13  # the start is no different
        assert values["orthogonal"].max(axis=1).min() > 1e-4
        assert max(values["signed"].max(), values["permutation"].max()) < 1e-12


def test_beyond_the_group_the_nearest_map_is_the_partner():
    config = dataclasses.replace(TINY, draws=1, steps=2)
    found = run_shard(config, "VEC")
    assert "uniform" not in found
    data, net = setup(config, 0), config.network("VEC")
    start = net.init(jax.random.fold_in(jax.random.key(config.seed), 0), "float64")
    tau = drawn(config, "pixelwise", 0)
    near, still = (type(tau)("colour", matrices) for matrices in (tau.matrices.mean((0, 1)), np.eye(3)))
    expected, other = (relative(data.pair(net, start, tau, config.descent(), end)) for end in (near, still))
    np.testing.assert_allclose(found["deviation"][ELEMENTS.index("pixelwise"), 0], expected, rtol=1e-12)
    assert np.abs(expected - other).min() > 1e-3
    assert found["deviation"][0].max() < 1e-13


def test_moves_are_never_the_identity():
    for seed in range(12):
        config = dataclasses.replace(TINY, seed=seed)
        for family in FAMILIES:
            for form in SCOPES:
                matrices = np.asarray(moving(config, family, form, 0).matrices)
                assert np.any(matrices != np.eye(matrices.shape[-1]))


def test_draws_share_images_and_have_batches_of_their_own():
    one, other = setup(TINY, 0), setup(TINY, 1)
    np.testing.assert_array_equal(one.images, other.images)
    assert one.images.dtype == "float64" and one.images.shape == (12, 4, 4, 3) and one.probe.shape[0] == 4
    assert np.any(one.batches != other.batches)
    assert all(len(set(batch)) == 6 for batch in np.asarray(one.batches).tolist())


def test_deviations_are_relative_to_the_largest_output():
    zero = np.zeros(3)
    found = Deviations(np.array([0.0, 1.0, 2.0]), zero, np.array([1.0, 4.0, 2.0]), zero, zero)
    np.testing.assert_array_equal(relative(found), [0, 0.25, 0.5])


def test_laws_are_kept_by_the_groups_of_the_remark(laws):
    moments = laws["moments"]  # scope, family, law, draw
    assert moments.shape == (3, 3, 2, 2)
    assert moments[:, :, 0].max() < 1e-12 and moments[:, 1:, 1].max() < 1e-12
    assert moments[:, 0, 1].min() > 0.01
    assert MOVES == ("identity", *FAMILIES)
    np.testing.assert_allclose(laws["by_formula"][:, [0, 2, 3]], [[3, 3, 3], [1.8, 1.8, 1.8]], rtol=1e-12)
    assert 1.85 < laws["by_formula"][1, 1] < 2.9
    value, half = np.moveaxis(laws["sampled"], -1, 0)
    assert np.all(np.abs(value - laws["by_formula"]) < 2.5 * half) and np.all(half < 0.05)
    widths = np.diff(laws["bins"])
    np.testing.assert_allclose((laws["histogram"] * widths).sum(axis=-1), 1, rtol=1e-12)
    # the box, and what spills over its edges
    beyond = np.abs(laws["bins"][1:] + laws["bins"][:-1]) / 2 > 3**0.5 + 0.1
    assert not laws["histogram"][1, [0, 2, 3]][:, beyond].any()
    assert laws["histogram"][1, 1][beyond].any()


def spread(x):
    """The fourth moment of sum w_i x_i: of a coordinate of w, turned by a rotation with x as a column."""
    turn = np.linalg.qr(np.column_stack([x, np.eye(len(x))]))[0]
    assert abs(abs(turn[:, 0] @ x) / np.linalg.norm(x) - 1) < 1e-12
    return fourth_moments(turn, "uniform")[0]


def test_units_are_turned_weights(laws):
    images = np.asarray(setup(TINY, 0).probe)
    moved = np.asarray(drawn(TINY, "colour", 0)(images))
    assert laws["units"].shape == (2, 2, len(images))
    np.testing.assert_allclose(laws["units"][0, 0], [spread(x.ravel()) for x in images], rtol=1e-12)
    for place, seen in enumerate((images, moved)):
        rolled = [np.roll(seen, (-i, -j), (1, 2)) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        windows = np.stack(rolled, axis=3).reshape(len(images), 16, 27)
        expected = [np.mean([spread(x) for x in image]) for image in windows]
        np.testing.assert_allclose(laws["units"][1, place], expected, rtol=1e-12)
    # a rotation of everything mixes more terms than a window has
    assert laws["units"][1].mean() < laws["units"][0].mean() < 3


def test_shards_and_names():
    assert shards(SamePath())[-1] == "laws" and set(shards(TINY)) == {*MODELS, "laws"}
    parts = {shard: {"deviation": np.array(k)} for k, shard in enumerate(MODELS)}
    found = EXPERIMENT.gather(TINY, {**parts, "laws": {"moments": np.zeros(1)}})
    assert found["VEC_deviation"] == 2 and set(found) == {*(f"{m}_deviation" for m in MODELS), "moments"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"widths": (3, 3)}, "widths must be one for each of FCN, LCN, VEC, LAP, GAP"),
        ({"other_rates": (1.0,)}, "other_rates for each of standard, mean-field, mup"),
        ({"variants": ("CNN",)}, "variants must be distinct, at least one, of"),
        ({"draws": 0}, "draws must be at least 1"),
        ({"batch": 13}, "batch=13 is more than the 12 training images"),
        ({"units": 10}, "say little about a law"),
        ({"window": 3}, "do not tile an image"),
        ({"mass": 1.0}, "mass=1.0 must be in"),
        ({"source": "nowhere"}, "unknown source 'nowhere'"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
