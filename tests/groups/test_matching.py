"""Groups from matching generators: the group, its representations, and what is refused."""

import numpy as np
import pytest

from widesym.groups import dihedral_plane, symmetric_permutation
from widesym.groups.matching import (
    generator_matrices,
    lie_matrices,
    matching_representations,
    spell_word,
)

TURN, FLIP = [[0, -1], [1, 0]], [[1, 0], [0, -1]]


def read(**spaces):
    return {what: generator_matrices(values, what) for what, values in spaces.items()}


def test_group_of_the_square_with_the_sign_of_each_symmetry():
    found, words = matching_representations(
        read(inputs=[TURN, FLIP]), read(outputs=[[[1]], [[-1]]]), max_order=100
    )
    rho, sign = found["inputs"], found["outputs"]
    assert rho.group is sign.group and rho.group.order == 8 and len(words) == 8
    # an independent list of the same eight matrices, and the determinant for the sign
    for matrix in dihedral_plane(4).matrices:
        assert np.abs(rho.matrices - matrix).max(axis=(1, 2)).min() < 1e-12
    np.testing.assert_allclose(sign.matrices[:, 0, 0], np.linalg.det(rho.matrices), atol=1e-12)


def test_an_image_that_does_not_commute_follows_the_products():
    other = np.array([[0.6, -0.8], [0.8, 0.6]])  # the same square, turned
    turned = [(other @ np.array(m, float) @ other.T).tolist() for m in (TURN, FLIP)]
    found, _ = matching_representations(read(inputs=[TURN, FLIP]), read(outputs=turned), max_order=100)
    expected = other @ found["inputs"].matrices @ other.T
    np.testing.assert_allclose(found["outputs"].matrices, expected, atol=1e-12)


def test_words_multiply_to_their_elements():
    found, words = matching_representations(read(inputs=[TURN, FLIP]), {}, max_order=100)
    letters = {"s1": np.array(TURN, float), "s2": np.array(FLIP, float)}
    for word, matrix in zip(words, found["inputs"].matrices, strict=True):
        product = np.eye(2)
        for letter in word.split():
            name, _, times = letter.partition("^")
            if name != "1":
                product = product @ np.linalg.matrix_power(letters[name], int(times or 1))
        np.testing.assert_allclose(product, matrix, atol=1e-12)
    assert spell_word([0, 0, 1]) == "s1^2 s2" and spell_word([]) == "1"


def test_permutations_send_each_coordinate_to_its_image():
    (matrix,) = generator_matrices([[1, 2, 0]], "inputs")
    np.testing.assert_array_equal(matrix @ [5.0, 6.0, 7.0], [7.0, 5.0, 6.0])
    found, _ = matching_representations(read(inputs=[[1, 0, 2], [1, 2, 0]]), {}, max_order=10)
    same = symmetric_permutation(3).matrices
    for matrix in found["inputs"].matrices:
        assert np.abs(same - matrix).max(axis=(1, 2)).min() == 0


def test_a_second_faithful_space_may_make_the_group_larger():
    """A sign that only parameters have: trivial on inputs and outputs, and an element of the group."""
    found, _ = matching_representations(
        read(inputs=[[0]], parameters=[[[-1.0]]]), read(outputs=[[0]]), max_order=10
    )
    assert found["inputs"].group.order == 2
    np.testing.assert_array_equal(found["parameters"].matrices[:, 0, 0], [1, -1])


def test_texts_are_read_by_the_reader_given():
    (matrix,) = generator_matrices([[["one"]]], "inputs", number={"one": 1.0}.__getitem__)
    assert matrix == 1.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "no generators on inputs"),
        (None, "no generators on inputs"),
        ([[]], "must be a matrix or a permutation"),
        ([3], "must be a matrix or a permutation"),
        ([[0, -1], [1, 0]], "a permutation of 2 points holds each of 0 to 1 once"),
        ([[0, 0, 1]], "a permutation of 3 points"),
        ([[[1, 0]]], "must be a square matrix"),
        ([[[1, 0], [0]]], "rows of lengths 2, 1"),
        ([[[2, 0], [0, 1]]], "generator 1 on inputs is not orthogonal: M M^T differs from I by 3"),
        ([[[0.866025404, -0.5], [0.5, 0.866025404]]], "write entries in full precision"),
        ([TURN, [[1]]], "have dimensions 2, 1"),
        ([[[float("nan"), 0], [0, 1]]], "must be finite"),
    ],
)
def test_bad_generators_are_told_in_one_sentence(values, message):
    with pytest.raises(ValueError) as caught:
        generator_matrices(values, "inputs")
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ([[0]], "2 generators on inputs and 1 on outputs"),
        ([[0], [[-1.0]]], None),
        ([[[-1.0]], [[1.0]]], None),
        ([[1, 2, 0], [0, 1, 2]], "s2 s1 s2 = s1^3 on inputs, but not on outputs, where the two differ by 1"),
        ([[[0.6, -0.8], [0.8, 0.6]], [[1.0, 0], [0, 1.0]]], "do not match those on inputs"),
    ],
)
def test_outputs_must_keep_the_relations_of_inputs(outputs, message):
    spaces = read(inputs=[TURN, FLIP]), read(outputs=outputs)
    if message is None:
        assert matching_representations(*spaces, max_order=100)[0]["outputs"].dim == 1
        return
    with pytest.raises(ValueError) as caught:
        matching_representations(*spaces, max_order=100)
    assert message in str(caught.value)


def test_too_large_a_group_names_limit_and_remedy():
    one_degree = np.deg2rad(1.0)
    turn = [[np.cos(one_degree), -np.sin(one_degree)], [np.sin(one_degree), np.cos(one_degree)]]
    assert matching_representations(read(inputs=[turn]), {}, max_order=360)[0]["inputs"].group.order == 360
    with pytest.raises(ValueError, match=r"more than max_order=359 elements.*Lie algebra"):
        matching_representations(read(inputs=[turn]), {}, max_order=359)


def test_lie_algebra_elements_are_skew():
    np.testing.assert_array_equal(lie_matrices([TURN], "inputs"), [TURN])
    for values, message in (
        ([], "no Lie algebra elements on inputs"),
        ([FLIP], "is not skew: A + A^T reaches 2"),
        ([TURN, [[0]]], "have dimensions 2, 1"),
        ([3], "must be a matrix"),
    ):
        with pytest.raises(ValueError) as caught:
            lie_matrices(values, "inputs")
        assert message in str(caught.value)
