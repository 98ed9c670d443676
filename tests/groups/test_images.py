"""Transformations of images: members of their groups, Haar, the same bits always, and their Lie algebras."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from widesym.groups import orthogonal
from widesym.groups.compact import CompactGroup
from widesym.groups.images import (
    KINDS,
    deviation,
    lie_algebra,
    lie_dimension,
    path,
    quaternion_rotations,
    transformation,
)
from widesym.groups.reflections import draw_reflections

ROUNDING = 1e-13  # products of orthogonal matrices of size some tens
CHAIN = ("identity", "colour", "pixelwise", "rotation")
ALPHA = 1e-4  # of each statistical test; seeds are fixed


def images(n, height, width, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=(n, height, width, 3)).astype(dtype)


@pytest.mark.parametrize("kind", CHAIN)
def test_an_element_lies_in_its_group_and_in_the_larger_ones_only(kind):
    matrix = transformation(kind, 2, 3, 4).matrix()
    for other in CHAIN:
        if CHAIN.index(other) >= CHAIN.index(kind):
            assert deviation(other, matrix) < ROUNDING
        else:
            assert deviation(other, matrix) > 0.1


def test_a_permutation_is_a_rotation_but_no_pixelwise_one():
    matrix = transformation("permutation", 2, 3, 4).matrix()
    assert deviation("permutation", matrix) == 0
    assert deviation("rotation", matrix) == 0
    assert deviation("pixelwise", matrix) == 1
    assert deviation("permutation", transformation("colour", 2, 3, 4).matrix()) > 0.1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_images_are_multiplied_by_the_matrix_in_their_dtype(kind, dtype):
    element = transformation(kind, 3, 2, 1)
    x = images(5, 3, 2, dtype)
    moved = element(x)
    assert moved.dtype == dtype
    expected = x.reshape(5, 18).astype(float) @ element.matrix().T
    # one rounding to the dtype, of numbers below 4, and those of float64
    assert np.abs(moved.reshape(5, 18) - expected).max() < np.finfo(dtype).eps + ROUNDING
    assert not np.shares_memory(moved, x)


def test_colour_acts_on_each_pixel_alike_and_pixelwise_does_not():
    x = np.ones((1, 2, 2, 3))
    alike = transformation("colour", 2, 2, 0)(x).reshape(4, 3)
    each = transformation("pixelwise", 2, 2, 0)(x).reshape(4, 3)
    assert np.ptp(alike, axis=0).max() == 0
    assert np.ptp(each, axis=0).max() > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_each_image_has_the_same_bits_in_any_company(kind):
    element = transformation(kind, 4, 3, 7)
    x = images(70, 4, 3, np.float32)
    moved = element(x)
    assert np.array_equal(element(x[33:34]), moved[33:34])
    assert np.array_equal(element(x.reshape(7, 10, 4, 3, 3)), moved.reshape(7, 10, 4, 3, 3))
    assert np.array_equal(element(x[::-1]), moved[::-1])
    assert element(x[:0]).shape == (0, 4, 3, 3)


def test_large_sets_are_worked_on_in_parts(monkeypatch):
    x = images(50, 2, 2)
    whole = [transformation(kind, 2, 2, 3)(x) for kind in KINDS]
    monkeypatch.setattr("widesym.groups.images._CHUNK", 100)
    for kind, moved in zip(KINDS, whole, strict=True):
        assert np.array_equal(transformation(kind, 2, 2, 3)(x), moved)


def test_seeds_and_kinds_draw_different_elements_and_one_seed_the_same():
    for kind in KINDS[1:]:
        one, same, other = (transformation(kind, 2, 2, seed).matrix() for seed in (5, 5, 6))
        assert np.array_equal(one, same)
        assert not np.array_equal(one, other)
    assert transformation("colour", 2, 2, 5) == transformation("colour", 2, 2, 5)


def test_another_process_with_other_threads_draws_the_same_bits():
    program = (
        "import hashlib, numpy as np; from widesym.groups.images import KINDS, transformation;"
        "x = np.random.default_rng(0).normal(size=(40, 6, 6, 3)).astype(np.float32);"
        "print(*(hashlib.sha256(transformation(k, 6, 6, 2)(x).tobytes()).hexdigest() for k in KINDS))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", f"import os; os.environ['OMP_NUM_THREADS'] = {threads!r}; {program}"],
            capture_output=True, text=True, check=True,
        ).stdout
        for threads in ("1", "3")
    }  # fmt: skip
    assert len(said) == 1 and len(said.pop().split()) == len(KINDS)


def haar_3(kind):
    """Many 3 x 3 matrices of one kind: of one pixel, or of all pixels of one image."""
    if kind == "pixelwise":
        blocks = transformation(kind, 40, 50, 3)(np.tile(np.eye(3)[:, None, None], (1, 40, 50, 1)))
        return blocks.reshape(3, 2000, 3).transpose(1, 2, 0)
    if kind == "quaternions":
        numbers = np.random.default_rng(1).normal(size=(2000, 4))
        return quaternion_rotations(numbers)
    return np.stack([transformation(kind, 1, 1, seed).matrix() for seed in range(800)])


@pytest.mark.parametrize("kind", ["colour", "pixelwise", "rotation", "quaternions"])
def test_rotations_of_one_pixel_have_the_haar_law(kind):
    g = haar_3(kind)
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3))
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    # g b is uniform on the sphere, so each coordinate is uniform on [-1, 1] (Archimedes)
    assert kstest(np.einsum("i,nij,j->n", a, g, b), "uniform", args=(-1, 2)).pvalue > ALPHA
    # det(g) g is a rotation with trace 1 + 2 cos t; its angle t has density (1 - cos t)/pi
    signs = np.linalg.det(g)
    angles = np.arccos(np.clip((signs * np.trace(g, axis1=1, axis2=2) - 1) / 2, -1, 1))
    assert kstest(angles, lambda t: (t - np.sin(t)) / np.pi).pvalue > ALPHA
    expected = 0 if kind != "quaternions" else 1
    assert abs(signs.mean() - expected) < 4 / np.sqrt(len(g))


def test_rotations_of_many_numbers_have_the_moments_of_the_haar_law():
    rng = np.random.default_rng(2)
    n, count = 6, 4000
    q = np.stack([draw_reflections(n, rng)(np.eye(n)).T for _ in range(count)])
    assert np.abs(q @ q.transpose(0, 2, 1) - np.eye(n)).max() < ROUNDING
    # entries: mean 0, variance 1/n, fourth moment 3/(n(n+2)); products of different ones have mean 0
    flat = q.reshape(count, -1)
    assert np.abs(flat.T @ flat / count - np.eye(n * n) / n).max() < 6 / (n * np.sqrt(count))
    assert np.abs((flat**4).mean(axis=0) - 3 / (n * (n + 2))).max() < 6 * 0.1 / np.sqrt(count)
    # both components, and powers of the trace: E tr = 0, E tr^2 = 1, E tr(g^2) = 1
    trace = np.trace(q, axis1=1, axis2=2)
    assert abs(np.linalg.det(q).mean()) < 5 / np.sqrt(count)
    assert abs(trace.mean()) < 5 / np.sqrt(count)
    assert abs((trace**2).mean() - 1) < 5 * np.sqrt(2 / count)
    assert abs(np.einsum("nij,nji->n", q, q).mean() - 1) < 5 * np.sqrt(2 / count)


def test_permutations_are_uniform():
    drawn = [transformation("permutation", 1, 1, seed).matrix() for seed in range(600)]
    _, counts = np.unique([matrix.argmax(axis=1) @ [9, 3, 1] for matrix in drawn], return_counts=True)
    assert len(counts) == 6
    assert ((counts - 100) ** 2 / 100).sum() < 25.7  # chi-square with 5 degrees, 1e-4


@given(st.integers(1, 9), st.integers(0, 5))
@settings(max_examples=15)
def test_reflections_are_the_products_that_they_say_bit_by_bit(n, seed):
    drawn = draw_reflections(n, np.random.default_rng(seed))
    x = np.random.default_rng(seed + 1).normal(size=n)
    moved, first = x.copy(), len(drawn.normals)
    for k in range(n - 1, -1, -1):
        first -= n - k
        w = drawn.normals[first : first + n - k]
        moved[k] *= drawn.signs[k]
        along = 0.0
        for i in range(n - k):
            along += w[i] * moved[k + i]
        moved[k:] -= w * along
    assert np.array_equal(drawn(x[None])[0], moved)
    first_column = drawn(np.eye(n)[:1])[0]
    numbers = np.random.default_rng(seed).standard_normal(n)
    assert np.abs(first_column - numbers / np.linalg.norm(numbers)).max() < ROUNDING


@pytest.mark.parametrize("t", [0.0, 1e-9, 0.3, 1.0, 20.0])
def test_the_path_is_the_matrix_exponential(t):
    matrix = path(2, 3, 8, t).matrix()
    generator = scipy.linalg.block_diag(*(skew(v) for v in np.random.default_rng([8, 5]).normal(size=(6, 3))))
    # an exponential by squaring loses digits as its argument grows
    assert np.abs(matrix - scipy.linalg.expm(-t * generator)).max() < ROUNDING * (1 + 10 * t)
    assert deviation("pixelwise", matrix) < ROUNDING
    assert np.linalg.det(matrix[:3, :3]) > 0


def skew(v):
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])


def test_the_path_starts_at_the_identity_and_goes_on_as_a_group():
    assert np.array_equal(path(2, 2, 1, 0).matrix(), np.eye(12))
    one, two, both = (path(2, 2, 1, t).matrix() for t in (0.25, 0.5, 0.75))
    assert np.abs(one @ two - both).max() < ROUNDING
    assert deviation("colour", one) > 0.01


@pytest.mark.parametrize("d", [1, 2, 3, 7, 40, 64])
def test_dimensions_agree_with_the_closed_forms(d):
    closed = {"identity": 0, "colour": 3, "pixelwise": 3 * d, "permutation": 0}
    for kind in KINDS:
        expected = closed.get(kind, 3 * d * (3 * d - 1) // 2)
        assert lie_dimension(kind, d) == expected
        assert transformation(kind, 1, d, 0).dimension == expected
    assert path(1, d, 0, 0.5).dimension == 3 * d


@pytest.mark.parametrize("kind", ["colour", "pixelwise", "rotation"])
def test_the_algebra_is_that_of_the_drawn_elements(kind):
    d = 2
    algebra = lie_algebra(kind, d).toarray().reshape(-1, 3 * d, 3 * d)
    # skew and closed under brackets: anything else is refused
    CompactGroup(kind, algebra, np.zeros((0, 6, 6)), lambda rng, count: np.tile(np.eye(6), (count, 1, 1)))
    # exponentials of the algebra are in the group; skew parts of elements span it
    mixed = np.einsum("k,kij->ij", np.random.default_rng(0).normal(size=len(algebra)), algebra)
    assert deviation(kind, scipy.linalg.expm(mixed)) < ROUNDING
    drawn = np.stack([transformation(kind, 1, d, seed).matrix() for seed in range(40)])
    skews = (drawn - drawn.transpose(0, 2, 1)).reshape(40, -1)
    rows = algebra.reshape(len(algebra), -1)
    assert np.linalg.matrix_rank(skews) == lie_dimension(kind, d) == len(rows)
    assert np.linalg.matrix_rank(np.concatenate([skews, rows])) == len(rows)


def test_the_colour_algebra_is_that_of_the_orthogonal_group():
    rows = lie_algebra("colour", 3).toarray()
    expected = np.stack([np.kron(np.eye(3), a).ravel() for a in orthogonal(3).algebra])
    assert np.array_equal(rows, expected)


def test_dependent_generators_are_not_counted_twice(monkeypatch):
    rows = lie_algebra("pixelwise", 2)
    doubled = scipy.sparse.vstack([rows, rows[:2] + rows[2:4]]).tocsr()
    monkeypatch.setattr("widesym.groups.images.lie_algebra", lambda kind, d: doubled)
    assert lie_dimension("pixelwise", 2) == 6


def test_labels_are_tex():
    labels = [transformation(kind, 2, 2, 0).label for kind in KINDS]
    assert labels == [r"$\{1\}$", r"$O(3)\otimes I_d$", "$O(3)^d$", "$P(3d)$", "$O(3d)$"]
    assert path(2, 2, 0, 0.25).label == r"$\tau_{0.25}$"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: transformation("rotate", 2, 2, 0), "kind='rotate'"),
        (lambda: transformation("colour", 0, 2, 0), "height=0"),
        (lambda: transformation("colour", 2, 2.5, 0), "width=2.5"),
        (lambda: transformation("colour", 2, 2, -1), "seed=-1"),
        (lambda: transformation("colour", 2, 2, True), "seed=True"),
        (lambda: path(2, 2, 0, np.nan), "t=nan"),
        (lambda: path(2, 2, 0, "1"), "t='1'"),
        (lambda: lie_dimension("path", 2), "kind='path'"),
        (lambda: lie_dimension("colour", 0), "d=0"),
        (lambda: transformation("colour", 2, 2, 0)(np.zeros((1, 2, 2, 3), int)), "int64"),
        (lambda: transformation("colour", 2, 2, 0)(np.zeros((1, 2, 3, 3))), r"\(1, 2, 3, 3\)"),
        (lambda: deviation("colour", np.eye(4)), r"\(4, 4\)"),
        (lambda: deviation("any", np.eye(3)), "kind='any'"),
    ],
)
def test_refusals_name_the_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()
