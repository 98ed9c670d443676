r"""Plotted data: the numbers that a figure shows, read off the figure itself, as one tidy table.

Reading them off what is drawn, and not off the result, makes sure that the table is the data *of the figure*:
a row for each mark (a point, a step, a cell of an image), with its panel, its series and the ends of its
bars or bands. The columns are `COLUMNS`; those that a figure does not use are left out. Lines that begin
with ``#`` come first and say what each panel and its axes are::

    pandas.read_csv("fig-width.csv", comment="#")

A series is called by the artist's ``gid`` where it has one, else by its legend: its own label, or that of the
entry with the same colour, marker and line. Left out is what is no datum: what has the gid `NO_DATA`, guides
across the axes, drawings (axes without an axis), photographs and colour bars.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.ticker import FixedLocator

COLUMNS = (
    "panel", "series", "mark", "x", "x_name", "y", "y_name", "z", "x_low", "x_high", "y_low", "y_high",
    "value",
)  # fmt: skip
NO_DATA = "_"  # the gid of a line that guides the eye, or says again what points say
_DIGITS = 7  # significant: more than can be seen, and as much as single precision has

Row = dict[str, Any]
_Ticks = tuple[Callable[[Any], Any], np.ndarray, list[str]]
_Entries = Sequence[tuple[Artist, str]]  # handles of legends with their labels


def rows(figure: Figure) -> list[Row]:
    """Return a row for each mark of a figure, in the order of the panels and of drawing.

    Args:
        figure: of Matplotlib.

    Returns:
        Dicts with some of `COLUMNS`. ``panel`` counts from 1; ``x_name`` and ``y_name`` are what stands at
        the tick that a mark belongs to, where that is not its number; ``x_low`` to ``y_high`` are the ends of
        an error bar, of a band or of a segment.
    """
    found = []
    for number, ax in enumerate(_panels(figure), 1):
        ticks = _ticks(ax)
        marks = _marks_of(ax, _entries(ax, figure))
        found += [{"panel": number, **_names(ticks, row), **row} for row in marks]
    return found


def headings(figure: Figure) -> list[str]:
    """Return what each panel and its axes are, a line each, in the words of the figure."""
    found = []
    for number, ax in enumerate(_panels(figure), 1):
        parts = {
            "": " ".join(ax.get_title(where) for where in ("left", "center", "right")),
            "x: ": ax.get_xlabel() or _shared(ax, "x"),
            "y: ": ax.get_ylabel() or _shared(ax, "y"),
        }
        words = "; ".join(f"{name}{_plain(text)}" for name, text in parts.items() if text.strip())
        found.append(f"panel {number}: {words}" if words else f"panel {number}")
    return found


def table(figure: Figure) -> str:
    """Return `headings` and `rows` as CSV, "" where a figure has no data but pictures."""
    found = rows(figure)
    shown = {row["panel"] for row in found}
    lines = [line for number, line in enumerate(headings(figure), 1) if number in shown]
    return as_csv(found, lines) if found else ""


def as_csv(found: Sequence[Row], comments: Iterable[str] = ()) -> str:
    """Return rows as CSV: numbers with 7 significant digits, what is not finite as an empty cell."""
    used = [name for name in COLUMNS if any(row.get(name) not in (None, "") for row in found)]
    stream = io.StringIO()
    stream.writelines(f"# {line}\n" for line in comments)
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(used)
    writer.writerows([_cell(row.get(name)) for name in used] for row in found)
    return stream.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.{_DIGITS}g}" if np.isfinite(value) else ""
    return "" if value is None else str(value)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _panels(figure: Figure) -> list[Axes]:
    return [ax for ax in figure.axes if not hasattr(ax, "_colorbar")]


def _shared(ax: Axes, which: str) -> str:
    """The label of the axis at the edge of the figure, where panels of a row or column share one."""
    group = getattr(ax, f"get_shared_{which}_axes")().get_siblings(ax)
    place = ax.get_subplotspec()
    for other in group:
        beside = other.get_subplotspec()
        if place is None or beside is None or beside.get_gridspec() is not place.get_gridspec():
            continue
        same = beside.colspan == place.colspan if which == "x" else beside.rowspan == place.rowspan
        if same and getattr(other, f"get_{which}label")():
            return getattr(other, f"get_{which}label")()
    return ""


def _marks_of(ax: Axes, entries: _Entries) -> Iterator[Row]:
    bound: set[int] = set()  # parts of error bars, and bands that belong to a line
    for container in ax.containers:
        if isinstance(container, ErrorbarContainer):
            bound.update(id(artist) for artist in _flat(container))
            yield from _error_bars(container, entries)
        elif isinstance(container, BarContainer):
            yield from _bars(container)
    lines = [a for a in ax.lines if id(a) not in bound and _is_data(ax, a)] if ax.axison else []
    bands = [c for c in ax.collections if isinstance(c, PolyCollection) and not isinstance(c, QuadMesh)]
    for line in lines:
        band = next((b for b in bands if id(b) not in bound and _belongs(b, line)), None)
        if band is not None:
            bound.add(id(band))
        yield from _line(line, band, entries)
    for artist in (*ax.collections, *ax.patches, *ax.images):
        if id(artist) not in bound and _is_data(ax, artist):
            yield from _marks(artist, entries, ax.axison)


def _marks(artist: Artist, entries: _Entries, axison: bool) -> Iterator[Row]:
    if isinstance(artist, AxesImage):
        yield from _image(artist)
    elif isinstance(artist, QuadMesh):
        yield from _mesh(artist)
    elif isinstance(artist, StepPatch):
        values, edges, _ = artist.get_data()
        series = _series(artist, entries)
        for value, low, high in zip(values, edges[:-1], edges[1:], strict=True):
            place = {"x": (low + high) / 2, "x_low": low, "x_high": high}
            yield {"series": series, "mark": "step", "y": value, **place}
    elif not axison:
        return
    elif isinstance(artist, PathCollection):
        values, series = artist.get_array(), _series(artist, entries)
        for place, (x, y) in enumerate(np.ma.getdata(artist.get_offsets())):
            row = {"series": series, "mark": "point", "x": x, "y": y}
            yield row if values is None else row | {"value": np.ravel(values)[place]}
    elif isinstance(artist, LineCollection):
        series = _series(artist, entries)
        for segment in artist.get_segments():
            (x0, y0), (x1, y1) = segment[0], segment[-1]
            ends = {"x_low": x0, "x_high": x1, "y_low": y0, "y_high": y1}
            yield {"series": series, "mark": "segment", **ends}
    elif isinstance(artist, PolyCollection):
        series = _series(artist, entries)
        for x, low, high in _band(artist):
            yield {"series": series, "mark": "band", "x": x, "y_low": low, "y_high": high}


def _line(line: Line2D, band: PolyCollection | None, entries: _Entries) -> Iterator[Row]:
    ends = None if band is None else _band(band)
    series, mark = _series(line, entries), "line" if line.get_linestyle() != "None" else "point"
    for place, (x, y) in enumerate(np.asarray(line.get_xydata(), float)):
        row = {"series": series, "mark": mark, "x": x, "y": y}
        yield row if ends is None else row | {"y_low": ends[place][1], "y_high": ends[place][2]}


def _error_bars(container: ErrorbarContainer, entries: _Entries) -> Iterator[Row]:
    data, _, bars = container.lines
    kinds = [name for name, there in (("x", container.has_xerr), ("y", container.has_yerr)) if there]
    series = _series(data or bars[0], entries, str(container.get_label() or ""))
    segments = {kind: bar.get_segments() for kind, bar in zip(kinds, bars, strict=True)}
    count = len(data.get_xdata()) if data is not None else len(next(iter(segments.values())))
    for place in range(count):
        row: Row = {"series": series, "mark": "estimate"}
        if data is not None:
            row["x"], row["y"] = (float(value) for value in data.get_xydata()[place])
        for kind, parts in segments.items():
            ends = parts[place][:, 0 if kind == "x" else 1]
            if len(ends) == 2:  # none where a value is missing
                row[f"{kind}_low"], row[f"{kind}_high"] = sorted(float(end) for end in ends)
        yield row


def _bars(container: BarContainer) -> Iterator[Row]:
    label = str(container.get_label())
    for bar in container.patches:
        x, y, width, height = bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height()
        row: Row = {"series": "" if label.startswith("_") else label, "mark": "bar"}
        if container.orientation == "horizontal":
            yield row | {"x": x + width, "y": y + height / 2}
        else:
            yield row | {"x": x + width / 2, "y": y + height}


def _image(image: AxesImage) -> Iterator[Row]:
    values = np.ma.filled(np.ma.asarray(image.get_array(), float), np.nan)
    if values.ndim != 2:  # a photograph
        return
    left, right, bottom, top = image.get_extent()
    height, width = values.shape
    if image.origin == "upper":
        bottom, top = top, bottom
    xs = left + (right - left) * (np.arange(width) + 0.5) / width
    ys = bottom + (top - bottom) * (np.arange(height) + 0.5) / height
    for i, j in np.ndindex(values.shape):
        series = image.get_gid() or ""
        yield {"series": series, "mark": "cell", "x": xs[j], "y": ys[i], "value": values[i, j]}


def _mesh(mesh: QuadMesh) -> Iterator[Row]:
    corners = mesh.get_coordinates()
    centres = (corners[:-1, :-1] + corners[1:, 1:]) / 2
    values = np.ma.filled(np.ma.asarray(mesh.get_array(), float), np.nan).reshape(centres.shape[:2])
    for place in np.ndindex(values.shape):
        x, y = centres[place]
        yield {"series": mesh.get_gid() or "", "mark": "cell", "x": x, "y": y, "value": values[place]}


def _flat(container: ErrorbarContainer) -> Iterator[Artist]:
    data, caps, bars = container.lines
    yield from (part for part in (data, *caps, *bars) if part is not None)


def _is_data(ax: Axes, artist: Artist) -> bool:
    """Whether an artist lies in the coordinates of its panel, as a guide across it does not."""
    if not artist.get_visible() or artist.get_gid() == NO_DATA:
        return False
    if isinstance(artist, PathCollection):
        return artist.get_offset_transform() == ax.transData
    if isinstance(artist, Line2D | StepPatch | LineCollection | PolyCollection):
        return artist.get_transform() == ax.transData or isinstance(artist, StepPatch)
    return True


def _band(band: PolyCollection) -> np.ndarray:
    """Return x, low and high of what `fill_between` has drawn, (n, 3)."""
    # a path goes along one edge and back along the other, with a point added at either end, and is closed
    corners = np.concatenate([path.vertices for path in band.get_paths()])
    xs = np.unique(corners[:, 0])
    ends = [(x, *(f(corners[corners[:, 0] == x, 1]) for f in (np.min, np.max))) for x in xs]
    return np.array(ends, float)


def _belongs(band: PolyCollection, line: Line2D) -> bool:
    """Whether a band is that of a line: of its colour, over its values of x."""
    faces = band.get_facecolor()
    if not len(faces) or to_hex(faces[0]) != to_hex(line.get_color()):
        return False
    ends, xy = _band(band), np.asarray(line.get_xydata(), float)
    if len(ends) != len(xy) or not np.allclose(ends[:, 0], xy[:, 0]):
        return False
    slack = 1e-9 * np.abs(xy[:, 1])
    return bool(np.all((ends[:, 1] <= xy[:, 1] + slack) & (xy[:, 1] - slack <= ends[:, 2])))


def _entries(ax: Axes, figure: Figure) -> _Entries:
    """Return what legends say of a panel: its own, the figure's, those of other panels."""
    legends = (ax.get_legend(), *figure.legends, *(other.get_legend() for other in figure.axes))
    return [
        (handle, text.get_text())
        for legend in dict.fromkeys(legends)
        if legend is not None
        for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True)
        if handle is not None
    ]


def _series(artist: Artist, entries: _Entries, label: str = "") -> str:
    """Return the name of a series: its ``gid``, its label, or that of a legend's entry that looks like it."""
    for name in (artist.get_gid(), label, str(artist.get_label())):
        if name and not name.startswith("_"):
            return _plain(name)
    look = _look(artist)
    return next((_plain(text) for handle, text in entries if look and _look(handle) == look), "")


def _look(artist: Artist) -> tuple:
    """What tells a mark from others in a legend."""
    if isinstance(artist, Line2D):
        filled = to_hex(artist.get_markerfacecolor()) if artist.get_marker() not in ("None", "", None) else ""
        return (to_hex(artist.get_color()), str(artist.get_marker()), filled, artist._dash_pattern[1] is None)
    faces = artist.get_facecolor() if hasattr(artist, "get_facecolor") else ()
    return (to_hex(np.atleast_2d(faces)[0]),) if len(faces) else ()


def _ticks(ax: Axes) -> dict[str, _Ticks]:
    """Return what is written at the ticks of axes whose ticks were set: transform, places, words."""
    found = {}
    for which, axis in (("x", ax.xaxis), ("y", ax.yaxis)):
        locator = axis.get_major_locator()
        if isinstance(locator, FixedLocator) and len(locator.locs):
            places = axis.get_transform().transform(np.asarray(locator.locs, float))
            words = [_plain(str(word)) for word in axis.get_major_formatter().format_ticks(locator.locs)]
            found[which] = (axis.get_transform().transform, places, words)
    return found


def _names(ticks: dict[str, _Ticks], row: Row) -> Row:
    """Return what stands at the ticks of a mark, where that is not its number."""
    found = {}
    for which, (transform, places, words) in ticks.items():
        if row.get(which) is None:
            continue
        away = np.abs(places - transform(float(row[which])))
        room = np.diff(np.sort(places)).min() if len(places) > 1 else 1.0
        word = words[int(np.argmin(away))]
        # marks that would hide each other are drawn beside their tick
        if away.min() <= 0.45 * room and word.replace(",", "") != f"{row[which]:g}":
            found[f"{which}_name"] = word
    return found
