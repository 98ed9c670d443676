"""Write environment.yml from requirements.lock: the same pins, for a conda user or Binder.

    python tools/environment.py

The lock's hashes are left out: a pip list that holds hashes must hold them for every entry, and local folders
have none.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# the Python that the recorded results were made with; requires-python of pyproject.toml allows it
PYTHON = "3.11"
LOCAL = ("./tools/placeholders/tensorflow", "./tools/placeholders/tf2jax", "-e .")
HEAD = """\
# Made from requirements.lock by tools/environment.py; do not edit: `make lock` makes both anew.
#
#   conda env create -f environment.yml && conda activate {name}
#
# The two placeholders keep TensorFlow (2 GB) out: see tools/placeholders/README.md.
"""


def pins(lock: str) -> list[str]:
    """Return the requirements of a lock, ``name==version`` with markers, without hashes and comments."""
    found = re.findall(r"^([A-Za-z0-9][^\n#]*?==[^\n]*?)\s*\\?$", lock, flags=re.MULTILINE)
    return [re.sub(r"\s*;\s*", " ; ", requirement) for requirement in found]


def environment(root: Path = ROOT) -> str:
    """Return the text of environment.yml for the lock and pyproject.toml in ``root``."""
    name = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["name"]
    listed = [*pins((root / "requirements.lock").read_text("utf-8")), *LOCAL]
    lines = [HEAD.format(name=name) + f"name: {name}", "channels:", "  - conda-forge", "  - nodefaults"]
    lines += ["dependencies:", f"  - python={PYTHON}", "  - pip", "  - pip:"]
    lines += [f'      - "{requirement}"' for requirement in listed]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(environment(), "utf-8")
