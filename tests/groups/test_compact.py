"""Compact groups: their Haar integrals against known moments, representations, and invariant vectors."""

import functools
import math

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from widesym.groups import (
    CompactGroup,
    CompactRepresentation,
    average,
    basis_by_null_space,
    character_dimension,
    compact_from_finite,
    cyclic,
    determinant,
    dihedral_plane,
    dimension_by_character,
    direct_sum,
    exact_average,
    external_sum,
    external_tensor,
    hom,
    icosahedral,
    invariant_subspace,
    natural,
    octahedral,
    orbit,
    orthogonal,
    product,
    projector_by_averaging,
    pullback,
    same_group,
    sampled_average,
    special_orthogonal,
    swap,
    symmetric_permutation,
    tensor,
    tetrahedral,
    trivial,
)

from .group_cases import EXACT

SO = [special_orthogonal(n) for n in (1, 2, 3)]
O = [orthogonal(n) for n in (1, 2, 4)]  # noqa: E741
MIXED = [
    product(special_orthogonal(2), compact_from_finite(swap())),
    product(orthogonal(2), special_orthogonal(3)),
]
GROUPS = [*SO, *O, *MIXED]
named = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)


def matrices_of(group, count=5, seed=1):
    return group.sample(seed, count)


def power_trace(rule, power):
    return float(rule.weights @ np.trace(rule.nodes, axis1=1, axis2=2) ** power)


@named
def test_rules_are_laws_on_the_group(group):
    rule = group.rule(4)
    assert (rule.weights > 0).all() and abs(rule.weights.sum() - 1) < EXACT
    assert np.abs(rule.nodes @ rule.nodes.transpose(0, 2, 1) - np.eye(group.n)).max() < EXACT


@pytest.mark.parametrize("kind", ["rule", "classes"])
@pytest.mark.parametrize("n", [2, 3, 4])
def test_moments_of_the_trace_on_the_orthogonal_group_are_those_of_a_normal(n, kind):
    """E tr(g)^(2k) = (2k-1)!! while 2k <= 2n + 1 (Diaconis and Shahshahani), odd moments vanish."""
    for power in range(1, min(2 * n + 1, 6) + 1):
        rule = getattr(orthogonal(n), kind)(power)
        expected = 0 if power % 2 else math.prod(range(1, power, 2))
        assert abs(power_trace(rule, power) - expected) < 1e-11


@pytest.mark.parametrize("kind", ["rule", "classes"])
def test_moments_of_the_trace_on_rotations(kind):
    """Multiplicities of the trivial representation: Riordan numbers, central binomials, and SO(4)."""
    for group, moments in (
        (special_orthogonal(3), (1, 0, 1, 1, 3, 6, 15)),
        (special_orthogonal(2), (1, 0, 2, 0, 6, 0, 20)),
        (special_orthogonal(4), (1, 0, 1, 0, 4, 0, 25)),  # squares of the Catalan numbers 1, 1, 2, 5
    ):
        found = [power_trace(getattr(group, kind)(p), p) for p in range(7)]
        assert np.abs(np.array(found) - moments).max() < 1e-10


@pytest.mark.parametrize("n", [2, 3, 4])
def test_a_rule_of_too_low_degree_is_wrong(n):
    low, high = special_orthogonal(n).rule(1), special_orthogonal(n).rule(4)
    assert max(abs(power_trace(low, p) - power_trace(high, p)) for p in (2, 3, 4)) > 0.1


@named
def test_integrals_do_not_change_under_translation(group):
    rule, h = group.rule(3), matrices_of(group, 1)[0]
    rng = np.random.default_rng(3)
    a, b, c = rng.normal(size=(3, group.n, group.n))

    def integral(nodes):
        values = [np.einsum("ij,qij->q", m, nodes) for m in (a, b, c)]
        return rule.weights @ (values[0] * values[1] * values[2])

    assert abs(integral(rule.nodes) - integral(h @ rule.nodes)) < 1e-11
    assert abs(integral(rule.nodes) - integral(rule.nodes @ h)) < 1e-11


@named
def test_samples_are_of_the_group_and_follow_the_seed(group):
    first, again, other = (group.sample(seed, 300) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert group.n == 1 or not np.array_equal(first, other)
    assert np.abs(first @ first.transpose(0, 2, 1) - np.eye(group.n)).max() < EXACT
    signs = np.linalg.det(first)
    if group.name.startswith("SO(") and " x " not in group.name:
        assert (signs > 0).all()
    elif group.name.startswith("O("):
        assert 0.35 < (signs > 0).mean() < 0.65


@functools.cache
def constructions(group):
    v = natural(group)
    one = trivial(group, 2)
    return [v, hom(v, v), tensor(v, determinant(v)), direct_sum(one, v)]


@named
def test_lie_algebra_images_are_derivatives(group):
    """exp(t dM(A)) = M(exp(tA)), an oracle by the matrix exponential."""
    for rep in constructions(group):
        assert rep.algebra.shape == (group.dim, rep.dim, rep.dim)
        for a, image in zip(group.algebra, rep.algebra, strict=True):
            assert np.abs(expm(0.7 * image) - rep.at(expm(0.7 * a)[None])[0]).max() < 1e-11


@named
def test_product_images_follow_leibniz(group):
    v = natural(group)
    eye = np.eye(v.dim)
    expected = [np.kron(a, eye) + np.kron(eye, a) for a in group.algebra]
    assert np.abs(hom(v, v).algebra - np.reshape(expected, hom(v, v).algebra.shape)).max(initial=0.0) < EXACT


@named
def test_constructions_are_those_of_matrices(group):
    v, g = natural(group), matrices_of(group)
    assert np.array_equal(v.at(g), g)
    assert np.abs(determinant(v).at(g)[:, 0, 0] - np.linalg.det(g)).max() < EXACT
    assert np.abs(tensor(v, v).at(g) - np.stack([np.kron(m, m) for m in g])).max() < EXACT
    z = np.random.default_rng(0).normal(size=(group.n, group.n))
    moved = (hom(v, v).at(g) @ z.ravel()).reshape(-1, group.n, group.n)
    assert np.abs(moved - g @ z @ g.transpose(0, 2, 1)).max() < EXACT


@named
def test_null_space_average_and_character_agree(group):
    for rep in constructions(group):
        basis = basis_by_null_space(rep)
        assert np.abs(basis @ basis.T - exact_average(rep)).max() < EXACT
        if group.classes is not None:
            assert abs(character_dimension(rep) - basis.shape[1]) < 1e-9
            assert dimension_by_character(rep) == basis.shape[1]
        assert invariant_subspace(rep).dim == basis.shape[1]
        assert np.abs(projector_by_averaging(rep) - basis @ basis.T).max() < EXACT


@pytest.mark.parametrize(
    ("group", "dims"),
    [
        (special_orthogonal(2), (0, 2, 0, 6)),
        (orthogonal(2), (0, 1, 0, 3)),
        (special_orthogonal(3), (0, 1, 1, 3)),
        (orthogonal(3), (0, 1, 0, 3)),
        (special_orthogonal(4), (0, 1, 0, 4)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_known_dimensions_of_tensors(group, dims):
    rep = v = natural(group)
    for dim in dims:
        assert invariant_subspace(rep).dim == dim
        rep = tensor(rep, v)


def test_sampled_averages_agree_within_their_errors():
    for group in (*SO[1:], *O[1:], *MIXED):
        rep = hom(natural(group), natural(group))
        found, fixed = sampled_average(rep, 0, 4000), invariant_subspace(rep)
        off = np.abs(found.mean - fixed.projector)
        assert (off <= 5 * found.standard_error + 1e-12).all()
        low, high = found.dimension_interval
        assert low - 1 < fixed.dim < high + 1 and high - low < 0.5


def test_error_of_a_sampled_average_is_known_beforehand():
    rep = hom(natural(orthogonal(3)), natural(orthogonal(3)))
    projector = invariant_subspace(rep).projector
    rng = np.random.default_rng(0)
    squares = [np.sum((sampled_average(rep, rng, 50).mean - projector) ** 2) for _ in range(200)]
    assert abs(np.mean(squares) * 50 / (9 - 1) - 1) < 0.1


def test_without_a_degree_the_subspace_is_checked_by_samples():
    group = special_orthogonal(3)
    rep = CompactRepresentation(group, lambda g: jnp.kron(g, g), "no degree")
    assert exact_average(rep) is None and invariant_subspace(rep).dim == 1
    with pytest.raises(ValueError, match="state the degree"):
        dimension_by_character(rep)
    with pytest.raises(ValueError, match="sampled_average"):
        projector_by_averaging(rep)


def test_a_sampler_of_another_group_is_noticed():
    """The Lie algebra of SO(3) with a sampler that only turns about one axis."""

    def turns(rng, count):
        matrices = np.tile(np.eye(3), (count, 1, 1))
        angles = rng.uniform(0, 2 * np.pi, count)
        matrices[:, 0, 0] = matrices[:, 1, 1] = np.cos(angles)
        matrices[:, 1, 0] = np.sin(angles)
        matrices[:, 0, 1] = -matrices[:, 1, 0]
        return matrices

    group = CompactGroup("wrong", special_orthogonal(3).algebra, np.zeros((0, 3, 3)), turns)
    with pytest.raises(RuntimeError, match="sampler"):
        invariant_subspace(natural(group))


def test_a_wrong_degree_is_noticed():
    group = special_orthogonal(2)
    with pytest.raises(RuntimeError, match="differ"):
        invariant_subspace(CompactRepresentation(group, lambda g: jnp.kron(g, g), "too low", degree=1))


@pytest.mark.parametrize("rep", [swap(), dihedral_plane(4), symmetric_permutation(3)], ids=lambda r: r.name)
def test_a_finite_group_is_a_compact_one(rep):
    group = compact_from_finite(rep)
    assert group.dim == 0
    for finite, compact in ((rep, natural(group)), (hom(rep, rep), hom(natural(group), natural(group)))):
        assert (
            np.abs(invariant_subspace(finite).projector - invariant_subspace(compact).projector).max() < EXACT
        )
        assert dimension_by_character(finite) == dimension_by_character(compact)
    with pytest.raises(ValueError, match="not faithful"):
        compact_from_finite(trivial(cyclic(2), 3))


def test_products_act_on_each_factor():
    a, b = natural(special_orthogonal(2)), natural(orthogonal(3))
    both, mixed = external_sum(a, b), external_tensor(a, b)
    assert same_group(both.group, mixed.group) and both.group.dim == 1 + 3
    g, h = matrices_of(a.group, 4), matrices_of(b.group, 4)
    gh = np.zeros((4, 5, 5))
    gh[:, :2, :2], gh[:, 2:, 2:] = g, h
    assert np.abs(both.at(gh) - gh).max() < EXACT
    assert np.abs(mixed.at(gh) - np.stack([np.kron(x, y) for x, y in zip(g, h, strict=True)])).max() < EXACT
    assert invariant_subspace(hom(both, both)).dim == 2 + 1  # rotations of the plane, multiples of I in space


def test_a_homomorphism_pulls_back():
    """SO(2) into SO(3) as the turns about an axis: the axis becomes invariant."""
    plane = special_orthogonal(2)

    def about_z(g):
        return jnp.zeros((3, 3)).at[:2, :2].set(g).at[2, 2].set(1.0)

    rep = pullback(natural(special_orthogonal(3)), plane, about_z)
    assert np.abs(invariant_subspace(rep).projector - np.diag([0.0, 0.0, 1.0])).max() < EXACT
    with pytest.raises(ValueError, match="must be a function"):
        pullback(natural(special_orthogonal(3)), plane, 3)


def test_polyhedral_groups_have_their_orders_and_invariants():
    for rep, order, cubic in ((tetrahedral(), 12, 2), (octahedral(), 24, 1), (icosahedral(), 60, 1)):
        assert rep.group.order == order
        assert (np.linalg.det(rep.matrices) > 0).all()
        assert invariant_subspace(tensor(tensor(rep, rep), rep)).dim == cubic


SKEW = np.array([[[0.0, -1.0], [1.0, 0.0]]])
NONE = np.zeros((0, 2, 2))
SAMPLER = special_orthogonal(2).sampler


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: special_orthogonal(0), "n=0: must be an integer from 1 to 16"),
        (lambda: orthogonal(2.0), "must be an integer"),
        (lambda: CompactGroup("G", SKEW[0], NONE, SAMPLER), r"must be \(k, n, n\)"),
        (lambda: CompactGroup("G", SKEW, np.zeros((0, 3, 3)), SAMPLER), "of one n"),
        (lambda: CompactGroup("G", np.ones((1, 2, 2)), NONE, SAMPLER), "not skew"),
        (lambda: CompactGroup("G", np.concatenate([SKEW, 2 * SKEW]), NONE, SAMPLER), "linearly dependent"),
        (lambda: CompactGroup("G", SKEW, 2 * np.eye(2)[None], SAMPLER), "not orthogonal"),
        (lambda: CompactGroup("G", SO[2].algebra[:2], np.zeros((0, 3, 3)), SAMPLER), "the bracket"),
        (
            lambda: CompactGroup("G", special_orthogonal(3).algebra[:1], np.eye(3)[[1, 2, 0]][None], SAMPLER),
            "conjugation by the components",
        ),
        (lambda: CompactGroup("G", SKEW, NONE, lambda rng, count: np.eye(2)), "sampler .* returned shape"),
        (lambda: special_orthogonal(2).sample(-1, 3), "seed=-1"),
        (lambda: special_orthogonal(2).sample(0, 0), "count=0"),
        (lambda: special_orthogonal(12).rule(8), "1 GiB"),
        (lambda: CompactRepresentation(SO[1], lambda g: g[0]), r"must be \(D, D\)"),
        (lambda: CompactRepresentation(SO[1], lambda g: g @ jnp.eye(3)), "fails on a matrix"),
        (lambda: CompactRepresentation(SO[1], lambda g: -g), r"M\(I\) differs from I"),
        (lambda: CompactRepresentation(SO[1], lambda g: g + 0.1 * (g - g.T)),
         "no orthogonal representation"),
        (lambda: CompactRepresentation(SO[2], lambda g: g.T), r"M\(g\) M\(h\) differs from M\(gh\)"),
        (lambda: CompactRepresentation(SO[1], lambda g: g, degree=-1), "degree=-1"),
        (lambda: natural(SO[1]).at(np.eye(2)), r"must be \(Q, 2, 2\)"),
        (lambda: direct_sum(natural(SO[1]), natural(O[1])), "must be of one group"),
        (lambda: tensor(natural(SO[1]), swap()), "must be of one kind"),
        (lambda: product(SO[1], cyclic(2)), "must be of one kind"),
        (lambda: external_sum(natural(SO[1]), swap()), "must be of one kind"),
        (lambda: orbit(natural(SO[1]), np.ones(2)), "at_nodes"),
        (lambda: average(natural(SO[1]), np.ones(3)), "the last axis must be 2"),
        (lambda: sampled_average(natural(SO[1]), 0, 1), "at least 2 samples"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_the_rule_and_the_remedy(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_groups_of_two_kinds_are_not_the_same():
    assert not same_group(cyclic(2), compact_from_finite(swap()))
    assert same_group(special_orthogonal(3), special_orthogonal(3))
    assert not same_group(special_orthogonal(3), orthogonal(3))
