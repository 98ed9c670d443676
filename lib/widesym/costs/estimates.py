r"""Costs: how long a computation takes and what it needs, estimated before it starts.

The work $w(c,s)$ of a shard (`widesym.costs.laws`) times a measured rate. Rates come from a run of every
experiment at another profile, kept in `workflow/measured.json` (made by `tools/measured.py`): for each kind
of shard the median of seconds over work, among shards of at least half the largest work of their kind, so
that compilation and what does not grow weigh little,

$$\hat t(c)=\kappa\sum_s\rho_{\text{kind}(s)}\,w(c,s).$$

Where an experiment has a record, $\kappa=t(c_{\rm record})/\sum_s\rho\,w(c_{\rm record},s)$: the estimate of
the record's own config is then what it took. `foretold` tells how well the law alone would have foretold it.
Without a record $\kappa=1$.
"""

import dataclasses
import functools
import json
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from widesym.costs.laws import law
from widesym.costs.work import Work
from widesym.study.configs import as_fields, from_fields
from widesym.study.experiment import Experiment

# the part of a kind's shards, by work, that its rate is taken from
_LARGE = 0.5
_MEASURED = Path("workflow", "measured.json")


@dataclasses.dataclass(frozen=True)
class Estimate:
    """What a config costs.

    Attributes:
        seconds: on one core, by shard.
        gpu_seconds: on a GPU of an assumed pace, by shard; None where it would not help.
        gigabytes: of memory, of the neediest shard.
        law: how the work grows, in words.
        basis: the run that the rates come from: ``record`` or the name of a profile.
        factor: the work over that of the run it is based on; 1 is a measured time.
    """

    seconds: Mapping[str, float]
    gpu_seconds: Mapping[str, float] | None
    gigabytes: float
    law: str
    basis: str
    factor: float


def estimate(experiment: Experiment, config: Any, root: Path) -> Estimate | None:
    """Return what a config costs, or None where the experiment has no law or was never measured.

    Args:
        experiment: whose shards.
        config: its numbers.
        root: of the project that holds the measurements and the records.
    """
    known = law(experiment.name)
    measured = _measured(experiment, root)
    if known is None or measured is None:
        return None
    work = {shard: known.work(config, shard) for shard in experiment.shards(config)}
    profile, rates, units = measured
    guess = {shard: each.units * _rate(rates, each.kind) for shard, each in work.items()}
    basis, factor, correction = profile, sum(guess.values()) / units, 1.0
    record = _record(experiment, root)
    if record is not None:
        before, others = _guess(experiment, record[0], rates)
        correction = max(record[1] - others, 0.1 * record[1]) / before
        basis, factor = "record", sum(guess.values()) / (before + others)
    corrected = {
        s: correction if each.kind.startswith(known.corrected or "") else 1.0 for s, each in work.items()
    }
    helped = all(each.gpu_seconds is not None for each in work.values())
    return Estimate(
        seconds={shard: seconds * corrected[shard] for shard, seconds in guess.items()},
        gpu_seconds={shard: each.gpu_seconds for shard, each in work.items()} if helped else None,
        gigabytes=max(each.gigabytes for each in work.values()),
        law=known.words,
        basis=basis,
        factor=factor,
    )


def taken(experiment: Experiment, config: Any, root: Path) -> dict[str, float] | None:
    """Return the measured seconds of each shard of this very config on one core, None where it was not run.

    Among small runs they order computations better than `estimate`, which a record draws to its own size.
    """
    entry = _entry(experiment, root)
    if entry is None or entry["config"] != as_fields(config):
        return None
    return entry["seconds"]


def foretold(experiment: Experiment, root: Path) -> tuple[float, float] | None:
    """Return the seconds of an experiment's record as its law foretells them, and as they were.

    None without a record, a law or a measurement.
    """
    record, measured = _record(experiment, root), _measured(experiment, root)
    if record is None or measured is None or law(experiment.name) is None:
        return None
    return sum(_guess(experiment, record[0], measured[1])), record[1]


def _guess(experiment: Experiment, config: Any, rates: Mapping[str, float]) -> tuple[float, float]:
    """Return the seconds of the kinds that a record corrects, and of the others."""
    known, found = law(experiment.name), [0.0, 0.0]
    for shard in experiment.shards(config):
        each = known.work(config, shard)
        found[not each.kind.startswith(known.corrected)] += each.units * _rate(rates, each.kind)
    return found[0], found[1]


def _rate(rates: Mapping[str, float], kind: str) -> float:
    if kind in rates:
        return rates[kind]

    def sort(name: str) -> str:
        return name.replace("_", " ").split(" ")[0]

    # a kind that the measured run had not, such as another model: the slowest of its sort
    alike = [rate for name, rate in rates.items() if sort(name) == sort(kind)]
    return max(alike or rates.values())


def _measured(experiment: Experiment, root: Path) -> tuple[str, dict[str, float], float] | None:
    """Return the profile, the rates by kind, and the seconds that they give for the run they come from."""
    entry, known = _entry(experiment, root), law(experiment.name)
    if entry is None or known is None:
        return None
    try:
        config = from_fields(experiment.config_type, entry["config"])
    except ValueError:  # measured before a field was added
        return None
    by_kind: dict[str, list[tuple[Work, float]]] = {}
    for shard, seconds in entry["seconds"].items():
        each = known.work(config, shard)
        by_kind.setdefault(each.kind, []).append((each, seconds))
    rates = {}
    for kind, pairs in by_kind.items():
        largest = max(each.units for each, _ in pairs)
        large = [(each, seconds) for each, seconds in pairs if each.units >= _LARGE * largest]
        rates[kind] = statistics.median(seconds / each.units for each, seconds in large)
    total = sum(each.units * rates[each.kind] for pairs in by_kind.values() for each, _ in pairs)
    return entry["profile"], rates, total


def _entry(experiment: Experiment, root: Path) -> dict[str, Any] | None:
    path = root / _MEASURED
    if not path.is_file():
        return None
    return _read(path, path.stat().st_mtime_ns)["experiments"].get(experiment.name)


def _record(experiment: Experiment, root: Path) -> tuple[Any, float] | None:
    """Return the config of an experiment's record and its seconds of computing."""
    path, known = root / "records" / f"{experiment.name}.json", law(experiment.name)
    if not path.is_file() or known is None or known.corrected is None:
        return None
    origin = json.loads(path.read_text("utf-8"))["provenance"]
    try:
        return from_fields(experiment.config_type, origin["config"]), origin["compute_seconds"]
    except (ValueError, KeyError):
        return None


@functools.lru_cache(maxsize=4)
def _read(path: Path, _time: int) -> dict:
    return json.loads(path.read_text("utf-8"))


def entry(experiment: Experiment, profile: str, config: Any, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Return what `workflow/measured.json` keeps of a run of an experiment."""
    return {
        "profile": profile,
        "config": as_fields(config),
        "seconds": {shard: float(f"{value:.3g}") for shard, value in seconds.items()},
    }
