"""Prepare Colab for a page of the book; the first cell of a page there runs this in its own kernel.

Installs what the library computes and draws with, within the ranges of pyproject.toml, into Colab's
environment, and makes `widesym` importable. What only makes the book is left out: it would replace the kernel
that runs this.
Neural Tangents comes without what it asks for (TensorFlow), of which `widesym.oracles` needs nothing.
"""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BOOK_ONLY = re.compile(r"jupyte|papermill|ipykernel|sphinx|snakemake|playwright|pypdf|psutil")
ALONE = re.compile(r"neural-tangents")
# the one package that Neural Tangents' half needs besides
BESIDE = ("frozendict",)


def requirements(root: Path = ROOT) -> tuple[list[str], list[str]]:
    """Return what to install with its dependencies, and what without."""
    listed = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    wanted = [name for name in listed if not BOOK_ONLY.match(name)]
    return [name for name in wanted if not ALONE.match(name)], [name for name in wanted if ALONE.match(name)]


def stale(modules: dict) -> list[str]:
    """Return the packages that were imported before another version was installed."""
    found = []
    for name in ("numpy", "scipy", "matplotlib", "jax"):
        before = getattr(modules.get(name), "__version__", None)
        if before is not None and before != importlib.metadata.version(name):
            found.append(name)
    return found


def main() -> None:
    """Install, make importable, and say when the session must be restarted."""
    normal, alone = requirements()
    install = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, *normal], check=True)
    subprocess.run([*install, "--no-deps", *alone, *BESIDE], check=True)
    sys.path.insert(0, str(ROOT / "lib"))
    replaced = stale(sys.modules)
    if replaced:
        raise RuntimeError(
            f"{', '.join(replaced)} was already loaded in an older version: choose Runtime, Restart session, "
            "and run the page again from its first cell"
        )


if __name__ == "__main__":
    main()
