"""The speed of kernels: the compiled path against Neural Tangents, on one machine, in one run.

Measurements of time, not numbers that a config determines: another run gives others. They are stored like
a result all the same, with the device in the provenance, and measured anew when the code changes. Arrays are
those of :func:`widesym.study.kernel_timing.measure`, with the axes (network, side), and ``machine``, the
number of cores of the machine.
"""

import dataclasses

import numpy as np

from widesym.study.experiment import Experiment
from widesym.study.kernel_timing import BATCHES, Effort, alone
from widesym.study.provenance import cores

NETWORKS = ("GAP", "LAP8", "LAP4", "VEC", "LCN", "FCN")


@dataclasses.dataclass(frozen=True)
class Speed:
    """Every number that the measurement has of its own.

    Args:
        networks: some of :data:`NETWORKS`.
        sides: of the square images, some of 8, 16, 32.
        depth: hidden layers, ReLU.
        cores: that both ways may use; with one, CPU time is measured, else the time on the wall.
        seconds: that one call of the compiled path shall take, about.
        repeats: calls that are timed, of which the fastest counts.
        batches: sizes of batches that Neural Tangents may try.
        patience: seconds that one of them may take.
        precision: of both; nothing else is timed.
    """

    networks: tuple[str, ...] = ("GAP", "LAP4", "VEC", "FCN")
    sides: tuple[int, ...] = (8, 16, 32)
    depth: int = 8
    cores: int = 1
    seconds: float = 0.2
    repeats: int = 2
    batches: int = 1
    patience: float = 5.0
    precision: str = "float32"

    def __post_init__(self) -> None:
        """Refuse numbers that define no measurement."""
        for name, valid in (("networks", NETWORKS), ("sides", tuple(BATCHES["GAP"]))):
            values = getattr(self, name)
            if not values or not set(values) <= set(valid) or len(set(values)) < len(values):
                raise ValueError(f"{name} must be distinct and some of {valid}, got {values}")
        for name in ("depth", "cores", "repeats", "batches"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not (self.seconds > 0 and self.patience > 0):
            raise ValueError(f"seconds and patience must be positive, got {self.seconds}, {self.patience}")
        if self.precision != "float32":
            raise ValueError(f"precision must be 'float32', in which large kernels are computed, got "
                             f"{self.precision!r}")  # fmt: skip


def run_shard(config: Speed, shard: str) -> dict[str, np.ndarray]:
    """Measure everything, in a process of its own.

    Raises:
        ValueError: more cores than there are.
    """
    if config.cores > cores():
        raise ValueError(f"cores={config.cores}, but this process may use {cores()}; ask for as many")
    effort = Effort(config.cores, config.seconds, config.repeats, config.batches, config.patience)
    return {**alone(effort, config.networks, config.sides, config.depth), "machine": np.array(cores())}


def shards(config: Speed) -> tuple[str, ...]:
    """Return the one shard: side by side, two measurements would disturb each other."""
    return ("measurements",)


def gather(config: Speed, parts: dict) -> dict[str, np.ndarray]:
    """Return all arrays."""
    return parts["measurements"]


EXPERIMENT = Experiment(
    name="synergy.speed",
    config_type=Speed,
    profiles={
        "quick": Speed(networks=("VEC", "FCN"), sides=(8,), depth=2, seconds=0.05, repeats=1),
        "default": Speed(),
        "paper": Speed(networks=NETWORKS, cores=4, seconds=1.0, repeats=7, batches=4, patience=60.0),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=(),
)
