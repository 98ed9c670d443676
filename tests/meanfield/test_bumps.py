"""The bump unit is jointly equivariant and, unlike the A-S4 unit, tells the schemes apart."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.meanfield.bumps import bump_unit
from widesym.meanfield.dynamics import SGD, simulate
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import Teacher
from widesym.meanfield.units import check_equivariance, gaussian_unit

SCHEMES = [scheme(name) for name in ("vanilla", "da-sampled", "da-orbit", "fa")]


def test_it_is_jointly_equivariant(key):
    assert check_equivariance(bump_unit(0.7), key) < 1e-15


def test_it_is_a_bump_of_the_given_width():
    unit = bump_unit(0.5)
    value = unit.apply(jnp.array([1.0]), jnp.array([0.25]))
    np.testing.assert_allclose(value, [np.exp(-(0.75**2) / 0.5)], rtol=1e-15)
    assert abs(unit.apply(jnp.array([-1.0]), jnp.array([0.25])) - value) > 0.1  # not even in x alone


@pytest.mark.parametrize("width", [0.0, -1.0, np.inf, np.nan])
def test_a_width_must_be_positive(width):
    with pytest.raises(ValueError, match="width of a bump must be positive"):
        bump_unit(width)


@pytest.mark.parametrize(("unit", "differ"), [(bump_unit(), True), (gaussian_unit(), False)])
def test_schemes_differ_with_bumps_and_are_one_path_with_the_even_unit(unit, differ, key):
    teacher = Teacher("WI", unit, np.array([[1.0], [-1.0]]), 1.0)
    start = np.random.default_rng(0).normal(size=(1, 8, 1))
    sgd = SGD(2.0, 1e-3, 1e-3, 5, project_noise=False)
    clouds = simulate(
        teacher, SCHEMES, start, jax.random.split(key, 1), sgd, [20], precision="float64"
    ).clouds
    gaps = np.abs(clouds[0, 1:, 0] - clouds[0, :1, 0]).max(axis=(1, 2))
    assert (gaps > 1e-3).all() if differ else (gaps < 1e-12).all()


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 3e-5), ("float64", 1e-5)])
def test_both_paths_of_sgd_stay_together(precision, tolerance, key):
    teacher = Teacher("three", bump_unit(), np.array([[1.0], [-0.5], [2.0]]), 2.0)
    start = np.random.default_rng(0).normal(size=(2, 600, 1))  # more than one block of particles
    sgd = SGD(20.0, 1e-3, 1e-3, 37, project_noise=False)  # more than one tile of data
    slow, fast = (
        simulate(
            teacher, SCHEMES, start, jax.random.split(key, 2), sgd, [1, 60], precision=precision, backend=path
        ).clouds
        for path in ("jax", "compiled")
    )
    assert np.abs(slow - fast).max() <= tolerance
    assert np.abs(fast[:, :, 1] - fast[:, :, 0]).max() > 100 * tolerance


def test_the_compiled_path_knows_the_width_of_one():
    assert (bump_unit().compiled, bump_unit(0.5).compiled) == ("bump", None)
