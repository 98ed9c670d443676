"""Photographs of the installed package: their own pixels, cut and shrunk, and clear refusals."""

import numpy as np
import pytest
import skimage
from PIL import Image

from widesym.data import photographs as module
from widesym.data.photographs import NAMES, photograph, photographs


def test_at_its_own_size_a_photograph_is_the_file():
    shown = photograph("astronaut", 512)
    np.testing.assert_array_equal(np.round(255 * shown).astype(np.uint8), skimage.data.astronaut())


def test_the_middle_is_cut_out():
    cat = skimage.data.chelsea()  # 300 x 451
    np.testing.assert_array_equal(np.round(255 * photograph("cat", 300)).astype(np.uint8), cat[:, 75:375])


def test_a_smaller_one_is_the_mean_over_its_area():
    large, small = photograph("coffee", 400), photograph("coffee", 8)
    blocks = large.reshape(8, 50, 8, 50, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(small, blocks, atol=1e-6)


def test_all_have_one_size_and_are_different():
    images = photographs(16)
    assert images.shape == (len(NAMES), 16, 16, 3) and images.dtype == np.float64
    gaps = np.abs(images[:, None] - images[None]).mean((2, 3, 4))
    assert gaps[~np.eye(len(NAMES), dtype=bool)].min() > 0.05


def test_bad_requests_are_refused():
    with pytest.raises(ValueError, match="unknown photograph 'dog'; valid: astronaut, cat"):
        photograph("dog", 8)
    for side in (0, 301):
        with pytest.raises(ValueError, match=f"side={side} of 'cat' must be from 1 to 300"):
            photograph("cat", side)


def test_a_missing_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(module.skimage, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(FileNotFoundError, match="has no data/chelsea.png; install"):
        photograph("cat", 8)


def test_an_image_with_transparency_has_three_colours(monkeypatch, tmp_path):
    monkeypatch.setattr(module.skimage, "__file__", str(tmp_path / "__init__.py"))
    (tmp_path / "data").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (4, 4, 4), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "data" / "chelsea.png")
    np.testing.assert_array_equal(np.round(255 * photograph("cat", 4)), pixels[..., :3])
