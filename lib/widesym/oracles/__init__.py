r"""Independent computations of what the library computes: for tests, benchmarks and the pages that compare.

- :mod:`widesym.oracles.particles`: one step of noisy SGD, particle by particle, in NumPy float64;
- :mod:`widesym.oracles.residual`: the same of a residual network;
- :mod:`widesym.oracles.flow_1d`: the mean-field flow on the line, in finite volumes;
- :mod:`widesym.oracles.kernels`: kernels of infinite networks by Neural Tangents' layers, and by slow NumPy;
- :mod:`widesym.oracles.neural_tangents`: the closed-form kernels of Neural Tangents on current JAX;
- :mod:`widesym.oracles.skips`: those of infinite residual networks.

Of the library only experiments that compare with them import this package. Slow on purpose, and written from
the formulas alone.
"""
