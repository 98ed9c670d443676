"""A-S5, A-S6 and A-S7 judged: what a result of ``meanfield.flow`` says of what the flow keeps."""

import numpy as np

from widesym.study.claims import Check
from widesym.study.experiments.flow import SITUATIONS
from widesym.study.findings.exactness import BROKEN, control, exact
from widesym.study.store import Stored

# Absolute, for clouds with entries of order one: each of some 100 steps adds a few 1e-16, and what lies
# across the symmetric clouds may grow like e^{3T} (the rate of A-S4's example), T = 3: 1e-14 e^9 = 1e-10.
PATHS = 1e-10


def situation(stored: Stored, name: str, place: int) -> np.ndarray:
    """Return a deviation from the invariant subspace, (cases, losses, steps), of one of the situations."""
    return stored.arrays[name][:, place]


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``meanfield.flow`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    return [*_fifth(stored, scale), *_sixth(stored, scale), *_seventh(stored, scale)]


def _fifth(stored: Stored, scale: str) -> list[Check]:
    weak, law = stored.arrays["weak"], stored.arrays["law"]  # (cases, schemes, data, losses, ...)
    return [
        exact(
            "A-S5", "A $G$-closed cloud stays so: equivariant data; vanilla, DA and FA",
            weak[:, :, 0], bound=PATHS, scale=scale,
        ),
        exact(
            "A-S5", "A $G$-closed cloud stays so: any data; DA and FA",
            weak[:, 1:, 1], bound=PATHS, scale=scale,
        ),
        control(
            "A-S5", "vanilla training on data that are not equivariant leaves",
            weak[:, 0, 1, :, -1], scale=scale,
        ),
        control(
            "A-S5", r"there the law leaves too: $\mathrm{RMD}(\nu,M_s\#\nu)$ at the end, over generators $s$",
            np.sqrt(law[:, 0, 1]), scale=scale,
        ),
    ]  # fmt: skip


def _sixth(stored: Stored, scale: str) -> list[Check]:
    first, together = stored.arrays["first"], stored.arrays["together"]  # (cases, DA and FA, data, ...)
    return [
        exact(
            "A-S6", "At $G$-closed clouds $R$, $R^{DA}$ and $R^{FA}$ have one gradient, equivariant data",
            first[:, :, 0], scale=scale,
        ),
        exact(
            "A-S6", "From $G$-closed clouds the three follow one path, equivariant data",
            together[:, :, 0], bound=PATHS, scale=scale,
        ),
        exact(
            "A-S6", "DA and FA follow one path for any data", stored.arrays["da_fa"], bound=PATHS, scale=scale
        ),
        exact(
            "A-S6", "DA and vanilla follow one path from any cloud, equivariant data",
            stored.arrays["together_plain"][:, 0], bound=PATHS, scale=scale,
        ),
        control(
            "A-S6", "at a cloud that is not $G$-closed the gradient of $R^{FA}$ is another one",
            stored.arrays["first_plain"][:, 1], scale=scale,
        ),
        control(
            "A-S6", "data that are not equivariant: vanilla training goes another way",
            together[:, :, 1, :, -1], scale=scale,
        ),
    ]  # fmt: skip


def _seventh(stored: Stored, scale: str) -> list[Check]:
    def crowd(place: int) -> np.ndarray:
        return situation(stored, "strong", place)

    def alone(place: int) -> np.ndarray:
        return situation(stored, "alone", place)

    def at(*wanted: str) -> int:
        return SITUATIONS.index(wanted)

    without, projected = at("vanilla", "equivariant", "none"), at("vanilla", "equivariant", "projected")
    full, free = at("vanilla", "equivariant", "full"), at("vanilla", "arbitrary", "none")
    enforced = [at(scheme, "arbitrary", "none") for scheme in ("da", "fa")]
    vanilla = r"A cloud in $\mathcal E^G$ stays there under vanilla training, equivariant data"
    return [
        exact(
            "A-S7", f"{vanilla}, without noise; many particles or one",
            np.stack([crowd(without), alone(without)]), bound=PATHS, scale=scale,
        ),
        exact(
            "A-S7", f"{vanilla}, with projected noise; many particles or one",
            np.stack([crowd(projected), alone(projected)]), bound=PATHS, scale=scale,
        ),
        exact(
            "A-S7", r"A cloud in $\mathcal E^G$ stays there under DA and FA, any data",
            np.stack([crowd(place) for place in enforced]), bound=PATHS, scale=scale,
        ),
        exact(
            "A-S7", r"From $\mathcal E^G$ vanilla training and EA follow one path, equivariant data",
            stored.arrays["ea"], bound=PATHS, scale=scale,
        ),
        control(
            "A-S7", "with full noise it leaves",
            np.minimum(crowd(full)[..., -1], alone(full)[..., -1]), bound=BROKEN, scale=scale,
        ),
        control(
            "A-S7", "vanilla training on data that are not equivariant leaves",
            np.minimum(crowd(free)[..., -1], alone(free)[..., -1]), bound=BROKEN, scale=scale,
        ),
    ]  # fmt: skip
