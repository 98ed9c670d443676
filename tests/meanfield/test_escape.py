"""The linear theory of the escape, against derivatives of the risk, sampled noise and simulated clouds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.groups import invariant_subspace
from widesym.meanfield.dynamics import SGD, simulate, start_cloud
from widesym.meanfield.escape import complement, gaussian_nodes, linearised, predicted_escape
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import paper_teacher
from widesym.meanfield.units import network

NODES = gaussian_nodes(2, 4.0, 16)


def test_nodes_integrate_polynomials_exactly():
    nodes = gaussian_nodes(2, 3.0, 8)
    x, y = nodes.x.T
    np.testing.assert_allclose(nodes.weights.sum(), 1.0, rtol=1e-14)
    np.testing.assert_allclose(nodes.weights @ (x**4 * y**2), 3 * 3.0**4 * 3.0**2, rtol=1e-9)
    np.testing.assert_allclose(nodes.weights @ (x * y), 0.0, atol=1e-12)
    with pytest.raises(ValueError, match="scale > 0"):
        gaussian_nodes(2, 0.0, 8)


def test_the_complement_is_orthonormal_and_orthogonal_to_the_invariant_subspace():
    teacher = paper_teacher("SI")
    basis = complement(teacher)
    assert basis.shape == (4, 2)
    np.testing.assert_allclose(basis.T @ basis, np.eye(2), atol=1e-14)
    np.testing.assert_allclose(invariant_subspace(teacher.unit.action).projector @ basis, 0, atol=1e-14)


@pytest.fixture(scope="module", params=["WI", "SI"])
def case(request):
    teacher = paper_teacher(request.param)
    cloud = start_cloud(jax.random.key(3), 5, teacher, spread=0.5)
    return teacher, cloud, linearised(teacher, NODES, 0.01)(cloud)


def test_the_drift_is_the_transverse_hessian_of_the_risk(case):
    teacher, cloud, found = case
    N, basis, x = len(cloud), jnp.asarray(complement(teacher)), jnp.asarray(NODES.x)
    y = teacher.label(x)

    def energy(u):
        theta = cloud + u.reshape(N, -1) @ basis.T
        loss = jnp.asarray(NODES.weights) @ ((network(teacher.unit, theta, x) - y) ** 2).sum(axis=1)
        return N * loss + 0.01 * (theta**2).sum()

    zero = jnp.zeros(N * basis.shape[1])
    np.testing.assert_allclose(found.drift, jax.hessian(energy)(zero), atol=1e-12)
    np.testing.assert_allclose(jax.grad(energy)(zero), 0, atol=1e-12)  # equivariant data: no mean force


def test_the_noise_is_the_covariance_of_one_datum_s_transverse_gradient(case):
    teacher, cloud, found = case
    basis = complement(teacher)
    x = jnp.asarray(4.0 * np.random.default_rng(0).normal(size=(40000, 2)))
    y = teacher.label(x)

    def pull(point, target):
        loss = lambda theta: ((network(teacher.unit, theta, point[None])[0] - target) ** 2).sum()  # noqa: E731
        return len(cloud) * jax.grad(loss)(jnp.asarray(cloud)) @ basis

    pulls = np.asarray(jax.jit(jax.vmap(pull))(x, y)).reshape(len(x), -1)
    np.testing.assert_allclose(found.noise, pulls.T @ pulls / len(x), atol=0.04 * found.noise.max())


def test_one_step_is_the_random_walk_and_has_no_drift(case):
    teacher, cloud, found = case
    sgd = SGD(2.0, 0.01, 0.0, 7)
    path = np.stack([cloud, cloud])
    expected = predicted_escape(teacher, path, [0, 1], sgd, NODES)
    value = (2.0 / 5) ** 2 / 7 * np.trace(found.noise) / 5
    np.testing.assert_allclose(expected.linear, [0, value], rtol=1e-12)
    np.testing.assert_allclose(expected.walk, [0, value], rtol=1e-12)


def test_many_steps_are_the_recursion(case):
    teacher, cloud, found = case
    sgd, s, steps = SGD(2.0, 0.01, 0.0, 7), 2.0 / 5, 30
    covariance, keep = np.zeros_like(found.noise), np.eye(len(found.noise)) - s * found.drift
    for _ in range(steps):
        covariance = keep @ covariance @ keep.T + s**2 / 7 * found.noise
    expected = predicted_escape(teacher, np.stack([cloud] * 3), [0, 11, steps], sgd, NODES)
    np.testing.assert_allclose(expected.linear[-1], np.trace(covariance) / 5, rtol=1e-10)
    np.testing.assert_allclose(expected.walk[-1], steps * s**2 / 7 * np.trace(found.noise) / 5, rtol=1e-12)


def test_simulated_clouds_leave_as_far_as_predicted():
    teacher, N, R = paper_teacher("WI"), 20, 400
    sgd, at = SGD(1.0, 1e-4, 0.0, 20), list(range(0, 41, 2))
    start = start_cloud(jax.random.key(5), N, teacher)
    keys = jax.random.split(jax.random.key(6), R)
    both = [scheme("vanilla"), scheme("ea")]
    clouds = simulate(teacher, both, np.stack([start] * R), keys, sgd, at, precision="float64").clouds
    outside = clouds[:, 0] - clouds[:, 0] @ invariant_subspace(teacher.unit.action).projector
    measured = (outside**2).sum(axis=-1).mean(axis=(0, 2))
    expected = predicted_escape(teacher, clouds[0, 1], at, sgd, NODES)
    # standard error 4 %; the walk without the drift is off by a multiple
    np.testing.assert_allclose(measured[5:], expected.linear[5:], rtol=0.15)
    assert expected.walk[-1] > 3 * measured[-1]


def test_snapshots_need_increasing_steps():
    teacher = paper_teacher("SI")
    with pytest.raises(ValueError, match="increasing step"):
        predicted_escape(teacher, np.zeros((2, 3, 4)), [0, 0], SGD(), NODES)
