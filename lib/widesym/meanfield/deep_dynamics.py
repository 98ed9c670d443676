r"""Noisy SGD of residual networks, all layers at once, under several coupled training schemes.

One step for every particle of every layer, with step size :math:`s=\alpha/n`, n = LM (each particle counts,
as in the shallow network with N = LM) or n = L (each layer counts):

.. math::
    z^{i,l}\leftarrow z^{i,l}-s\big(LM\,\partial_{z^{i,l}}\hat R(\theta)+2\tau z^{i,l}\big)
    +\sqrt{2\beta s}\,\xi^{i,l},

where :math:`\hat R` is the mean quadratic loss of the batch as the scheme sees it
(:mod:`widesym.meanfield.schemes`). Its derivative by one particle is of order 1/(LM); times LM, a particle's
drift is of order one, and nT steps are a time :math:`\alpha T` of the flow at any depth. All schemes of a
repetition share start, batches, group elements and noise (:mod:`widesym.meanfield.draws`).

Two paths compute the same thing, as for the shallow network: ``jax`` (any unit, any device) and ``compiled``
(numba, for the matrix unit and the sigmoid neuron). Letters: R repetitions, S schemes, T snapshots, L layers,
M particles a layer, D = dim Z, B batch.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from widesym.groups import invariant_subspace
from widesym.meanfield.compiled import deep as compiled_deep
from widesym.meanfield.compiled import sgd as compiled_sgd
from widesym.meanfield.compiled.units import KINDS
from widesym.meanfield.deep import DeepTeacher, ResidualNetwork
from widesym.meanfield.draws import draw
from widesym.meanfield.dynamics import BACKENDS, PRECISIONS, SGD, Divergence, Trajectory, loss_gradient
from widesym.meanfield.schemes import Scheme

COUNTS = ("particles", "layers")
_CHUNK = 512  # steps drawn at once on the compiled path,
_CHUNK_NUMBERS = 2_000_000  # and normal numbers of their noise: 16 MB


def time_steps(count: str, L: int, M: int) -> int:
    """Return n, the steps in one unit of the horizon: LM if particles count, L if layers do.

    Raises:
        ValueError: another word.
    """
    if count not in COUNTS:
        raise ValueError(f"count must be one of {', '.join(COUNTS)}, got {count!r}")
    return L * M if count == "particles" else L


@dataclasses.dataclass(frozen=True, eq=False)
class _Run:
    """Everything a path needs, checked."""

    teacher: DeepTeacher
    schemes: tuple[Scheme, ...]
    theta: np.ndarray  # (R, L, M, D)
    keys: Array  # (R,)
    sgd: SGD
    at: tuple[int, ...]
    n: int
    projector: np.ndarray  # (D, D)

    def start(self) -> np.ndarray:
        """Return the networks (R, S, L, M, D) at step 0: one start for all schemes, projected for EA."""
        inside = self.theta @ self.projector.astype(self.theta.dtype)
        return np.stack([inside if s.projected else self.theta for s in self.schemes], axis=1)

    def segments(self) -> list[tuple[int, int]]:
        """Return the steps (first, last) between snapshots."""
        return list(zip((0, *self.at[:-1]), self.at, strict=True))

    def fail(self, repetition: int, scheme: int, step: int) -> None:
        """Raise :class:`Divergence` for the given place."""
        _, L, M, _ = self.theta.shape
        raise Divergence(
            f"{self.schemes[scheme].name}: the network of L={L} layers of M={M} particles is not finite "
            f"after step {step + 1} (repetition {repetition}, teacher {self.teacher.name}, "
            f"alpha={self.sgd.alpha}, {self.theta.dtype}); a smaller alpha keeps it bounded"
        )


def simulate_deep(
    teacher: DeepTeacher,
    schemes: Sequence[Scheme],
    theta: ArrayLike,
    keys: Array,
    sgd: SGD,
    at: Sequence[int],
    *,
    count: str = "particles",
    precision: str = "float64",
    backend: str = "auto",
    report: Callable[[int], None] | None = None,
) -> Trajectory:
    """Train residual networks under several coupled schemes and return snapshots of them.

    Args:
        teacher: the data law; its unit and its a are the student's too.
        schemes: S training schemes, all run from the same start with the same draws.
        theta: the starts, (R, L, M, D).
        keys: one typed key a repetition, (R,).
        sgd: hyperparameters; the step size is alpha / n.
        at: the steps after which a snapshot is kept, increasing; the last one ends the run.
        count: what n counts, ``"particles"`` or ``"layers"`` (:func:`time_steps`).
        precision: ``"float32"`` or ``"float64"``, of the whole run; draws are float32 in both.
        backend: ``"jax"``, ``"compiled"``, or ``"auto"``: compiled where it can.
        report: called with the number of repetitions that have reached each snapshot (progress).

    Returns:
        The snapshots, clouds (R, S, T, L, M, D), NumPy.

    Raises:
        ValueError: bad shapes, steps, precision, count or backend; a unit unknown to the compiled path.
        Divergence: a network stopped being finite. Source: [MF], equation (5), applied to every layer.
    """
    run = _checked(teacher, schemes, theta, keys, sgd, at, count, precision)
    chosen = _choose(backend, teacher)
    clouds = _compiled(run, report) if chosen == "compiled" else _scanned(run, report)
    return Trajectory(np.array(run.at), clouds)


def _checked(teacher, schemes, theta, keys, sgd, at, count, precision) -> _Run:
    if precision not in PRECISIONS:
        raise ValueError(f"unknown precision {precision!r}; valid: {', '.join(PRECISIONS)}")
    theta = np.asarray(theta, PRECISIONS[precision])
    D = teacher.model.unit.D
    if theta.ndim != 4 or theta.shape[3] != D or 0 in theta.shape:
        raise ValueError(f"starts must have shape (R, L, M, {D}) with R, L, M >= 1, got {theta.shape}")
    if not np.isfinite(theta).all():
        raise ValueError("starts must be finite; found NaN or infinity")
    if not jnp.issubdtype(keys.dtype, jax.dtypes.prng_key) or keys.shape != theta.shape[:1]:
        raise ValueError(
            f"need one typed key (jax.random.key) a repetition, shape {theta.shape[:1]}, "
            f"got {keys.shape} of {keys.dtype}"
        )
    at = tuple(int(step) for step in at)
    if not at or at[0] < 0 or any(a >= b for a, b in zip(at, at[1:], strict=False)):
        raise ValueError(f"snapshot steps must increase from 0 or more, got {at}")
    if not schemes:
        raise ValueError("no schemes given; pass at least one, such as schemes.scheme('vanilla')")
    n = time_steps(count, *theta.shape[1:3])
    projector = invariant_subspace(teacher.model.unit.action).projector
    return _Run(teacher, tuple(schemes), theta, keys, sgd, at, n, projector)


def _choose(backend: str, teacher: DeepTeacher) -> str:
    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r}; valid: {', '.join(BACKENDS)}")
    known = teacher.model.unit.compiled in ("matrix", "neuron")
    if backend == "compiled" and not known:
        raise ValueError(
            f"the compiled path does not know the unit {teacher.model.unit.name!r} (it knows the matrix unit "
            "and the sigmoid neuron); use backend='jax'"
        )
    if backend == "auto":
        return "compiled" if known and jax.default_backend() == "cpu" else "jax"
    return backend


class _Draws(NamedTuple):
    """What decides the shapes of a step's draws: static for the compiler."""

    model: ResidualNetwork
    sgd: SGD
    shape: tuple[int, int]  # L, M; zeros if there is no noise
    n: int
    real: np.dtype

    def step(self, key: Array, t: Array, teacher: Array, scale: Array, projector: Array) -> tuple:
        """Return inputs and targets (B, d), elements (B,), and kicks (L, M, D) or None if beta = 0."""
        model, sgd = self.model, self.sgd
        order, D = model.rho_in.group.order, model.unit.D
        drawn = draw(key, t, batch=sgd.batch, d=model.d, order=order, N=math.prod(self.shape), D=D)
        x = (scale * drawn.x).astype(self.real)
        y = model.outputs(teacher, x)
        if not sgd.beta > 0:
            return x, y, drawn.g, None
        kick = jnp.float32(np.sqrt(2 * sgd.beta * sgd.alpha / self.n)) * drawn.xi
        kick = kick.reshape(*self.shape, D).astype(self.real)
        return x, y, drawn.g, kick @ projector if sgd.project_noise else kick


def _draws(run: _Run) -> tuple[_Draws, tuple[Array, ...]]:
    """Return what is static about a run's draws, and the arrays: teacher, scale, projector."""
    real, noisy = run.theta.dtype, run.sgd.beta > 0
    # without noise the draws do not depend on the depth: one compilation serves all
    static = _Draws(
        run.teacher.model, run.sgd, run.theta.shape[1:3] if noisy else (0, 0), run.n if noisy else 0, real
    )
    arrays = (
        jnp.asarray(run.teacher.theta, real),
        jnp.float32(run.teacher.scale),
        jnp.asarray(run.projector, real),
    )
    return static, arrays


@functools.partial(jax.jit, static_argnums=(0, 1))
def _drawn(static: _Draws, count: int, key: Array, first: Array, arrays: tuple[Array, ...]) -> tuple:
    """Return the draws of ``count`` steps from ``first`` on, stacked."""
    steps = first + jnp.arange(count, dtype=jnp.int32)
    return jax.lax.map(lambda t: static.step(key, t, *arrays), steps, batch_size=64)


def _factors(run: _Run) -> tuple[float, float]:
    """Return what multiplies the derivative by the cloud and what the cloud keeps: rate, decay."""
    _, L, M, _ = run.theta.shape
    return run.sgd.alpha * L * M / run.n, 1 - 2 * run.sgd.tau * run.sgd.alpha / run.n


def _compiled(run: _Run, report: Callable[[int], None] | None) -> np.ndarray:
    """Run repetitions one by one through the numba kernel, on draws made in pieces."""
    unit, sgd, real = run.teacher.model.unit, run.sgd, run.theta.dtype
    orbits = {"alone": compiled_sgd.ALONE, "sampled": compiled_sgd.SAMPLED, "whole": compiled_sgd.WHOLE}
    rate, decay = _factors(run)
    _, L, M, D = run.theta.shape
    static, arrays = _draws(run)
    chunk = _CHUNK if sgd.beta == 0 else max(1, min(_CHUNK, _CHUNK_NUMBERS // (L * M * D)))
    kind = KINDS[unit.compiled]
    none = np.zeros((chunk, 0, 0, 0), real)
    # to numba an array that must not be written is another type, for which it compiles anew: all draws are
    # such arrays, and nothing else is
    none.setflags(write=False)
    fixed = (
        np.array(unit.rho_in.matrices, real, order="C"),
        np.array(run.projector, real, order="C"),
        np.array([orbits[s.orbit] for s in run.schemes]),
        np.array([s.averaged for s in run.schemes]),
        np.array([s.projected for s in run.schemes]),
        run.teacher.model.a, rate, decay,
    )  # fmt: skip
    result = []
    for repetition, clouds in enumerate(np.ascontiguousarray(run.start())):
        snapshots = []
        for first, last in run.segments():
            for low in range(first, last, chunk):
                high = min(low + chunk, last)
                x, y, g, kick = _drawn(static, chunk, run.keys[repetition], low, arrays)
                kick = none if kick is None else np.asarray(kick)
                inputs, targets, elements = np.asarray(x), np.asarray(y), np.asarray(g, np.int64)
                done = slice(high - low)
                step, scheme = compiled_deep.run(
                    kind, clouds, inputs[done], targets[done], elements[done], kick[done], *fixed
                )
                if step >= 0:
                    run.fail(repetition, scheme, low + step)
            snapshots.append(clouds.copy())
            if report is not None:
                report(1)
        result.append(np.stack(snapshots, axis=1))  # (S, T, L, M, D)
    return np.stack(result)


def _scanned(run: _Run, report: Callable[[int], None] | None) -> np.ndarray:
    """Run all repetitions through one jitted scan a segment."""
    rate, decay = _factors(run)
    static, arrays = _draws(run)
    real, projector = run.theta.dtype, arrays[-1]

    def step(carry: tuple[Array, Array], t: Array, key: Array) -> tuple[tuple[Array, Array], None]:
        clouds, failed = carry  # (S, L, M, D), (S,)
        x, y, g, kick = static.step(key, t, *arrays)
        after = []
        for index, scheme in enumerate(run.schemes):
            # a deep network is a shallow one of a single particle whose unit is the whole network
            slope = loss_gradient(run.teacher.model, scheme, clouds[index][None], x, y, g)[0]
            theta = real.type(decay) * clouds[index] - real.type(rate) * slope
            theta = theta if kick is None else theta + kick
            after.append(theta @ projector if scheme.projected else theta)
        clouds = jnp.stack(after)
        finite = jnp.isfinite((clouds**2).sum(axis=(1, 2, 3)))
        return (clouds, jnp.where((failed < 0) & ~finite, t, failed)), None

    @functools.partial(jax.jit, static_argnums=3)
    def advance(clouds: Array, keys: Array, first: int, steps: int) -> tuple[Array, Array]:
        def one(cloud: Array, key: Array) -> tuple[Array, Array]:
            start = (cloud, jnp.full(len(run.schemes), -1, jnp.int32))
            times = first + jnp.arange(steps, dtype=jnp.int32)
            return jax.lax.scan(functools.partial(step, key=key), start, times)[0]

        return jax.vmap(one)(clouds, keys)

    clouds, snapshots = jnp.asarray(run.start()), []
    for first, last in run.segments():
        clouds, failed = advance(clouds, run.keys, first, last - first)
        failed = np.asarray(failed)  # (R, S), -1 where finite
        if (failed >= 0).any():
            repetition, scheme = np.argwhere(failed >= 0)[0]
            run.fail(int(repetition), int(scheme), int(failed[repetition, scheme]))
        snapshots.append(np.asarray(clouds))
        if report is not None:
            report(len(clouds))
    return np.stack(snapshots, axis=2)
