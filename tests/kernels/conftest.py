"""Images for the tests of kernels."""

import numpy as np
import pytest


@pytest.fixture
def draw():
    """Draw standard normal images: ``draw(seed, n, H, W, C)``."""
    return lambda seed, *shape: np.random.default_rng(seed).standard_normal(shape)
