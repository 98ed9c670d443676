"""A value that is one machine register of numbers, for loops that must not be left to a vectoriser.

``load`` takes neighbouring numbers of a flat array, ``store`` puts them back, ``splat`` repeats one;
``+ - * /`` act number by number, and so do the functions below. No fast-math: what is written is what
runs, so that the bits do not depend on how the code around is compiled. A vector has ``LANES`` numbers,
what one register of this machine holds. Everything here is callable from compiled code only.
"""

import operator

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import get_or_insert_function
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable
from numba.np.arrayobj import make_array


def _bytes_of_a_register() -> int:
    features = llvmlite.binding.get_host_cpu_features()
    if features.get("avx512f"):
        return 64
    return 32 if features.get("avx2") else 16


WIDTH = _bytes_of_a_register()
LANES = {np.dtype(real): WIDTH // np.dtype(real).itemsize for real in (np.float32, np.float64)}
_INDEX = ir.IntType(32)


class Vector(types.Type):
    """The numba type of one register of ``element`` numbers."""

    def __init__(self, element: types.Float) -> None:
        """Make the type of vectors of float32 or float64."""
        self.element = element
        self.lanes = WIDTH * 8 // element.bitwidth
        super().__init__(name=f"vector<{self.lanes} x {element}>")


@register_model(Vector)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, kind):
        real = ir.FloatType() if kind.element == types.float32 else ir.DoubleType()
        super().__init__(manager, kind, ir.VectorType(real, kind.lanes))


VECTORS = {real: Vector(real) for real in (types.float32, types.float64)}


def _repeat(builder, kind, number):
    """A vector of ``kind`` (LLVM) whose every lane is ``number``."""
    start = builder.insert_element(ir.Constant(kind, ir.Undefined), number, _INDEX(0))
    zeros = ir.Constant(ir.VectorType(_INDEX, kind.count), [0] * kind.count)
    return builder.shuffle_vector(start, ir.Constant(kind, ir.Undefined), zeros)


def _address(context, builder, array_type, array, index, kind):
    start = make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(start, [index]), kind.as_pointer())


def _call(builder, name, kind, *operands):
    """Call LLVM's own function ``name`` on vectors of ``kind``."""
    real = "f32" if kind.element == ir.FloatType() else "f64"
    function = ir.FunctionType(kind, [kind] * len(operands))
    name = f"llvm.{name}.v{kind.count}{real}"
    return builder.call(get_or_insert_function(builder.module, function, name), operands)


def _arithmetic(operation, emit):
    @type_callable(operation)
    def typer(context):
        def of(a, b):
            if isinstance(a, Vector) and a == b:
                return a

        return of

    @lower_builtin(operation, Vector, Vector)
    def lower(context, builder, signature, operands):
        return emit(builder)(*operands)


_arithmetic(operator.add, lambda builder: builder.fadd)
_arithmetic(operator.sub, lambda builder: builder.fsub)
_arithmetic(operator.mul, lambda builder: builder.fmul)
_arithmetic(operator.truediv, lambda builder: builder.fdiv)


@intrinsic
def lanes(typing, array):
    """Return how many numbers of the array's type a vector has, a constant."""

    def emit(context, builder, signature, operands):
        return context.get_constant(types.intp, VECTORS[signature.args[0].dtype].lanes)

    return types.intp(array), emit


@intrinsic
def load(typing, array, index):
    """Return the vector ``array[index : index + LANES]`` of a flat array."""

    def emit(context, builder, signature, operands):
        kind = context.get_value_type(signature.return_type)
        address = _address(context, builder, signature.args[0], *operands, kind)
        return builder.load(address, align=signature.args[0].dtype.bitwidth // 8)

    return VECTORS[array.dtype](array, types.intp), emit


@intrinsic
def repeat(typing, array, index):
    """Return the vector that repeats ``array[index]`` of a flat array; ``index`` is not negative."""

    def emit(context, builder, signature, operands):
        array, index = operands
        data = make_array(signature.args[0])(context, builder, array).data
        kind = context.get_value_type(signature.return_type)
        return _repeat(builder, kind, builder.load(builder.gep(data, [index])))

    return VECTORS[array.dtype](array, types.intp), emit


@intrinsic
def store(typing, array, index, value):
    """Set ``array[index : index + LANES]`` of a flat array."""

    def emit(context, builder, signature, operands):
        array, index, value = operands
        address = _address(context, builder, signature.args[0], array, index, value.type)
        builder.store(value, address, align=signature.args[0].dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, value), emit


@intrinsic
def splat(typing, number):
    """Return the vector that repeats a float32 or float64."""

    def emit(context, builder, signature, operands):
        return _repeat(builder, context.get_value_type(signature.return_type), operands[0])

    return VECTORS[number](number), emit


def _elementwise(name, count, document):
    """Make an intrinsic of ``count`` vectors out of LLVM's function ``name``."""

    def emit(context, builder, signature, operands):
        return _call(builder, name, operands[0].type, *operands)

    if count == 1:

        def function(typing, a):
            return a(a), emit

    elif count == 2:

        def function(typing, a, b):
            return a(a, a), emit

    else:

        def function(typing, a, b, c):
            return a(a, a, a), emit

    function.__doc__ = document
    return intrinsic(function)


fma = _elementwise("fma", 3, "Return ``a b + c``, rounded once.")
sqrt = _elementwise("sqrt", 1, "Return the square root of each number.")
minimum = _elementwise("minnum", 2, "Return the smaller of each two numbers.")
maximum = _elementwise("maxnum", 2, "Return the larger of each two numbers.")


@intrinsic
def fnma(typing, a, b, c):
    """Return ``c - a b``, rounded once."""

    def emit(context, builder, signature, operands):
        a, b, c = operands
        return _call(builder, "fma", a.type, builder.fneg(a), b, c)

    return a(a, a, a), emit


@intrinsic
def fms(typing, a, b, c):
    """Return ``a b - c``, rounded once."""

    def emit(context, builder, signature, operands):
        a, b, c = operands
        return _call(builder, "fma", a.type, a, b, builder.fneg(c))

    return a(a, a, a), emit


@intrinsic
def constant(typing, number, like):
    """Return the vector of the type of ``like`` that repeats ``number``."""

    def emit(context, builder, signature, operands):
        number = context.cast(builder, operands[0], signature.args[0], like.element)
        return _repeat(builder, operands[1].type, number)

    return like(number, like), emit


@intrinsic
def where_negative(typing, test, a, b):
    """Return ``a`` where ``test`` is below 0, else ``b``."""

    def emit(context, builder, signature, operands):
        test, a, b = operands
        zero = ir.Constant(test.type, [0.0] * test.type.count)
        return builder.select(builder.fcmp_ordered("<", test, zero), a, b)

    return test(test, test, test), emit


@intrinsic
def accumulate(typing, array, index, value):
    """Add a vector to ``array[index : index + LANES]`` of a flat float64 array."""

    def emit(context, builder, signature, operands):
        array, index, value = operands
        kind = ir.VectorType(ir.DoubleType(), value.type.count)
        address = _address(context, builder, signature.args[0], array, index, kind)
        if value.type != kind:
            value = builder.fpext(value, kind)
        builder.store(builder.fadd(builder.load(address, align=8), value), address, align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, value), emit


@intrinsic
def polynomial(typing, coefficients, x):
    """Return the polynomial of ``x`` with a tuple of coefficients, highest power first, by Horner's rule."""

    def emit(context, builder, signature, operands):
        coefficients, x = operands
        value = builder.extract_value(coefficients, 0)
        for term in range(1, len(signature.args[0])):
            value = _call(builder, "fma", x.type, value, x, builder.extract_value(coefficients, term))
        return value

    return x(coefficients, x), emit


@intrinsic
def splats(typing, numbers):
    """Return the tuple of vectors that repeat the numbers of a tuple."""
    kind = types.UniTuple(VECTORS[numbers.dtype], len(numbers))

    def emit(context, builder, signature, operands):
        vector = context.get_value_type(kind.dtype)
        parts = [builder.extract_value(operands[0], i) for i in range(len(kind))]
        return context.make_tuple(builder, kind, [_repeat(builder, vector, part) for part in parts])

    return kind(numbers), emit
