"""All experiments, one module each, found by their names.

A module of this package that defines `EXPERIMENT = Experiment(name="family.name", ...)` is an
experiment. There is no table to keep: the names are read from the sources, so that listing them
imports nothing heavy, and so that a new experiment is no edit of code that the others depend on.
"""

import ast
import functools
import importlib
from pathlib import Path

from widesym.study.experiment import Experiment
from widesym.study.names import did_you_mean

_FOLDER = Path(__file__).parent


def names() -> tuple[str, ...]:
    """Return the names of all experiments in alphabetical order, without importing any.

    Raises:
        ValueError: a module here without a literal `EXPERIMENT = Experiment(name=...)`, or a name used twice.
    """
    return tuple(sorted(_modules()))


def get(name: str) -> Experiment:
    """Return the experiment of that name; imports its module.

    Raises:
        ValueError: an unknown name, with the nearest and all valid ones.
    """
    modules = _modules()
    if name not in modules:
        raise ValueError(f"unknown experiment {name!r}; {did_you_mean(name, sorted(modules))}")
    return importlib.import_module(f"{__name__}.{modules[name]}").EXPERIMENT


def _modules() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(_FOLDER.glob("*.py")):
        if path.stem.startswith("_"):
            continue
        status = path.stat()
        name = _declared_name(path, status.st_mtime_ns, status.st_size)
        if name in found:
            raise ValueError(f"{path.name} and {found[name]}.py both define experiment {name!r}; rename one")
        found[name] = path.stem
    return found


@functools.cache  # reading all of them takes a tenth of a second, and a build asks a hundred times
def _declared_name(path: Path, *stamp: int) -> str:
    for node in ast.parse(path.read_bytes(), filename=str(path)).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
            literals = [
                keyword.value.value
                for keyword in node.value.keywords
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
            ]
            if targets == ["EXPERIMENT"] and literals:
                return str(literals[0])
    raise ValueError(f"{path.name} must define EXPERIMENT = Experiment(name=...) with the name spelled out")
