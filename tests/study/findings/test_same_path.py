"""B-S2 and B-S6 judged on made results: everything holds, each rule can fail."""

import numpy as np
import pytest

from widesym.networks.actions import FAMILIES
from widesym.study.experiments.same_path import ELEMENTS, HELD, MODELS, OTHERS, SamePath
from widesym.study.findings.same_path import findings, paths, variants
from widesym.study.store import Stored

CONFIG = SamePath(steps=3)
ROUNDING, LARGE = 1e-15, 0.1


def made():
    arrays = {}
    for model in MODELS:
        inside = np.array([name in HELD[model] for name in ELEMENTS])[:, None, None]
        values = np.where(inside, ROUNDING, LARGE) * np.ones((5, 2, 4))
        values[ELEMENTS.index("stretched"), :, 0] = ROUNDING
        arrays |= {f"{model}_deviation": values, f"{model}_weights": values.copy()}
        pair = np.array([ROUNDING, LARGE])[:, None, None] * np.ones((2, 2, 4))
        arrays |= {f"{model}_{name}": pair.copy() for name in ("plain", "uniform", *OTHERS.values())}
        arrays[f"{model}_uncoupled"] = np.full((2, 4), LARGE)
        three = np.array([LARGE, ROUNDING, ROUNDING])[:, None, None] * np.ones((3, 2, 4))
        arrays |= {f"{model}_{name}": three.copy() for name in ("power", "adam")}
    moments = np.zeros((3, 3, 2, 2))
    moments[:, 0, 1] = LARGE
    by_formula = np.array([[3.0, 3, 3, 3], [1.8, 2.3, 1.8, 1.8]])
    sampled = np.stack([by_formula + 0.01, np.full((2, 4), 0.02)], axis=-1)
    return arrays | {"moments": moments, "by_formula": by_formula, "sampled": sampled}


def judged(arrays):
    return findings(Stored(arrays, {}, CONFIG), scale="record")


def failing(arrays):
    return [check.statement for check in judged(arrays) if check.verdict != "holds"]


def test_everything_holds_on_a_made_result():
    stored = Stored(made(), {}, CONFIG)
    first, second = paths(stored), variants(stored)
    assert {check.id for check in first} == {"B-S2"} and {check.id for check in second} == {"B-S6"}
    checks = judged(made())
    assert failing(made()) == [] and len({c.statement for c in checks}) == len(checks) == 29
    assert len(first) + len(second) == 29 and all(check.scale == "record" for check in checks)


@pytest.mark.parametrize("model", MODELS)
def test_each_cell_of_a_model_counts(model):
    for place, name in enumerate(ELEMENTS):
        arrays = made()
        if name in HELD[model]:
            arrays[f"{model}_deviation"][place, 1, 2] = 1e-9  # one moment of one draw is enough
            words = (f"{model} takes the same path",)
        else:
            arrays[f"{model}_deviation"][place] = 1e-4
            words = (
                ("Control: and not on the way", "A map of colours") if name == "stretched" else ("Control: ",)
            )
        statements = failing(arrays)
        assert statements and all(text.startswith(words) for text in statements)


@pytest.mark.parametrize(
    ("name", "place", "value", "words"),
    [
        ("GAP_weights", (0, 1, 3), 1e-9, "So do the weights"),
        ("LAP_deviation", (4, 0, 0), 1e-9, "A map of colours"),
        ("VEC_plain", (0, 1, 3), 1e-9, "SGD without"),
        ("FCN_plain", 1, 1e-4, "Control: the next larger group"),
        ("LCN_uncoupled", ..., 1e-4, "Control: both runs from"),
        ("VEC_standard", (0, 0, 1), 1e-9, "Standard parametrisation"),
        ("VEC_mup", (0, 0, 1), 1e-9, "μP parametrisation"),
        ("LCN_mean_field", 1, 1e-4, "Control: the next larger group in the mean"),
        ("FCN_uniform", (0, 1, 3), 1e-9, "Weights of uniform law"),
        ("FCN_uniform", 1, 1e-4, "Control: uniform law"),
        ("moments", (2, 0, 0, 1), 1e-9, "Gaussian weights"),
        ("moments", (1, 1, 1, 0), 1e-9, "Uniform weights keep"),
        ("moments", (1, 2, 1, 0), 1e-9, "Uniform weights keep"),
        ("moments", (1, 0, 1), 1e-4, "Control: uniform weights under rotations"),
        ("sampled", (1, 1, 0), 2.4, "Fourth moments"),
        ("VEC_power", (FAMILIES.index("signed"), 1, 3), 1e-9, "$L^4$ penalty"),
        ("LCN_power", (FAMILIES.index("permutation"), 1, 3), 1e-9, "$L^4$ penalty"),
        ("VEC_power", FAMILIES.index("orthogonal"), 1e-4, "Control: $L^4$"),
        ("FCN_adam", (1, 0, 0), 1e-9, "Adam: the same"),
        ("FCN_adam", 0, 1e-4, "Control: Adam"),
    ],
)
def test_each_rule_can_fail(name, place, value, words):
    arrays = made()
    arrays[name][place] = value
    (statement,) = failing(arrays)
    assert statement.startswith(words)


def test_too_few_draws_are_inconclusive():
    arrays = made()
    arrays["sampled"][0, 1] = 3.02, 0.04
    assert [c.verdict for c in judged(arrays) if c.verdict != "holds"] == ["inconclusive"]
    assert any(c.measured == "gaussian, orthogonal: off by +0.020 ± 0.040" for c in judged(arrays))


def test_models_that_were_not_varied_are_not_asked():
    arrays = {name: array for name, array in made().items() if name != "GAP_power"}
    assert failing(arrays) == []
