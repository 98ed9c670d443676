"""Checkpoints of a training that takes long: two files in turn, of which one is always whole.

They belong to one training: to its settings, its data and the code; other trainings may share the folder.
"""

import contextlib
import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from widesym import files
from widesym.fingerprint import fingerprint

EVERY = 60.0  # seconds


class Checkpoints:
    """The checkpoints of one training in a folder."""

    def __init__(self, folder: Path, *parts: Any) -> None:
        """Find the place for a training.

        Args:
            folder: made when it is first needed.
            *parts: what determines the training: arrays in any nesting, and values with a telling ``repr``.
        """
        digest = hashlib.sha256(f"{fingerprint('widesym.networks.training')} {jax.__version__}".encode())
        for leaf in jax.tree.leaves(parts):
            array = isinstance(leaf, (np.ndarray, jax.Array))
            digest.update(repr((leaf.dtype, leaf.shape)).encode() if array else repr(leaf).encode())
            if array:
                digest.update(np.ascontiguousarray(leaf).tobytes())
        self._folder = folder
        self._stems = [f"training-{digest.hexdigest()[:24]}-{which}" for which in (0, 1)]
        self._number = 0
        self._written = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """Return the newest whole checkpoint, or None."""
        newest = None
        for stem in self._stems:
            # the other one is older and whole
            with contextlib.suppress(files.Damaged):
                found = files.read_pair(self._folder, stem)
                if found is not None and found[1]["number"] >= self._number:
                    newest, self._number = found[0], found[1]["number"] + 1
        return newest

    def due(self) -> bool:
        """Whether it is time to write one."""
        return time.monotonic() - self._written >= EVERY

    def write(self, arrays: Mapping[str, Any]) -> None:
        """Write a checkpoint in place of the older of the two.

        Raises:
            StoreError: the folder cannot be written.
        """
        header = {"number": self._number, "provenance": {"kind": "checkpoint"}}
        stem = self._stems[self._number % 2]
        files.write_pair(self._folder, stem, files.as_arrays(arrays, "training"), header, compressed=False)
        self._number += 1
        self._written = time.monotonic()

    def clear(self) -> None:
        """Remove both: the training is done."""
        for stem in self._stems:
            for suffix in (".json", ".npz"):
                (self._folder / f"{stem}{suffix}").unlink(missing_ok=True)
