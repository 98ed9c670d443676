r"""Steps from raw images to a training set: balanced subsets, one scale, one size, flips.

Every step gives the same bits on any number of threads. Shapes: ``n`` images of ``H`` x ``W``, ``K`` classes.
"""

import numpy as np

from widesym.data.datasets import Dataset

_CHUNK = 1 << 22  # numbers of images that are worked on at once


def stratified(dataset: Dataset, count: int, seed: int) -> Dataset:
    """Draw a random subset with equally many images of each class, to within one, in random order.

    One seed is one order of the images: a smaller subset is the beginning of a larger one, and every
    beginning is balanced to within one image a class.

    Args:
        dataset: with the same number of images in each class, or more of some than are used.
        count: m, at most K times the size of the smallest class.
        seed: an integer >= 0.

    Raises:
        ValueError: a count or a seed that is no such integer.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"seed={seed!r}: must be an integer >= 0; remedy: give one, such as 0")
    order = _stratified_order(dataset.labels, len(dataset.classes), int(seed))
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or not 1 <= count <= len(order):
        smallest = int(np.argmin(np.bincount(dataset.labels, minlength=len(dataset.classes))))
        raise ValueError(
            f"count={count!r} of {dataset.name!r}: must be an integer from 1 to {len(order)}, as class "
            f"{dataset.classes[smallest]!r} has {len(order) // len(dataset.classes)} images; "
            "remedy: choose fewer"
        )
    return dataset.subset(order[:count])


def _stratified_order(labels: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """Indices in rounds, each with one image of every class."""
    rng = np.random.default_rng(seed)
    members = [rng.permutation(np.flatnonzero(labels == one)) for one in range(classes)]
    rounds = min(map(len, members))
    each = np.stack([group[:rounds] for group in members], axis=1)
    return rng.permuted(each, axis=1).ravel()


def standardise(train: Dataset, *others: Dataset) -> tuple[Dataset, ...]:
    r"""Give each colour mean 0 and standard deviation 1 over the training images.

    .. math:: x_c \mapsto (x_c-\mu_c)/\sigma_c,\qquad \mu_c,\sigma_c^2 \text{ over all pixels of train}.

    Args:
        train: whose statistics are used.
        others: treated with the same numbers.

    Returns:
        All datasets, ``train`` first; float32, computed in float64.

    Raises:
        ValueError: a colour of ``train`` is constant.
    """
    size = train.images[..., 0].size
    mean = sum(part.sum(axis=(0, 1, 2)) for part in _chunks(train.images)) / size
    variance = sum(((part - mean) ** 2).sum(axis=(0, 1, 2)) for part in _chunks(train.images)) / size
    deviation = np.sqrt(variance)
    if not (deviation > 1e-12 * np.maximum(1.0, abs(mean))).all():
        raise ValueError(
            f"colour {int(np.argmin(deviation))} of {train.name!r} is constant, so it has no scale; "
            "remedy: give more than one training image, or leave the colour as it is"
        )
    step = f"standardise {mean.tobytes().hex()} {deviation.tobytes().hex()}"
    return tuple(
        one.changed(step, _each(one.images, lambda part: (part - mean) / deviation))
        for one in (train, *others)
    )


def resize(dataset: Dataset, side: int) -> Dataset:
    """Shrink square images to ``side`` x ``side`` by the mean over the area of each new pixel.

    The box filter is the anti-aliasing; for a whole ratio it is the mean over blocks.

    Raises:
        ValueError: images that are not square, or a side that is no integer from 1 to theirs.
    """
    height, width = dataset.images.shape[1:3]
    if height != width:
        raise ValueError(
            f"images of {dataset.name!r} have {width} x {height} pixels: must be square; "
            "remedy: crop them first"
        )
    if isinstance(side, bool) or not isinstance(side, (int, np.integer)) or not 1 <= side <= height:
        raise ValueError(
            f"side={side!r}: must be an integer from 1 to {height}, the side of {dataset.name!r}; "
            "remedy: choose a smaller one"
        )
    if side == height:
        return dataset
    if height % side == 0:
        block = height // side

        def shrink(part: np.ndarray) -> np.ndarray:
            return part.reshape(len(part), side, block, side, block, 3).mean(axis=(2, 4))
    else:
        weights = _areas(height, side)

        def shrink(part: np.ndarray) -> np.ndarray:
            return np.einsum("jw,niwc->nijc", weights, np.einsum("ih,nhwc->niwc", weights, part))

    return dataset.changed(f"resize {side}", _each(dataset.images, shrink))


def _areas(old: int, new: int) -> np.ndarray:
    """The share ``(new, old)`` of each old pixel in each new one, along one axis; rows sum to 1."""
    ratio = old / new
    starts, pixels = ratio * np.arange(new)[:, None], np.arange(old)[None, :]
    overlap = np.minimum(starts + ratio, pixels + 1.0) - np.maximum(starts, pixels)
    return np.maximum(overlap, 0.0) / ratio


def with_flips(dataset: Dataset) -> Dataset:
    """Put each image's mirror image, left to right, right after it: the first 2 m come from the first m."""
    n = len(dataset)
    both = np.stack([dataset.images, dataset.images[:, :, ::-1]], axis=1)
    return dataset.changed(
        "with flips", both.reshape(2 * n, *dataset.images.shape[1:]), np.repeat(dataset.labels, 2)
    )


def _chunks(images: np.ndarray):
    step = max(1, _CHUNK // images[0].size)
    for first in range(0, len(images), step):
        yield images[first : first + step].astype(np.float64)


def _each(images: np.ndarray, function) -> np.ndarray:
    return np.concatenate([function(part).astype(np.float32) for part in _chunks(images)])
