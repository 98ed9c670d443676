"""The slow step: a step by hand, gradients by finite differences, and identities between schemes."""

import math

import numpy as np
import pytest

from widesym.groups import average, dihedral_plane, direct_sum, hom, invariant_subspace, orbit, swap
from widesym.oracles.particles import SCHEMES, losses, model, step, unit_value

EXACT = 1e-13  # float64 algebra of order one, a few dozen terms
DIFFERENCES = 1e-7  # central differences with steps of 1e-5: squares of the step, and rounding over it
CASES = [
    ("sigmoid-matrix", swap(), swap(), hom(swap(), swap())),
    ("neuron", swap(), swap(), direct_sum(swap(), swap())),
    ("neuron", dihedral_plane(3), dihedral_plane(3), direct_sum(dihedral_plane(3), dihedral_plane(3))),
]
parametrize = pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}-{c[1].group.name}")
schemes = pytest.mark.parametrize("scheme", SCHEMES)


def problem(case, seed=0, batch=3, size=4):
    unit, rho_in, rho_out, action = case
    rng = np.random.default_rng(seed)
    data = {
        "theta": rng.normal(size=(size, action.dim)),
        "x": rng.normal(size=(batch, rho_in.dim)),
        "y": rng.normal(size=(batch, rho_out.dim)),
        "g": rng.integers(0, action.group.order, batch),
    }
    setting = {
        "unit": unit,
        "rho_in": rho_in.matrices,
        "rho_out": rho_out.matrices,
        "projector": invariant_subspace(action).projector,
    }
    return data, setting, rng.normal(size=(size, action.dim))


def moved(data, setting, xi, scheme, alpha=0.7, tau=0.0, beta=0.0):
    return step(**data, xi=xi, **setting, scheme=scheme, alpha=alpha, tau=tau, beta=beta)


def test_a_step_by_hand():
    """One particle z = 0 on R: sigmoid 1/2, slope 1/4, residual -1/2, gradient 2 (-1/2) (1/4) 3."""
    one = np.ones((1, 1, 1))
    found = step(
        np.zeros((1, 1)), np.array([[3.0]]), np.array([[1.0]]), np.array([0]), np.array([[2.0]]),
        unit="sigmoid-matrix", rho_in=one, rho_out=one, projector=None,
        scheme="vanilla", alpha=0.1, tau=5.0, beta=0.05,
    )  # fmt: skip
    assert found == pytest.approx(0.1 * 0.75 + math.sqrt(0.01) * 2.0)


def test_penalty_and_step_size_by_hand():
    """At a zero residual only the penalty moves: theta - (alpha/N) 2 tau theta."""
    case = CASES[0]
    data, setting, xi = problem(case)
    data["y"] = np.array([model("sigmoid-matrix", x, data["theta"], 2) for x in data["x"]])
    found = moved(data, setting, xi, "vanilla", alpha=0.8, tau=0.25)
    np.testing.assert_allclose(found, data["theta"] * (1 - 0.8 / 4 * 2 * 0.25), atol=EXACT)


def test_units_by_hand():
    x, z = np.array([1.0, -2.0]), np.array([0.5, 0.25, 3.0, 0.0])
    np.testing.assert_allclose(unit_value("sigmoid-matrix", x, z, 2), [0.5, 1 / (1 + math.exp(-3))])
    np.testing.assert_allclose(unit_value("neuron", x, z, 2), [1.5, 0.0])
    assert unit_value("sigmoid-matrix", np.array([1e4]), np.array([-1.0]), 1) == 0  # no overflow


@parametrize
@schemes
def test_gradient_is_the_one_of_the_loss(case, scheme):
    data, setting, xi = problem(case)
    theta, size = data["theta"], len(data["theta"])
    if scheme == "ea":
        theta = theta @ setting["projector"]
    found = (theta - moved(data, setting, xi, scheme, alpha=1.0)) * size  # N dR/dtheta / N

    def risk(change):
        return losses(**(data | {"theta": data["theta"] + change}), **setting, scheme=scheme).mean()

    h = 1e-5
    for i, k in np.ndindex(*theta.shape):
        change = np.zeros_like(theta)
        change[i, k] = h
        assert found[i, k] / size == pytest.approx((risk(change) - risk(-change)) / (2 * h), abs=DIFFERENCES)


@parametrize
@schemes
def test_noise_enters_with_its_scale(case, scheme):
    data, setting, xi = problem(case)
    quiet, noisy = (moved(data, setting, xi, scheme, beta=beta) for beta in (0.0, 0.3))
    if scheme == "ea":
        xi = xi @ setting["projector"]
    np.testing.assert_allclose(noisy - quiet, math.sqrt(2 * 0.3 * 0.7 / 4) * xi, atol=EXACT)


@parametrize
def test_from_a_strongly_invariant_start_orbit_fa_and_ea_coincide(case):
    """And vanilla and sampled augmentation do not: the identity is of the averages."""
    data, setting, xi = problem(case)
    action = case[3]
    data["theta"], xi = average(action, data["theta"]), average(action, xi)
    found = {scheme: moved(data, setting, xi, scheme, tau=0.1, beta=0.1) for scheme in SCHEMES}
    np.testing.assert_allclose(found["da-orbit"], found["fa"], atol=EXACT)
    np.testing.assert_allclose(found["ea"], found["fa"], atol=EXACT)
    np.testing.assert_allclose(average(action, found["vanilla"]), found["ea"], atol=EXACT)
    assert np.abs(found["vanilla"] - found["ea"]).max() > 1e-3
    assert np.abs(found["da-sampled"] - found["ea"]).max() > 1e-3


@parametrize
@pytest.mark.parametrize("scheme", ["vanilla", "da-orbit", "fa"])
def test_closed_clouds_stay_closed_on_closed_data(case, scheme):
    """A cloud of whole orbits, particle images in step, trained on whole orbits of data."""
    data, setting, _ = problem(case, batch=2, size=2)
    action, order = case[3], case[3].group.order
    start = orbit(action, data["theta"])
    closed = {
        "theta": start.reshape(-1, action.dim),
        "x": orbit(case[1], data["x"]).reshape(-1, case[1].dim),
        "y": orbit(case[2], data["y"]).reshape(-1, case[2].dim),
        "g": np.zeros(2 * order, int),
    }
    found = moved(closed, setting, np.zeros_like(closed["theta"]), scheme, tau=0.1).reshape(start.shape)
    np.testing.assert_allclose(found, orbit(action, found[0]), atol=EXACT)
    assert np.abs(found - start).max() > 1e-3


def test_sampling_the_identity_is_vanilla_and_the_orbit_is_the_mean_of_samples():
    data, setting, xi = problem(CASES[2])
    zero = np.zeros(3, int)
    samples = [moved(data | {"g": zero + h}, setting, xi, "da-sampled") for h in range(6)]
    np.testing.assert_allclose(samples[0], moved(data, setting, xi, "vanilla"), atol=EXACT)
    np.testing.assert_allclose(np.mean(samples, axis=0), moved(data, setting, xi, "da-orbit"), atol=EXACT)


def test_unknown_names_and_a_missing_projector():
    data, setting, xi = problem(CASES[0])
    with pytest.raises(ValueError, match="vanilla, da-sampled"):
        moved(data, setting, xi, "da")
    with pytest.raises(ValueError, match="sigmoid-matrix, neuron"):
        moved(data, setting | {"unit": "relu"}, xi, "vanilla")
    with pytest.raises(ValueError, match="projector is None"):
        moved(data, setting | {"projector": None}, xi, "ea")
