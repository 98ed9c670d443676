r"""Enclosures: what a figure of an executed page carries beside its picture.

In a build (`widesym book`) a figure's output has, under the type `MIME`, the plotted numbers as CSV
(`widesym.figures.plotted`), the results that they come from as NPZ, and the provenance of these, from which
`widesym.book.sphinx.figure_data` makes the downloads and the line below the caption. A page run by hand
shows its figures without.

An NPZ holds the arrays of a result by their names and, as the text ``header``, JSON of where they come from::

    stored = numpy.load("meanfield.strong-start-1a2b3c4d.npz")
    json.loads(str(stored["header"]))["provenance"]
"""

import base64
import functools
import io
import json
import os
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from widesym.data.sources import SOURCES
from widesym.figures.marks import MIME
from widesym.figures.plotted import table
from widesym.study.configs import as_fields
from widesym.study.image_tasks import SYNTHETIC
from widesym.study.store import Stored, record_path

HEADER = "header"  # the name in an NPZ of what is no array of the result
LIMIT = 300_000  # bytes of an NPZ: beyond, the largest arrays stay behind, and the header says so
_SENT: set[str] = set()  # results that an earlier figure of this page has carried

Results = Iterable[Stored | Mapping[str, Stored] | None]


def enclose(figure: Figure, results: Results) -> None:
    """Let a figure's output carry its data in a build."""
    # by this method IPython asks an object for further types than those it knows
    stored = flat(results)
    figure._repr_mimebundle_ = functools.partial(_bundle, figure, stored)


def flat(results: Results) -> tuple[Stored, ...]:
    """Return results in their order, those of a mapping too, each once, without what is absent."""
    several = (each.values() if isinstance(each, Mapping) else (each,) for each in results)
    # by identity: a result is equal to no other
    return tuple(dict.fromkeys(stored for each in several for stored in each if stored is not None))


def _bundle(figure: Figure, results: tuple[Stored, ...], include: Any = None, exclude: Any = None) -> dict:
    return bundle(functools.partial(table, figure), results)


def bundle(csv: Any, results: tuple[Stored, ...]) -> dict[str, Any]:
    """Return the payload under `MIME` in a build, nothing elsewhere.

    Args:
        csv: a function without arguments that returns the plotted numbers, "" where there are none.
        results: what the figure shows.
    """
    if "WIDESYM_BUILD" not in os.environ:
        return {}
    return {MIME: {"version": 1, "csv": csv(), "sources": [_source(stored) for stored in results]}}


def _source(stored: Stored) -> dict[str, Any]:
    name = name_of(stored)
    source = {
        "name": name,
        "scale": scale_of(stored),
        "experiment": stored.provenance.get("experiment"),
        "profile": stored.provenance.get("profile"),
        "config": list(as_fields(stored.config).items()),  # a notebook would sort the names of a mapping
        "source": _label(stored.config),
    }
    if name not in _SENT:
        _SENT.add(name)
        source["npz"] = base64.b64encode(as_npz(stored)).decode()
    return source


def name_of(stored: Stored) -> str:
    """Return the name of a result's file: that of its experiment, with the first digits of its key."""
    return f"{stored.provenance.get('experiment')}-{str(stored.provenance.get('key'))[:8]}"


def scale_of(stored: Stored) -> str:
    """Return ``record`` for the result in the project's `records/`, ``live`` for any other."""
    path = record_path(str(stored.provenance.get("experiment"))).with_suffix(".json")
    try:
        kept = json.loads(path.read_text("utf-8"))["provenance"]
    except FileNotFoundError:
        return "live"
    return "record" if kept["key"] == stored.provenance.get("key") else "live"


def _label(config: Any) -> str:
    """What images a run is of, "" for an experiment without."""
    name = getattr(config, "source", "")
    return SOURCES[name].label if name in SOURCES else "synthetic family" if name == SYNTHETIC else name


def as_npz(stored: Stored, limit: int = LIMIT) -> bytes:
    """Return a result as the bytes of an NPZ of at most about ``limit``, with its header."""
    packed = {name: _packed(np.asarray(array)) for name, array in stored.arrays.items()}
    left_out: dict[str, list[int]] = {}
    for name in sorted(packed, key=lambda name: len(packed[name]), reverse=True):
        if sum(map(len, packed.values())) <= limit:
            break
        left_out[name] = list(np.shape(stored.arrays[name]))
        del packed[name]
    header = {
        "provenance": {**stored.provenance, "config": as_fields(stored.config)},
        "scale": scale_of(stored),
    }
    if left_out:
        header |= {"left_out": left_out, "left_out_because": f"too large for a page; {_whole(stored)}"}
    text = json.dumps(header, default=str)
    return _zipped({HEADER: np.array(text), **{name: stored.arrays[name] for name in packed}})


def _whole(stored: Stored) -> str:
    """Say how to come by all arrays of a result."""
    name = stored.provenance.get("experiment")
    if scale_of(stored) == "record":
        return f"they are in records/{name}.npz of the book's source"
    profile, changed, values = str(stored.provenance.get("profile")).partition(" with ")
    return f"make them with: widesym compute {name} --profile {profile}" + (
        f", and {values}" if changed else ""
    )


def _packed(array: np.ndarray) -> bytes:
    return _zipped({"array": array})


def _zipped(arrays: Mapping[str, Any]) -> bytes:
    """As `numpy.savez_compressed`, with a date that does not change: equal numbers give equal files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
