"""Node sets: their errors against exact averages, and that units and training take them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.groups import (
    NodeSet,
    at_nodes,
    average,
    circle_nodes,
    compact_from_finite,
    determinant,
    direct_sum,
    every_element,
    external_sum,
    haar_nodes,
    hom,
    invariant_subspace,
    model_error,
    natural,
    node_error,
    node_mean,
    orbit,
    orthogonal,
    polyhedral_nodes,
    product,
    product_nodes,
    pullback,
    same_group,
    special_orthogonal,
    swap,
    tensor,
    trivial,
)
from widesym.meanfield.dynamics import SGD, simulate
from widesym.meanfield.laws import strong_deviation, symmetrise
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import Teacher
from widesym.meanfield.units import Unit, check_equivariance, matrix_unit, network, neuron_unit

from .group_cases import EXACT

TWO, TWO_O, THREE, THREE_O = special_orthogonal(2), orthogonal(2), special_orthogonal(3), orthogonal(3)
MADE = [
    circle_nodes(TWO, 7),
    circle_nodes(TWO_O, 10),
    polyhedral_nodes(THREE, 120, seed=3),
    polyhedral_nodes(THREE_O, 240, seed=3),
    haar_nodes(orthogonal(4), 12, 0),
    product_nodes(circle_nodes(TWO, 4), every_element(compact_from_finite(swap()))),
]
named = pytest.mark.parametrize("nodes", MADE, ids=lambda nodes: nodes.name)


@named
def test_nodes_are_distinct_elements_and_begin_with_the_identity(nodes):
    assert np.array_equal(nodes.matrices[0], np.eye(nodes.group.n))
    assert np.abs(nodes.matrices @ nodes.matrices.transpose(0, 2, 1) - np.eye(nodes.group.n)).max() < EXACT
    assert len(np.unique(nodes.matrices.round(9), axis=0)) == nodes.order
    if not len(nodes.group.components):
        assert (np.linalg.det(nodes.matrices) > 0).all()


@pytest.mark.parametrize(
    ("nodes", "degree"),
    [(MADE[0], 6), (MADE[1], 4), (MADE[2], 5), (MADE[3], 5)],
    ids=lambda value: getattr(value, "name", None),
)
def test_designs_are_exact_to_their_degree_and_no_further(nodes, degree):
    rep = power = natural(nodes.group)
    for p in range(1, degree + 1):
        assert node_error(at_nodes(power, nodes)) < EXACT, p
        power = tensor(power, rep)
        if power.dim > 243:
            break
    if nodes.group.n == 2:
        beyond = power
        while node_error(at_nodes(beyond, nodes)) < 1e-6:
            beyond = tensor(beyond, rep)
        assert degree < beyond.degree <= degree + 2


def test_one_icosahedron_is_exact_to_degree_five_and_not_to_six():
    """Averages of harmonic polynomials vanish for l = 1 to 5; the icosahedron keeps one of l = 6."""
    vertex = np.array([0.0, 1.0, (1 + np.sqrt(5)) / 2])
    z = (polyhedral_nodes(THREE, 60).matrices @ vertex) @ vertex / (vertex @ vertex)
    for degree in range(1, 6):
        assert abs(np.polynomial.legendre.legval(z, np.eye(7)[degree]).mean()) < EXACT
    assert abs(np.polynomial.legendre.legval(z, np.eye(7)[6]).mean()) > 1e-3


def test_random_nodes_err_like_one_over_the_root():
    rep = hom(natural(orthogonal(4)), natural(orthogonal(4)))
    projector = invariant_subspace(rep).projector
    squares = []
    for seed in range(60):
        mean = at_nodes(rep, haar_nodes(orthogonal(4), 40, seed)).matrices.mean(axis=0)
        squares.append(np.sum((mean - projector) ** 2))
    assert abs(np.mean(squares) * 40 / (16 - 1) - 1) < 0.15


@named
def test_constructions_are_those_of_the_matrices(nodes):
    v = at_nodes(natural(nodes.group), nodes)
    assert np.array_equal(v.matrices, nodes.matrices) and v.group.order == len(v.matrices)
    both = np.stack([np.kron(m, m) for m in nodes.matrices])
    assert np.abs(tensor(v, v).matrices - both).max() < EXACT
    assert np.abs(hom(v, v).matrices - both).max() < EXACT
    assert np.abs(determinant(v).matrices[:, 0, 0] - np.linalg.det(nodes.matrices)).max() < EXACT
    assert direct_sum(trivial(nodes, 2), v).dim == 2 + v.dim


@named
def test_invariant_vectors_are_those_of_the_whole_group(nodes):
    v = natural(nodes.group)
    found = invariant_subspace(at_nodes(hom(v, v), nodes))
    assert np.array_equal(found.basis, invariant_subspace(hom(v, v)).basis)
    x = np.random.default_rng(0).normal(size=(3, v.dim))
    moved = orbit(at_nodes(v, nodes), x)
    assert np.abs(moved - np.einsum("kij,bj->kbi", nodes.matrices, x)).max() < EXACT
    assert np.abs(average(at_nodes(v, nodes), x) - moved.mean(axis=0)).max() < EXACT


@named
def test_units_take_nodes(nodes):
    v = at_nodes(natural(nodes.group), nodes)
    unit = neuron_unit(v, direct_sum(trivial(nodes), v))
    assert check_equivariance(unit, jax.random.key(0)) < EXACT
    assert invariant_subspace(unit.action).dim >= 1
    elsewhere = trivial(haar_nodes(nodes.group, 3, 8))
    with pytest.raises(ValueError, match="build all three from one group"):
        Unit("mixed", unit.apply, v, elsewhere, unit.action)
    with pytest.raises(ValueError, match="permuted"):
        matrix_unit(v, v)


@pytest.mark.parametrize("nodes", [MADE[0], MADE[1], MADE[2], MADE[5]], ids=lambda nodes: nodes.name)
def test_both_paths_train_alike_and_fa_is_ea_over_exact_nodes(nodes):
    v = at_nodes(natural(nodes.group), nodes)
    unit = neuron_unit(direct_sum(trivial(nodes), v), trivial(nodes))
    rng = np.random.default_rng(1)
    teacher = Teacher("arbitrary", unit, rng.normal(size=(3, unit.D)), 1.0)
    start = rng.normal(size=(1, 6, unit.D)) @ invariant_subspace(unit.action).projector
    schemes = [scheme(name) for name in ("da-sampled", "fa", "ea")]
    runs = {
        backend: simulate(
            teacher, schemes, start, jax.random.split(jax.random.key(0), 1), SGD(alpha=3.0), [40],
            precision="float64", backend=backend,
        ).clouds[0, :, 0]
        for backend in ("jax", "compiled")
    }  # fmt: skip
    assert np.abs(runs["jax"] - runs["compiled"]).max() < 1e-5
    sampled, averaged, projected = runs["compiled"]
    assert np.abs(averaged - projected).max() < 1e-12
    assert strong_deviation(sampled, unit.action) > 1e-8


def test_fa_over_random_nodes_leaves_the_path_of_ea():
    nodes = MADE[4]
    unit = neuron_unit(direct_sum(trivial(nodes), at_nodes(natural(nodes.group), nodes)), trivial(nodes))
    rng = np.random.default_rng(1)
    teacher = Teacher("arbitrary", unit, rng.normal(size=(3, unit.D)), 1.0)
    start = rng.normal(size=(1, 6, unit.D)) @ invariant_subspace(unit.action).projector
    run = simulate(
        teacher, [scheme("fa"), scheme("ea")], start, jax.random.split(jax.random.key(0), 1), SGD(alpha=3.0),
        [40], precision="float64", backend="compiled",
    )  # fmt: skip
    assert np.abs(run.clouds[0, 0] - run.clouds[0, 1]).max() > 1e-3


def test_a_symmetrised_network_is_the_mean_over_nodes():
    """Phi of the symmetrised cloud is Q_K Phi, and model_error is the difference of two of them."""

    def unit_at(count):
        v = at_nodes(natural(TWO), circle_nodes(TWO, count))
        return neuron_unit(v, v)

    coarse, fine = unit_at(8), unit_at(16)
    rng = np.random.default_rng(2)
    theta, x = rng.normal(size=(3, 4)), rng.normal(size=(5, 2))

    def model(points):
        return network(coarse, jnp.asarray(theta), jnp.asarray(points))

    by_cloud = [network(u, jnp.asarray(symmetrise(theta, u.action)), jnp.asarray(x)) for u in (coarse, fine)]
    # nodes of a group: the mean over g of M_g theta equals the mean over inverses
    assert np.abs(node_mean(model, coarse.rho_in, coarse.rho_out, x) - by_cloud[0]).max() < EXACT
    error = model_error(model, (coarse.rho_in, coarse.rho_out), (fine.rho_in, fine.rho_out), x)
    assert abs(error - np.abs(by_cloud[0] - by_cloud[1]).max()) < EXACT and error > 1e-6


def test_products_of_representations_at_nodes_are_at_the_product_nodes():
    a, b = at_nodes(natural(TWO), MADE[0]), at_nodes(natural(TWO_O), MADE[1])
    both = external_sum(a, b)
    assert both.group.order == 7 * 10 and same_group(both.group, product(MADE[0], MADE[1]))
    assert np.array_equal(both.matrices[3 * 10 + 4][:2, :2], a.matrices[3])
    assert np.array_equal(both.matrices[3 * 10 + 4][2:, 2:], b.matrices[4])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: circle_nodes(THREE, 5), r"for SO\(2\) and O\(2\)"),
        (lambda: circle_nodes(TWO_O, 7), "must be even"),
        (lambda: circle_nodes(TWO, 0), "count=0"),
        (lambda: polyhedral_nodes(TWO, 60), r"for SO\(3\) and O\(3\)"),
        (lambda: polyhedral_nodes(THREE, 70), "multiple of 60; remedy: take 120"),
        (lambda: polyhedral_nodes(THREE_O, 60), "multiple of 120"),
        (lambda: haar_nodes(TWO, 3, -2), "seed=-2"),
        (lambda: every_element(TWO), "is not finite"),
        (lambda: NodeSet(TWO, np.eye(2)), r"must be \(K, 2, 2\)"),
        (lambda: NodeSet(TWO, 2 * np.eye(2)[None]), "must be orthogonal"),
        (lambda: NodeSet(TWO, -np.eye(2)[None]), "begin with the identity"),
        (lambda: at_nodes(natural(THREE), MADE[0]), "must be of one"),
        (lambda: direct_sum(at_nodes(natural(TWO), MADE[0]), at_nodes(natural(TWO), circle_nodes(TWO, 5))),
         "must be the same nodes"),
        (lambda: direct_sum(natural(TWO), at_nodes(natural(TWO), MADE[0])), "must be of one kind"),
        (lambda: node_mean(lambda x: x, *[at_nodes(natural(TWO), MADE[0])] * 2, np.ones(2)),
         "the same nodes"),
        (lambda: pullback(natural(TWO), TWO, lambda g: 2 * g), "no orthogonal representation"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_the_rule_and_the_remedy(make, words):
    with pytest.raises(ValueError, match=words):
        make()
