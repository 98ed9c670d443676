r"""Noisy SGD of shallow networks: clouds of N particles under several coupled training schemes.

One step ([MF], equation (5)), with step size :math:`s=\alpha/N`, for the quadratic loss
:math:`\ell=\|\hat y-y\|^2` and the penalty :math:`r=\|z\|^2` (no factor 1/2 in either):

.. math::
    \theta_i\leftarrow\theta_i-s\Big(\tfrac1B\sum_b\nabla_z\sigma_*(X_b,\theta_i)\cdot\nabla_1\ell(\Phi(X_b),Y_b)
    +\tau\nabla r(\theta_i)\Big)+\sqrt{2\beta s}\,\xi_i,

with the batch seen through the scheme (:mod:`widesym.meanfield.schemes`) and, if asked,
:math:`\xi_i` projected to :math:`\mathcal E^G`. All schemes of a repetition share start, batches,
group elements and noise (:mod:`widesym.meanfield.draws`).

Two paths compute the same thing: ``jax`` (a scan; any unit, any device) and ``compiled`` (numba, on
the CPU, for the matrix unit, the sigmoid neuron and the bump). Letters: R repetitions, S schemes, T
snapshots, N particles, D = dim Z, B batch, K orbit points of a datum.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from widesym.groups import invariant_subspace
from widesym.meanfield.compiled import sgd as compiled_sgd
from widesym.meanfield.compiled.units import KINDS
from widesym.meanfield.draws import draw
from widesym.meanfield.samples import Sample
from widesym.meanfield.schemes import Scheme
from widesym.meanfield.teachers import Teacher
from widesym.meanfield.units import Unit, network

BACKENDS = ("auto", "jax", "compiled")
PRECISIONS = {"float32": np.float32, "float64": np.float64}


@dataclasses.dataclass(frozen=True)
class SGD:
    r"""The hyperparameters of noisy SGD: step :math:`\alpha/N`, penalty :math:`\tau`, noise :math:`\beta`.

    ``project_noise`` replaces each :math:`\xi_i` by :math:`P_{\mathcal E^G}\xi_i`, for every scheme.
    Defaults are those of [MF], Appendix F, from a strongly invariant start.

    Raises:
        ValueError: alpha or batch not positive, tau or beta negative.
    """

    alpha: float = 50.0
    tau: float = 1e-4
    beta: float = 1e-6
    batch: int = 20
    project_noise: bool = True

    def __post_init__(self) -> None:
        """Refuse values for which the step is not defined."""
        if not (self.alpha > 0 and np.isfinite(self.alpha)):
            raise ValueError(f"alpha must be positive, got {self.alpha}: the step size is alpha / N")
        if not (self.tau >= 0 and self.beta >= 0 and np.isfinite(self.tau + self.beta)):
            raise ValueError(f"tau and beta must not be negative, got tau={self.tau}, beta={self.beta}")
        if self.batch < 1:
            raise ValueError(f"batch must be at least 1, got {self.batch}")


class Divergence(FloatingPointError):
    """A cloud's sum of squares stopped being finite; the message names the step, N and the scheme."""


class Trajectory(NamedTuple):
    """Snapshots of a simulation: ``steps`` (T,), ``clouds`` (R, S, T, N, D) in the run's precision."""

    steps: np.ndarray
    clouds: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class _Run:
    """Everything a path needs, checked."""

    data: Teacher | Sample
    schemes: tuple[Scheme, ...]
    theta: np.ndarray  # (R, N, D)
    keys: Array  # (R,)
    sgd: SGD
    at: tuple[int, ...]
    projector: np.ndarray  # (D, D)

    def start(self) -> np.ndarray:
        """Return the clouds (R, S, N, D) at step 0: one start for all schemes, projected for EA."""
        starts = [
            self.theta @ self.projector.astype(self.theta.dtype) if s.projected else self.theta
            for s in self.schemes
        ]
        return np.stack(starts, axis=1)

    def fail(self, repetition: int, scheme: int, step: int) -> None:
        """Raise :class:`Divergence` for the given place."""
        raise Divergence(
            f"{self.schemes[scheme].name}: the cloud of N={self.theta.shape[1]} particles is not finite "
            f"after step {step + 1} (repetition {repetition}, data {self.data.name}, "
            f"alpha={self.sgd.alpha}, {self.theta.dtype}); a smaller alpha keeps it bounded"
        )


def simulate(
    data: Teacher | Sample,
    schemes: Sequence[Scheme],
    theta: ArrayLike,
    keys: Array,
    sgd: SGD,
    at: Sequence[int],
    *,
    precision: str = "float32",
    backend: str = "auto",
    threads: int = 1,
    report: Callable[[int], None] | None = None,
) -> Trajectory:
    """Train clouds under several coupled schemes and return snapshots of them.

    Args:
        data: the data law, a teacher network's or a sample's; its unit is the student's unit.
        schemes: S training schemes, all run from the same start with the same draws.
        theta: the starts, (R, N, D).
        keys: one typed key a repetition, (R,).
        sgd: hyperparameters.
        at: the steps after which a snapshot is kept, increasing; the last one ends the run.
        precision: ``"float32"`` or ``"float64"``, of the whole run; draws are float32 in both.
        backend: ``"jax"``, ``"compiled"``, or ``"auto"``: compiled where it can.
        threads: repetitions computed at once on the compiled path; the numbers do not depend on it.
        report: called with the number of repetitions that have reached each snapshot (progress).

    Returns:
        The snapshots, (R, S, T, N, D), NumPy.

    Raises:
        ValueError: bad shapes, steps, precision or backend; a unit that the compiled path does not know.
        Divergence: a cloud stopped being finite. Source: [MF], equation (5).
    """
    run = _checked(data, schemes, theta, keys, sgd, at, precision)
    chosen = _choose(backend, data)
    clouds = _compiled(run, threads, report) if chosen == "compiled" else _scanned(run, report)
    return Trajectory(np.array(run.at), clouds)


def _checked(data, schemes, theta, keys, sgd, at, precision) -> _Run:
    if precision not in PRECISIONS:
        raise ValueError(f"unknown precision {precision!r}; valid: {', '.join(PRECISIONS)}")
    theta = np.asarray(theta, PRECISIONS[precision])
    D = data.unit.D
    if theta.ndim != 3 or theta.shape[2] != D or 0 in theta.shape:
        raise ValueError(f"starts must have shape (R, N, {D}) with R, N >= 1, got {theta.shape}")
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
    projector = invariant_subspace(data.unit.action).projector
    return _Run(data, tuple(schemes), theta, keys, sgd, at, projector)


def _choose(backend: str, data: Teacher | Sample) -> str:
    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r}; valid: {', '.join(BACKENDS)}")
    known = data.unit.compiled is not None and isinstance(data, Teacher)
    if backend == "compiled" and not known:
        raise ValueError(
            f"the compiled path does not know {data.name!r} with the unit {data.unit.name!r} (it knows "
            "teachers with the matrix unit, the sigmoid neuron or the bump of width 1); use backend='jax'"
        )
    if backend == "auto":
        return "compiled" if known and jax.default_backend() == "cpu" else "jax"
    return backend


def _segments(at: Sequence[int]) -> list[tuple[int, int]]:
    return list(zip((0, *at[:-1]), at, strict=True))


def _compiled(run: _Run, threads: int, report: Callable[[int], None] | None) -> np.ndarray:
    """Run repetitions through the numba kernel, each on one core."""
    unit, sgd, real = run.data.unit, run.sgd, run.theta.dtype
    orbits = {"alone": compiled_sgd.ALONE, "sampled": compiled_sgd.SAMPLED, "whole": compiled_sgd.WHOLE}
    # copies: to numba an array that must not be written is another type, and a type costs 15 s of compiling
    fixed = (
        np.array(run.data.theta.T, real, order="C"),
        run.data.scale,
        np.array(unit.rho_in.matrices, real, order="C"),
        np.array(unit.rho_out.matrices, real, order="C"),
        np.array(run.projector, real, order="C"),
        np.array([orbits[s.orbit] for s in run.schemes]),
        np.array([s.averaged for s in run.schemes]),
        np.array([s.projected for s in run.schemes]),
        sgd.project_noise, sgd.alpha, sgd.tau, sgd.beta, sgd.batch,
    )  # fmt: skip
    kind = KINDS[unit.compiled]
    starts, keys = run.start(), np.asarray(jax.random.key_data(run.keys), np.uint32)

    def one(repetition: int) -> np.ndarray:
        clouds = np.ascontiguousarray(starts[repetition].transpose(0, 2, 1))  # (S, D, N)
        snapshots = []
        for first, last in _segments(run.at):
            step, scheme = compiled_sgd.run(kind, clouds, keys[repetition], first, last, *fixed)
            if step >= 0:
                run.fail(repetition, scheme, step)
            snapshots.append(clouds.transpose(0, 2, 1).copy())
            if report is not None:
                report(1)
        return np.stack(snapshots, axis=1)  # (S, T, N, D)

    if threads == 1:
        return np.stack([one(r) for r in range(len(starts))])
    with ThreadPoolExecutor(threads) as pool:
        return np.stack(list(pool.map(one, range(len(starts)))))


def _scanned(run: _Run, report: Callable[[int], None] | None) -> np.ndarray:
    """Run all repetitions through one jitted scan a segment."""
    clouds, snapshots = jnp.asarray(run.start()), []
    for first, last in _segments(run.at):
        advance = _advance(run.data, run.schemes, run.sgd)
        clouds, failed = advance(clouds, run.keys, first, last - first)
        failed = np.asarray(failed)  # (R, S), -1 where finite
        if (failed >= 0).any():
            repetition, scheme = np.argwhere(failed >= 0)[0]
            run.fail(int(repetition), int(scheme), int(failed[repetition, scheme]))
        snapshots.append(np.asarray(clouds))
        if report is not None:
            report(len(clouds))
    return np.stack(snapshots, axis=2)


@functools.lru_cache(maxsize=32)
def _advance(data: Teacher | Sample, schemes: tuple[Scheme, ...], sgd: SGD) -> Callable:
    """Return the jitted ``(clouds (R, S, N, D), keys (R,), first, count) -> (clouds, failed (R, S))``."""
    projector = invariant_subspace(data.unit.action).projector

    def step(carry: tuple[Array, Array], t: Array, key: Array) -> tuple[tuple[Array, Array], None]:
        clouds, failed = carry  # (S, N, D), (S,)
        unit, real = data.unit, clouds.dtype
        N, D = clouds.shape[1:]
        drawn = draw(key, t, batch=sgd.batch, d=unit.d, order=unit.rho_in.group.order, N=N, D=D)
        x, y = data.batch(key, t, drawn, real)
        kick = (
            jnp.float32(np.sqrt(2 * sgd.beta * sgd.alpha / N)) * drawn.xi
            if sgd.beta > 0
            else jnp.zeros((N, D))
        )
        if sgd.project_noise:
            kick = kick.astype(real) @ jnp.asarray(projector, real)
        after = []
        for index, scheme in enumerate(schemes):
            theta = clouds[index]
            slope = loss_gradient(unit, scheme, theta, x, y, drawn.g)
            # slope carries the 1/N of the mean, the penalty does not
            theta = theta - real.type(sgd.alpha) * slope - real.type(2 * sgd.alpha * sgd.tau / N) * theta
            theta = theta + kick.astype(real)
            after.append(theta @ jnp.asarray(projector, real) if scheme.projected else theta)
        clouds = jnp.stack(after)
        # the sum of squares, as on the compiled path: both paths stop at the same step
        finite = jnp.isfinite((clouds**2).sum(axis=(1, 2)))
        return (clouds, jnp.where((failed < 0) & ~finite, t, failed)), None

    @functools.partial(jax.jit, static_argnums=3)
    def advance(clouds: Array, keys: Array, first: int, count: int) -> tuple[Array, Array]:
        def one(cloud: Array, key: Array) -> tuple[Array, Array]:
            steps = first + jnp.arange(count, dtype=jnp.int32)
            start = (cloud, jnp.full(len(schemes), -1, jnp.int32))
            return jax.lax.scan(functools.partial(step, key=key), start, steps)[0]

        return jax.vmap(one)(clouds, keys)

    return advance


def loss_gradient(unit: Unit, scheme: Scheme, theta: Array, x: Array, y: Array, g: Array) -> Array:
    r"""Return the derivative by the cloud of the batch's mean loss, as the scheme sees the batch.

    .. math:: \frac1N\,\frac1{B|K|}\sum_{b,k}\nabla_z\sigma_*(\rho_kx_b,\theta_i)\cdot r_{kb}

    Args:
        unit: the unit, with its representations.
        scheme: how the batch is seen.
        theta: the cloud, (N, D).
        x: inputs, (B, d).
        y: targets, (B, c).
        g: group elements, (B,) ints, used by sampled orbits only.

    Returns:
        (N, D). Source: [MF], Section 3.1 and :mod:`widesym.meanfield.schemes`.
    """
    real = theta.dtype
    rho_in, rho_out = (jnp.asarray(rep.matrices, real) for rep in (unit.rho_in, unit.rho_out))
    n, B = len(rho_in), len(x)
    elements = {
        "alone": jnp.zeros((1, B), jnp.int32),  # the identity has index 0
        "sampled": g[None],
        "whole": jnp.broadcast_to(jnp.arange(n)[:, None], (n, B)),
    }[scheme.orbit]  # (K, B)
    points = jnp.einsum("kbij,bj->kbi", rho_in[elements], x)
    rho = rho_out[elements]  # (K, B, c, c)

    def predict(theta: Array) -> Array:
        return network(unit, theta, points.reshape(-1, unit.d)).reshape(*points.shape[:2], unit.c)

    prediction, pull_back = jax.vjp(predict, theta)
    if scheme.averaged:
        residual = jnp.einsum("kbji,kbj->bi", rho, prediction) / len(rho) - y
        residual = jnp.einsum("kbij,bj->kbi", rho, residual)
    else:
        residual = prediction - jnp.einsum("kbij,bj->kbi", rho, y)
    (slope,) = pull_back(2 * residual / residual[..., 0].size)
    return slope


def start_cloud(
    key: Array, N: int, data: Teacher | Sample, *, spread: float = 0.25, invariant: bool = True
) -> np.ndarray:
    r"""Return a start (N, D) float64: entries :math:`\mathcal N(0,\text{spread}^2)`, weakly invariant.

    With ``invariant`` it is projected to :math:`\mathcal E^G`, and strongly invariant: one key gives
    the same cloud before projection. Source: [MF], Appendix F (spread 1/4).
    """
    theta = spread * np.asarray(jax.random.normal(key, (N, data.unit.D), jnp.float32), np.float64)
    return theta @ invariant_subspace(data.unit.action).projector if invariant else theta
