"""B-F2's experiment with trained networks: cells against runs on moved images, the NTK column, refusals."""

import dataclasses

import numpy as np
import pytest

from widesym.groups.images import transformation
from widesym.study import configure
from widesym.study.experiments import get, kernel_table
from widesym.study.experiments.network_table import LIMIT, NetworkTable, run_shard, shards
from widesym.study.image_tasks import JPEG_CHECKSUM, stream, task
from widesym.study.network_cells import MEASURES
from widesym.study.network_runs import finite, run_seeds, train_runs

EXPERIMENT = get("synergy.network-table")
# NN: from networks as narrow as these NN+ diverges
TINY = NetworkTable(
    side=4, motif=2, classes=3, models=("FCN", "VEC"), widths=(6, 4), depth=1, draws=2, train=40, test=200,
    batch=20, steps=12, epochs=1, noise=0.3, inferences=("NN",), transformations=("identity", "rotation"),
    start="mirrored",
)  # fmt: skip


@pytest.fixture(scope="module")
def parts():
    return {shard: run_shard(TINY, shard) for shard in shards(TINY)}


def test_shards_have_the_longest_first():
    assert shards(TINY) == ("NN:VEC", "NN:FCN", "NTK:VEC", "NTK:FCN")
    assert shards(NetworkTable())[0] == "NN:GAP" and len(shards(NetworkTable())) == 18


def test_variants_differ_from_the_table_in_what_they_are_named_for():
    config = NetworkTable(draws=9, steps=700)
    found = EXPERIMENT.variants(config)
    assert set(found) == {"wide", "plain", "mirrored"}  # the table has the silent start
    assert found["wide"].widths == (3 * config.widths[config.models.index("GAP")],)
    assert (found["wide"].models, found["wide"].start, found["wide"].steps) == (("GAP",), "silent", 700)
    for start in ("plain", "mirrored"):
        assert (found[start].start, found[start].models, found[start].steps) == (start, ("VEC",), 1400)
    same = ("seed", "noise", "train", "test", "depth")
    for each in found.values():
        assert [getattr(each, name) for name in same] == [getattr(config, name) for name in same]
        assert each.draws == 4 and each.inferences == ("NN+",)
    assert EXPERIMENT.variants(TINY).keys() == {"plain", "silent"}  # no GAP, and a mirrored start
    assert EXPERIMENT.variants(TINY)["plain"].draws == 2


def test_a_cell_is_a_run_on_moved_images(parts):
    images = TINY.task(1)
    turn = transformation("rotation", 4, 4, stream(TINY.seed, 1))
    moved = type(images)(
        *(dataclasses.replace(part, images=turn(part.images.astype(float))) for part in images)
    )
    net = finite("VEC", 1, 4, images)
    runs = train_runs(net, moved, "NN", TINY.plan(), run_seeds(TINY.seed, 1), start="mirrored")
    found = {name: values[1, 1] for name, values in parts["NN:VEC"].items()}
    right = runs.predictions[0].argmax(1) == images.test.labels
    # float32: images are rotated before or inside the program, and predictions that nearly tie may turn
    assert (found["correct"] == right).mean() > 0.95
    assert found["steps"] == runs.steps[-1] > 2
    assert found["fit"] == runs.train_accuracy[0, -1] > 0.8
    # on clean images, and from another start, it is another run
    other = train_runs(net, moved, "NN", TINY.plan(), run_seeds(TINY.seed, 0), start="mirrored")
    for apart in (parts["NN:VEC"]["correct"][0, 1], other.predictions[0].argmax(1) == images.test.labels):
        assert (apart == right).mean() < 0.9


def test_the_kernels_column_is_the_kernels_table(parts):
    kernels, apart = TINY.kernels(), 0
    for model in TINY.models:
        for draw in (0, 1):
            nngp, ntk = kernel_table.run_shard(kernels, f"cell:{model}:rotation:{draw}")["correct"]
            np.testing.assert_array_equal(parts[f"NTK:{model}"]["correct"][1, draw], ntk)
            np.testing.assert_array_equal(parts[f"NTK:{model}"]["nngp"][1, draw], nngp)
            apart += (nngp != ntk).sum()
    assert apart > 0
    # the same images as the networks'
    assert kernels.image_source() == TINY.image_source()
    same = task(kernels.image_source(), kernels.train, kernels.test, kernels.seed, 1)
    np.testing.assert_array_equal(same.train.images, TINY.task(1).train.images)


def test_order_of_the_axes(parts):
    found = EXPERIMENT.gather(TINY, parts)
    assert TINY.columns == (LIMIT, "NN")
    assert found["FCN_correct"].shape == (2, 2, 2, 200)
    np.testing.assert_array_equal(found["FCN_correct"][0], parts["NTK:FCN"]["correct"])
    np.testing.assert_array_equal(found["FCN_correct"][1], parts["NN:FCN"]["correct"])
    np.testing.assert_array_equal(found["VEC_nngp"], parts["NTK:VEC"]["nngp"])
    for name in MEASURES:
        assert found[f"VEC_{name}"].shape == (1, 2, 2)
    # the infinite FCN sees no rotation
    np.testing.assert_array_equal(found["FCN_correct"][0, 0], found["FCN_correct"][0, 1])


def test_photographs(photographs_checksum):
    config = configure(
        EXPERIMENT, "paper", checksum=photographs_checksum, side=4, models=("FCN",), widths=(2,), draws=1,
        train=20, test=20, batch=10, depth=1, steps=2, transformations=("identity",), inferences=("NN",),
    )  # fmt: skip
    assert run_shard(config, "NN:FCN")["correct"].shape == (1, 1, 20)


def test_the_paper_profile_is_the_papers_setting():
    paper = EXPERIMENT.profiles["paper"]
    assert (paper.checksum, paper.side, paper.depth, paper.train) == (JPEG_CHECKSUM, 32, 8, 45_000)
    assert dict(zip(paper.models, paper.widths, strict=True))["GAP"] == 128 and paper.start == "plain"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": ("GAP", "GAP"), "widths": (2, 2)}, "models must be distinct"),
        ({"models": ("LAP3",), "widths": (2,)}, "do not tile"),
        ({"widths": (2,)}, "one for each of FCN"),
        ({"widths": (5, 4, 4, 4, 4, 4), "start": "mirrored"}, "widths must be even"),
        ({"widths": (0, 4, 4, 4, 4, 4)}, "widths must increase from 1 on"),
        ({"start": "zero"}, "start must be distinct"),
        ({"inferences": ("NTK",)}, "inferences must be distinct"),
        ({"transformations": ("colour",)}, "begin with 'identity'"),
        ({"train": 30}, "at least one batch"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "default", **change)
