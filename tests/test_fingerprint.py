import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from widesym import fingerprint as module
from widesym.fingerprint import closure, edited_since_import, fingerprint

LAW = '''
"""What a law is."""
import numpy as np
from . import units
from ..groups.finite import order


def law(n):
    """Return a law."""
    # the reason
    return units.apply(order(n) + 1)
'''

SOURCES = {
    "__init__.py": "",
    "groups/__init__.py": "from .finite import order\n",
    "groups/finite.py": "def order(n):\n    return n\n",
    "groups/unused.py": "x = 1\n",
    "meanfield/__init__.py": "",
    "meanfield/laws.py": LAW,
    "meanfield/units.py": "def apply(x):\n    import pack.deep\n    return x\n",
    "meanfield/relatives.py": "from .units import apply\nfrom .. import deep\nfrom . import laws as l\n",
    "deep.py": "y = 2\n",
    "lazy/__init__.py": "def __getattr__(name):\n    raise AttributeError(name)\n",
    "lazy/store.py": "z = 3\n",
    "lazy/inner/__init__.py": "",
    "lazy/inner/leaf.py": "import pack.groups.unused\n",
    "takes_name.py": "from pack.lazy import anything\n",
    "takes_module.py": "from pack.lazy.store import z\n",
    "starred.py": "from .groups import *\n",
    "circle_a.py": "from . import circle_b\n",
    "circle_b.py": "from . import circle_a\n",
    "too_high.py": "from ....above import x\n",
}


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "pack"
    for name, text in SOURCES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def names(package, start):
    return set(closure(start, root=package))


def edit(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    os.utime(path, ns=(time.time_ns(), time.time_ns()))


def test_the_closure_follows_relative_and_local_imports_and_parents(package):
    assert names(package, "pack.meanfield.laws") == {
        "pack", "pack.meanfield", "pack.meanfield.laws", "pack.meanfield.units",
        "pack.groups", "pack.groups.finite", "pack.deep",
    }  # fmt: skip
    found = names(package, "pack.meanfield.relatives")
    assert {"pack.meanfield.units", "pack.deep", "pack.meanfield.laws", "pack.groups.finite"} <= found
    assert "pack.groups.finite" in names(package, "pack.starred")


def test_a_name_taken_from_a_lazy_package_stands_for_all_its_modules(package):
    found = names(package, "pack.takes_name")
    assert {"pack.lazy.store", "pack.lazy.inner.leaf", "pack.groups.unused"} <= found


def test_passing_through_a_lazy_package_takes_its_own_code_only(package):
    assert names(package, "pack.takes_module") == {
        "pack",
        "pack.takes_module",
        "pack.lazy",
        "pack.lazy.store",
    }


def test_circles_and_imports_from_above_end(package):
    assert {"pack.circle_a", "pack.circle_b"} <= names(package, "pack.circle_a")
    assert names(package, "pack.too_high") == {"pack", "pack.too_high"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    # the reason\n", "    # another reason\n\n\n"),
        ('    """Return a law."""\n', '    """Return a\n\n    law, as in the paper."""\n'),
        ('"""What a law is."""', '"""Other words."""'),
        ("order(n) + 1", "(\n        order(n)  +  1\n    )"),
        ('    """Return a law."""\n', ""),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(package, old, new):
    before = fingerprint("pack.meanfield.laws", root=package)
    edit(package / "meanfield/laws.py", old, new)
    assert fingerprint("pack.meanfield.laws", root=package) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("meanfield/laws.py", "+ 1", "+ 1.0"),
        ("meanfield/laws.py", "+ 1", "+ True"),
        ("meanfield/laws.py", "+ 1", "- 1"),
        ("meanfield/laws.py", "def law(n):", "def law(n=None):"),
        ("meanfield/laws.py", "import numpy", "import scipy"),
        ("groups/finite.py", "return n", "return n + 0"),
        ("groups/finite.py", "return n", "return 'a string is no docstring here'"),
        ("groups/__init__.py", "order\n", "order as size\n"),
        ("deep.py", "y = 2", "y = 3"),
    ],
)
def test_code_anywhere_in_the_closure_counts(package, file, old, new):
    before = fingerprint("pack.meanfield.laws", root=package)
    edit(package / file, old, new)
    assert fingerprint("pack.meanfield.laws", root=package) != before


def test_code_outside_the_closure_does_not_count(package):
    before = fingerprint("pack.meanfield.laws", root=package)
    edit(package / "groups/unused.py", "x = 1", "x = 2")
    assert fingerprint("pack.meanfield.laws", root=package) == before


def test_a_new_module_in_the_closure_counts(package):
    before = fingerprint("pack.meanfield.laws", root=package)
    edit(package / "deep.py", "y = 2", "from .groups import unused\ny = 2")
    assert fingerprint("pack.meanfield.laws", root=package) != before


def test_a_function_a_class_and_a_module_stand_for_their_module():
    by_name = fingerprint("widesym.study.experiment")
    from widesym.study import experiment

    assert fingerprint(experiment) == fingerprint(experiment.Experiment) == by_name
    assert fingerprint(experiment, module) == fingerprint(module, experiment) != by_name


def test_a_module_outside_the_package_counts_with_what_it_takes_from_the_package(toy):
    found = closure(toy.run_shard)
    assert set(found) == {"toylab", "widesym", "widesym.study", "widesym.study.experiment"}


def test_an_experiment_does_not_depend_on_the_store():
    found = closure("widesym.study.experiments", "widesym.study.experiment")
    assert {name.removeprefix("widesym.study") for name in found} == {
        "widesym", "", ".experiment", ".experiments", ".names",
    }  # fmt: skip


def test_a_function_without_a_source_file_is_refused():
    space = {"__name__": "nowhere"}
    exec("def f(): pass", space)
    with pytest.raises(ValueError, match="no source file to take a fingerprint of; move it into a module"):
        fingerprint(space["f"])
    with pytest.raises(ValueError, match="no module 'widesym.nothing'"):
        fingerprint("widesym.nothing")


def test_files_edited_after_loading_are_told(toy):
    path = Path(toy.__file__)
    assert edited_since_import([path]) == []
    os.utime(path)
    assert edited_since_import([path]) == [path]


def test_the_fingerprint_is_the_same_in_another_process(toy):
    code = f"import sys; sys.path.insert(0, {str(Path(toy.__file__).parent)!r}); import toylab; " + (
        "from widesym.fingerprint import fingerprint; print(fingerprint(toylab))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == fingerprint(toy)
