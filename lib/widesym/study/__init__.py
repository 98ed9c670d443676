r"""From a config to a stored result and a judged claim.

A study is $\text{config} \to \text{shards} \to \text{result} \to \text{checks}$:

* `experiment`, `experiments`: what is computed, and the list of everything that can be;
* `configs`: the numbers of a run, with the profiles `quick`, `default` and `paper`;
* `fingerprint`, `store`: a result is found by its config and by the code that it depends on;
* `provenance`: where a number comes from;
* `claims`: what the papers say, and the verdicts.

The names below are fetched when first used. An experiment imports `widesym.study.experiment`, so
whatever this file imports would count as code that its numbers depend on: with lazy names an edit
of the store or of the claims recomputes nothing.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "Check": "claims",
    "Claim": "claims",
    "ClaimTable": "claims",
    "Experiment": "experiment",
    "PROFILES": "experiment",
    "Stored": "store",
    "at_least": "claims",
    "at_most": "claims",
    "configure": "configs",
    "find_record": "store",
    "load_or_run": "store",
    "load_record": "store",
    "load_register": "claims",
    "missing_shards": "store",
    "not_run": "claims",
    "one_line": "provenance",
    "parse_changes": "configs",
    "project_root": "provenance",
    "run_shards": "store",
    "save_record": "store",
    "scoreboard": "claims",
    "tally": "claims",
    "within": "claims",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    """Fetch a public name from the module that defines it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """List the public names beside the module's own."""
    return sorted({*globals(), *_HOME})
