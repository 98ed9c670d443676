r"""B-S5 judged: how fast finite networks' kernels approach the infinite ones, and how VEC's symmetry grows.

With u the pairs of images, :math:`\hat K` a draw's kernel, K the infinite network's, and :math:`K_\tau` that
of transformed images, of each draw

.. math:: \varepsilon_\tau=\frac{\sum_u(\hat K_\tau-K_\tau)^2}{\sum_uK_\tau^2},\qquad
    \chi_\tau=\frac{\sum_u(\hat K_\tau-\hat K)^2}{\sum_uK^2},\qquad
    \alpha=\frac{\hat K(x,x')}{K(x,x')}-\frac{\hat K(x,x)}{2K(x,x)}-\frac{\hat K(x',x')}{2K(x',x')}:

squared error, squared change by :math:`\tau` with the same weights, and the relative error of the correlation
of the two images that are most alike: with what all entries have in common most of the noise has gone.
Intervals are 95 % bootstraps over draws; transformations share their draws.
"""

from collections.abc import Iterator

import numpy as np

from widesym.study.claims import Check
from widesym.study.experiments.finite_width import KERNELS, pairs, transformations
from widesym.study.findings.exactness import control, exact
from widesym.study.findings.verdicts import all_of
from widesym.study.powers import Estimate, bootstrap_of_means, mean_with_interval, power
from widesym.study.store import Stored

ID = "B-S5"
WIDTHS = 3  # the largest ones, that an exponent is taken from: a statement about large n
# n times a bias that is none
UNBIASED = 0.1
# ratios of variances that are one in law, and of variances that are not
SAME, OTHER = (0.8, 1.25), 0.95

# 1/n told from its neighbours among the powers of the root of n; and closer, where it is exact
_ONE = {"lower": -1.5, "upper": -0.5, "rule": "exponent from −1.5 to −0.5", "digits": 2}
_EXACTLY_ONE = {"lower": -1.1, "upper": -0.9, "rule": "mean exponent from −1.1 to −0.9", "digits": 3}
_NAMES = {"nngp": "NNGP", "ntk": "NTK"}


def _draws(stored: Stored, model: str, depth: int, width: int, kernel: str, kind: str) -> np.ndarray:
    found = stored.arrays[f"kernels_{model}_{depth}_{width}"]
    kinds = transformations(stored.config, model, depth)
    return found[:, kinds.index(kind), KERNELS.index(kernel)].astype(np.float64)


def _limit(stored: Stored, model: str, depth: int, kernel: str, kind: str) -> np.ndarray:
    kinds = transformations(stored.config, model, depth)
    return stored.arrays[f"limit_{model}_{depth}"][kinds.index(kind), KERNELS.index(kernel)]


def error(
    stored: Stored, model: str, depth: int, width: int, kernel: str, kind: str = "identity"
) -> np.ndarray:
    r"""Return :math:`\varepsilon_\tau` of every draw."""
    limit = _limit(stored, model, depth, kernel, kind)
    apart = _draws(stored, model, depth, width, kernel, kind) - limit
    return (apart**2).sum(-1) / (limit**2).sum()


def angle(stored: Stored, model: str, depth: int, width: int, kernel: str) -> np.ndarray:
    r"""Return :math:`\alpha` of every draw."""
    limit = _limit(stored, model, depth, kernel, "identity")
    relative = _draws(stored, model, depth, width, kernel, "identity") / limit
    first, second = pairs(stored.config)
    variances = limit[first == second]
    correlations = limit / np.sqrt(variances[first] * variances[second])
    pair = np.argmax(np.where(first == second, -1, correlations))
    alone = relative[:, first == second]
    return relative[:, pair] - (alone[:, first[pair]] + alone[:, second[pair]]) / 2


def change(stored: Stored, model: str, width: int, kernel: str, kind: str) -> np.ndarray:
    r"""Return :math:`\chi_\tau` of every draw, at the largest depth."""
    depth = stored.config.depths_of(model)[-1]
    one, other = (_draws(stored, model, depth, width, kernel, name) for name in (kind, "identity"))
    return ((one - other) ** 2).sum(-1) / (_limit(stored, model, depth, kernel, "identity") ** 2).sum()


def shift(stored: Stored, model: str, width: int, kernel: str, kind: str, along: str) -> np.ndarray:
    r"""Return the change of every draw along that of the infinite network under another transformation.

    .. math:: \langle\hat K_\tau-\hat K,\,v\rangle/\langle v,v\rangle,\qquad v=K_{\tau'}-K.

    Its mean is 1 where the finite network changes as the infinite one does under ``along``.
    """
    depth = stored.config.depths_of(model)[-1]
    limit = _limit(stored, model, depth, kernel, along) - _limit(stored, model, depth, kernel, "identity")
    one, other = (_draws(stored, model, depth, width, kernel, name) for name in (kind, "identity"))
    return (one - other) @ limit / (limit @ limit)


def difference(stored: Stored, model: str, width: int, kernel: str, kind: str) -> np.ndarray:
    r"""Return :math:`\varepsilon-\varepsilon_\tau` of every draw, at the largest depth."""
    depth = stored.config.depths_of(model)[-1]
    still, moved = (error(stored, model, depth, width, kernel, name) for name in ("identity", kind))
    return still - moved


def spread(stored: Stored, model: str, widths: tuple[int, ...], kernel: str, kind: str) -> Estimate:
    r"""Return the ratio of variances under a transformation and without, over some widths.

    .. math:: \sum_nn\,E\varepsilon_\tau\;\Big/\;\sum_nn\,E\varepsilon,

    so that every width weighs the same.
    """
    depth = stored.config.depths_of(model)[-1]
    samples = [
        width * error(stored, model, depth, width, kernel, name)
        for name in (kind, "identity")
        for width in widths
    ]
    count = len(widths)
    return bootstrap_of_means(samples, lambda m: m[..., :count].sum(-1) / m[..., count:].sum(-1), paired=True)


def bias(stored: Stored, model: str, depth: int, width: int, kernel: str) -> Estimate:
    r"""Return :math:`n\,E\alpha`."""
    return mean_with_interval(width * angle(stored, model, depth, width, kernel))


def error_exponent(stored: Stored, model: str, depth: int, kernel: str) -> Estimate:
    r"""Return the exponent in n of :math:`E\varepsilon`, from the largest widths."""
    widths = stored.config.widths_of(model)[-WIDTHS:]
    return power(widths, [error(stored, model, depth, width, kernel) for width in widths])


def mean_exponent(stored: Stored, models: tuple[str, ...], depth: int, kernel: str) -> Estimate:
    r"""Return the mean over models of their exponents in n of :math:`E\varepsilon`, as above."""
    samples, weights = [], []
    for model in models:
        widths = stored.config.widths_of(model)[-WIDTHS:]
        samples += [error(stored, model, depth, width, kernel) for width in widths]
        x = np.log(widths) - np.log(widths).mean()
        weights += list(x / (x @ x) / len(models))
    return bootstrap_of_means(samples, lambda means: np.log(means) @ np.array(weights))


def change_exponent(stored: Stored, kernel: str, kind: str) -> Estimate:
    r"""Return the exponent in n of :math:`E\chi_\tau` for VEC, from the largest widths."""
    widths = stored.config.widths_of("VEC")[-WIDTHS:]
    return power(widths, [change(stored, "VEC", width, kernel, kind) for width in widths])


def bias_exponent(stored: Stored, model: str, depth: int, kernel: str) -> Estimate:
    r"""Return the exponent in n of :math:`|E\alpha|`, from all widths: at large ones it drowns in noise."""
    widths = stored.config.widths_of(model)
    return _size_exponent(widths, [angle(stored, model, depth, width, kernel) for width in widths])


def difference_exponent(stored: Stored, kernel: str) -> Estimate:
    r"""Return the exponent in n of :math:`|E\varepsilon-E\varepsilon_\tau|`, VEC, pixelwise rotations."""
    widths = stored.config.widths_of("VEC")
    return _size_exponent(widths, [difference(stored, "VEC", width, kernel, "pixelwise") for width in widths])


def _size_exponent(widths: tuple[int, ...], samples: list[np.ndarray]) -> Estimate:
    """The exponent of the absolute value of means; single draws have either sign."""
    x = np.log(widths) - np.log(widths).mean()
    return bootstrap_of_means(samples, lambda means: np.log(np.abs(means)) @ x / (x @ x))


def bias_share(stored: Stored, model: str, depth: int, width: int, kernel: str) -> Estimate:
    r"""Return :math:`(E\alpha)^2/E\alpha^2`."""
    values = angle(stored, model, depth, width, kernel)
    return bootstrap_of_means([values, values**2], lambda m: m[..., 0] ** 2 / m[..., 1], paired=True)


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.finite-width`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    return [*_rates(stored, scale), *_biases(stored, scale), *_law(stored, scale), *_growth(stored, scale)]


def _rates(stored: Stored, scale: str) -> Iterator[Check]:
    config = stored.config
    for kernel in KERNELS:
        slopes = {
            f"{model}, L = {depth}": error_exponent(stored, model, depth, kernel)
            for model in config.models
            for depth in config.depths_of(model)
            if len(config.widths_of(model)) >= WIDTHS
        }
        if slopes:
            text = f"{_NAMES[kernel]}: the squared error falls as $1/n$, for every model and depth"
            yield all_of(ID, text, slopes, **_ONE, scale=scale)
    shallow = tuple(
        model
        for model in config.models
        if config.depths_of(model)[0] == 1 and len(config.widths_of(model)) >= WIDTHS
    )
    if shallow:
        means = {_NAMES[kernel]: mean_exponent(stored, shallow, 1, kernel) for kernel in KERNELS}
        text = "One hidden layer: exactly so, models taken together"
        yield all_of(ID, text, means, **_EXACTLY_ONE, scale=scale)


def _biases(stored: Stored, scale: str) -> Iterator[Check]:
    config = stored.config
    options = {"digits": 2, "scale": scale}
    shallow = {
        f"{model}, {_NAMES[kernel]}": bias(stored, model, 1, config.widths_of(model)[0], kernel)
        for model in config.models
        for kernel in KERNELS
        if config.depths_of(model)[0] == 1
    }
    if shallow:
        yield all_of(
            ID, "One hidden layer: no bias, at the smallest widths", shallow, lower=-UNBIASED, upper=UNBIASED,
            rule=rf"$n\,E\alpha$ from {-UNBIASED:g} to {UNBIASED:g}", **options,
        )  # fmt: skip
    deepest = config.depths_of("FCN")[-1] if "FCN" in config.models else 1
    if deepest > 1:
        found = bias(stored, "FCN", deepest, config.widths_of("FCN")[0], "ntk")
        yield all_of(
            ID, "Control: the tangent kernel of a deeper FCN has a bias there", {"NTK": found},
            lower=UNBIASED, rule=rf"$n\,E\alpha$ ≥ {UNBIASED:g}", **options,
        )  # fmt: skip
        if len(config.widths_of("FCN")) >= WIDTHS:
            slope = {"NTK": bias_exponent(stored, "FCN", deepest, "ntk")}
            yield all_of(ID, "This bias falls as $1/n$", slope, **_ONE, scale=scale)
    shares = {
        f"{model}, {_NAMES[kernel]}": bias_share(
            stored, model, config.depths_of(model)[-1], config.widths_of(model)[-1], kernel
        )
        for model in config.models
        for kernel in KERNELS
    }
    yield all_of(
        ID, "At the largest widths nearly all of the error is variance", shares, upper=0.05,
        rule=r"$(E\alpha)^2/E\alpha^2$ ≤ 0.05", digits=3, scale=scale,
    )  # fmt: skip


def _law(stored: Stored, scale: str) -> Iterator[Check]:
    arrays, models = stored.arrays, stored.config.models
    text = r"Every model, its own group: $\hat K(\theta;\tau x,\tau x')=\hat K(\tau^*\theta;x,x')$"
    yield exact(ID, text, arrays["exact"], scale=scale)
    # a stretched image is absorbed by FCN's weights, so its NNGP does not see that they moved
    convolutional = [place for place, model in enumerate(models) if model != "FCN"]
    if convolutional:
        yield control(ID, "the next larger group", arrays["beyond"][convolutional], scale=scale)
    if "FCN" in models:
        text = "FCN's tangent kernel, images stretched"
        yield control(ID, text, arrays["beyond"][[models.index("FCN")], 1], scale=scale)
    yield control(ID, r"$\theta$ in place of $\tau^*\theta$", arrays["unmoved"], scale=scale)


def _growth(stored: Stored, scale: str) -> Iterator[Check]:
    config = stored.config
    if "VEC" not in config.models:
        return
    widths, options = config.widths_of("VEC"), {"digits": 2, "scale": scale}

    def together(model: str, kind: str) -> dict[str, Estimate]:
        widths = config.widths_of(model)
        return {_NAMES[kernel]: spread(stored, model, widths, kernel, kind) for kernel in KERNELS}

    def last(model: str, kind: str, along: str) -> dict[str, Estimate]:
        width = config.widths_of(model)[-1]
        return {"NTK": mean_with_interval(shift(stored, model, width, "ntk", kind, along))}

    low, high = SAME
    same = f"ratio from {low:g} to {high:g}, all widths together"
    yield all_of(
        ID, r"VEC under $O(3)\otimes I_d$: the same variance", together("VEC", "colour"), lower=low,
        upper=high, rule=same, **options,
    )  # fmt: skip
    each = {
        f"n = {width}, {_NAMES[kernel]}": spread(stored, "VEC", (width,), kernel, "pixelwise")
        for width in widths
        for kernel in KERNELS
    }
    yield all_of(
        ID, "VEC under $O(3)^d$: another variance at every width", each, upper=OTHER,
        rule=f"ratio ≤ {OTHER:g}", **options,
    )  # fmt: skip
    if "LCN" in config.models:
        yield all_of(
            ID, "Control: LCN under $O(3)^d$ has the same variance", together("LCN", "pixelwise"), lower=low,
            upper=high, rule=same, **options,
        )  # fmt: skip
    if len(widths) >= WIDTHS:
        text = "VEC under $O(3)^d$: the change with the same weights falls as $1/n$"
        slopes = {_NAMES[kernel]: change_exponent(stored, kernel, "pixelwise") for kernel in KERNELS}
        yield all_of(ID, text, slopes, **_ONE, scale=scale)
        text = "VEC under $O(3)^d$: so does the difference of variances"
        slopes = {_NAMES[kernel]: difference_exponent(stored, kernel) for kernel in KERNELS}
        yield all_of(ID, text, slopes, **_ONE, scale=scale)
    yield all_of(
        ID, "VEC under $O(3)^d$: in the mean, nothing of what $O(3d)$ changes in the infinite tangent kernel",
        last("VEC", "pixelwise", "rotation"), lower=-0.25, upper=0.25,
        rule="from −0.25 to 0.25 of it, at the largest width", **options,
    )  # fmt: skip
    yield all_of(
        ID, "Control: VEC under $O(3d)$ changes as the infinite network does",
        last("VEC", "rotation", "rotation"), lower=0.75, upper=1.25,
        rule="from 0.75 to 1.25 of it, at the largest width", **options,
    )  # fmt: skip
    if "GAP" in config.models:
        yield all_of(
            ID, "Control: so does GAP under $O(3)^d$, its group does not grow",
            last("GAP", "pixelwise", "pixelwise"), lower=0.5, upper=1.5,
            rule="from 0.5 to 1.5 of it, at the largest width", **options,
        )  # fmt: skip
