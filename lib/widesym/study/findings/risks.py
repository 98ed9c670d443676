r"""A-S2 and A-S3 judged: what a result of ``meanfield.risks`` says of the four risks.

Deviations are relative to the vanilla risk of the law on the same data, where nothing else is said.
"""

import numpy as np

from widesym.meanfield.losses import LOSSES
from widesym.meanfield.risks import RISKS
from widesym.study.claims import Check, at_least
from widesym.study.experiments.risks import CONVEX, DATA, FAMILIES, LOSSES_TRIED
from widesym.study.findings.exactness import control, exact
from widesym.study.store import Stored

INVARIANT = tuple(name for name in LOSSES_TRIED if LOSSES[name].invariant)
# The programme's certificate is a difference of numbers of the size of the risk, after some ten solves.
_PROGRAMME = 1e-9
# A drop counts as strict beyond rounding.
_STRICT = 1e-10


def values(stored: Stored, law: str, data: str, risk: str, losses: tuple[str, ...]) -> np.ndarray:
    """Return one of the four risks of one family of laws, (cases, losses, laws)."""
    kept = [LOSSES_TRIED.index(name) for name in losses]
    return stored.arrays["risks"][:, FAMILIES.index((law, data))][:, kept][..., RISKS.index(risk)]


def identities(stored: Stored) -> dict[str, np.ndarray]:
    """Return the relative deviations of every identity and control, (cases, ...) each, by short names."""

    def off(
        first: tuple[str, str, str], second: tuple[str, str, str], losses: tuple[str, ...] = INVARIANT
    ) -> np.ndarray:
        scale = values(stored, "plain", first[1], "vanilla", losses)
        return np.abs(values(stored, *first, losses) - values(stored, *second, losses)) / scale

    eq, free = DATA
    quadratic = {
        data: (
            values(stored, "plain", data, "da", ("quadratic",))
            - values(stored, "plain", data, "fa", ("quadratic",))
        )[:, 0]
        for data in DATA
    }
    size = {data: values(stored, "plain", data, "vanilla", ("quadratic",))[:, 0] for data in DATA}
    gap = {data: stored.arrays["gap"][:, d] for d, data in enumerate(DATA)}
    huber = (
        values(stored, "plain", free, "da", ("pseudo-huber",))
        - values(stored, "plain", free, "fa", ("pseudo-huber",))
    )[:, 0]
    return {
        "invariant": np.stack(
            [off(("moved", free, risk), ("plain", free, risk)) for risk in RISKS[1:]], axis=1
        ),
        "invariant-vanilla": off(("moved", free, "vanilla"), ("plain", free, "vanilla")),
        "invariant-lopsided": off(("moved", free, "da"), ("plain", free, "da"), ("lopsided",)),
        "fa": np.stack(
            [off(("plain", data, "fa"), ("symmetrised", data, "vanilla")) for data in DATA], axis=1
        ),
        "fa-faulty": stored.arrays["faulty"],
        "agree": np.stack(
            [
                off(("symmetrised", data, risk), ("symmetrised", data, "vanilla"))
                for data in DATA
                for risk in ("da", "fa")
            ],
            axis=1,
        ),
        "agree-plain": off(("plain", eq, "fa"), ("plain", eq, "vanilla")),
        "agree-data": off(("plain", free, "da"), ("plain", free, "vanilla")),
        "agree-lopsided": off(("symmetrised", free, "da"), ("symmetrised", free, "vanilla"), ("lopsided",)),
        "augmented": off(("plain", eq, "da"), ("plain", eq, "vanilla")),
        "ea": off(("plain", free, "ea"), ("projected", free, "vanilla"), LOSSES_TRIED),
        "ea-plain": off(("plain", free, "vanilla"), ("projected", free, "vanilla"), LOSSES_TRIED),
        "split": np.stack([np.abs(quadratic[d] - gap[d]) / size[d] for d in DATA], axis=1),
        # with two elements the two points of an orbit have the same gap, and one is as good as both
        "split-once": np.abs(quadratic[free] / stored.arrays["gap_once"][:, 1] - 1)[
            stored.arrays["order"] > 2
        ],
        "split-huber": np.abs(huber - gap[free]) / size[free],
        "programme": (stored.arrays["best_weak"] - stored.arrays["bound"])[:, 0]
        / stored.arrays["best_weak"][:, 0],
        "programme-data": (stored.arrays["best_weak"] - stored.arrays["best_all"])[:, 1]
        / stored.arrays["best_weak"][:, 1],
    }


def drops(stored: Stored) -> np.ndarray:
    r"""Return :math:`(R(\mu)-R(\mu^G))/R(\mu)` on equivariant data, (cases, losses, laws)."""
    before = values(stored, "plain", "equivariant", "vanilla", CONVEX)
    return 1 - values(stored, "symmetrised", "equivariant", "vanilla", CONVEX) / before


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``meanfield.risks`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    found = identities(stored)
    return [*_second(found, scale), *_third(stored, found, scale)]


def _second(found: dict[str, np.ndarray], scale: str) -> list[Check]:
    exactly = {
        "invariant": r"$R^{DA}$, $R^{FA}$ and $R^{EA}$ are $G$-invariant, for any data",
        "fa": r"$R^{FA}(\mu)=R(\mu^G)$, for equivariant and for any other data",
        "agree": r"$R^{DA}=R^{FA}=R$ at $\mu^G$, for equivariant and for any other data",
        "augmented": r"$R^{DA}=R$ at every law, equivariant data",
        "ea": r"$R^{EA}(\mu)=R(P\#\mu)$",
    }
    controls = {
        "invariant-vanilla": "$R$ itself is not $G$-invariant when the data are not equivariant",
        "invariant-lopsided": r"$R^{DA}$ is not $G$-invariant for a loss that is not jointly invariant",
        "fa-faulty": r"a unit that is not jointly equivariant breaks $R^{FA}(\mu)=R(\mu^G)$",
        "agree-plain": r"$R^{FA}\neq R$ at laws that are not weakly invariant",
        "agree-data": r"$R^{DA}\neq R$ at such laws when the data are not equivariant",
        "agree-lopsided": r"$R^{DA}\neq R$ at $\mu^G$ for a loss that is not jointly invariant",
        "ea-plain": r"$R(\mu)\neq R(P\#\mu)$",
    }
    return [
        *(exact("A-S2", text, found[name], scale=scale) for name, text in exactly.items()),
        *(control("A-S2", text, found[name], scale=scale) for name, text in controls.items()),
    ]


def _third(stored: Stored, found: dict[str, np.ndarray], scale: str) -> list[Check]:
    falls, path = drops(stored), stored.arrays["path"]
    square = falls[:, CONVEX.index("quadratic")]
    steps = np.diff(path, axis=-1) / path[..., :1]
    capped = stored.arrays["path_capped"]
    return [
        exact("A-S3", r"Convex losses, equivariant data: $R(\mu^G)\leq R(\mu)$", -falls, scale=scale),
        at_least(
            "A-S3", "Quadratic loss: strictly, as no random law gives an equivariant model",
            float(square.min()), _STRICT, scale=scale, rule=f"smallest relative drop ≥ {_STRICT:.0e}",
            measured=f"{square.min():.1e} (median {np.median(square):.1e})",
        ),
        exact("A-S3", r"$R$ falls all along $(1-t)\mu+t\mu^G$", steps, scale=scale),
        exact(
            "A-S3", r"Quadratic loss: $R^{DA}=R^{FA}+E\|\Phi_\mu-Q_G\Phi_\mu\|^2$",
            found["split"], scale=scale,
        ),
        exact(
            "A-S3",
            "The best weakly invariant law is the best law, on $G$-closed sets of particles: its risk less a "
            "lower bound for all laws",
            found["programme"],
            bound=_PROGRAMME,
            scale=scale,
        ),
        control(
            "A-S3", r"a loss that is not convex, data of which $\mu$ fits a part: $R(\mu^G)>R(\mu)$",
            capped[..., -1] / capped[..., 0] - 1, scale=scale,
        ),
        control(
            "A-S3", r"data that $\mu$ itself labels: $R(\mu)=0<R(\mu^G)$",
            stored.arrays["path_own"][..., -1], scale=scale,
        ),
        control(
            "A-S3", "data that are not equivariant: the best weakly invariant law is worse than the best law",
            found["programme-data"], scale=scale,
        ),
        control(
            "A-S3", "data that are not equivariant: without a mean over orbits the split fails, $|G|>2$",
            found["split-once"], scale=scale,
        ),
        control("A-S3", "the split fails for the pseudo-Huber loss", found["split-huber"], scale=scale),
    ]  # fmt: skip
