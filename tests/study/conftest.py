"""A small experiment in a module of its own, as worker processes must be able to import it."""

import importlib
import os
import sys
import textwrap

import pytest

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


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty folder of results."""
    folder = tmp_path / "results"
    monkeypatch.setenv("WIDESYM_RESULTS", str(folder))
    return folder


@pytest.fixture
def log(tmp_path, monkeypatch):
    """The shards that were really computed, in order, as a function."""
    path = tmp_path / "computed"
    monkeypatch.setenv("TOY_LOG", str(path))
    return lambda: path.read_text().split() if path.exists() else []
