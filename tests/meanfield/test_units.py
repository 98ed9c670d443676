"""Units: joint equivariance over several groups, with units that must fail it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.groups import (
    cyclic_permutation,
    cyclic_rotation,
    determinant,
    dihedral_plane,
    dihedral_polygon,
    direct_sum,
    hom,
    sign,
    swap,
    symmetric_permutation,
)
from widesym.meanfield.units import (
    EQUIVARIANCE_TOLERANCE,
    Unit,
    check_equivariance,
    equivariance_deviation,
    gaussian_unit,
    matrix_unit,
    network,
    neuron_unit,
)

PERMUTED = [swap(), cyclic_permutation(3), dihedral_polygon(4), symmetric_permutation(3)]
ORTHOGONAL = [*PERMUTED, cyclic_rotation(5), dihedral_plane(3)]


@pytest.mark.parametrize("rep", PERMUTED, ids=lambda rep: rep.name)
def test_the_matrix_unit_is_equivariant_when_outputs_are_permuted(rep, key):
    assert check_equivariance(matrix_unit(rep, rep), key) <= EQUIVARIANCE_TOLERANCE


@pytest.mark.parametrize("rep", ORTHOGONAL, ids=lambda rep: rep.name)
@pytest.mark.parametrize("activation", [jax.nn.sigmoid, jnp.tanh, jax.nn.relu])
def test_the_neuron_unit_is_equivariant_for_every_orthogonal_action(rep, activation, key):
    assert check_equivariance(neuron_unit(rep, rep, activation), key) <= EQUIVARIANCE_TOLERANCE


def test_inputs_and_outputs_may_have_different_actions(key):
    # triangles: D3 on the plane, on its three vertices, and by the sign of the determinant
    plane, vertices = dihedral_plane(3), dihedral_polygon(3)
    for unit in (
        matrix_unit(plane, vertices),
        neuron_unit(plane, vertices),
        neuron_unit(vertices, plane),
        neuron_unit(plane, determinant(plane)),
    ):
        assert check_equivariance(unit, key) <= EQUIVARIANCE_TOLERANCE


def test_the_gaussian_unit_is_equivariant(key):
    assert check_equivariance(gaussian_unit(), key) <= EQUIVARIANCE_TOLERANCE


def test_a_sigmoid_on_rotated_outputs_is_found_out(key):
    rotation = cyclic_rotation(3)
    with pytest.raises(ValueError, match="not a permutation"):
        matrix_unit(rotation, rotation)
    unit = Unit(
        "sigmoid(zx)",
        lambda x, z: jax.nn.sigmoid(z.reshape(2, 2) @ x),
        rotation,
        rotation,
        hom(rotation, rotation),
    )
    with pytest.raises(ValueError, match=r"not jointly equivariant.*element [12]"):
        check_equivariance(unit, key)


def test_the_worst_element_is_named():
    # equivariant under the identity only: the deviation is that of element 1, by hand |2 x z|
    unit = Unit("xz", lambda x, z: x * z, sign(), sign(), sign())
    worst, element = equivariance_deviation(unit, [[1.0], [2.0]], [[3.0]])
    assert (worst, element) == (12.0, 1)


def test_network_is_the_mean_over_particles(key):
    unit = matrix_unit(swap(), swap())
    theta = np.asarray(jax.random.normal(key, (7, 4)))
    x = np.asarray(jax.random.normal(jax.random.fold_in(key, 1), (3, 2)))
    by_hand = np.mean([1 / (1 + np.exp(-x @ z.reshape(2, 2).T)) for z in theta], axis=0)
    np.testing.assert_allclose(network(unit, theta, x), by_hand, rtol=1e-14)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="rho_out represents"):
        Unit("u", lambda x, z: x, swap(), cyclic_rotation(3), swap())
    with pytest.raises(ValueError, match=r"must return shape \(2,\)"):
        Unit("u", lambda x, z: z, swap(), swap(), direct_sum(swap(), swap()))
    with pytest.raises(ValueError, match="apply fails"):
        Unit("u", lambda x, z: z.reshape(3, 3) @ x, swap(), swap(), direct_sum(swap(), swap()))
    with pytest.raises(ValueError, match=r"takes points \(B, 2\)"):
        equivariance_deviation(neuron_unit(swap(), swap()), np.ones((3, 3)), np.ones((2, 4)))
