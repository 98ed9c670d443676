"""Descriptions of networks: equal ones are equal, impossible ones are refused with the reason."""

import dataclasses

import pytest

from widesym.architectures import KINDS, Architecture


@pytest.mark.parametrize("kind", KINDS)
def test_equal_descriptions_are_one_key(kind):
    window = 4 if kind == "LAP" else 0
    one, same = (Architecture(kind, 3, window=window) for _ in range(2))
    assert one == same and hash(one) == hash(same)
    assert one != dataclasses.replace(one, depth=4)
    assert one.name == ("LAP4" if kind == "LAP" else kind)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.depth = 5


def test_defaults_are_the_papers():
    paper = Architecture("GAP", 8)
    assert (paper.weight_variance, paper.bias_variance) == (2.0, 0.01)
    assert (paper.activation, paper.kernel_size, paper.parametrisation) == ("relu", 3, "ntk")


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ({"kind": "CNN"}, "unknown kind 'CNN'; valid: FCN"),
        ({"activation": "tanh"}, "unknown activation 'tanh'; valid: relu, erf"),
        ({"parametrisation": "NTK"}, "unknown parametrisation 'NTK'; valid: ntk"),
        ({"depth": 0}, "depth=0 must be a whole number, at least 1: without hidden layers"),
        ({"depth": 2.0}, "depth=2.0 must be a whole number"),
        ({"depth": True}, "depth=True must be a whole number"),
        ({"kernel_size": 4}, "kernel_size=4 has no middle pixel"),
        ({"kernel_size": 0}, "kernel_size=0 must be"),
        ({"kind": "LAP"}, "window=0 must be a whole number, at least 1: LAP pools over windows"),
        ({"kind": "GAP", "window": 4}, "window=4 is given, but GAP does not pool over windows"),
        ({"weight_variance": 0.0}, "weight_variance=0.0 must be positive"),
        ({"weight_variance": float("nan")}, "weight_variance=nan must be positive"),
        ({"bias_variance": -0.1}, "bias_variance=-0.1 must not be negative"),
        ({"bias_variance": float("inf")}, "bias_variance=inf"),
        ({"widths": (8, 8)}, r"widths=\(8, 8\) must be a tuple with one width for each of the 3"),
        ({"widths": [8, 8, 8]}, "must be a tuple"),
        ({"widths": (8, 0, 8)}, "a width=0 must be a whole number"),
    ],
)
def test_impossible_descriptions_are_refused_with_the_reason(description, reason):
    with pytest.raises(ValueError, match=reason):
        Architecture(**({"kind": "VEC", "depth": 3} | description))


@pytest.mark.parametrize(
    ("kind", "window", "pooled"),
    [("FCN", 0, (1, 1)), ("LCN", 0, (1, 1)), ("VEC", 0, (1, 1)), ("LAP", 4, (4, 4)), ("GAP", 0, (8, 12))],
)
def test_what_the_readout_averages_over(kind, window, pooled):
    assert Architecture(kind, 1, window=window).pooling(8, 12) == pooled


def test_images_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="windows of 4 x 4 do not tile an image of 8 x 10"):
        Architecture("LAP", 1, window=4).pooling(8, 10)
    with pytest.raises(ValueError, match="kernel_size=7 reaches 3 pixels, round an image of 2 x 8 more than"):
        Architecture("GAP", 1, kernel_size=7).pooling(2, 8)
    assert Architecture("FCN", 1, kernel_size=7).pooling(2, 8) == (1, 1)
    assert Architecture("GAP", 1).pooling(1, 1) == (1, 1)
