"""Datasets: what they accept, that they cannot change, and that checksums follow every step."""

import numpy as np
import pytest

from widesym.data.datasets import Dataset, digest


def make(n=4, **changed):
    given = {
        "name": "some",
        "images": np.arange(n * 12, dtype=np.float32).reshape(n, 2, 2, 3),
        "labels": np.arange(n) % 2,
        "classes": ("a", "b"),
        "checksum": "0",
    }
    return Dataset(**{**given, **changed})


def test_arrays_get_their_dtype_and_cannot_be_changed():
    images, labels = np.zeros((3, 2, 2, 3)), np.array([0, 1, 1], np.uint8)
    dataset = make(images=images, labels=labels)
    assert dataset.images.dtype == np.float32 and dataset.labels.dtype == np.int64
    assert len(dataset) == 3
    for array in (dataset.images, dataset.labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    given = np.zeros((3, 2, 2, 3), np.float32)
    make(images=given, labels=labels)
    given[0] = 1  # the caller's own array stays writable


def test_a_subset_has_its_images_in_its_order():
    dataset = make()
    part = dataset.subset([3, 0])
    assert np.array_equal(part.images, dataset.images[[3, 0]])
    assert part.labels.tolist() == [1, 0]
    assert part.classes == dataset.classes


def test_checksums_tell_subsets_and_steps_apart():
    dataset = make()
    sums = {
        dataset.checksum,
        dataset.subset([0, 1]).checksum,
        dataset.subset([1, 0]).checksum,
        dataset.changed("flip", dataset.images).checksum,
        make(checksum="1").subset([0, 1]).checksum,
    }
    assert len(sums) == 5
    assert dataset.subset([0, 1]).checksum == dataset.subset(np.arange(2, dtype=np.int32)).checksum
    assert digest(b"ab", b"c") != digest(b"a", b"bc")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"images": np.zeros((4, 2, 3))}, r"\(4, 2, 3\)"),
        ({"images": np.zeros((4, 2, 2, 1))}, r"\(4, 2, 2, 1\)"),
        ({"images": np.zeros((0, 2, 2, 3)), "labels": np.zeros(0, int)}, r"\(0, 2, 2, 3\)"),
        ({"images": np.zeros((4, 2, 2, 3), complex)}, "complex"),
        ({"images": np.full((4, 2, 2, 3), np.nan)}, "NaN"),
        ({"images": np.full((4, 2, 2, 3), np.inf)}, "infinity"),
        ({"labels": np.zeros(3, int)}, r"\(3,\)"),
        ({"labels": np.zeros(4)}, "float64"),
        ({"labels": np.array([0, 1, 2, 0])}, "label 2"),
        ({"labels": np.array([0, 1, -1, 0])}, "label -1"),
    ],
)
def test_impossible_datasets_are_refused(changed, message):
    with pytest.raises(ValueError, match=f"{message}.*must be.*remedy"):
        make(**changed)


@pytest.mark.parametrize("indices", [[], [4], [-1], [0.0], [[0]], [True, False]])
def test_impossible_subsets_are_refused(indices):
    with pytest.raises(ValueError, match="into 'some'"):
        make().subset(indices)
