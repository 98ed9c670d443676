"""Settings of every test, and a tiny book for those that need one built.

A tiny book is a project of its own in a temporary folder, with a copy of the library, so that a test
can edit pages and code and kill builds.  It is driven through the command line, by the code that
builds the real book.

The toy is a small experiment in a module of its own, as worker processes must be able to import it.
"""

import importlib
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

# before anything imports JAX: tests are for the CPU, unless whoever runs them says otherwise
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import hypothesis
import jax
import pytest

from widesym import numerics

ROOT = Path(__file__).resolve().parents[1]

numerics.enable()  # fp64 and the rest, as everywhere in the library
# a shape error that broadcasting would hide
jax.config.update("jax_numpy_rank_promotion", "raise")
# the same examples in every run; deadlines would make a slow machine fail
hypothesis.settings.register_profile("book", derandomize=True, deadline=None)
hypothesis.settings.load_profile("book")

FRONT = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
widesym:
  ids: [{ids}]
  experiments: [{experiments}]
  last: {last}
  reads: [{reads}]
---

# {title}

```{{code-cell}} ipython3
:tags: [parameters]

profile = "default"
{parameters}
```
"""
CELL = """
```{{code-cell}} ipython3
{code}
```
"""
REGISTER_ENTRY = """\
- id: {id}
  paper: MF
  title: Claim {id}
  statement: The value is $1$.
  kind: statement
  source: Section 1
  page: {page}
"""
CHECK = "from widesym.study import ClaimTable, at_most\nClaimTable([at_most({id!r}, 'small', {value}, 1.0)])"
# what the tiny pages import: a module that a test may edit
VALUE_MODULE = '"""A value."""\n\nVALUE = 0.5  # the value\n'
EXPERIMENT_MODULE = '''"""A tiny experiment: squares, slowly."""

import dataclasses
import time

from widesym.study.experiment import Experiment


@dataclasses.dataclass(frozen=True)
class Config:
    """How many squares."""

    count: int = 4
    pause: float = 0.0

    def __post_init__(self):
        if self.count < 1:
            raise ValueError(f"count must be at least 1, got {self.count}")


def run_shard(config, shard):
    """Square the shard's number."""
    time.sleep(config.pause)
    return {"square": float(shard) ** 2}


EXPERIMENT = Experiment(
    name="tiny.squares",
    config_type=Config,
    profiles={"quick": Config(2), "default": Config(), "paper": Config(6)},
    shards=lambda config: tuple(str(n) for n in range(config.count)),
    run_shard=run_shard,
    gather=lambda config, parts: {"total": sum(float(part["square"]) for part in parts.values())},
    ids=("A-S1",),
)
'''


class TinyBook:
    """A small project in a folder of its own, built through the command line."""

    def __init__(self, root: Path):
        self.root = root
        shutil.copytree(ROOT / "lib", root / "lib", ignore=shutil.ignore_patterns("__pycache__", "*.nb?"))
        shutil.copytree(ROOT / "workflow", root / "workflow")
        shutil.copy(ROOT / "_config.yml", root)
        (root / "book").mkdir()
        (root / "book" / "references.bib").write_text("")
        (root / "lib" / "widesym" / "tiny.py").write_text(VALUE_MODULE)
        (root / "lib" / "widesym" / "study" / "experiments" / "tiny.py").write_text(EXPERIMENT_MODULE)
        self.register({"A-S1": "one", "A-S2": "two", "A-S3": "null"})
        board = ["from widesym.book import scoreboard", "scoreboard.current(profile)"]
        self.page("intro", board, last=True)
        check = ["from widesym.tiny import VALUE", CHECK.format(id="A-S1", value="VALUE")]
        self.page("one", check, ids="A-S1")
        self.page("two", [CHECK.format(id="A-S2", value="level")], ids="A-S2", parameters="level = 0.25")
        self.toc("intro", "one", "two")

    def page(self, name, cells, *, ids="", last=False, parameters="", experiments="", reads=""):
        more = {"ids": ids, "parameters": parameters, "experiments": experiments, "reads": reads}
        text = FRONT.format(title=f"Page {name}", last=str(last).lower(), **more)
        path = self.root / "book" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "".join(CELL.format(code=code) for code in cells))
        return path

    def toc(self, first, *others):
        files = "".join(f"  - file: book/{name}\n" for name in others)
        (self.root / "_toc.yml").write_text(f"format: jb-book\nroot: book/{first}\nchapters:\n{files}")

    def register(self, pages):
        text = "".join(REGISTER_ENTRY.format(id=id, page=page) for id, page in pages.items())
        (self.root / "book" / "claims.yml").write_text(text)

    def environment(self, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("WIDESYM_", "PYTEST_"))}
        return {**kept, "PYTHONPATH": str(self.root / "lib"), "PYTHONDONTWRITEBYTECODE": "1", **more}

    def command(self, *words):
        return [sys.executable, "-m", "widesym.cli", *words]

    def start(self, *words, **options):
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            self.command(*words), cwd=self.root, env=self.environment(), start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options,
        )  # fmt: skip

    def run(self, *words, **more):
        """Run a command to its end; returns exit status, output and errors."""
        return subprocess.run(
            self.command(*words), cwd=self.root, env=self.environment(**more), capture_output=True, text=True
        )

    def module(self, name, *words, **more):
        """Run one step of a build by itself."""
        command = [sys.executable, "-m", name, *words]
        environment = self.environment(**more)
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)

    def book(self):
        done = self.run("book", "--cores", "2")
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def build(self, *parts):
        return self.root.joinpath("build", "default", *parts)


@pytest.fixture
def key():
    """A random key, the same in every run."""
    return jax.random.key(20240519)


@pytest.fixture
def tiny_book(tmp_path):
    return TinyBook(tmp_path / "project")


TOY = '''
    """A toy experiment: powers of seeded normal draws, a few numbers a shard."""
    import dataclasses
    import os
    import time

    import numpy as np

    from widesym.study.experiment import Experiment


    @dataclasses.dataclass(frozen=True)
    class ToyConfig:
        sizes: tuple[int, ...] = (4, 3, 2)
        power: float = 2.0
        seed: int = 0
        precision: str = "float64"

        def __post_init__(self):
            if self.power <= 0:
                raise ValueError(f"power must be positive, got {self.power}")


    def shards(config):
        return tuple(f"size-{size}" for size in config.sizes)


    def run_shard(config, shard):
        size = int(shard.removeprefix("size-"))
        if "TOY_LOG" in os.environ:
            with open(os.environ["TOY_LOG"], "a") as log:
                log.write(shard + "\\n")
        if os.environ.get("TOY_STOP") == shard:
            raise KeyboardInterrupt
        if os.environ.get("TOY_FAIL") == shard:
            raise FloatingPointError("the toy diverged")
        if os.environ.get("TOY_DIE") == shard:
            os._exit(9)
        if os.environ.get("TOY_HANG") == shard:
            time.sleep(3600)
        time.sleep(float(os.environ.get("TOY_SLEEP", "0")))
        draws = np.random.default_rng([config.seed, size]).normal(size=(size, 3)) ** config.power
        return {"draws": draws, "mean": draws.mean()}


    def gather(config, parts):
        return {"means": np.array([parts[shard]["mean"] for shard in shards(config)]), "count": len(parts)}


    EXPERIMENT = Experiment(
        name="toy.powers",
        config_type=ToyConfig,
        profiles={
            "quick": ToyConfig(sizes=(2,)),
            "default": ToyConfig(),
            "paper": ToyConfig(sizes=(9, 8, 7)),
        },
        shards=shards,
        run_shard=run_shard,
        gather=gather,
        ids=("A-F1",),
    )
'''


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The module of the toy experiment, freshly written and imported."""
    folder = tmp_path / "modules"
    folder.mkdir()
    path = folder / "toylab.py"
    path.write_text(textwrap.dedent(TOY).lstrip())
    os.utime(path, (1e9, 1e9))  # older than this process: its loaded code is that of the file
    monkeypatch.syspath_prepend(folder)
    yield importlib.import_module("toylab")
    del sys.modules["toylab"]
