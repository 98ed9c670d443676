r"""Work: what a shard asks of a machine, up to a factor that its kind shares, and laws that tell it."""

import dataclasses
from collections.abc import Callable
from typing import Any

BASE = 1.5  # gigabytes of a process that has loaded JAX, Numba and its images


@dataclasses.dataclass(frozen=True)
class Work:
    """The work of a shard.

    Attributes:
        kind: shards of one kind share a rate.
        units: the work, in units of the kind.
        gpu_seconds: on a GPU of the assumed pace; None where a GPU would not help.
        gigabytes: of memory.
    """

    kind: str
    units: float
    gpu_seconds: float | None = None
    gigabytes: float = BASE


@dataclasses.dataclass(frozen=True)
class Law:
    """The law of an experiment: in words, and as a function of a config and a shard.

    `corrected` begins the kinds whose rates the record of the experiment corrects; None says that the record
    tells nothing of time, because it began with kernel matrices that another experiment had left.
    """

    words: str
    work: Callable[[Any, str], Work]
    corrected: str | None = ""
