"""A-F4's experiment: coordinates in and across the subspace, the runs of A-F1, times, what it refuses."""

import numpy as np
import pytest

from widesym.groups import invariant_subspace
from widesym.meanfield.teachers import TEACHERS, paper_teacher
from widesym.study import configure
from widesym.study.experiments import strong_start
from widesym.study.experiments.particle_views import (
    EXPERIMENT,
    FLOWING,
    STARTS,
    ParticleViews,
    coordinates,
    gather,
    run_shard,
    shards,
)
from widesym.study.sweeps import SCHEMES

TINY = ParticleViews(particles=12, repetitions=2, frames=4, horizon=2.0)


@pytest.fixture(scope="module")
def tiny():
    return gather(TINY, {shard: run_shard(TINY, shard) for shard in shards(TINY)})


def test_coordinates_are_orthonormal_two_in_the_subspace_and_two_across():
    axes = coordinates()
    np.testing.assert_allclose(axes.T @ axes, np.eye(4), atol=1e-15)
    projector = invariant_subspace(paper_teacher("WI").unit.action).projector
    np.testing.assert_allclose(projector @ axes, axes * [1, 1, 0, 0], atol=1e-15)
    # [[p, q], [r, s]]: the swap exchanges p with s and q with r, which changes the signs of the last two
    moved = axes[[3, 2, 1, 0]]
    np.testing.assert_allclose(moved, axes * [1, 1, -1, -1], atol=1e-15)


def test_results_are_complete_and_agree_with_each_other(tiny):
    assert tiny["particles"].shape == (2, 3, len(SCHEMES), 12, 4)
    assert tiny["flow"].shape == (3, len(FLOWING), 5, 12, 4)
    assert tiny["flow_distance"].shape == (3, 2, len(SCHEMES), 5)
    for f, scheme in enumerate(FLOWING):  # the end of the path is the particles
        s = SCHEMES.index(scheme)
        np.testing.assert_array_equal(tiny["flow"][:, f, -1], tiny["particles"][STARTS.index("SI"), :, s])
    np.testing.assert_array_equal(tiny["flow_distance"][..., -1], tiny["distance"][STARTS.index("SI")])
    # the distance from coordinates: what is across, over both clouds' moments
    across = (tiny["particles"][..., 2:] ** 2).sum(axis=(-1, -2))
    along = (tiny["particles"][..., :2] ** 2).sum(axis=(-1, -2))
    np.testing.assert_allclose(
        tiny["distance"][:, :, 0], across / (2 * (2 * along + across)), rtol=1e-9, atol=1e-25
    )


def test_all_schemes_start_from_the_same_particles_in_the_subspace(tiny):
    np.testing.assert_allclose(tiny["flow"][:, 0, 0], tiny["flow"][:, 1, 0], atol=1e-15)
    assert np.abs(tiny["flow"][:, :, 0, :, 2:]).max() < 1e-15
    for teacher in TEACHERS:
        np.testing.assert_allclose(
            np.linalg.norm(tiny[f"teacher_{teacher}"], axis=1),
            np.linalg.norm(paper_teacher(teacher).theta, axis=1),
        )


def test_the_first_repetitions_are_those_of_the_main_figure(tiny):
    same = strong_start.StrongStart(sizes=(12,), repetitions=2, horizon=2.0, precision="float64")
    known = strong_start.run_shard(same, "arbitrary:12:0-1")["to_projection"]
    np.testing.assert_array_equal(tiny["distance"][STARTS.index("SI"), 0], known)


def test_frames_are_dense_at_first_and_no_step_is_seen_twice():
    for config in (*EXPERIMENT.profiles.values(), TINY):
        steps = [int(time * config.horizon * config.particles) for time in config.times()]
        assert steps[0] == 0 and steps[-1] == config.horizon * config.particles
        assert (np.diff(steps) > 0).all() and steps[1] - steps[0] < steps[-1] - steps[-2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frames": 0}, "frames must be from 1"),
        ({"frames": 50}, "square root of N T = 2000"),
        ({"repetitions": 0}, "at least 1"),
        ({"precision": "half"}, "float32, float64"),
        ({"particles": 0}, "frames must be"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "default", **change)
