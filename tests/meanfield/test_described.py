"""Units from plain values: the group, the unit, and every mistake in one sentence."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.groups import dihedral_plane, invariant_subspace, same_group, trivial
from widesym.meanfield.described import Described, Description, described, relative_deviation
from widesym.meanfield.units import network, neuron_unit

TURN, FLIP = ((0.0, -1.0), (1.0, 0.0)), ((1.0, 0.0), (0.0, -1.0))
SQUARE, STILL = (TURN, FLIP), ((0,), (0,))
PLUS = tuple(tuple((*row, 0.0) for row in m) + ((0.0, 0.0, 1.0),) for m in SQUARE)
BUMP = Description(SQUARE, STILL, unit="custom", formula="z[2:] * exp(-sum((x - z[:2])**2))", action=PLUS)


def test_neuron_of_the_square_is_the_librarys():
    found = described(Description(SQUARE, STILL))
    plane = dihedral_plane(4)
    library = neuron_unit(plane, trivial(plane.group))
    x, theta = jax.random.normal(jax.random.key(1), (5, 2)), jax.random.normal(jax.random.key(2), (7, 3))
    np.testing.assert_allclose(network(found.unit, theta, x), network(library, theta, x), rtol=1e-14)
    np.testing.assert_allclose(
        invariant_subspace(found.unit.action).projector,
        invariant_subspace(library.action).projector,
        atol=1e-12,
    )
    assert found.unit.compiled == "neuron" and found.closed and len(found.words) == 8
    assert found.deviation < 1e-14 < 1e-2 < found.control


def test_same_description_is_made_once():
    assert described(Description(SQUARE, STILL)) is described(Description(SQUARE, STILL))


@pytest.mark.parametrize(
    ("description", "dimension"),
    [
        (Description(((1, 2, 0),), ((1, 2, 0),), unit="matrix"), 3),
        (Description(((1, 0, 2), (1, 2, 0)), ((1, 0, 2), (1, 2, 0)), activation="relu"), 2),
        (Description(SQUARE, SQUARE, unit="matrix", activation="tanh"), 1),
        (Description(((("cos(2*pi/3)", "-sqrt(3)/2"), ("sqrt(3)/2", "-1/2")),), ((0,),)), 1),
        (BUMP, 1),
        (Description(((0,),), ((0,),), unit="custom", formula="exp(-z**2*x**2)", action=(((-1.0,),),)), 0),
        (Description((), (), lie_inputs=(TURN,), lie_outputs=(((0.0,),),)), 1),
        (Description((FLIP,), ((0,),), lie_inputs=(TURN,), lie_outputs=(((0.0,),),), nodes=6), 1),
        (Description((), (), lie_inputs=(TURN,), lie_outputs=(TURN,), activation="erf"), 0),
    ],
)
def test_dimension_of_the_invariant_subspace(description, dimension):
    found = described(description)
    assert isinstance(found, Described) and found.deviation < 1e-12
    assert invariant_subspace(found.unit.action).dim == dimension
    assert same_group(found.unit.rho_in.group, found.unit.action.group)


def test_tanh_of_signed_outputs_is_equivariant_and_sigmoid_is_not():
    described(Description(SQUARE, SQUARE, unit="matrix", activation="tanh"))
    with pytest.raises(ValueError, match=r"not jointly equivariant: at element \d, s1"):
        described(Description(SQUARE, SQUARE, unit="matrix"))


def test_deviation_finds_a_broken_action():
    unit = described(Description(SQUARE, STILL)).unit
    still = dataclasses.replace(unit, action=trivial(unit.action.group, 3))
    assert relative_deviation(still)[0] > 1e-2 and relative_deviation(unit)[0] < 1e-14


def test_nodes_of_a_circle_train_inside_a_compiled_step():
    """Matrices at nodes are there before JAX traces: no tracer may get into them."""
    unit = described(Description((), (), lie_inputs=(TURN,), lie_outputs=(((0.0,),),), nodes=5)).unit

    @jax.jit
    def turned(x):
        return jnp.asarray(unit.rho_in.matrices) @ x

    assert turned(jnp.ones(2)).shape == (5, 2)


BAD = [
    ({"inputs": ()}, "no generators on inputs"),
    ({"outputs": ()}, "no generators on outputs"),
    ({"outputs": ((0,),)}, "2 generators on inputs and 1 on outputs"),
    ({"inputs": (TURN, ((1.0,),))}, "have dimensions 2, 1"),
    ({"inputs": (((2.0, 0.0), (0.0, 1.0)), FLIP)}, "is not orthogonal"),
    ({"inputs": ((("cos(1)", "-sin(1)"), ("sin(1)", "cos(1)")), FLIP)}, "more than max_order=1000 elements"),
    ({"inputs": ((("sqt(3)", 0.0), (0.0, 1.0)), FLIP)}, "generator 1 on inputs: the formula 'sqt(3)'"),
    ({"max_order": 7}, "more than max_order=7 elements"),
    ({"max_order": 0}, "max_order must be from 1"),
    ({"outputs": ((1, 2, 0), (0, 1, 2))}, "s2 s1 s2 = s1^3 on inputs, but not on outputs"),
    ({"unit": "nuron"}, "unknown unit 'nuron'; valid: matrix, neuron, custom"),
    ({"activation": "selu"}, "unknown activation 'selu'; valid: sigmoid, tanh, relu, softplus, erf"),
    ({"unit": "matrix", "outputs": SQUARE}, "not jointly equivariant"),
    ({"formula": "x"}, "takes no formula"),
    ({"action": PLUS}, "takes no formula and no action"),
    ({"unit": "custom"}, "needs a formula"),
    ({"unit": "custom", "formula": "x"}, "no generators on parameters"),
    ({"unit": "custom", "formula": "x", "action": (TURN,)}, "2 generators on inputs and 1 on parameters"),
    ({"unit": "custom", "formula": "x", "action": PLUS}, "gives shape (2,)"),
    ({"unit": "custom", "formula": "x + z", "action": PLUS}, "fails at 'x + z'"),
    ({"unit": "custom", "formula": "z[:1] * x[0]", "action": PLUS}, "not jointly equivariant: at element"),
    ({"unit": "custom", "formula": "z[2:] * log(x[0])", "action": PLUS}, "is not finite"),
    ({"lie_outputs": (TURN,)}, "on outputs or parameters but not on inputs"),
    ({"lie_inputs": (TURN,)}, "no Lie algebra elements on outputs"),
    ({"lie_inputs": (TURN,), "lie_outputs": (TURN, TURN)}, "1 Lie algebra elements on inputs and 2 on"),
    ({"lie_inputs": (TURN,), "lie_outputs": (TURN,)}, "component generators on outputs have dimension 1"),
    ({"lie_inputs": (FLIP,), "lie_outputs": (((0.0,),),)}, "is not skew"),
    ({"lie_inputs": (((0.0, -0.5), (0.5, 0.0)),), "lie_outputs": (((0.0,),),)}, "close after a whole turn"),
    ({"inputs": (), "outputs": (), "lie_inputs": (TURN, TURN),
      "lie_outputs": (TURN, ((0.0, 0.0), (0.0, 0.0)))}, "dimension 1 on inputs but 2 on inputs and outputs"),
    ({"nodes": 0}, "nodes must be from 1"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_every_mistake_is_one_sentence(change, message):
    with pytest.raises(ValueError) as caught:
        described(dataclasses.replace(Description(SQUARE, STILL), **change))
    assert message in str(caught.value) and "\n" not in str(caught.value)
