"""Steps from raw images to training sets: balance, nesting, scale, area means, flips."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from widesym.data import resize, standardise, stratified, with_flips
from widesym.data.datasets import Dataset

ROUNDING = 3e-7  # float32, of numbers of order one


def make(labels, side=4, seed=0, classes=3, width=None):
    rng = np.random.default_rng(seed)
    images = rng.uniform(size=(len(labels), side, width or side, 3)).astype(np.float32)
    images[:, 0, 0, 0] = np.arange(len(labels)) / 1024  # an image's index can be read off it
    return Dataset("some", images, np.asarray(labels), tuple("abcdefghij"[:classes]), "0")


def indices(dataset):
    return np.rint(dataset.images[:, 0, 0, 0] * 1024).astype(int)


@given(st.lists(st.integers(4, 9), min_size=2, max_size=5), st.integers(0, 3), st.data())
@settings(max_examples=25)
def test_every_beginning_is_balanced_and_smaller_subsets_begin_larger_ones(sizes, seed, data):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    dataset = make(labels, classes=len(sizes))
    whole = stratified(dataset, len(sizes) * min(sizes), seed)
    for m in range(1, len(whole) + 1):
        assert np.ptp(np.bincount(whole.labels[:m], minlength=len(sizes))) <= 1
    count = data.draw(st.integers(1, len(whole)))
    part = stratified(dataset, count, seed)
    assert np.array_equal(part.images, whole.images[:count])
    assert np.array_equal(part.labels, labels[indices(part)])
    assert len(set(indices(whole))) == len(whole)


def test_subsets_are_random_in_every_position():
    dataset = make(np.arange(30) % 3)
    drawn = np.array([indices(stratified(dataset, 4, seed)) for seed in range(900)])
    for position in range(4):
        counts = np.bincount(drawn[:, position], minlength=30)
        assert ((counts - 30) ** 2 / 30).sum() < 68  # chi-square with 29 degrees, 1e-4


def test_seeds_decide_the_subset():
    dataset = make(np.arange(30) % 3)
    assert stratified(dataset, 9, 1).checksum == stratified(dataset, 9, 1).checksum
    assert stratified(dataset, 9, 1).checksum != stratified(dataset, 9, 2).checksum


@pytest.mark.parametrize("count", [0, 10, 2.0, True])
def test_impossible_counts_are_refused(count):
    with pytest.raises(ValueError, match=f"count={count}.*from 1 to 9, as class 'c' has 3 images"):
        stratified(make([0] * 5 + [1] * 4 + [2] * 3), count, 0)


def test_a_class_without_images_is_named():
    with pytest.raises(ValueError, match="from 1 to 0, as class 'b' has 0 images"):
        stratified(make([0, 0, 2]), 1, 0)
    with pytest.raises(ValueError, match="seed=-1"):
        stratified(make([0, 1, 2]), 1, -1)


def test_standardised_colours_have_mean_0_and_deviation_1_over_the_training_images():
    train, other = make([0, 1, 2, 0], seed=1), make([1, 2], seed=2)
    one, two = standardise(train, other)
    flat = one.images.reshape(-1, 3).astype(float)
    assert np.abs(flat.mean(axis=0)).max() < ROUNDING
    assert np.abs(flat.std(axis=0) - 1).max() < ROUNDING
    mean = train.images.astype(float).mean(axis=(0, 1, 2))
    deviation = train.images.astype(float).std(axis=(0, 1, 2))
    assert np.abs(two.images - (other.images - mean) / deviation).max() < ROUNDING * 3
    assert two.images.dtype == np.float32
    # the same test images with another training set are other data
    assert standardise(other, other)[1].checksum != two.checksum != other.checksum


def test_large_sets_are_worked_on_in_parts(monkeypatch):
    train = make(np.arange(20) % 3)
    whole = standardise(train)[0].images, resize(train, 2).images
    monkeypatch.setattr("widesym.data.preparation._CHUNK", 100)
    parts = standardise(train)[0].images, resize(train, 2).images
    assert np.abs(whole[0] - parts[0]).max() < ROUNDING * 3  # means are sums in another order
    assert np.array_equal(whole[1], parts[1])


@pytest.mark.parametrize("value", [0.0, 0.1, 1e4])
def test_a_constant_colour_has_no_scale(value):
    train = make([0, 1, 2])
    images = np.array(train.images)
    images[..., 1] = value
    with pytest.raises(ValueError, match="colour 1 of 'some' is constant"):
        standardise(train.changed("constant", images))


@pytest.mark.parametrize("side", [8, 16, 32, 4, 1])
def test_whole_ratios_are_means_of_blocks(side):
    dataset = make([0, 1], 32)
    small = resize(dataset, side).images
    block = 32 // side
    for i, j in ((0, 0), (side - 1, 0), (side // 2, side - 1)):
        mean = dataset.images[:, i * block : (i + 1) * block, j * block : (j + 1) * block].mean(
            axis=(1, 2), dtype=np.float64
        )
        assert np.abs(small[:, i, j] - mean).max() < ROUNDING


@pytest.mark.parametrize(("old", "new"), [(32, 12), (7, 3), (9, 8), (5, 2)])
def test_other_ratios_are_means_over_areas_as_in_pillow(old, new):
    dataset = make([0, 1], old)
    # a second way: enlarge every pixel to new x new equal ones, then take means of blocks
    fine = dataset.images.repeat(new, axis=1).repeat(new, axis=2).astype(float)
    expected = fine.reshape(2, new, old, new, old, 3).mean(axis=(2, 4))
    small = resize(dataset, new).images
    assert np.abs(small - expected).max() < ROUNDING
    assert np.abs(small.mean(axis=(1, 2)) - dataset.images.mean(axis=(1, 2))).max() < ROUNDING
    assert small.shape == (2, new, new, 3)


def test_block_means_are_those_of_pillow():
    dataset = make([0], 32)
    boxed = [
        np.asarray(Image.fromarray(dataset.images[0, :, :, c]).resize((8, 8), Image.Resampling.BOX))
        for c in range(3)
    ]
    assert np.abs(resize(dataset, 8).images[0] - np.stack(boxed, axis=-1)).max() < ROUNDING


def test_fine_stripes_vanish_and_do_not_alias():
    stripes = np.zeros((1, 32, 32, 3), np.float32)
    stripes[:, :, ::2] = 1
    for side in (8, 12, 16):
        small = resize(Dataset("stripes", stripes, np.array([0]), ("a",), "0"), side).images
        assert np.abs(small - 0.5).max() < (ROUNDING if 32 % side == 0 else 0.2)


def test_the_same_side_is_the_same_data_and_another_is_not():
    dataset = make([0, 1])
    assert resize(dataset, 4) is dataset
    assert len({dataset.checksum, resize(dataset, 2).checksum, resize(dataset, 1).checksum}) == 3


@pytest.mark.parametrize("side", [0, 5, 2.0, True])
def test_impossible_sides_are_refused(side):
    with pytest.raises(ValueError, match=f"side={side}.*from 1 to 4"):
        resize(make([0]), side)


def test_images_that_are_not_square_are_refused():
    with pytest.raises(ValueError, match="have 6 x 4 pixels: must be square"):
        resize(make([0], 4, width=6), 2)


def test_each_image_is_followed_by_its_mirror_image():
    dataset = make([0, 2, 1], 4, width=5)
    both = with_flips(dataset)
    assert both.labels.tolist() == [0, 0, 2, 2, 1, 1]
    assert np.array_equal(both.images[::2], dataset.images)
    assert np.array_equal(both.images[1::2, 1, 4], dataset.images[:, 1, 0])
    assert np.array_equal(with_flips(dataset.subset([0, 1])).images, both.images[:4])
    assert both.checksum != dataset.checksum
