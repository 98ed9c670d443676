r"""Labelled images: CIFAR-10, folders and archives, their preparation, and a synthetic family.

- :mod:`widesym.data.datasets`: the one form of labelled images;
- :mod:`widesym.data.sources`: real images by name, found through ``$WIDESYM_DATA`` or downloaded;
- :mod:`widesym.data.folders`, :mod:`widesym.data.archives`, :mod:`widesym.data.cifar`: how they are read;
- :mod:`widesym.data.preparation`: balanced subsets, one scale, one size, flips;
- :mod:`widesym.data.synthetic`, :mod:`widesym.data.colours`: images whose labels have a chosen symmetry;
- :mod:`widesym.data.photographs`: large photographs that come with a package.
"""

from widesym.data.datasets import Dataset
from widesym.data.folders import load_folder, load_splits
from widesym.data.preparation import resize, standardise, stratified, with_flips
from widesym.data.sources import open_source

__all__ = [
    "Dataset",
    "load_folder",
    "load_splits",
    "open_source",
    "resize",
    "standardise",
    "stratified",
    "with_flips",
]
