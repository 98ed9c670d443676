"""B-S3 judged: under which groups the kernels of infinite networks are invariant, and under which not."""

import numpy as np

from widesym.groups.images import KINDS
from widesym.study.claims import Check
from widesym.study.experiments.kernel_symmetry import INVARIANT, MODELS, TRANSFORMATIONS
from widesym.study.findings.exactness import BROKEN, control, exact
from widesym.study.store import Stored

ID = "B-S3"
# float64 through up to 14 layers; where two inputs nearly coincide a square root doubles what rounding left
TOLERANCE = 1e-12
# A smallest step moves one of d pixels: a change of the kernel is smaller by d, and still far from rounding.
SMALL = 1e-5
# the theorem's own models with the largest group that it names for each
_CLAIMS = (
    ("FCN", "rotation", r"The kernels of FCN are invariant under $O(3d)$"),
    ("FCN", "permutation", "The kernels of FCN are invariant under $P(3d)$"),
    ("LCN", "pixelwise", r"The kernels of LCN are invariant under $O(3)^d$"),
    ("VEC", "pixelwise", r"The kernels of VEC are invariant under $O(3)^d$"),
    ("LAP", "colour", r"The kernels of LAP are invariant under $O(3)\otimes I_d$"),
    ("GAP", "colour", r"The kernels of GAP are invariant under $O(3)\otimes I_d$"),
)
_CONTROLS = (
    (("LCN", "VEC"), ("permutation", "rotation"), BROKEN, "LCN and VEC change under $P(3d)$ and $O(3d)$"),
    (("LCN", "VEC"), ("one exchange",), SMALL, "LCN and VEC change when two pixels exchange their red"),
    (
        ("LAP", "GAP"), ("pixelwise", "permutation", "rotation"), BROKEN,
        "LAP and GAP change under $O(3)^d$, $P(3d)$ and $O(3d)$",
    ),
    (("LAP", "GAP"), ("one pixel",), SMALL, "LAP and GAP change when one pixel is rotated"),
)  # fmt: skip


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.kernel-symmetry`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    deviation, oracle = stored.arrays["deviation"], stored.arrays["oracle"]
    checks = [
        exact(ID, text, _of(deviation, (model,), (name,)), bound=TOLERANCE, scale=scale)
        for model, name, text in _CLAIMS
    ]
    checks += [
        control(ID, text, _of(deviation, models, names), bound=bound, scale=scale)
        for models, names, bound, text in _CONTROLS
    ]
    held = np.array([[name in INVARIANT[model] for name in KINDS] for model in MODELS])
    text = "By Neural Tangents the same cells are invariant"
    checks.append(exact(ID, text, oracle[held], bound=TOLERANCE, scale=scale))
    checks.append(control(ID, "by Neural Tangents the same cells are not", oracle[~held], scale=scale))
    one, three = (_of(deviation, (model,), ("windows",)) for model in ("LAP, 1×1 filters", "LAP"))
    text = "One rotation for each window of LAP: no change"
    checks.append(exact(ID, f"{text} with 1×1 filters", one, bound=TOLERANCE, scale=scale))
    checks.append(control(ID, "with 3×3 filters LAP sees across windows, and changes", three, scale=scale))
    return checks


def _of(deviation: np.ndarray, models: tuple[str, ...], names: tuple[str, ...]) -> np.ndarray:
    """The deviations of some models and transformations, each pair a case."""
    return np.array(
        [deviation[MODELS.index(model), TRANSFORMATIONS.index(name)] for model in models for name in names]
    )
