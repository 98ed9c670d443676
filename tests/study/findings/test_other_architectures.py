"""B-X4 judged on made results: everything holds, and each rule can fail."""

import numpy as np
import pytest

from widesym.study.experiments.other_architectures import (
    ABSORBED,
    LIMIT_HOLDS,
    MODELS,
    READOUTS,
    TRANSFORMATIONS,
    OtherArchitectures,
)
from widesym.study.findings.other_architectures import change, findings
from widesym.study.store import Stored

CONFIG = OtherArchitectures(steps=3)
ROUNDING, LARGE = 1e-15, 0.1


def made(**faults):
    """A sound result but for some cells, such as ``outputs={("mixer", "order"): 1e-3}``."""
    rng = np.random.default_rng(1)
    outputs, kernels = np.full((2, 6, 2, 4), LARGE), np.full((2, 6, 2, 2), LARGE)
    limit = np.full((2, 6, 2), LARGE)
    law = np.tile([1.0, 0.5, 0.5, 1.0, 0.5, 1.0], (2, 7, 800, 2, 1))
    for m, model in enumerate(MODELS):
        for t, kind in enumerate(TRANSFORMATIONS):
            if kind in ABSORBED[model]:
                outputs[m, t], kernels[m, t] = ROUNDING, ROUNDING
            else:
                law[m, 1 + t, ..., 1] += 0.05
            if kind in LIMIT_HOLDS[READOUTS[m]]:
                limit[m, t] = ROUNDING
    law += 0.02 * rng.normal(size=law.shape)
    for (model, kind), value in faults.get("outputs", {}).items():
        outputs[MODELS.index(model), TRANSFORMATIONS.index(kind)] = value
    for (model, kind), value in faults.get("kernels", {}).items():
        kernels[MODELS.index(model), TRANSFORMATIONS.index(kind)] = value
    for (readout, kind), value in faults.get("limit", {}).items():
        limit[READOUTS.index(readout), TRANSFORMATIONS.index(kind)] = value
    for (model, kind), value in faults.get("law", {}).items():
        law[MODELS.index(model), 1 + TRANSFORMATIONS.index(kind), ..., 1] += value
    levels = {"residual": (1, 0.5, 0.25, 0.125), "mixer_4": (0.8, 0.5, 0.4), "mixer_2": (0.2, 0.13, 0.1)}
    levels |= faults.get("levels", {})
    spreads = {
        f"spread_{name}": 1 + np.sqrt(level)[:, None, None] * rng.normal(size=(len(level), 300, 6))
        for name, level in levels.items()
    }
    losses = np.linspace(1, faults.get("last", 0.1), 4) * np.ones((2, 6, 2, 1))
    arrays = {"outputs": outputs, "kernels": kernels, "limit": limit, "losses": losses}
    arrays |= {f"law_{model}": law[m] for m, model in enumerate(MODELS)}
    return Stored(arrays | spreads | {"infinite": np.ones((2, 6))}, {}, CONFIG)


def verdicts(stored):
    return {check.statement: check.verdict for check in findings(stored)}


def test_all_hold_on_a_sound_result_but_what_is_not_done():
    found = verdicts(made())
    assert len(found) == 17
    assert found.pop("Attention, and accuracies of all three") == "not run at this scale"
    assert set(found.values()) == {"holds"}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"outputs": {("residual", "shift"): 1e-9}}, "Residual network: both runs agree"),
        ({"outputs": {("mixer", "order"): 1e-9}}, "Network of patches: both runs agree"),
        ({"outputs": {("residual", "order"): 1e-4}}, "Control: residual network"),
        ({"outputs": {("mixer", "shift"): 1e-4}}, "Control: network of patches"),
        ({"kernels": {("mixer", "patch"): 1e-11}}, r"Both: $\hat K"),
        ({"kernels": {("mixer", "patchwise"): 1e-4}}, "Control: both, the other groups"),
        ({"law": {("mixer", "patch"): 0.1}}, "In the mean over weights"),
        ({"law": {("residual", "patch"): -0.05}}, "Control: the tangent kernels of both"),
        ({"limit": {("GAP", "colour"): 1e-11}}, "Infinite residual network, GAP"),
        ({"limit": {("VEC", "pixelwise"): 1e-11}}, "Infinite residual network, VEC"),
        ({"limit": {("GAP", "pixelwise"): 1e-4}}, "Control: infinite residual network, GAP"),
        ({"limit": {("VEC", "order"): 1e-4}}, "Control: infinite residual network, VEC"),
        ({"levels": {"residual": (1, 0.7, 0.5, 0.35)}}, "Residual network: the squared error"),
        ({"levels": {"mixer_2": (0.2, 0.1, 0.02)}}, "Network of patches: the variance"),
        ({"levels": {"mixer_2": (0.9, 0.6, 0.5)}}, "The more patches"),
        ({"last": 0.9}, "These runs learn"),
    ],
)
def test_faults_are_found(fault, words):
    ((_, verdict),) = ((text, v) for text, v in verdicts(made(**fault)).items() if text.startswith(words))
    # a change that is gone leaves noise, which is on either side
    assert verdict in ("fails", "inconclusive") if "law" in fault else verdict == "fails"


def test_a_change_is_measured_by_draws_that_did_not_choose_its_direction():
    stored = made()
    value, (low, high) = change(stored, "residual", "patch", "ntk")
    assert low < 0.05 < high and high - low < 0.01 and value == pytest.approx(0.05, abs=0.005)
    # one half of the draws contradicts the other
    law = stored.arrays["law_residual"]
    law[1, :400, 1, 1] += 0.05
    law[1, 400:, 1, 1] -= 0.05
    assert change(stored, "residual", "colour", "ntk")[0] == pytest.approx(-0.05, abs=0.005)
    law[2] = law[0]
    assert change(stored, "residual", "shift", "nngp") == (0.0, (0.0, 0.0))


def test_few_draws_are_not_judged():
    stored = made()
    small = OtherArchitectures(steps=3, law_draws=(40, 40), widths=(8, 32), skip_widths=(8, 32))
    found = verdicts(Stored(stored.arrays, {}, small))
    assert (
        found["In the mean over weights, kernels of neither change under the same groups"]
        == "not run at this scale"
    )
    assert not any("more patches" in text or "falls as" in text for text in found)
