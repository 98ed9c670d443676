"""Distances between clouds: closed form and certified assignment against POT's linear programme.

    python benchmarks/transport.py [--cores 1]

RMD of a cloud to its projection (closed form, O(N)) and W2 between two coupled and two independent
clouds (assignment with certificate), against ``ot.emd2`` on the same clouds; values must agree.
"""

import argparse

import timing

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--cores", type=int, default=1)
timing.pin(parser.parse_args().cores)

import numpy as np  # noqa: E402
import ot  # noqa: E402

from widesym.groups import invariant_subspace  # noqa: E402
from widesym.meanfield.laws import project  # noqa: E402
from widesym.meanfield.teachers import paper_unit  # noqa: E402
from widesym.meanfield.transport import wasserstein2_squared, wasserstein2_squared_to_projection  # noqa: E402
from widesym.study.provenance import device  # noqa: E402

N = 2000
AGREE = 1e-10  # relative, float64


def pot(x: np.ndarray, y: np.ndarray) -> float:
    weights = np.full(len(x), 1 / len(x))
    return ot.emd2(weights, weights, ot.dist(x, y), numItermax=10**7)


def main() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, 4))
    fixed = invariant_subspace(paper_unit().action)
    near, far = x + 0.1 * rng.standard_normal((N, 4)), rng.standard_normal((N, 4))
    work = {
        "to the projection": (lambda: wasserstein2_squared_to_projection(x, fixed), project(x, fixed)),
        "coupled clouds": (lambda: wasserstein2_squared(x, near), near),
        "independent clouds": (lambda: wasserstein2_squared(x, far), far),
    }
    rows = []
    for name, (ours, y) in work.items():
        assert abs(ours() / pot(x, y) - 1) < AGREE, name
        seconds, theirs = timing.best(ours), timing.best(lambda y=y: pot(x, y), repeats=2)
        rows.append((name, f"{seconds * 1e3:.3g}", f"{theirs * 1e3:.0f}", f"{theirs / seconds:.0f}×"))
    title = f"Exact squared W2 at N = {N}, D = 4; {device()}; POT {ot.__version__}"
    timing.show(title, ("clouds", "ours, ms", "POT emd2, ms", "ratio"), rows)


if __name__ == "__main__":
    main()
