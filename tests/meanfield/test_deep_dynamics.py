"""Noisy SGD of residual networks: both paths against the slow oracle, the schemes' identities, failures."""

import jax
import numpy as np
import pytest

from widesym.groups import cyclic_permutation, cyclic_rotation, hom, invariant_subspace, swap
from widesym.meanfield.deep import (
    ResidualNetwork,
    deep_teacher,
    layer_rmd_squared_to_projection,
    start_layers,
)
from widesym.meanfield.deep_dynamics import simulate_deep, time_steps
from widesym.meanfield.draws import draw
from widesym.meanfield.dynamics import SGD, Divergence, simulate
from widesym.meanfield.schemes import SCHEMES, scheme
from widesym.meanfield.teachers import Teacher, paper_unit
from widesym.meanfield.units import Unit, matrix_unit, neuron_unit
from widesym.oracles import residual

ALL = tuple(SCHEMES.values())
L, M = 6, 3
HOT = SGD(alpha=4.0, tau=1e-2, beta=1e-3, batch=7)  # noise and penalty that are seen
ONE_STEP = {"float32": 3e-6, "float64": 1e-13}  # rounding of a step of order one
EXACT = 1e-12  # float64 identities over tens of steps


def shift():
    return cyclic_permutation(3)


UNITS = {
    "matrix C2": (paper_unit, "sigmoid-matrix"),
    "matrix C3": (lambda: matrix_unit(shift(), shift()), "sigmoid-matrix"),
    "matrix C4": (lambda: matrix_unit(cyclic_permutation(4), cyclic_permutation(4)), "sigmoid-matrix"),
    "neuron C3": (lambda: neuron_unit(shift(), shift()), "neuron"),
    "neuron C2": (lambda: neuron_unit(swap(), swap()), "neuron"),
    "neuron C4": (lambda: neuron_unit(cyclic_permutation(4), cyclic_permutation(4)), "neuron"),
}


def teacher_for(unit, name="arbitrary", a=3.0):
    particles = 0.5 * np.random.default_rng(5).normal(size=(4, unit.D))
    return deep_teacher(name, ResidualNetwork(unit, a), particles, depth=5, scale=2.0)


def run(teacher, key, *, at=(1,), sgd=HOT, schemes=ALL, invariant=False, repetitions=2, **options):
    keys = jax.vmap(lambda r: jax.random.fold_in(key, r))(np.arange(repetitions))
    starts = [start_layers(jax.random.fold_in(k, 99), L, M, teacher.model, invariant=invariant) for k in keys]
    return np.stack(starts), keys, simulate_deep(teacher, schemes, np.stack(starts), keys, sgd, at, **options)


# every unit on both paths in float64; the other precision, count and noise once a path
STEPS = [(case, backend, "float64", "layers", True) for case in UNITS for backend in ("jax", "compiled")]
STEPS += [("matrix C2", backend, "float32", "particles", False) for backend in ("jax", "compiled")]


@pytest.mark.parametrize(("case", "backend", "precision", "count", "projected"), STEPS)
def test_one_step_is_the_oracles(case, key, backend, precision, count, projected):
    make, oracle = UNITS[case]
    teacher = teacher_for(make())
    model, projector = teacher.model, invariant_subspace(teacher.model.unit.action).projector
    sgd = SGD(HOT.alpha, HOT.tau, HOT.beta, HOT.batch, project_noise=projected)
    options = {"backend": backend, "precision": precision, "count": count, "sgd": sgd}
    starts, keys, trajectory = run(teacher, key, **options)
    D, rho = model.unit.D, model.rho_in.matrices
    for r, k in enumerate(keys):
        drawn = draw(k, 0, batch=sgd.batch, d=model.d, order=len(rho), N=L * M, D=D)
        x = teacher.scale * np.asarray(drawn.x, np.float64)
        y = np.stack([residual.states(oracle, teacher.theta, point, model.a)[-1] for point in x])
        xi = np.asarray(drawn.xi, np.float64).reshape(L, M, D)
        xi = xi @ projector if projected else xi
        for s, one in enumerate(ALL):
            expected = residual.step(
                starts[r], x, y, np.asarray(drawn.g), xi, unit=oracle, rho=rho, projector=projector,
                scheme=one.name, a=model.a, alpha=sgd.alpha, tau=sgd.tau, beta=sgd.beta,
                n=time_steps(count, L, M),
            )  # fmt: skip
            # noise is scaled in float32 on both paths: 1e-7 of its size
            tolerance = ONE_STEP[precision] + 1e-8
            assert np.abs(trajectory.clouds[r, s, 0] - expected).max() <= tolerance, one.name


def test_the_two_paths_stay_together_over_pieces_and_snapshots(key):
    teacher, some = teacher_for(paper_unit()), (scheme("vanilla"), scheme("fa"))
    at = (300, 600)  # more than one piece of draws
    _, _, slow = run(teacher, key, at=at, backend="jax", schemes=some)
    _, _, fast = run(teacher, key, at=at, backend="compiled", schemes=some)
    assert slow.clouds.shape == (2, 2, 2, L, M, teacher.model.unit.D)
    assert np.abs(slow.clouds - fast.clouds).max() < 1e-9
    quiet = SGD(HOT.alpha, HOT.tau, 0.0, HOT.batch)
    _, _, without = run(teacher, key, at=(600,), backend="compiled", schemes=some, sgd=quiet)
    assert np.abs(without.clouds[:, :, -1] - fast.clouds[:, :, -1]).max() > 1e-3


@pytest.mark.parametrize("case", UNITS)
@pytest.mark.parametrize("name", ["arbitrary", "WI", "SI"])
def test_orbit_schemes_are_one_path_from_an_invariant_start(case, name, key):
    teacher = teacher_for(UNITS[case][0](), name)
    _, _, found = run(teacher, key, at=(20, 60), invariant=True)
    final = dict(zip(SCHEMES, found.clouds.swapaxes(0, 1), strict=True))
    for orbit in ("da-orbit", "fa"):
        assert np.abs(final[orbit] - final["ea"]).max() < EXACT
    fixed = invariant_subspace(teacher.model.unit.action)
    for free in ("vanilla", "da-sampled"):
        assert layer_rmd_squared_to_projection(final[free][:, -1], fixed).min() > 1e-9


def test_a_unit_that_is_not_equivariant_breaks_the_identity(key):
    turn = cyclic_rotation(3)
    unit = Unit("turned", lambda x, z: jax.nn.sigmoid(z.reshape(2, 2) @ x), turn, turn, hom(turn, turn))
    _, _, found = run(teacher_for(unit), key, at=(60,), invariant=True, sgd=SGD(4.0, 0.0, 0.0, 7))
    final = dict(zip(SCHEMES, found.clouds[:, :, -1].swapaxes(0, 1), strict=True))
    assert np.abs(final["da-orbit"] - final["ea"]).max() > 1e-3


def test_one_layer_trains_as_the_shallow_network_on_shifted_data(key):
    """With L = 1 and a = 1 the residual is Phi(x) - (y - x), and LM is the shallow N."""
    unit = paper_unit()
    particles = np.random.default_rng(6).normal(size=(4, unit.D))
    deep = deep_teacher("arbitrary", ResidualNetwork(unit, 1.0), particles, depth=1, scale=2.0)
    shallow = Teacher("random", unit, particles, 2.0)
    start = start_layers(key, 1, 9, deep.model)[None]
    sgd, some = SGD(alpha=4.0, beta=1e-3, batch=6), (scheme("vanilla"), scheme("fa"))
    one = simulate_deep(deep, some, start, key[None], sgd, (40,)).clouds[:, :, :, 0]
    other = simulate(shallow, some, start[:, 0], key[None], sgd, (40,), backend="jax", precision="float64")
    assert np.abs(one - other.clouds).max() < EXACT


def test_time_is_the_same_for_both_counts():
    assert (time_steps("particles", 6, 3), time_steps("layers", 6, 3)) == (18, 6)
    with pytest.raises(ValueError, match="particles, layers"):
        time_steps("units", 6, 3)


@pytest.mark.parametrize("backend", ["jax", "compiled"])
def test_a_divergence_is_named(key, backend):
    teacher = teacher_for(paper_unit())
    with pytest.raises(Divergence, match=r"vanilla: the network of L=6 .* after step \d+ .*alpha=1e\+200"):
        run(teacher, key, at=(40,), sgd=SGD(alpha=1e200, tau=1.0, beta=0.0, batch=7), backend=backend)


def test_progress_is_reported_and_repetitions_are_their_own(key):
    teacher, seen = teacher_for(paper_unit()), []
    _, _, two = run(teacher, key, at=(2, 5), report=seen.append)
    assert sum(seen) == 4
    _, _, one = run(teacher, key, at=(2, 5), repetitions=1)
    np.testing.assert_array_equal(one.clouds[0], two.clouds[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"precision": "half"}, "float32, float64"),
        ({"backend": "gpu"}, "auto, jax, compiled"),
        ({"count": "units"}, "particles, layers"),
        ({"at": ()}, "increase"),
        ({"at": (4, 2)}, "increase"),
        ({"schemes": ()}, "no schemes"),
        ({"theta": np.ones((1, 6, 4))}, "R, L, M"),
        ({"theta": np.full((1, 2, 3, 4), np.nan)}, "finite"),
        ({"keys": jax.random.split(jax.random.key(0), 3)}, "one typed key"),
    ],
)
def test_bad_input_is_refused(key, change, message):
    given = {
        "theta": np.ones((1, 2, 3, 4)),
        "keys": key[None],
        "at": (1,),
        "schemes": (scheme("fa"),),
        **change,
    }
    theta, keys, at, schemes = (given.pop(name) for name in ("theta", "keys", "at", "schemes"))
    with pytest.raises(ValueError, match=message):
        simulate_deep(teacher_for(paper_unit()), schemes, theta, keys, HOT, at, **given)


def test_the_compiled_path_names_the_units_it_knows(key):
    unit = neuron_unit(shift(), shift(), activation=jax.nn.tanh)
    with pytest.raises(ValueError, match="use backend='jax'"):
        run(teacher_for(unit), key, backend="compiled")
