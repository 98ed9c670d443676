"""One source for versions: pyproject.toml, requirements.lock and environment.yml agree."""

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("environment", ROOT / "tools" / "environment.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def locked(generator):
    found = {}
    for pin in generator.pins(LOCK):
        requirement = Requirement(pin)
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def version(requirement):
    (pin,) = requirement.specifier
    assert pin.operator == "=="
    return pin.version


def test_environment_yml_is_what_the_generator_writes(generator):
    assert (ROOT / "environment.yml").read_text("utf-8") == generator.environment()


def test_environment_yml_holds_exactly_the_locks_pins(generator):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert [line for line in pip if line not in generator.LOCAL] == generator.pins(LOCK)
    assert len(generator.pins(LOCK)) == len(re.findall(r"^\S+==", LOCK, flags=re.MULTILINE))
    assert environment["name"] == PROJECT["project"]["name"]
    assert f"python={generator.PYTHON}" in environment["dependencies"]


def test_generator_notices_another_pin(generator, tmp_path):
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    lock = tmp_path / "requirements.lock"
    lock.write_text(re.sub(r"^numba==\S+", "numba==9.9.9", LOCK, flags=re.MULTILINE))
    assert '"numba==9.9.9"' in generator.environment(tmp_path)


def test_lock_satisfies_pyproject(locked):
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    for requirement in map(Requirement, wanted):
        pins = locked[canonicalize_name(requirement.name)]
        assert all(version(pin) in requirement.specifier for pin in pins), requirement


def test_lock_has_hashes_and_no_addresses():
    assert "://" not in LOCK
    pins = re.findall(r"^\S+==.*$", LOCK, flags=re.MULTILINE)
    assert pins and all(pin.endswith("\\") for pin in pins)  # the hashes follow


def test_tensorflow_is_left_out_and_its_placeholders_satisfy_neural_tangents(locked):
    needed = map(Requirement, importlib.metadata.requires("neural-tangents"))
    absent = {r.name: r for r in needed if r.marker is None and canonicalize_name(r.name) not in locked}
    assert set(absent) == {"tensorflow", "tf2jax"}
    for name, requirement in absent.items():
        folder = ROOT / "tools" / "placeholders" / name
        placeholder = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        assert placeholder["name"] == name and placeholder["version"] in requirement.specifier
        assert not list(folder.rglob("*.py"))


def test_this_environment_is_the_locks(locked):
    for name, pins in locked.items():
        valid = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
        for pin in valid:
            assert importlib.metadata.version(name) == version(pin)


def test_makefile_refuses_another_python_in_one_line(tmp_path):
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for python in (str(old), "no-such-python"):
        done = subprocess.run(
            ["make", "--silent", "env", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 2 and not (tmp_path / ".venv").exists()
        assert f"needs Python 3.11 or 3.12, got '{python}'" in done.stderr.splitlines()[0]


def test_supported_pythons_are_the_makefiles():
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.13"
    assert "(3, 11) <= sys.version_info[:2] <= (3, 12)" in (ROOT / "Makefile").read_text("utf-8")
