"""Clusters: what a user says of one, in the profile that Snakemake reads too.

A cluster is a folder with a `config.yaml`: `workflow/profiles/<name>`, or one of the user's. The entries
under `config` are ours, with the fields of `Cluster`; all others are options of Snakemake and its executor.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import yaml

from widesym.book.project import Project
from widesym.study.names import did_you_mean

_FILE = "config.yaml"


@dataclasses.dataclass(frozen=True)
class Cluster:
    """A cluster.

    Attributes:
        folder: the profile that Snakemake reads.
        partition: of nodes with CPUs; empty for the cluster's default.
        gpu_partition: of nodes with GPUs; empty where nothing asks for one.
        account: that pays; empty for the cluster's default.
        job_hours: that a job should take.
        longest_hours: that a job may take.
        margin: of the time asked for over the time estimated.
    """

    folder: Path
    partition: str = ""
    gpu_partition: str = ""
    account: str = ""
    job_hours: float = 2.0
    longest_hours: float = 48.0
    margin: float = 3.0

    def __post_init__(self) -> None:
        """Refuse what is no length of time."""
        if not 0 < self.job_hours <= self.longest_hours:
            raise ValueError(
                f"{self.folder / _FILE}: job_hours must be above 0 and at most "
                f"longest_hours={self.longest_hours:g}, got {self.job_hours:g}"
            )
        if self.margin < 1:
            raise ValueError(f"{self.folder / _FILE}: margin must be at least 1, got {self.margin:g}")


def find(project: Project, name: str) -> Cluster:
    """Return the cluster of a name or a folder.

    Raises:
        ValueError: there is none, or its file says what no cluster has.
    """
    known = project.snakefile.parent / "profiles"
    folder = known / name if (known / name).is_dir() else Path(name)
    if not (folder / _FILE).is_file():
        names = sorted(path.parent.name for path in known.glob(f"*/{_FILE}"))
        raise ValueError(
            f"no cluster {name!r}: neither a folder with {_FILE} nor a name; {did_you_mean(name, names)}"
        )
    try:
        said = dict((yaml.safe_load((folder / _FILE).read_text("utf-8")) or {}).get("config") or {})
    except (yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{folder / _FILE} is not YAML of the form `name: value`: {error}") from None
    fields = {field.name: field.type for field in dataclasses.fields(Cluster) if field.name != "folder"}
    for key, value in said.items():
        if key not in fields:
            raise ValueError(
                f"{folder / _FILE}: unknown entry {key!r} under config; {did_you_mean(key, fields)}"
            )
        number = fields[key] == "float"
        # a partition or an account may be a number
        kind = int | float if number else str | int | None
        if isinstance(value, bool) or not isinstance(value, kind) or (number and not math.isfinite(value)):
            raise ValueError(
                f"{folder / _FILE}: {key} must be a {'number' if number else 'name'}, got {value!r}"
            )
        said[key] = float(value) if number else str("" if value is None else value)
    return Cluster(folder.resolve(), **said)
