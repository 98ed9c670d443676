"""B-F1, B-F7, B-F11, B-S7 judged on made results: all hold, each rule can fail, controls are seen."""

import numpy as np
import pytest

from widesym.study.claims import Check
from widesym.study.experiments.rotations import GROUPS, MOVED, Rotations
from widesym.study.findings import rotations
from widesym.study.findings.rotations import _KEPT, closed_form, findings, remaining
from widesym.study.store import Stored

CONFIG = Rotations(draws=4, frames=10, sites=(1, 2, 3))


def made():
    kept = {name: kinds for name, _, kinds in _KEPT}
    arrays = {
        name: np.array([[1e-16 if kind in kinds else 0.5] * 4 for kind in MOVED])
        for name, kinds in kept.items()
    }
    near = np.full((5, 4, 5), 0.8)
    near[2:] = np.random.default_rng(0).normal(0, 0.01, (3, 4, 5))
    outline = np.full((5, 4, 5), 0.7)
    outline[3:] = near[3:]
    times = np.linspace(0, 1, 11)
    stated = np.array([[closed_form(group, d) for group in GROUPS] for d in CONFIG.sites])
    return arrays | {
        "fresh": np.full((4, 4), 0.3), "neighbours": near, "outlines": outline,
        "start": np.array(0.0), "end": np.full(9, 1.0), "orthogonal": np.full(9, 1e-16),
        "straight": np.full(8, 0.4), "determinant": np.full(9, 1e-16), "reflected": np.array(0.48),
        "addition": np.full(2, 1e-16), "other_path": np.full(2, 1.0), "speed": np.full(8, 0.999),
        "jumps": np.full(8, 10.0), "film_neighbours": 0.9 * remaining(times)[:, None] * np.ones(5),
        "large_norms": np.full(2, 1e-16), "full_norms": np.full(1, 1e-16), "large_between": np.full(2, 1e-16),
        "large_fresh": np.array([0.5]), "large_permuted": np.array([0.5]),
        "large_neighbours": np.array([[0.95] * 5, [0.01] * 5, [-0.01] * 5]),
        "large_outlines": np.array([[0.9] * 5, [0.9] * 5, [0.9] * 5, [0.01] * 5]),
        "dimensions": np.stack([stated] * 4), "one": np.ones((3, 3), int), "joined": stated[:, 1:],
        "loose": 3 * np.array(CONFIG.sites),
    }  # fmt: skip


def failing(arrays):
    checks = findings(Stored(arrays, {}, CONFIG), scale="record")
    assert all(isinstance(check, Check) and check.scale == "record" for check in checks)
    return [f"{check.id} {check.statement}" for check in checks if check.verdict != "holds"]


def test_what_should_hold_holds_for_every_id():
    assert failing(made()) == []
    checks = findings(Stored(made(), {}, CONFIG))
    assert {check.id for check in checks} == {"B-F1", "B-F7", "B-F11", "B-S7"}
    for id in ("B-F1", "B-F7", "B-F11", "B-S7"):
        assert any(check.statement.startswith("Control") for check in checks if check.id == id)


@pytest.mark.parametrize(
    ("name", "where", "value", "statement"),
    [
        ("norm", (3, 1), 1e-9, "B-F1 The norm of an image"),
        ("total", (0, 0), 1e-9, "B-F1 Inner products of images"),
        ("between", (1, 0), 1e-9, "B-F1 Inner products at each pixel"),
        ("between", (2,), 1e-9, "B-F1 Control: Inner products at each pixel"),
        ("site_norms", (0, 0), 1e-9, "B-F1 The norm of each pixel"),
        ("within", (0, 2), 1e-9, "B-F1 Inner products of any two pixels"),
        ("within", (1,), 1e-9, "B-F1 Control: Inner products of any two pixels"),
        ("values", (2, 2), 1e-9, "B-F1 The numbers of an image"),
        ("fresh", (2,), 1e-9, "B-F1 Control: $\\tau$ drawn anew"),
        ("neighbours", (slice(0, 2), 0, 0), 0.3, "B-F1 Clean images"),
        ("neighbours", (1, 0, 0), 0.3, "B-F1 $O(3)\\otimes I_d$ does not hide"),
        ("neighbours", (2,), 0.2, "B-F1 $O(3)^d$ hides it"),
        ("neighbours", (4,), -0.2, "B-F1 $O(3d)$ hides it"),
        ("outlines", (2, 0, 0), 0.3, "B-F1 Outlines"),
        ("outlines", (3,), 0.3, "B-F1 Control: outlines"),
        ("start", (), 1e-9, "B-F7 The path begins"),
        ("end", (slice(None),), 0.0, "B-F7 Control: $\\tau_1$"),
        ("orthogonal", (4,), 1e-9, "B-F7 $\\tau_t$ is orthogonal"),
        ("straight", (slice(None),), 0.0, "B-F7 Control: the straight line"),
        ("determinant", (2,), 2.0, "B-F7 $\\det R=1$"),
        ("reflected", (), 0.0, "B-F7 Control: a random element"),
        ("addition", (1,), 1e-9, "B-F7 $\\tau_{s+t}"),
        ("other_path", (slice(None),), 0.0, "B-F7 Control: with another $A$ for"),
        ("speed", (5,), 1.01, "B-F7 Continuous"),
        ("jumps", (slice(None),), 1.0, "B-F7 Control: with another $A$ at"),
        ("film_neighbours", (7,), 0.9, "B-F7 The image dissolves"),
        ("film_neighbours", (slice(5, 6), 2), 0.0, "B-F7 and its share"),
        ("large_norms", (1,), 1e-9, "B-F11 The norm of each pixel"),
        ("full_norms", (0,), 1e-9, "B-F11 The norm of each pixel"),
        ("large_permuted", (0,), 0.0, "B-F11 Control: $P(3d)$ does not"),
        ("large_between", (0,), 1e-9, "B-F11 One $\\tau$ for all"),
        ("large_fresh", (0,), 0.0, "B-F11 Control: with another"),
        ("large_neighbours", (0, 3), 0.4, "B-F11 Clean photographs"),
        ("large_neighbours", (2, 3), -0.2, "B-F11 Rotated photographs"),
        ("large_outlines", (1, 0), 0.8, "B-F11 Outlines"),
        ("large_outlines", (3, 0), 0.8, "B-F11 Control: outlines"),
        ("dimensions", (2, 1, 1), 7, "B-S7 Dimensions 3"),
        ("joined", (1, 0), 7, "B-S7 Each group lies in the next"),
        ("one", (0, 0), 3, "B-S7 Control: one element"),
        ("loose", (1,), 3, "B-S7 Control: without the exchange"),
        ("dimensions", (slice(None), slice(1, 2), 1), 3, "B-S7 $\\dim O(3d)>"),
        ("dimensions", (3, 0, 2), 4, "B-S7 Control: for one pixel"),
    ],
)  # fmt: skip
def test_each_rule_can_fail(name, where, value, statement):
    arrays = made()
    assert arrays[name].dtype.kind in "if"
    changed = arrays[name].astype(float) if isinstance(value, float) else arrays[name].copy()
    changed[where] = value
    failed = failing(arrays | {name: changed})
    assert any(text.startswith(statement) for text in failed), failed


def test_closed_forms():
    assert [closed_form(group, 1024) for group in GROUPS] == [3, 3072, 4717056]


def test_the_expected_share_is_the_mean_of_independent_rotations():
    rng = np.random.default_rng(4)
    angle = np.linalg.norm(rng.normal(size=(400_000, 3)), axis=1)
    for t in (0.0, 0.5, 1.0):
        mean_turn = np.mean(1 + 2 * np.cos(t * angle)) / 3  # a third of the trace
        assert remaining(np.array(t)) == pytest.approx(mean_turn**2, abs=3e-3)
    assert remaining(np.array(1.0)) == pytest.approx(1 / 9)


def test_a_run_with_one_pixel_only_has_no_order_to_judge():
    arrays = made()
    config = Rotations(draws=4, frames=10, sites=(1,))
    arrays |= {"dimensions": arrays["dimensions"][:, :1], "one": arrays["one"][:1],
               "joined": arrays["joined"][:1], "loose": arrays["loose"][:1]}  # fmt: skip
    texts = [
        check.statement for check in rotations.findings(Stored(arrays, {}, config)) if check.id == "B-S7"
    ]
    assert not any("least difference" in text for text in texts) and any(
        "one pixel" in text for text in texts
    )
