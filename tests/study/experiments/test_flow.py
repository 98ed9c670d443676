"""A-S5 to A-S7's experiment: shapes and places, one path computed again by the oracle, refusals."""

import numpy as np
import pytest

from widesym.groups import invariant_subspace
from widesym.meanfield.laws import symmetrise
from widesym.oracles import particles
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments._cases import case, case_rng, random_sample
from widesym.study.experiments.flow import LOSSES_TRIED, SCHEMES, SITUATIONS, Flow, run_shard

EXPERIMENT = get("meanfield.flow")
# a group in which a matrix is not its transpose
TINY = Flow(cases=("C3 rotations",), steps=4, orbits=2, pairs=1)


@pytest.fixture(scope="module")
def tiny():
    return EXPERIMENT.gather(TINY, {"C3 rotations": run_shard(TINY, "C3 rotations")})


def test_shapes(tiny):
    losses, steps = len(LOSSES_TRIED), TINY.steps + 1
    expected = {
        "weak": (1, 3, 2, losses, steps), "law": (1, 3, 2, losses), "together": (1, 2, 2, losses, steps),
        "da_fa": (1, losses, steps), "first": (1, 2, 2, losses), "first_plain": (1, 2, losses),
        "together_plain": (1, 2, losses, steps), "strong": (1, len(SITUATIONS), losses, steps),
        "alone": (1, 4, losses, steps), "ea": (1, losses, steps),
    }  # fmt: skip
    assert {name: values.shape for name, values in tiny.items()} == expected


def test_situations_stand_in_the_order_of_their_schemes():
    """The arrays are put together scheme by scheme."""
    places = [SCHEMES.index(scheme) for scheme, _, _ in SITUATIONS]
    assert places == sorted(places)


def test_exact_rows_are_rounding_and_controls_are_not(tiny):
    exact = [
        tiny["weak"][:, :, 0], tiny["weak"][:, 1:, 1], tiny["together"][:, :, 0], tiny["da_fa"],
        tiny["first"][:, :, 0], tiny["together_plain"][:, 0], tiny["strong"][:, [0, 1, 4, 5]],
        tiny["alone"][:, :2], tiny["ea"],
    ]  # fmt: skip
    broken = [
        tiny["weak"][:, 0, 1, :, -1], tiny["together"][:, :, 1, :, -1], tiny["together_plain"][:, 1, :, -1],
        tiny["strong"][:, 2:4, :, -1], tiny["alone"][:, 2:, :, -1], np.sqrt(tiny["law"][:, 0, 1]),
    ]  # fmt: skip
    assert max(values.max() for values in exact) < 1e-12
    assert min(np.median(values) for values in broken) > 1e-4


def test_a_path_is_the_oracles(tiny):
    """Vanilla training on arbitrary data, quadratic loss: the deviation from G-closed, step by step."""
    unit, rng = case("C3 rotations"), case_rng(TINY.seed, "C3 rotations")
    sample = random_sample(rng, unit, 3)
    theta = symmetrise(TINY.spread * rng.normal(size=(2, 4)), unit.action)
    for step in range(1, TINY.steps + 1):
        theta = particles.step(
            theta, sample.x, sample.y, np.zeros(3, int), np.zeros_like(theta), unit="neuron",
            rho_in=unit.rho_in.matrices, rho_out=unit.rho_out.matrices, projector=None, scheme="vanilla",
            alpha=TINY.step * len(theta), tau=TINY.tau, beta=0.0,
        )  # fmt: skip
        moved = [theta[:2] @ M.T for M in unit.action.matrices]
        deviation = np.abs(theta - np.concatenate(moved)).max()
        np.testing.assert_allclose(tiny["weak"][0, 0, 1, 0, step], deviation, rtol=1e-10)


def test_full_noise_leaves_like_a_random_walk():
    """Its transverse part alone, far from any slope: sqrt(2 beta h) times the sum of the kicks."""
    config = Flow(cases=("C2 swap",), steps=1, orbits=2, pairs=1)
    found = run_shard(config, "C2 swap")["strong"][2, 0]
    unit, rng = case("C2 swap"), case_rng(config.seed, "C2 swap")
    random_sample(rng, unit, 2)
    for _ in range(3):
        kicks = rng.normal(size=(2, 4) if _ == 0 else (4, 4))
    kicks = rng.normal(size=(1, 4, 4))[0]
    across = kicks - kicks @ invariant_subspace(unit.action).projector
    np.testing.assert_allclose(
        found[1], np.sqrt(2 * config.beta * config.step) * np.abs(across).max(), rtol=1e-9
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"orbits": 0}, "particle numbers from 1"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"step": 0.0}, "step must be positive"),
        ({"tau": -1.0}, "tau must not be negative"),
        ({"beta": 0.0}, "beta must be positive"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
