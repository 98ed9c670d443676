"""Figures that a reader can turn: Plotly's, shown in JupyterLab, in VS Code and in the built book, offline.

The book has one copy of Plotly's script, which `widesym.book.sphinx.extension` loads on the pages that need
it; the figure itself is JSON in the page, drawn by ``interactive.js`` beside that module.
"""

import dataclasses
import html
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from widesym.figures import enclosure, plotted
from widesym.figures.marks import MARK
from widesym.study.store import Stored

MIME = "application/vnd.plotly.v1+json"
_DIGITS = 4  # of a coordinate: less than a pixel
# no bar of buttons over the picture, and a wheel that scrolls the page: turning is what a drag does
_CONFIG = {"displayModeBar": False, "scrollZoom": False}


@dataclasses.dataclass(frozen=True, eq=False)
class Interactive:
    """A Plotly figure with a text for those who cannot see it.

    Args:
        figure: the figure; without a width, so that it takes that of its column.
        alt: what is seen, a sentence or two.
        height: any length of CSS.
        results: what the figure shows, offered for download with the points.

    Raises:
        ValueError: no text, or a figure of fixed width.
    """

    figure: go.Figure
    alt: str
    height: str = "32rem"
    results: tuple[Stored, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what would not be readable everywhere."""
        if not self.alt.strip():
            raise ValueError("an interactive figure needs alt, a text that says what is seen")
        if self.figure.layout.width is not None:
            raise ValueError(
                f"the figure has a width of {self.figure.layout.width}, which a phone has not; "
                "leave it out: the figure takes the width of its column"
            )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        shown = {MIME: self.json(), "text/html": self.html(), "text/plain": self.alt}
        return shown | enclosure.bundle(self.csv, self.results)

    def csv(self) -> str:
        """Return the points of all clouds, those of each frame where it plays; "" where it shows pictures.

        A cloud that a menu can show instead of the first is not in it: the results have all of them.
        """
        found = list(_points(self.figure.data, ""))
        for frame in self.figure.frames:
            named = [self.figure.data[place].name for place in frame.traces]
            found += _points(frame.data, f", frame {frame.name}", named)
        return plotted.as_csv(found) if found else ""

    def json(self) -> dict[str, Any]:
        """Return what Plotly draws: data, layout, frames and config."""
        return json.loads(self.figure.to_json()) | {"config": _CONFIG}

    def html(self) -> str:
        """Return the figure as HTML that `interactive.js` draws, with a note for readers without scripts."""
        alt = html.escape(self.alt, quote=True)
        # inside a script element only "</" could end it early
        data = json.dumps(self.json(), separators=(",", ":")).replace("</", "<\\/")
        height = html.escape(self.height, quote=True)
        return (
            f'<div class="{MARK}" role="figure" aria-label="{alt}" style="--height: {height}">'
            f'<script type="application/json">{data}</script>'
            f'<div class="{MARK}-plot"></div>'
            f"<noscript><p>This figure needs JavaScript. It shows: {alt}</p></noscript></div>"
        )


def _points(traces: Sequence[Any], where: str, names: Sequence[str] | None = None) -> Iterator[plotted.Row]:
    for place, trace in enumerate(traces):
        if trace.type in ("scatter", "scatter3d"):
            name = (trace.name if names is None else names[place]) or f"series {place + 1}"
            axes = [axis for axis in "xyz" if getattr(trace, axis, None) is not None]
            for point in zip(*(getattr(trace, axis) for axis in axes), strict=True):
                values = {axis: float(value) for axis, value in zip(axes, point, strict=True)}
                yield {"series": name + where, "mark": "point", **values}


def rounded(values: ArrayLike) -> list:
    """Return numbers as lists, rounded to what can be seen, so that a page stays small."""
    return np.round(np.asarray(values, np.float64), _DIGITS).tolist()


def layout(**more: Any) -> go.Layout:
    """Return the book's layout of an interactive figure: white in dark mode too, readable on a phone."""
    common = {
        "template": "none",
        "autosize": True,
        "paper_bgcolor": "white",
        "font": {"size": 13, "color": "#222222"},
        "margin": {"l": 0, "r": 0, "t": 8, "b": 8},
    }
    return go.Layout(**(common | more))


__all__ = ["MARK", "MIME", "Interactive", "layout", "rounded"]
