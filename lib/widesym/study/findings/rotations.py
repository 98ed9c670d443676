"""B-F1, B-F7, B-F11, B-S7 judged: what rotations keep of images, and how large the groups are."""

import numpy as np

from widesym.study.claims import Check, at_least, at_most, within
from widesym.study.experiments.rotations import COUNTS, GROUPS, MOVED
from widesym.study.findings.exactness import control, exact
from widesym.study.statistics import bootstrap_interval
from widesym.study.store import Stored

# Inner products of images of some 10^5 numbers, sums of squares relative to the largest: rounding, with room.
_SUMS = 1e-11
# An image counts as hidden when at most a tenth is left of the correlation of adjacent pixels.
HIDDEN = 0.1
# and as seen when half of it is.
SEEN = 0.5
_JUMP = 1.5  # a path is no faster than 1 in this unit; another path for every time has to be

_NAMES = {
    "colour": r"$O(3)\otimes I_d$",
    "pixelwise": "$O(3)^d$",
    "permutation": "$P(3d)$",
    "rotation": "$O(3d)$",
}
# what is kept, its sentence, and by which kinds
_KEPT = (
    ("norm", r"The norm of an image, $\|\tau x\|=\|x\|$", MOVED),
    ("total", r"Inner products of images, $\langle\tau x,\tau x'\rangle=\langle x,x'\rangle$", MOVED),
    (
        "between",
        r"Inner products at each pixel, $\langle\tau x_p,\tau x'_p\rangle=\langle x_p,x'_p\rangle$",
        ("colour", "pixelwise"),
    ),
    ("site_norms", r"The norm of each pixel, $\|\tau x_p\|=\|x_p\|$", ("colour", "pixelwise")),
    (
        "within",
        r"Inner products of any two pixels, $\langle\tau x_p,\tau x_q\rangle=\langle x_p,x_q\rangle$",
        ("colour",),
    ),
    ("values", "The numbers of an image, in another order", ("permutation",)),
)


def closed_form(group: str, d: int) -> int:
    """Return the dimension that the paper states: 3, 3d or 3d(3d-1)/2."""
    return {"colour": 3, "pixelwise": 3 * d, "rotation": 3 * d * (3 * d - 1) // 2}[group]


def remaining(t: np.ndarray) -> np.ndarray:
    r"""Return the share of a neighbour's correlation that is expected at time t of the path.

    Rotations of two pixels are independent with mean :math:`c(t)I`, where
    :math:`c(t)=\frac13(1+2E\cos t\omega)=\frac13(1+2(1-t^2)e^{-t^2/2})` for an axis of three standard normal
    entries; the share is :math:`c(t)^2`: 1 at the start, 1/9 at t = 1.
    """
    return ((1 + 2 * (1 - t**2) * np.exp(-(t**2) / 2)) / 3) ** 2


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.rotations`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    return [
        *_figure(stored, scale), *_path(stored, scale), *_photographs(stored, scale), *_sizes(stored, scale)
    ]  # fmt: skip


def _of(kinds: tuple[str, ...]) -> str:
    return ", ".join(_NAMES[kind] for kind in kinds)


def _figure(stored: Stored, scale: str) -> list[Check]:
    id, arrays, checks = "B-F1", stored.arrays, []
    for name, text, kinds in _KEPT:
        others = tuple(kind for kind in MOVED if kind not in kinds)
        rows = [MOVED.index(kind) for kind in kinds]
        checks.append(
            exact(id, f"{text}: kept by {_of(kinds)}", arrays[name][rows], bound=_SUMS, scale=scale)
        )
        if others:
            lost = arrays[name][[MOVED.index(kind) for kind in others]]
            checks.append(control(id, f"{text}: not kept by {_of(others)}", lost, scale=scale))
    checks.append(
        control(
            id, r"$\tau$ drawn anew for each image does not keep $\langle x,x'\rangle$",
            arrays["fresh"], scale=scale,
        )
    )  # fmt: skip
    near, outline = arrays["neighbours"], arrays["outlines"]  # (1 + kind, draw, photograph)
    kept = 1 + MOVED.index("colour")
    checks += [
        at_least(
            id, "Clean images: the least correlation of adjacent pixels", near[0].min(), SEEN, scale=scale
        ),
        exact(
            id, rf"{_NAMES['colour']} does not hide the image: adjacent pixels correlate as before",
            np.abs(near[kept] - near[0]), bound=_SUMS, scale=scale,
        ),
    ]  # fmt: skip
    for kind in MOVED[1:]:
        checks.append(
            _hidden(id, f"{_NAMES[kind]} hides it: correlation of adjacent pixels", near, kind, scale)
        )
    same = [1 + MOVED.index(kind) for kind in ("colour", "pixelwise")]
    checks.append(
        exact(
            id, f"Outlines, the norms of pixels, correlate as before: {_of(('colour', 'pixelwise'))}",
            np.abs(outline[same] - outline[0]), bound=_SUMS, scale=scale,
        )
    )  # fmt: skip
    for kind in ("permutation", "rotation"):
        checks.append(_hidden(id, f"Control: outlines under {_NAMES[kind]}", outline, kind, scale))
    return checks


def _hidden(id: str, statement: str, values: np.ndarray, kind: str, scale: str) -> Check:
    """Judge the mean over draws and photographs, with a bootstrap interval over draws."""
    draws = values[1 + MOVED.index(kind)].mean(axis=1)
    interval = bootstrap_interval([draws], np.mean)
    return within(id, statement, draws.mean(), -HIDDEN, HIDDEN, interval=interval, scale=scale)


def _path(stored: Stored, scale: str) -> list[Check]:
    id, arrays, config = "B-F7", stored.arrays, stored.config
    film = arrays["film_neighbours"]  # (time, photograph)
    times = np.linspace(0, 1, len(film))
    off = np.abs(film / film[0] - remaining(times)[:, None]).max()
    chance = 4 / np.sqrt(3 * config.side**2)
    falling = np.diff(film.mean(axis=1)) < 0
    return [
        exact(id, r"The path begins at the image itself, $\tau_0=I$", arrays["start"], scale=scale),
        control(id, r"$\tau_1$ is not the identity", arrays["end"][None], scale=scale),
        exact(
            id, r"$\tau_t$ is orthogonal at every pixel, $R^\top R=I$", arrays["orthogonal"], scale=scale
        ),
        control(id, r"the straight line $I-tA$ is not", arrays["straight"][None], scale=scale),
        exact(id, r"$\det R=1$ at every pixel: the path is in $SO(3)^d$", arrays["determinant"], scale=scale),
        within(
            id, r"Control: a random element of $O(3)^d$ has $\det=-1$ at about half of the pixels",
            float(arrays["reflected"]), 0.3, 0.7, scale=scale,
        ),
        exact(id, r"$\tau_{s+t}=\tau_s\tau_t$", arrays["addition"], scale=scale),
        control(id, r"with another $A$ for $\tau_t$ it is not", arrays["other_path"][None], scale=scale),
        at_most(
            id, r"Continuous: $\|R_p(t)-R_p(s)\|\leq|t-s|\,\|A_p\|$; the largest ratio at any pixel",
            arrays["speed"].max(), 1 + 1e-9, rule="≤ 1", scale=scale, measured=f"{arrays['speed'].max():.6f}",
        ),
        control(
            id, r"with another $A$ at every $t$ the image jumps: that ratio", arrays["jumps"][None],
            bound=_JUMP, scale=scale,
        ),
        at_least(
            id, "The image dissolves: the correlation of adjacent pixels falls from frame to frame",
            falling.mean(), 1.0, rule="every time", measured=f"{falling.sum()} of {falling.size} times",
            scale=scale,
        ),
        at_most(
            id, r"and its share is $c(t)^2$, $c=\frac13(1+2(1-t^2)e^{-t^2/2})$; the largest difference",
            off, chance, rule=rf"≤ {chance:.2g}, which is $4/\sqrt{{3d}}$", scale=scale,
        ),
    ]  # fmt: skip


def _photographs(stored: Stored, scale: str) -> list[Check]:
    id, arrays = "B-F11", stored.arrays
    near, outline = arrays["large_neighbours"], arrays["large_outlines"]
    worst = float(np.abs(near[1:]).max())
    norms = np.append(arrays["large_norms"], arrays["full_norms"])
    return [
        exact(id, "The norm of each pixel of each photograph is kept", norms, bound=_SUMS, scale=scale),
        control(
            id, f"{_NAMES['permutation']} does not keep them", arrays["large_permuted"], scale=scale
        ),
        exact(
            id, r"One $\tau$ for all: $\langle x_p,x'_p\rangle$ of any two photographs is kept",
            arrays["large_between"], bound=_SUMS, scale=scale,
        ),
        control(
            id, r"with another $\tau$ for every other photograph it is not", arrays["large_fresh"],
            scale=scale,
        ),
        at_least(
            id, "Clean photographs: the least correlation of adjacent pixels", near[0].min(), SEEN,
            scale=scale,
        ),
        at_most(
            id, "Rotated photographs: the largest correlation of adjacent pixels, either sign", worst, HIDDEN,
            scale=scale,
        ),
        exact(
            id, "Outlines, the norms of pixels, correlate as in the clean photographs",
            np.abs(outline[1:-1] - outline[0]), bound=_SUMS, scale=scale,
        ),
        at_most(
            id, f"Control: outlines under {_NAMES['permutation']}", np.abs(outline[-1]).max(), HIDDEN,
            scale=scale,
        ),
    ]  # fmt: skip


_COUNTED = {
    "equations": "skew matrices that commute with what the group commutes with",
    "generated": "the Lie algebra that two random elements of it generate",
    "drawn": "the span of logarithms of the transformations themselves",
    "listed": "the rank of the list of matrices in the code",
}


def _sizes(stored: Stored, scale: str) -> list[Check]:
    id, arrays, sites = "B-S7", stored.arrays, stored.config.sites
    stated = np.array([[closed_form(group, d) for group in GROUPS] for d in sites])  # (d, group)
    counts = arrays["dimensions"]
    several = np.array(sites) > 1
    texts = [f"Dimensions 3, $3d$, $3d(3d-1)/2$ for d = {', '.join(map(str, sites))}: {_COUNTED[name]}"
             for name in COUNTS]  # fmt: skip
    checks = [_whole(id, text, counted != stated, scale) for text, counted in zip(texts, counts, strict=True)]
    checks += [
        _apart(id, "one element instead of two generates less", arrays["one"] < stated, scale),
        _whole(
            id, "Each group lies in the next: together their Lie algebras span the larger one",
            arrays["joined"] != stated[:, 1:], scale,
        ),
    ]  # fmt: skip
    if several.any():
        gaps = np.diff(counts[:, several], axis=2)
        least = int(gaps.min())
        checks += [
            at_least(
                id, r"$\dim O(3d)>\dim O(3)^d>\dim O(3)\otimes I_d$ for $d>1$: the least difference", least,
                1, scale=scale, measured=str(least),
            ),
            _apart(
                id, r"without the exchange of pixels the equations of $O(3)\otimes I_d$ have more solutions",
                arrays["loose"][several] > stated[several, 0], scale,
            ),
        ]  # fmt: skip
    if 1 in sites:
        one = counts[:, list(sites).index(1)]
        checks.append(
            _apart(id, "for one pixel the three groups are one, and nothing is larger", one == 3, scale)
        )
    return checks


def _whole(id: str, statement: str, wrong: np.ndarray, scale: str) -> Check:
    """Judge that none of several whole numbers is wrong."""
    count = int(wrong.sum())
    return at_most(
        id, statement, count, 0, rule="none differs", measured=f"{count} of {wrong.size} differ", scale=scale
    )


def _apart(id: str, statement: str, seen: np.ndarray, scale: str) -> Check:
    """Judge that a control is seen in every case."""
    count = int(seen.sum())
    return at_least(
        id, f"Control: {statement}", count, seen.size, rule="in every case", scale=scale,
        measured=f"{count} of {seen.size} cases",
    )  # fmt: skip
