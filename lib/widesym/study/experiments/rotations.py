r"""B-F1, B-F7, B-F11, B-S7: images under the five transformations, along a path, and dimensions counted.

Images are photographs with mean 0 and variance 1 in each colour channel, over all of them together. What is
shown is mean + deviation times the transformed image, cut to [0, 1], in 8 bits: a clean image is shown as it
is. Relative deviations are float64. Axes: kind (those of ``MOVED``), draw of :math:`\tau`, photograph.

* ``shown``: (kind, photograph, side, side, 3), all five kinds, and ``cut``: the share of values cut off;
* for each draw, what a kind keeps: ``norm``, ``site_norms`` :math:`|x_p|`, ``within``
  :math:`\langle x_p,x_q\rangle`, ``between`` :math:`\langle x_p,x'_p\rangle`, ``total``
  :math:`\langle x,x'\rangle`, ``values`` (all numbers, sorted): (kind, draw); ``fresh``: ``total`` with
  :math:`\tau` drawn anew for each image;
* ``neighbours``: (1 + kind, draw, photograph), correlation
  :math:`\sum\langle x_p,x_q\rangle/\sum\tfrac12(|x_p|^2+|x_q|^2)` over adjacent pixels, less the image's mean
  colour, the clean one first; ``outlines``: the same for :math:`|x_p|` in the place of :math:`x_p`;
* the path :math:`\tau_t=e^{-tA}` on matrices :math:`R_p(t)`: ``start``, ``orthogonal``, ``determinant``
  (times), ``addition`` (pairs of times), ``speed`` (pairs): :math:`|R_p(t)-R_p(s)|` over
  :math:`|t-s|\,|A_p|`, largest over pixels; controls ``end``, ``straight``, ``other_path``, ``jumps``,
  ``reflected`` (the share of pixels with determinant -1 under a random element of :math:`O(3)^d`);
  ``film``: (time, photograph, side, side, 3), ``film_neighbours``: (time, photograph), mean colours not
  taken off;
* ``large_clean``, ``large_rotated``: photographs of 224 pixels, ``full_clean``, ``full_rotated``: one of 512,
  with what :math:`O(3)^d` keeps of them and, permuted, does not;
* ``dimensions``: (count, d, group), by ``COUNTS``, for ``GROUPS``; ``one``: (d, group), what one element
  generates; ``joined``: (d, 2), rank of the Lie algebras of two successive groups together; ``loose``: (d,),
  O(3) x I without the exchange of pixels.

Source: [SS], Figures 1, S2, S7 to S9, Section 4, Appendix E.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from widesym.data.photographs import NAMES, photograph, photographs
from widesym.groups.dimensions import commuting, logarithms, rank
from widesym.groups.images import KINDS, ImageTransformation, lie_dimension, path, transformation
from widesym.groups.lie import lie_closure
from widesym.study.experiment import Experiment

MOVED = tuple(kind for kind in KINDS if kind != "identity")
GROUPS = ("colour", "pixelwise", "rotation")
COUNTS = ("equations", "generated", "drawn", "listed")
SHIFTS = (0.25, 0.375, 0.125, 0.625)  # s and t of the path whose sum is tested, exact in binary
_SMALL = 2.0**-6  # a time at which no rotation has gone half round
FULL = "astronaut"  # the photograph that is shown at full size
SEEDS = 2  # of the large photographs: Figures S7 and S8


@dataclasses.dataclass(frozen=True)
class Rotations:
    """Every number of the experiment.

    Args:
        side: of the images in pixels, for Figure 1 and the path.
        height, width: of the images on which identities are tested.
        draws: of each transformation, for the identities.
        frames: of the path, after the first.
        large: side of the large photographs.
        full: side of the one at full size.
        sites: numbers d of pixels for which dimensions are counted.
        seed: of everything.
    """

    side: int = 32
    height: int = 12
    width: int = 16
    draws: int = 20
    frames: int = 40
    large: int = 224
    full: int = 512
    sites: tuple[int, ...] = (1, 2, 3, 4)
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        for name in ("side", "height", "width", "large", "full"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} must be at least 2 pixels, got {getattr(self, name)}")
        if self.side > 48 or self.height * self.width > 1024:
            raise ValueError(
                f"side={self.side} and height x width={self.height} x {self.width}: an element of O(3d) has "
                "9d^2 numbers; stay at side <= 48 and height x width <= 1024"
            )
        if self.large > 300 or self.full > 512:
            raise ValueError(
                f"large={self.large} and full={self.full}: photographs have 300 pixels, {FULL} 512; "
                "stay at these"
            )
        for name in ("draws", "frames"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} must be at least 2, got {getattr(self, name)}")
        if not self.sites or list(self.sites) != sorted(set(self.sites)) or not 1 <= self.sites[0]:
            raise ValueError(f"sites must be increasing numbers of pixels from 1 on, got {self.sites}")
        if self.sites[-1] > 6:
            raise ValueError(
                f"sites={self.sites}: dimensions are counted with matrices of (3d)^2 columns; stay at d <= 6"
            )
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; take any integer from 0")


@dataclasses.dataclass(frozen=True, eq=False)
class Scale:
    """Mean and deviation of each colour channel, (3,), over a set of images; made by :func:`standardised`."""

    mean: np.ndarray
    deviation: np.ndarray

    def shown(self, x: np.ndarray) -> tuple[np.ndarray, float]:
        """Return 8-bit images of standardised ones, and the share of values that is cut off."""
        values = self.mean + self.deviation * x
        eight = np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)
        return eight, float(np.mean((values < -1e-9) | (values > 1 + 1e-9)))


def standardised(images: np.ndarray) -> tuple[np.ndarray, Scale]:
    """Return images (n, H, W, 3) with mean 0 and variance 1 in each colour over all, and the scale."""
    scale = Scale(images.mean((0, 1, 2)), images.std((0, 1, 2)))
    return (images - scale.mean) / scale.deviation, scale


def relative(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest deviation, relative to the largest expected value."""
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def neighbours(x: np.ndarray) -> np.ndarray:
    """Return the correlation of adjacent pixels of images (n, H, W, C), (n,)."""
    pairs = ((x[:, 1:], x[:, :-1]), (x[:, :, 1:], x[:, :, :-1]))
    above = sum((a * b).sum((1, 2, 3)) for a, b in pairs)
    return above / sum((a**2 + b**2).sum((1, 2, 3)) / 2 for a, b in pairs)


def contrast(x: np.ndarray) -> np.ndarray:
    """Return images less the mean colour of each."""
    return x - x.mean((1, 2), keepdims=True)


def outlines(x: np.ndarray) -> np.ndarray:
    """Return the same for the norms of pixels, less their mean: whether shapes are still seen, (n,)."""
    return neighbours(contrast(np.linalg.norm(x, axis=-1, keepdims=True)))


def run_shard(config: Rotations, shard: str) -> dict[str, np.ndarray]:
    """Return the arrays of one shard; see the module."""
    return _SHARDS[shard](config)


def _figure(config: Rotations) -> dict[str, np.ndarray]:
    x, scale = standardised(photographs(config.side))
    shown, cut = zip(
        *(scale.shown(transformation(kind, config.side, config.side, config.seed)(x)) for kind in KINDS),
        strict=True,
    )
    return {"shown": np.stack(shown), "cut": np.array(cut)}


def _small_images(config: Rotations) -> np.ndarray:
    side = max(config.height, config.width)
    top, left = (side - config.height) // 2, (side - config.width) // 2
    images = photographs(side)[:, top : top + config.height, left : left + config.width]
    return standardised(images)[0]


def _kept(config: Rotations) -> dict[str, np.ndarray]:
    x = _small_images(config)
    sites = x.reshape(len(x), -1, 3)
    flat = x.reshape(len(x), -1)

    def numbers(y: np.ndarray) -> dict[str, np.ndarray]:
        at, whole = y.reshape(sites.shape), y.reshape(flat.shape)
        return {
            "norm": np.linalg.norm(whole, axis=1),
            "site_norms": np.linalg.norm(at, axis=2),
            "within": np.einsum("npc,nqc->npq", at, at),
            "between": np.einsum("npc,mpc->nmp", at, at),
            "total": whole @ whole.T,
            "values": np.sort(whole, axis=1),
        }

    clean = numbers(x)
    found: dict[str, list] = {name: [] for name in (*clean, "fresh")}
    seen = {"neighbours": [neighbours(contrast(x))] * config.draws, "outlines": [outlines(x)] * config.draws}
    for kind in MOVED:
        for draw in range(config.draws):
            y = _drawn(config, kind, draw)(x)
            for name, value in numbers(y).items():
                found[name].append(relative(value, clean[name]))
            others = [_drawn(config, kind, (draw + n) % config.draws) for n in range(len(x))]
            fresh = np.concatenate([other(x[n : n + 1]) for n, other in enumerate(others)])
            found["fresh"].append(relative(numbers(fresh)["total"], clean["total"]))
            seen["neighbours"].append(neighbours(contrast(y)))
            seen["outlines"].append(outlines(y))
    arrays = {name: np.reshape(values, (len(MOVED), config.draws)) for name, values in found.items()}
    return arrays | {
        name: np.reshape(values, (1 + len(MOVED), config.draws, len(x))) for name, values in seen.items()
    }


def _drawn(config: Rotations, kind: str, draw: int) -> ImageTransformation:
    return transformation(kind, config.height, config.width, config.seed + draw)


def pixel_matrices(config: Rotations, tau: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the matrix at each pixel, (d, 3, 3), of a transformation that acts pixel by pixel."""
    colours = np.broadcast_to(np.eye(3)[:, None, None], (3, config.height, config.width, 3))
    return np.moveaxis(tau(np.ascontiguousarray(colours)).reshape(3, -1, 3), 0, 2)


def _path(config: Rotations) -> dict[str, np.ndarray]:
    def matrices(t: float, seed: int = config.seed) -> np.ndarray:
        return pixel_matrices(config, path(config.height, config.width, seed, t))

    eye = np.eye(3)
    times = np.linspace(0, 1, 9)
    turned = np.stack([matrices(t) for t in times])  # (times, d, 3, 3)
    skew = -logarithms(matrices(_SMALL)) / (2 * _SMALL)  # A_p: R_p(t) = exp(-t A_p)
    size = np.linalg.norm(skew, 2, axis=(1, 2))
    straight = eye - times[:, None, None, None] * skew
    element = pixel_matrices(config, transformation("pixelwise", config.height, config.width, config.seed))
    jumps = np.stack([matrices(t, config.seed + k) for k, t in enumerate(times)])

    def defects(r: np.ndarray) -> np.ndarray:
        return np.abs(np.swapaxes(r, -1, -2) @ r - eye).max((1, 2, 3))

    def speeds(r: np.ndarray) -> np.ndarray:
        moved = np.linalg.norm(np.diff(r, axis=0), 2, axis=(2, 3))
        return (moved / (np.diff(times)[:, None] * size)).max(1)

    def added(seed: int) -> np.ndarray:
        pairs = zip(SHIFTS[::2], SHIFTS[1::2], strict=True)
        return np.array([np.abs(matrices(s) @ matrices(t, seed) - matrices(s + t)).max() for s, t in pairs])

    found = {
        "start": np.abs(turned[0] - eye).max(), "end": np.abs(turned[-1] - eye).max((1, 2)),
        "orthogonal": defects(turned), "straight": defects(straight)[1:],
        "determinant": np.abs(np.linalg.det(turned) - 1).max(1),
        "reflected": np.mean(np.linalg.det(element) < 0),
        "addition": added(config.seed), "other_path": added(config.seed + 1),
        "speed": speeds(turned), "jumps": speeds(jumps),
    }  # fmt: skip
    x, scale = standardised(photographs(config.side))
    film = [path(config.side, config.side, config.seed, t)(x) for t in np.linspace(0, 1, config.frames + 1)]
    return found | {
        "film": np.stack([scale.shown(y)[0] for y in film]),
        "film_neighbours": np.stack([neighbours(y) for y in film]),
    }


def _photographs(config: Rotations) -> dict[str, np.ndarray]:
    x, scale = standardised(photographs(config.large))
    taus = [transformation("pixelwise", config.large, config.large, config.seed + k) for k in range(SEEDS)]
    rotated = [tau(x) for tau in taus]
    fresh = np.concatenate([taus[n % SEEDS](x[n : n + 1]) for n in range(len(x))])
    full, full_scale = standardised(photograph(FULL, config.full)[None])
    whole = transformation("pixelwise", config.full, config.full, config.seed)(full)

    def norms(y: np.ndarray) -> np.ndarray:
        return np.linalg.norm(y, axis=-1)

    def between(y: np.ndarray) -> np.ndarray:
        return np.einsum("nhwc,mhwc->nmhw", y, y)

    kept = between(x)
    shuffled = transformation("permutation", config.large, config.large, config.seed)(x)
    return {
        "large_clean": scale.shown(x)[0], "large_rotated": np.stack([scale.shown(y)[0] for y in rotated]),
        "large_cut": np.array([scale.shown(y)[1] for y in rotated]),
        "full_clean": full_scale.shown(full)[0][0], "full_rotated": full_scale.shown(whole)[0][0],
        "large_norms": np.array([relative(norms(y), norms(x)) for y in rotated]),
        "full_norms": np.array([relative(norms(whole), norms(full))]),
        "large_between": np.array([relative(between(y), kept) for y in rotated]),
        "large_fresh": np.array([relative(between(fresh), kept)]),
        "large_permuted": np.array([relative(norms(shuffled), norms(x))]),
        "large_neighbours": np.stack([neighbours(contrast(y)) for y in (x, *rotated)]),
        "large_outlines": np.stack([outlines(y) for y in (x, *rotated, shuffled)]),
    }  # fmt: skip


def constraints(group: str, d: int) -> np.ndarray:
    r"""Return matrices, (m, 3d, 3d), whose commutant in O(3d) is the group.

    :math:`O(3)^d` keeps every pixel to itself: it commutes with the projectors on pixels.
    :math:`O(3)\otimes I_d` commutes also with the exchange of two neighbouring pixels.
    """
    projectors = [np.kron(np.diag(row), np.eye(3)) for row in np.eye(d)]
    exchanges = [np.kron(np.eye(d)[_swapped(d, p)], np.eye(3)) for p in range(d - 1)]
    chosen = {"rotation": [], "pixelwise": projectors, "colour": projectors + exchanges}[group]
    return np.array(chosen).reshape(-1, 3 * d, 3 * d)


def _swapped(d: int, p: int) -> list[int]:
    order = list(range(d))
    order[p], order[p + 1] = order[p + 1], order[p]
    return order


def _dimensions(config: Rotations) -> dict[str, np.ndarray]:
    counts = np.zeros((len(COUNTS), len(config.sites), len(GROUPS)), np.int64)
    one = np.zeros((len(config.sites), len(GROUPS)), np.int64)
    joined = np.zeros((len(config.sites), len(GROUPS) - 1), np.int64)
    rng = np.random.default_rng([config.seed, 10])
    for i, d in enumerate(config.sites):
        bases = []
        for j, group in enumerate(GROUPS):
            basis = commuting(constraints(group, d))
            bases.append(basis)
            two = np.einsum("mk,kij->mij", rng.normal(size=(2, len(basis))), basis)
            closed = [len(lie_closure(elements, np.zeros((0, 3 * d, 3 * d)))) for elements in (two, two[:1])]
            seeds = range(config.seed, config.seed + len(basis) + 4)
            elements = np.array([transformation(group, 1, d, seed).matrix() for seed in seeds])
            counts[:, i, j] = len(basis), closed[0], rank(logarithms(elements)), lie_dimension(group, d)
            one[i, j] = closed[1]
        joined[i] = [rank(np.concatenate(pair)) for pair in zip(bases, bases[1:], strict=False)]
    loose = [len(commuting(constraints("colour", d)[:d])) for d in config.sites]
    return {"dimensions": counts, "one": one, "joined": joined, "loose": np.array(loose)}


_SHARDS = {"kept": _kept, "figure": _figure, "path": _path, "photographs": _photographs, "sizes": _dimensions}


def shards(config: Rotations) -> tuple[str, ...]:
    """Return the shard names, the dearest first."""
    return tuple(_SHARDS)


def gather(config: Rotations, parts: dict) -> dict[str, np.ndarray]:
    """Return the arrays of all shards together."""
    return {name: value for shard in shards(config) for name, value in parts[shard].items()}


EXPERIMENT = Experiment(
    name="synergy.rotations",
    config_type=Rotations,
    profiles={
        "quick": Rotations(side=12, draws=4, frames=8, large=24, full=32, sites=(1, 2)),
        "default": Rotations(),
        "paper": Rotations(draws=100),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-F1", "B-F7", "B-F11", "B-S7"),
)

__all__ = ["EXPERIMENT", "NAMES", "Rotations"]
