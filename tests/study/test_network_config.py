"""What the configs of experiments with finite networks have in common."""

import pytest

from widesym.study.image_tasks import JPEG_CHECKSUM
from widesym.study.network_config import PAPER, NetworkConfig, check_names, check_widths


def test_looks_are_after_whole_epochs():
    config = NetworkConfig(train=130, batch=40, epochs=2)
    assert (config.plan().look, config.plan().batch, config.plan().steps) == (6, 40, config.steps)
    assert config.plan(400).look == 20


def test_a_draw_is_a_task():
    images = NetworkConfig(side=4, motif=2, train=50, test=20).task(3)
    assert images.train.images.shape == (50, 4, 4, 3) and len(images.test) == 20
    assert len(images.train.classes) == 5


def test_the_papers_setting():
    config = NetworkConfig(**PAPER)
    assert (config.checksum, config.side, config.depth, config.batch) == (JPEG_CHECKSUM, 32, 8, 40)
    assert (config.train, config.steps, config.draws) == (45_000, 1_000_000, 5)
    assert config.where == "photographs" and "32×32" in config.title


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps must be at least 1"),
        ({"draws": 0}, "draws must be at least 1"),
        ({"train": 39}, "at least one batch of 40"),
        ({"ridge": -1.0}, "ridge must not be negative"),
        ({"seed": -1}, "seed must not be negative"),
        ({"depth": 0}, "depth=0"),
        ({"noise": -1.0}, "noise"),
        ({"source": "flowers"}, "unknown source"),
    ],
)
def test_bad_numbers_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        NetworkConfig(**change)


@pytest.mark.parametrize("widths", [(), (0, 2), (4, 4), (8, 4)])
def test_widths_increase(widths):
    with pytest.raises(ValueError, match="widths must increase from 1 on"):
        check_widths(widths, mirrored=False)


def test_mirrored_widths_are_even():
    check_widths((3, 4), mirrored=False)
    with pytest.raises(ValueError, match="widths must be even, got \\(3, 4\\)"):
        check_widths((3, 4), mirrored=True)


@pytest.mark.parametrize("names", [(), ("NN", "NN"), ("NTK",)])
def test_names_are_known_and_distinct(names):
    with pytest.raises(ValueError, match="inferences must be distinct, at least one, and of NN, NN\\+"):
        check_names("inferences", names)
