"""Folders and archives of images: every layout and container, and one clear message for each fault."""

import warnings

import numpy as np
import pytest

from widesym.data import load_folder, load_splits

CONTAINERS = ("images", "images.tar", "images.tar.gz", "images.tar.xz", "images.tar.bz2", "images.zip")


@pytest.fixture
def files(pixels, encode):
    """Two classes with two images each, and what else lies about."""
    return {
        "b/2.png": encode(pixels(3)),
        "b/10.jpg": encode(pixels(2), "JPEG"),
        "a/1.JPEG": encode(pixels(1), "JPEG"),
        "a/0.png": encode(pixels(0)),
        "README.md": b"# images",
        "a/list.csv": b"1,2",
        ".DS_Store": b"x",
        "a/._0.png": b"not an image",
        "__MACOSX/a/0.png": b"nor this",
    }


@pytest.mark.parametrize("container", CONTAINERS)
def test_images_come_in_the_order_of_their_paths(tmp_path, pack, files, pixels, container):
    dataset = load_folder(pack(tmp_path / container, files))
    assert dataset.name == "images"
    assert dataset.classes == ("a", "b")
    assert dataset.labels.tolist() == [0, 0, 1, 1]  # a/0, a/1, b/10, b/2
    assert dataset.images.dtype == np.float32
    assert np.array_equal(dataset.images[0], pixels(0) / np.float32(255))
    assert np.array_equal(dataset.images[3], pixels(3) / np.float32(255))
    # a lossy file: near its pixels, which are noise, and the right one of the two
    errors = [np.abs(dataset.images[i] - pixels(i) / 255).mean() for i in (1, 2)]
    assert max(errors) < 0.25 < np.abs(dataset.images[1] - pixels(2) / 255).mean()


def test_folder_and_archives_have_one_checksum_and_it_knows_bytes_and_names(tmp_path, pack, files):
    sums = {load_folder(pack(tmp_path / container, files)).checksum for container in CONTAINERS}
    assert len(sums) == 1
    renamed = {("a/00.png" if name == "a/0.png" else name): data for name, data in files.items()}
    swapped = {**files, "a/0.png": files["b/2.png"], "b/2.png": files["a/0.png"]}
    commented = {**files, "README.md": b"# other"}
    for i, (changed, same) in enumerate([(renamed, False), (swapped, False), (commented, True)]):
        assert ({load_folder(pack(tmp_path / f"other{i}", changed)).checksum} == sums) == same


@pytest.mark.parametrize("container", ("data", "data.tar.xz"))
@pytest.mark.parametrize("wrapper", ("", "outer/inner/"))
def test_splits_are_read_by_name_and_share_their_classes(tmp_path, pack, pixels, encode, container, wrapper):
    path = pack(
        tmp_path / container,
        {
            wrapper + "test/b/0.png": encode(pixels(0)),
            wrapper + "train/a/0.png": encode(pixels(1)),
            wrapper + "train/b/0.png": encode(pixels(2)),
            "LICENSE": b"free",
        },
    )
    splits = load_splits(path)
    assert {name: split.labels.tolist() for name, split in splits.items()} == {"test": [1], "train": [0, 1]}
    assert all(split.classes == ("a", "b") for split in splits.values())
    one = load_folder(path, "test", name="mine")
    assert one.name == "mine"
    assert one.checksum == splits["test"].checksum
    assert np.array_equal(one.images, splits["test"].images)
    with pytest.raises(ValueError, match="has the splits test, train: one must be chosen"):
        load_folder(path)
    with pytest.raises(ValueError, match="no split 'valid'; it has: test, train"):
        load_folder(path, "valid")


def test_one_split_alone_is_found_with_and_without_its_name(tmp_path, pack, pixels, encode):
    path = pack(tmp_path / "data", {"train/a/0.png": encode(pixels(0)), "train/b/0.png": encode(pixels(1))})
    assert load_folder(path, "train").classes == load_folder(path).classes == ("a", "b")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_other_colour_modes_become_rgb(tmp_path, pack, pixels, encode, mode):
    from PIL import Image

    image = Image.fromarray(pixels(0)).convert(mode)
    path = tmp_path / "data" / "a" / ("0.jpg" if mode == "CMYK" else "0.png")
    path.parent.mkdir(parents=True)
    image.save(path)
    with Image.open(path) as stored:
        expected = np.asarray(stored.convert("RGB")) / np.float32(255)
    assert np.array_equal(load_folder(tmp_path / "data").images[0], expected)


def refused(path, message, split=None):
    with pytest.raises(ValueError, match=message) as caught, warnings.catch_warnings():
        warnings.simplefilter("error")
        load_folder(path, split)
    assert str(path) in str(caught.value)
    assert "remedy" in str(caught.value) or "choose" in str(caught.value)


@pytest.mark.parametrize("container", CONTAINERS)
def test_faults_name_the_image(tmp_path, pack, files, pixels, encode, container):
    def changed(**more):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}{container}"
        return pack(path, {**files, **{name.replace("__", "/"): data for name, data in more.items()}})

    whole = encode(pixels(5), "JPEG")
    refused(changed(**{"b/7.jpg": whole[: len(whole) // 2]}), "b/7.jpg is no readable .* cut short")
    refused(changed(**{"b/7.jpg": b"GIF89a not an image"}), "b/7.jpg is no readable")
    refused(changed(**{"b/7.png": b""}), "b/7.png is an empty file")
    broken = bytearray(encode(pixels(5)))
    broken[-25] ^= 1
    refused(changed(**{"b/7.png": bytes(broken)}), "b/7.png is no readable")
    refused(changed(**{"b/7.png": encode(pixels(5, 5, 6))}), "b/7.png has 6 x 5 pixels and a/0.png has 5 x 6")
    refused(changed(**{"7.png": encode(pixels(5))}), "7.png is in no folder, so it has no class")
    refused(changed(**{"b/c/7.png": encode(pixels(5))}), "b/c/7.png lies deeper than")
    refused(pack(tmp_path / f"none{container}", {"README.md": b"# no images"}), "holds no image")


def test_deep_colours_are_refused(tmp_path):
    from PIL import Image

    (tmp_path / "data" / "a").mkdir(parents=True)
    Image.fromarray(np.arange(20, dtype=np.uint16).reshape(4, 5) * 3000).save(
        tmp_path / "data" / "a" / "0.png"
    )
    refused(tmp_path / "data", "a/0.png has more than 8 bits")


def test_layouts_that_mean_nothing_are_refused(tmp_path, pack, pixels, encode):
    image = encode(pixels(0))
    deep = pack(tmp_path / "deep", {"x/train/a/0.png": image, "y/train/a/0.png": image})
    refused(deep, "deeper than split/class/image, below x and y")
    flat = pack(tmp_path / "flat", {"train/0.png": image, "test/0.png": image})
    refused(flat, "train/0.png of split 'train' has no class", "train")
    plain = pack(tmp_path / "plain", {"a/0.png": image, "b/0.png": image})
    refused(plain, "no split 'train'; it has: none", "train")
    with pytest.raises(ValueError, match="has no splits"):
        load_splits(plain)


@pytest.mark.parametrize("container", CONTAINERS[1:])
def test_archives_cut_short_are_refused_wherever_the_cut(tmp_path, pack, files, container):
    whole = pack(tmp_path / container, files).read_bytes()
    for cut in (0, 1, 3, len(whole) // 4, len(whole) // 2, len(whole) - 1):
        if container == "images.tar" and cut == len(whole) - 1:
            cut = whole.rstrip(b"\0").__len__() + 600  # one of the two closing blocks
        path = tmp_path / f"cut{cut}{container}"
        path.write_bytes(whole[:cut])
        refused(path, "cannot be read as an archive|is no readable")


@pytest.mark.parametrize("container", CONTAINERS[1:])
def test_no_altered_byte_goes_unnoticed(tmp_path, pack, files, container):
    """Each altered byte is refused, or leaves images and labels as they were, or changes the checksum."""
    path = pack(tmp_path / container, files)
    whole, good = path.read_bytes(), load_folder(path)
    altered = tmp_path / f"altered{container}"
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        data = bytearray(whole)
        data[place] ^= 0x15
        altered.write_bytes(data)
        try:
            found = load_folder(altered)
        except ValueError:
            continue
        same = np.array_equal(found.images, good.images) and np.array_equal(found.labels, good.labels)
        assert same or found.checksum != good.checksum


def test_a_damaged_header_does_not_end_an_archive_early(tmp_path, pack, files):
    path = pack(tmp_path / "images.tar", files)
    data = bytearray(path.read_bytes())
    place = data.index(b"b/10.jpg")  # tarfile itself would stop before this member and say nothing
    data[place + 148 : place + 156] = b"99999999"  # the header's own checksum
    path.write_bytes(data)
    refused(path, "cannot be read as an archive")


def test_what_is_no_archive_is_refused(tmp_path, pack, files):
    (tmp_path / "images.rar").write_bytes(b"Rar!")
    refused(tmp_path / "images.rar", "ends in none of .tar.xz")
    (tmp_path / "images.zip").write_bytes(b"PK but not really")
    refused(tmp_path / "images.zip", "cannot be read as an archive")
    with pytest.raises(FileNotFoundError, match="nowhere does not exist"):
        load_folder(tmp_path / "nowhere")
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(empty, "holds no image")


def test_nothing_is_written_beside_an_archive(tmp_path, pack, files):
    path = pack(tmp_path / "images.tar.gz", {**files, "../evil/0.png": b"outside"})
    assert load_folder(path).classes == ("a", "b")
    assert [one.name for one in tmp_path.iterdir()] == ["images.tar.gz"]
