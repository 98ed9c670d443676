r"""The plan of a build: its computations, what of them is missing, and what that will cost.

A computation of $S$ missing shards, estimated at $t$ hours in all, is cut into

$$p=\min\big(S,\ \lceil t/t_{\rm job}\rceil\big)$$

parts on a cluster whose jobs should take $t_{\rm job}$ hours; every $p$-th shard is one part. On one machine
there are as many parts as cores, or fewer where they would be short. A job asks for the memory of its
neediest shard and for the margin times its estimated time; where it is ended for want of either, it is tried
again with more.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from widesym.book.pages import Page
from widesym.book.pipeline import keys
from widesym.book.pipeline.cluster import Cluster
from widesym.book.pipeline.part import parts_on_one_machine
from widesym.book.project import Build
from widesym.costs import Estimate, estimate, foretold
from widesym.study import store
from widesym.study.experiments import get

_HOUR = 3600.0
_START = 60.0  # seconds until a job computes: a queue's step, imports, compilation
_LEAST_MINUTES, _LEAST_MB = 15, 2000
_HEADROOM = 1.3  # memory asked for over memory estimated
_TRIES = 2  # again, before a job counts as failed
_MOST_TRIES = 50
# a page loads results and draws: measured, a gigabyte and a minute
PAGE = {"mem_mb": 4000, "minutes": 60, "gpu": 0}


@dataclasses.dataclass(frozen=True)
class Item:
    """A computation of the plan.

    Attributes:
        computation: what is computed.
        missing: the shards that are not stored, in order.
        parts: jobs; 0 where nothing is missing.
        gpu: whether it asks for one.
        estimate: of all shards, or None where nobody knows.
        seconds: of the missing shards, on that device.
        longest: seconds of its longest job.
    """

    computation: keys.Computation
    missing: tuple[str, ...]
    parts: int
    gpu: bool
    estimate: Estimate | None
    seconds: float
    longest: float

    @property
    def basis(self) -> str:
        """What the estimate comes from: a run, and how many times its work this is."""
        if self.estimate is None:
            return "unknown"
        factor = self.estimate.factor
        if self.gpu:
            return "assumed pace"
        return f"{self.estimate.basis} ×{factor:.2g}" if abs(factor - 1) > 0.005 else f"{self.estimate.basis}"


def items(build: Build, pages: Sequence[Page], cores: int, cluster: Cluster | None = None) -> list[Item]:
    """Return the computations of the pages, each once, by name."""
    found = {}
    for page in pages:
        if page.executable:
            for each in keys.computations(page, build):
                found.setdefault(each.name, each)
    return [_item(build, found[name], cores, cluster) for name in sorted(found)]


def _item(build: Build, computation: keys.Computation, cores: int, cluster: Cluster | None) -> Item:
    experiment = get(computation.experiment)
    missing = store.missing_shards(experiment, computation.config)
    known = estimate(experiment, computation.config, build.project.root)
    if known is None:
        parts = parts_on_one_machine(len(missing), 0, cores)
        return Item(computation, missing, parts, False, None, 0.0, 0.0)
    seconds: Mapping[str, float] = known.seconds
    gpu = False
    if cluster is not None and cluster.gpu_partition and known.gpu_seconds is not None:
        gpu = sum(known.seconds[shard] for shard in missing) > cluster.job_hours * _HOUR
        seconds = known.gpu_seconds if gpu else seconds
    left = sum(seconds[shard] for shard in missing)
    if cluster is None:
        parts = parts_on_one_machine(len(missing), left, cores)
    else:
        parts = min(len(missing), max(1, math.ceil(left / (cluster.job_hours * _HOUR))))
    every, wanted = experiment.shards(computation.config), set(missing)
    jobs = [sum(seconds[s] for s in every[first::parts] if s in wanted) for first in range(parts)]
    return Item(computation, missing, parts, gpu, known, left, max(jobs, default=0.0))


def resources(item: Item, cluster: Cluster) -> dict[str, int | str]:
    """Return what a job of a computation asks for, the first time."""
    known = item.estimate
    asked = cluster.margin * (item.longest + _START) if known else cluster.job_hours * _HOUR
    longest = math.ceil(cluster.longest_hours * 60)
    gigabytes = known.gigabytes if known else 0.0
    return {
        "mem_mb": max(_LEAST_MB, math.ceil(1000 * _HEADROOM * gigabytes)),
        "minutes": min(longest, max(_LEAST_MINUTES, math.ceil(asked / 60))),
        "gpu": int(item.gpu),
        "partition": cluster.gpu_partition if item.gpu else cluster.partition,
    }


def retries(found: Sequence[Item], cluster: Cluster) -> int:
    """Return how often a job is tried again; what outlasts the longest job goes on in as many as it needs."""
    longest = max((item.longest for item in found), default=0.0)
    return min(_MOST_TRIES, _TRIES + math.floor(longest / (cluster.longest_hours * _HOUR)))


def lines(found: Sequence[Item], build: Build, cores: int, cluster: Cluster | None = None) -> list[str]:
    """Return the plan as a table, its totals, and how far the estimates can be trusted."""
    where = f"cluster {cluster.folder.name}" if cluster else f"this machine, {cores} cores"
    head = (
        "computation",
        "to do",
        "parts",
        "on",
        "memory",
        "longest job",
        "hours",
        "estimated from",
        "times",
    )
    rows = [_row(item) for item in found]
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    table = [
        "  ".join(
            cell.ljust(width) if i in (0, 3, 7, 8) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]
    return [
        f"Plan of {build.directory.name}: {where}",
        "",
        *table,
        "",
        *_totals(found, cores, cluster),
        *_trust(found, build),
    ]


def _row(item: Item) -> tuple[str, ...]:
    known = item.estimate
    return (
        item.computation.name,
        f"{len(item.missing)} of {item.computation.shards}",
        str(item.parts) if item.missing else "-",
        ("GPU" if item.gpu else "CPU") if item.missing else "-",
        f"{known.gigabytes:.3g} GB" if known else "?",
        ("-" if not item.missing else hours(item.longest)) if known else "?",
        ("-" if not item.missing else hours(item.seconds)) if known else "?",
        item.basis if item.missing else "stored",
        known.law if known and item.missing else "",
    )


def hours(seconds: float) -> str:
    """Return a length of time in hours, to two digits."""
    value = seconds / _HOUR
    return f"{value:,.0f} h" if value >= 10 else f"{value:.1f} h" if value >= 1 else f"{value:.2f} h"


def _totals(found: Sequence[Item], cores: int, cluster: Cluster | None) -> list[str]:
    todo = [item for item in found if item.missing]
    if not todo:
        return ["Nothing to compute: every shard is stored."]
    told = []
    for gpu, unit in ((False, "core-hours"), (True, "GPU-hours")):
        mine = [item for item in todo if item.gpu == gpu and item.estimate]
        if mine:
            total, jobs = sum(item.seconds for item in mine), sum(item.parts for item in mine)
            told.append(f"{total / _HOUR:,.1f} {unit} in {jobs} parts")
    unknown = [item.computation.name for item in todo if item.estimate is None]
    if unknown:
        told.append(f"and an unknown time for {', '.join(unknown)}")
    text = ["In all: " + "; ".join(told)]
    if cluster is None and any(item.estimate for item in todo):
        text[0] += f"; {hours(sum(item.seconds for item in todo) / cores)} on {cores} cores at best"
    if cluster is not None:
        text += [told for item in todo if (told := _too_long(item, cluster))]
    return text


def _too_long(item: Item, cluster: Cluster) -> str:
    """Return what happens to a part that needs more than the longest job, or nothing."""
    pieces = math.ceil(item.longest / (cluster.longest_hours * _HOUR))
    if pieces <= 1:
        return ""
    told = f"{item.computation.name}: its longest part needs {pieces} jobs of {cluster.longest_hours:g} h"
    if pieces > _MOST_TRIES:
        return f"{told}, which is hopeless" + ("" if item.gpu else "; " + _remedy(item))
    return f"{told}, each going on from the checkpoints or tiles of the last"


def _remedy(item: Item) -> str:
    known = item.estimate
    if known is not None and known.gpu_seconds is not None:
        total = hours(sum(known.gpu_seconds[shard] for shard in item.missing))
        return f"set gpu_partition: about {total} of a GPU at an assumed pace"
    return "change its parameters"


def _trust(found: Sequence[Item], build: Build) -> list[str]:
    """Return how the estimates were made, and what came of them where it is known."""
    told = [
        "",
        "Estimated: a run's seconds for each unit of work, times the work, by the law in the last column.",
    ]
    ratios = {}
    for item in found:
        seen = foretold(get(item.computation.experiment), build.project.root)
        if seen:
            ratios[item.computation.experiment] = seen[0] / seen[1]
    if ratios:
        told.append("What the laws made of the default runs, over what the records took:")
        told += [f"  {name} {ratio:.2g}" for name, ratio in sorted(ratios.items(), key=lambda pair: pair[1])]
    told.append(
        "`record`: measured at this size, or scaled from the record. `default ×k`: k times the work of a"
    )
    told.append("small run; an upper bound where k is large, since small runs spend their time on starting.")
    if any(item.gpu for item in found):
        told.append("A GPU's pace is assumed: 20 TFLOP/s, 20,000 pooled pairs of 32×32 a second.")
    return told
