r"""The store: a result is computed once, and found by what determines it.

The key of a shard $s$ of an experiment $e$ with config $c$ is

$$k = \mathrm{SHA256}(e,\ s,\ c,\ \text{fingerprint of the code},\ \text{versions}),$$

so an edited library never serves an old number, and an edited comment costs nothing. Shards are stored
in `<results>/<experiment>/<key>.npz` and `.json`, each when it is finished; a result is gathered from
them at every load. `<results>` is `$WIDESYM_RESULTS` or `build/results` in the project.

A *record* is a gathered result kept in the project's `records/` folder. It is found by its name: it
carries the fingerprint of the code that made it, and does not vanish when that code is edited.
"""

import dataclasses
import hashlib
import json
import os
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from widesym import files
from widesym.files import DamagedResult, StoreError
from widesym.fingerprint import fingerprint
from widesym.study import provenance, workers
from widesym.study.configs import as_fields, from_fields, profile_of
from widesym.study.experiment import Experiment
from widesym.study.workers import Progress

__all__ = [
    "DamagedResult", "StoreError", "Stored", "find_record", "load_or_run", "load_record", "lookup",
    "missing_shards", "record_path", "results_root", "run_shards", "save_record", "shard_keys",
]  # fmt: skip

# Seconds that a writer may take between its two files where the file system has no locks.
_GRACE = 2.0


@dataclasses.dataclass(frozen=True, eq=False)
class Stored:
    """A result: arrays and numbers by name, where they come from, and the config that they belong to."""

    arrays: dict[str, Any]
    provenance: dict[str, Any]
    config: Any


def results_root() -> Path:
    """Return the folder of stored results: `$WIDESYM_RESULTS`, or `build/results` in the project.

    Raises:
        FileNotFoundError: the variable is not set and there is no project.
    """
    named = os.environ.get("WIDESYM_RESULTS")
    return Path(named) if named else provenance.project_root() / "build" / "results"


def shard_keys(experiment: Experiment, config: Any) -> dict[str, str]:
    """Return the key (32 hex digits) of each shard, in the experiment's order.

    Raises:
        ValueError: a config of another type or with a value that has no JSON form, or shard names that
            are not distinct strings.
    """
    return _keys(experiment, config, _code(experiment, config))


def load_or_run(
    experiment: Experiment,
    config: Any,
    *,
    workers: int | None = None,
    progress: Progress = None,
    root: Path | None = None,
) -> Stored:
    r"""Return the result of an experiment: stored shards are loaded, missing ones computed and stored.

    The result is $\mathrm{gather}(c, \{s \mapsto r_s(c)\})$. Damaged shards are set aside in
    `<results>/damaged`, with a `DamagedResult` warning, and computed again.

    Args:
        experiment: what to compute.
        config: its numbers, as from `configure`.
        workers: processes for the missing shards; None takes one for each core. The numbers do not
            depend on it.
        progress: see `widesym.study.workers.compute_all`.
        root: the folder of results instead of `results_root()`.

    Returns:
        The gathered result. Its provenance joins those of the shards (`provenance.merge`).

    Raises:
        ValueError: a config that is not the experiment's, or a result that cannot be stored.
        StoreError: the folder cannot be written, or the disk is full.
    """
    parts = _complete(experiment, config, None, workers, progress, root)
    loaded = {shard: arrays for shard, (arrays, _) in parts.items()}
    gathered = files.as_arrays(experiment.gather(config, loaded), f"gather of {experiment.name}")
    joint = provenance.merge([header["provenance"] for _, header in parts.values()])
    joint["profile"] = profile_of(experiment, config)  # a profile may have been renamed since
    joint["key"] = hashlib.sha256("".join(h["stem"] for _, h in parts.values()).encode()).hexdigest()[:32]
    return Stored({n: a.item() if a.ndim == 0 else a for n, a in gathered.items()}, joint, config)


def run_shards(
    experiment: Experiment,
    config: Any,
    part: tuple[int, int] = (1, 1),
    *,
    workers: int | None = None,
    progress: Progress = None,
    root: Path | None = None,
) -> tuple[str, ...]:
    r"""Compute and store one of `n` parts of an experiment's shards; return the names in that part.

    Part $i$ of $n$ is every $n$-th shard from the $i$-th on, $1 \le i \le n$: as shards come the most
    expensive first, the parts cost about the same. Stored shards are not computed again.

    Raises:
        ValueError: `part` is not (i, n) with 1 <= i <= n; otherwise as `load_or_run`.
        StoreError: as `load_or_run`.
    """
    if (
        not isinstance(part, tuple | list)
        or len(part) != 2
        or not all(type(number) is int for number in part)
        or not 1 <= part[0] <= part[1]
    ):
        raise ValueError(f"part must be (i, n) with 1 <= i <= n, got {part!r}")
    names = tuple(shard_keys(experiment, config))[part[0] - 1 :: part[1]]
    _complete(experiment, config, names, workers, progress, root)
    return names


def missing_shards(experiment: Experiment, config: Any, *, root: Path | None = None) -> tuple[str, ...]:
    """Return the names of the shards that are not stored, or not validly; changes nothing."""
    folder = _folder(experiment, root)
    missing = []
    for shard, key in shard_keys(experiment, config).items():
        try:
            if files.read_pair(folder, key) is None:
                missing.append(shard)
        except files.Damaged:
            missing.append(shard)
    return tuple(missing)


def lookup(key: str, *, root: Path | None = None) -> list[dict[str, Any]]:
    """Return the provenance of each stored shard whose key begins with `key`, damaged ones left out.

    Raises:
        ValueError: `key` is not made of 4 to 32 hex digits.
    """
    if not 4 <= len(key) <= 32 or set(key) - set("0123456789abcdef"):
        raise ValueError(f"a key has 32 hex digits, of which the first 4 or more are needed; got {key!r}")
    found = []
    for path in sorted((results_root() if root is None else Path(root)).glob(f"*/{key}*.json")):
        try:
            found.append({"key": path.stem, **files.read_header(path)["provenance"]})
        except files.Damaged:
            continue
    return found


def record_path(experiment: Experiment | str) -> Path:
    """Return the `.npz` of an experiment's record, `records/<experiment>.npz` in the project."""
    name = experiment if isinstance(experiment, str) else experiment.name
    return provenance.project_root() / "records" / f"{name}.npz"


def save_record(stored: Stored, path: Path | None = None) -> Path:
    """Write a result as a record, `.npz` and `.json` side by side; return the path of the `.npz`.

    Args:
        stored: as from `load_or_run`.
        path: ends in `.npz`; None means `record_path`.

    Raises:
        ValueError: a path that does not end in `.npz`.
        StoreError: the folder cannot be written.
    """
    target = record_path(stored.provenance["experiment"]) if path is None else Path(path)
    if target.suffix != ".npz":
        raise ValueError(f"a record's path must end in .npz, got {target}")
    arrays = files.as_arrays(stored.arrays, "a record")
    header = {"provenance": {**stored.provenance, "config": as_fields(stored.config)}}
    files.write_pair(target.parent, target.with_suffix("").name, arrays, header)
    return target


def find_record(experiment: Experiment) -> Stored | None:
    """Return the record of an experiment, or None while there is none; otherwise as `load_record`."""
    path = record_path(experiment)
    # one file of the two is damage, which must be said
    known = path.is_file() or path.with_suffix(".json").is_file()
    return load_record(experiment) if known else None


def load_record(experiment: Experiment, path: Path | None = None) -> Stored:
    """Return the record of an experiment.

    Raises:
        FileNotFoundError: there is none yet.
        StoreError: its files do not belong together (altered, or only one of them is there).
        ValueError: it belongs to another experiment or to a config with other fields.
    """
    target = record_path(experiment) if path is None else Path(path)
    remedy = f"restore both files from version control, or make it with `widesym record {experiment.name}`"
    try:
        pair = files.read_pair(target.parent, target.with_suffix("").name)
    except files.Damaged as damage:
        raise StoreError(f"the record {target} is damaged, {damage}; {remedy}") from None
    if pair is None:
        raise FileNotFoundError(
            f"there is no record {target}; make it with `widesym record {experiment.name}`"
        )
    arrays, header = pair
    source = header["provenance"]
    if source.get("experiment") != experiment.name:
        raise ValueError(f"{target} is a record of {source.get('experiment')!r}, not of {experiment.name!r}")
    return Stored(arrays, source, from_fields(experiment.config_type, source["config"]))


def _names(experiment: Experiment, config: Any) -> Sequence[str]:
    names = list(experiment.shards(config))
    if not names or len(set(names)) != len(names) or not all(isinstance(n, str) and n for n in names):
        raise ValueError(
            f"{experiment.name}: shards must be distinct, non-empty names, got {repr(names):.200}"
        )
    return names


def _code(experiment: Experiment, config: Any) -> str:
    if type(config) is not experiment.config_type:
        raise ValueError(
            f"{experiment.name} needs a config of type {experiment.config_type.__name__}, "
            f"got {repr(config):.80}; make one with configure(experiment, profile)"
        )
    return fingerprint(experiment.run_shard, type(config))


def _keys(experiment: Experiment, config: Any, code: str) -> dict[str, str]:
    common = {"config": as_fields(config), "code": code, "versions": provenance.versions()}
    keys = {}
    for shard in _names(experiment, config):
        text = json.dumps([experiment.name, shard, common], sort_keys=True, allow_nan=False)
        keys[shard] = hashlib.sha256(text.encode()).hexdigest()[:32]
    return keys


def _folder(experiment: Experiment, root: Path | None) -> Path:
    return (results_root() if root is None else Path(root)) / experiment.name


def _fetch(folder: Path, key: str, shard: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Load a shard; a damaged one is set aside and counts as missing."""
    try:
        return files.read_pair(folder, key)
    except files.Damaged:
        pass
    # what looked damaged may be a pair that another process is writing; its lock says when it is done
    with files.locked(folder, key) as held:
        if not held:
            time.sleep(_GRACE)
        try:
            return files.read_pair(folder, key)
        except files.Damaged as damage:
            moved = files.set_aside(folder, key, folder.parent / "damaged")
            message = f"stored shard {shard!r} is damaged ({damage}); it is computed again, " + (
                f"and its files are kept in {moved[0].parent}" if moved else "and nothing was left to keep"
            )
    warnings.warn(message, DamagedResult, stacklevel=5)
    return None


def _complete(
    experiment: Experiment,
    config: Any,
    wanted: Sequence[str] | None,
    worker_count: int | None,
    progress: Progress,
    root: Path | None,
) -> dict[str, tuple[dict[str, Any], Mapping[str, Any]]]:
    """Load the wanted shards (None: all), after computing those that are missing."""
    code = _code(experiment, config)
    keys = _keys(experiment, config, code)
    if wanted is not None:
        keys = {shard: keys[shard] for shard in wanted}
    folder = _folder(experiment, root)
    parts = {shard: _fetch(folder, key, shard) for shard, key in keys.items()}
    missing = [shard for shard, part in parts.items() if part is None]
    if missing:
        commit, clean = provenance.commit(_source_folder())
        origin = {
            "experiment": experiment.name,
            "profile": profile_of(experiment, config),
            "config": as_fields(config),
            "seed": getattr(config, "seed", None),
            "commit": commit,
            "clean": clean,
            "fingerprint": code,
            "versions": provenance.versions(),
        }
        jobs = [
            workers.Job(experiment.run_shard, config, shard, folder, keys[shard], code, origin)
            for shard in missing
        ]
        workers.compute_all(jobs, len(keys) - len(missing), worker_count, progress)
    for shard in missing:
        parts[shard] = _fetch(folder, keys[shard], shard)
        if parts[shard] is None:
            raise StoreError(f"shard {shard!r} vanished from {folder} while it was in use; run again")
    return {shard: part for shard, part in parts.items() if part is not None}


def _source_folder() -> Path:
    return Path(__file__).resolve().parent
