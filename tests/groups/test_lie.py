"""Compact groups from Lie algebra elements: closure, exponentials, Haar law and nodes."""

import numpy as np
import pytest
import scipy.linalg

from widesym.groups import basis_by_null_space, exact_average, natural, sampled_average, tensor
from widesym.groups.lie import (
    compact_from_lie,
    exponential,
    is_circle,
    lie_closure,
    lie_nodes,
    turns,
)

TURN = np.array([[0.0, -1.0], [1.0, 0.0]])


def skew(i, j, n=3):
    matrix = np.zeros((n, n))
    matrix[i, j], matrix[j, i] = -1.0, 1.0
    return matrix


NONE = np.zeros((0, 3, 3))


def test_two_rotations_generate_all_of_so3():
    assert len(lie_closure(np.stack([skew(0, 1), skew(1, 2)]), NONE)) == 3
    assert len(lie_closure(np.stack([skew(0, 1), 2 * skew(0, 1)]), NONE)) == 1
    cycle = np.eye(3)[[2, 0, 1]][None]  # a component that turns one rotation into the others
    assert len(lie_closure(skew(0, 1)[None], cycle)) == 3
    basis = lie_closure(np.stack([skew(0, 1), skew(1, 2)]), NONE)
    np.testing.assert_array_equal(basis[0], skew(0, 1))  # given elements stay as they are


def test_exponential_is_scipys():
    A = np.random.default_rng(1).normal(size=(5, 4, 4))
    A = A - A.transpose(0, 2, 1)
    expected = np.stack([scipy.linalg.expm(a) for a in A])
    np.testing.assert_allclose(exponential(A), expected, atol=1e-12)


@pytest.mark.parametrize(("A", "closes"), [(TURN, True), (3 * TURN, True), (0.5 * TURN, False)])
def test_a_circle_closes_after_one_turn(A, closes):
    assert is_circle(A[None]) is closes


def test_turns_of_a_circle_with_a_reflection_form_a_group():
    finite = np.stack([np.eye(2), np.diag([1.0, -1.0])])
    nodes = turns(TURN[None], 5, finite)
    np.testing.assert_allclose(nodes[0], np.eye(2), atol=1e-15)
    for product in (nodes[:, None] @ nodes).reshape(-1, 2, 2):
        assert np.abs(nodes - product).max(axis=(1, 2)).min() < 1e-12
    assert len(np.unique(nodes.round(9), axis=0)) == 10


def test_averages_over_a_circle_are_exact():
    """Weights 1 and 3: g (x) g has two invariants in each plane and none between."""
    algebra = scipy.linalg.block_diag(TURN, 3 * TURN)[None]
    group = compact_from_lie("circle", algebra, np.zeros((0, 4, 4)), np.eye(4)[None])
    np.testing.assert_allclose(exact_average(natural(group)), np.zeros((4, 4)), atol=1e-12)
    squared = tensor(natural(group), natural(group))
    average = exact_average(squared)
    basis = basis_by_null_space(squared)
    assert basis.shape[1] == 4  # I and the turn in each plane
    np.testing.assert_allclose(average, basis @ basis.T, atol=1e-12)


def test_random_elements_have_the_haar_law_of_so3():
    algebra = lie_closure(np.stack([skew(0, 1), skew(1, 2)]), NONE)
    group = compact_from_lie("SO(3)", algebra, NONE, np.eye(3)[None])
    g = group.sample(1, 20_000)
    np.testing.assert_allclose(np.linalg.det(g), 1.0, atol=1e-9)
    assert np.abs(g.mean(axis=0)).max() < 5 / np.sqrt(3 * 20_000)
    # moments of the trace under Haar: E tr^2 = 1, E tr^3 = 1, E tr^4 = 3 (numbers of invariants)
    trace = np.trace(g, axis1=1, axis2=2)
    for power, expected in ((2, 1), (3, 1), (4, 3)):
        spread = np.std(trace**power) / np.sqrt(len(trace))
        # samples share a pool of 2048, which adds to the error
        assert abs(np.mean(trace**power) - expected) < 5 * spread + 0.05
    assert sampled_average(natural(group), 0, 1000).count == 1000


def test_components_are_reached_by_samples_and_nodes():
    flip = np.diag([1.0, -1.0])[None]
    finite = np.concatenate([np.eye(2)[None], flip])
    group = compact_from_lie("O(2)", TURN[None], flip, finite)
    signs = np.linalg.det(group.sample(0, 4000))
    assert abs(signs.mean()) < 5 / np.sqrt(4000) + 0.02
    assert lie_nodes(group, finite, 8, 0).order == 16
    so3 = compact_from_lie(
        "SO(3)", lie_closure(np.stack([skew(0, 1), skew(1, 2)]), NONE), NONE, np.eye(3)[None]
    )
    assert lie_nodes(so3, np.eye(3)[None], 8, 0).order == 8
