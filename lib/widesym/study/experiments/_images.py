"""Small images for statements about kernels: smooth, so that neighbouring pixels and colours agree."""

import numpy as np


def smooth_images(key: tuple[int, ...], count: int, height: int, width: int) -> np.ndarray:
    """Return Gaussian images of variance about one, (count, H, W, 3), float64.

    Half of the variance is white noise. The other half is grey, one picture shared by all images and one of
    their own, averaged over 3 x 3 pixels round the torus: kernels that compare different pixels see it.

    Args:
        key: of the generator.
        count: how many images.
        height: pixels.
        width: pixels.
    """
    rng = np.random.default_rng(key)
    grey = rng.normal(size=(1, height, width, 1)) + rng.normal(size=(count, height, width, 1))
    for axis in (1, 2):
        grey = sum(np.roll(grey, shift, axis) for shift in (-1, 0, 1)) / np.sqrt(3)
    return grey / 2 + rng.normal(size=(count, height, width, 3)) / np.sqrt(2)
