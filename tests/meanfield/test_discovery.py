"""Discovery: each step does what it says, never looks at the group, and finds E^G or honestly misses it."""

import dataclasses

import jax
import numpy as np
import pytest
from scipy.linalg import subspace_angles

from widesym.groups import (
    Subspace,
    cyclic_permutation,
    invariant_subspace,
    subspace,
    swap,
    trivial,
    trivial_group,
)
from widesym.meanfield.discovery import (
    RULES,
    Search,
    depart,
    discover,
    largest_angle_sine,
    without_group,
)
from widesym.meanfield.dynamics import SGD
from widesym.meanfield.laws import symmetrise
from widesym.meanfield.samples import Sample
from widesym.meanfield.teachers import Teacher, paper_teacher
from widesym.meanfield.units import matrix_unit, neuron_unit

FAST = Search()
COARSE = Search(N=20, horizon=2.0, sgd=SGD(batch=100))
FIXED = invariant_subspace(paper_teacher("WI").unit.action)
ZERO = Subspace(np.zeros((4, 0)))
ROUNDING = 1e-12  # exact algebra in float64


@pytest.fixture(scope="module", params=RULES)
def found(request):
    return request.param, discover(paper_teacher("WI"), jax.random.key(1), FAST, rule=request.param)


def test_the_singular_vector_finds_the_invariant_subspace_of_the_swap():
    for seed in range(2):
        found = discover(paper_teacher("WI"), jax.random.key(seed), FAST)
        assert found.ended == "stays" and [step.leaves for step in found.steps] == [True, True, False]
        assert largest_angle_sine(found.subspace, FIXED) < 0.1
        assert found.sines(FIXED).shape == (3,) and found.sines(FIXED)[-1] < 0.1


def test_an_arbitrary_teacher_leaves_the_invariant_subspace_too():
    found = discover(paper_teacher("arbitrary"), jax.random.key(0), FAST)
    assert found.ended == "whole" and found.subspace.dim == 4 and len(found.steps) == 4
    assert found.sines(FIXED).shape == (5,)


def test_the_evidence_is_what_it_says(found):
    rule, search = found
    for j, step in enumerate(search.steps):
        E = step.subspace
        assert E.dim == j and step.start.shape == step.end.shape == (100, 4)
        np.testing.assert_allclose(step.start @ E.projector, step.start, atol=ROUNDING)
        residuals = step.end - step.end @ E.projector
        moments = 2 * (step.end**2).sum() + 2 * ((step.end @ E.projector) ** 2).sum()
        assert step.rmd_squared == pytest.approx((residuals**2).sum() / moments, abs=ROUNDING)
        values, vectors = np.linalg.eigh(residuals.T @ residuals)  # an oracle: no singular values
        np.testing.assert_allclose(step.singular_values[::-1] ** 2, values, atol=1e-9)
        if step.direction is None:
            assert not step.leaves and search.ended == "stays"
            continue
        assert np.linalg.norm(step.direction) == pytest.approx(1, abs=ROUNDING)
        np.testing.assert_allclose(E.projector @ step.direction, 0, atol=ROUNDING)
        expected = residuals.mean(axis=0) if rule == "mean" or j == 0 else vectors[:, -1]
        cosine = step.direction @ expected / np.linalg.norm(expected)
        assert abs(cosine) == pytest.approx(1, abs=1e-9)


def test_subspaces_grow_by_the_directions(found):
    _, search = found
    grown = np.column_stack([step.direction for step in search.steps if step.direction is not None])
    np.testing.assert_allclose(grown, search.subspace.basis, atol=ROUNDING)


def test_particles_that_leave_both_ways_have_a_mean_that_says_little(found):
    """At E_1 the mean is a small part of the residuals; at E_0, where all particles agree, all of it."""
    _, search = found
    for step, low, high in ((search.steps[0], 0.999, 1.001), (search.steps[1], 0.0, 0.5)):
        residuals = step.end - step.end @ step.subspace.projector
        mean = np.linalg.norm(residuals.mean(axis=0)) / np.sqrt((residuals**2).sum(axis=1).mean())
        assert low <= mean <= high


def other_groups(data):
    """The same data with units of no group and of a wrong one."""
    nothing, wrong = trivial(trivial_group(), 2), cyclic_permutation(2)
    for rep in (nothing, wrong):
        unit = dataclasses.replace(
            data.unit, rho_in=rep, rho_out=rep, action=trivial(rep.group, 4), apply=data.unit.apply
        )
        yield dataclasses.replace(data, unit=unit)


def pairs_of(teacher, count=4000):
    x = 4 * np.random.default_rng(0).standard_normal((count, 2))
    return Sample("pairs", teacher.unit, x, np.asarray(teacher.label(jax.numpy.asarray(x))))


@pytest.mark.parametrize(
    ("data", "backend"),
    [
        (paper_teacher("WI"), "compiled"),
        (paper_teacher("WI"), "jax"),
        (pairs_of(paper_teacher("WI")), "auto"),
    ],
    ids=["compiled", "jax", "sample"],
)
def test_the_group_is_never_looked_at(data, backend):
    line = subspace(np.array([[1.0], [2.0], [0.0], [1.0]]))
    search = dataclasses.replace(COARSE, backend=backend)
    expected = depart(data, jax.random.key(3), line, search)
    assert expected.leaves
    for blind in other_groups(data):
        found = depart(blind, jax.random.key(3), line, search)
        np.testing.assert_array_equal(found.end, expected.end)
        np.testing.assert_array_equal(found.direction, expected.direction)


def test_a_whole_search_without_the_group_is_the_same_search():
    data = paper_teacher("WI")
    expected = discover(data, jax.random.key(3), COARSE)
    for blind in other_groups(data):
        found = discover(blind, jax.random.key(3), COARSE)
        np.testing.assert_array_equal(found.subspace.basis, expected.subspace.basis)


def test_noise_stays_in_the_subspace_unless_asked_otherwise():
    line = subspace(np.array([[1.0], [2.0], [0.0], [1.0]]))
    nothing = trivial(trivial_group(), 2)
    # targets that do not pull: the network's own value at 0, no matter the input, on inputs near 0
    flat = Sample("flat", matrix_unit(nothing, nothing), np.zeros((1, 2)), np.full((1, 2), 0.5))
    noisy = dataclasses.replace(COARSE, sgd=SGD(batch=1, beta=1e-2, tau=0.0))
    inside = depart(flat, jax.random.key(0), line, noisy)
    assert inside.rmd_squared < 1e-12 and not np.allclose(inside.end, inside.start, atol=0.1)
    free = dataclasses.replace(noisy, sgd=dataclasses.replace(noisy.sgd, project_noise=False))
    assert depart(flat, jax.random.key(0), line, free).rmd_squared > 0.1


def test_the_copy_without_group_fixes_the_subspace():
    line = subspace(np.array([[1.0], [2.0], [0.0], [1.0]]))
    for E in (ZERO, line, FIXED, Subspace(np.eye(4))):
        blind = without_group(paper_teacher("WI"), E)
        np.testing.assert_allclose(
            invariant_subspace(blind.unit.action).projector, E.projector, atol=ROUNDING
        )
        assert blind.unit.compiled == "matrix"


def test_a_step_can_be_taken_alone():
    data, key = paper_teacher("WI"), jax.random.key(5)
    found = discover(data, key, COARSE, max_dim=1)
    again = depart(data, jax.random.fold_in(key, 1), found.steps[1].subspace, COARSE)
    np.testing.assert_array_equal(again.end, found.steps[1].end)
    other = depart(data, jax.random.fold_in(key, 2), found.steps[1].subspace, COARSE)
    assert (other.end != again.end).any() and (other.start != again.start).any()


def test_the_search_ends_where_it_is_told():
    data, key = paper_teacher("WI"), jax.random.key(0)
    tolerant = discover(data, key, FAST, threshold=0.4)
    assert (tolerant.ended, tolerant.subspace.dim, len(tolerant.steps)) == ("stays", 1, 2)
    short = discover(data, key, FAST, max_dim=1)
    assert (short.ended, short.subspace.dim) == ("largest", 1) and short.steps[-1].leaves
    assert short.steps[-1].direction is not None
    assert "E_1: dim 1" in repr(short) and "found: dim 1 of 4 (largest)" in repr(short)


def test_own_pairs_without_any_group_are_enough():
    nothing = trivial(trivial_group(), 2)
    x = 4 * np.random.default_rng(0).standard_normal((50_000, 2))
    y = 0.5 + 0.3 * np.tanh(0.4 * x - 0.2) - 0.2 * np.tanh(0.3 * x[:, ::-1] + 0.3)
    mine = Sample("mine", matrix_unit(nothing, nothing), x, y)
    found = discover(mine, jax.random.key(0), N=60, horizon=3.0, sgd=SGD(batch=1000, beta=0.0))
    assert found.ended == "stays" and found.subspace.dim == 2
    assert largest_angle_sine(found.subspace, FIXED) < 0.1


def test_where_the_gradient_vanishes_at_zero_a_spread_start_is_needed():
    unit = neuron_unit(swap(), swap(), jax.nn.relu)
    fixed, rng = invariant_subspace(unit.action), np.random.default_rng(0)
    theta = rng.normal(size=(4, 4))
    theta = 0.3 * theta + 0.7 * theta @ fixed.projector
    data = Teacher("relu", unit, symmetrise(theta, unit.action), 1.0)
    search = Search(N=40, horizon=4.0, sgd=SGD(alpha=2.0, batch=1000), spread=0.5, max_dim=0)
    still = discover(data, jax.random.key(0), search)
    assert still.ended == "stays" and still.subspace.dim == 0 and still.steps[0].rmd_squared == 0
    moved = discover(data, jax.random.key(0), search, origin_spread=0.1)
    assert moved.steps[0].leaves and moved.steps[0].start.std() == pytest.approx(0.1, rel=0.2)
    assert largest_angle_sine(subspace(moved.steps[0].direction[:, None]), fixed) < 0.05
    # the mean, with the singular rule too: only the mean of a weakly invariant law must lie in E^G
    mean = moved.steps[0].end.mean(axis=0)
    np.testing.assert_allclose(moved.steps[0].direction, mean / np.linalg.norm(mean), atol=1e-9)


@pytest.mark.parametrize(("k", "m"), [(1, 1), (2, 2), (1, 3), (3, 2)])
def test_the_largest_angle_is_scipys(k, m):
    rng = np.random.default_rng(k + 10 * m)
    first, second = rng.normal(size=(5, k)), rng.normal(size=(5, m))
    E, F = subspace(first), subspace(second)
    assert largest_angle_sine(E, F) == pytest.approx(np.sin(subspace_angles(first, second).max()), abs=1e-9)
    assert largest_angle_sine(E, F) == pytest.approx(largest_angle_sine(F, E), abs=ROUNDING)
    if k == m:
        gap = np.linalg.norm(E.projector - F.projector, 2)
        assert largest_angle_sine(E, F) == pytest.approx(gap, abs=1e-9)


def test_the_angle_to_nothing_is_zero_and_between_spaces_refused():
    assert largest_angle_sine(ZERO, FIXED) == 0
    with pytest.raises(ValueError, match="R\\^4 and R\\^5"):
        largest_angle_sine(FIXED, Subspace(np.eye(5)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule": "median"}, "singular, mean"),
        ({"threshold": 0.0}, r"in \(0, 1/2\)"),
        ({"threshold": 0.5}, r"in \(0, 1/2\)"),
        ({"N": 0}, "a step or more"),
        ({"horizon": 0.0}, "a step or more"),
        ({"spread": 0.0}, "spread must be positive"),
        ({"origin_spread": -1.0}, "origin_spread must not be negative"),
        ({"max_dim": -1}, "max_dim must not be negative"),
        ({"max_dim": 5}, "more than the 4 dimensions"),
        ({"treshold": 1e-3}, "unknown setting .*valid: rule, threshold"),
    ],
)
def test_searches_that_mean_nothing_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        discover(paper_teacher("WI"), jax.random.key(0), **change)


def test_steps_that_mean_nothing_are_refused():
    data = paper_teacher("WI")
    with pytest.raises(ValueError, match=r"subspace lies in R\^5, the particles"):
        depart(data, jax.random.key(0), Subspace(np.eye(5)), COARSE)
    with pytest.raises(ValueError, match="need one typed key"):
        discover(data, jax.random.split(jax.random.key(0), 2), COARSE)
    with pytest.raises(ValueError, match="need one typed key"):
        discover(data, jax.random.PRNGKey(0), COARSE)
