r"""B-F7 to play: images along the path :math:`\tau_t`, with a slider for the time."""

import base64
import io

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from widesym.data.photographs import NAMES
from widesym.figures.interactive import Interactive, layout
from widesym.study.store import Stored

_PIXELS = 5  # dots for a pixel: nearest neighbours, so that a browser does not blur them
_CONTROL = {"bgcolor": "white", "bordercolor": "#888888", "font": {"size": 12}}


def film(stored: Stored, names: tuple[str, ...] = ("astronaut", "coffee")) -> Interactive:
    """Return photographs side by side, from clean to rotated, as a film that plays.

    Args:
        stored: a result of ``synergy.rotations``.
        names: which photographs, of ``NAMES``.
    """
    frames = stored.arrays["film"][
        :, [NAMES.index(name) for name in names]
    ]  # (time, photograph, side, side, 3)
    times = [f"{t:.3g}" for t in np.linspace(0, 1, len(frames))]
    shown = [_picture(row) for row in frames]
    moves = [
        go.Frame(name=time, data=[go.Image(source=source)], traces=[0])
        for time, source in zip(times, shown, strict=True)
    ]
    at_once = {"mode": "immediate", "transition": {"duration": 0}}
    steps = [
        {"label": time, "method": "animate", "args": [[time], at_once | {"frame": {"duration": 0}}]}
        for time in times
    ]
    play = [None, {"fromcurrent": False, "frame": {"duration": 110}, "transition": {"duration": 0}}]
    buttons = [
        {"label": "▶ play", "method": "animate", "args": play},
        {"label": "❚❚ pause", "method": "animate", "args": [[None], at_once]},
    ]
    hidden = {"visible": False, "fixedrange": True}
    figure = go.Figure(
        [go.Image(source=shown[0], hoverinfo="skip")],
        layout(xaxis=hidden | {"constrain": "domain"}, yaxis=hidden | {"scaleanchor": "x"}),
        frames=moves,
    )
    place = {
        "type": "buttons",
        "direction": "left",
        "x": 0,
        "xanchor": "left",
        "y": 1.02,
        "yanchor": "bottom",
    }
    figure.update_layout(
        updatemenus=[{"buttons": buttons, "showactive": False, **place, **_CONTROL}],
        sliders=[
            {
                "steps": steps, "currentvalue": {"prefix": "t = ", "font": {"size": 13, "color": "#222222"}},
                "pad": {"t": 4, "b": 4, "l": 24, "r": 24}, "font": {"color": "rgba(0,0,0,0)"},
                "minorticklen": 0, "ticklen": 0,
            }
        ],
        margin={"l": 0, "r": 0, "t": 40, "b": 8},
    )  # fmt: skip
    return Interactive(
        figure,
        f"{len(frames)} frames of {' and '.join(names)}, whose pixels each turn about an axis of their own; "
        "at t = 0 the clean images, at t = 1 coloured noise in which shapes are still guessed.",
        results=(stored,),
    )


def _picture(images: np.ndarray) -> str:
    """Return images side by side, a white line between them, as the address of a PNG."""
    large = np.repeat(np.repeat(images, _PIXELS, axis=1), _PIXELS, axis=2)
    line = np.full((large.shape[1], 2 * _PIXELS, 3), 255, np.uint8)
    parts = [part for image in large for part in (line, image)][1:]
    buffer = io.BytesIO()
    Image.fromarray(np.concatenate(parts, axis=1)).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
