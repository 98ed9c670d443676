r"""What is exact about deep networks, its negative controls, and the mean ODE: one shard of ``beyond.deep``.

* ``equivariance``: the worst deviation of a hidden state from equivariant, for SI, WI and arbitrary layers;
* ``broken_equivariance``, ``broken_gap``: the same for SI layers of a unit that is not jointly equivariant,
  and how far whole-orbit augmentation takes its particles from EA;
* ``averaging_gap``: layers symmetrised one by one against the network averaged over the group, by depth;
* ``noise_rmd``: training by FA with the noise projected, and not;
* ``limit_error``, ``wrong_limit_error``, ``euler_error``: outputs against the mean ODE, by depth.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from widesym.groups import cyclic_rotation, dihedral_polygon, hom, invariant_subspace
from widesym.meanfield.deep import (
    DeepTeacher,
    ResidualNetwork,
    deep_teacher,
    layer_rmd_squared_to_projection,
    start_layers,
)
from widesym.meanfield.deep_dynamics import simulate_deep, time_steps
from widesym.meanfield.deep_limit import averaged_outputs, layer_deviations, limit_outputs, symmetrise_layers
from widesym.meanfield.dynamics import SGD
from widesym.meanfield.schemes import scheme
from widesym.meanfield.units import Unit, neuron_unit

LAWS = ("SI", "WI", "arbitrary")
AVERAGING_DEPTHS = (1, 10, 100)
LIMIT_DEPTHS = (10, 30, 100, 300, 1000)
NOISE_DEPTHS = (10, 30)
_DEPTH = 50  # of the networks whose layers are tested
_POINTS = 64
_DRAWS = 100  # networks a depth for the mean ODE: the slope is then known to about 0.05
_RUNS = 4  # trainings a control


def broken_unit() -> Unit:
    """Return the matrix unit with the plane turned by thirds: the sigmoid does not commute with turns."""
    turn = cyclic_rotation(3)

    def apply(x: jax.Array, z: jax.Array) -> jax.Array:
        return jax.nn.sigmoid(z.reshape(2, 2) @ x)

    return Unit("sigmoid(zx), turned", apply, turn, turn, hom(turn, turn))


def measure(config: Any, teachers: Sequence[DeepTeacher]) -> dict[str, np.ndarray]:
    """Return everything listed above.

    Args:
        config: a config of ``beyond.deep``.
        teachers: the arbitrary teacher of each unit that is trained there, the paper's unit first.
    """
    key = jax.random.fold_in(jax.random.key(config.seed), 0)
    triangle = dihedral_polygon(3)
    tested = [t.model for t in teachers] + [ResidualNetwork(neuron_unit(triangle, triangle), config.a)]
    keys = jax.random.split(jax.random.fold_in(key, 1), len(tested))
    return {
        "equivariance": np.array([_deviations(config, m, k) for m, k in zip(tested, keys, strict=True)]),
        "averaging_gap": np.array([_averaging_gaps(config, t, key) for t in teachers]),
        **_broken(config, teachers[0], jax.random.fold_in(key, 2)),
        "noise_rmd": _with_noise(config, teachers[0], jax.random.fold_in(key, 3)),
        **_against_the_ode(config, teachers[0], jax.random.fold_in(key, 4)),
    }


def _points(config: Any, model: ResidualNetwork, key: jax.Array) -> jax.Array:
    return config.scale * jax.random.normal(key, (_POINTS, model.d), jnp.float64)


def _layers(config: Any, model: ResidualNetwork, key: jax.Array, *, invariant: bool) -> np.ndarray:
    # particles of order one, as after training: at the start's spread units are nearly linear
    return start_layers(key, _DEPTH, config.width, model, spread=1.0, invariant=invariant)


def _deviations(config: Any, model: ResidualNetwork, key: jax.Array) -> list[float]:
    """Return the worst deviation over layers for each of `LAWS`."""
    x = _points(config, model, jax.random.fold_in(key, 0))
    loose = _layers(config, model, key, invariant=False)
    layers = {
        "SI": _layers(config, model, key, invariant=True),
        "WI": symmetrise_layers(loose, model.unit.action),
        "arbitrary": loose,
    }
    return [layer_deviations(model, layers[law], x).max() for law in LAWS]


def _averaging_gaps(config: Any, teacher: DeepTeacher, key: jax.Array) -> list[float]:
    """Return, by depth, how far symmetrising every layer of a teacher is from averaging its network."""
    model = teacher.model
    x = _points(config, model, key)
    gaps = []
    for L in AVERAGING_DEPTHS:
        theta = np.repeat(teacher.theta[:1], L, axis=0)
        closed = model.outputs(jnp.asarray(symmetrise_layers(theta, model.unit.action)), x)
        gaps.append(float(jnp.abs(closed - averaged_outputs(model, theta, x)).max()))
    return gaps


def _train(
    config: Any, teacher: DeepTeacher, key: jax.Array, L: int, schemes: Sequence[str], sgd: SGD
) -> np.ndarray:
    """Return the final networks (R, S, L, M, D) of a few coupled trainings from SI starts."""
    keys = jax.random.split(jax.random.fold_in(key, L), _RUNS)
    start_keys = jax.vmap(lambda k: jax.random.fold_in(k, 1))(keys)
    starts = [start_layers(k, L, config.width, teacher.model, spread=config.spread) for k in start_keys]
    steps = round(config.horizon * time_steps(config.count, L, config.width))
    chosen = [scheme(name) for name in schemes]
    trajectory = simulate_deep(
        teacher, chosen, np.stack(starts), keys, sgd, (steps,), count=config.count, backend=config.backend
    )
    return trajectory.clouds[:, :, 0]


def _broken(config: Any, teacher: DeepTeacher, key: jax.Array) -> dict[str, np.ndarray]:
    """Put the same particles, points and training through a unit that the group does not commute with."""
    model = ResidualNetwork(broken_unit(), config.a)
    inside = _layers(config, model, key, invariant=True)
    same = deep_teacher("arbitrary", model, teacher.theta[0], depth=len(teacher.theta), scale=config.scale)
    # the compiled path does not know this unit
    scanned = dataclasses.replace(config, backend="jax")
    final = _train(
        scanned,
        same,
        key,
        config.depths[0],
        ("da-orbit", "ea"),
        SGD(config.alpha, config.tau, 0.0, config.batch),
    )
    return {
        "broken_equivariance": layer_deviations(model, inside, _points(config, model, key)).max(),
        "broken_gap": np.sqrt(((final[:, 0] - final[:, 1]) ** 2).sum(-1)).max(axis=(1, 2)),
    }


def _with_noise(config: Any, teacher: DeepTeacher, key: jax.Array) -> np.ndarray:
    """Return RMD^2 (projected or not, depth, run) after training by FA with noise."""
    fixed = invariant_subspace(teacher.model.unit.action)
    found = np.empty((2, len(NOISE_DEPTHS), _RUNS))
    for i, projected in enumerate((True, False)):
        sgd = SGD(config.alpha, config.tau, config.noise, config.batch, project_noise=projected)
        for j, L in enumerate(NOISE_DEPTHS):
            final = _train(config, teacher, key, L, ("fa",), sgd)[:, 0]
            found[i, j] = layer_rmd_squared_to_projection(final.reshape(_RUNS, -1, final.shape[-1]), fixed)
    return found


def _against_the_ode(config: Any, teacher: DeepTeacher, key: jax.Array) -> dict[str, np.ndarray]:
    """Return root mean square distances of outputs from the mean ODE of the SI teacher's law, by depth.

    Particles of all layers are drawn from the teacher's five (``limit_error``, by draw), or every layer has
    the five (``euler_error``). The wrong limit is the ODE of the same particles, twice as large.
    """
    model = teacher.model
    x = _points(config, model, jax.random.fold_in(key, 0))
    atoms = teacher.theta[0] @ invariant_subspace(model.unit.action).projector
    limit, wrong = limit_outputs(model, atoms, x), limit_outputs(model, 2 * atoms, x)

    @jax.jit
    def distances(theta: jax.Array) -> jax.Array:
        error = model.outputs(theta, x)[None] - jnp.stack([limit, wrong])
        return jnp.sqrt((error**2).sum(axis=2).mean(axis=1))

    drawn, whole = [], []
    for L in LIMIT_DEPTHS:
        places = jax.random.randint(jax.random.fold_in(key, L), (_DRAWS, L, config.width), 0, len(atoms))
        drawn.append(jax.vmap(distances)(jnp.asarray(atoms)[places]))
        whole.append(distances(jnp.asarray(np.repeat(atoms[None], L, axis=0)))[0])
    to_limit, to_wrong = np.moveaxis(np.array(drawn), 2, 0)
    return {"limit_error": to_limit, "wrong_limit_error": to_wrong, "euler_error": np.array(whole)}
