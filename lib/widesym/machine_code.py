"""Compiled code kept on disk: one cache for each state of a package's sources.

numba's own stamp covers the file of the cached function only: after an edit of a module that it calls,
it would go on serving the old machine code.
"""

import hashlib
import importlib
from pathlib import Path

from numba.core import config


def import_compiled(package: str, folder: Path, module: str) -> None:
    """Import a module so that numba keeps its machine code under a digest of the package's sources.

    Args:
        package: the dotted name of the package.
        folder: where its sources are.
        module: the name of the module in it.
    """
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))).hexdigest()
    before = config.CACHE_DIR
    config.CACHE_DIR = str(Path(before or folder / "__pycache__") / f"numba-{digest[:16]}")
    try:
        importlib.import_module(f"{package}.{module}")
    finally:
        config.CACHE_DIR = before
