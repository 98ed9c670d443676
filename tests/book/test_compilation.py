"""Machine code is compiled once for all: what waits for it, and that one compilation serves every call."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from numba import typeof

from widesym.book.pipeline import compilation, workflow
from widesym.book.project import Build, Project
from widesym.fingerprint import closure
from widesym.meanfield import deep_dynamics, dynamics
from widesym.meanfield.deep import ResidualNetwork, deep_teacher
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import paper_teacher, paper_unit
from widesym.meanfield.units import matrix_unit
from widesym.study.experiments import get


@pytest.mark.parametrize(
    "experiment, expected",
    [
        ("meanfield.strong-start", {"particles"}),
        ("beyond.deep", {"particles", "layers"}),
        ("synergy.kernel-table", {"kernels"}),
        ("meanfield.risks", set()),
    ],
)
def test_a_computation_waits_for_what_its_code_runs(experiment, expected):
    found = get(experiment)
    names = compilation.needed(closure(found.run_shard, found.config_type))
    assert {name.partition("-")[0] for name in names} == expected


def types_of(call, monkeypatch, module, function):
    """Return the types with which a compiled function is called, without compiling it."""
    seen = set()

    def note(*arguments):
        seen.add(tuple(typeof(argument) for argument in arguments))
        return -1, -1

    with monkeypatch.context() as patch:
        patch.setattr(module, function, note)
        call()
    return seen


def frozen(unit):
    """Return the unit with matrices that must not be written, as those of large groups are."""
    for rep in (unit.rho_in, unit.rho_out, unit.action):
        rep.matrices.setflags(write=False)
    return unit


@pytest.mark.parametrize("precision", compilation.PRECISIONS)
def test_particles_of_all_units_run_what_was_compiled(precision, monkeypatch):
    unit = frozen(matrix_unit(paper_unit().rho_in, paper_unit().rho_out))
    teacher, keys = paper_teacher("arbitrary", unit=unit), jax.random.split(jax.random.key(3), 2)
    start = np.zeros((2, 7, unit.D), precision)
    start.setflags(write=False)
    schemes = [scheme("vanilla"), scheme("ea")]

    def call():
        dynamics.simulate(
            teacher,
            schemes,
            start,
            keys,
            dynamics.SGD(beta=0.0),
            (1, 3),
            precision=precision,
            backend="compiled",
        )

    found = types_of(call, monkeypatch, dynamics.compiled_sgd, "run")
    assert found and found <= types_of(compilation.particles, monkeypatch, dynamics.compiled_sgd, "run")
    # a representation's matrices are read-only here and not there; the call must not show it
    assert all(kind.mutable for kinds in found for kind in kinds if getattr(kind, "ndim", 0) > 1)


@pytest.mark.parametrize("beta", [0.0, 1e-6])
@pytest.mark.parametrize(
    "precision", sorted({config.precision for config in get("beyond.deep").profiles.values()})
)
def test_layers_run_what_was_compiled_with_and_without_noise(precision, beta, monkeypatch):
    unit = frozen(matrix_unit(paper_unit().rho_in, paper_unit().rho_out))
    model, keys = ResidualNetwork(unit), jax.random.split(jax.random.key(3), 1)
    teacher = deep_teacher("WI", model, np.zeros((2, unit.D)), depth=2, scale=1.0)
    start = np.zeros((1, 3, 2, unit.D), precision)

    def call():
        deep_dynamics.simulate_deep(
            teacher, [scheme("vanilla")], start, keys, dynamics.SGD(beta=beta), (1, 3),
            precision=precision, backend="compiled",
        )  # fmt: skip

    found = types_of(call, monkeypatch, deep_dynamics.compiled_deep, "run")
    assert found and found <= types_of(compilation.layers, monkeypatch, deep_dynamics.compiled_deep, "run")


def test_a_name_with_a_digest_says_what_to_compile(monkeypatch):
    done = []
    monkeypatch.setitem(compilation.COMPILE, "kernels", lambda: done.append("kernels"))
    assert compilation.main(["kernels-0123456789abcdef"]) == 0
    assert done == ["kernels"]


COUNT = """
import jax
seen = {"hits": 0, "misses": 0}
def note(event, **_):
    if event.startswith("/jax/compilation_cache/cache_"):
        seen[event.rpartition("_")[2]] += 1
jax.monitoring.register_event_listener(note)
jax.jit(lambda x: x * x + 1)(jax.numpy.arange(5.0))
print(seen["hits"], seen["misses"])
"""


def test_a_program_of_jax_is_compiled_by_the_first_process_only(tmp_path):
    def counts(variables):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
        done = subprocess.run(
            [sys.executable, "-c", COUNT], env=kept | variables, capture_output=True, text=True
        )
        assert done.returncode == 0 and not done.stderr, done.stderr
        return tuple(map(int, done.stdout.split()))

    variables = compilation.shared(tmp_path / "programs")
    hits, programs = counts(variables)
    assert hits == 0 and programs > 0
    assert counts(variables) == (programs, 0)
    # a new build begins anew: it may be on another machine
    assert counts(compilation.shared(tmp_path / "programs")) == (0, programs)


def test_builds_on_one_machine_share_programs(tiny_book, monkeypatch):
    seen = []
    monkeypatch.setattr(workflow.subprocess, "Popen", lambda command, **options: seen.append(options["env"]))
    monkeypatch.setattr(workflow, "_wait", lambda process: 0)
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    build = Build(Project(tiny_book.root))
    workflow.run(build, [], ["claims.json"], cores=1)
    assert Path(seen[0]["JAX_COMPILATION_CACHE_DIR"]) == build.directory / "programs"
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "elsewhere")  # what the user has set wins
    workflow.run(build, [], ["claims.json"], cores=1)
    assert seen[1]["JAX_COMPILATION_CACHE_DIR"] == "elsewhere"
