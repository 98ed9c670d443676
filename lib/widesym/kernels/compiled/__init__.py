"""The CPU fast path: the recursion over all offsets, in vector registers, compiled by numba.

About 1.3 cycles a number and layer, NNGP and NTK together (``benchmarks/kernels.py``), where the
arithmetic alone needs 1.0. What makes it fast:

* a vector holds the same two pixels of one image and of ``LANES`` others, so that no lane is ever idle,
  whatever the size of the image and of the offset, and every load is one whole register;
* one layer is one pass over two maps that stay in the second-level cache;
* the angle costs one square root and two short polynomials (:mod:`.steps`);
* factors 1/9, weight variances and biases are in the per-image tables (:mod:`.tables`).

Nothing here is public: :func:`widesym.kernels.pairs.kernels_of` chooses this path.
"""

from pathlib import Path

from widesym.machine_code import import_compiled

for _name in ("layout", "recursion"):
    import_compiled(__name__, Path(__file__).parent, _name)
