"""Tolerances: which fits, how far is far, and what the file may say."""

import math

import pytest

from widesym.book.check.tolerances import Tolerance, distance, load_tolerances, tolerance_for
from widesym.study.claims import Check

ROUNDING = Tolerance("rounding", "so", "orders", 2, below=1e-9)
INTERVAL = Tolerance("statistical", "so", "interval", 1, interval=True)
REST = Tolerance("rest", "so", "relative", 1e-3)


def check(value=1.0, interval=None, *, id="A-S1", scale="live", statement="it is small"):
    return Check(id, statement, "≤ 2", "m", value, interval, "holds", scale)


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (check(1e-12), "rounding"),
        (check(-1e-12), "rounding"),
        (check(1e-9), "rest"),
        (check(1.0, (0.5, 2.0)), "statistical"),
        (check(0.0, (0.0, 0.0)), "rounding"),
        (check(1.0, (1.0, 1.0)), "rest"),
        (check(None), "rest"),
    ],
)
def test_first_tolerance_that_fits_is_taken(one, name):
    assert tolerance_for([ROUNDING, INTERVAL, REST], one).name == name


@pytest.mark.parametrize(
    "narrow",
    [{"ids": ["A-S2"]}, {"scale": "record"}, {"statement": "large$"}, {"below": 0.5}, {"interval": True}],
)
def test_every_condition_counts(narrow):
    other = check(0.1, (0.0, 0.2), id="A-S2", scale="record", statement="it is large")
    tolerance = Tolerance("narrow", "so", "verdict", **narrow)
    assert tolerance.fits(other) and not tolerance.fits(check())


def test_check_without_a_tolerance_is_an_error():
    with pytest.raises(ValueError, match="no tolerance fits A-S1, 'it is small'"):
        tolerance_for([ROUNDING], check())


@pytest.mark.parametrize(
    ("tolerance", "old", "new", "expected"),
    [
        (INTERVAL, check(1.0, (0.5, 1.5)), check(1.25), 0.5),
        (INTERVAL, check(1.0, (0.0, 1.0)), check(0.5), 1.0),
        (ROUNDING, check(1e-12), check(1e-14), 2.0),
        (ROUNDING, check(1e-12), check(-1e-12), math.inf),
        (ROUNDING, check(0.0), check(0.0), 0.0),
        (REST, check(2.0), check(-2.0), 2.0),
        (REST, check(1.0), check(0.999), 1e-3),
        (REST, check(None), check(None), 0.0),
        (REST, check(None), check(1.0), math.inf),
        (REST, check(1.0), check(None), math.inf),
        (Tolerance("v", "so", "verdict"), check(1.0), check(9.0), 0.0),
    ],
)
def test_distance_by_each_measure(tolerance, old, new, expected):
    assert distance(tolerance, old, new) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {name: a, reason: b, measure: orders}", "takes a limit of at least 0, got None"),
        ("- {name: a, reason: b, measure: relative, limit: -1}", "a limit of at least 0, got -1"),
        ("- {name: a, reason: b, measure: verdict, limit: 1}", "takes no limit, got 1"),
        ("- {name: a, reason: b, measure: order, limit: 1}", "unknown measure 'order'"),
        ("- {name: a, reason: b, measure: interval, limit: 1}", "add interval: true"),
        ("- {name: a, measure: verdict}", "entry 1: reason is missing"),
        ("- {name: a, reason: '', measure: verdict}", "needs a name and a reason"),
        ("- {name: a, reason: b, measure: verdict, id: x}", "unknown field 'id'; did you mean 'ids'"),
        ("- {name: a, reason: b, measure: verdict, scale: paper}", "unknown scale 'paper'"),
        ("- {name: a, reason: b, measure: verdict, statement: '('}", "is no expression"),
        ("- {name: a, reason: b, measure: verdict, statement: 3}", "statement 3 is no expression"),
        ("- {name: a, reason: b, measure: verdict, ids: A-S1}", "ids must be a list of claims, got 'A-S1'"),
        ("- {name: a, reason: b, measure: verdict, below: small}", "below must be a number above 0"),
        ("- {name: a, reason: b, measure: verdict, interval: 'no'}", "interval must be true or false"),
        ("- {name: a, reason: b, measure: verdict}\n- {name: a, reason: b, measure: verdict}", "used twice"),
        ("a: b", "must be a list"),
        ("- [", "is not valid YAML"),
    ],
)
def test_file_that_cannot_be_applied_is_refused(tmp_path, text, message):
    path = tmp_path / "tolerances.yml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_tolerances(path)
