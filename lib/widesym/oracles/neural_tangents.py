r"""Neural Tangents 0.6.5 on current JAX: its closed-form half, without TensorFlow.

The package gives, for an architecture written in ``stax``, the kernels of infinitely wide networks

.. math:: \mathcal K(x,x') = \lim_{n\to\infty} E\,f(x)f(x'), \qquad
    \Theta(x,x') = \lim_{n\to\infty} \langle\nabla_\theta f(x),\nabla_\theta f(x')\rangle .

Its own ``__init__`` fails on current JAX and asks for TensorFlow, both for finite networks only. So the
package is made without running it, its finite half is left out, and two names that JAX dropped are lent while
it is imported.
"""

import functools
import importlib
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from typing import NamedTuple

import jax
import jax._src.core
import jax.core

_PACKAGE = "neural_tangents"
_FINITE_HALF = f"{_PACKAGE}._src.empirical"


class NeuralTangents(NamedTuple):
    """The closed-form half: ``stax`` (layers and kernels), ``predict`` (regression), ``batching`` (tiles)."""

    stax: types.ModuleType
    predict: types.ModuleType
    batching: types.ModuleType


@functools.cache
def load() -> NeuralTangents:
    """Import the closed-form half of Neural Tangents; later calls return the same modules.

    Returns:
        The modules ``stax``, ``predict`` and ``batching``, documented at neural-tangents.readthedocs.io.

    Raises:
        ImportError: Neural Tangents is not installed.

    Source: Novak et al., Neural Tangents, ICLR 2020.
    """
    spec = PathFinder.find_spec(_PACKAGE)  # by path: does not look at what an earlier, failed attempt left
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(
            "Neural Tangents is not installed; remedy: pip install --no-deps neural-tangents==0.6.5"
        )
    package = types.ModuleType(_PACKAGE)
    package.__path__ = list(spec.submodule_search_locations)
    finite = types.ModuleType(_FINITE_HALF)
    finite.__getattr__ = _placeholder
    sys.modules |= {_PACKAGE: package, _FINITE_HALF: finite}
    with _lent(jax.core, "ShapedArray", jax._src.core.ShapedArray), _lent(jax.random, "KeyArray", jax.Array):
        names = ("stax", "predict", "_src.batching")
        return NeuralTangents(*(importlib.import_module(f"{_PACKAGE}.{name}") for name in names))


def _placeholder(name: str) -> type:
    """Stand for a name of the finite half: the other modules import some, and only annotate with them."""
    if name.startswith("__"):  # tools that look through sys.modules ask for __file__ and the like
        raise AttributeError(name)
    return type(name, (), {})


@contextmanager
def _lent(module: types.ModuleType, name: str, value: object) -> Iterator[None]:
    if name in vars(module):  # there already, and JAX itself may need it
        yield
        return
    setattr(module, name, value)
    try:
        yield
    finally:
        delattr(module, name)
