"""Formulas: what they mean, and that nothing but arithmetic gets through."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.meanfield.expressions import ACTIVATIONS, function, number

X, Z = jnp.array([0.3, -1.2]), jnp.array([0.5, -0.7, 1.1, 2.0])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-sqrt(3)/2", -math.sqrt(3) / 2),
        ("cos(2*pi/5)", math.cos(2 * math.pi / 5)),
        ("2**-2 + 1", 1.25),
        ("-1", -1.0),
    ],
)
def test_numbers(text, value):
    assert number(text) == value


@pytest.mark.parametrize(
    "text", ["x", "1/0", "sqrt(-1)", "1e999", "True", "'3'", "(1, 2)", "tanh(1)", "", "2**x"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError):
        number(text)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("jnp.tanh(z[:2] @ x) * z[2:]", lambda x, z: jnp.tanh(z[:2] @ x) * z[2:]),
        ("z.reshape(2, 2) @ x", lambda x, z: z.reshape(2, 2) @ x),
        ("where(x > 0, x**2, -x / 2)", lambda x, z: jnp.where(x > 0, x**2, -x / 2)),
        ("concatenate([x, z[::2]], axis=0)", lambda x, z: jnp.concatenate([x, z[::2]])),
        ("stack([sum(x), jax.nn.relu(z[0]) - 1])", lambda x, z: jnp.stack([x.sum(), z[0] - 1])),
        ("z.reshape(2, 2).T @ x + pi", lambda x, z: z.reshape(2, 2).T @ x + jnp.pi),
        ("z[2:] * exp(-sum((x - z[:2])**2))", lambda x, z: z[2:] * jnp.exp(-jnp.sum((x - z[:2]) ** 2))),
    ],
)  # fmt: skip
def test_formula_is_what_python_makes_of_it(text, same):
    made = function(text, ("x", "z"))
    np.testing.assert_allclose(made(X, Z), same(X, Z), rtol=1e-14)
    np.testing.assert_allclose(jax.jacobian(made, 1)(X, Z), jax.jacobian(same, 1)(X, Z), rtol=1e-12)
    np.testing.assert_allclose(jax.jit(made)(X, Z), same(X, Z), rtol=1e-12)


def test_every_activation_can_be_named():
    for name, activation in ACTIVATIONS.items():
        np.testing.assert_array_equal(function(f"{name}(x)", ("x",))(X), activation(X))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("__import__('os')", "the function __import__ is unknown"),
        ("x.__class__", "only arithmetic"),
        ("open", "the name is unknown; valid: x, z, pi"),
        ("x.__class__.__mro__()", "of the methods there are"),
        ("jnp.load(x)", "the function load is unknown"),
        ("os.system(x)", "of the methods there are"),
        ("jnp.linalg.__dict__(x)", "the function __dict__ is unknown"),
        ("(lambda: 1)()", "of the methods there are"),
        ("[i for i in x]", "only arithmetic"),
        ("x if x else z", "only arithmetic"),
        ("'text'", "only arithmetic"),
        ("f'{x}'", "only arithmetic"),
        ("x & z", "of the operations there are"),
        ("9**9**9", "a power needs an exponent"),
        ("x**z", "a power needs an exponent"),
        ("sum(*x)", "only arithmetic"),
        ("sum(x, dtype=x)", "of the keywords there are axis and keepdims"),
        ("z[", "is no Python expression"),
        ("x = 3", "is no Python expression"),
        ("-" * 100 + "x", "nested too deeply"),
        ("x + " * 400 + "x", "1000 characters"),
        ("", "must be a text"),
    ],
)
def test_everything_else_is_refused_before_it_is_computed(text, reason):
    with pytest.raises(ValueError) as caught:
        function(text, ("x", "z"))
    assert reason in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x + z", "fails at 'x + z'"),
        ("x[:1] @ z", "fails at 'x[:1] @ z'"),
        ("(9**64)**64", "fails at"),
        ("z @ [1, 2]", "a list is no array"),
        ("outer(outer(outer(z, z), outer(z, z)), outer(outer(z, z), outer(outer(z, z), z)))", None),
        ("outer(outer(outer(outer(z,z), outer(z,z)), outer(outer(z,z), outer(z,z))), outer(z,z))", "entries"),
    ],
)
def test_what_depends_on_shapes_names_the_place(text, reason):
    made = function(text, ("x", "z"))
    if reason is None:
        assert jax.eval_shape(made, X, Z).size == 4**9
        return
    with pytest.raises(ValueError) as caught:
        jax.eval_shape(made, X, Z)  # nothing is allocated
    assert reason in str(caught.value) and "\n" not in str(caught.value)
