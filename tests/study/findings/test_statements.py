"""A-S1 to A-S7 and A-X4 judged on made results: everything holds, each rule can fail, controls are seen."""

import math

import numpy as np
import pytest

from widesym.meanfield.risks import RISKS
from widesym.study.claims import Check
from widesym.study.experiments import flow as flow_experiment
from widesym.study.experiments import risks as risks_experiment
from widesym.study.experiments import strong_optimum as strong_experiment
from widesym.study.experiments.pooling import Pooling
from widesym.study.experiments.symmetric_laws import CONTROLS, IDENTITIES, SymmetricLaws
from widesym.study.findings import flow, pooling, risks, strong_optimum, symmetric_laws
from widesym.study.findings.exactness import control, exact
from widesym.study.store import Stored

TWO = ("C2 swap", "C3 rotations")


def judged(module, arrays, config):
    checks = module.findings(Stored(arrays, {}, config), scale="record")
    assert all(isinstance(check, Check) and check.scale == "record" for check in checks)
    return checks


def failing(module, arrays, config):
    return [check.statement for check in judged(module, arrays, config) if check.verdict != "holds"]


def made_symmetric_laws():
    arrays = {name: np.full((2, 3), 1e-16) for name in IDENTITIES}
    return arrays | {name: np.full((2, 3), 0.1) for name in CONTROLS}, SymmetricLaws(cases=TWO)


def made_risks():
    """R = 1 on plain laws; DA = R and FA = R - gap where the theory says so."""
    E, gap = risks_experiment, 0.2
    values = np.ones((2, len(E.FAMILIES), len(E.LOSSES_TRIED), 3, 4))
    at = {name: i for i, name in enumerate(RISKS)}
    quadratic, huber, lopsided = (
        E.LOSSES_TRIED.index(name) for name in ("quadratic", "pseudo-huber", "lopsided")
    )
    for f, (law, data) in enumerate(E.FAMILIES):
        level = {"plain": 1.0, "moved": 1.0, "symmetrised": 1 - gap, "projected": 0.5}[law]
        values[:, f] = level
        values[:, f, ..., at["ea"]] = 0.5
        if law in ("plain", "moved"):
            values[:, f, ..., at["fa"]] = 1 - gap
            if data == "arbitrary":
                values[:, f, ..., at["vanilla"]] = 1.0 if law == "plain" else 1.3
                values[:, f, ..., at["da"]] = 1.1
                values[:, f, quadratic, :, at["fa"]] = 1.1 - gap
                values[:, f, lopsided, :, at["da"]] = 1.1 if law == "plain" else 1.2
        if law == "symmetrised" and data == "arbitrary":
            values[:, f, quadratic] = 1.1 - gap
            values[:, f, lopsided, :, at["da"]] = 0.9
    values[:, E.FAMILIES.index(("plain", "arbitrary")), huber, :, at["fa"]] = 0.8
    path = np.broadcast_to(1 - gap * E.TIMES, (2, 3, 3, len(E.TIMES)))
    best = np.ones((2, 2, 3))
    once = np.full((2, 2, 3), [[[gap]], [[0.15]]])  # with two elements one point is as good as the orbit
    arrays = {
        "risks": values, "gap": np.full((2, 2, 3), gap), "gap_once": once,
       
        "faulty": np.full((2, 3, 3), 0.1), "path": path, "path_own": 0.3 * (1 - path[:, 0]),
        "path_capped": 2 - path[:, 0], "best_weak": best.copy(), "bound": best - 1e-12,
        "best_all": best * np.array([1, 0.8])[None, :, None], "order": np.array([2, 3]),
    }  # fmt: skip
    return arrays, risks_experiment.Risks(cases=TWO)


def made_flow():
    config = flow_experiment.Flow(cases=TWO, steps=4)
    small, large = np.full((2, 4, 5), 1e-15), np.full((2, 4, 5), 0.1)
    weak = np.stack([np.stack([small, large if k == 0 else small], 1) for k in range(3)], 1)
    together = np.stack([np.stack([small, large], 1)] * 2, 1)
    arrays = {
        "weak": weak, "law": weak[..., -1], "together": together, "da_fa": small, "first": together[..., 0],
        "together_plain": np.stack([small, large], 1), "first_plain": np.stack([small, large], 1)[..., 0],
        "strong": np.stack([small, small, large, large, small, small], 1),
        "alone": np.stack([small, small, large, large], 1), "ea": small,
    }  # fmt: skip
    return {name: values.copy() for name, values in arrays.items()}, config


def made_strong_optimum():
    config = strong_experiment.StrongOptimum(cases=TWO, step=0.01)
    times = np.linspace(0, 6, 121)
    rate = math.log1p(config.step * strong_optimum.GROWTH) / config.step
    paths = np.ones((2, 4, 121, 2))
    paths[:, strong_experiment.STARTS.index("strong")] = 0
    paths[0, strong_experiment.STARTS.index("near")] = np.minimum(1e-6 * np.exp(rate * times), 1)[:, None]
    paths[1, strong_experiment.STARTS.index("near")] = 1e-6
    values = np.array([[strong_optimum.STRONG_RISK, 0], [0, 0]])
    risks = np.full((2, 4, 121), 1e-4)
    arrays = {
        "by_formula": values, "by_quadrature": values.copy(), "dimension": 0, "times": times, "paths": paths,
        "risks": risks, "optimum": np.array([[[0.7, 0.6], [0, 0]], [[0.01, -0.1], [0, 0]]]),
    }  # fmt: skip
    return arrays, config


def made_pooling():
    config = Pooling(steps=3)
    both = np.array([[1e-15, 1e-15], [0.3, 0.4]])
    arrays = {name: both.copy() for name in ("site", "flat", "nngp", "ntk")}
    arrays |= {name: both[:, 0].copy() for name in ("shallow", "shallow_averaged")}
    arrays |= {
        "training": np.stack([np.full(3, 1e-15), np.full(3, 0.3)]),
        "training_plain": np.full((1, 3), 0.5),
    }
    return arrays | {"ntk_some": np.full((2, 2), 0.1)}, config


MADE = {
    symmetric_laws: made_symmetric_laws, risks: made_risks, flow: made_flow,
    strong_optimum: made_strong_optimum, pooling: made_pooling,
}  # fmt: skip
modules = pytest.mark.parametrize("module", list(MADE), ids=lambda module: module.__name__.split(".")[-1])


@modules
def test_all_hold_on_a_result_that_follows_the_claims(module):
    assert failing(module, *MADE[module]()) == []


@modules
def test_every_claim_has_a_control(module):
    checks = judged(module, *MADE[module]())
    for id in {check.id for check in checks}:
        assert any(check.id == id and check.statement.startswith("Control") for check in checks)


@modules
def test_a_value_that_is_no_number_is_an_error(module):
    arrays, config = MADE[module]()
    for name, values in arrays.items():
        if isinstance(values, np.ndarray) and values.dtype == float:
            spoiled = arrays | {name: np.full_like(values, np.nan)}
            if name in ("times", "risks", "curve") and module is strong_optimum:
                continue
            with pytest.raises((ValueError, TypeError)):
                module.findings(Stored(spoiled, {}, config))


SPOILED = [
    *[(symmetric_laws, name, (0, 1), 1e-9) for name in IDENTITIES],
    *[(symmetric_laws, name, 0, 1e-5) for name in CONTROLS],
    (risks, "risks", (1, 0, 0, 2, 2), 0.7), (risks, "risks", (0, 2, 0, 0, 1), 1.2),
    (risks, "risks", (0, 3, 2, 0, 0), 1.01), (risks, "risks", (0, 5, 0, 0, 0), 0.6),
    (risks, "gap", (0, 1, 0), 0.21), (risks, "path", (0, 0, 0, 3), 1.5), (risks, "bound", (0, 0, 0), 0.9),
    (risks, "faulty", 0, 0.0), (risks, "path_capped", 0, 1.0), (risks, "path_own", 1, 0.0),
    (risks, "best_all", (0, 1), 1.0), (risks, "gap_once", 1, 0.2),
    (flow, "weak", (0, 1, 1, 0, 2), 1e-8), (flow, "weak", (0, 0, 1), 0.0), (flow, "law", (1, 0, 1), 0.0),
    (flow, "first", (0, 0, 0, 0), 1e-8), (flow, "together", (0, 0, 0, 1, 3), 1e-8),
    (flow, "together", (1, slice(None), 1), 0.0), (flow, "da_fa", (0, 0, 1), 1e-8),
    (flow, "together_plain", (0, 0, 0, 1), 1e-8), (flow, "first_plain", (0, 1), 0.0),
    *[(flow, name, (0, place, 1, 2), 1e-8) for name in ("strong", "alone") for place in (0, 1)],
    *[(flow, name, (0, place), 0.0) for name in ("strong", "alone") for place in (2, 3)],
    *[(flow, "strong", (0, place, 1, 2), 1e-8) for place in (4, 5)], (flow, "ea", (0, 0, 1), 1e-8),
    (strong_optimum, "by_formula", (0, 0), 0.28), (strong_optimum, "by_quadrature", (0, 1), 1e-6),
    (strong_optimum, "paths", (0, 0, 5, 0), 1e-6), (strong_optimum, "risks", (0, 2, -1), 0.1),
    (strong_optimum, "paths", (1, 1, -1), 2e-6), (strong_optimum, "optimum", (0, 0, 1), 0.0),
    (strong_optimum, "optimum", (0, 1, 0), 0.1), (strong_optimum, "by_formula", (1, 0), 0.1),
    *[(pooling, name, (0, 1), 1e-8) for name in ("site", "flat", "nngp", "ntk", "training")],
    *[(pooling, name, 1, 1e-5) for name in ("site", "flat", "nngp", "ntk", "training", "shallow")],
    *[(pooling, name, 0, 1e-8) for name in ("shallow", "shallow_averaged")],
    (pooling, "ntk_some", 0, 1e-9), (pooling, "training_plain", 0, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("module", "name", "place", "value"), SPOILED)
def test_each_rule_can_fail(module, name, place, value):
    arrays, config = MADE[module]()
    arrays[name] = np.array(arrays[name])
    arrays[name][place] = value
    assert failing(module, arrays, config)


def test_a_wrong_rate_fails():
    arrays, config = made_strong_optimum()
    arrays["times"] = 1.01 * arrays["times"]
    assert [text for text in failing(strong_optimum, arrays, config) if "rate" in text]


def test_exact_takes_the_worst_and_control_the_worst_case():
    values = np.array([[1e-16, 1e-16, 1e-11], [0, 0, 0]])
    assert (
        exact("A-S1", "x", values).verdict == "fails"
        and exact("A-S1", "x", values, bound=1e-10).value == 1e-11
    )
    broken = np.array([[0.1, 0.1, 0.0], [1.0, 2e-3, 5e-4]])
    check = control("A-S1", "broken", broken)
    assert check.value == 2e-3 and check.verdict == "holds" and check.statement == "Control: broken"
    assert control("A-S1", "broken", broken[:, ::-1] * [1, 0, 0]).verdict == "fails"
