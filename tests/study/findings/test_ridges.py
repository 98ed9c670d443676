"""The order of models at their own ridges, judged on made results."""

import numpy as np
import pytest

from widesym.study.experiments.ridges import Ridges
from widesym.study.findings import ridges
from widesym.study.store import Stored

CONFIG = Ridges(models=("VEC", "GAP"), draws=(2, 2), ridges=(1e-6, 1e-3), test=1000)


def result(levels, chosen, config=CONFIG):
    """Accuracy in percent by model and ridge; the ridge that both draws and kernels choose, by model."""
    place = np.arange(config.test) % 100
    arrays = {}
    for model in config.models:
        correct = np.stack([place < level for level in levels[model]])  # (ridge, test)
        arrays[f"{model}_correct"] = np.broadcast_to(correct, (2, 2, *correct.shape))
        arrays[f"{model}_chosen"] = np.full((2, 2), chosen[model])
    return Stored(arrays, {}, config)


@pytest.mark.parametrize(
    ("chosen", "verdict"), [({"VEC": 0, "GAP": 1}, "holds"), ({"VEC": 0, "GAP": 0}, "fails")]
)
def test_each_model_has_its_own_ridge(chosen, verdict):
    stored = result({"VEC": (40, 20), "GAP": (30, 60)}, chosen)
    (check,) = ridges.findings(stored)
    assert check.verdict == verdict
    assert ridges.gain(stored, "GAP")[0] == pytest.approx(20 if verdict == "holds" else -10)
    assert ridges.at_chosen(stored, "VEC")[0] == pytest.approx(40)
    assert ridges.accuracy(stored, "VEC", 1)[0] == pytest.approx(20)


def test_draws_choose_for_themselves():
    stored = result({"VEC": (40, 20), "GAP": (30, 60)}, {"VEC": 0, "GAP": 1})
    stored.arrays["GAP_chosen"][0] = 0
    assert ridges.at_chosen(stored, "GAP")[0] == pytest.approx(45)


def test_small_runs_are_not_judged():
    config = Ridges(models=("VEC", "GAP"), draws=(2, 2), ridges=(1e-6, 1e-3), test=100, train=50)
    (check,) = ridges.findings(result({"VEC": (1, 2), "GAP": (3, 4)}, {"VEC": 0, "GAP": 0}, config))
    assert check.verdict == "not run at this scale"
