"""A-S2 and A-S3's experiment: shapes, two risks computed again slowly, refusals."""

import numpy as np
import pytest

from widesym.meanfield.laws import symmetrise
from widesym.oracles import particles
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments._cases import case, case_rng, random_laws, random_sample
from widesym.study.experiments.risks import CONVEX, FAMILIES, LOSSES_TRIED, TIMES, Risks, run_shard

EXPERIMENT = get("meanfield.risks")
TINY = Risks(cases=("C2 swap",), laws=4, sizes=(3,), pairs=2, particles=3)


@pytest.fixture(scope="module")
def tiny():
    return EXPERIMENT.gather(TINY, {"C2 swap": run_shard(TINY, "C2 swap")})


def test_shapes(tiny):
    assert tiny["risks"].shape == (1, len(FAMILIES), len(LOSSES_TRIED), 4, 4)
    assert tiny["path"].shape == (1, len(CONVEX), 4, len(TIMES))
    assert tiny["best_weak"].shape == (1, 2, len(CONVEX))
    assert all(np.isfinite(values).all() for values in tiny.values())


def test_risks_are_those_of_slow_sums(tiny):
    """From the oracle's single unit, weighted; the draws in the order in which the experiment makes them."""
    unit, rng = case("C2 swap"), case_rng(TINY.seed, "C2 swap")
    theta, weights = random_laws(rng, unit, 4, (3,), TINY.spread)
    base = random_sample(rng, unit, 2)
    swap = unit.rho_in.matrices[1]
    x, y = np.vstack([base.x, base.x @ swap]), TINY.targets * np.vstack([base.y, base.y @ swap])

    def plain(theta, weights):
        outputs = np.array([[particles.unit_value("sigmoid-matrix", p, z, 2) for z in theta] for p in x])
        return ((np.einsum("bnc,n->bc", outputs, weights) - y) ** 2).sum(axis=1).mean()

    risks = tiny["risks"][0, :, LOSSES_TRIED.index("quadratic")]
    for law in range(4):
        np.testing.assert_allclose(
            risks[FAMILIES.index(("plain", "equivariant")), law, 0],
            plain(theta[law], weights[law]),
            rtol=1e-12,
        )
        symmetric = plain(symmetrise(theta[law], unit.action), np.tile(weights[law], 2) / 2)
        found = risks[FAMILIES.index(("symmetrised", "equivariant")), law, 0]
        np.testing.assert_allclose(found, symmetric, rtol=1e-12)
        np.testing.assert_allclose(tiny["path"][0, 0, law, [0, -1]], [
            plain(theta[law], weights[law]), symmetric], rtol=1e-12)  # fmt: skip


def test_optima_are_ordered(tiny):
    best_all, best_weak, bound = (tiny[name][0] for name in ("best_all", "best_weak", "bound"))
    assert (best_all <= best_weak * (1 + 1e-12)).all() and (bound <= best_all * (1 + 1e-9)).all()
    np.testing.assert_allclose(best_weak[0], bound[0], rtol=1e-9)  # equivariant data
    assert (best_weak[1] - best_all[1] > 1e-3 * best_weak[1]).any()  # arbitrary data


def test_paths_of_the_controls_rise(tiny):
    own = tiny["path_own"][0]
    np.testing.assert_allclose(own, own[:, -1:] * TIMES**2, atol=1e-14)  # a straight line of models
    assert np.median(tiny["path_capped"][0, :, -1] / tiny["path_capped"][0, :, 0]) > 1.001


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pairs": 0}, "pairs must be at least 1"),
        ({"targets": 0.0}, "spread and targets must be positive"),
        ({"cases": ()}, "distinct names"),
        ({"particles": 0}, "particles must be at least 1"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "quick", **change)
