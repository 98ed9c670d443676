r"""Finite networks: the Flax twins of the architectures, and the two theorems about them as programs.

- :mod:`widesym.networks.models`: FCN, LCN, VEC, LAP and GAP with given widths;
- :mod:`widesym.networks.parametrisations`: NTK, standard, mean-field and mu-parametrisation, as exponents;
- :mod:`widesym.networks.convolutions`: circular convolutions, with and without shared weights;
- :mod:`widesym.networks.embeddings`: weights of the larger network from the smaller one (Theorem 3.1);
- :mod:`widesym.networks.actions`: what a transformation of images does to first-layer weights (Theorem 4.1);
- :mod:`widesym.networks.paired`: training on transformed images beside training with transformed weights;
- :mod:`widesym.networks.empirical`: NNGP and NTK of a finite network, and the NTK's largest eigenvalue;
- :mod:`widesym.networks.residual`, :mod:`widesym.networks.mixing`: a residual network, a network of patches;
- :mod:`widesym.networks.training`: momentum SGD of many runs at once.
"""

from widesym import numerics

numerics.enable()
