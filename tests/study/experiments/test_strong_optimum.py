"""A-S4's experiment: the closed risk against an integral, the flow, the optima, refusals."""

import numpy as np
import pytest
from scipy.integrate import quad

from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.strong_optimum import LEVELS, STARTS, StrongOptimum, closed_risk, run_shard

EXPERIMENT = get("meanfield.strong-optimum")
TINY = StrongOptimum(
    steps=400, step=0.05, particles=6, cases=("C3 rotations", "C2 x C2"), strong=30, points=5
)


@pytest.fixture(scope="module")
def tiny():
    return EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in EXPERIMENT.shards(TINY)})


def integral(z, weights, teacher):
    def square(x):
        error = sum(w * np.exp(-(a**2) * x**2) for a, w in zip(z, weights, strict=True))
        error -= np.mean([np.exp(-(a**2) * x**2) for a in teacher])
        return error**2 * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)

    return quad(square, -np.inf, np.inf, epsabs=1e-13)[0]


@pytest.mark.parametrize("teacher", [(1.0, -1.0), (0.0,), (0.5, -2.0)])
def test_closed_risk_is_the_integral(teacher):
    z, weights = np.array([0.3, -1.2, 2.0]), np.array([0.2, 0.5, 0.3])
    found = closed_risk(z[:, None], weights, np.array(teacher))
    np.testing.assert_allclose(found, integral(z, weights, teacher), rtol=1e-9)


def test_the_example(tiny):
    np.testing.assert_allclose(tiny["by_formula"], [[integral([0], [1], (1, -1)), 0], [0, 0]], atol=1e-10)
    np.testing.assert_allclose(tiny["by_quadrature"], tiny["by_formula"], atol=1e-12)
    assert tiny["dimension"] == 0 and tiny["curve"].shape == (2, len(LEVELS))
    place = np.flatnonzero(LEVELS == 1.0)[0]
    assert tiny["curve"][0].argmin() == place and tiny["curve"][1].argmin() == 0


def test_the_flow_stays_at_zero_and_leaves_from_beside_it(tiny):
    paths, risks = tiny["paths"][0], tiny["risks"][0]
    assert (paths[STARTS.index("strong")] == 0).all()
    np.testing.assert_allclose(np.abs(paths[STARTS.index("near"), -1]), 1, atol=0.1)
    assert risks[STARTS.index("weak"), -1] < 0.01 < 0.29 < risks[STARTS.index("strong"), -1]
    weak = np.sort(paths[STARTS.index("weak"), -1])
    np.testing.assert_allclose(weak, -weak[::-1], atol=1e-12)
    assert (np.diff(risks, axis=1) <= 1e-12).all()


def test_optima_of_other_groups(tiny):
    optimum = tiny["optimum"]
    np.testing.assert_allclose(optimum[0, 0], 1.0, rtol=1e-12)  # only delta_0, which is 0
    assert 0.05 < optimum[1, 0, 1] <= optimum[1, 0, 0] < 1
    assert optimum[:, 1].max() < 1e-12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"particles": 7}, "must be even"),
        ({"near": 0.0}, "near must be positive"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"cases": ("X",)}, "distinct names"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
