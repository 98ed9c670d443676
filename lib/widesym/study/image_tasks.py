r"""Tasks: a few training and test images with labels, drawn from a source, the same for every model.

Draw r of a seed is

* of ``synthetic``: another family (other motifs) and other images of it;
* of a source of real images: a stratified sample of its training images and one of its test images, resized.

Both are standardised by mean and deviation of each colour over the training images of the draw. Models and
transformations share the draw, so that their differences are paired; a smaller training set is the
beginning of a larger one.
"""

import dataclasses
import functools
import re
from typing import NamedTuple

import numpy as np

from widesym.architectures import Architecture
from widesym.data.datasets import Dataset, digest
from widesym.data.preparation import resize, standardise, stratified
from widesym.data.sources import SOURCES, open_source
from widesym.data.synthetic import Family, draw

SYNTHETIC = "synthetic"
JPEG_COPY = "cifar10-jpeg"
# what `checksum` makes of the copy in JPEG, whether folder or archive
JPEG_CHECKSUM = "ee2eb4e001cd1b38b7b559b3e93f0c9b9a25017bac3569354ba2c08afc3cc7d0"

_IMAGES, _TRANSFORMATION, _FAMILY, _OTHERS = range(4)  # streams of a draw
_MODEL = re.compile(r"(FCN|LCN|VEC|GAP|LAP(?P<window>[1-9][0-9]*))")


class Task(NamedTuple):
    """Standardised training and test images."""

    train: Dataset
    test: Dataset


@dataclasses.dataclass(frozen=True)
class ImageSource:
    """Where images come from.

    Args:
        name: ``synthetic``, or one of the sources of real images.
        checksum: of the real images, see :func:`checksum`; empty for synthetic ones.
        side: to which images are resized; for synthetic ones that of the family where it is larger.
        family: of synthetic images; its seed is replaced by that of the draw. None for real ones.

    Raises:
        ValueError: an unknown name, a checksum where there is nothing to check, or a family too many or few.
    """

    name: str
    checksum: str
    side: int
    family: Family | None = None

    def __post_init__(self) -> None:
        """Refuse what names no images."""
        if self.name != SYNTHETIC and self.name not in SOURCES:
            known = ", ".join((SYNTHETIC, *SOURCES))
            raise ValueError(f"unknown source {self.name!r} of images; valid: {known}")
        if self.name == SYNTHETIC and self.checksum:
            raise ValueError(
                f"synthetic images have no checksum, got {self.checksum!r}: they follow from the config; "
                "leave it empty, or name a source of real images"
            )
        if (self.family is None) == (self.name == SYNTHETIC):
            raise ValueError(f"source {self.name!r} and family {self.family}: synthetic images have a family")

    @property
    def label(self) -> str:
        """What figures call the images."""
        return "synthetic family" if self.name == SYNTHETIC else SOURCES[self.name].label


def stream(seed: int, draw: int, purpose: int = _TRANSFORMATION) -> int:
    """Return the seed of one purpose of one draw; by default that of the transformation."""
    return int(np.random.SeedSequence([seed, draw, purpose]).generate_state(1)[0])


def checksum(train: Dataset, test: Dataset) -> str:
    """Return the SHA-256 of a source: of the paths and bytes of all its images."""
    return digest(train.checksum.encode(), test.checksum.encode())


@functools.lru_cache(maxsize=4)  # real images are read anew for each: some ten seconds
def task(source: ImageSource, train: int, test: int, seed: int, number: int) -> Task:
    """Return one draw of a task.

    Args:
        source: of the images.
        train: m.
        test: test images.
        seed: of all draws.
        number: which draw, from 0.

    Raises:
        ValueError: the source's files are others than those of the checksum, or have too few images.
        FileNotFoundError: the source is nowhere to be found.
    """
    images, others = stream(seed, number, _IMAGES), stream(seed, number, _OTHERS)
    if source.family is not None:
        family = dataclasses.replace(source.family, seed=stream(seed, number, _FAMILY))
        parts = draw(family, train, images), draw(family, test, others)
    else:
        whole = open_source(source.name)
        found = checksum(*whole)
        if found != source.checksum:
            raise ValueError(
                f"{source.label} has the checksum {found}, the config asks for {source.checksum or 'none'}: "
                f"results belong to certain images; remedy: take those, or set checksum={found!r}"
            )
        parts = stratified(whole[0], train, images), stratified(whole[1], test, others)
    return Task(*standardise(*(resize(part, source.side) for part in parts)))


def architecture(model: str, depth: int) -> Architecture:
    """Return the architecture of a name such as ``GAP`` or ``LAP4``, with that many hidden layers.

    Raises:
        ValueError: another name, or a depth that is none.
    """
    match = _MODEL.fullmatch(model)
    if match is None:
        raise ValueError(f"unknown model {model!r}; valid: FCN, LCN, VEC, GAP, and LAP with a window: LAP4")
    window = match["window"]
    return Architecture("LAP", depth, window=int(window)) if window else Architecture(model, depth)
