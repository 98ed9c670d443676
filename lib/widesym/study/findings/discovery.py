r"""A-F2 and A-F5 judged: the checks that a result of ``meanfield.discovery`` supports.

A search *succeeds* when it stays in a subspace of the dimension of :math:`\mathcal E^G` and the sine of the
largest angle between the two is below 0.05. Shares of seeds carry exact binomial (Clopper-Pearson) 95 %
intervals, medians 95 % bootstraps over seeds.
"""

import numpy as np
from scipy.special import betaincinv

from widesym.groups import invariant_subspace
from widesym.meanfield.discovery import ENDS
from widesym.meanfield.teachers import paper_unit
from widesym.study.claims import Check, at_least, at_most, not_run
from widesym.study.experiments.discovery import runs
from widesym.study.statistics import bootstrap_interval, median_with_interval
from widesym.study.store import Stored

FOUND = 0.05  # sine of the largest angle below which a subspace of the right dimension counts as found
FEW = 10  # fewer seeds (or searches of a kind) than this judge nothing
_DECADE = 10.0


def place(stored: Stored, case: str, teacher: str, rule: str) -> int:
    """Return the position of a run in the result's arrays."""
    return runs(stored.config).index((case, teacher, rule))


def stayed(stored: Stored) -> np.ndarray:
    """Return which searches ended because the cloud stayed, (runs, seeds)."""
    return stored.arrays["ended"] == ENDS.index("stays")


def succeeded(stored: Stored) -> np.ndarray:
    r"""Return which searches found :math:`\mathcal E^G`, (runs, seeds)."""
    arrays = stored.arrays
    return stayed(stored) & (arrays["dim"] == arrays["true_dim"]) & (arrays["sine"] < FOUND)


def share_with_interval(hits: np.ndarray) -> tuple[float, tuple[float, float]]:
    """Return the share of hits among truth values (n,) and its exact binomial 95 % interval.

    Source: Clopper and Pearson (1934).
    """
    found, n, tail = int(np.sum(hits)), len(hits), 0.025
    low = betaincinv(found, n - found + 1, tail) if found else 0.0
    high = betaincinv(found + 1, n - found, 1 - tail) if found < n else 1.0
    return float(np.mean(hits)), (float(low), float(high))


def counted(hits: np.ndarray) -> str:
    """Return ``k of n (low to high)``: a count and the exact interval of its share."""
    _, (low, high) = share_with_interval(hits)
    return f"{int(np.sum(hits))} of {len(hits)} ({low:.2f} to {high:.2f})"


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports; what it is too small for is *not run at this scale*.

    Args:
        stored: a result of ``meanfield.discovery`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    return [*_swap(stored, scale), *_other_groups(stored, scale), *_particles(stored, scale)]


def _swap(stored: Stored, scale: str) -> list[Check]:
    """C2 with the paper's teachers: A-F2."""
    arrays, config, id = stored.arrays, stored.config, "A-F2"
    good, bad, control = (
        place(stored, "C2", *run) for run in (("WI", "singular"), ("WI", "mean"), ("arbitrary", "singular"))
    )
    statements = {
        "steps": "$C_2$, WI teacher, singular vector: leaves $E_0$ and $E_1$ and stays in $E_2$",
        "found": f"$C_2$: $E_2=\\mathcal{{E}}^G$, the sine of the largest angle below {FOUND}",
        "above": "$C_2$: where it leaves, $E_1$, RMD² is a decade above $\\delta$",
        "below": "$C_2$: where it stays, $E_2$, RMD² is a decade below $\\delta$",
        "mean": "Control: the mean residual finds $\\mathcal{E}^G$ in fewer of the same seeds",
        "arbitrary": "Control: with the arbitrary teacher the cloud leaves $E_2$ too",
    }
    if config.seeds < FEW:
        reason = f"needs {FEW} seeds, has {config.seeds}"
        return [not_run(id, text, reason, scale=scale) for text in statements.values()]
    path = stayed(stored)[good] & (arrays["dim"][good] == 2)
    success = succeeded(stored)
    often = {"scale": scale, "rule": "≥ 19 of 20 seeds"}
    # a step that some seed did not take has no RMD²; such seeds count against `steps`, not here
    second, third = (values[np.isfinite(values)] for values in arrays["rmd"][good, :, 1:3].T)
    gain = success[good].astype(float) - success[bad]  # paired: the same teacher, starts and batches
    gained = bootstrap_interval([gain], np.mean)
    return [
        at_least(id, statements["steps"], path.mean(), 0.95, measured=counted(path), **often),
        at_least(
            id, statements["found"], success[good].mean(), 0.95, measured=counted(success[good]), **often
        ),
        _ratio(id, statements["above"], second / config.threshold, "median RMD²/δ ≥ 10", scale),
        _ratio(id, statements["below"], config.threshold / third, "median δ/RMD² ≥ 10", scale),
        at_least(
            id, statements["mean"], gain.mean(), 0.25, interval=gained, scale=scale,
            rule="a share of the seeds less by 0.25 or more",
            measured=f"{counted(success[bad])}: {gain.mean():.2f} less ({gained[0]:.2f} to {gained[1]:.2f})",
        ),
        at_least(
            id, statements["arbitrary"], np.mean(arrays["dim"][control] > 2), 0.95,
            measured=counted(arrays["dim"][control] > 2), **often,
        ),
    ]  # fmt: skip


def _other_groups(stored: Stored, scale: str) -> list[Check]:
    """Groups with drawn teachers: A-F2."""
    id, config, arrays = "A-F2", stored.config, stored.arrays
    success = succeeded(stored)
    drawn = [i for i, (case, _, rule) in enumerate(runs(config)) if case != "C2" and rule == "singular"]
    near = [i for i in drawn if runs(config)[i][1] == "near"]
    floor = arrays["floor"]
    kept, lost = floor <= config.threshold / _DECADE, floor > config.threshold
    names = ", ".join(case for case in config.cases if case != "C2")
    groups = [
        (
            f"Other groups ({names}), near teachers, together: found more often than not",
            success[near].ravel(), at_least, "share ≥ 1/2",
        ),
        (
            "Where $\\mathcal{E}^G$ itself keeps a cloud at this $N$ and batch (escape ≤ δ/10): the same",
            success[drawn][kept[drawn]], at_least, "share ≥ 1/2",
        ),
        (
            "Control: where a cloud leaves $\\mathcal{E}^G$ itself (escape > δ): missed more often than not",
            success[drawn][lost[drawn]], at_most, "share found ≤ 1/2",
        ),
    ]  # fmt: skip
    checks = []
    for statement, hits, compare, rule in groups:
        if len(hits) < FEW:
            reason = f"needs {FEW} searches of the kind, has {len(hits)}"
            checks.append(not_run(id, statement, reason, scale=scale))
            continue
        share, interval = share_with_interval(hits)
        measured = counted(hits)
        checks.append(
            compare(id, statement, share, 0.5, interval=interval, scale=scale, rule=rule, measured=measured)
        )
    return checks


def _particles(stored: Stored, scale: str) -> list[Check]:
    """How far particles leave and where the subspaces point, C2: A-F5."""
    id, config, arrays = "A-F5", stored.config, stored.arrays
    good, bad = place(stored, "C2", "WI", "singular"), place(stored, "C2", "WI", "mean")
    statements = {
        "leave": "$C_2$: particles end ten times farther from $E_1$ than from $E_2$ (root mean square)",
        "projector": "$C_2$: the discovered projector is the true one (largest entry of the difference)",
        "mean": "Control: the second direction of the mean rule points farther off $\\mathcal{E}^G$",
    }
    angle = arrays["angle"]
    # the residuals' sum of squares; C2 has four singular values, larger spaces pad with NaN
    distance = np.sqrt((arrays["singular_values"][good, :, 1:3, :4] ** 2).sum(axis=-1) / config.N)
    distance = distance[np.isfinite(distance).all(axis=1)]
    if config.seeds < FEW or len(distance) < FEW:
        reason = f"needs {FEW} seeds that reach $E_2$, has {len(distance)}"
        return [not_run(id, text, reason, scale=scale) for text in statements.values()]
    gap = np.abs(found_projectors(stored, good) - true_projector()).max(axis=(1, 2))
    deviation, interval = median_with_interval(gap)
    ratio = angle[bad, :, 2] / angle[good, :, 2]  # E_2 exists in every search: RMD² at E_1 is no small number
    return [
        _ratio(id, statements["leave"], distance[:, 0] / distance[:, 1], "median ratio ≥ 10", scale),
        at_most(
            id, statements["projector"], deviation, FOUND, interval=interval, scale=scale,
            rule=f"median ≤ {FOUND}",
            measured=f"{deviation:.4f} ({interval[0]:.4f} to {interval[1]:.4f}), worst {gap.max():.3f}",
        ),
        _ratio(
            id, statements["mean"], ratio[np.isfinite(ratio)], "median ratio of sines ≥ 2", scale, bound=2.0
        ),
    ]  # fmt: skip


def found_projectors(stored: Stored, run: int) -> np.ndarray:
    """Return the projectors (seeds, 4, 4) on the last subspace of every search of a run of C2."""
    directions = np.nan_to_num(stored.arrays["directions"][run, :, :, :4])
    kept = np.arange(directions.shape[1]) < stored.arrays["dim"][run][:, None]  # E_j is made of the first j
    directions = directions * kept[:, :, None]
    return np.einsum("sji,sjk->sik", directions, directions)


def true_projector() -> np.ndarray:
    r"""Return the projector (4, 4) on the :math:`\mathcal E^G` of C2."""
    return invariant_subspace(paper_unit().action).projector


def _ratio(
    id: str, statement: str, ratios: np.ndarray, rule: str, scale: str, bound: float = _DECADE
) -> Check:
    value, interval = median_with_interval(ratios)
    return at_least(id, statement, value, bound, interval=interval, rule=rule, scale=scale)
