"""Noisy SGD: both paths against the slow oracle and each other, the schemes' identities, failures."""

import jax
import numpy as np
import pytest

from widesym.groups import cyclic_permutation, dihedral_plane, dihedral_polygon, invariant_subspace, swap
from widesym.meanfield import dynamics
from widesym.meanfield.draws import draw
from widesym.meanfield.dynamics import SGD, Divergence, simulate, start_cloud
from widesym.meanfield.laws import symmetrise
from widesym.meanfield.schemes import SCHEMES, Scheme, scheme
from widesym.meanfield.teachers import Teacher, paper_teacher
from widesym.meanfield.transport import rmd_squared_to_projection
from widesym.meanfield.units import matrix_unit, neuron_unit
from widesym.oracles import particles

ALL = tuple(SCHEMES.values())
HOT = SGD(beta=1e-3)  # noise that is seen

# one step: float32 rounding of sums of 40 terms times the step; and draws that differ by 3e-5 in the tail
ONE_STEP = {"float32": 3e-6, "float64": 2e-6}
# many steps amplify it; measured 1e-5 after 600 steps at N = 30
MANY_STEPS = {"float32": 1e-3, "float64": 1e-4}
EXACT = 1e-12  # float64 identities over tens of steps; instabilities amplify rounding later


def teacher_for(unit, key, scale=2.0):
    return Teacher("random", unit, np.asarray(jax.random.normal(key, (6, unit.D))), scale)


UNITS = {
    "matrix C2": lambda: matrix_unit(swap(), swap()),
    "matrix C3": lambda: matrix_unit(cyclic_permutation(3), cyclic_permutation(3)),
    "neuron D3, plane to vertices": lambda: neuron_unit(dihedral_plane(3), dihedral_polygon(3)),
    "neuron D3": lambda: neuron_unit(dihedral_plane(3), dihedral_plane(3)),
}


@pytest.fixture(params=UNITS)
def teacher(request, key):
    return teacher_for(UNITS[request.param](), key)


def run(teacher, key, *, N=9, repetitions=2, at=(1,), sgd=HOT, schemes=ALL, invariant=False, **options):
    keys = jax.vmap(lambda r: jax.random.fold_in(key, r))(np.arange(repetitions))
    starts = np.stack([start_cloud(jax.random.fold_in(k, 99), N, teacher, invariant=invariant) for k in keys])
    return starts, keys, simulate(teacher, schemes, starts, keys, sgd, at, **options)


@pytest.mark.parametrize("backend", ["jax", "compiled"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("invariant", [False, True])
def test_one_step_is_the_oracles(teacher, key, backend, precision, invariant):
    unit, N = teacher.unit, 9
    sgd = SGD(beta=1e-3, batch=7, project_noise=invariant)  # odd: the compiled path takes points in pairs
    options = {"backend": backend, "precision": precision, "invariant": invariant, "sgd": sgd}
    starts, keys, trajectory = run(teacher, key, N=N, **options)
    projector = invariant_subspace(unit.action).projector
    for r, k in enumerate(keys):
        drawn = draw(k, 0, batch=sgd.batch, d=unit.d, order=unit.rho_in.group.order, N=N, D=unit.D)
        x = teacher.scale * np.asarray(drawn.x, np.float64)
        y = np.asarray(teacher.label(x))
        xi = np.asarray(drawn.xi, np.float64)
        for s, one in enumerate(ALL):
            expected = particles.step(
                starts[r] @ projector if one.projected else starts[r],
                x,
                y,
                np.asarray(drawn.g),
                xi @ projector if invariant else xi,
                unit="sigmoid-matrix" if unit.compiled == "matrix" else "neuron",
                rho_in=unit.rho_in.matrices,
                rho_out=unit.rho_out.matrices,
                projector=projector,
                scheme=one.name,
                alpha=sgd.alpha,
                tau=sgd.tau,
                beta=sgd.beta,
            )
            error = np.abs(trajectory.clouds[r, s, 0] - expected).max()
            assert error <= ONE_STEP[precision] * sgd.alpha / N * 10, one.name


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_two_paths_stay_together(teacher, key, precision):
    at = (1, 40, 200)
    N = 1100  # more than one block of particles
    _, _, slow = run(teacher, key, N=N, repetitions=1, at=at, precision=precision, backend="jax")
    _, _, fast = run(teacher, key, N=N, repetitions=1, at=at, precision=precision, backend="compiled")
    assert np.abs(slow.clouds - fast.clouds).max() <= MANY_STEPS[precision]
    # and neither stays where it began
    assert np.abs(fast.clouds[:, :, 2] - fast.clouds[:, :, 0]).max() > 10 * MANY_STEPS[precision]


@pytest.mark.parametrize("backend", ["jax", "compiled"])
def test_orbit_da_fa_and_ea_are_one_path_from_a_strong_start(teacher, key, backend):
    _, _, found = run(teacher, key, N=60, at=(10, 30), invariant=True, precision="float64", backend=backend)
    ea = found.clouds[:, -1]
    for name, index in (("da-orbit", 2), ("fa", 3)):
        assert np.abs(found.clouds[:, index] - ea).max() <= EXACT, name
    # negative control: one random element a datum, and no symmetry at all, are other paths
    for index in (0, 1):
        assert np.abs(found.clouds[:, index] - ea).max() > 1e-4


@pytest.mark.parametrize("backend", ["jax", "compiled"])
def test_full_noise_leaves_the_subspace_and_projected_noise_does_not(key, backend):
    teacher = paper_teacher("WI")
    fixed = invariant_subspace(teacher.unit.action)

    def escape(project_noise):
        options = {"at": (100,), "invariant": True, "precision": "float64", "backend": backend}
        sgd = SGD(beta=1e-3, project_noise=project_noise)
        _, _, found = run(teacher, key, N=40, schemes=[scheme("fa")], sgd=sgd, **options)
        return max(rmd_squared_to_projection(cloud, fixed) for cloud in found.clouds[:, 0, -1])

    assert escape(True) <= 1e-20
    assert escape(False) >= 1e-4


def test_a_closed_cloud_stays_closed_under_fa(key):
    # G-closed start, no noise, FA: every particle's image stays a particle
    teacher = paper_teacher("arbitrary")
    half = start_cloud(key, 20, teacher, invariant=False)
    start = symmetrise(half, teacher.unit.action)
    sgd = SGD(beta=0.0)
    clouds = {
        name: simulate(teacher, [scheme(name)], start[None], key[None], sgd, (200,), precision="float64")
        for name in ("fa", "da-orbit", "vanilla")
    }
    swapped = {name: found.clouds[0, 0, 0][:, ::-1] for name, found in clouds.items()}  # M_g reverses z
    for name in ("fa", "da-orbit"):
        moved = clouds[name].clouds[0, 0, 0]
        assert np.abs(moved[20:] - swapped[name][:20]).max() <= EXACT, name
    assert np.abs(clouds["vanilla"].clouds[0, 0, 0][20:] - swapped["vanilla"][:20]).max() > 1e-2


@pytest.mark.parametrize("backend", ["jax", "compiled"])
def test_a_run_in_pieces_is_the_run_in_one(key, backend):
    teacher = paper_teacher("SI")
    _, _, whole = run(teacher, key, at=(30,), backend=backend)
    _, _, pieces = run(teacher, key, at=(0, 1, 17, 30), backend=backend)
    np.testing.assert_array_equal(pieces.clouds[:, :, -1], whole.clouds[:, :, 0])


def test_threads_and_company_do_not_change_a_number(key):
    teacher = paper_teacher("WI")
    reports = []
    options = {"repetitions": 5, "at": (10, 50), "backend": "compiled"}
    _, _, one = run(teacher, key, **options)
    _, _, four = run(teacher, key, threads=4, report=reports.append, **options)
    np.testing.assert_array_equal(one.clouds, four.clouds)
    assert sum(reports) == 10
    _, _, alone = run(teacher, key, repetitions=1, at=(10, 50), schemes=[scheme("fa")], backend="compiled")
    np.testing.assert_array_equal(alone.clouds[0, 0], one.clouds[0, 3])


@pytest.mark.parametrize("backend", ["jax", "compiled"])
def test_divergence_names_scheme_size_and_step(key, backend):
    teacher = paper_teacher("WI")
    sgd = SGD(alpha=50.0, tau=1e3)  # the penalty alone multiplies z by 1 - 2 tau alpha / N each step
    with pytest.raises(
        Divergence, match=r"vanilla: the cloud of N=9 .* after step 5 \(repetition 0, data WI"
    ):
        run(teacher, key, at=(100,), sgd=sgd, backend=backend)


def test_a_start_that_is_not_a_number_is_refused_before_computing(key):
    teacher = paper_teacher("WI")
    with pytest.raises(ValueError, match="starts must be finite"):
        simulate(teacher, ALL, np.full((1, 3, 4), np.nan), key[None], HOT, (1,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"theta": np.ones((1, 3, 5))}, r"shape \(R, N, 4\)"),
        ({"theta": np.ones((2, 3, 4))}, "one typed key"),
        ({"keys": np.zeros((1, 2), np.uint32)}, "one typed key"),
        ({"at": ()}, "must increase"),
        ({"at": (5, 5)}, "must increase"),
        ({"schemes": ()}, "no schemes"),
        ({"precision": "float16"}, "valid: float32, float64"),
        ({"backend": "numba"}, "valid: auto, jax, compiled"),
    ],
)
def test_bad_input_is_refused(key, change, message):
    given = {"theta": np.ones((1, 3, 4)), "keys": key[None], "at": (1,), "schemes": ALL} | change
    options = {name: given.pop(name) for name in ("precision", "backend") if name in given}
    with pytest.raises(ValueError, match=message):
        simulate(
            paper_teacher("WI"), given["schemes"], given["theta"], given["keys"], HOT, given["at"], **options
        )


def test_the_compiled_path_refuses_units_that_it_does_not_know(key):
    unit = neuron_unit(swap(), swap(), jax.numpy.tanh)
    teacher = teacher_for(unit, key)
    with pytest.raises(ValueError, match="does not know .* with the unit"):
        run(teacher, key, backend="compiled")
    assert dynamics._choose("auto", teacher) == "jax"
    assert np.isfinite(run(teacher, key)[2].clouds).all()


@pytest.mark.parametrize(
    "wrong",
    [{"alpha": 0.0}, {"alpha": np.inf}, {"tau": -1.0}, {"beta": -1e-6}, {"beta": np.nan}, {"batch": 0}],
)
def test_bad_hyperparameters_are_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        SGD(**wrong)


def test_schemes_that_mean_nothing_are_refused():
    with pytest.raises(ValueError, match="valid: vanilla"):
        scheme("augmentation")
    with pytest.raises(ValueError, match="alone, sampled, whole"):
        Scheme("s", orbit="half")
    with pytest.raises(ValueError, match="whole"):
        Scheme("s", orbit="sampled", averaged=True)
