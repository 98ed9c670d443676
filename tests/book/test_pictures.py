"""Pictures: smaller, and to the eye the same."""

import base64
import io

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from PIL import Image

from widesym.book.pictures import TOLERANCE, photograph, slim, smaller


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(float)


@pytest.fixture
def drawing():
    fig, ax = plt.subplots(figsize=(6, 4), dpi=120)
    x = np.linspace(0, 6, 200)
    for shift in range(6):
        ax.plot(x, np.sin(x + shift), lw=2, label=f"curve {shift}")
        ax.fill_between(x, np.sin(x + shift) - 0.1, np.sin(x + shift) + 0.1, alpha=0.2)
    ax.legend()
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png")
    plt.close(fig)
    return buffer.getvalue()


def test_drawing_shrinks_and_looks_the_same(drawing):
    after = smaller(drawing)
    assert len(after) < 0.5 * len(drawing)
    assert pixels(after).shape == pixels(drawing).shape
    assert np.sqrt(np.mean((pixels(after) - pixels(drawing)) ** 2)) <= TOLERANCE


def test_photograph_keeps_every_colour():
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    before = png(noise)
    assert np.array_equal(pixels(smaller(before)), noise)


@pytest.fixture
def landscape():
    y, x = np.mgrid[:200, :300]
    shades = np.stack([x % 256, y % 256, (x + y) % 199], -1) + np.random.default_rng(0).normal(
        0, 3, (200, 300, 3)
    )
    return png(np.clip(shades, 0, 255).astype(np.uint8))


def test_photograph_becomes_a_jpeg_that_looks_the_same(landscape):
    after = photograph(landscape)
    assert len(after) < len(landscape) / 2 and pixels(after).shape == pixels(landscape).shape
    assert np.sqrt(np.mean((pixels(after) - pixels(landscape)) ** 2)) < 4
    assert photograph(png(np.full((3, 3, 3), 7, np.uint8))) is None  # nothing to gain


def test_what_has_a_palette_or_is_transparent_becomes_no_jpeg(landscape):
    """Though a JPEG would be smaller by far: lines and letters stay sharp."""
    colours = pixels(landscape).astype(np.uint8)
    grey = np.repeat(colours[..., 2:] // 2, 3, -1)
    plain, palette = png(grey), smaller(png(grey))
    assert photograph(plain) is not None and len(photograph(plain)) < len(palette) / 2
    assert np.array_equal(pixels(palette), grey) and photograph(palette) is None
    assert photograph(png(np.dstack([colours, np.full((200, 300), 128, np.uint8)]))) is None


def test_photograph_of_a_notebook_is_shown_as_a_jpeg(landscape):
    data = {"image/png": base64.b64encode(landscape).decode(), "text/plain": "p"}
    output = nbformat.v4.new_output("display_data", data=data)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[output])])
    slim(notebook)
    nbformat.validate(notebook)
    shown = notebook.cells[0].outputs[0].data
    assert set(shown) == {"image/jpeg", "text/plain"}
    assert pixels(base64.b64decode(shown["image/jpeg"])).shape == pixels(landscape).shape


def test_transparent_image_is_left_alone():
    clear = np.zeros((20, 20, 4), np.uint8)
    clear[..., 3] = np.arange(20)
    assert smaller(png(clear)) == png(clear)


def test_no_image_grows_and_twice_is_once(drawing):
    once = smaller(drawing)
    assert smaller(once) == once
    for side in (1, 3):
        tiny = png(np.full((side, side, 3), 7, np.uint8))
        assert len(smaller(tiny)) <= len(tiny)


def test_notebook_keeps_everything_but_the_bytes_of_its_images(drawing):
    text = base64.b64encode(drawing).decode()
    data = {"image/png": text, "text/plain": "<Figure>"}
    outputs = [
        nbformat.v4.new_output("display_data", data=data),
        nbformat.v4.new_output("stream", text="printed"),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("draw()", outputs=outputs)])
    slim(notebook)
    nbformat.validate(notebook)
    shown = notebook.cells[0].outputs
    assert len(shown[0].data["image/png"]) < 0.5 * len(text)
    assert shown[0].data["text/plain"] == "<Figure>" and shown[1].text == "printed"
