"""A-X3's verdicts on made results: each rule holds, fails and is not run where it should."""

import numpy as np
import pytest

from widesym.study.experiments.rates import SCHEMES, Rates
from widesym.study.findings.rates import error_ratio, findings, particles_needed, scheme_row
from widesym.study.store import Stored

SPREAD = np.array([0.8, 0.9, 1.0, 1.1, 1.2, 1.0])
FA = SCHEMES.index("fa")


def made(*, power=None, factor=None, grid=1e-8, order=2.0, large=1.0, earlier=0.0, sizes=(16, 64, 256)):
    """A result in which everything holds, but for what the arguments spoil."""
    config = Rates(
        line_sizes=sizes, line_repetitions=6, plane_sizes=(50, 100, 200)[: len(sizes)], plane_repetitions=6
    )
    arrays = {}
    for setting, own, times in (("line", sizes, 4), ("plane", config.plane_sizes, len(config.plane_times))):
        N = np.array(own, float)[:, None, None, None]
        parts = {}
        for measure, level in (("symmetric", 1.0), ("asymmetry", 2.0), ("transport", 50.0)):
            falls = N ** (power or {}).get((setting, measure), -1.0)
            values = level * falls * SPREAD[:, None, None] * np.ones((len(SCHEMES), times))
            if measure == "asymmetry":
                values[:, :, FA] *= 30.0
            for (where, what, scheme), by in (factor or {}).items():
                if (where, what) == (setting, measure):
                    values[:, :, SCHEMES.index(scheme)] *= by
            parts[measure] = values
        parts["total"] = parts["symmetric"] + parts["asymmetry"]
        if setting == "plane":
            del parts["transport"]
        arrays |= {f"{setting}_{name}": values for name, values in parts.items()}
    arrays["large_total"] = large * 3.0 / config.large_size * np.ones((12, 4))
    N = np.array(sizes, float)[:, None, None, None]
    arrays["line_earlier"] = N**earlier * SPREAD[:, None, None] * np.ones((len(SCHEMES), 3))
    arrays["grid_transport"] = grid * 4.0 ** (order * np.arange(2, -1, -1))[:, None] * np.ones(4)
    return Stored(arrays, {}, config)


def verdicts(stored):
    return [check.verdict for check in findings(stored)]


def test_all_hold_on_a_result_that_follows_the_theory():
    assert verdicts(made()) == ["holds"] * 17


@pytest.mark.parametrize(
    ("spoiled", "place", "verdict"),
    [
        ({"grid": 1e-5}, 0, "fails"),
        ({"order": 1.0}, 1, "fails"),
        ({"large": 4.0}, 2, "fails"),
        ({"earlier": -1.0}, 3, "fails"),
        ({"power": {("line", "asymmetry"): -0.1, ("line", "symmetric"): -0.1}}, 4, "fails"),
        ({"power": {("line", "symmetric"): -0.3}}, 5, "fails"),
        ({"power": {("line", "transport"): -0.4}}, 6, "fails"),
        ({"power": {("plane", "asymmetry"): 0.0, ("plane", "symmetric"): 0.0}}, 7, "fails"),
        ({"power": {("plane", "symmetric"): -2.0}}, 8, "fails"),
        ({"factor": {("line", "asymmetry", "da-sampled"): 2.0}}, 9, "fails"),
        ({"factor": {("line", "asymmetry", "da-orbit"): 2.0}}, 10, "fails"),
        ({"factor": {("line", "symmetric", "fa"): 2.0}}, 11, "fails"),
        ({"factor": {("line", "asymmetry", "fa"): 0.03}}, 12, "fails"),
        ({"factor": {("plane", "asymmetry", "da-sampled"): 0.3}}, 13, "fails"),
        ({"factor": {("plane", "asymmetry", "da-orbit"): 2.0}}, 14, "fails"),
        ({"factor": {("plane", "symmetric", "fa"): 0.5}}, 15, "fails"),
        ({"factor": {("plane", "asymmetry", "fa"): 0.03}}, 16, "fails"),
    ],
)
def test_each_rule_can_fail(spoiled, place, verdict):
    assert verdicts(made(**spoiled))[place] == verdict


def test_a_ratio_of_errors_is_also_a_ratio_of_particles():
    stored = made(factor={("line", "symmetric", "fa"): 3.0})
    assert error_ratio(stored, "line", "symmetric", "fa")[0] == pytest.approx(3.0)
    assert particles_needed(stored, "line", "symmetric", "fa")[0] == pytest.approx(3.0)
    stored = made(power={("line", "symmetric"): -0.5}, factor={("line", "symmetric", "fa"): 3.0})
    assert particles_needed(stored, "line", "symmetric", "fa")[0] == pytest.approx(9.0)


def test_rows_are_schemes_by_name():
    row = scheme_row(made(), "plane", "asymmetry", "fa", 0)
    assert list(row) == [50, 100, 200]
    np.testing.assert_allclose(row[100], 60.0 / 100 * SPREAD)


def test_a_run_that_is_too_small_says_so():
    found = verdicts(made(sizes=(16, 64)))
    assert found[4:9] == ["not run at this scale"] * 5
