"""Models of clouds at nodes, their averages over the group, and the split of the error by symmetry."""

import numpy as np
import pytest

from widesym.groups import cyclic_permutation
from widesym.meanfield.bumps import bump_unit
from widesym.meanfield.escape import gaussian_nodes
from widesym.meanfield.laws import symmetrise
from widesym.meanfield.limits import outputs, squared_errors
from widesym.meanfield.teachers import paper_unit
from widesym.meanfield.units import matrix_unit
from widesym.oracles.particles import model

THREE = cyclic_permutation(3)
UNITS = [paper_unit(), bump_unit(), matrix_unit(THREE, THREE)]  # in C3 an element is not its own inverse


def test_the_plain_model_is_that_of_the_slow_oracle():
    rng = np.random.default_rng(1)
    clouds, x = rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(6, 2))
    found = outputs(paper_unit(), clouds, x)
    assert found.plain.shape == found.averaged.shape == (2, 3, 6, 2)
    for place in np.ndindex(2, 3):
        expected = [model("sigmoid-matrix", point, clouds[place], 2) for point in x]
        np.testing.assert_allclose(found.plain[place], expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("unit", UNITS)
def test_the_average_is_the_model_of_the_symmetrised_cloud(unit):
    rng = np.random.default_rng(2)
    cloud, x = rng.normal(size=(7, unit.D)), rng.normal(size=(5, unit.d))
    averaged = outputs(unit, cloud, x).averaged
    np.testing.assert_allclose(averaged, outputs(unit, symmetrise(cloud, unit.action), x).plain, atol=1e-14)
    assert np.abs(averaged - outputs(unit, cloud, x).plain).max() > 1e-3


@pytest.mark.parametrize("unit", UNITS)
def test_errors_split_into_symmetric_part_and_asymmetry(unit):
    rng = np.random.default_rng(3)
    nodes = gaussian_nodes(unit.d, 2.0, 9)
    clouds = rng.normal(size=(4, 6, unit.D))
    found = outputs(unit, clouds, nodes.x)
    limit = outputs(unit, symmetrise(rng.normal(size=(5, unit.D)), unit.action), nodes.x).plain
    errors = squared_errors(found, limit, nodes.weights)
    asymmetry = np.einsum("rqc,q->r", (found.plain - found.averaged) ** 2, nodes.weights)
    np.testing.assert_allclose(errors.asymmetry, asymmetry, rtol=1e-11)
    assert (errors.total > errors.symmetric).all() and errors.total.shape == (4,)
    # the split asks for an equivariant limit
    other = squared_errors(found, found.plain[0], nodes.weights)
    assert np.abs(other.total - other.symmetric - asymmetry).max() > 1e-4
