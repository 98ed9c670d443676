"""A-X2's verdicts on made results: each rule holds, fails and is not run where it should."""

import numpy as np
import pytest

from widesym.study import statistics
from widesym.study.deep_statements import AVERAGING_DEPTHS, LIMIT_DEPTHS
from widesym.study.experiments.deep import SNAPSHOTS, TENTHS, UNITS, Deep
from widesym.study.findings.deep import findings, profile_ratio
from widesym.study.store import Stored
from widesym.study.sweeps import SCHEMES

SPREAD = np.array([0.97, 0.99, 1.01, 1.03])


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    """Intervals are what is tested elsewhere; fewer resamples keep these verdicts."""
    monkeypatch.setattr(statistics, "RESAMPLES", 100)


def made(depths=(10, 50, 100), repetitions=4, teachers=("arbitrary", "WI", "SI"), precision="float64"):
    """A result in which everything holds; tests spoil its arrays."""
    config = Deep(
        depths=depths, neuron_depths=depths, repetitions=repetitions, teachers=teachers, precision=precision
    )
    L = np.array(depths, float)
    lead = (len(teachers), len(depths), repetitions, len(SCHEMES))
    spread = SPREAD[:repetitions]
    rng = np.random.default_rng(0)
    limits = np.array(LIMIT_DEPTHS, float)
    arrays = {
        "equivariance": np.tile([1e-15, 1e-15, 0.3], (3, 1)),
        "broken_equivariance": np.array(2.0),
        "averaging_gap": np.tile([1e-15, *[0.02] * (len(AVERAGING_DEPTHS) - 1)], (2, 1)),
        "broken_gap": np.full(4, 3.0),
        "noise_rmd": np.stack([np.full((2, 4), 1e-31), np.full((2, 4), 0.05)]),
        "limit_error": (limits**-0.5)[:, None] * np.tile(SPREAD, 3),
        "wrong_limit_error": np.full((len(limits), 12), 2.0),
        "euler_error": 0.2 / limits,
    }
    for unit in UNITS:
        level = np.stack([np.full(len(L), 0.1) if t == "arbitrary" else 1e-3 / L for t in teachers])
        escape = np.broadcast_to((level[..., None] * spread)[..., None, None], (*lead, SNAPSHOTS))
        arrays[f"{unit}_to_projection"] = escape.copy()
        arrays[f"{unit}_by_depth"] = np.broadcast_to(escape[..., :1], (*lead, TENTHS)).copy()
        arrays[f"{unit}_path_gap"] = np.full(lead, 1e-12)
        noise = rng.normal(size=(1, 1, repetitions, 1, 32, 2)) * (L**-0.5)[None, :, None, None, None, None]
        outputs = np.arange(len(teachers))[:, None, None, None, None, None] + 0.01 * noise
        arrays[f"{unit}_outputs"] = np.broadcast_to(outputs, (*lead, 32, 2)).copy()
    return Stored(arrays, {}, config)


def verdicts(stored):
    return {check.statement: check.verdict for check in findings(stored)}


def the(stored, *words):
    """Return the verdict of the one check whose statement has all the words."""
    (found,) = [v for s, v in verdicts(stored).items() if all(word in s for word in words)]
    return found


def test_all_hold_on_a_result_that_follows_the_claims():
    assert set(verdicts(made()).values()) == {"holds"}
    assert len(verdicts(made())) == 30


def spoil(name, place, value):
    stored = made()
    stored.arrays[name][place] = value
    return stored


@pytest.mark.parametrize(
    ("name", "place", "value", "words"),
    [
        ("equivariance", (1, 0), 1e-6, ("SI layers: every",)),
        ("equivariance", (2, 1), 1e-6, ("WI layers: every",)),
        ("equivariance", (0, 2), 1e-6, ("Control: arbitrary layers",)),
        ("broken_equivariance", (), 1e-9, ("Control: SI layers of a unit",)),
        ("averaging_gap", (1, 0), 1e-3, ("One layer",)),
        ("averaging_gap", (0, 2), 1e-9, ("symmetrised one by one",)),
        ("matrix_to_projection", (1, 2), 1e-3, ("Vanilla training, matrix", "WI", "falls")),
        ("neuron_to_projection", (2, 2), 1.0, ("Vanilla training, neuron", "SI", "falls")),
        ("matrix_to_projection", (0, 2), 1e-3, ("Vanilla training, matrix", "arbitrary", "does not fall")),
        ("neuron_to_projection", (0, 1), 1e-3, ("stays away", "neuron")),
        ("neuron_by_depth", (1, -1, slice(None), 0, 3), 1.0, ("neuron", "WI", "escapes alone")),
        ("matrix_path_gap", (0, 0, 0, SCHEMES.index("da-orbit")), 1e-6, ("Whole-orbit DA follows",)),
        ("neuron_path_gap", (0, 0, 0, SCHEMES.index("fa")), 1e-6, ("FA follows",)),
        ("broken_gap", (1,), 1e-6, ("leaves the path",)),
        ("noise_rmd", (0, 1, 1), 1e-6, ("projected noise",)),
        ("noise_rmd", (1, 1, 1), 1e-6, ("full noise",)),
        ("limit_error", (-1,), 1.0, ("drawn from one law",)),
        ("euler_error", (-1,), 1.0, ("carry the law itself",)),
        ("wrong_limit_error", (-1,), 0.01, ("another law",)),
        ("matrix_outputs", (1, 0), 1.0, ("outputs agree", "WI")),
        ("matrix_outputs", (0,), 1.0, ("different teachers",)),
    ],
)
def test_each_rule_can_fail(name, place, value, words):
    if words[0] == "outputs agree":  # as spread at the greatest depth as at the least
        stored = made()
        centre = stored.arrays[name].mean(axis=2, keepdims=True)
        stored.arrays[name] = centre + np.array([-1, 1, -1, 1])[None, None, :, None, None, None]
        assert the(stored, *words) == "fails"
        return
    assert the(spoil(name, place, value), *words) == "fails"


def test_a_slope_across_its_bound_is_inconclusive():
    stored = made()
    stored.arrays["matrix_to_projection"][1, 2, 2:] *= 10
    assert the(stored, "Vanilla training, matrix", "WI", "falls") == "inconclusive"


def test_what_a_run_is_too_small_for_is_said():
    small = verdicts(made(depths=(10, 20)))
    assert {v for s, v in small.items() if "escapes alone" in s or "falls with" in s} == {
        "not run at this scale"
    }
    assert the(made(teachers=("SI",)), "matrix", "WI", "falls") == "not run at this scale"
    assert the(made(repetitions=1), "different teachers") == "not run at this scale"


def test_single_precision_does_not_claim_exact_paths():
    assert len(findings(made(precision="float32"))) == len(findings(made())) - 2


def test_the_profile_is_averaged_over_repetitions_first():
    repetitions = np.array([[1.0, 1.0, 9.0], [1.0, 1.0, 1.0]])
    assert profile_ratio(*repetitions.T) == 5.0
