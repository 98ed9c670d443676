"""Judge an experiment again with other seeds: does a verdict flicker from seed to seed?

    python tools/seeds.py meanfield.strong-start --count 5 --profile default

Every check is a line, every seed a column. Results go to a folder of their own (build/seeds), so the
book's stay as they are; an interrupted run resumes.
"""

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path

from widesym.study import configure, load_or_run
from widesym.study.experiment import PROFILES
from widesym.study.experiments import get

ROOT = Path(__file__).resolve().parents[1]
SIGNS = {"holds": "+", "fails": "FAILS", "inconclusive": "?", "not run at this scale": "-"}


def verdicts(name: str, profile: str, seed: int, workers: int | None) -> dict[str, tuple[str, str]]:
    """Return ``{statement: (verdict, measured)}`` of one experiment at one seed."""
    experiment = get(name)
    module = type(experiment.profiles[profile]).__module__.rpartition(".")[2]
    if importlib.util.find_spec(f"widesym.study.findings.{module}") is None:
        raise ValueError(f"{name} has no checks by itself: name an experiment that a claim is of")
    findings = importlib.import_module(f"widesym.study.findings.{module}").findings
    config = configure(experiment, profile, seed=seed)
    stored = load_or_run(experiment, config, workers=workers, root=ROOT / "build" / "seeds")
    return {f"{c.id} {c.statement}": (c.verdict, c.measured) for c in findings(stored)}


def main() -> int:
    """Print the table; exit with 1 when a check does not hold at every seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", nargs="+")
    parser.add_argument("--profile", choices=PROFILES, default="default")
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--first", type=int, default=1, help="the first of the seeds")
    parser.add_argument("--workers", type=int)
    options = parser.parse_args()
    if options.count < 1:
        parser.error(f"--count must be at least 1, got {options.count}")
    try:
        return 0 if all([judged(name, options) for name in options.experiment]) else 1
    except ValueError as error:
        if getattr(error, "__notes__", None):  # from within a computation
            raise
        print(f"seeds: {error}", file=sys.stderr)
        return 2


def judged(name: str, options: argparse.Namespace) -> bool:
    """Print the table of one experiment; return whether every check holds at every seed."""
    steady = True
    seeds = range(options.first, options.first + options.count)
    tables = [verdicts(name, options.profile, seed, options.workers) for seed in seeds]
    print(f"\n{name}, {options.profile}, seeds {seeds[0]} to {seeds[-1]}")
    for statement in dict.fromkeys(s for table in tables for s in table):
        found = [table.get(statement, ("absent", "")) for table in tables]
        print(" ".join(f"{SIGNS.get(verdict, verdict):>5}" for verdict, _ in found), statement)
        if any(verdict != "holds" for verdict, _ in found):
            steady = False
            print("      " + " | ".join(measured for _, measured in found))
    return steady


if __name__ == "__main__":
    sys.exit(main())
