r"""Independent computations of what the library computes: for tests, benchmarks and the pages that compare.

- :mod:`widesym.oracles.particles`: one step of noisy SGD, particle by particle, in NumPy float64;
- :mod:`widesym.oracles.neural_tangents`: the closed-form kernels of Neural Tangents on current JAX;
- :mod:`widesym.oracles.skips`: those of infinite residual networks.

Nothing else in the library imports this package. Slow on purpose, and written from the formulas alone.
"""
