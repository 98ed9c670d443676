r"""The mean-field view: units, laws of particles, transport between them, and their dynamics under SGD.

- :mod:`widesym.meanfield.units`, :mod:`widesym.meanfield.bumps`, :mod:`widesym.meanfield.described`,
  :mod:`widesym.meanfield.expressions`: units with their joint equivariance, ready-made or described;
- :mod:`widesym.meanfield.schemes`, :mod:`widesym.meanfield.losses`, :mod:`widesym.meanfield.teachers`,
  :mod:`widesym.meanfield.samples`: what is trained, and on what;
- :mod:`widesym.meanfield.dynamics`, :mod:`widesym.meanfield.draws`: noisy SGD under every scheme;
- :mod:`widesym.meanfield.laws`, :mod:`widesym.meanfield.risks`, :mod:`widesym.meanfield.optimum`: laws made
  symmetric, their risks, and the best of them;
- :mod:`widesym.meanfield.transport`, :mod:`widesym.meanfield.plans`, :mod:`widesym.meanfield.assignment`,
  :mod:`widesym.meanfield.clouds`: distances between clouds, exact, with certificates;
- :mod:`widesym.meanfield.flow`, :mod:`widesym.meanfield.limits`, :mod:`widesym.meanfield.escape`: infinitely
  many particles, how far finite clouds are from them, and how these leave the invariant subspace;
- :mod:`widesym.meanfield.discovery`: the invariant subspace found from data;
- :mod:`widesym.meanfield.deep`, :mod:`widesym.meanfield.deep_dynamics`, :mod:`widesym.meanfield.deep_limit`:
  the same for networks with several layers.
"""

from widesym import numerics

numerics.enable()
