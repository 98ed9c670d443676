"""One colour a thing, told apart by colour-blind readers, and text that can be read."""

import ast
import itertools
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from widesym.figures import style as looks

FIGURES = Path(looks.__file__).parent
# Machado, Oliveira and Fernandes 2009, severity 1: what a reader without one kind of cone sees, in linear RGB
SEEN = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = TO_XYZ.sum(1)


def linear(colour):
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    share = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    x, y, z = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def apart(one, other, eyes):
    matrix = np.array(SEEN[eyes])
    return np.linalg.norm(lab(matrix @ linear(one)) - lab(matrix @ linear(other)))


def test_the_distance_is_that_of_cielab():
    assert lab(linear("white")) == pytest.approx([100, 0, 0], abs=0.01)
    assert lab(linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    # the pair that a reader without green cones confuses
    assert apart("#a17c00", "#6c8f10", "deuteranopia") < 15 < 25 < apart("#a17c00", "#6c8f10", "all cones")


LEGENDS = {
    "schemes": looks.SCHEME_COLOURS,
    "architectures": {**looks.MODEL_COLOURS, **looks.WINDOW_COLOURS},
    "groups": looks.GROUP_COLOURS,
    "inference": looks.INFERENCE_COLOURS,
    "shades": dict(enumerate(looks.shades(4))),
}


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("legend", LEGENDS)
def test_colours_of_one_legend_are_told_apart(legend, eyes):
    for one, other in itertools.combinations(LEGENDS[legend].values(), 2):
        # 2 is a difference that can just be seen; 15 is several times the spread of what is called one colour
        assert apart(one, other, eyes) >= 15, (one, other)


@pytest.mark.parametrize("kind", ["SCHEME", "MODEL", "WINDOW", "GROUP", "INFERENCE"])
def test_markers_are_a_second_channel(kind):
    colours, markers = getattr(looks, f"{kind}_COLOURS"), getattr(looks, f"{kind}_MARKERS")
    assert list(colours) == list(markers) and len(set(markers.values())) == len(markers)


def test_markers_of_architectures_are_distinct_with_windows():
    markers = [*looks.MODEL_MARKERS.values(), *looks.WINDOW_MARKERS.values()]
    assert len(set(markers)) == len(markers)


def test_an_architecture_looks_the_same_beside_others():
    assert looks.model_colour("LAP4") == looks.model_colour("LAP") == looks.WINDOW_COLOURS[4]
    assert looks.model_marker("LAP8") == looks.WINDOW_MARKERS[8] and looks.model_colour("VEC") == looks.BLUE
    assert looks.model_colour("LAP16") == looks.WINDOW_COLOURS[8]


OWN = {"BLACK", "ORANGE", "SKY", "GREEN", "YELLOW", "BLUE", "VERMILION", "PURPLE", "DARK"}
COMPARED = {
    "vanilla",
    "fa",
    "ea",
    "FCN",
    "LCN",
    "VEC",
    "GAP",
    "colour",
    "pixelwise",
    "rotation",
    "NTK",
    "NN",
    "NN+",
}


@pytest.mark.parametrize("path", sorted(FIGURES.glob("*.py")), ids=lambda path: path.stem)
def test_no_module_gives_what_is_compared_a_colour_of_its_own(path):
    """A dict from schemes, architectures, groups or inferences to colours of the palette is style's alone."""
    if path.stem == "style":
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                named = isinstance(key, ast.Constant) and key.value in COMPARED
                assert not (named and isinstance(value, ast.Name) and value.id in OWN), ast.unparse(node)


@pytest.mark.parametrize("colour", sorted(OWN))
def test_ink_can_be_read(colour):
    rgb = linear(looks.ink(getattr(looks, colour)))
    assert 1.05 / (rgb @ (0.2126, 0.7152, 0.0722) + 0.05) >= 4.499
    assert looks.ink("#000000") == "#000000"


@pytest.mark.parametrize("path", sorted(FIGURES.glob("*.py")), ids=lambda path: path.stem)
def test_no_text_is_set_smaller_than_a_page_shows(path):
    sizes = [
        keyword.value.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in ("fontsize", "labelsize", "title_fontsize")
        and isinstance(keyword.value, ast.Constant)
    ]
    assert all(size >= looks.SMALL for size in sizes)


def test_settings_of_text():
    with looks.style():
        fig, ax = plt.subplots()
        ax.plot([1, 2], label="a")
        ax.set(title="title", xlabel="x")
        texts = [*ax.legend().get_texts(), *ax.get_xticklabels(), ax.title, ax.xaxis.label]
        assert min(text.get_fontsize() for text in texts) >= looks.SMALL
    assert not plt.get_fignums()
