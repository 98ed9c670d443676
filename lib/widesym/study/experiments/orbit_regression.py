r"""B-X1 in learning: regression with GAP's kernel is regression with VEC's on all translates of the data.

With :math:`k=K_{VEC}`, which does not change when both images are translated, the m training images
moved by all d translations and their labels copied, the regression with ridge :math:`d\lambda` predicts

.. math:: f(x)=\sum_{\delta,j}k(x,T_\delta x_j)\beta_j,\quad(dK_{GAP}+d\lambda I)\beta=y
    \quad\Longrightarrow\quad f(x)=K_{GAP}(x,X)\,(K_{GAP}(X,X)+\lambda I)^{-1}y .

The label of an image is :math:`\sum_px_{p,\text{red}}\,x_{p+e,\text{green}}` with e one pixel to the right,
centred and scaled: no translation changes it. Relative deviations of predictions on new images from GAP's,
each with the axes (depth, kernel):

* ``orbit``: VEC on all translates, ridge :math:`d\lambda`; ``unscaled``: ridge :math:`\lambda`;
* ``moved``: the same predictor on translated images, against itself; ``plain_moved``: of plain VEC;
* ``rows``: VEC on vertical translates only, ridge :math:`H\lambda`;
* ``after``: plain VEC, its predictions averaged over the translates of the new image;
* ``curve``: (depth, kernel, number of translates, draw), VEC on random translates, as many for every image;
  ``counts``: their numbers; ``error``: the same axes, mean squared error on new images;
  ``gap_error``: (depth, kernel).

Source: extension of [SS] (B-X1) and [MF] (DA and FA agree for kernels).
"""

import dataclasses
import itertools

import numpy as np

from widesym.architectures import Architecture
from widesym.kernels.pairs import pair_kernels
from widesym.kernels.readout import Kernels
from widesym.kernels.regression import predict
from widesym.study.experiment import Experiment
from widesym.study.experiments._images import smooth_images

EXACT = ("orbit", "moved")
BROKEN = ("unscaled", "plain_moved", "rows", "after")


@dataclasses.dataclass(frozen=True)
class OrbitRegression:
    """Every number of the experiment.

    Args:
        height, width: of the images.
        train, test: numbers of images.
        depths: numbers of hidden layers, ReLU.
        ridge: as a fraction of the mean diagonal of GAP's kernel.
        draws: of the random translates.
        seed: of images and translates.
    """

    height: int = 4
    width: int = 6
    train: int = 60
    test: int = 200
    depths: tuple[int, ...] = (1, 3)
    ridge: float = 1e-2
    draws: int = 20
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that define no experiment."""
        for name in ("height", "width"):
            if getattr(self, name) < 3:
                raise ValueError(
                    f"{name} must be at least 3, the size of a filter, got {getattr(self, name)}"
                )
        for name in ("train", "test"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} must be at least 2, got {getattr(self, name)}")
        if not self.depths or min(self.depths) < 1 or len(set(self.depths)) < len(self.depths):
            raise ValueError(f"depths must be distinct numbers of layers from 1 on, got {self.depths}")
        if not self.ridge > 0:
            raise ValueError(f"ridge must be positive, got {self.ridge}; take one such as 1e-2")
        if self.draws < 1 or self.seed < 0:
            raise ValueError(f"draws must be at least 1 and seed at least 0, got {self.draws}, {self.seed}")


def data(config: OrbitRegression) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return training images, their labels (m, 1), new images, their labels (t, 1)."""
    x = smooth_images((config.seed, 30), config.train + config.test, config.height, config.width)
    y = (x[..., 0] * np.roll(x[..., 1], -1, axis=2)).sum(axis=(1, 2))[:, None]
    y = (y - y[: config.train].mean()) / y[: config.train].std()
    return x[: config.train], y[: config.train], x[config.train :], y[config.train :]


def translates(x: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Return images moved by translations (n, 2), the translation first, (n m, H, W, C)."""
    return np.concatenate([np.roll(x, tuple(shift), (1, 2)) for shift in which])


def all_translations(config: OrbitRegression) -> np.ndarray:
    """Return all (rows down, columns right), (d, 2), first none at all."""
    return np.array(list(itertools.product(range(config.height), range(config.width))))


def run_shard(config: OrbitRegression, shard: str) -> dict[str, np.ndarray]:
    """Compute one depth, such as ``depth:3``."""
    depth = int(shard.removeprefix("depth:"))
    x, y, new, truth = data(config)
    every = all_translations(config)
    rng = np.random.default_rng([config.seed, 31])
    shifts = every[rng.integers(1, len(every), config.test)]
    elsewhere = np.array([np.roll(image, tuple(s), (0, 1)) for image, s in zip(new, shifts, strict=True)])

    def kernels(kind: str, *images: np.ndarray) -> Kernels:
        return pair_kernels(Architecture(kind, depth), *images, precision="float64", threads=1)

    orbit = translates(x, every)
    gap, gap_new = kernels("GAP", x), kernels("GAP", new, x)
    vec, vec_new, vec_elsewhere = (
        kernels("VEC", orbit),
        kernels("VEC", new, orbit),
        kernels("VEC", elsewhere, orbit),
    )
    orders = [rng.permutation(np.arange(1, len(every))) for _ in range(config.draws)]
    found: dict[str, list] = {}
    for K, K_new, V, V_new, V_elsewhere in zip(gap, gap_new, vec, vec_new, vec_elsewhere, strict=True):
        penalty = config.ridge * np.diag(K).mean()
        target = predict(K, K_new, y, ridge=config.ridge)

        def by_vec(some, test, scale, V=V, penalty=penalty):
            """VEC on some translates of each image, with ``scale`` times GAP's ridge."""
            rows = (np.asarray(some)[:, None] * len(x) + np.arange(len(x))).ravel()
            train = V[np.ix_(rows, rows)]
            fraction = scale * penalty / np.diag(train).mean()
            return predict(train, test[:, rows], np.tile(y, (len(some), 1)), ridge=fraction)

        d, whole = len(every), np.arange(len(every))
        rows = whole[:: config.width]
        on_orbit, plain = by_vec(whole, V_new, d), by_vec([0], V_new, 1)
        # averaging over translates of the new image makes VEC's kernel GAP's, in the new image only
        averaged = np.tile(K_new, (1, d))
        one_kernel = {
            "orbit": relative(on_orbit, target),
            "unscaled": relative(by_vec(whole, V_new, 1), target),
            "moved": relative(by_vec(whole, V_elsewhere, d), on_orbit),
            "plain_moved": relative(by_vec([0], V_elsewhere, 1), plain),
            "rows": relative(by_vec(rows, V_new, len(rows)), target),
            "after": relative(by_vec([0], averaged, 1), target),
            "gap_error": np.mean((target - truth) ** 2),
        }
        curves = [
            [by_vec([0, *order[: count - 1]], V_new, count) for order in orders] for count in counts(config)
        ]
        one_kernel["curve"] = [[relative(f, target) for f in draws] for draws in curves]
        one_kernel["error"] = [[np.mean((f - truth) ** 2) for f in draws] for draws in curves]
        for name, value in one_kernel.items():
            found.setdefault(name, []).append(value)
    return {name: np.array(value) for name, value in found.items()}


def relative(f: np.ndarray, target: np.ndarray) -> float:
    """Return the largest difference of predictions over the largest prediction."""
    return float(np.abs(f - target).max() / np.abs(target).max())


def counts(config: OrbitRegression) -> tuple[int, ...]:
    """Return numbers of translates, from one to all; all but one is among them."""
    d = config.height * config.width
    return tuple(sorted({1, d // 8 + 1, d // 4, d // 2, 3 * d // 4, d - 1, d}))


def shards(config: OrbitRegression) -> tuple[str, ...]:
    """Return the shard names, the deepest first."""
    return tuple(f"depth:{depth}" for depth in sorted(config.depths, reverse=True))


def gather(config: OrbitRegression, parts: dict) -> dict[str, np.ndarray]:
    """Return all arrays, the depth first."""
    each = [parts[f"depth:{depth}"] for depth in config.depths]
    joined = {name: np.stack([part[name] for part in each]) for name in each[0]}
    return {**joined, "counts": np.array(counts(config))}


EXPERIMENT = Experiment(
    name="synergy.orbit-regression",
    config_type=OrbitRegression,
    profiles={
        "quick": OrbitRegression(height=3, width=4, train=12, test=40, depths=(1,), draws=2),
        "default": OrbitRegression(),
        "paper": OrbitRegression(height=8, width=8, train=60, test=500, depths=(1, 3, 8), draws=10),
    },
    shards=shards,
    run_shard=run_shard,
    gather=gather,
    ids=("B-X1",),
)
