import dataclasses
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widesym.study import configs, experiments


@dataclasses.dataclass(frozen=True)
class Every:
    count: int
    rate: float
    name: str
    flag: bool
    sizes: tuple[int, ...]
    pair: tuple[str, float]
    mode: Literal["a", "b"]
    limit: int | None


GOOD = {
    "count": 3, "rate": 0.5, "name": "x", "flag": True, "sizes": (5, 10), "pair": ("u", 1.0),
    "mode": "a", "limit": None,
}  # fmt: skip


def test_a_profile_without_changes_is_itself(toy):
    for profile in ("quick", "default", "paper"):
        assert configs.configure(toy.EXPERIMENT, profile) == toy.EXPERIMENT.profiles[profile]


def test_changes_replace_fields_and_take_their_type(toy):
    config = configs.configure(toy.EXPERIMENT, "default", power=3, sizes=[7, 5], seed=4)
    assert config == toy.ToyConfig(sizes=(7, 5), power=3.0, seed=4)
    assert type(config.power) is float and type(config.sizes) is tuple and hash(config)


def test_an_unknown_name_is_refused_with_the_nearest_and_all_valid(toy):
    with pytest.raises(
        ValueError, match=r"no parameter 'powr'; did you mean 'power'\? valid: sizes, power, seed"
    ):
        configs.configure(toy.EXPERIMENT, "default", powr=3)
    with pytest.raises(
        ValueError, match=r"unknown profile 'qick'; did you mean 'quick'\? valid: quick, default"
    ):
        configs.configure(toy.EXPERIMENT, "qick")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("seed", 1.0, "must be int, got 1.0"),
        ("seed", True, "must be int, got True"),
        ("seed", "3", "must be int, got '3'"),
        ("power", "3", "must be a finite float"),
        ("power", float("nan"), "must be a finite float, got nan"),
        ("power", float("inf"), "must be a finite float, got inf"),
        ("power", True, "must be a finite float"),
        ("sizes", 5.5, "must be a tuple, each entry int, got 5.5"),
        ("sizes", (5, 1.5), "must be a tuple, each entry int"),
        ("sizes", "5,10", "must be a tuple"),
        ("precision", 32, "must be str, got 32"),
        ("seed", np.int64(3), "must be int"),
    ],
)
def test_a_value_of_another_type_is_refused(toy, name, value, expected):
    with pytest.raises(ValueError, match=f"parameter '{name}' {expected}"):
        configs.configure(toy.EXPERIMENT, "default", **{name: value})


def test_a_value_that_the_config_refuses_is_refused(toy):
    with pytest.raises(ValueError, match=r"power must be positive, got -1\.0"):
        configs.configure(toy.EXPERIMENT, "default", power=-1)


@pytest.mark.parametrize(
    ("name", "value", "result"),
    [
        ("limit", 7, 7), ("limit", None, None), ("mode", "b", "b"), ("pair", ["u", 2], ("u", 2.0)),
        ("flag", False, False), ("sizes", [], ()), ("sizes", 5, (5,)), ("count", -4, -4),
    ],
)  # fmt: skip
def test_every_declared_type_is_accepted(name, value, result):
    coerced = configs.coerce("x", value, configs.field_types(Every)[name])
    assert coerced == result and type(coerced) is type(result)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("limit", 7.5, "int or None"), ("mode", "c", "one of 'a', 'b'"), ("pair", ("u",), "a tuple of"),
        ("flag", 1, "bool"), ("mode", 1, "one of"), ("pair", (1, 1.0), "a tuple of str"),
    ],
)  # fmt: skip
def test_every_declared_type_refuses_others(name, value, expected):
    with pytest.raises(ValueError, match=f"x must be {expected}"):
        configs.coerce("x", value, configs.field_types(Every)[name])


def test_words_of_a_command_line(toy):
    words = ["power=1e-4", "sizes=5,10", "seed = 3", "precision=float32"]
    changes = configs.parse_changes(toy.EXPERIMENT, words)
    assert changes == {"power": 1e-4, "sizes": (5, 10), "seed": 3, "precision": "float32"}
    assert configs.configure(toy.EXPERIMENT, "quick", **changes).sizes == (5, 10)
    assert configs.parse_changes(toy.EXPERIMENT, ["sizes=100"]) == {"sizes": (100,)}


@pytest.mark.parametrize(("text", "value"), [("False", False), ("false", False), ("true", True)])
def test_a_flag_may_be_spelled_as_in_yaml(text, value):
    experiment = experiments.get("synergy.data-efficiency")
    assert configs.parse_changes(experiment, [f"flips={text}"]) == {"flips": value}
    assert configs.parse_changes(experiment, ["inference=true"]) == {"inference": "true"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["power"], "'power' is not of the form name=value"),
        (["=3"], "not of the form name=value"),
        (["sead=3"], "no parameter 'sead'; did you mean 'seed'"),
        (["seed=3", "seed=4"], "given twice"),
    ],
)
def test_wrong_words_are_refused(toy, words, expected):
    with pytest.raises(ValueError, match=expected):
        configs.parse_changes(toy.EXPERIMENT, words)


def test_a_word_of_another_type_is_refused_by_configure(toy):
    with pytest.raises(ValueError, match="'seed' must be int, got 'three'"):
        configs.configure(toy.EXPERIMENT, "quick", **configs.parse_changes(toy.EXPERIMENT, ["seed=three"]))


def test_the_profile_of_a_config_names_what_was_changed(toy):
    describe = configs.profile_of
    assert describe(toy.EXPERIMENT, toy.ToyConfig()) == "default"
    assert describe(toy.EXPERIMENT, toy.ToyConfig(sizes=(9, 8, 7))) == "paper"
    changed = configs.configure(toy.EXPERIMENT, "paper", seed=3)
    assert describe(toy.EXPERIMENT, changed) == "paper with seed=3"


@given(
    st.fixed_dictionaries(
        {
            "count": st.integers(), "name": st.text(),
            "rate": st.floats(allow_nan=False, allow_infinity=False),
            "flag": st.booleans(), "sizes": st.lists(st.integers()).map(tuple),
            "pair": st.tuples(st.text(), st.floats(allow_nan=False, allow_infinity=False)),
            "mode": st.sampled_from(["a", "b"]), "limit": st.none() | st.integers(),
        }
    )
)  # fmt: skip
def test_a_config_comes_back_from_its_fields(values):
    config = Every(**values)
    assert configs.from_fields(Every, configs.as_fields(config)) == config


@pytest.mark.parametrize("value", [np.float64(1.0), float("nan"), [1, 2], {"a": 1}, (1, np.int32(2))])
def test_a_config_that_has_no_single_form_is_refused(value):
    with pytest.raises(ValueError, match=r"Every\.rate = .* cannot be stored"):
        configs.as_fields(Every(**{**GOOD, "rate": value}))


def test_fields_of_another_version_are_refused():
    fields = configs.as_fields(Every(**GOOD))
    with pytest.raises(ValueError, match="another version of the code"):
        configs.from_fields(Every, {**fields, "extra": 1})
    del fields["rate"]
    with pytest.raises(ValueError, match="another version of the code"):
        configs.from_fields(Every, fields)
