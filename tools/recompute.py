"""Compute a part of a record again, and compare: the records on real images need images that CI has not.

    python tools/recompute.py synergy.kernel-table --set models=VEC,FCN draws=1,1 parts=0,0

Computes the paper profile with these changes and compares every array with the corner of the record's.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from widesym.study import configure, load_or_run, load_record
from widesym.study.configs import parse_changes
from widesym.study.experiments import get
from widesym.study.recomputation import differences


def main() -> int:
    """Print a line for each array; exit with 1 where one is not the same, with 2 at bad input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment")
    parser.add_argument("--set", dest="changes", metavar="NAME=VALUE", nargs="+", default=[])
    parser.add_argument("--workers", type=int)
    options = parser.parse_args()
    try:
        experiment = get(options.experiment)
        config = configure(experiment, "paper", **parse_changes(experiment, options.changes))
        record = load_record(experiment)
        with tempfile.TemporaryDirectory() as folder:  # nothing stored counts: it shall be computed
            again = load_or_run(experiment, config, workers=options.workers, root=Path(folder))
            found = differences(record.arrays, again.arrays)
    except (ValueError, FileNotFoundError) as error:
        print(f"recompute: {error}", file=sys.stderr)
        return 2
    for one in found:
        sign = "same" if one.same else "DIFFERS"
        print(f"{sign:7} {one.name}: {one.measured:.2g} of {one.count} (allowed {one.allowed:g})")
    return 0 if all(one.same for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
