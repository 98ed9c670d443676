"""B-F1, B-F7, B-F11, B-S7's experiment: statistics by loops, the path, display, counts, refusals."""

import numpy as np
import pytest
from scipy.linalg import expm

from widesym.data.photographs import NAMES, photograph, photographs
from widesym.groups.images import KINDS, path, transformation
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.rotations import (
    GROUPS,
    MOVED,
    Rotations,
    constraints,
    neighbours,
    outlines,
    pixel_matrices,
    relative,
    run_shard,
    shards,
    standardised,
)

EXPERIMENT = get("synergy.rotations")
TINY = Rotations(side=9, height=7, width=8, draws=2, frames=4, large=10, full=12, sites=(1, 2), seed=3)


@pytest.fixture(scope="module")
def tiny():
    return EXPERIMENT.gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})


def test_standardised_images_have_one_scale_and_are_shown_as_they_are():
    images = photographs(6)
    x, scale = standardised(images)
    flat = x.reshape(-1, 3)
    np.testing.assert_allclose(flat.mean(0), 0, atol=1e-14)
    np.testing.assert_allclose(flat.std(0), 1, rtol=1e-13)
    shown, cut = scale.shown(x)
    np.testing.assert_array_equal(shown, np.round(255 * images).astype(np.uint8))
    assert cut == 0.0


def test_what_lies_outside_is_cut_and_counted():
    _, scale = standardised(np.array([0.2, 0.4, 0.6, 0.8]).repeat(3).reshape(1, 2, 2, 3))
    values = np.array([-0.5, 0.25, 0.75, 2.0]).repeat(3).reshape(1, 2, 2, 3)
    shown, cut = scale.shown((values - scale.mean) / scale.deviation)
    assert shown[..., 0].ravel().tolist() == [0, 64, 191, 255] and cut == 0.5


def test_neighbours_by_a_loop():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 3))
    for image, found in zip(x, neighbours(x), strict=True):
        above = below = 0.0
        for i in range(3):
            for j in range(4):
                for a, b in ((i + 1, j), (i, j + 1)):
                    if a < 3 and b < 4:
                        above += image[i, j] @ image[a, b]
                        below += (image[i, j] @ image[i, j] + image[a, b] @ image[a, b]) / 2
        assert found == pytest.approx(above / below, rel=1e-13)


def test_outlines_are_those_of_norms_less_their_mean():
    x = np.random.default_rng(1).normal(size=(2, 5, 5, 3))
    norms = np.sqrt((x**2).sum(-1))
    norms -= norms.mean((1, 2))[:, None, None]
    np.testing.assert_allclose(outlines(x), neighbours(norms[..., None]), rtol=1e-13)
    # a checkerboard of large and small pixels has the opposite of an outline
    board = np.where(np.indices((4, 4)).sum(0) % 2, 1.0, 3.0)[None, :, :, None] * np.ones(3)
    assert outlines(board)[0] == pytest.approx(-1)


def test_what_each_group_keeps(tiny):
    kept = {
        "norm": MOVED, "total": MOVED, "between": ("colour", "pixelwise"),
        "site_norms": ("colour", "pixelwise"), "within": ("colour",), "values": ("permutation",), "fresh": (),
    }  # fmt: skip
    for name, kinds in kept.items():
        for row, kind in zip(tiny[name], MOVED, strict=True):
            assert row.max() < 1e-13 if kind in kinds else row.min() > 0.05, (name, kind)
    assert tiny["neighbours"].shape == (5, 2, len(NAMES))
    np.testing.assert_allclose(tiny["neighbours"][1], tiny["neighbours"][0], rtol=1e-12)
    assert np.abs(tiny["neighbours"][2:].mean((1, 2))).max() < 0.2 < tiny["neighbours"][0].min()


def test_the_figure_shows_the_transformed_photographs(tiny):
    x, scale = standardised(photographs(9))
    for kind, shown in zip(KINDS, tiny["shown"], strict=True):
        values = scale.mean + scale.deviation * transformation(kind, 9, 9, 3)(x)
        assert np.abs(shown / 255 - np.clip(values, 0, 1)).max() <= 0.5001 / 255


def test_pixel_matrices_are_what_acts():
    tau = path(7, 8, 5, 0.6)
    r = pixel_matrices(TINY, tau)
    x = np.random.default_rng(2).normal(size=(1, 7, 8, 3))
    np.testing.assert_allclose(
        np.einsum("pij,pj->pi", r, x.reshape(-1, 3)), tau(x).reshape(-1, 3), atol=1e-14
    )


def test_the_speed_of_the_path_is_that_of_its_generator(tiny):
    small, large = (pixel_matrices(TINY, path(7, 8, 3, t)) for t in (2.0**-20, 0.125))
    A = (np.eye(3) - small) * 2.0**20
    np.testing.assert_allclose(large, [expm(-0.125 * a) for a in A], atol=1e-5)
    size = np.linalg.norm(A, 2, axis=(1, 2))
    expected = (np.linalg.norm(large - np.eye(3), 2, axis=(1, 2)) / (0.125 * size)).max()
    assert tiny["speed"][0] == pytest.approx(expected, rel=1e-4)
    assert tiny["speed"].max() < 1 < 2 < tiny["jumps"].min()
    for name in ("start", "orthogonal", "determinant", "addition"):
        assert np.max(tiny[name]) < 1e-13, name
    assert min(np.median(tiny["end"]), tiny["straight"].min(), tiny["other_path"].min()) > 0.1


def test_the_film_begins_clean_and_ends_at_the_end_of_the_path(tiny):
    x, scale = standardised(photographs(9))
    np.testing.assert_array_equal(tiny["film"][0], tiny["shown"][0])
    np.testing.assert_array_equal(tiny["film"][-1], scale.shown(path(9, 9, 3, 1.0)(x))[0])
    np.testing.assert_allclose(tiny["film_neighbours"][2], neighbours(path(9, 9, 3, 0.5)(x)), rtol=1e-13)


def test_large_photographs_share_one_rotation_and_differ_between_seeds(tiny):
    clean = np.round(255 * photograph("rocket", 10)).astype(np.uint8)
    np.testing.assert_array_equal(tiny["large_clean"][NAMES.index("rocket")], clean)
    assert tiny["large_rotated"].shape == (2, len(NAMES), 10, 10, 3)
    assert (tiny["large_rotated"][0] != tiny["large_rotated"][1]).mean() > 0.9
    for name in ("large_norms", "full_norms", "large_between"):
        assert tiny[name].max() < 1e-13
    for name in ("large_fresh", "large_permuted"):
        assert tiny[name].min() > 0.1
    np.testing.assert_allclose(tiny["large_outlines"][1:3], tiny["large_outlines"][[0, 0]], atol=1e-12)


@pytest.mark.parametrize("group", GROUPS)
def test_drawn_elements_commute_with_the_constraints_and_others_do_not(group):
    g = transformation(group, 1, 3, 0).matrix()
    for C in constraints(group, 3):
        np.testing.assert_allclose(g @ C, C @ g, atol=1e-14)
    larger = GROUPS[GROUPS.index(group) + 1 :]
    for other in larger:
        h = transformation(other, 1, 3, 0).matrix()
        assert max(np.abs(h @ C - C @ h).max() for C in constraints(group, 3)) > 0.1


def test_dimensions_are_counted(tiny):
    for counted in tiny["dimensions"]:
        np.testing.assert_array_equal(counted, [[3, 3, 3], [3, 6, 15]])
    assert (tiny["one"] == 1).all()
    np.testing.assert_array_equal(tiny["joined"], [[3, 3], [6, 15]])
    np.testing.assert_array_equal(tiny["loose"], [3, 6])


def test_relative_is_relative_to_the_largest():
    assert relative(np.array([1.0, 4.5]), np.array([1.0, 5.0])) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"side": 1}, "side must be at least 2 pixels, got 1"),
        ({"side": 64}, r"9d\^2 numbers"),
        ({"large": 400}, "stay at these"),
        ({"draws": 1}, "draws must be at least 2"),
        ({"sites": (2, 1)}, "increasing numbers of pixels from 1"),
        ({"sites": (1, 7)}, "stay at d <= 6"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
