"""The solver of the flow's equation: its kernel, exact solutions, order of convergence, stationarity."""

import numpy as np
import pytest

from widesym.oracles.flow_1d import Density, gaussian_start, kernel_slope, solve

NOTHING = {"alpha": 1.0, "tau": 0.0, "beta": 0.0, "scale": 2.0, "width": 1.0}
TEACHER = np.array([0.5, 2.0, -0.5, -2.0])


@pytest.mark.parametrize(("scale", "width"), [(2.0, 1.0), (0.7, 1.5)])
def test_the_kernel_is_the_mean_over_inputs(scale, width):
    points, weights = np.polynomial.hermite_e.hermegauss(90)
    x, weights = scale * points, weights / weights.sum()
    z, other = np.linspace(-2, 2, 5), np.linspace(-1.5, 2.5, 4)

    def bump(z):
        return np.exp(-((x - z[:, None]) ** 2) / (2 * width**2))

    slope = bump(z) * (x - z[:, None]) / width**2
    found = kernel_slope(z, other, scale=scale, width=width)
    np.testing.assert_allclose(found, np.einsum("q,iq,jq->ij", weights, slope, bump(other)), atol=1e-9)


def moments(law):
    mean = law.masses @ law.centres
    return mean, law.masses @ (law.centres - mean) ** 2 - np.diff(law.edges)[0] ** 2 / 12


def test_the_start_is_the_gaussian():
    law = gaussian_start(0.5, reach=6.0, cells=300)
    np.testing.assert_allclose(law.masses.sum(), 1, atol=1e-14)
    np.testing.assert_allclose(moments(law), [0, 0.25 + 0], atol=1e-3)
    np.testing.assert_allclose(law.quantiles(3), [0.5 * -0.9674, 0, 0.5 * 0.9674], atol=1e-3)
    with pytest.raises(ValueError, match="widen the grid"):
        gaussian_start(1.0, reach=6.0, cells=300)


def test_the_penalty_and_the_entropy_alone_are_an_ornstein_uhlenbeck_process():
    # a scale so large that the bumps are felt nowhere: what is left is dz = -2 alpha tau z dt + noise
    free = {**NOTHING, "alpha": 3.0, "tau": 0.4, "beta": 0.1, "scale": 1e9}
    (law,) = solve(gaussian_start(0.5, reach=6.0, cells=800), TEACHER, (0.7,), **free)
    decay = np.exp(-4 * 3.0 * 0.4 * 0.7)
    stationary = 0.1 / (2 * 0.4)
    np.testing.assert_allclose(moments(law)[1], stationary + (0.25 - stationary) * decay, rtol=3e-3)


def test_a_teacher_alone_moves_a_narrow_law_as_a_particle():
    # a law as narrow as a particle follows dz/dt = -2 alpha (d_1 k(z, z) - d_1 k(z, a))
    edges = np.linspace(-3, 3, 1201)
    start = Density(edges, np.where((edges[:-1] >= 0.2) & (edges[1:] <= 0.25), 1.0, 0.0))
    start = Density(edges, start.density / start.masses.sum())
    (law,) = solve(start, np.array([1.0]), (0.5,), **{**NOTHING, "alpha": 2.0})
    z, dt = 0.225, 0.5 / 2000
    for _ in range(2000):
        own, target = np.array([z]), np.array([1.0])
        slopes = [kernel_slope(own, other, scale=2.0, width=1.0)[0, 0] for other in (own, target)]
        z -= dt * 2.0 * 2 * (slopes[0] - slopes[1])
    assert z > 0.35
    np.testing.assert_allclose(moments(law)[0], z, atol=2e-3)


def test_mass_is_kept_symmetry_is_kept_and_the_teacher_is_stationary():
    laws = solve(
        gaussian_start(0.5, reach=6.0, cells=200), TEACHER, (0.0, 1.0, 3.0),
        **{**NOTHING, "alpha": 5.0, "tau": 1e-3, "beta": 1e-3},
    )  # fmt: skip
    for law in laws:
        np.testing.assert_allclose(law.masses.sum(), 1, atol=1e-12)
        np.testing.assert_allclose(law.density, law.density[::-1], atol=1e-10)
        assert law.density.min() >= -1e-12
    edges = np.linspace(-3, 3, 61)
    centres = (edges[1:] + edges[:-1]) / 2
    at = Density(edges, np.isin(np.arange(60), [20, 45]) / 0.2)
    (after,) = solve(at, centres[[20, 45]], (1.0,), **NOTHING)
    assert np.abs(after.density - at.density).max() < 0.2 * at.density.max()
    (moved,) = solve(at, centres[[28, 40]], (1.0,), **{**NOTHING, "alpha": 10.0})
    assert np.abs(moved.density - at.density).max() > 0.5 * at.density.max()


def test_it_converges_at_second_order():
    def at(cells):
        start = gaussian_start(0.5, reach=6.0, cells=cells)
        law = solve(start, TEACHER, (2.0,), **{**NOTHING, "alpha": 5.0, "tau": 1e-3, "beta": 1e-3})[0]
        return law.network(np.linspace(-3, 3, 7), 1.0), law.quantiles(500)

    coarse, middle, fine = at(100), at(200), at(400)
    for i in range(2):
        order = np.log2(np.linalg.norm(coarse[i] - middle[i]) / np.linalg.norm(middle[i] - fine[i]))
        assert 1.6 < order < 2.4


def test_it_refuses_times_out_of_order_and_mass_at_the_ends():
    start = gaussian_start(0.5, reach=4.0, cells=100)
    with pytest.raises(ValueError, match="times must increase"):
        solve(start, TEACHER, (1.0, 0.5), **NOTHING)
    with pytest.raises(ArithmeticError, match="widen the grid"):
        solve(start, np.array([50.0]), (4.0,), **{**NOTHING, "alpha": 1.0, "beta": 1.0})
