r"""A synthetic family of labelled images whose labels have a symmetry of our choice.

Class :math:`k` has a motif :math:`m_k`, a patch of random colours. An image of class :math:`y` is

.. math:: x=(h\otimes I_d)\Big(\sum_{c=1}^{C}T_{p_c}m_y+\sum_{j=1}^{J}T_{q_j}u_{z_j}\Big)+\sigma\varepsilon,

with :math:`T_p` the circular translation by :math:`p`, positions :math:`p_c,q_j` uniform, :math:`h` from the
Haar law of a group :math:`H\subset O(3)`, distractors :math:`u_z` from a fixed set that is the same for all
classes, and :math:`\varepsilon` standard normal. All are independent of each other and of :math:`y`.

**Invariance.** For every translation :math:`\delta` and every :math:`g\in H`, the pair
:math:`(T_\delta(g\otimes I_d)x,y)` has the law of :math:`(x,y)`, as

.. math:: T_\delta(g\otimes I_d)\,x(y,p,q,z,h,\varepsilon)
    = x\big(y,\;p+\delta,\;q+\delta,\;z,\;gh,\;T_\delta(g\otimes I_d)\varepsilon\big)

and this map of the random draws keeps their law: uniform positions, Haar law, isotropic noise. So
:math:`P(y\mid x)` and the law of :math:`x` are invariant under translations and :math:`H`. For almost all
motifs they are under no other rotation of colours, nor, with ``translations=False``, under translations.

Shapes: n images, side S, ``d = S^2``, K classes, motifs s x s. float64; :func:`draw` rounds to float32.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike

from widesym.data.colours import COLOURS, colour_samples
from widesym.data.datasets import Dataset, digest

DISTRACTORS = 16  # different ones, in every family

_MOTIFS, _DISTRACTORS, _PLACES = range(3)
_LABEL, _POSITION, _CHOICE, _CLUTTER, _COLOUR, _NOISE = range(6)


@dataclass(frozen=True)
class Family:
    """The law of the images.

    Attributes:
        side: S.
        classes: K.
        motif: s, the side of motifs, at most S.
        copies: C, how often an image shows its motif; overlapping copies add up.
        noise: sigma; the motifs have mean square 1 on their s x s pixels.
        clutter: J, distractors an image.
        colours: H, a name in :data:`widesym.data.colours.COLOURS`.
        translations: whether motifs lie anywhere; otherwise at places that all images share.
        seed: of motifs, distractors and shared places.

    Raises:
        ValueError: a number out of its range, or an unknown group.
    """

    side: int = 16
    classes: int = 10
    motif: int = 4
    copies: int = 2
    noise: float = 0.6
    clutter: int = 0
    colours: str = "none"
    translations: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every number."""
        for name, least in (
            ("side", 1),
            ("classes", 2),
            ("motif", 1),
            ("copies", 1),
            ("clutter", 0),
            ("seed", 0),
        ):
            _check_integer(name, getattr(self, name), least)
        if self.motif > self.side:
            raise ValueError(
                f"motif={self.motif}: must be at most side={self.side}; remedy: choose a smaller motif"
            )
        if (
            isinstance(self.noise, bool)
            or not isinstance(self.noise, (int, float))
            or not 0 <= self.noise < np.inf
        ):
            raise ValueError(f"noise={self.noise!r}: must be a finite number >= 0; remedy: such as 0.6")
        if self.colours not in COLOURS:
            raise ValueError(
                f"colours={self.colours!r}: must be one of {', '.join(COLOURS)}; remedy: choose one"
            )
        if not isinstance(self.translations, bool):
            raise ValueError(f"translations={self.translations!r}: must be True or False; remedy: choose one")

    def motifs(self) -> np.ndarray:
        """Return the motifs of the classes, ``(K, s, s, 3)``, each of mean square 1."""
        return _patches(self, _MOTIFS, self.classes)

    def distractors(self) -> np.ndarray:
        """Return the distractors, ``(DISTRACTORS, s, s, 3)``, each of mean square 1."""
        return _patches(self, _DISTRACTORS, DISTRACTORS)


@dataclass(frozen=True, eq=False)
class Latents:
    """Everything random in n images; :func:`render` makes the images from it.

    Attributes:
        labels: y, ``(n,)``.
        positions: p, ``(n, C, 2)``, row and column of a motif's first pixel.
        choices: z, ``(n, J)``.
        clutter: q, ``(n, J, 2)``.
        rotations: h, ``(n, 3, 3)``.
        noise: epsilon, ``(n, S, S, 3)``.
    """

    labels: np.ndarray
    positions: np.ndarray
    choices: np.ndarray
    clutter: np.ndarray
    rotations: np.ndarray
    noise: np.ndarray

    def moved(self, shift: tuple[int, int], colour: ArrayLike) -> "Latents":
        r"""Return the draws that belong to the images moved by :math:`T_\delta(g\otimes I_d)`.

        Args:
            shift: delta, rows and columns.
            colour: g, orthogonal ``(3, 3)``.
        """
        colour = np.asarray(colour, np.float64)
        side = self.noise.shape[1]
        return replace(
            self,
            positions=(self.positions + np.asarray(shift)) % side,
            clutter=(self.clutter + np.asarray(shift)) % side,
            rotations=colour @ self.rotations,
            noise=np.roll(self.noise, shift, (1, 2)) @ colour.T,
        )


def draw_latents(family: Family, count: int, seed: int) -> Latents:
    """Draw everything random in ``count`` images; a smaller count gives the beginning of a larger one.

    The labels come in rounds of one image of each class, in random order.

    Raises:
        ValueError: a count or a seed that is no such integer.
    """
    _check_integer("count", count, 1)
    _check_integer("seed", seed, 0)

    def stream(number: int) -> np.random.Generator:
        return np.random.default_rng([family.seed, seed, number])

    side, rounds = family.side, -(-count // family.classes)
    labels = stream(_LABEL).permuted(np.tile(np.arange(family.classes), (rounds, 1)), axis=1)
    if family.translations:
        positions = stream(_POSITION).integers(side, size=(count, family.copies, 2))
    else:
        places = np.random.default_rng([family.seed, _PLACES]).integers(side, size=(family.copies, 2))
        positions = np.tile(places, (count, 1, 1))
    return Latents(
        labels=labels.ravel()[:count],
        positions=positions,
        choices=stream(_CHOICE).integers(DISTRACTORS, size=(count, family.clutter)),
        clutter=stream(_CLUTTER).integers(side, size=(count, family.clutter, 2)),
        rotations=colour_samples(family.colours, stream(_COLOUR), count),
        noise=stream(_NOISE).standard_normal((count, side, side, 3)),
    )


def render(family: Family, latents: Latents) -> np.ndarray:
    """Make the images of given draws: float64 ``(n, S, S, 3)``."""
    n = len(latents.labels)
    images = np.zeros((n, family.side, family.side, 3))
    motifs, distractors = family.motifs(), family.distractors()
    for copy in range(family.copies):
        _place(images, latents.positions[:, copy], motifs[latents.labels])
    for j in range(family.clutter):
        _place(images, latents.clutter[:, j], distractors[latents.choices[:, j]])
    # in this order, so that one image by itself has the same bits
    coloured = sum(latents.rotations[:, None, None, :, j] * images[..., j, None] for j in range(3))
    return coloured + family.noise * latents.noise


def draw(family: Family, count: int, seed: int) -> Dataset:
    """Draw labelled images; balanced to within one image a class, as is every beginning.

    Args:
        family: the law.
        count: n; a smaller count gives the beginning of a larger one.
        seed: an integer >= 0; two seeds give independent images of one family.

    Returns:
        float32 images; the checksum is of the settings.

    Raises:
        ValueError: a count or a seed that is no such integer.
    """
    latents = draw_latents(family, count, seed)
    classes = tuple(f"motif {k}" for k in range(family.classes))
    settings = repr(tuple((one.name, getattr(family, one.name)) for one in fields(family)))
    checksum = digest(b"synthetic", settings.encode(), f"{count} {seed}".encode())
    return Dataset("synthetic", render(family, latents), latents.labels, classes, checksum)


def _patches(family: Family, stream: int, count: int) -> np.ndarray:
    rng = np.random.default_rng([family.seed, stream])
    patches = rng.standard_normal((count, family.motif, family.motif, 3))
    return patches / np.sqrt((patches**2).mean(axis=(1, 2, 3), keepdims=True))


def _place(images: np.ndarray, positions: np.ndarray, patches: np.ndarray) -> None:
    """Add a patch to each image at its position, across the border to the other side."""
    side, motif = images.shape[1], patches.shape[1]
    rows = (positions[:, 0, None] + np.arange(motif)) % side
    columns = (positions[:, 1, None] + np.arange(motif)) % side
    images[np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]] += patches


def _check_integer(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name}={value!r}: must be an integer >= {least}; remedy: choose one")
