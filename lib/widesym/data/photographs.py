r"""Photographs in colour that come with an installed package, so that they are at hand offline.

They are files of scikit-image's own wheel, free of rights (public domain or CC0), read from its folder:
nothing is downloaded.
"""

from pathlib import Path

import numpy as np
import skimage
from PIL import Image

_FILES = {
    "astronaut": "astronaut.png",
    "cat": "chelsea.png",
    "coffee": "coffee.png",
    "rocket": "rocket.jpg",
    "retina": "retina.jpg",
}
NAMES = tuple(_FILES)


def photograph(name: str, side: int) -> np.ndarray:
    """Return the middle square of a photograph, shrunk to side x side pixels.

    A new pixel is the mean of the old ones whose centres it covers, which is the anti-aliasing.

    Args:
        name: one of :data:`NAMES`.
        side: pixels along each side, from 1 to those of the square: 300 for the cat, which is the smallest.

    Returns:
        (side, side, 3) in [0, 1], float64.

    Raises:
        ValueError: an unknown name, or a side that the photograph has not.
        FileNotFoundError: the installed scikit-image lacks the file.
    """
    if name not in _FILES:
        raise ValueError(f"unknown photograph {name!r}; valid: {', '.join(NAMES)}")
    path = Path(skimage.__file__).parent / "data" / _FILES[name]
    if not path.is_file():
        raise FileNotFoundError(
            f"the installed scikit-image has no data/{path.name}; install the wheel of the lock file again"
        )
    with Image.open(path) as image:
        width, height = image.size
        square = min(width, height)
        if not 1 <= side <= square:
            raise ValueError(f"side={side} of {name!r} must be from 1 to {square} pixels; choose such a one")
        left, top = (width - square) // 2, (height - square) // 2
        colours = image.convert("RGB").crop((left, top, left + square, top + square)).split()
    # in mode F nothing is rounded to 8 bits
    shrunk = [c.convert("F").resize((side, side), Image.Resampling.BOX) for c in colours]
    return np.stack([np.asarray(c, np.float64) for c in shrunk], axis=-1) / 255


def photographs(side: int) -> np.ndarray:
    """Return all of them, in the order of :data:`NAMES`, (5, side, side, 3) in [0, 1], float64."""
    return np.stack([photograph(name, side) for name in NAMES])
