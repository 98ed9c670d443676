r"""An experiment: a computation that is cut into independent shards.

An experiment is a map $c \mapsto r(c)$ from configs to results with
$r(c) = \mathrm{gather}(c, \{s \mapsto r_s(c)\}_{s \in \mathrm{shards}(c)})$,
where each shard $r_s(c)$ is a dict of arrays that depends on $(c, s)$ and the code alone: no clock,
no unseeded randomness, no state left by another shard. So shards can be computed in any order, on
any number of machines, and stored one by one.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

PROFILES = ("quick", "default", "paper")

_NAME = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+")
_ID = re.compile(r"[AB]-[SFTX][1-9][0-9]*")
_RESERVED = {"experiment", "profile"}


@dataclasses.dataclass(frozen=True, eq=False)
class Experiment:
    r"""Describe one experiment: its configs, its shards and how they are put together.

    The result of a config $c$ is $\mathrm{gather}(c, \{s \mapsto r_s(c)\})$ over its shards $s$.

    Args:
        name: family and name, such as `meanfield.strong-start`; the folder of its results.
        config_type: the frozen dataclass of every number that the result depends on. Fields are
            int, float, bool, str, None, or tuples of these; a field `seed` goes into the provenance.
        profiles: one config for each of `quick`, `default` and `paper`.
        shards: config -> names of the independent parts, the most expensive first.
        run_shard: (config, shard) -> dict of arrays and numbers. A function at the top of a module,
            because worker processes import it.
        gather: (config, {shard: dict}) -> dict of arrays and numbers; cheap, runs at each load.
        ids: the ids of the claims and figures that the result serves, such as `A-F1`.
        variants: config -> {name: config}, what the experiment's page shows beside a result.

    Raises:
        ValueError: a malformed name or id, a missing profile, a config of another type or not frozen.
    """

    name: str
    config_type: type
    profiles: Mapping[str, Any]
    shards: Callable[[Any], tuple[str, ...]]
    run_shard: Callable[[Any, str], dict[str, Any]]
    gather: Callable[[Any, dict[str, dict[str, Any]]], dict[str, Any]]
    ids: tuple[str, ...]
    variants: Callable[[Any], Mapping[str, Any]] = lambda config: {}

    def __post_init__(self) -> None:
        """Check what can be checked before anything is computed."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"experiment name {self.name!r} must be family.name in lower case, digits and hyphens, "
                "such as 'meanfield.strong-start'"
            )
        kind = self.config_type
        params = getattr(kind, "__dataclass_params__", None)
        if params is None or not params.frozen:
            raise ValueError(f"{self.name}: config_type {kind!r} must be a frozen dataclass")
        clash = _RESERVED & {field.name for field in dataclasses.fields(kind)}
        if clash:
            raise ValueError(f"{self.name}: a config must not have a field named {sorted(clash)}; rename it")
        if set(self.profiles) != set(PROFILES):
            raise ValueError(
                f"{self.name}: profiles must be exactly {list(PROFILES)}, got {sorted(self.profiles)}"
            )
        for profile, config in self.profiles.items():
            if type(config) is not kind:
                raise ValueError(
                    f"{self.name}: profile {profile!r} must be a {kind.__name__}, got {type(config).__name__}"
                )
        for identity in self.ids:
            if not _ID.fullmatch(identity):
                raise ValueError(f"{self.name}: id {identity!r} must look like 'A-F1' or 'B-S2'")
