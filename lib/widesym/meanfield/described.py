r"""A unit from a description of plain values: generators, the name of a unit or a formula.

What a user of the book knows of a symmetry is what its generators do to inputs and to outputs. Here these
become one group, its representations, and a :class:`~widesym.meanfield.units.Unit` whose joint equivariance
:math:`\sigma_*(\rho_gx,M_gz)=\hat\rho_g\sigma_*(x,z)` has been checked at every element:

=========  ==================================  ==========================================
name       :math:`\sigma_*(x,z)`               :math:`M_g`
=========  ==================================  ==========================================
matrix     :math:`\sigma(zx)`                  :math:`z\mapsto\hat\rho_g z\rho_g^\top`
neuron     :math:`v\,\sigma(u\cdot x)`         :math:`(u,v)\mapsto(\rho_gu,\hat\rho_gv)`
custom     a formula in ``x`` and ``z``        given by its generators
=========  ==================================  ==========================================

Shapes as in :mod:`widesym.meanfield.units`; ``k`` generators. Source: [MF], Section 2.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.groups import CompactRepresentation, at_nodes, haar_nodes, hom, invariant_subspace
from widesym.groups.finite import MAX_ORDER
from widesym.groups.lie import compact_from_lie, is_circle, lie_closure, lie_nodes
from widesym.groups.matching import (
    block_diagonal_of,
    close_matrices,
    generator_matrices,
    lie_matrices,
    matching_representations,
)
from widesym.meanfield.expressions import ACTIVATIONS, function, number
from widesym.meanfield.units import Action, Unit, neuron_unit

UNITS = ("matrix", "neuron", "custom")
# Worst deviation from joint equivariance, relative to the largest output: float64 rounding with room.
EQUIVARIANT = 1e-10
_POINTS = 24  # inputs and parameters at which equivariance is tried, all pairs
_SAMPLES = 24  # elements of a continuous group at which it is tried
_SEED = 5  # of these: the same description is judged the same way every time


@dataclasses.dataclass(frozen=True)
class Description:
    """A group and a unit in plain values; hashable, so that it is checked once.

    Args:
        inputs: generators on inputs: matrices of numbers (or texts such as ``"sqrt(3)/2"``), or permutations.
        outputs: the same generators on outputs.
        unit: ``matrix``, ``neuron`` or ``custom``.
        activation: of ``matrix`` and ``neuron``: sigmoid, tanh, relu, softplus or erf.
        formula: of ``custom``: an expression in ``x`` (inputs) and ``z`` (parameters) in jax.numpy.
        action: of ``custom``: the same generators on parameters.
        max_order: largest group to enumerate.
        lie_inputs, lie_outputs, lie_action: for a continuous group, skew matrices: elements of its Lie
            algebra on each space. ``inputs``, ``outputs`` and ``action`` then generate its components, and
            may be empty.
        nodes: for a continuous group, how many elements stand for it in training: equal turns of a circle,
            else Haar samples.
    """

    inputs: tuple
    outputs: tuple
    unit: str = "neuron"
    activation: str = "sigmoid"
    formula: str = ""
    action: tuple = ()
    max_order: int = 1000
    lie_inputs: tuple = ()
    lie_outputs: tuple = ()
    lie_action: tuple = ()
    nodes: int = 16


@dataclasses.dataclass(frozen=True, eq=False)
class Described:
    """A description made real: the unit, a word for each element, and how equivariant the unit is.

    Args:
        unit: the unit with its three representations.
        words: each element of a finite group as a product of the generators ``s1``, ``s2``, ...; of a
            continuous one the names of the samples at which equivariance was tried.
        deviation: worst deviation from joint equivariance, relative to the largest output.
        control: the same when each parameter is replaced by another one after it was moved.
        closed: whether the elements used in training form a group: all of a finite one, turns of a circle.
    """

    unit: Unit
    words: tuple[str, ...]
    deviation: float
    control: float
    closed: bool


@functools.lru_cache(maxsize=64)
def described(description: Description) -> Described:
    """Make the group and the unit of a description and check everything about them.

    Raises:
        ValueError: one sentence with the value, the rule and the remedy: no generators, generators that do
            not match, a group too large, an unknown unit or activation, a formula that is refused or does not
            fit, a unit that is not jointly equivariant.
    """
    _check_names(description)
    make = _continuous if description.lie_inputs else _finite
    found, tried, words = make(description)
    unit, judged = _unit(description, found), _unit(description, tried)
    try:
        invariant_subspace(unit.action)
    except RuntimeError as error:
        raise ValueError(f"the generators are not accurate enough: {error}") from None
    deviation, element = relative_deviation(judged)
    if not deviation <= EQUIVARIANT:
        raise ValueError(
            f"unit {unit.name!r} is not jointly equivariant: at element {element}, {words[element]}, "
            f"|sigma(rho_g x, M_g z) - rho'_g sigma(x, z)| reaches {deviation:.3g} times the largest output "
            f"(allowed {EQUIVARIANT:g}); {_REMEDY[description.unit]}"
        )
    control, _ = relative_deviation(judged, shift=1)
    closed = not description.lie_inputs or is_circle(unit.action.group.group.algebra)
    return Described(unit, words, deviation, control, closed)


def _finite(description: Description) -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]:
    """Return the representations by space, those to judge equivariance by (the same), and words."""
    spaces = _spaces(description, generator_matrices, "")
    faithful = {what: generators for what, generators in spaces.items() if what != "outputs"}
    found, words = matching_representations(
        faithful, {"outputs": spaces["outputs"]}, max_order=description.max_order
    )
    return found, found, words


def _continuous(description: Description) -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]:
    """Return the representations at nodes, those at Haar samples that judge equivariance, and names."""
    elements = _spaces(description, lie_matrices, "lie_")
    dims = [matrices.shape[1] for matrices in elements.values()]
    components = {what: np.zeros((0, dim, dim)) for what, dim in zip(elements, dims, strict=True)}
    if description.inputs or description.outputs or description.action:
        components = _spaces(description, generator_matrices, "")
    for what, matrices in elements.items():
        for which, stack in (("Lie algebra elements", elements), ("component generators", components)):
            if len(stack[what]) != len(stack["inputs"]):
                raise ValueError(
                    f"{len(stack['inputs'])} {which} on inputs and {len(stack[what])} on {what}: they must "
                    "match one by one"
                )
        if components[what].shape[1] != matrices.shape[1]:
            raise ValueError(
                f"component generators on {what} have dimension {components[what].shape[1]}, Lie algebra "
                f"elements {matrices.shape[1]}: both act on one space"
            )
    alone = lie_closure(elements["inputs"], components["inputs"])
    joint = block_diagonal_of(list(elements.values()))
    between = block_diagonal_of(list(components.values()))
    algebra = lie_closure(joint, between)
    pair = ("inputs", "outputs")
    both = lie_closure(
        *(block_diagonal_of([stack[what] for what in pair]) for stack in (elements, components))
    )
    if len(both) > len(alone):
        raise ValueError(
            f"the Lie algebra has dimension {len(alone)} on inputs but {len(both)} on inputs and outputs: "
            "something that leaves inputs alone moves outputs; give on outputs what the same transformations "
            "do there, in the same order"
        )
    if len(algebra) == 1 and not is_circle(algebra):
        raise ValueError(
            "the single Lie algebra element A must close after a whole turn, exp(2 pi A) = I on every space: "
            "scale it so that its eigenvalues are integer multiples of i"
        )
    finite = np.eye(algebra.shape[1])[None]
    if len(between):
        finite = close_matrices(between, "all spaces", description.max_order).elements
    group = compact_from_lie(f"compact group of dimension {len(algebra)}", algebra, between, finite)
    ends = np.cumsum([0, *dims])
    blocks = [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]
    reps = {
        what: CompactRepresentation(group, lambda g, block=block: g[block, block], what, 1)
        for what, block in zip(elements, blocks, strict=True)
    }
    nodes = lie_nodes(group, finite, description.nodes, _SEED)
    samples = haar_nodes(group, _SAMPLES, _SEED)
    words = tuple(f"sample {i}" for i in range(samples.order))
    at = [{what: at_nodes(rep, where) for what, rep in reps.items()} for where in (nodes, samples)]
    return at[0], at[1], words


def _spaces(description: Description, read: Callable, prefix: str) -> dict[str, np.ndarray]:
    """Read the matrices on every space: inputs, outputs, and parameters of a custom unit."""
    fields = {"inputs": "inputs", "outputs": "outputs"}
    if description.unit == "custom":
        fields["parameters"] = "action"
    return {
        what: read(getattr(description, prefix + field), what, number=number)
        for what, field in fields.items()
    }


_REMEDY = {
    "matrix": "the activation acts on each coordinate, so outputs must be permuted (or change sign, for an "
    "odd activation); unit 'neuron' takes any outputs",
    "neuron": "check that the generators are accurate",
    "custom": "check the formula against the generators on parameters",
}


def _check_names(description: Description) -> None:
    if description.unit not in UNITS:
        raise ValueError(f"unknown unit {description.unit!r}; valid: {', '.join(UNITS)}")
    if description.activation not in ACTIVATIONS:
        raise ValueError(f"unknown activation {description.activation!r}; valid: {', '.join(ACTIVATIONS)}")
    if (description.lie_outputs or description.lie_action) and not description.lie_inputs:
        raise ValueError("a Lie algebra is given on outputs or parameters but not on inputs; give it on both")
    own = description.formula or description.action or description.lie_action
    if description.unit != "custom" and own:
        raise ValueError(
            f"unit {description.unit!r} takes no formula and no action on parameters; choose unit 'custom' "
            "for these, or leave them empty"
        )
    if description.unit == "custom" and not description.formula:
        raise ValueError("unit 'custom' needs a formula in x and z, such as 'tanh(z[:2] @ x) * z[2:]'")
    whole = isinstance(description.max_order, int) and not isinstance(description.max_order, bool)
    if not whole or not 1 <= description.max_order <= MAX_ORDER:
        raise ValueError(f"max_order must be from 1 to {MAX_ORDER}, got {description.max_order!r}")
    if not 1 <= description.nodes <= MAX_ORDER:
        raise ValueError(f"nodes must be from 1 to {MAX_ORDER}, got {description.nodes!r}")


def _unit(description: Description, found: dict[str, Action]) -> Unit:
    rho_in, rho_out = found["inputs"], found["outputs"]
    if description.unit == "custom":
        return _custom_unit(description.formula, rho_in, rho_out, found["parameters"])
    activation = ACTIVATIONS[description.activation]
    if description.unit == "neuron":
        return neuron_unit(rho_in, rho_out, activation)
    d, c = rho_in.dim, rho_out.dim

    def apply(x: Array, z: Array) -> Array:
        return activation(z.reshape(c, d) @ x)

    # as units.matrix_unit, for any activation; the check of equivariance takes the place of its own check
    known = "matrix" if description.activation == "sigmoid" else None
    return Unit(f"{description.activation}(zx)", apply, rho_in, rho_out, hom(rho_in, rho_out), compiled=known)


def _custom_unit(formula: str, rho_in: Action, rho_out: Action, action: Action) -> Unit:
    compute = function(formula, ("x", "z"))
    x, z = (jax.ShapeDtypeStruct((rep.dim,), np.float64) for rep in (rho_in, action))
    shape = jax.eval_shape(compute, x, z).shape
    if shape != (rho_out.dim,):
        raise ValueError(
            f"the formula {formula!r} gives shape {shape} for x of shape ({rho_in.dim},) and z of shape "
            f"({action.dim},), but the outputs' generators act on shape ({rho_out.dim},); make them agree"
        )

    def apply(x: Array, z: Array) -> Array:
        return compute(x, z).astype(jnp.result_type(x, z))

    return Unit(formula, apply, rho_in, rho_out, action)


def relative_deviation(unit: Unit, *, shift: int = 0) -> tuple[float, int]:
    r"""Return the worst deviation from joint equivariance at random points, and the element where it is.

    .. math:: \max_{g,x,z}\|\sigma_*(\rho_gx,M_gz)-\hat\rho_g\sigma_*(x,z)\|_\infty \big/
        \max(1,\max_{x,z}\|\sigma_*(x,z)\|_\infty)

    over 24 standard Gaussian inputs and parameters, all pairs, float64. A ``shift`` compares with the
    parameter that is so many places further: a control that must deviate.

    Raises:
        ValueError: an output that is not finite; names the unit.
    """
    key_x, key_z = jax.random.split(jax.random.key(_SEED))
    x = np.asarray(jax.random.normal(key_x, (_POINTS, unit.d), jnp.float64))
    z = np.asarray(jax.random.normal(key_z, (_POINTS, unit.D), jnp.float64))
    pairs = jax.jit(jax.vmap(jax.vmap(unit.apply, in_axes=(None, 0)), in_axes=(0, None)))
    plain = np.asarray(pairs(x, z))
    if not np.isfinite(plain).all():
        raise ValueError(
            f"unit {unit.name!r} is not finite at some Gaussian inputs and parameters: it must be defined "
            "everywhere; a square root or a logarithm needs a positive argument"
        )
    scale = max(1.0, np.abs(plain).max())
    matrices = zip(unit.rho_in.matrices, unit.action.matrices, unit.rho_out.matrices, strict=True)
    worst = [
        np.abs(np.asarray(pairs(x @ rho.T, np.roll(z, shift, axis=0) @ M.T)) - plain @ out.T).max() / scale
        for rho, M, out in matrices
    ]
    return float(np.max(worst)), int(np.argmax(worst))
