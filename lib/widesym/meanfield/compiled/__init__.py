"""The CPU fast path: noisy SGD compiled by numba, one core a repetition.

On the paper's unit a step costs about 0.33 ns a sigmoid, forward and pull-back together, against
1.8 ns for the JAX scan (``benchmarks/sgd_steps.py``, N = 5000, without noise). What makes it fast:

* particles are stored coordinate-major, in blocks that stay in the first-level cache together with
  their gradients;
* the sigmoid is a rational tanh (float32), and the 2x2 matrix unit's two divisions become one;
* the pull-back needs only ``sigma' = 1/4 - t^2`` with ``t = sigma - 1/2``, which the forward
  pass keeps;
* the noise is JAX's own threefry, evaluated in vector registers once for all schemes.

Nothing here is public: :func:`widesym.meanfield.dynamics.simulate` chooses this path.
"""

from pathlib import Path

from widesym.machine_code import import_compiled

for _name in ("sgd", "deep"):
    import_compiled(__name__, Path(__file__).parent, _name)
