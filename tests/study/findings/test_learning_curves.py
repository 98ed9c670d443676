"""B-F10's findings on made-up curves: exponents, straightness, shares of variance, the reference."""

import numpy as np
import pytest

from widesym.study.claims import ClaimTable
from widesym.study.experiments.learning_curves import LearningCurves, curves
from widesym.study.findings import learning_curves as found_in
from widesym.study.store import Stored

CONFIG = LearningCurves(models=("FCN", "VEC", "GAP"), largest=(1600, 1600, 800), draws=(3, 3, 2))
EXPONENTS = {"colour": 0.4, "pixelwise": 0.2, "rotation": 0.1}


def result(exponents=None, config=CONFIG, bend=0.0, **arrays):
    """Exact power laws with a little scatter between draws, of exponents by curve or by symmetry."""
    rng = np.random.default_rng(1)
    for curve in curves(config):
        alpha = (exponents or {}).get(curve, EXPONENTS[found_in.symmetry(curve)])
        sizes = np.array(config.sizes(curve[0]), float)
        draws = config.draws[config.models.index(curve[0])]
        scatter = 1 + 0.01 * rng.normal(size=(draws, 1, 1))
        errors = 0.09 * sizes**-alpha * np.exp(bend * np.log(sizes / sizes[0]) ** 3) * scatter
        arrays["_".join((*curve, "mse"))] = np.broadcast_to(errors, (draws, 2, len(sizes)))
        arrays["_".join((*curve, "accuracy"))] = np.full((draws, 2, len(sizes)), 0.5)
    return Stored(arrays, {}, config)


def verdicts(stored, **options):
    checks = found_in.findings(stored, **options)
    ClaimTable(checks).html()
    return {check.statement.rsplit(" (", 1)[0]: check.verdict for check in checks}


def test_symmetries():
    pairs = {
        ("FCN", "identity"): "rotation", ("VEC", "identity"): "pixelwise", ("VEC", "rotation"): "rotation",
        ("GAP", "identity"): "colour", ("GAP", "pixelwise"): "pixelwise", ("LAP4", "rotation"): "rotation",
    }  # fmt: skip
    assert {curve: found_in.symmetry(curve) for curve in pairs} == pairs


def test_power_laws_set_by_the_symmetry_hold():
    stored = result()
    for curve in curves(CONFIG):
        value, (low, high) = found_in.exponent(stored, curve)
        assert (
            value == pytest.approx(EXPONENTS[found_in.symmetry(curve)]) and low <= value + 1e-9 <= high + 2e-9
        )
        assert found_in.straightness(stored, curve) == pytest.approx(1)
    found = verdicts(stored)
    assert len(found) == 5 and set(found.values()) == {"holds"}, found


def test_exponents_of_the_architecture_fail():
    by_model = {"FCN": 0.1, "VEC": 0.25, "GAP": 0.4}
    found = verdicts(result({curve: by_model[curve[0]] for curve in curves(CONFIG)}))
    assert found["The spurious symmetry sets the exponents largely"] == "fails"
    assert found["It explains more than the architecture does"] == "fails"


def test_a_reversed_order_fails():
    reverse = dict(zip(("colour", "pixelwise", "rotation"), (0.1, 0.2, 0.4), strict=True))
    found = verdicts(result({curve: reverse[found_in.symmetry(curve)] for curve in curves(CONFIG)}))
    assert found["Mean exponent with $O(3)^d$ above that with $O(3d)$"] == "fails"


def test_bent_curves_are_no_power_laws():
    assert verdicts(result(bend=0.02))["MSE against $m$: most curves are power laws"] == "fails"


def test_shares_of_variance():
    groups = ["a", "a", "b", "b"]
    assert found_in.explained(np.array([1.0, 1.0, 3.0, 3.0]), groups) == 1
    assert found_in.explained(np.array([1.0, 3.0, 1.0, 3.0]), groups) == 0
    np.testing.assert_allclose(found_in.explained(np.array([[0.0, 2.0, 2.0, 4.0]]), groups), [0.5])


def photographs(right):
    config = LearningCurves(
        source="cifar10-jpeg", side=32, models=("VEC",), largest=(800,), draws=(2,),
        reference_sizes=(120, 480), reference_draws=(3, 3),
    )  # fmt: skip
    places = {
        f"reference_{size}": np.tile(np.arange(4000) % 1000 < 10 * level, (3, 1))
        for size, level in zip((120, 480), right, strict=True)
    }
    return result(config=config, **places)


def test_the_reference_is_held_against_published_numbers():
    stored = photographs((29.0, 37.5))
    assert found_in.reference(stored)[640][0] == pytest.approx(37.5)
    assert set(found_in.reference(stored)) == {160, 640}
    name = "VEC with 14 layers, NNGP: consistent with the published curve"
    assert verdicts(stored, scale="record")[name] == "holds"
    assert verdicts(photographs((29.0, 45.0)))[name] == "fails"
    assert name not in verdicts(result())


def test_small_runs_are_not_judged():
    config = LearningCurves(models=("VEC",), largest=(200,), draws=(2,))
    assert set(verdicts(result(config=config)).values()) == {"not run at this scale"}
