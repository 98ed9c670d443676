"""B-S3, B-S4 and B-X1 judged on made results: everything holds, each rule can fail, controls are seen."""

import numpy as np
import pytest

from widesym.groups.images import KINDS
from widesym.study.claims import Check
from widesym.study.experiments import inner_products as products_experiment
from widesym.study.experiments import kernel_symmetry as symmetry_experiment
from widesym.study.experiments.inner_products import InnerProducts
from widesym.study.experiments.kernel_symmetry import INVARIANT, KernelSymmetry
from widesym.study.experiments.orbit_regression import BROKEN, EXACT, OrbitRegression
from widesym.study.experiments.pooling_kernel import PoolingKernel
from widesym.study.findings import inner_products, kernel_symmetry, orbit_regression, pooling_kernel
from widesym.study.store import Stored

ROUNDING, LARGE = 1e-15, 0.1


def judged(module, arrays, config):
    checks = module.findings(Stored(arrays, {}, config), scale="record")
    assert all(isinstance(check, Check) and check.scale == "record" for check in checks)
    return checks


def failing(module, arrays, config):
    return [check.statement for check in judged(module, arrays, config) if check.verdict != "holds"]


def made_symmetry():
    models, names = symmetry_experiment.MODELS, symmetry_experiment.TRANSFORMATIONS
    shape = (len(models), len(names), 2, 2, 2, 2, 2)
    deviation = np.full(shape, LARGE)
    for m, model in enumerate(models):
        for t, name in enumerate(names):
            if name in INVARIANT[model]:
                deviation[m, t] = ROUNDING
    oracle = deviation[:, : len(KINDS), 0, 0, 0].copy()
    return {"deviation": deviation, "oracle": oracle}, KernelSymmetry()


def made_products():
    mapped, d = products_experiment.MAPPED, 16
    config = InnerProducts(side=4)
    seen = np.array([products_experiment.visible(config, model) for model in mapped])
    maps = np.where(seen[:, None], 0.1, 1e-14) * np.ones((1, 2, d, d))
    isometry = np.full((2, 5, 2, 2, 2), ROUNDING)
    isometry[0, 3:] = LARGE
    return {
        "twins": np.full((2, 2, 2, 2), ROUNDING), "pooled": np.full((1, 2), LARGE), "isometry": isometry,
        "maps": maps, "seen": seen,
    }, config  # fmt: skip


def made_pooling():
    cells = (2, 3, 2, 2)
    return {
        "gap": np.full((2, *cells), ROUNDING), "lap": np.full((2, 2, *cells), ROUNDING),
        "library": np.full((2, 2), ROUNDING), "padding": np.full((2, 2, 2), ROUNDING) + [[[0]], [[LARGE]]],
        "some": np.full(cells, LARGE), "flat": np.full((2, *cells), LARGE),
        "fixed": np.full((2, *cells), LARGE),
    }, PoolingKernel()  # fmt: skip


def made_regression():
    arrays = {name: np.full((2, 2), ROUNDING) for name in EXACT}
    return arrays | {name: np.full((2, 2), LARGE) for name in BROKEN}, OrbitRegression()


MADE = {
    kernel_symmetry: (made_symmetry, 14),
    inner_products: (made_products, 11),
    pooling_kernel: (made_pooling, 9),
    orbit_regression: (made_regression, 6),
}


@pytest.mark.parametrize("module", MADE, ids=lambda module: module.__name__.rpartition(".")[2])
def test_everything_holds_on_a_made_result(module):
    made, count = MADE[module]
    arrays, config = made()
    assert failing(module, arrays, config) == []
    assert len(judged(module, arrays, config)) == count
    statements = [check.statement for check in judged(module, arrays, config)]
    assert len(set(statements)) == count and any(text.startswith("Control: ") for text in statements)


@pytest.mark.parametrize(
    ("model", "name", "value", "words"),
    [
        ("FCN", "rotation", 1e-11, "The kernels of FCN are invariant under $O(3d)$"),
        ("FCN", "permutation", 1e-11, "The kernels of FCN are invariant under $P(3d)$"),
        ("LCN", "pixelwise", 1e-11, "The kernels of LCN are invariant"),
        ("VEC", "pixelwise", 1e-11, "The kernels of VEC are invariant"),
        ("LAP", "colour", 1e-11, "The kernels of LAP are invariant"),
        ("GAP", "colour", 1e-11, "The kernels of GAP are invariant"),
        ("VEC", "rotation", 1e-4, "Control: LCN and VEC change under"),
        ("LCN", "one exchange", 1e-6, "Control: LCN and VEC change when two pixels"),
        ("GAP", "pixelwise", 1e-4, "Control: LAP and GAP change under"),
        ("LAP", "one pixel", 1e-6, "Control: LAP and GAP change when one pixel"),
        ("LAP, 1×1 filters", "windows", 1e-11, "One rotation for each window of LAP"),
        ("LAP", "windows", 1e-4, "Control: with 3×3 filters LAP sees across windows"),
    ],
)
def test_each_cell_of_the_table_counts(model, name, value, words):
    arrays, config = made_symmetry()
    m = symmetry_experiment.MODELS.index(model)
    t = symmetry_experiment.TRANSFORMATIONS.index(name)
    if name in INVARIANT[model]:
        arrays["deviation"][m, t, 1, 0, 1, 1, 0] = value  # one bad number is enough
    else:
        arrays["deviation"][m, t] = value
    (statement,) = failing(kernel_symmetry, arrays, config)
    assert statement.startswith(words)


def test_the_oracles_cells_count():
    for place, words in (((4, 1), "By Neural Tangents"), ((4, 2), "Control: by Neural Tangents")):
        arrays, config = made_symmetry()
        arrays["oracle"][place] = 1e-4
        (statement,) = failing(kernel_symmetry, arrays, config)
        assert statement.startswith(words)


def test_each_rule_on_inner_products_can_fail():
    changes = [
        ("twins", (0, 1, 1, 0), 1e-11, "LCN and VEC have the same kernels"),
        ("twins", (1, 0, 1, 0), 1e-11, "and so has this library's VEC"),
        ("pooled", ..., 1e-4, "Control: with global pooling"),
        ("isometry", (0, 2, 0, 0, 1), 1e-11, "Same-site inner products alone"),
        ("isometry", (0, 4), 1e-4, "Control: with these alone kept"),
        ("isometry", (1, 4, 1, 1, 1), 1e-11, "Inner products of all pairs"),
    ]
    for name, place, value, words in changes:
        arrays, config = made_products()
        arrays[name][place] = value
        (statement,) = failing(inner_products, arrays, config)
        assert statement.startswith(words)


@pytest.mark.parametrize(
    ("model", "pair", "value", "words"),
    [
        ("VEC", (0, 1), 1e-6, "vanishes elsewhere. VEC"),
        ("LAP", (0, 10), 1e-6, "vanishes elsewhere. LAP"),
        ("VEC", (3, 3), 1e-9, r"\ne0$. VEC"),
        ("LAP", (0, 1), 1e-9, r"\ne0$. LAP"),
        ("GAP", (0, 10), 1e-9, r"\ne0$. GAP"),
    ],
)
def test_a_single_slope_counts(model, pair, value, words):
    arrays, config = made_products()
    arrays["maps"][(products_experiment.MAPPED.index(model), 1, *pair)] = value
    (statement,) = failing(inner_products, arrays, config)
    assert words in statement


def test_each_rule_on_pooling_can_fail():
    changes = [
        ("gap", (0, 1, 2, 0, 1), 1e-11, "$K_{GAP}"),
        ("gap", (1, 1, 2, 0, 1), 1e-9, "$K_{GAP}"),
        ("library", (1, 0), 1e-9, "$K_{GAP}"),
        ("padding", (0, 1, 0), 1e-9, "$K_{GAP}"),
        ("lap", (0, 1, 0, 2, 1, 1), 1e-11, "$K_{LAP}"),
        ("lap", (1, 1, 0, 2, 1, 1), 1e-9, "the same, left from all pairs"),
        ("padding", 1, 1e-4, "Control: with zero padding"),
        ("some", 1, 1e-4, "Control: vertical translations"),
        ("flat", 1, 1e-4, "Control: equal weights"),
        ("fixed", 1, 1e-6, "Control: one placement"),
    ]
    for name, place, value, words in changes:
        arrays, config = made_pooling()
        arrays[name][place] = value
        (statement,) = failing(pooling_kernel, arrays, config)
        assert statement.startswith(words)


def test_each_rule_on_regression_can_fail():
    for name in (*EXACT, *BROKEN):
        arrays, config = made_regression()
        arrays[name][1] = 1e-6
        assert len(failing(orbit_regression, arrays, config)) == 1
