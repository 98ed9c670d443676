"""The empirical data law: its batches, its checks, and that training on it does what it says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.meanfield.draws import draw, draw_rows
from widesym.meanfield.dynamics import SGD, simulate
from widesym.meanfield.samples import Sample
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import paper_teacher


def sample_of(teacher, M: int) -> Sample:
    """M pairs of a teacher's law, drawn by NumPy."""
    x = teacher.scale * np.random.default_rng(3).standard_normal((M, teacher.unit.d))
    return Sample("sample", teacher.unit, x, np.asarray(teacher.label(jnp.asarray(x))))


def test_a_step_is_the_gradient_of_the_drawn_rows():
    teacher = paper_teacher("arbitrary")
    data, key = sample_of(teacher, 40), jax.random.key(5)
    theta = np.random.default_rng(0).normal(size=(1, 6, 4))
    sgd = SGD(alpha=0.3, tau=0.01, beta=0.0, batch=7)
    after = simulate(data, [scheme("vanilla")], theta, key[None], sgd, [1], precision="float64").clouds
    rows = np.asarray(draw_rows(key, 0, batch=7, count=40))
    x, y = data.x[rows], data.y[rows]

    def loss(theta):
        z = theta.reshape(-1, 2, 2)
        prediction = (1 / (1 + jnp.exp(-jnp.einsum("nij,bj->nbi", z, x)))).mean(axis=0)
        return ((prediction - y) ** 2).sum(axis=1).mean()

    slope = np.asarray(jax.grad(loss)(jnp.asarray(theta[0])))
    expected = theta[0] - 0.3 * slope - 2 * 0.3 * 0.01 / 6 * theta[0]
    # float64 rounding of a few sums of order one
    np.testing.assert_allclose(after[0, 0, 0], expected, rtol=0, atol=1e-14)


def test_rows_are_uniform_and_differ_from_step_to_step():
    key, count = jax.random.key(1), 16
    rows = np.stack([draw_rows(key, step, batch=500, count=count) for step in range(20)])
    seen = np.bincount(rows.ravel(), minlength=count)
    # chi-squared with 15 degrees of freedom: above 50 with probability 1e-5; the seed is fixed
    assert ((seen - 625) ** 2 / 625).sum() < 50
    assert not (rows[0] == rows[1]).all()


def test_the_rows_are_independent_of_the_elements():
    key, batch = jax.random.key(2), 4000
    rows = np.asarray(draw_rows(key, 0, batch=batch, count=2))
    g = np.asarray(draw(key, 0, batch=batch, d=1, order=2, N=1, D=1).g)
    # 4.9 standard errors of a correlation of 4000 pairs, probability 1e-6
    assert abs(np.corrcoef(rows, g)[0, 1]) < 4.9 / np.sqrt(batch)


def test_training_on_a_large_sample_ends_near_training_on_its_teacher():
    teacher = paper_teacher("WI")
    data, keys = sample_of(teacher, 5000), jax.random.split(jax.random.key(0), 1)
    start = 0.25 * np.random.default_rng(1).normal(size=(1, 50, 4))
    ends = {
        law.name: simulate(law, [scheme("vanilla")], start, keys, SGD(beta=0.0), [1000]).clouds[0, 0, 0]
        for law in (teacher, data)
    }
    risks = {}
    x = jnp.asarray(teacher.scale * np.random.default_rng(9).standard_normal((500, 2)))
    for name, theta in ends.items():
        z = theta.reshape(-1, 2, 2).astype(np.float64)
        out = (1 / (1 + np.exp(-np.einsum("nij,bj->nbi", z, x)))).mean(axis=0)
        risks[name] = float(((out - teacher.label(x)) ** 2).sum(axis=1).mean())
    z = start[0].reshape(-1, 2, 2)
    before = (1 / (1 + np.exp(-np.einsum("nij,bj->nbi", z, x)))).mean(axis=0)
    first = float(((before - teacher.label(x)) ** 2).sum(axis=1).mean())
    assert risks["sample"] < 0.2 * first
    assert risks["WI"] < 0.2 * first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.zeros((3, 5))}, r"x must have shape \(M >= 1, 2\)"),
        ({"y": np.zeros(3)}, r"y must have shape \(M >= 1, 2\)"),
        ({"x": np.zeros((0, 2))}, "x must have shape"),
        ({"y": np.zeros((4, 2))}, "3 inputs but 4 targets"),
        ({"x": np.array([[0, 0], [0, np.nan], [0, 0]])}, "NaN or infinity, first in row 1"),
    ],
)
def test_bad_samples_are_refused(change, message):
    good = {"x": np.zeros((3, 2)), "y": np.zeros((3, 2))}
    with pytest.raises(ValueError, match=message):
        Sample("mine", paper_teacher("WI").unit, **{**good, **change})


def test_the_compiled_path_names_what_it_does_not_know():
    data = sample_of(paper_teacher("WI"), 8)
    start, keys = np.zeros((1, 3, 4)), jax.random.split(jax.random.key(0), 1)
    with pytest.raises(ValueError, match=r"does not know 'sample'.*backend='jax'"):
        simulate(data, [scheme("vanilla")], start, keys, SGD(), [1], backend="compiled")
