r"""Provenance: where a number comes from.

For every stored shard: the experiment, config and seed, the code (commit, whether the tree was clean,
fingerprint), the versions, the device, the precision and the times. For a result gathered from shards
$s$ computed during $[a_s, b_s]$: the work $\sum_s (b_s - a_s)$ and the wall time
$|\bigcup_s [a_s, b_s]|$, which does not count the pause of an interrupted run.
"""

import datetime
import functools
import importlib.metadata
import os
import platform
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

PACKAGES = ("jax", "jaxlib", "numpy", "scipy", "numba", "pot")


def project_root(start: Path | None = None) -> Path:
    """Return the folder of the project: `$WIDESYM_ROOT`, or where `pyproject.toml` names widesym.

    Looks upwards from `start` (the working folder), then from this file.

    Raises:
        FileNotFoundError: there is no such folder, as when the package was installed without its project.
    """
    named = os.environ.get("WIDESYM_ROOT")
    if named:
        return Path(named).resolve()
    begin = Path.cwd() if start is None else Path(start).resolve()
    for place in (begin, Path(__file__).resolve()):
        for folder in (place, *place.parents):
            if _names_widesym(folder / "pyproject.toml"):
                return folder
    raise FileNotFoundError(
        f"no project found in {begin} or above it (a pyproject.toml with the name widesym): "
        "go to the project's folder or set WIDESYM_ROOT to it"
    )


def _names_widesym(path: Path) -> bool:
    try:
        return tomllib.loads(path.read_text("utf-8")).get("project", {}).get("name") == "widesym"
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False


def versions() -> dict[str, str]:
    """Return the versions of the packages that can move a number, `absent` for one not installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "absent"
    return found


@functools.lru_cache(maxsize=8)
def commit(root: Path) -> tuple[str | None, bool | None]:
    """Return the commit of the tree at `root` and whether it was clean; (None, None) without one.

    Asked once a process: it is the state in which the process began.
    """
    head = _git(root, "rev-parse", "HEAD")
    if head is None:
        return None, None
    status = _git(root, "status", "--porcelain")
    return head.strip(), None if status is None else not status.strip()


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


@functools.cache
def processor() -> str:
    """Return the CPU's model and the number of cores this process may use."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {cores()} cores"


def cores() -> int:
    """Return the number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def device() -> str:
    """Return the accelerator that JAX uses in this process, or the CPU; does not import JAX."""
    jax = sys.modules.get("jax")
    if jax is not None and jax.default_backend() != "cpu":
        return f"{jax.devices()[0].device_kind}; {processor()}"
    return processor()


def precision(config: Any) -> str:
    """Return the config's own `precision` where it has one, else what JAX is set to in this process."""
    if hasattr(config, "precision"):
        return str(config.precision)
    jax = sys.modules.get("jax")
    return "float32" if jax is not None and not jax.config.jax_enable_x64 else "float64"


def timestamp(seconds: float) -> str:
    """Return a time given in seconds since 1970 as ISO 8601 in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="milliseconds")


def merge(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Join the provenances of the shards of one result.

    What they share is kept; where they differ, the values are listed in order of first appearance.

    Args:
        parts: at least one provenance, each with `started_at` and `finished_at` (ISO 8601).

    Returns:
        The joint provenance, with `shards` (their number), `compute_seconds` (the sum) and
        `wall_seconds` (the length of the union of the shards' times).
    """
    times = ("started_at", "finished_at", "wall_seconds")
    joint: dict[str, Any] = {}
    for name in parts[0]:
        if name in times or name == "shard":
            continue
        values: list[Any] = []
        for part in parts:
            if part.get(name) not in values:
                values.append(part.get(name))
        joint[name] = values[0] if len(values) == 1 else values
    spans = sorted((_seconds(part["started_at"]), _seconds(part["finished_at"])) for part in parts)
    joint["shards"] = len(parts)
    joint["started_at"] = min(part["started_at"] for part in parts)
    joint["finished_at"] = max(part["finished_at"] for part in parts)
    joint["wall_seconds"] = round(_union_length(spans), 3)
    joint["compute_seconds"] = round(sum(part["wall_seconds"] for part in parts), 3)
    return joint


def _seconds(iso: str) -> float:
    return datetime.datetime.fromisoformat(iso).timestamp()


def _union_length(spans: Iterable[tuple[float, float]]) -> float:
    total, reached = 0.0, float("-inf")
    for start, end in spans:
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def one_line(provenance: Mapping[str, Any]) -> str:
    """Return a provenance as the line that stands under a figure."""
    parts = [f"profile {provenance['profile']}"]
    if provenance.get("seed") is not None:
        parts.append(f"seed {provenance['seed']}")
    parts.append(_spell_commit(provenance.get("commit"), provenance.get("clean")))
    found = provenance.get("versions") or {}
    for each in found if isinstance(found, list) else [found]:
        parts.append(", ".join(f"{name} {each[name]}" for name in ("jax", "numpy", "numba") if name in each))
    parts.append(_join(provenance.get("device")))
    parts.append(_join(provenance.get("precision")))
    wall, work = provenance["wall_seconds"], provenance.get("compute_seconds")
    spent = duration(wall)
    if work is not None and work > 1.05 * wall:
        spent += f" ({duration(work)} of work)"
    parts.append(spent)
    parts.append(provenance["started_at"][:16].replace("T", " ") + " UTC")
    return " · ".join(part for part in parts if part)


def _spell_commit(found: Any, clean: Any) -> str:
    if found is None:
        return "no commit"
    several = found if isinstance(found, list) else [found]
    names = ", ".join("none" if name is None else name[:10] for name in several)
    kept = clean if isinstance(clean, list) else [clean]
    state = "" if all(flag is True for flag in kept) else ", tree not clean"
    return f"commit {names}{state}"


def _join(value: Any) -> str:
    return " + ".join(str(part) for part in value) if isinstance(value, list) else str(value or "")


def duration(seconds: float) -> str:
    """Return a time span for readers: `0.42 s`, `12 s`, `3 min 05 s`, `2 h 07 min`."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
