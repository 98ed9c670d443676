"""B-F2's experiment: cells against regression by hand, exact invariances, tiles, draws, refusals."""

import dataclasses

import numpy as np
import pytest

from widesym.groups.images import transformation
from widesym.kernels.pairs import pair_kernels
from widesym.study import configure, load_or_run
from widesym.study.experiments import get
from widesym.study.experiments.kernel_table import KERNELS, KernelTable, run_shard, shards
from widesym.study.image_tasks import JPEG_CHECKSUM, architecture, stream, task

EXPERIMENT = get("synergy.kernel-table")
TINY = KernelTable(
    side=4, models=("FCN", "LCN", "VEC", "LAP2", "GAP"), draws=(1, 1, 2, 1, 1), parts=(0,) * 5, depth=2,
    train=30, test=25, motif=2, precision="float64",
)  # fmt: skip


@pytest.fixture(scope="module")
def tiny():
    return EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})


@pytest.mark.parametrize(("model", "kind"), [("GAP", "pixelwise"), ("VEC", "rotation"), ("LAP2", "identity")])
def test_a_cell_is_ridge_regression_on_transformed_images(tiny, model, kind):
    images = task(TINY.image_source(), 30, 25, TINY.seed, 0)
    matrix = transformation(kind, 4, 4, stream(TINY.seed, 0)).matrix()
    train, test = (
        (part.images.reshape(-1, 48).astype(float) @ matrix.T).reshape(-1, 4, 4, 3) for part in images
    )
    network = architecture(model, 2)
    within = pair_kernels(network, train, precision="float64")
    across = pair_kernels(network, test, train, precision="float64")
    targets, truth = (np.eye(10)[part.labels] - 0.1 for part in images)
    at = TINY.transformations.index(kind)
    for k, name in enumerate(KERNELS):
        kernel = getattr(within, name)
        ridge = 1e-6 * np.trace(kernel) / 30 * np.eye(30)
        predicted = getattr(across, name) @ np.linalg.solve(kernel + ridge, targets)
        np.testing.assert_allclose(
            tiny[f"{model}_mse"][at, 0, k], ((predicted - truth) ** 2).mean(), rtol=1e-5
        )
        right = predicted.argmax(1) == images.test.labels
        np.testing.assert_array_equal(tiny[f"{model}_correct"][at, 0, k], right)


def test_no_model_sees_its_own_group_and_every_one_sees_the_next(tiny):
    own = {"FCN": 5, "LCN": 3, "VEC": 3, "LAP2": 2, "GAP": 2}
    for model, count in own.items():
        errors = tiny[f"{model}_mse"][:, 0]
        # images are float32: a rotation rounds them to some 1e-7
        np.testing.assert_allclose(errors[:count], errors[:1].repeat(count, 0), rtol=1e-4)
        if count < 5:
            assert (abs(errors[count:] / errors[:1] - 1) > 1e-3).all()
    np.testing.assert_array_equal(tiny["LCN_correct"][:, 0], tiny["VEC_correct"][:, 0])


def test_shapes_and_draws(tiny):
    assert tiny["VEC_correct"].shape == (5, 2, 2, 25) and tiny["GAP_mse"].shape == (5, 1, 2)
    assert (tiny["VEC_mse"][:, 0] != tiny["VEC_mse"][:, 1]).all()


def test_tiles_change_nothing(root, tiny):
    dear = dataclasses.replace(TINY, parts=(0, 0, 0, 1, 2))
    names = shards(dear)
    first_cell = next(i for i, name in enumerate(names) if name.startswith("cell"))
    assert names[0] == "tiles:GAP:identity:0:0" and all(n.startswith("cell") for n in names[first_cell:])
    assert {n.split(":")[1] for n in names[-10:]} == {"LAP2", "GAP"}  # they wait for tiles
    stored = load_or_run(EXPERIMENT, dear, workers=1)
    for name, values in tiny.items():
        np.testing.assert_array_equal(stored.arrays[name], values)
    assert list((root / "grams").rglob("*.npz"))


def test_tiles_without_their_folder_are_computed_again(root, tiny):
    dear = dataclasses.replace(TINY, parts=(0, 0, 0, 0, 1))
    found = run_shard(dear, "cell:GAP:rotation:0")
    np.testing.assert_array_equal(found["mse"], tiny["GAP_mse"][4, 0])


def test_photographs(root, photographs_checksum):
    config = configure(
        EXPERIMENT, "paper", checksum=photographs_checksum, side=4, models=("VEC", "LAP2"), draws=(2, 1),
        parts=(0, 1), train=20, test=20, depth=1,
    )  # fmt: skip
    stored = load_or_run(EXPERIMENT, config, workers=1)
    assert stored.arrays["VEC_correct"].shape == (5, 2, 2, 20)
    assert stored.arrays["VEC_correct"].mean() > 0.15  # classes differ in colour
    other = dataclasses.replace(config, checksum=JPEG_CHECKSUM)
    with pytest.raises(ValueError, match="the config asks for"):
        run_shard(other, "cell:VEC:identity:0")


def test_the_paper_profile_names_its_images():
    paper = EXPERIMENT.profiles["paper"]
    assert (paper.source, paper.checksum, paper.side) == ("cifar10-jpeg", JPEG_CHECKSUM, 32)
    assert len(JPEG_CHECKSUM) == 64


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"transformations": ("identity", "flip")}, "transformations must be distinct and of"),
        ({"transformations": ("colour",)}, "begin with 'identity'"),
        ({"models": ("GAP", "GAP")}, "models must be distinct"),
        ({"models": ("CNN",), "draws": (1,), "parts": (0,)}, "unknown model 'CNN'"),
        ({"models": ("LAP3",), "draws": (1,), "parts": (0,)}, "do not tile"),
        ({"draws": (1, 1)}, "one for each of the models"),
        ({"parts": (-1,) * 6}, "numbers from 0 on"),
        ({"train": 0}, "train must be at least 1"),
        ({"ridge": -1.0}, "ridge must not be negative"),
        ({"precision": "float16"}, "precision must be"),
        ({"seed": -1}, "seed must not be negative"),
        ({"noise": -1.0}, "noise"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "default", **change)
