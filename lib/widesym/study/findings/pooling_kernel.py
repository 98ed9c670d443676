"""B-X1 judged: pooling averages the kernel over translations; and the counts that this buys."""

import numpy as np

from widesym.study.claims import Check
from widesym.study.experiments.pooling_kernel import PADDINGS, WAYS
from widesym.study.findings.exactness import control, exact
from widesym.study.store import Stored

ID = "B-X1"
# float64, up to 14 layers
TOLERANCE = 1e-12
# Kernels from all pairs of pixels take an arccos, which loses digits where two patches are nearly parallel:
# in deep networks all are.
_ARCCOS = 1e-10
# So one placement of windows is nearly as good as all in deep networks; that is far from rounding yet.
SLIGHT = 1e-5


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.pooling-kernel`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    arrays = stored.arrays
    own, every = WAYS.index("this library"), WAYS.index("all pairs of pixels")
    gap = r"$K_{GAP}(x,x')=\frac1d\sum_\delta K_{VEC}(x,T_\delta x')$"
    lap = r"$K_{LAP}$, averaged over placements of windows, is $\sum_\delta w_\delta K_{VEC}(x,T_\delta x')$"
    circular, zeros = (arrays["padding"][PADDINGS.index(name)] for name in ("CIRCULAR", "SAME"))
    return [
        exact(ID, gap, arrays["gap"][own], bound=TOLERANCE, scale=scale),
        exact(
            ID, f"{gap}; left from all $d^2$ pairs of pixels", arrays["gap"][every], bound=_ARCCOS,
            scale=scale,
        ),
        exact(
            ID, f"{gap}; left by Neural Tangents", np.stack([circular, arrays["library"]]), bound=_ARCCOS,
            scale=scale,
        ),
        exact(ID, lap, arrays["lap"][own], bound=TOLERANCE, scale=scale),
        exact(ID, "the same, left from all pairs", arrays["lap"][every], bound=_ARCCOS, scale=scale),
        control(ID, "vertical translations only do not give GAP", arrays["some"], scale=scale),
        control(ID, "with zero padding pooling is not the average", zeros, scale=scale),
        control(ID, "equal weights on the same offsets do not give LAP", arrays["flat"], scale=scale),
        control(
            ID, "one placement of the windows is not the mean of all", arrays["fixed"], bound=SLIGHT,
            scale=scale,
        ),
    ]  # fmt: skip
