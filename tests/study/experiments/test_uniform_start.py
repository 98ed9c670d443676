"""B-F9's experiment: cells against runs by themselves, the kurtosis against samples, refusals."""

import jax
import numpy as np
import pytest
from scipy.stats import kurtosis

from widesym.groups.images import transformation
from widesym.networks.models import LAWS
from widesym.study import configure
from widesym.study.experiments import get
from widesym.study.experiments.uniform_start import (
    SEEN,
    UniformStart,
    excess_kurtosis,
    inputs,
    run_shard,
    shards,
)
from widesym.study.image_tasks import stream
from widesym.study.network_runs import finite, run_seeds, train_runs

EXPERIMENT = get("synergy.uniform-start")
TINY = UniformStart(
    side=4, motif=2, classes=3, models=("FCN", "VEC"), widths=(6, 4), depth=1, draws=2, train=40, test=30,
    batch=20, steps=8, start="mirrored",
)  # fmt: skip


def test_cells_are_runs_from_both_laws():
    found = run_shard(TINY, "VEC")
    assert found["correct"].shape == (2, 3, 2, 30) and found["fit"].shape == (2, 3, 2)
    images = TINY.task(1)
    turn = transformation("pixelwise", 4, 4, stream(TINY.seed, 1))
    for law, name in enumerate(LAWS):
        runs = train_runs(
            finite("VEC", 1, 4, images), images, "NN+", TINY.plan(), run_seeds(TINY.seed, 1), turn,
            start="mirrored", first=name,
        )  # fmt: skip
        right = runs.predictions[0].argmax(1) == images.test.labels
        # float32, and another form of the same rotation: predictions that nearly tie may turn
        assert (found["correct"][law, SEEN["VEC"].index("pixelwise"), 1] == right).mean() > 0.95
    assert (found["correct"][0] != found["correct"][1]).any()
    gathered = EXPERIMENT.gather(TINY, {"VEC": found, "FCN": found})
    np.testing.assert_array_equal(gathered["VEC_kurtosis"], found["kurtosis"])
    assert shards(TINY) == ("VEC", "FCN")


def test_kurtosis_of_sums_of_uniform_weights():
    rng = np.random.default_rng(2)
    numbers, bias = rng.normal(size=(2, 5)), 1.5
    weights = rng.uniform(-(3**0.5), 3**0.5, size=(6, 400_000))
    sums = np.column_stack([numbers, np.full(2, bias)]) @ weights
    np.testing.assert_allclose(excess_kurtosis(numbers, bias), kurtosis(sums, axis=1), atol=0.02)
    assert excess_kurtosis(np.array([[2.0]]))[0] == pytest.approx(-1.2)
    assert excess_kurtosis(np.ones((1, 30)))[0] == pytest.approx(-1.2 / 30)


def test_inputs_are_what_units_see():
    images = TINY.task(0).test.images[:3]
    for model in ("VEC", "FCN"):
        net = finite(model, 1, 4, TINY.task(0))
        parameters = net.init(jax.random.key(1))
        first = parameters["hidden_1"]
        scale = net.scales()["hidden_1"]
        z = scale.weight * inputs(images, net.side) @ np.asarray(first["weight"]).reshape(-1, 4)
        z = np.maximum(z + scale.bias * np.asarray(first["bias"]), 0)
        seen = np.asarray(net.activations(parameters, images)[0]).reshape(z.shape)
        np.testing.assert_allclose(seen, z, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": ("LAP2",), "widths": (4,)}, "models must be distinct"),
        ({"widths": (4,)}, "one for each of FCN"),
        ({"widths": (5, 4, 4, 4), "start": "mirrored"}, "widths must be even"),
        ({"inference": "NTK"}, "inference must be"),
        ({"start": "zero"}, "start must be"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        configure(EXPERIMENT, "default", **change)
