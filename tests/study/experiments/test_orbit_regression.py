"""B-X1 in learning: labels, translates, and predictions by solving the equations directly; refusals."""

import numpy as np
import pytest

from widesym.architectures import Architecture
from widesym.oracles.kernels import slow_kernels
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.orbit_regression import (
    BROKEN,
    EXACT,
    OrbitRegression,
    all_translations,
    counts,
    data,
    relative,
    run_shard,
    shards,
    translates,
)

EXPERIMENT = get("synergy.orbit-regression")
TINY = OrbitRegression(height=3, width=4, train=4, test=3, depths=(1,), draws=2)


@pytest.fixture(scope="module")
def tiny():
    return EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})


def test_labels_do_not_change_under_translation():
    x, y, new, truth = data(TINY)
    assert x.shape == (4, 3, 4, 3) and new.shape == (3, 3, 4, 3) and truth.shape == (3, 1)
    assert y.mean() == pytest.approx(0, abs=1e-15) and y.std() == pytest.approx(1)
    raw = [
        sum(image[h, w, 0] * image[h, (w + 1) % 4, 1] for h in range(3) for w in range(4))
        for image in [*x, *new]
    ]
    both = np.concatenate([y, truth])[:, 0]
    np.testing.assert_allclose(np.corrcoef(raw, both)[0, 1], 1)


def test_translates_come_translation_by_translation():
    x = data(TINY)[0]
    every = all_translations(TINY)
    moved = translates(x, every)
    assert every[0].tolist() == [0, 0] and len({tuple(shift) for shift in every}) == 12
    np.testing.assert_array_equal(moved[:4], x)
    np.testing.assert_array_equal(moved[4 * 7 + 2], np.roll(x[2], tuple(every[7]), (0, 1)))


def test_numbers_of_translates():
    assert counts(TINY) == (1, 2, 3, 6, 9, 11, 12)
    assert counts(OrbitRegression()) == (1, 4, 6, 12, 18, 23, 24)


def test_relative_deviation_by_hand():
    assert relative(np.array([1.0, 2.0]), np.array([1.0, -4.0])) == 1.5


def kernel(kind, one, other):
    """The NTK from all pairs of pixels."""
    return np.array([[slow_kernels(Architecture(kind, 1), a, b)[1] for b in other] for a in one])


def test_predictions_by_the_slow_kernel_and_a_plain_solver(tiny):
    """GAP's error; VEC on all translates; and plain VEC, averaged afterwards."""
    x, y, new, truth = data(TINY)
    K = kernel("GAP", x, x)
    penalty = TINY.ridge * np.diag(K).mean()
    gap = kernel("GAP", new, x) @ np.linalg.solve(K + penalty * np.eye(4), y)
    np.testing.assert_allclose(tiny["gap_error"][0, 1], np.mean((gap - truth) ** 2), rtol=1e-6)
    orbit = translates(x, all_translations(TINY))
    V, V_new = kernel("VEC", orbit, orbit), kernel("VEC", new, orbit)
    for scale, name in ((12, "orbit"), (1, "unscaled")):
        f = V_new @ np.linalg.solve(V + scale * penalty * np.eye(48), np.tile(y, (12, 1)))
        np.testing.assert_allclose(tiny[name][0, 1], relative(f, gap), rtol=1e-6, atol=1e-6)
    plain = np.linalg.solve(V[:4, :4] + penalty * np.eye(4), y)
    after = np.mean([V_new[:, 4 * t : 4 * t + 4] for t in range(12)], axis=0) @ plain
    np.testing.assert_allclose(tiny["after"][0, 1], relative(after, gap), rtol=1e-5)
    np.testing.assert_allclose(tiny["curve"][0, 1, 0], relative(V_new[:, :4] @ plain, gap), rtol=1e-5)
    np.testing.assert_allclose(
        tiny["error"][0, 1, 0], np.mean((V_new[:, :4] @ plain - truth) ** 2), rtol=1e-5
    )


def test_equal_where_it_should_be(tiny):
    for name in EXACT:
        assert tiny[name].shape == (1, 2) and tiny[name].max() < 1e-11
    for name in BROKEN:
        assert tiny[name].shape == (1, 2) and tiny[name].min() > 1e-3
    assert tiny["curve"].shape == tiny["error"].shape == (1, 2, 7, 2)
    assert tiny["curve"][:, :, -1].max() < 1e-11 and tiny["curve"][:, :, :-1].min() > 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"height": 2}, "height must be at least 3"),
        ({"train": 1}, "train must be at least 2"),
        ({"depths": ()}, "distinct numbers of layers"),
        ({"ridge": 0.0}, "ridge must be positive"),
        ({"draws": 0}, "draws must be at least 1"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
