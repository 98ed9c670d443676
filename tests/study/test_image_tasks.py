"""Tasks: draws that are shared and independent, standardised, nested; real images by their checksum."""

import numpy as np
import pytest

from widesym.data.synthetic import Family
from widesym.study.image_tasks import ImageSource, architecture, task

SYNTHETIC = ImageSource("synthetic", "", 8, Family(side=8))


def test_a_draw_is_standardised_by_its_training_images():
    train, test = task(SYNTHETIC, 50, 30, 1, 0)
    np.testing.assert_allclose(train.images.mean((0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(train.images.std((0, 1, 2)), 1, atol=1e-6)
    assert abs(test.images.mean()) > 1e-4  # by the numbers of the training images, not its own
    assert len(train) == 50 and len(test) == 30


def test_draws_are_different_families_and_images():
    first, again, second = (task.__wrapped__(SYNTHETIC, 50, 30, 1, number) for number in (0, 0, 1))
    np.testing.assert_array_equal(first.train.images, again.train.images)
    assert abs(np.corrcoef(first.train.images.ravel(), second.train.images.ravel())[0, 1]) < 0.05

    # without noise and at one place, a class is one image: another one in every draw
    still = ImageSource("synthetic", "", 8, Family(side=8, noise=0.0, translations=False))
    parts = [task(still, 10, 10, 1, number).train for number in (0, 1)]
    classes = [part.images[np.argsort(part.labels)].ravel() for part in parts]
    assert abs(np.corrcoef(*classes)[0, 1]) < 0.2


def test_training_and_test_images_share_their_motifs():
    # without noise and at one place, the nearest training image has the same motif
    family = Family(side=8, noise=0.0, translations=False)
    train, test = task(ImageSource("synthetic", "", 8, family), 40, 20, 3, 0)
    apart = ((test.images[:, None] - train.images[None]) ** 2).sum((2, 3, 4))
    np.testing.assert_array_equal(train.labels[apart.argmin(1)], test.labels)


def test_synthetic_images_are_resized():
    family = Family(side=8)
    small = task(ImageSource("synthetic", "", 4, family), 20, 10, 1, 0)
    large = task(ImageSource("synthetic", "", 8, family), 20, 10, 1, 0)
    blocks = large.train.images.reshape(20, 4, 2, 4, 2, 3).mean((2, 4))
    blocks = (blocks - blocks.mean((0, 1, 2))) / blocks.std((0, 1, 2))
    np.testing.assert_allclose(small.train.images, blocks, atol=1e-5)


def test_photographs_are_stratified_and_resized(photographs_checksum):
    source = ImageSource("cifar10-jpeg", photographs_checksum, 4)
    train, test = task(source, 30, 20, 5, 0)
    assert train.images.shape == (30, 4, 4, 3) and source.label == "CIFAR-10 (JPEG copy)"
    for part, each in ((train, 3), (test, 2)):
        np.testing.assert_array_equal(np.bincount(part.labels), each)
    other = task(source, 30, 20, 5, 1)
    assert (other.train.images[:10] != train.images[:10]).any()


def test_other_photographs_are_refused(photographs_checksum):
    for wrong in ("", "0" * 64):
        with pytest.raises(ValueError, match=f"set checksum='{photographs_checksum}'"):
            task(ImageSource("cifar10-jpeg", wrong, 8), 10, 10, 1, 0)


def test_photographs_that_are_nowhere(monkeypatch):
    monkeypatch.delenv("WIDESYM_DATA", raising=False)
    task.cache_clear()
    with pytest.raises(FileNotFoundError, match="WIDESYM_DATA"):
        task(ImageSource("cifar10-jpeg", "0", 8), 10, 10, 1, 0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (("imagenet", "", 8, None), "valid: synthetic, cifar10"),
        (("synthetic", "abc", 8, Family()), "have no checksum"),
        (("synthetic", "", 8, None), "synthetic images have a family"),
        (("cifar10", "", 8, Family()), "synthetic images have a family"),
    ],
)
def test_sources_that_mean_nothing(fields, message):
    with pytest.raises(ValueError, match=message):
        ImageSource(*fields)


def test_names_of_models():
    assert architecture("LAP4", 3).name == "LAP4" and architecture("LAP4", 3).window == 4
    assert architecture("GAP", 2).kind == "GAP" and architecture("GAP", 2).depth == 2
    for name in ("LAP", "LAP0", "gap", "ResNet"):
        with pytest.raises(ValueError, match="unknown model"):
            architecture(name, 3)
