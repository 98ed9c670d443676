r"""Images in folders named by their class, as a folder on disk or inside an archive.

Layouts: ``class/image`` or ``split/class/image``, with any number of enclosing folders. Images are
decoded to 8-bit RGB and divided by 255; the order is that of the paths; classes are sorted, and are those of
all splits together.
"""

import io
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, UnidentifiedImageError

from widesym.data.archives import ARCHIVES, read_files
from widesym.data.datasets import Dataset, digest

SUFFIXES = (".jpg", ".jpeg", ".png")

_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")  # 8 bits a colour, or fewer
_UNREADABLE = (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError)

Split = dict[PurePosixPath, bytes]


def load_folder(path: str | Path, split: str | None = None, *, name: str | None = None) -> Dataset:
    """Load the images of a folder or archive, or of one split of it.

    The checksum is of the paths ``class/image`` and of the encoded bytes: a folder and its archive agree.

    Args:
        path: a folder, or an archive such as ``.tar.xz``, ``.tar.gz`` or ``.zip``.
        split: the name of a split; None where there are none.
        name: of the dataset; None for that of the path.

    Raises:
        FileNotFoundError: there is nothing at the path.
        ValueError: a damaged archive or image, no images, images of several sizes, images without a class,
            or a split that is not there; names the file.
    """
    path = Path(path)
    splits = _splits(path, split)
    if split is None and None not in splits:
        raise ValueError(
            f"{path} has the splits {', '.join(map(str, splits))}: one must be chosen; "
            f"remedy: split={min(splits)!r}"
        )
    if split not in splits:
        known = ", ".join(str(one) for one in splits if one is not None) or "none"
        raise ValueError(f"{path} has no split {split!r}; it has: {known}; remedy: choose one of these")
    return _dataset(path, name or _stem(path), splits[split], _classes(splits))


def load_splits(path: str | Path, *, name: str | None = None) -> dict[str, Dataset]:
    """Load every split of a folder or archive, which is read once.

    Raises:
        FileNotFoundError: there is nothing at the path.
        ValueError: as :func:`load_folder`, and where there are no splits.
    """
    path = Path(path)
    splits = _splits(path)
    if None in splits:
        raise ValueError(f"{path} has no splits: must be split/class/image; remedy: use load_folder")
    classes = _classes(splits)
    return {split: _dataset(path, name or _stem(path), files, classes) for split, files in splits.items()}


def _stem(path: Path) -> str:
    for suffix in ARCHIVES:
        path = Path(path.name.removesuffix(suffix))
    return path.name


def _is_image(path: PurePosixPath) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts if part != ".")
    return path.suffix.lower() in SUFFIXES and not hidden


def _splits(path: Path, split: str | None = None) -> dict[str | None, Split]:
    """The files class/image of each split; one split None where there are none."""
    files = read_files(path, _is_image)
    if not files:
        raise ValueError(
            f"{path} holds no image ({', '.join(SUFFIXES)}); remedy: name a folder or archive of class/image"
        )
    depths = {len(inside.parts) for inside in files}
    if min(depths) == 1:
        inside = next(inside for inside in files if len(inside.parts) == 1)
        raise ValueError(
            f"{path}: {inside} is in no folder, so it has no class; "
            "remedy: put it in a folder named by its class"
        )
    if len(depths) > 1:
        deep = next(inside for inside in files if len(inside.parts) == max(depths))
        shallow = next(inside for inside in files if len(inside.parts) == min(depths))
        raise ValueError(
            f"{path}: {deep} lies deeper than {shallow}: all must be class/image or all split/class/image; "
            "remedy: move them to one depth"
        )
    # enclosing folders say nothing; of three levels the first may be the only split
    while len(next(iter(files)).parts) > 2:
        first = {inside.parts[0] for inside in files}
        if len(next(iter(files)).parts) == 3 and (len(first) > 1 or split in first):
            break
        if len(first) > 1:
            two = sorted(first)[:2]
            raise ValueError(
                f"{path}: images lie deeper than split/class/image, below {two[0]} and {two[1]}; "
                "remedy: name the folder of one of these"
            )
        files = {PurePosixPath(*inside.parts[1:]): data for inside, data in files.items()}
    if len(next(iter(files)).parts) == 2:
        if split is not None and any(inside.parts[0] == split for inside in files):
            inside = next(inside for inside in files if inside.parts[0] == split)
            raise ValueError(
                f"{path}: {inside} of split {split!r} has no class; "
                "remedy: put it in a folder named by its class"
            )
        return {None: files}
    splits: dict[str | None, Split] = {}
    for inside, data in files.items():
        splits.setdefault(inside.parts[0], {})[PurePosixPath(*inside.parts[1:])] = data
    return splits


def _classes(splits: dict[str | None, Split]) -> tuple[str, ...]:
    return tuple(sorted({inside.parts[0] for files in splits.values() for inside in files}))


def _dataset(path: Path, name: str, files: Split, classes: tuple[str, ...]) -> Dataset:
    images = None
    for i, (inside, data) in enumerate(files.items()):
        image = _decoded(f"{path}: {inside}", data)
        if images is None:
            images, first = np.empty((len(files), *image.shape), np.uint8), inside
        if image.shape != images.shape[1:]:
            raise ValueError(
                f"{path}: {inside} has {_size(image)} pixels and {first} has {_size(images[0])}: "
                "all must have one size; remedy: resize or crop them"
            )
        images[i] = image
    labels = np.array([classes.index(inside.parts[0]) for inside in files])
    images = images.astype(np.float32)
    images /= 255
    checksum = digest(*(part for inside, data in files.items() for part in (str(inside).encode(), data)))
    return Dataset(name, images, labels, classes, checksum)


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]} x {image.shape[0]}"


def _decoded(where: str, data: bytes) -> np.ndarray:
    """One image as uint8 (H, W, 3)."""
    if not data:
        raise ValueError(f"{where} is an empty file; remedy: fetch it again or remove it")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            mode = image.mode
            pixels = np.asarray(image.convert("RGB"))
    except _UNREADABLE as error:
        raise ValueError(
            f"{where} is no readable JPEG or PNG image ({error}): it is damaged or cut short; "
            "remedy: fetch it again or remove it"
        ) from error
    if mode not in _MODES:
        raise ValueError(f"{where} has more than 8 bits a colour ({mode}); remedy: convert it to 8 bits")
    return pixels
