r"""A-F4 to turn and to play: particles in three of their four dimensions, :math:`\mathcal E^G` as a plane."""

import plotly.graph_objects as go

from widesym.figures.interactive import Interactive, layout, rounded
from widesym.figures.particle_views import LIMIT
from widesym.figures.style import GREEN, SCHEME_COLOURS, SCHEME_LABELS
from widesym.figures.sweeps import TITLES
from widesym.meanfield.teachers import TEACHERS
from widesym.study.experiments.particle_views import FLOWING, STARTS
from widesym.study.store import Stored
from widesym.study.sweeps import SCHEMES

_SHORT = {"vanilla": "vanilla", "da-sampled": "DA", "da-orbit": "DA orbit", "fa": "FA", "ea": "EA"}
_ACROSS = 0.95  # half the height of the box, which is as high as particles go
_CAMERA = {"eye": {"x": 1.2, "y": -1.85, "z": 0.65}, "center": {"x": 0, "y": 0, "z": -0.05}}
_CONTROL = {"bgcolor": "white", "bordercolor": "#888888", "font": {"size": 12}}


def views(stored: Stored) -> Interactive:
    """Return the final particles as a scene: a menu for start and teacher, a slider for the scheme."""
    cells = [(start, teacher) for start in STARTS for teacher in TEACHERS]
    clouds = {
        (start, teacher): [
            *(stored.arrays["particles"][STARTS.index(start), TEACHERS.index(teacher)]),
            stored.arrays[f"teacher_{teacher}"],
        ]
        for start, teacher in cells
    }
    traces = [
        _students(cloud, scheme, visible=scheme == "vanilla")
        for scheme, cloud in zip(SCHEMES, clouds[cells[0]], strict=False)
    ]
    traces += [_teacher(clouds[cells[0]][-1]), _plane()]
    moved = list(range(len(SCHEMES) + 1))
    menu = [
        {
            "label": f"{start} start, {TITLES[teacher]}",
            "method": "restyle",
            "args": [_columns(clouds[start, teacher]), moved],
        }
        for start, teacher in cells
    ]
    shown = {_SHORT[s]: [other == s for other in SCHEMES] for s in SCHEMES} | {"all": [True] * len(SCHEMES)}
    steps = [
        {"label": name, "method": "restyle", "args": [{"visible": mask}, moved[:-1]]}
        for name, mask in shown.items()
    ]
    figure = go.Figure(traces, _scene())
    figure.update_layout(
        updatemenus=[{"buttons": menu, "x": 0, "xanchor": "left", "y": 1, "yanchor": "top", **_CONTROL}],
        sliders=[_slider(steps, "scheme: ")],
        showlegend=False,
    )
    return Interactive(
        figure,
        f"The {stored.config.particles} particles of each trained student as dots, the teacher's as squares, "
        "and the invariant subspace as a plane, to be turned. With the arbitrary teacher vanilla training "
        "leaves the plane from an SI start, with the others it stays near; EA is in the plane.",
        results=(stored,),
    )


def animation(stored: Stored, teacher: str = "arbitrary") -> Interactive:
    """Return the flow from the SI start as a scene that plays: vanilla training and EA, side by side."""
    config = stored.config
    paths = stored.arrays["flow"][TEACHERS.index(teacher)]  # (scheme, frame, N, 4)
    names = [f"{time * config.horizon:.3g}" for time in config.times()]
    frames = [
        go.Frame(name=name, data=[_place(path[k]) for path in paths], traces=list(range(len(FLOWING))))
        for k, name in enumerate(names)
    ]
    # the end is what one sees first, and on paper
    traces = [_students(path[-1], scheme) for path, scheme in zip(paths, FLOWING, strict=True)]
    traces += [_teacher(stored.arrays[f"teacher_{teacher}"]), _plane()]
    at_once = {"mode": "immediate", "transition": {"duration": 0}}
    steps = [
        {"label": name, "method": "animate", "args": [[name], at_once | {"frame": {"duration": 0}}]}
        for name in names
    ]
    play = [None, {"fromcurrent": False, "frame": {"duration": 120}, "transition": {"duration": 0}}]
    buttons = [
        {"label": "▶ play", "method": "animate", "args": play},
        {"label": "❚❚ pause", "method": "animate", "args": [[None], at_once]},
    ]
    figure = go.Figure(traces, _scene(), frames)
    place = {"type": "buttons", "direction": "left", "x": 0, "xanchor": "left", "y": 1, "yanchor": "top"}
    figure.update_layout(
        updatemenus=[{"buttons": buttons, "showactive": False, **place, **_CONTROL}],
        sliders=[_slider(steps, "time t = ", labels=False) | {"active": len(steps) - 1}],
        legend={"x": 1, "xanchor": "right", "y": 1, "yanchor": "top", "itemsizing": "constant"},
    )
    return Interactive(
        figure,
        f"The paths of {config.particles} student particles in {config.frames} steps from a start in the "
        f"invariant plane, {TITLES[teacher]}: vanilla training and EA, which stays in the plane.",
        results=(stored,),
    )


def _columns(clouds: list) -> dict[str, list]:
    return {name: [rounded(cloud[:, i]) for cloud in clouds] for i, name in enumerate("xyz")}


def _place(cloud) -> go.Scatter3d:
    return go.Scatter3d(**{name: rounded(cloud[:, i]) for i, name in enumerate("xyz")})


def _students(cloud, scheme: str, *, visible: bool = True) -> go.Scatter3d:
    trace = _place(cloud)
    return trace.update(
        mode="markers",
        marker={"size": 3.2, "color": SCHEME_COLOURS[scheme], "opacity": 0.85},
        name=SCHEME_LABELS[scheme],
        visible=visible,
        hoverinfo="skip",
    )


def _teacher(cloud) -> go.Scatter3d:
    marker = {"size": 5, "symbol": "square", "color": "#222222"}
    return _place(cloud).update(mode="markers", marker=marker, name="teacher", hoverinfo="skip")


def _plane() -> go.Surface:
    edge = [-LIMIT, LIMIT]
    return go.Surface(
        x=edge,
        y=edge,
        z=[[0, 0], [0, 0]],
        colorscale=[[0, GREEN], [1, GREEN]],
        showscale=False,
        opacity=0.2,
        hoverinfo="skip",
        name="invariant subspace",
    )


def _scene() -> go.Layout:
    axis = {
        "tickvals": [-1, -0.5, 0, 0.5, 1],
        "tickfont": {"size": 11},
        "gridcolor": "#dddddd",
        "zerolinecolor": "#bbbbbb",
    }
    extents = {"xaxis": ("a", LIMIT), "yaxis": ("b", LIMIT), "zaxis": ("c, across", _ACROSS)}
    scene = {
        name: axis | {"title": {"text": title}, "range": [-limit, limit]}
        for name, (title, limit) in extents.items()
    }
    ratio = {"x": 1, "y": 1, "z": _ACROSS / LIMIT}
    return layout(scene={**scene, "aspectmode": "manual", "aspectratio": ratio, "camera": _CAMERA})


def _slider(steps: list, prefix: str, *, labels: bool = True) -> dict:
    shown = {"prefix": prefix, "font": {"size": 13, "color": "#222222"}}
    ticks = {} if labels else {"font": {"color": "rgba(0,0,0,0)"}, "minorticklen": 0, "ticklen": 0}
    return {"steps": steps, "currentvalue": shown, "pad": {"t": 4, "b": 4, "l": 24, "r": 24}, **ticks}
