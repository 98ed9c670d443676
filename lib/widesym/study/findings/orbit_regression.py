"""B-X1 judged in learning: regression with GAP is regression with VEC on all translates."""

from widesym.study.claims import Check
from widesym.study.findings.exactness import control, exact
from widesym.study.store import Stored

ID = "B-X1"
# Two factorisations of matrices with a ridge of 1e-2 of the mean diagonal: their condition, some 10^4 to
# 10^5 with all translates, on top of rounding.
SOLVED = 1e-10


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``synergy.orbit-regression`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    exactly = (
        ("orbit", r"Regression with VEC on all translates (ridge $d\lambda$) is that with GAP ($\lambda$)"),
        ("moved", "Its predictions do not change when the new image is translated"),
    )  # fmt: skip
    broken = (
        ("unscaled", r"with the ridge $\lambda$ instead of $d\lambda$ predictions differ"),
        ("rows", "vertical translates alone give other predictions"),
        ("after", "averaging the predictions of plain VEC gives others too"),
        ("plain_moved", "plain VEC's predictions change under translation"),
    )
    arrays = stored.arrays
    return [
        *(exact(ID, text, arrays[name], bound=SOLVED, scale=scale) for name, text in exactly),
        *(control(ID, text, arrays[name], scale=scale) for name, text in broken),
    ]
