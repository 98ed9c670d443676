"""Machine code: compiled once, before the many processes of a build need it.

Numba compiles a function for every type of its arguments, up to 15 s each, and keeps the machine code on
disk. Four processes that start together would each compile the same. So a build compiles first, in jobs of
their own, and the computations that run compiled code wait for them; the others do not.

JAX compiles every program for its shapes, in every process anew: five seconds a network, often more than half
the time of a small computation. So the processes of a build share a folder, by JAX's own persistent cache.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from widesym.fingerprint import fingerprint

# what is compiled together, by the module whose presence in a computation's code says that it is needed
MODULES = {
    "particles": "widesym.meanfield.compiled.sgd",
    "layers": "widesym.meanfield.compiled.deep",
    "kernels": "widesym.kernels.compiled.recursion",
}
PRECISIONS = ("float32", "float64")


def needed(modules: Iterable[str]) -> tuple[str, ...]:
    """Return the machine code that these modules run: names, with a digest of the sources in each."""
    present = set(modules)
    return tuple(
        f"{name}-{fingerprint(module)[:16]}" for name, module in MODULES.items() if module in present
    )


def shared(folder: Path) -> dict[str, str]:
    """Return the variables by which processes share the programs that JAX compiles; the folder is emptied.

    Kept for one build: another machine's would not run here, and one half written by a killed process would
    be reported for ever.
    """
    shutil.rmtree(folder, ignore_errors=True)
    return {
        "JAX_COMPILATION_CACHE_DIR": str(folder),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        # XLA takes preferences of some processors, as Cascade Lake, for features that they lack, and says
        # so at every program: https://github.com/jax-ml/jax/issues/38445
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def particles() -> None:
    """Compile SGD of particles, and the assignment of one cloud to another."""
    import jax
    import numpy as np

    from widesym.meanfield.assignment import assign
    from widesym.meanfield.dynamics import SGD, simulate
    from widesym.meanfield.schemes import scheme
    from widesym.meanfield.teachers import paper_teacher

    teacher, keys = paper_teacher("WI"), jax.random.split(jax.random.key(0), 1)
    start = np.random.default_rng(0).normal(size=(1, 30, teacher.unit.D))
    for precision in PRECISIONS:
        simulate(
            teacher, [scheme("vanilla")], start, keys, SGD(), (1,), precision=precision, backend="compiled"
        )
    assign(start[0], start[0][::-1] ** 2)


def layers() -> None:
    """Compile SGD of residual networks, in double precision: no experiment trains them in the other."""
    import jax
    import numpy as np

    from widesym.meanfield.deep import ResidualNetwork, deep_teacher
    from widesym.meanfield.deep_dynamics import simulate_deep
    from widesym.meanfield.dynamics import SGD
    from widesym.meanfield.schemes import scheme
    from widesym.meanfield.teachers import paper_unit

    keys, model = jax.random.split(jax.random.key(0), 1), ResidualNetwork(paper_unit())
    start = np.random.default_rng(0).normal(size=(1, 2, 3, model.unit.D))
    teacher = deep_teacher("arbitrary", model, start[0, 0], depth=2, scale=1.0)
    simulate_deep(
        teacher, [scheme("vanilla")], start, keys, SGD(), (1,), precision="float64", backend="compiled"
    )


def kernels() -> None:
    """Compile the kernels' recursion, for both activations."""
    import numpy as np

    from widesym.architectures import Architecture
    from widesym.kernels.pairs import pair_kernels

    images = np.random.default_rng(0).normal(size=(2, 4, 4, 3))
    for activation in ("relu", "erf"):
        for precision in PRECISIONS:
            pair_kernels(
                Architecture("GAP", depth=1, activation=activation),
                images,
                precision=precision,
                backend="compiled",
            )


COMPILE: dict[str, Callable[[], None]] = {"particles": particles, "layers": layers, "kernels": kernels}


def main(arguments: list[str] | None = None) -> int:
    """Compile what a name asks for: ``python -m widesym.book.pipeline.compilation particles-DIGEST``."""
    (name,) = sys.argv[1:] if arguments is None else arguments
    COMPILE[name.partition("-")[0]]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
