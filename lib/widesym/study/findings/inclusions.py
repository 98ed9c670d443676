"""B-S1 judged: the inclusions of Theorem 3.1 by their weights, faults that break them, and strictness."""

import numpy as np

from widesym.study.claims import Check, at_least
from widesym.study.experiments.inclusions import CLASSES, MAPS, STRICT
from widesym.study.findings.exactness import control, exact
from widesym.study.store import Stored

ID = "B-S1"
# sums of at most some thousand products of numbers of order one, through up to eight layers
TOLERANCE = 1e-12
NAMES = {
    "GAP-VEC": r"$\mathsf{GAP}_n\subseteq\mathsf{VEC}_n$",
    "VEC-LCN": r"$\mathsf{VEC}_n\subseteq\mathsf{LCN}_n$",
    "LCN-VEC": r"$\mathsf{LCN}_n\subseteq\mathsf{VEC}_{dn}$",
    "VEC-FCN": r"$\mathsf{VEC}_{dn}\subseteq\mathsf{FCN}_{d^2n}$",
    "LCN-FCN": r"$\mathsf{LCN}_n\subseteq\mathsf{FCN}_{dn}$",
    "chain": r"All in one: the weights of $\mathsf{FCN}_{d^2n}$ from those of $\mathsf{GAP}_n$",
    "LAP": r"$\mathsf{GAP}_n\subseteq\mathsf{LAP}^2_n\subseteq\mathsf{VEC}_n$",
}
_FAULTS = {
    "GAP-VEC": "the readout of VEC misses one location",
    "VEC-LCN": "LCN has the filter of one location upside down",
    "LCN-VEC": "the blocks of the wide VEC stand in a wrong order in one layer",
    "VEC-FCN": r"so do those of $\mathsf{FCN}_{d^2n}$",
    "LCN-FCN": r"so do those of $\mathsf{FCN}_{dn}$",
    "chain": "the readout of the last network of the chain misses one location",
    "LAP": "the readout of VEC from LAP misses one location",
}


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.inclusions`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    arrays = stored.arrays
    checks = []
    for m, name in enumerate(MAPS):
        random, trained = arrays["deviation"][m], arrays["trained"][m]
        if np.isnan(random).all():
            continue  # no size that windows tile
        both = np.concatenate([random.ravel(), trained.ravel()])
        text = f"{NAMES[name]}, random networks and trained ones"
        checks.append(exact(ID, text, both[~np.isnan(both)], bound=TOLERANCE, scale=scale))
        broken = arrays["faulty"][m]
        checks.append(control(ID, _FAULTS[name], broken[~np.isnan(broken).any(axis=1)], scale=scale))
    text = r"Block $\alpha$ at location $\alpha$ of the wide VEC is LCN, in every layer (S6)"
    checks.append(exact(ID, text, arrays["carried"], bound=TOLERANCE, scale=scale))
    checks.append(control(ID, r"block $\alpha$ beside location $\alpha$", arrays["elsewhere"], scale=scale))
    text = r"Parameters grow by $\sqrt d$ in norm, and not in the first layer"
    checks.append(exact(ID, text, _roots(stored), bound=TOLERANCE, scale=scale))
    text = r"the $\sqrt d$ in the first layer too"
    checks.append(control(ID, text, arrays["rooted"], scale=scale))
    if arrays["printed"].size:
        text = r"the range of indices as printed, $\alpha n\leq j<\alpha(n+1)$"
        checks.append(control(ID, text, arrays["printed"], scale=scale))
    text = "the weights from before the training, in place of those after it"
    checks.append(control(ID, text, arrays["moved"].reshape(-1, stored.config.draws), scale=scale))
    return [*checks, _strict(stored, scale)]


def _roots(stored: Stored) -> np.ndarray:
    """Relative deviations of the growth of each layer from 1, and from the root of d."""
    found = []
    for name, roots in stored.arrays.items():
        if name.startswith("roots_"):
            height, width, _ = (int(part) for part in name.removeprefix("roots_").split("x"))
            expected = np.full(len(roots), (height * width) ** 0.5)
            expected[0] = 1.0
            found.append(np.abs(roots / expected - 1))
    return np.concatenate(found)


def _strict(stored: Stored, scale: str) -> Check:
    """The larger class has more dimensions than the smaller one has parameters."""
    parameters, rank = stored.arrays["parameters"], stored.arrays["rank"]
    room = {pair: rank[CLASSES.index(pair[1])] - parameters[CLASSES.index(pair[0])] for pair in STRICT}
    (below, above), least = min(room.items(), key=lambda item: item[1])
    text = "No way back: the larger class has more dimensions than the smaller one has parameters"
    return at_least(
        ID, text, float(least), 1.0, scale=scale, rule="at least one more, for all five",
        measured=f"{above}: {least} more than {below}",
    )  # fmt: skip
