"""A-F2's and A-F5's verdicts on made results: each rule holds, fails and is not run where it should."""

import numpy as np
import pytest
from scipy.stats import beta

from widesym.meanfield.discovery import ENDS
from widesym.study.experiments.discovery import CASES, DiscoveryStudy, runs
from widesym.study.findings.discovery import (
    counted,
    findings,
    found_projectors,
    place,
    share_with_interval,
    succeeded,
    true_projector,
)
from widesym.study.store import Stored

BASIS = np.array([[1, 0, 0, 1], [0, 1, 1, 0], [1, 0, 0, -1], [0, 1, -1, 0]]) / np.sqrt(2)


def made(*, seeds=20, cases=("C2", "S3")):
    """A result in which everything holds: misses are the mean rule's, the arbitrary and far teachers'."""
    config = DiscoveryStudy(cases=cases, seeds=seeds)
    R, J, widest = len(runs(config)), 5, 9
    arrays = {name: np.full((R, seeds, J), np.nan) for name in ("rmd", "symmetrised", "angle")}
    arrays |= {name: np.full((R, seeds, J, widest), np.nan) for name in ("singular_values", "directions")}
    arrays |= {name: np.full((R, seeds), np.nan) for name in ("dim", "true_dim", "sine", "ended", "floor")}
    jitter = np.linspace(0.9, 1.1, seeds)
    for i, (case, name, rule) in enumerate(runs(config)):
        D, good = CASES[case]().D, rule == "singular" and name in ("WI", "near")
        arrays["true_dim"][i], arrays["dim"][i] = 2, 2 if good else 4
        arrays["ended"][i] = ENDS.index("stays" if good else "whole" if case == "C2" else "largest")
        arrays["sine"][i] = 0.01 * jitter if good else 0.0
        arrays["rmd"][i, :, 0], arrays["rmd"][i, :, 1] = 0.5, 0.1 * jitter
        arrays["rmd"][i, :, 2] = (1e-5 if good else 1e-2) * jitter
        arrays["singular_values"][i, :, :3, :D] = np.sqrt([0.2, 0.2, 2e-5])[:, None]
        arrays["angle"][i, :, :2], arrays["angle"][i, :, 2] = 0.001, (0.01 if good else 0.1) * jitter
        if rule == "singular":
            arrays["floor"][i] = (1e-6 if good else 1e-2) * jitter
        arrays["directions"][i, :, : 2 if good else 4, :D] = 0
        arrays["directions"][i, :, : 2 if good else 4, :4] = BASIS[: 2 if good else 4]
    return Stored(arrays, {}, config)


def verdicts(stored):
    return [check.verdict for check in findings(stored)]


def test_all_hold_on_a_result_that_follows_the_claims():
    assert verdicts(made()) == ["holds"] * 12
    assert [check.id for check in findings(made())] == ["A-F2"] * 9 + ["A-F5"] * 3


def spoil(name, run, value, step=...):
    def change(a):
        a[name][(run, slice(None), step) if step is not ... else run] = value

    return change


def spoil_seeds(name, run, count, value):
    def change(a):
        a[name][run, :count] = value

    return change


def succeed(run, count):
    """Let that many searches of a run succeed."""

    def change(a):
        a["dim"][run, :count], a["sine"][run, :count] = 2, 0.01
        a["ended"][run, :count] = ENDS.index("stays")

    return change


# runs of ("C2", "S3"): 0 WI singular, 1 WI mean, 2 arbitrary, 3 near singular, 4 near mean, 5 far singular
@pytest.mark.parametrize(
    ("change", "position", "verdict"),
    [
        (spoil_seeds("ended", 0, 2, ENDS.index("whole")), 0, "fails"),
        (spoil_seeds("dim", 0, 2, 1), 0, "fails"),
        (spoil_seeds("sine", 0, 2, 0.06), 1, "fails"),
        (spoil_seeds("sine", 0, 1, 0.06), 1, "holds"),
        (spoil("rmd", 0, 5e-3, 1), 2, "fails"),
        (spoil("rmd", 0, 5e-4, 2), 3, "fails"),
        (succeed(1, 20), 4, "fails"),
        (succeed(1, 14), 4, "inconclusive"),
        (succeed(2, 2), 5, "fails"),
        (spoil_seeds("sine", 3, 20, 0.3), 6, "fails"),
        (spoil_seeds("sine", 3, 8, 0.3), 6, "inconclusive"),
        (spoil_seeds("sine", 3, 18, 0.3), 7, "fails"),
        (succeed(5, 12), 8, "inconclusive"),
        (succeed(5, 18), 8, "fails"),
        (spoil("singular_values", 0, 0.4, 2), 9, "fails"),
        (spoil("directions", 0, np.eye(9)[0], 0), 10, "fails"),
        (spoil("angle", 1, 0.011, 2), 11, "fails"),
    ],
)
def test_each_rule_can_fail(change, position, verdict):
    stored = made()
    change(stored.arrays)
    assert verdicts(stored)[position] == verdict


def test_success_needs_to_stay_in_the_right_dimension_at_a_small_angle():
    stored = made()
    assert succeeded(stored).sum(axis=1).tolist() == [20, 0, 0, 20, 0, 0]
    stored.arrays["dim"][0, 0] = 3
    stored.arrays["sine"][0, 1] = 0.05
    stored.arrays["ended"][0, 2] = ENDS.index("largest")
    assert succeeded(stored)[0].sum() == 17


def test_a_run_that_is_too_small_says_so():
    assert set(verdicts(made(seeds=4))) == {"not run at this scale"}
    assert verdicts(made(cases=("C2",)))[6:9] == ["not run at this scale"] * 3


def test_the_interval_is_clopper_and_pearsons():
    share, (low, high) = share_with_interval(np.arange(20) < 19)
    assert share == 0.95
    assert low == pytest.approx(beta.ppf(0.025, 19, 2)) and high == pytest.approx(beta.ppf(0.975, 20, 1))
    assert counted(np.ones(20, bool)) == "20 of 20 (0.83 to 1.00)"


def test_projectors_are_made_of_the_directions_that_were_kept():
    stored = made()
    run = place(stored, "C2", "WI", "singular")
    expected = [[0.5, 0, 0, 0.5], [0, 0.5, 0.5, 0], [0, 0.5, 0.5, 0], [0.5, 0, 0, 0.5]]
    np.testing.assert_allclose(true_projector(), expected, atol=1e-12)
    np.testing.assert_allclose(found_projectors(stored, run)[0], expected, atol=1e-12)
    # a search that gave up has one direction more than its subspace
    stored.arrays["directions"][run, 0, 2, :4] = BASIS[2]
    np.testing.assert_allclose(found_projectors(stored, run)[0], expected, atol=1e-12)
    np.testing.assert_allclose(
        found_projectors(stored, place(stored, "C2", "WI", "mean"))[0], np.eye(4), atol=1e-12
    )
