r"""Kernels of infinitely wide networks: NNGP and NTK of FCN, LCN, VEC, LAP and GAP.

- :mod:`widesym.kernels.gram`: kernel matrices of any size, kept in tiles and shared by processes;
- :mod:`widesym.kernels.tiles`: the tiles, and what determines each;
- :mod:`widesym.kernels.regression`: predictions, learning curves and the choice of the ridge;
- :mod:`widesym.kernels.pairs`: the kernels of two sets of images;
- :mod:`widesym.kernels.images`: what is computed once an image;
- :mod:`widesym.kernels.offsets`: the decomposition by offsets, and what each readout needs of it;
- :mod:`widesym.kernels.readout`: from pooled covariances to kernels;
- :mod:`widesym.kernels.activations`: closed forms for ReLU and erf;
- :mod:`widesym.kernels.reference`: the recursion in JAX;
- :mod:`widesym.kernels.batched`, :mod:`widesym.kernels.fused`: the same for a GPU, plain and in Pallas;
- :mod:`widesym.kernels.paths`: which of these computes a matrix on this machine.
"""

from widesym import numerics

numerics.enable()
