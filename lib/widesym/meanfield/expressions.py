r"""Formulas typed by a user: numbers such as ``"sqrt(3)/2"`` and units such as ``"tanh(z[:2] @ x) * z[2:]"``.

A formula is parsed to a syntax tree, and the tree is walked: constants, the names given, arithmetic,
comparisons, indexing and calls of the functions listed here mean what they mean in Python and jax.numpy;
everything else is refused by name. Nothing of the text is ever handed to Python's ``eval``, so that a formula
can compute numbers and do nothing else.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

ACTIVATIONS: dict[str, Callable] = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "softplus": jax.nn.softplus,
    "erf": jax.scipy.special.erf,
}
_ARRAY_FUNCTIONS: dict[str, Callable] = {
    **ACTIVATIONS,
    **{
        name: getattr(jnp, name)
        for name in (
            "abs", "arctan", "concatenate", "cos", "cosh", "dot", "exp", "log", "log1p", "max", "maximum",
            "mean", "min", "minimum", "outer", "prod", "ravel", "reshape", "sin", "sinh", "sqrt", "square",
            "stack", "sum", "transpose", "vdot", "where",
        )
    },
    "gelu": jax.nn.gelu,
    "silu": jax.nn.silu,
    "norm": jnp.linalg.norm,
}  # fmt: skip
_NUMBER_FUNCTIONS: dict[str, Callable] = {
    name: getattr(math, name) for name in ("sqrt", "cos", "sin", "tan", "exp", "log")
}
# what may stand before a function's name, so that lines can be copied from other code
_PREFIXES = ("jnp", "np", "numpy", "jax.numpy", "jax.nn", "jax.scipy.special", "jnp.linalg", "math")
_METHODS = ("dot", "mean", "ravel", "reshape", "sum", "transpose")
_CONSTANTS = {"pi": math.pi}
_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.MatMult: operator.matmul,
}
_UNARY = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_COMPARE = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
_LONGEST = 1000  # characters
_DEEPEST = 40  # levels of nesting: the walk calls itself
_LARGEST = 10**6  # entries of any array on the way


def number(text: str) -> float:
    """Return the value of a formula of numbers, such as ``"-sqrt(3)/2"`` or ``"cos(2*pi/5)"``.

    Raises:
        ValueError: what is not arithmetic of numbers, ``pi`` and the functions sqrt, cos, sin, tan, exp, log.
    """
    walker = _Walker(text, _NUMBER_FUNCTIONS, ())
    value = walker.value({})
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{text!r} gives {value!r}: must be a finite number")
    return float(value)


def function(text: str, arguments: tuple[str, ...]) -> Callable[..., jax.Array]:
    """Return the function of arrays that a formula describes, written in jax.numpy.

    Args:
        text: such as ``"jnp.tanh(z[:2] @ x) * z[2:]"``. ``jnp.`` and ``jax.nn.`` may be left out.
        arguments: the names of the arguments in their order, such as ``("x", "z")``.

    Returns:
        The function; it can be differentiated, mapped and compiled by JAX.

    Raises:
        ValueError: no Python expression, or one with an unknown name, function or construct. Errors that
            depend on shapes come when the function is called: ValueError and TypeError.
    """
    walker = _Walker(text, _ARRAY_FUNCTIONS, arguments)

    def apply(*values: jax.Array) -> jax.Array:
        return jnp.asarray(walker.value(dict(zip(arguments, values, strict=True))))

    return apply


class _Walker:
    """One formula, parsed and checked; ``value`` computes it."""

    def __init__(self, text: str, functions: Mapping[str, Callable], arguments: tuple[str, ...]) -> None:
        self.text, self.functions, self.arguments = text, functions, arguments
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"a formula must be a text, got {text!r}; for example 'tanh(z[:2] @ x) * z[2:]'")
        if len(text) > _LONGEST:
            raise ValueError(f"a formula may have {_LONGEST} characters, not {len(text)}; shorten it")
        try:
            self.tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, MemoryError, RecursionError) as error:
            reason = getattr(error, "msg", None) or type(error).__name__
            raise ValueError(f"the formula {text!r} is no Python expression: {reason}") from None
        self._check(self.tree, 0)

    def _refuse(self, node: ast.AST, remedy: str) -> None:
        raise ValueError(f"the formula {self.text!r} may not contain {ast.unparse(node)!r}: {remedy}")

    def _check(self, node: ast.AST, depth: int) -> None:
        """Refuse every construct that has no meaning here, before anything is computed."""
        if depth > _DEEPEST:
            raise ValueError(f"the formula {self.text!r} is nested too deeply; at most {_DEEPEST} levels")
        match node:
            case ast.Constant(value=value) if value is None or type(value) in (bool, int, float):
                children = []
            case ast.Name(id=name):
                if name not in (*self.arguments, *_CONSTANTS):
                    valid = ", ".join((*self.arguments, *_CONSTANTS))
                    self._refuse(node, f"the name is unknown; valid: {valid}")
                children = []
            case ast.BinOp(left=left, right=right):
                if type(node.op) is ast.Pow:
                    if not isinstance(_literal(right), int | float) or abs(_literal(right)) > 64:
                        self._refuse(node, "a power needs an exponent that is a number from -64 to 64")
                elif type(node.op) not in _BINARY:
                    self._refuse(node, "of the operations there are + - * / ** @")
                children = [left, right]
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                children = [operand]
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
                children = [left, right]
            case ast.Tuple(elts=children) | ast.List(elts=children):
                pass
            case ast.Subscript(value=value, slice=index):
                children = [value, index]
            case ast.Slice(lower=lower, upper=upper, step=step):
                children = [part for part in (lower, upper, step) if part is not None]
            case ast.Attribute(value=value, attr="T"):
                children = [value]
            case ast.Call(func=called, args=arguments, keywords=keywords):
                children = [*self._called(node, called), *arguments]
                for keyword in keywords:
                    if keyword.arg not in ("axis", "keepdims"):
                        self._refuse(node, "of the keywords there are axis and keepdims")
                    children.append(keyword.value)
            case _:
                self._refuse(
                    node, f"only arithmetic of {', '.join(self.arguments) or 'numbers'} and functions"
                )
        for child in children:
            self._check(child, depth + 1)

    def _called(self, node: ast.AST, called: ast.AST) -> list[ast.AST]:
        """Check what is called; return the array whose method it is, if it is one."""
        name = ast.unparse(called)
        prefix, _, last = name.rpartition(".")
        if isinstance(called, ast.Name | ast.Attribute) and (not prefix or prefix in _PREFIXES):
            if last not in self.functions:
                valid = ", ".join(sorted(self.functions))
                self._refuse(node, f"the function {last} is unknown; valid: {valid}")
            return []
        if isinstance(called, ast.Attribute) and called.attr in _METHODS and self.arguments:
            return [called.value]
        self._refuse(node, f"of the methods there are {', '.join(_METHODS)}")
        return []

    def value(self, names: Mapping[str, Any]) -> Any:
        """Compute the formula with values for its arguments."""
        return self._value(self.tree, {**_CONSTANTS, **names})

    def _value(self, node: ast.AST, names: Mapping[str, Any]) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return names[name]
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return tuple(self._value(part, names) for part in parts)
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(*(None if p is None else self._value(p, names) for p in (lower, upper, step)))
        children, compute = self._operation(node, names)
        values = [self._value(child, names) for child in children]
        try:
            result = compute(*values)
        except (TypeError, ValueError, IndexError, ArithmeticError, AttributeError) as error:
            reason = str(error).split("\n")[0]
            raise ValueError(f"the formula {self.text!r} fails at {ast.unparse(node)!r}: {reason}") from None
        if getattr(result, "size", 0) > _LARGEST:
            raise ValueError(
                f"the formula {self.text!r} makes an array of {result.size} entries at "
                f"{ast.unparse(node)!r}; at most {_LARGEST} are allowed"
            )
        return result

    def _operation(self, node: ast.AST, names: Mapping[str, Any]) -> tuple[list[ast.AST], Callable]:
        """Return the operands of a node and the function of their values."""
        match node:
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                exponent = _literal(right)
                return [left], lambda base: _float(base) ** exponent
            case ast.BinOp(left=left, op=op, right=right):
                return [left, right], lambda a, b: _BINARY[type(op)](_operand(a), _operand(b))
            case ast.UnaryOp(op=op, operand=operand):
                return [operand], lambda a: _UNARY[type(op)](_operand(a))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return [left, right], _COMPARE[type(op)]
            case ast.Subscript(value=value, slice=index):
                return [value, index], operator.getitem
            case ast.Attribute(value=value):
                return [value], lambda array: array.T
            case ast.Call(func=called, args=arguments, keywords=keywords):
                own = self._called(node, called)
                options = {keyword.arg: self._value(keyword.value, names) for keyword in keywords}
                if own:
                    method = called.attr
                    return [*own, *arguments], lambda array, *rest: getattr(array, method)(*rest, **options)
                known = self.functions[ast.unparse(called).rpartition(".")[2]]
                return list(arguments), lambda *values: known(*values, **options)
        raise AssertionError(node)  # _check lets nothing else through


def _literal(node: ast.AST) -> Any:
    """Return the number that a node spells, with its sign, or None."""
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        inner = _literal(node.operand)
        return None if inner is None else _UNARY[type(node.op)](inner)
    spelled = isinstance(node, ast.Constant) and type(node.value) in (int, float)
    return node.value if spelled else None


def _float(value: Any) -> Any:
    # integer powers of Python grow without bound
    return float(value) if isinstance(value, int) else _operand(value)


def _operand(value: Any) -> Any:
    if isinstance(value, tuple):
        raise ValueError("a list is no array; use stack or concatenate")
    return value
