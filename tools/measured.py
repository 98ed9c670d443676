"""Keep how long the shards of a finished run took: what estimates of larger runs are made from.

    python tools/measured.py --profile default

Reads the stored shards of every experiment at that profile and writes workflow/measured.json. An experiment
that is not computed keeps the entry that it has. Run it after a build on a quiet machine.
"""

import argparse
import json
import sys

from widesym.book.project import PROFILES, find_project, write_if_changed
from widesym.costs.estimates import entry
from widesym.study import store
from widesym.study.experiments import get, names
from widesym.study.provenance import device


def main() -> int:
    """Write the file; say which experiments are not in it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", choices=PROFILES, default="default")
    options = parser.parse_args()
    path = find_project().root / "workflow" / "measured.json"
    kept = json.loads(path.read_text("utf-8"))["experiments"] if path.is_file() else {}
    left = []
    for name in names():
        experiment = get(name)
        config = experiment.profiles[options.profile]
        seconds = {}
        for shard, key in store.shard_keys(experiment, config).items():
            for found in store.lookup(key):
                seconds[shard] = found["wall_seconds"]
        if len(seconds) == len(experiment.shards(config)):
            kept[name] = entry(experiment, options.profile, config, seconds)
        else:
            left.append(name)
    lines = [f"  {json.dumps(name)}: {json.dumps(kept[name])}" for name in sorted(kept)]
    text = f'{{\n "device": {json.dumps(device())},\n "experiments": {{\n' + ",\n".join(lines) + "\n }\n}\n"
    write_if_changed(path, text)
    for name in left:
        print(f"{name} is not computed at {options.profile}: its entry stays", file=sys.stderr)
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
