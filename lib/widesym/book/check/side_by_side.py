r"""Side by side: the figures of two books, old beside new where they differ.

A book's figures are the images that its executed notebooks show, so either side is any folder that holds
these: a build (``pages/``), or the branch that Colab reads (``book/``).  The notebooks that a built book
offers (``_sources/``) have no pictures.  Two images are the same when their decoded pixels are, up to what
anti-aliasing does with the last digit of a number; figures of a page are matched in their order, as lines of
a text are by diff.
"""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
from PIL import Image

# where the notebooks are: in a build, in the branch for Colab
_HOMES = ("pages", "book", ".")

# A pixel differs when a channel does by more than this, of 255, and a figure when more than this share of its
# pixels do: a curve moved by a tenth of a pixel is neither.
_CHANNEL = 32
_SHARE = 1e-4

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 1rem; color: #1b1b1b; background: #fff; }
section { border-top: 1px solid #999; padding: 1rem 0; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1rem; }
figure { margin: 0; } img { max-width: 100%; height: auto; border: 1px solid #ccc; }
"""


@dataclass(frozen=True)
class Change:
    """A figure that differs: page, its number there, the PNG of either side (None where there is none)."""

    page: str
    number: int
    old: bytes | None
    new: bytes | None
    share: float


def notebooks_in(folder: str | Path) -> dict[str, Path]:
    """Return the executed notebooks of a book by the names of their pages.

    Raises:
        ValueError: the folder holds none.
    """
    for home in _HOMES:
        place = Path(folder, home)
        found = sorted(
            path for path in place.rglob("*.ipynb")
            if not any(part.startswith((".", "_")) for part in path.relative_to(place).parts)
        )  # fmt: skip
        if found:
            return {path.relative_to(place).with_suffix("").as_posix(): path for path in found}
    raise ValueError(
        f"{folder} holds no executed notebooks: name a build (build/default) "
        "or a copy of the branch that Colab reads"
    )


def images(notebook: Path) -> list[bytes]:
    """Return the images that an executed notebook shows, in order."""
    outputs = (
        output.get("data", {}).get("image/png") or output.get("data", {}).get("image/jpeg")
        for cell in json.loads(notebook.read_text("utf-8"))["cells"]
        for output in cell.get("outputs", ())
    )
    return [base64.b64decode("".join(data)) for data in outputs if data]


def difference(old: bytes, new: bytes) -> float:
    """Return the share of pixels that differ visibly; 1 for images of different sizes."""
    if old == new:
        return 0.0
    before, after = (np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), np.int16) for png in (old, new))
    if before.shape != after.shape:
        return 1.0
    return float((np.abs(before - after).max(axis=-1) > _CHANNEL).mean())


def changes(old: Mapping[str, Path], new: Mapping[str, Path]) -> list[Change]:
    """Return the figures that differ between two books, page by page; a page that one lacks counts whole."""
    found: list[Change] = []
    for page in sorted({*old, *new}):
        before, after = (images(side[page]) if page in side else [] for side in (old, new))
        found += _of_page(page, before, after)
    return found


def _of_page(page: str, old: Sequence[bytes], new: Sequence[bytes]) -> list[Change]:
    """Match equal images first; what stands between them in pairs, then as new or gone."""
    # the same but for anti-aliasing counts as equal: such an image takes the place of its counterpart
    same = [next((a for a in old if difference(a, b) <= _SHARE), b) for b in new]
    found = []
    for kind, i, i_end, j, j_end in SequenceMatcher(None, old, same, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for step in range(max(i_end - i, j_end - j)):
            before = old[i + step] if i + step < i_end else None
            after = new[j + step] if j + step < j_end else None
            number = j + step + 1 if after is not None else i + step + 1
            share = 1.0 if before is None or after is None else difference(before, after)
            found.append(Change(page, number, before, after, share))
    return found


def write(found: Sequence[Change], target: Path, link: str = "html/book/{page}.html") -> Path:
    """Write one page that needs no other file, with every changed figure old beside new; return it.

    Args:
        found: as from `changes`.
        target: the file.
        link: the address of a page of the new book, seen from the file.
    """
    sections = "".join(_section(change, link) for change in found) or "<p>No figure changed.</p>"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Changed figures</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body><h1>Changed figures: {len(found)}</h1>\n"
        f"{sections}</body></html>\n",
        "utf-8",
    )
    return target


def _section(change: Change, link: str) -> str:
    page = html.escape(change.page)
    told = f"{change.share:.1%} of its pixels differ"
    if change.old is None or change.new is None:
        told = "new" if change.old is None else "gone"
    sides = "".join(
        f"<figure><figcaption>{name}</figcaption>"
        f"{_image(png, f'{name}: {page}, figure {change.number}')}</figure>"
        for name, png in (("old", change.old), ("new", change.new))
    )
    address = html.escape(link.format(page=change.page))
    return (
        f'<section><h2><a href="{address}">{page}</a>, figure {change.number}</h2>'
        f'<p>{told}</p><div class="pair">{sides}</div></section>\n'
    )


def _image(png: bytes | None, text: str) -> str:
    if png is None:
        return "<p>none</p>"
    return f'<img alt="{text}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
