"""Several numbers under one rule: the worst decides, and is the one that is shown."""

import pytest

from widesym.study.findings.verdicts import all_of, spelled


def test_the_worst_decides():
    good, across, bad = (2.0, (1.0, 3.0)), (0.5, (-0.5, 1.5)), (-2.0, (-3.0, -1.0))
    options = {"lower": 0.0, "rule": "≥ 0"}
    check = all_of("B-F2", "s", {"good": good}, **options)
    assert (check.verdict, check.measured) == ("holds", "2.0 (1.0 to 3.0)")
    check = all_of("B-F2", "s", {"good": good, "across": across}, **options)
    assert (check.verdict, check.measured) == ("inconclusive", "across: 0.5 (−0.5 to 1.5)")
    check = all_of("B-F2", "s", {"good": good, "across": across, "bad": bad}, scale="record", **options)
    assert (check.verdict, check.value, check.interval, check.scale) == (
        "fails",
        -2.0,
        (-3.0, -1.0),
        "record",
    )


def test_of_equal_verdicts_the_farthest_out_is_shown():
    found = {"near": (4.0, (3.0, 5.5)), "far": (-6.0, (-9.0, -4.0))}
    assert all_of("B-F2", "s", found, lower=-5, upper=5, rule="r").measured.startswith("far")


def test_nothing_is_not_judged():
    with pytest.raises(ValueError, match="nothing to judge"):
        all_of("B-F2", "s", {}, rule="r")


def test_zero_has_no_sign():
    assert spelled((-0.0001, (-0.0, 0.0)), 1) == "0.0 (0.0 to 0.0)"
