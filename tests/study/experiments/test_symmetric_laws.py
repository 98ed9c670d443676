"""A-S1's experiment and the groups that A-S1 to A-S7 share: cases, random laws, numbers, refusals."""

import dataclasses

import numpy as np
import pytest

from widesym.groups import dimension_by_character
from widesym.meanfield.units import equivariance_deviation
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments._cases import CASES, case, case_rng, faulty, random_laws, random_sample
from widesym.study.experiments.symmetric_laws import (
    CONTROLS,
    IDENTITIES,
    SymmetricLaws,
    deviations,
    run_shard,
)

EXPERIMENT = get("meanfield.symmetric-laws")
TINY = SymmetricLaws(cases=("C2 swap", "octahedral"), laws=4, sizes=(1, 3), points=4)


@pytest.mark.parametrize("name", CASES)
def test_every_unit_is_jointly_equivariant_and_its_faulty_twin_is_not(name):
    unit, rng = case(name), np.random.default_rng(0)
    x, z = rng.normal(size=(3, unit.d)), rng.normal(size=(3, unit.D))
    assert equivariance_deviation(unit, x, z)[0] < 1e-13
    assert equivariance_deviation(faulty(unit), x, z)[0] > 0.1


def test_the_fault_is_a_wave_in_input_and_parameter():
    unit = case("D3 triangle")
    x, z = np.array([0.5, -1.0]), np.arange(6.0)
    wave = np.sin(1 + 0.5 * 1 - 1.0 * 2 + sum(z / np.arange(1, 7)))
    found = faulty(unit).apply(x, z) - unit.apply(x, z)
    np.testing.assert_allclose(found, [wave, 0, 0], atol=1e-14)


def test_cases_are_the_groups_they_are_named_after():
    orders = [case(name).rho_in.group.order for name in CASES]
    assert orders == [2, 3, 4, 6, 8, 6, 4, 24]
    assert [dimension_by_character(case(name).action) for name in CASES] == [2, 0, 4, 1, 0, 2, 2, 2]
    with pytest.raises(ValueError, match="unknown case 'C5'; valid: C2 swap"):
        case("C5")


def test_random_laws_are_laws_of_the_sizes_asked_for():
    theta, weights = random_laws(case_rng(1, "C2 swap"), case("C2 swap"), 5, (1, 3), 2.0)
    assert theta.shape == (5, 3, 4) and weights.shape == (5, 3)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-14)
    assert ((weights > 0).sum(axis=1) == [1, 3, 1, 3, 1]).all() and (weights >= 0).all()
    sample = random_sample(case_rng(1, "C2 swap"), case("C2 swap"), 7)
    assert sample.x.shape == (7, 2)


@pytest.fixture(scope="module")
def tiny():
    return EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in EXPERIMENT.shards(TINY)})


def test_identities_are_rounding_and_controls_are_not(tiny):
    for name in IDENTITIES:
        assert tiny[name].shape == (2, 4) and tiny[name].max() < 1e-13
    for name in CONTROLS:
        assert np.median(tiny[name], axis=1).min() > 1e-2
    np.testing.assert_array_equal(tiny["order"], [2, 24])  # in the config's order, not the shards'


def test_deviations_by_hand():
    """One law, two elements, one point: Phi = 4 at the identity, 2 at the other (moved back)."""
    plain = np.array([4.0, 2.0]).reshape(1, 2, 1, 1)
    outputs = {
        "plain": plain, "moved": np.array([9.0, 4.4]).reshape(1, 2, 1, 1), "weak": plain * 0 + 3.2,
        "strong": np.array([1.0, 1.6]).reshape(1, 2, 1, 1), "wider": plain / 2,
    }  # fmt: skip
    found = deviations(outputs, np.array([1]))
    expected = {"moved": 0.1, "average": 0.05, "weak": 0, "strong": 0.15, "plain": 0.5, "wider": 0.25}
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], [value], atol=1e-12)


def test_the_seed_decides_and_nothing_else_does(tiny):
    again = run_shard(TINY, "C2 swap")
    np.testing.assert_array_equal(again["plain"], tiny["plain"][0])
    assert (run_shard(dataclasses.replace(TINY, seed=1), "C2 swap")["plain"] != again["plain"]).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cases": ("C2 swap", "C2 swap")}, "distinct names out of C2 swap"),
        ({"cases": ("C7",)}, "distinct names"),
        ({"laws": 0}, "laws must be at least 1"),
        ({"sizes": (0, 2)}, "particle numbers from 1"),
        ({"spread": 0.0}, "spread must be positive"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
