"""A part of a record against its corner: what is the same, what differs, what is no corner."""

import numpy as np
import pytest

from widesym.study.recomputation import SAME_NUMBER, differences

RECORD = {"correct": np.arange(4000).reshape(2, 2, 1000) % 3 == 0, "mse": np.linspace(1, 2, 6).reshape(2, 3)}


def test_the_corner_itself_is_the_same():
    found = differences(RECORD, {"correct": RECORD["correct"][:, :1], "mse": RECORD["mse"][:1, :2]})
    assert [(one.name, one.count, one.measured, one.same) for one in found] == [
        ("correct", 2000, 0.0, True),
        ("mse", 2, 0.0, True),
    ]


def test_a_few_ties_and_rounding_are_the_same_and_more_is_not():
    few, many = (RECORD["correct"][:, :1].copy() for _ in range(2))
    few[0, 0, :8] ^= True
    many[0, 0, :12] ^= True
    assert [differences(RECORD, {"correct": values})[0].same for values in (few, many)] == [True, False]
    near, far = RECORD["mse"] * (1 + SAME_NUMBER / 2), RECORD["mse"] + np.eye(2, 3) * 4 * SAME_NUMBER
    assert [differences(RECORD, {"mse": values})[0].same for values in (near, far)] == [True, False]


def test_another_part_of_the_record_differs():
    assert not differences(RECORD, {"mse": RECORD["mse"][1:]})[0].same
    assert not differences(RECORD, {"mse": np.full((1, 1), np.nan)})[0].same


@pytest.mark.parametrize(
    ("again", "message"),
    [
        ({"accuracy": np.ones(2)}, "no array 'accuracy'; it has correct, mse"),
        ({"mse": np.ones((3, 1))}, r"\(3, 1\) is no corner of the record's \(2, 3\)"),
        ({"mse": np.ones(2)}, "no corner"),
    ],
)
def test_no_corner(again, message):
    with pytest.raises(ValueError, match=message):
        differences(RECORD, again)
