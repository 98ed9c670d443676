"""Changed figures: what counts as one, how those of a page are matched, and the page that shows them."""

import io
import re

import nbformat
import numpy as np
import pytest
from PIL import Image

from widesym.book.check import side_by_side

RNG = np.random.default_rng(1)
PICTURES = [RNG.integers(0, 256, (40, 60, 3), np.uint8) for _ in range(4)]


def png(pixels):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "png")
    return stream.getvalue()


A, B, C, D = map(png, PICTURES)


def publish(folder, page, *images):
    import base64

    outputs = [
        nbformat.v4.new_output("display_data", data={"image/png": base64.b64encode(image).decode()})
        for image in images
    ]
    path = folder / f"{page}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)]), path)


def nudged(amount, pixels=1):
    picture = PICTURES[0].copy().reshape(-1, 3)
    picture[:pixels, 0] = np.where(picture[:pixels, 0] < 128, picture[:pixels, 0] + amount,
                                   picture[:pixels, 0] - amount)  # fmt: skip
    return png(picture.reshape(PICTURES[0].shape))


def test_pixels_are_compared_not_bytes():
    stream = io.BytesIO()
    Image.fromarray(PICTURES[0]).save(stream, "png", compress_level=0)
    assert stream.getvalue() != A and side_by_side.difference(A, stream.getvalue()) == 0
    assert side_by_side.difference(A, nudged(20, 2400)) == 0
    assert side_by_side.difference(A, nudged(100, 24)) == pytest.approx(0.01)
    assert side_by_side.difference(A, png(PICTURES[0][1:])) == 1


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([A, B], [A, B], []),
        ([A, B], [nudged(20, 100), B], []),
        ([A, B, C], [A, D, C], [(2, B, D)]),
        ([A, B], [C, A, B], [(1, None, C)]),
        ([A, B, C], [A, C], [(2, B, None)]),
        ([A], [C, D], [(1, A, C), (2, None, D)]),
        ([A], [nudged(200, 2400)], [(1, A, nudged(200, 2400))]),
    ],
)
def test_figures_of_a_page_are_matched_in_order(tmp_path, old, new, expected):
    publish(tmp_path / "old", "a/page", *old)
    publish(tmp_path / "new", "a/page", *new)
    found = side_by_side.changes(*(side_by_side.notebooks_in(tmp_path / side) for side in ("old", "new")))
    assert [(change.number, change.old, change.new) for change in found] == expected
    assert {change.page for change in found} <= {"a/page"}


@pytest.mark.parametrize("home", ["pages", "book", "."])
def test_notebooks_are_found_in_a_build_a_book_and_the_branch(tmp_path, home):
    publish(tmp_path / home, "part/one", A)
    publish(tmp_path / home, ".part/.one", A)
    assert set(side_by_side.notebooks_in(tmp_path)) == {"part/one"}


def test_folder_without_notebooks_is_refused(tmp_path):
    # those that a built book offers for download have no pictures to compare
    publish(tmp_path / "_sources" / "book", "one", A)
    with pytest.raises(ValueError, match="holds no executed notebooks: name a build"):
        side_by_side.notebooks_in(tmp_path)


def test_page_of_changes_stands_alone(tmp_path):
    publish(tmp_path / "old", "one", A)
    publish(tmp_path / "old", "gone", C)
    publish(tmp_path / "new", "one", B)
    found = side_by_side.changes(*(side_by_side.notebooks_in(tmp_path / side) for side in ("old", "new")))
    text = side_by_side.write(found, tmp_path / "figures.html").read_text("utf-8")
    assert re.findall(r'src="(\w+:)', text) == ["data:"] * 3 and "http" not in text
    assert re.findall(r'href="([^"]*)"', text) == ["html/book/gone.html", "html/book/one.html"]
    assert "Changed figures: 2" in text and "<p>gone</p>" in text
    assert f"{found[1].share:.1%} of its pixels differ" in text and found[1].share > 0.9
    assert "No figure changed" in side_by_side.write([], tmp_path / "none.html").read_text("utf-8")
