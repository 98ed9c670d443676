"""What the sweeps share: cells of a config, the risk of a network and of its average, places of results."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.meanfield.laws import symmetrise
from widesym.meanfield.teachers import paper_teacher
from widesym.study import sweeps
from widesym.study.sweeps import SCHEMES, Sweep, cell_name, cells, parse_cell, place, repetition_keys, train

CONFIG = Sweep(sizes=(5, 12), repetitions=2, horizon=2.0, precision="float64")


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def outputs(cloud, x):
    """The network in NumPy: the mean over particles of sigmoid(zx)."""
    return sigmoid(np.einsum("nij,bj->bni", cloud.reshape(-1, 2, 2), x)).mean(axis=1)


@pytest.mark.parametrize("name", ["arbitrary", "SI"])
def test_risks_are_those_of_numpy_and_symmetrising_averages_the_network(name):
    teacher = paper_teacher(name)
    clouds = 0.3 * np.random.default_rng(1).normal(size=(2, 3, 7, 4))
    test = jax.random.normal(
        jax.random.fold_in(jax.random.key(CONFIG.seed), sweeps.TEST), (sweeps._TEST_POINTS, 2), jnp.float64
    )
    x = CONFIG.scale * np.asarray(test)
    target = outputs(teacher.theta, x)
    found = sweeps.risks(CONFIG, teacher, clouds)
    symmetric = np.array([[symmetrise(c, teacher.unit.action) for c in row] for row in clouds])
    averaged = sweeps.risks(CONFIG, teacher, symmetric)
    for r in range(2):
        for s in range(3):
            plain = outputs(clouds[r, s], x)
            mean = (plain + outputs(clouds[r, s], x[:, ::-1])[:, ::-1]) / 2
            np.testing.assert_allclose(found[r, s], ((plain - target) ** 2).sum(axis=1).mean(), rtol=1e-12)
            np.testing.assert_allclose(averaged[r, s], ((mean - target) ** 2).sum(axis=1).mean(), rtol=1e-12)
            assert abs(averaged[r, s] / found[r, s] - 1) > 1e-3


def test_times_are_rounded_down_and_a_start_is_projected_or_not():
    teacher = paper_teacher("WI")
    keys = repetition_keys(CONFIG, 5, 0, 1)
    weak = train(CONFIG, teacher, keys, 5, SCHEMES, invariant=False, times=(0.0, 0.55, 1.0))
    assert weak.shape == (2, 5, 3, 5, 4) and weak.dtype == np.float64
    for scheme in range(4):  # one start for all but EA
        np.testing.assert_array_equal(weak[:, scheme, 0], weak[:, 0, 0])
    np.testing.assert_array_equal(
        weak[:, :, 1], train(CONFIG, teacher, keys, 5, SCHEMES, invariant=False, times=(0.5,))[:, :, 0]
    )  # 5.5 steps and 5
    strong = train(CONFIG, teacher, keys, 5, SCHEMES, invariant=True, times=(0.0, 0.5, 1.0))
    # EA projects whatever it is given, start and noise; projecting twice rounds twice
    np.testing.assert_allclose(weak[:, 4, [0, 2]], strong[:, 4, [0, 2]], atol=1e-12)
    np.testing.assert_allclose(strong[:, 0, 0], strong[:, 4, 0], atol=1e-15)
    # the projection of the weak start is the strong one, and is another cloud
    mean = (weak[:, 0, 0] + weak[:, 0, 0][..., [3, 2, 1, 0]]) / 2
    np.testing.assert_allclose(strong[:, 0, 0], mean, atol=1e-15)
    assert np.abs(weak[:, 0, 0] - mean).max() > 0.05


def test_full_noise_from_a_weak_start_and_projected_noise_from_a_strong_one():
    assert CONFIG.sgd(project_noise=True).project_noise and not CONFIG.sgd(project_noise=False).project_noise
    loud = dataclasses.replace(CONFIG, beta=1.0, alpha=1e-6)  # no drift to speak of: what moves is the noise
    teacher, keys = paper_teacher("WI"), repetition_keys(CONFIG, 5, 0, 1)
    for invariant in (True, False):
        path = train(loud, teacher, keys, 5, ("vanilla",), invariant=invariant, times=(0.0, 1.0))[:, 0]
        moved = path[:, 1] - path[:, 0]
        across = np.abs(moved - moved[..., [3, 2, 1, 0]]).max()
        assert (across < 1e-5) == invariant and np.abs(moved).max() > 1e-3


def test_cells_cover_everything_once_and_their_names_come_back():
    config = Sweep(repetitions=3)
    found = list(cells(config))
    assert [N for _, N, _, _ in found] == sorted((N for _, N, _, _ in found), reverse=True)
    assert len(found) == 3 * (5 + 2 * 3)  # sizes from 1000 on alone
    assert all(parse_cell(cell_name(*cell)) == cell for cell in found)


def test_results_stand_in_their_places():
    arrays = {}
    config = Sweep(sizes=(5, 1000), repetitions=3, teachers=("WI", "SI"))
    for teacher, N, first, last in cells(config):
        values = np.array([[N + r + (teacher == "SI") / 2] for r in range(first, last + 1)])
        place(arrays, config, cell_name(teacher, N, first, last), {"value": values})
    np.testing.assert_array_equal(arrays["value"][1, :, :, 0], [[5.5, 6.5, 7.5], [1000.5, 1001.5, 1002.5]])
