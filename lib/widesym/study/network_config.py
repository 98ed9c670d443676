"""What the configs of experiments that train finite networks have in common: images, depth and training.

The synthetic family is easier here than where kernels are compared by themselves: five classes, one motif an
image and little noise. Ten classes in noise of 0.8 leave single networks near chance at a few hundred
images, by what their start adds (:mod:`widesym.study.network_runs`), and the infinite ones with them.
"""

import dataclasses
import itertools

from widesym.data.synthetic import Family
from widesym.networks.training import Plan
from widesym.study.image_tasks import (
    JPEG_CHECKSUM,
    JPEG_COPY,
    SYNTHETIC,
    ImageSource,
    Task,
    architecture,
    task,
)
from widesym.study.network_runs import INFERENCES

# the paper's setting ([SS], Section B.1), as far as fields of NetworkConfig say it
PAPER = {
    "source": JPEG_COPY,
    "checksum": JPEG_CHECKSUM,
    "side": 32,
    "depth": 8,
    "train": 45_000,
    "test": 10_000,
    "steps": 1_000_000,
    "classes": 10,
    "draws": 5,
}


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    r"""Images, depth and training; experiments add what they vary.

    Args:
        source: ``synthetic``, or a source of real images.
        checksum: of the real images; others are refused. Empty for synthetic ones.
        side: of the images.
        depth: hidden layers.
        train: training images, m.
        test: test images.
        steps: of SGD, at most; a run ends earlier when it has all training images right.
        batch: training images a step.
        epochs: between looks at training and test accuracy.
        draws: of images, :math:`\tau` and starts.
        ridge: of kernel regression, as a fraction of the mean diagonal.
        classes, motif, copies, noise: of the synthetic family.
        seed: of everything.
    """

    source: str = SYNTHETIC
    checksum: str = ""
    side: int = 8
    depth: int = 2
    train: int = 480
    test: int = 500
    steps: int = 1200
    batch: int = 40
    epochs: int = 1
    draws: int = 5
    ridge: float = 1e-6
    classes: int = 5
    motif: int = 4
    copies: int = 1
    noise: float = 0.15
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment, with the rule and the remedy."""
        for name in ("test", "steps", "batch", "epochs", "draws"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.train < self.batch:
            raise ValueError(f"train must be at least one batch of {self.batch}, got {self.train}")
        if not self.ridge >= 0:
            raise ValueError(f"ridge must not be negative, got {self.ridge}: it is added to the diagonal")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")
        architecture("VEC", self.depth).pooling(self.side, self.side)
        self.image_source()  # raises for the rest

    def image_source(self) -> ImageSource:
        """Return where the images come from."""
        names = ("side", "classes", "motif", "copies", "noise")
        family = Family(**{name: getattr(self, name) for name in names})
        return ImageSource(
            self.source, self.checksum, self.side, family if self.source == SYNTHETIC else None
        )

    def task(self, draw: int) -> Task:
        """Return the images of a draw."""
        return task(self.image_source(), self.train, self.test, self.seed, draw)

    def plan(self, train: int | None = None) -> Plan:
        """Return how long to train on that many images, and when to look."""
        batches = (self.train if train is None else train) // self.batch
        return Plan(self.steps, self.batch, self.epochs * batches)

    @property
    def title(self) -> str:
        """What figures say of the images and the depth."""
        return f"{self.image_source().label}, {self.side}×{self.side}, L = {self.depth}"

    @property
    def where(self) -> str:
        """The images in a word."""
        return "synthetic" if self.source == SYNTHETIC else "photographs"


def check_widths(widths: tuple[int, ...], *, mirrored: bool) -> None:
    """Refuse widths that do not increase, or that have no two halves to be mirrored.

    Raises:
        ValueError: with the rule.
    """
    if not widths or any(a >= b for a, b in itertools.pairwise((0, *widths))):
        raise ValueError(f"widths must increase from 1 on, at least one, got {widths}")
    if mirrored and any(width % 2 for width in widths):
        raise ValueError(f"a mirrored start has two halves: widths must be even, got {widths}")


def check_names(field: str, names: tuple[str, ...], valid: tuple[str, ...] = tuple(INFERENCES)) -> None:
    """Refuse names that are unknown, not distinct, or none; by default those of inferences.

    Raises:
        ValueError: with the valid names.
    """
    if not names or len(set(names)) < len(names) or not set(names) <= set(valid):
        raise ValueError(f"{field} must be distinct, at least one, and of {', '.join(valid)}; got {names}")
