"""The synthetic family: exact invariance of its draws, the law of the draws, and controls that break it."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, ks_2samp, kstest

from widesym.data.colours import COLOURS, colour_samples, grey_turns
from widesym.data.synthetic import DISTRACTORS, Family, draw, draw_latents, render
from widesym.groups.images import transformation

ROUNDING = 1e-13  # sums of a few numbers of order one, in another order
ALPHA = 1e-4  # error rate of each statistical test; seeds are fixed
SMALL = Family(side=6, classes=3, motif=3, copies=2, clutter=1)


def element(colours, seed=11):
    return colour_samples(colours, np.random.default_rng(seed), 3)[-1]


@pytest.mark.parametrize("colours", COLOURS)
@given(shift=st.tuples(st.integers(-7, 7), st.integers(-7, 7)), seed=st.integers(0, 9))
@settings(max_examples=10)
def test_moving_the_draws_moves_the_images(colours, shift, seed):
    family = dataclasses.replace(SMALL, colours=colours, seed=seed)
    latents, g = draw_latents(family, 5, seed), element(colours, seed)
    expected = np.roll(render(family, latents), shift, (1, 2)) @ g.T
    assert np.abs(render(family, latents.moved(shift, g)) - expected).max() < ROUNDING
    assert np.array_equal(latents.moved(shift, g).labels, latents.labels)


def test_images_are_sums_of_motifs_distractors_and_noise():
    family = Family(side=5, classes=2, motif=2, copies=3, noise=0.25, clutter=2, colours="O(3)", seed=4)
    latents = draw_latents(family, 6, 1)
    motifs, distractors = family.motifs(), family.distractors()
    expected = np.zeros((6, 5, 5, 3))
    for n in range(6):
        patches = [(p, motifs[latents.labels[n]]) for p in latents.positions[n]]
        patches += [(q, distractors[z]) for q, z in zip(latents.clutter[n], latents.choices[n], strict=True)]
        for (row, column), patch in patches:
            for i in range(2):
                for j in range(2):
                    h = latents.rotations[n]
                    expected[n, (row + i) % 5, (column + j) % 5] += h @ patch[i, j]
    expected += 0.25 * latents.noise
    assert np.abs(render(family, latents) - expected).max() < ROUNDING
    assert np.array_equal(draw(family, 6, 1).images, render(family, latents).astype(np.float32))


def test_the_law_of_the_draws_is_that_which_is_stated():
    family = dataclasses.replace(SMALL, colours="SO(3)")
    latents = draw_latents(family, 3000, 5)
    for places in (latents.positions, latents.clutter):
        for c in range(places.shape[1]):
            cells = np.bincount(places[:, c, 0] * 6 + places[:, c, 1], minlength=36)
            assert chisquare(cells).pvalue > ALPHA
    assert chisquare(np.bincount(latents.choices[:, 0], minlength=DISTRACTORS)).pvalue > ALPHA
    assert kstest(latents.noise[:300].ravel(), "norm").pvalue > ALPHA
    assert np.abs(np.corrcoef(latents.noise[:, 0, :3].reshape(3000, -1).T) - np.eye(9)).max() < 0.09
    # independent of the label: the same law in each class
    for y in range(3):
        cells = np.bincount(latents.positions[latents.labels == y, 0, 0], minlength=6)
        assert chisquare(cells).pvalue > ALPHA


@pytest.mark.parametrize("colours", COLOURS)
def test_colour_rotations_have_the_haar_law_of_their_group(colours):
    h = colour_samples(colours, np.random.default_rng(0), 3000)
    grey = np.ones(3) / np.sqrt(3)
    assert np.abs(h @ h.transpose(0, 2, 1) - np.eye(3)).max() < ROUNDING
    signs = np.linalg.det(h)
    assert abs(signs.mean() - (0 if colours == "O(3)" else 1)) < 4 / np.sqrt(3000)
    if colours in ("SO(3)", "O(3)"):
        assert kstest(h[:, 0, 1], "uniform", args=(-1, 2)).pvalue > ALPHA
        angles = np.arccos(np.clip((signs * np.trace(h, axis1=1, axis2=2) - 1) / 2, -1, 1))
        assert kstest(angles, lambda t: (t - np.sin(t)) / np.pi).pvalue > ALPHA
        return
    assert np.abs(h @ grey - grey).max() < ROUNDING
    e, f = np.array([1, -1, 0]) / np.sqrt(2), np.array([1, 1, -2]) / np.sqrt(6)
    angles = np.arctan2(h @ e @ f, h @ e @ e) % (2 * np.pi)
    if colours == "SO(2)":
        assert kstest(angles, "uniform", args=(0, 2 * np.pi)).pvalue > ALPHA
        return
    order = {"none": 1, "C3": 3}[colours]
    turns = np.rint(angles / (2 * np.pi / order)).astype(int) % order
    assert np.abs(h - grey_turns(turns * 2 * np.pi / order)).max() < ROUNDING
    assert order == 1 or chisquare(np.bincount(turns, minlength=order)).pvalue > ALPHA


def test_thirds_permute_the_colours():
    found = {tuple(h @ [1, 2, 3]) for h in colour_samples("C3", np.random.default_rng(0), 50)}
    assert found == {(1, 2, 3), (3, 1, 2), (2, 3, 1)}


def p_value(a, b):
    return ks_2samp(a, b, method="asymp").pvalue


def two_sample(family, shift, colour, count=1500):
    """The smallest p-value, times their number, for equal laws of (x, y) and (T g x, y) in two samples.

    Of each class, Kolmogorov-Smirnov tests of 12 projections of the images and of 12 of their squares.
    """
    one, two = (render(family, draw_latents(family, count, seed)) for seed in (1, 2))
    labels = [draw_latents(family, count, seed).labels for seed in (1, 2)]
    two = np.roll(two, shift, (1, 2)) @ np.asarray(colour).T
    motifs = family.motifs()
    rng = np.random.default_rng(3)
    values = []
    for y in range(family.classes):
        a, b = one[labels[0] == y], two[labels[1] == y]
        corner = np.zeros((2, *a.shape[1:]))
        corner[:, : family.motif, : family.motif] = motifs[[y, (y + 1) % family.classes]]
        directions = np.concatenate([corner, rng.normal(size=(10, *a.shape[1:]))]).reshape(12, -1)
        for power in (1, 2):
            fa, fb = (x.reshape(len(x), -1) @ directions.T for x in (a**power, b**power))
            values += [p_value(fa[:, i], fb[:, i]) for i in range(12)]
    return min(values) * len(values)


@pytest.mark.parametrize("colours", COLOURS)
def test_transformed_images_have_the_same_law(colours):
    family = Family(side=5, classes=2, motif=3, copies=1, noise=0.4, clutter=1, colours=colours)
    assert two_sample(family, (2, 4), element(colours)) > ALPHA


@pytest.mark.parametrize(
    ("colours", "other"), [("none", "C3"), ("C3", "SO(2)"), ("SO(2)", "SO(3)"), ("SO(3)", "O(3)")]
)
def test_control_a_larger_group_of_colours_changes_the_law(colours, other):
    family = Family(side=3, classes=2, motif=3, copies=1, noise=0.2, colours=colours, translations=False)
    g = {
        "C3": np.roll(np.eye(3), 1, axis=0),
        "SO(2)": grey_turns(np.array([1.0]))[0],
        "SO(3)": np.diag([1.0, -1.0, -1.0]),
    }.get(other)
    if other == "O(3)":
        # an average over all rotations hides -1 from projections: the orientation of three pixels shows it
        assert max(p_value(v, -v) for v in volumes(family)) < ALPHA
        reflected = dataclasses.replace(family, colours="O(3)")
        assert min(p_value(v, -v) for v in volumes(reflected)) > ALPHA
    else:
        assert two_sample(family, (0, 0), g) < ALPHA


def volumes(family):
    """Determinants of the first three pixels, of each class."""
    latents = draw_latents(family, 1000, 0)
    images = render(family, latents).reshape(1000, 9, 3)
    return [np.linalg.det(images[latents.labels == y, :3]) for y in range(2)]


def test_control_without_translations_a_shift_changes_the_law():
    family = Family(side=5, classes=2, motif=3, copies=1, noise=0.4, translations=False)
    assert two_sample(family, (0, 0), np.eye(3)) > ALPHA
    assert two_sample(family, (2, 1), np.eye(3)) < ALPHA
    places = draw_latents(family, 4, 0).positions
    assert (places == places[0]).all()


def test_control_a_rotation_of_each_pixel_changes_the_law():
    family = Family(side=3, classes=2, motif=3, copies=1, noise=0.2, colours="SO(3)")
    latents = draw_latents(family, 1000, 0)
    images = render(family, latents)
    moved = transformation("pixelwise", 3, 3, 0)(images)
    # inner products of neighbours: invariant under one rotation for all pixels, not under one for each
    for x, same in ((transformation("colour", 3, 3, 0)(images), True), (moved, False)):
        products = [np.einsum("nhwc,nhwc->n", z, np.roll(z, 1, axis=2)) for z in (images, x)]
        assert (p_value(*products) > ALPHA) == same


@given(st.integers(1, 20), st.integers(1, 20))
@settings(max_examples=15)
def test_fewer_images_begin_more_and_labels_are_balanced(few, many):
    family = dataclasses.replace(SMALL, colours="O(3)", clutter=2)
    few, many = sorted((few, many))
    one, two = draw(family, few, 3), draw(family, many, 3)
    assert np.array_equal(one.images, two.images[:few])
    assert np.array_equal(one.labels, two.labels[:few])
    assert np.ptp(np.bincount(two.labels, minlength=3)) <= 1


def test_seeds_of_family_and_draw_do_what_they_say():
    family = SMALL
    other = dataclasses.replace(family, seed=1)
    assert not np.array_equal(family.motifs(), other.motifs())
    assert not np.array_equal(family.motifs(), family.distractors()[:3])
    assert np.abs((family.motifs() ** 2).mean(axis=(1, 2, 3)) - 1).max() < ROUNDING
    assert draw(family, 5, 0).checksum == draw(family, 5, 0).checksum
    sums = [draw(family, 5, 0), draw(family, 5, 1), draw(family, 6, 0), draw(other, 5, 0)]
    assert len({one.checksum for one in sums}) == 4
    assert np.abs(np.corrcoef(sums[0].images.ravel(), sums[1].images.ravel())[0, 1]) < 0.2
    # coupled: the same draws under another noise level or another group
    quiet = draw_latents(dataclasses.replace(family, noise=0.1, colours="O(3)"), 5, 0)
    assert np.array_equal(quiet.noise, draw_latents(family, 5, 0).noise)
    assert np.array_equal(quiet.positions, draw_latents(family, 5, 0).positions)


def matched(family, count=300):
    """Accuracy of the best fit of one motif at one place."""
    data, motifs = draw(family, count, 2), family.motifs()
    patches = np.stack(
        [np.roll(motifs_at(motifs, family.side), s, (1, 2)) for s in np.ndindex(2 * (family.side,))]
    )
    scores = np.einsum("nhwc,pkhwc->nkp", data.images, patches).max(axis=2)
    return (scores.argmax(axis=1) == data.labels).mean()


def motifs_at(motifs, side):
    placed = np.zeros((len(motifs), side, side, 3))
    placed[:, : motifs.shape[1], : motifs.shape[1]] = motifs
    return placed


def test_noise_and_clutter_make_it_harder():
    easy = matched(Family(side=8))
    noisy, cluttered = matched(Family(side=8, noise=3.0)), matched(Family(side=8, clutter=30))
    assert easy > 0.95
    assert easy - noisy > 0.1 and noisy > 0.2
    assert easy - cluttered > 0.1 and cluttered > 0.2


@pytest.mark.parametrize(
    "changed",
    [
        {"side": 0}, {"side": 3}, {"classes": 1}, {"motif": 0}, {"motif": 17}, {"copies": 0}, {"clutter": -1},
        {"noise": -0.1}, {"noise": np.nan}, {"noise": np.inf}, {"noise": "loud"}, {"colours": "SO(4)"},
        {"translations": 1}, {"seed": -1}, {"side": 8.0}, {"copies": True},
    ],
)  # fmt: skip
def test_impossible_families_are_refused(changed):
    name = next(iter(changed)) if changed != {"side": 3} else "motif"
    with pytest.raises(ValueError, match=f"{name}=.*must be.*remedy"):
        Family(**changed)


@pytest.mark.parametrize(
    ("count", "seed", "named"), [(0, 0, "count=0"), (2.0, 0, "count"), (2, -1, "seed=-1")]
)
def test_impossible_draws_are_refused(count, seed, named):
    with pytest.raises(ValueError, match=named):
        draw(SMALL, count, seed)
    with pytest.raises(ValueError, match="colours='U"):
        colour_samples("U(1)", np.random.default_rng(0), 1)
