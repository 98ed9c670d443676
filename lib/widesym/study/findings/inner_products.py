"""B-S4 judged: LCN and VEC have one kernel, VEC sees inner products at one site, GAP those of all pairs."""

import numpy as np

from widesym.study.claims import Check, at_least, at_most
from widesym.study.experiments.inner_products import ISOMETRIES, MAPPED, MODELS, SAME_SITE
from widesym.study.findings.exactness import control, exact
from widesym.study.store import Stored

ID = "B-S4"
# as for B-S3; Neural Tangents takes an arccos, on disjoint sets of images
TOLERANCE = 1e-12
# Of derivatives by differences of step 1e-3, relative to the largest: rounding leaves 1e-16 / 1e-3 of the
# kernel, which is a hundred to ten thousand times the largest slope.
UNSEEN = 1e-8
# A filter's weight is 1/9 a layer, and a slope at the edge of what filters reach has a factor of each layer.
SEEN = 1e-6


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.inner-products`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    arrays = stored.arrays
    twins = arrays["twins"]
    checks = [
        exact(ID, text, values, bound=TOLERANCE, scale=scale)
        for text, values in (
            ("LCN and VEC have the same kernels (both by Neural Tangents)", twins[0]),
            ("and so has this library's VEC, from Neural Tangents' LCN", twins[1]),
        )
    ]
    text = "with global pooling instead of flattening, sharing weights or not is two kernels"
    checks.append(control(ID, text, arrays["pooled"], scale=scale))

    own, shared = (arrays["isometry"][ISOMETRIES.index(which)] for which in ("own", "shared"))
    same = [MODELS.index(model) for model in SAME_SITE]
    pooling = [MODELS.index(model) for model in MODELS if model not in SAME_SITE]
    text = "Same-site inner products alone decide the kernels of"
    checks += [
        exact(ID, f"{text} VEC and LCN", own[same[1:]], bound=TOLERANCE, scale=scale),
        control(ID, "with these alone kept, LAP and GAP change", own[pooling], scale=scale),
        exact(
            ID, "Inner products of all pairs of sites decide all kernels, GAP's too", shared,
            bound=TOLERANCE, scale=scale,
        ),
    ]  # fmt: skip
    slopes, seen = arrays["maps"], arrays["seen"]
    sizes = np.abs(slopes) / np.abs(slopes).max(axis=(2, 3), keepdims=True)  # (model, kernel, d, d)
    for model, label in (
        ("VEC", "VEC: $p=p'$ only"),
        ("LAP", "LAP: $p,p'$ at an offset within its windows"),
    ):
        at = MAPPED.index(model)
        worst = float(sizes[at][:, ~seen[at]].max(initial=0.0))
        checks.append(
            at_most(
                ID, rf"$\partial K/\partial\langle x_p,x'_{{p'}}\rangle$ vanishes elsewhere. {label}", worst,
                UNSEEN, rule=f"largest elsewhere ≤ {UNSEEN:.0e} of the largest", scale=scale,
                measured=f"{worst:.1e}",
            )
        )  # fmt: skip
    for model, label in (
        ("VEC", "VEC: each with $p=p'$"),
        ("LAP", "LAP: each within its windows' reach"),
        ("GAP", "GAP: each of all $d^2$"),
    ):
        at = MAPPED.index(model)
        least = float(sizes[at][:, seen[at]].min())
        checks.append(
            at_least(
                ID, rf"$\partial K/\partial\langle x_p,x'_{{p'}}\rangle\ne0$. {label}", least, SEEN,
                rule=f"least ≥ {SEEN:.0e} of the largest", scale=scale, measured=f"{least:.1e}",
            )
        )  # fmt: skip
    return checks
